// Philox4x32-10: a random function of counter and key (Salmon, Moraes, Dror, Shaw, "Parallel random
// numbers: as easy as 1, 2, 3", SC'11). No state: any draw can be made again at any time, anywhere.
#ifndef LOSSMILL_RANDOM_PHILOX_H
#define LOSSMILL_RANDOM_PHILOX_H

#include <stdint.h>
#include <string.h>

struct philox_block {
    uint32_t word[4];
};

// The paper's multipliers and key increments (golden ratio and sqrt 3 - 1, as 32-bit fractions).
#define PHILOX_M0 UINT32_C(0xD2511F53)
#define PHILOX_M1 UINT32_C(0xCD9E8D57)
#define PHILOX_W0 UINT32_C(0x9E3779B9)
#define PHILOX_W1 UINT32_C(0xBB67AE85)
enum { PHILOX_ROUNDS = 10 };

static inline struct philox_block philox(uint64_t key, uint32_t c0, uint32_t c1, uint32_t c2,
                                         uint32_t c3)
{
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);

    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        const uint64_t p0 = (uint64_t)PHILOX_M0 * c0, p1 = (uint64_t)PHILOX_M1 * c2;

        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    return (struct philox_block){{c0, c1, c2, c3}};
}

// (hi 2^32 + lo + 1/2) 2^-64, rounded once: in [2^-65, 1]. Small values keep 53 bits, so that the
// far tail of a loss keeps its resolution. The bits of 2^52 + lo and a subtraction convert exactly
// and, unlike a conversion from uint64_t, in vectors too.
static inline double philox_tail(uint32_t hi, uint32_t lo)
{
    const uint64_t hi_bits = UINT64_C(0x4330000000000000) | hi;
    const uint64_t lo_bits = UINT64_C(0x4330000000000000) | lo;
    double hi_value, lo_value;

    memcpy(&hi_value, &hi_bits, sizeof hi_value);
    memcpy(&lo_value, &lo_bits, sizeof lo_value);
    return (hi_value - 0x1p52) * 0x1p-32 + ((lo_value - 0x1p52) + 0.5) * 0x1p-64;
}

#endif
