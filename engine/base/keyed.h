// Rows in the order of a key, in time proportional to their number.
#ifndef LOSSMILL_BASE_KEYED_H
#define LOSSMILL_BASE_KEYED_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct keyed {
    uint64_t key;
    uint32_t row;
};

// Ascending, equal keys as they stood. `spare` has room for n.
void keyed_sort(struct keyed *keyed, struct keyed *spare, size_t n);

// A key that ascends where a number, at least 0 and not NaN, descends.
static inline uint64_t keyed_descending(double x)
{
    uint64_t bits;

    x += 0.0; // -0 is 0
    memcpy(&bits, &x, sizeof bits);
    return ~bits;
}

#endif
