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

// A double's exponent beside 32 bits of a word, and what to subtract: 2^20 + hi 2^-32 becomes
// hi 2^-32, and 2^-12 + lo 2^-64 becomes (lo + 1/2) 2^-64, both exactly. Unlike a conversion from
// uint64_t this is done in vectors, too.
#define PHILOX_HIGH_BITS ((UINT64_C(1023) + 20) << 52)
#define PHILOX_LOW_BITS  ((UINT64_C(1023) - 12) << 52)
#define PHILOX_HIGH      0x1p20
#define PHILOX_LOW       (0x1p-12 - 0x1p-65)

// (hi 2^32 + lo + 1/2) 2^-64, rounded once: in [2^-65, 1]. Small values keep 53 bits, so that the
// far tail of a loss keeps its resolution.
static inline double philox_tail(uint32_t hi, uint32_t lo)
{
    const uint64_t high_bits = PHILOX_HIGH_BITS | hi, low_bits = PHILOX_LOW_BITS | lo;
    double high, low;

    memcpy(&high, &high_bits, sizeof high);
    memcpy(&low, &low_bits, sizeof low);
    return (high - PHILOX_HIGH) + (low - PHILOX_LOW);
}

#endif
