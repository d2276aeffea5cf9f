// Philox for several counters at once, for kernel files.
//
// A lane is a 64-bit word that holds a 32-bit value. The one operation that plain C does not get
// vectorised is the 32 x 32 -> 64 bit product (gcc 12 emulates a full 64-bit product instead:
// measured 8 ns a block against 2), so that it is an intrinsic here; philox() is the definition
// that the tests compare with.
#ifndef LOSSMILL_RANDOM_PHILOX_LANES_H
#define LOSSMILL_RANDOM_PHILOX_LANES_H

#include "random/philox.h"

#if defined(__AVX512F__)
#include <immintrin.h>
enum { PHILOX_LANES = 8 };
#define PHILOX_MULTIPLY(a, b) ((philox_lanes)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#elif defined(__AVX2__)
#include <immintrin.h>
enum { PHILOX_LANES = 4 };
#define PHILOX_MULTIPLY(a, b) ((philox_lanes)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#elif defined(__SSE2__)
#include <emmintrin.h>
enum { PHILOX_LANES = 2 };
#define PHILOX_MULTIPLY(a, b) ((philox_lanes)_mm_mul_epu32((__m128i)(a), (__m128i)(b)))
#else
enum { PHILOX_LANES = 2 };
#define PHILOX_MULTIPLY(a, b) (((a)&UINT32_MAX) * ((b)&UINT32_MAX))
#endif

typedef uint64_t philox_lanes __attribute__((vector_size(PHILOX_LANES * sizeof(uint64_t))));
typedef double philox_lanes_double __attribute__((vector_size(PHILOX_LANES * sizeof(double))));

// Two groups of lanes go through the rounds side by side: a round is a chain of dependent
// operations, and one group alone leaves the processor waiting (measured: 5.8 ns a block
// against 2.9).
enum { PHILOX_GROUPS = 2, PHILOX_STEP = PHILOX_LANES * PHILOX_GROUPS };

// The round keys, broadcast once per buffer.
struct philox_schedule {
    philox_lanes k0[PHILOX_ROUNDS], k1[PHILOX_ROUNDS];
};

static inline void philox_schedule(uint64_t key, struct philox_schedule *schedule)
{
    const philox_lanes zero = {0};

    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        schedule->k0[round] = zero + ((uint32_t)key + (uint32_t)round * PHILOX_W0);
        schedule->k1[round] = zero + ((uint32_t)(key >> 32) + (uint32_t)round * PHILOX_W1);
    }
}

// In: the four counter words of each lane. Out: the four words of each block in the low halves; the
// high halves are to be ignored.
static inline void philox_rounds(const struct philox_schedule *schedule,
                                 philox_lanes word[4][PHILOX_GROUPS])
{
    const philox_lanes zero = {0}, m0 = zero + PHILOX_M0, m1 = zero + PHILOX_M1;

#pragma GCC unroll 10
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
#pragma GCC unroll 2
        for (int g = 0; g < PHILOX_GROUPS; g++) {
            const philox_lanes p0 = PHILOX_MULTIPLY(m0, word[0][g]);
            const philox_lanes p1 = PHILOX_MULTIPLY(m1, word[2][g]);

            word[0][g] = (p1 >> 32) ^ word[1][g] ^ schedule->k0[round];
            word[1][g] = p1;
            word[2][g] = (p0 >> 32) ^ word[3][g] ^ schedule->k1[round];
            word[3][g] = p0;
        }
    }
}

// Words as one 64-bit number: `lo` in the low half, `hi` in the high one.
static inline philox_lanes philox_lanes_pair(philox_lanes lo, philox_lanes hi)
{
    return (lo & UINT32_MAX) | (hi << 32);
}

// philox_tail for each lane.
static inline philox_lanes_double philox_lanes_tail(philox_lanes hi, philox_lanes lo)
{
    const philox_lanes_double high =
        (philox_lanes_double)((hi & UINT32_MAX) | PHILOX_HIGH_BITS) - PHILOX_HIGH;
    const philox_lanes_double low =
        (philox_lanes_double)((lo & UINT32_MAX) | PHILOX_LOW_BITS) - PHILOX_LOW;

    return high + low;
}

#endif
