// Whether two machines, compilers or instruction sets compute the same bits.
//
// The program prints one line per item: its name, how many numbers it is, and a digest of their
// bits. tests/bits/run builds it in several ways and compares the lines. Where one differs,
// `bits ITEM` prints the numbers themselves.
#ifndef LOSSMILL_TESTS_BITS_H
#define LOSSMILL_TESTS_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "models/distribution.h"

struct item {
    char name[120];
    uint64_t count, digest;
    bool shown; // number by number
};

void item_start(struct item *item, const char *format, ...) __attribute__((format(printf, 2, 3)));
void item_word(struct item *item, uint64_t bits);
void item_double(struct item *item, double x); // every NaN is another, by its bits
void item_doubles(struct item *item, size_t n, const double *x);
void item_amounts(struct item *item, size_t n, const int64_t *x);
void item_end(const struct item *item); // prints it

// The distribution that the cell says, for the life of the process; ends it with a message if there
// is none. `empirical` cells find five numbers, whatever the file.
const struct distribution *bits_parse(const char *cell);

// For what this program needs to go on.
void bits_need(bool good, const char *what);

extern struct arena bits_arena;

void bits_functions(
    void);              // generator, elementary and special functions, the event stream's kernels
void bits_laws(void);   // distributions: quantiles, draws, means
void bits_nights(void); // whole runs

#endif
