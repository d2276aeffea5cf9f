// The loops of the event stream that run once per candidate or event, compiled per instruction set.
//
// Flat arrays in, flat arrays out; `n` is at most EVENT_BATCH, and every array has room for
// EVENT_BATCH elements, so that loops may run over the end of n to a whole vector.
#ifndef LOSSMILL_SIMULATE_EVENT_KERNELS_H
#define LOSSMILL_SIMULATE_EVENT_KERNELS_H

#include <stddef.h>
#include <stdint.h>

enum { EVENT_BATCH = 512 };

struct event_kernels {
    const char *isa;

    // words[i] = words 0 and 1, tail[i] = words 2 and 3 of the block at index[i].
    void (*place)(uint64_t key, uint32_t block, uint32_t address, size_t n,
                  const uint64_t *restrict index, uint64_t *restrict words, double *restrict tail);

    // The events first ... first + n - 1 of a stream on one asset, first a multiple of EVENT_BATCH:
    // their indices, years in the block and tails. A block of random words serves two tails or
    // eight years; which event gets which part is said by lone_tail_part and lone_year_part.
    void (*lone)(uint64_t key, uint32_t block, uint64_t first, size_t n, uint64_t *restrict index,
                 uint32_t *restrict year, double *restrict tail);

    // Their years alone, for first a multiple of 64; and the tails of those at `index`.
    void (*lone_years)(uint64_t key, uint32_t block, uint64_t first, size_t n,
                       uint32_t *restrict year);
    void (*lone_tails)(uint64_t key, uint32_t block, size_t n, const uint64_t *restrict index,
                       double *restrict tail);

    // Two tails per index: of words 0 and 1, of words 2 and 3.
    void (*tails)(uint64_t key, uint32_t block, uint32_t address, size_t n,
                  const uint64_t *restrict index, double *restrict first, double *restrict second);

    // The Poisson quantiles of pairs of a mean and a tail; see special_poisson_quantile.
    void (*poisson)(size_t n, const double *restrict mean, const double *restrict tail,
                    uint64_t *restrict count);

    // Gives each tail a common factor: with e the normal score of tail[i] and z that of common[i],
    // the tail of loading z + sqrt(1 - loading^2) e.
    void (*correlate)(double loading, size_t n, const double *restrict common,
                      double *restrict tail);

    // log[i] = log tail[i]; the two may be one array.
    void (*logs)(size_t n, const double *tail, double *log);

    // units[i] = amount[i] * scale, rounded to a whole number and limited to MONEY_LIMIT. Returns
    // a bound on the largest, to within a unit, that is less than twice as large.
    double (*money)(double scale, size_t n, const double *restrict amount, double *restrict units);

    // The same whole numbers as integers.
    void (*whole)(size_t n, const double *restrict units, int64_t *restrict whole);
};

// Where event k of a stream on one asset finds its random words: `part` of the block at `index`.
// The parts of a block belong to events 8 apart, so that lanes of vectors, whatever their width,
// hold events that stand side by side.
struct lone_part {
    uint64_t index;
    unsigned part;
};

static inline struct lone_part lone_tail_part(uint64_t k) // words 2 part and 2 part + 1
{
    return (struct lone_part){k >> 4 << 3 | (k & 7), k >> 3 & 1};
}

static inline struct lone_part lone_year_part(uint64_t k) // bits 16 part ... of the block
{
    return (struct lone_part){k >> 6 << 3 | (k & 7), k >> 3 & 7};
}

#define MONEY_LIMIT 0x1p53 // units; above it a double no longer counts singly

const struct event_kernels *event_kernels(void);

#endif
