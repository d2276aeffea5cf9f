// Numbers for tests: xorshift64* (Vigna 2016) from a fixed start, so that a failure can be seen
// again.
#ifndef LOSSMILL_TESTS_UNIT_RANDOM_H
#define LOSSMILL_TESTS_UNIT_RANDOM_H

#include <stdint.h>

static uint64_t random_state = 88172645463325252;

static inline uint64_t random_next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * UINT64_C(0x2545F4914F6CDD1D);
}

// In the open interval.
static inline double random_between(double low, double high)
{
    return low + (high - low) * (((double)(random_next() >> 11) + 0.5) * 0x1p-53);
}

#endif
