#include "simulate/event_kernels.h"

#include <math.h>
#include <string.h>

#include "models/isa.h"
#include "random/elementary.h"
#include "random/philox_lanes.h"

// Lanes from memory and back; memcpy because the arrays need not be aligned to a vector.
static inline philox_lanes lanes_load(const uint64_t *p)
{
    philox_lanes x;

    memcpy(&x, p, sizeof x);
    return x;
}

static inline void counters_load(const uint64_t *index, uint32_t block, uint32_t address,
                                 philox_lanes word[4][PHILOX_GROUPS])
{
    const philox_lanes zero = {0};

    for (int g = 0; g < PHILOX_GROUPS; g++) {
        const philox_lanes i = lanes_load(index + g * PHILOX_LANES);

        word[0][g] = i & UINT32_MAX;
        word[1][g] = i >> 32;
        word[2][g] = zero + block;
        word[3][g] = zero + address;
    }
}

static void place(uint64_t key, uint32_t block, uint32_t address, size_t n,
                  const uint64_t *restrict index, uint64_t *restrict words, double *restrict tail)
{
    struct philox_schedule schedule;

    philox_schedule(key, &schedule);
    for (size_t i = 0; i < n; i += PHILOX_STEP) {
        philox_lanes word[4][PHILOX_GROUPS];

        counters_load(index + i, block, address, word);
        philox_rounds(&schedule, word);
        for (int g = 0; g < PHILOX_GROUPS; g++) {
            const philox_lanes pair = philox_lanes_pair(word[0][g], word[1][g]);
            const philox_lanes_double t = philox_lanes_tail(word[2][g], word[3][g]);

            memcpy(words + i + (size_t)g * PHILOX_LANES, &pair, sizeof pair);
            memcpy(tail + i + (size_t)g * PHILOX_LANES, &t, sizeof t);
        }
    }
}

typedef uint32_t half_lanes __attribute__((vector_size(PHILOX_LANES * sizeof(uint32_t))));

static void years(uint64_t key, uint32_t block, uint32_t address, uint64_t first, size_t n,
                  unsigned year_bits, uint64_t *restrict index, uint32_t *restrict year,
                  double *restrict tail)
{
    const uint32_t mask = (UINT32_C(1) << year_bits) - 1;
    const philox_lanes zero = {0};
    struct philox_schedule schedule;
    philox_lanes step = {0};

    for (int lane = 0; lane < PHILOX_LANES; lane++)
        step[lane] = first + (uint64_t)lane;
    philox_schedule(key, &schedule);
    for (size_t i = 0; i < n; i += PHILOX_STEP) {
        philox_lanes word[4][PHILOX_GROUPS];

        for (int g = 0; g < PHILOX_GROUPS; g++) {
            const philox_lanes k = step + (i + (size_t)g * PHILOX_LANES);

            memcpy(index + i + (size_t)g * PHILOX_LANES, &k, sizeof k);
            word[0][g] = k & UINT32_MAX;
            word[1][g] = k >> 32;
            word[2][g] = zero + block;
            word[3][g] = zero + address;
        }
        philox_rounds(&schedule, word);
        for (int g = 0; g < PHILOX_GROUPS; g++) {
            const philox_lanes_double t = philox_lanes_tail(word[2][g], word[3][g]);

            memcpy(tail + i + (size_t)g * PHILOX_LANES, &t, sizeof t);
            const half_lanes y = __builtin_convertvector(word[0][g] & mask, half_lanes);

            memcpy(year + i + (size_t)g * PHILOX_LANES, &y, sizeof y);
        }
    }
}

static void tails(uint64_t key, uint32_t block, uint32_t address, size_t n,
                  const uint64_t *restrict index, double *restrict first, double *restrict second)
{
    struct philox_schedule schedule;

    philox_schedule(key, &schedule);
    for (size_t i = 0; i < n; i += PHILOX_STEP) {
        philox_lanes word[4][PHILOX_GROUPS];

        counters_load(index + i, block, address, word);
        philox_rounds(&schedule, word);
        for (int g = 0; g < PHILOX_GROUPS; g++) {
            const philox_lanes_double a = philox_lanes_tail(word[0][g], word[1][g]);
            const philox_lanes_double b = philox_lanes_tail(word[2][g], word[3][g]);

            memcpy(first + i + (size_t)g * PHILOX_LANES, &a, sizeof a);
            memcpy(second + i + (size_t)g * PHILOX_LANES, &b, sizeof b);
        }
    }
}

static void correlate(double loading, size_t n, const double *restrict common,
                      double *restrict tail)
{
    const double own = sqrt(fma(-loading, loading, 1));

    for (size_t i = 0; i < n; i++) {
        const double z = elementary_normal_isf(common[i]), e = elementary_normal_isf(tail[i]);
        const double t = elementary_normal_survival(fma(loading, z, own * e));

        tail[i] = t < 0x1p-65 ? 0x1p-65 : t;
    }
}

static void logs(size_t n, const double *tail, double *log)
{
    for (size_t i = 0; i < n; i++)
        log[i] = elementary_log(tail[i]);
}

// The bits of 2^53 + x grow with x, so that all of them together bound the largest x; unlike a
// maximum of doubles this is one instruction in a vector loop.
static double money(double scale, size_t n, const double *restrict amount, double *restrict units)
{
    uint64_t all = elementary_bits(0x1p53);

    for (size_t i = 0; i < n; i++) {
        const double x = rint(amount[i] * scale), limited = x < MONEY_LIMIT ? x : MONEY_LIMIT;

        units[i] = limited;
        all |= elementary_bits(0x1p53 + limited);
    }
    return elementary_of_bits(all) - 0x1p53;
}

extern const struct event_kernels ISA_NAME(event_kernels);

#define ISA_TEXT_(x) #x
#define ISA_TEXT(x)  ISA_TEXT_(x)

const struct event_kernels ISA_NAME(event_kernels) = {
    .isa = ISA_TEXT(LOSSMILL_ISA),
    .place = place,
    .years = years,
    .tails = tails,
    .correlate = correlate,
    .logs = logs,
    .money = money,
};
