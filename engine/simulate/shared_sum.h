// A sum of up to 2^128 that all threads add to without a lock: the carry of the low word is seen by
// exactly the one addition that makes it.
#ifndef LOSSMILL_SIMULATE_SHARED_SUM_H
#define LOSSMILL_SIMULATE_SHARED_SUM_H

#include <stdint.h>

struct shared_sum {
    uint64_t low, high;
};

static inline void shared_sum_add(struct shared_sum *s, unsigned __int128 x)
{
    const uint64_t low = (uint64_t)x;
    const uint64_t before = __atomic_fetch_add(&s->low, low, __ATOMIC_RELAXED);
    const uint64_t high = (uint64_t)(x >> 64) + (before > UINT64_MAX - low);

    if (high)
        __atomic_fetch_add(&s->high, high, __ATOMIC_RELAXED);
}

static inline unsigned __int128 shared_sum_value(const struct shared_sum *s)
{
    return (unsigned __int128)s->high << 64 | s->low;
}

#endif
