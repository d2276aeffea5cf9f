// Sums of squares of money outgrow 128 bits: 192-bit unsigned sums, exact, so that order is
// nothing.
#ifndef LOSSMILL_MEASURE_WIDE_H
#define LOSSMILL_MEASURE_WIDE_H

#include <math.h>
#include <stdint.h>

struct wide {
    unsigned __int128 low;
    uint64_t high;
};

static inline void wide_add(struct wide *w, unsigned __int128 x)
{
    w->low += x;
    w->high += w->low < x;
}

// x^2 for |x| < 2^63.
static inline void wide_add_square(struct wide *w, int64_t x)
{
    const unsigned __int128 u =
        (unsigned __int128)(x < 0 ? -(unsigned __int128)x : (unsigned __int128)x);

    wide_add(w, u * u);
}

static inline double wide_value(struct wide w)
{
    return ldexp((double)w.high, 128) + (double)w.low;
}

#endif
