// The loops of the event stream that run once per candidate or event, compiled per instruction set.
//
// Flat arrays in, flat arrays out; `n` is at most EVENT_BATCH, and every array has room for
// EVENT_BATCH elements, so that loops may run over the end of n to a whole vector.
#ifndef LOSSMILL_SIMULATE_EVENT_KERNELS_H
#define LOSSMILL_SIMULATE_EVENT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { EVENT_BATCH = 1024 };

struct event_kernels {
    const char *isa;

    // words[i] = words 0 and 1, tail[i] = words 2 and 3 of the block at index[i].
    void (*place)(uint64_t key, uint32_t block, uint32_t address, size_t n,
                  const uint64_t *restrict index, uint64_t *restrict words, double *restrict tail);

    // The same for a stream on one asset: index[i] = first + i, and year[i] = the low `year_bits`
    // bits of word 0.
    void (*years)(uint64_t key, uint32_t block, uint32_t address, uint64_t first, size_t n,
                  unsigned year_bits, uint64_t *restrict index, uint32_t *restrict year,
                  double *restrict tail);

    // Two tails per index: of words 0 and 1, of words 2 and 3.
    void (*tails)(uint64_t key, uint32_t block, uint32_t address, size_t n,
                  const uint64_t *restrict index, double *restrict first, double *restrict second);

    // Gives each tail a common factor: with e the normal score of tail[i] and z that of common[i],
    // the tail of loading z + sqrt(1 - loading^2) e.
    void (*correlate)(double loading, size_t n, const double *restrict common,
                      double *restrict tail);

    // log[i] = log tail[i]; the two may be one array.
    void (*logs)(size_t n, const double *tail, double *log);

    // units[i] = amount[i] * scale, rounded to a whole number and limited to MONEY_LIMIT. Returns
    // a bound on the largest, to within a unit, that is less than twice as large.
    double (*money)(double scale, size_t n, const double *restrict amount, double *restrict units);
};

#define MONEY_LIMIT 0x1p53 // units; above it a double no longer counts singly

const struct event_kernels *event_kernels(void);

#endif
