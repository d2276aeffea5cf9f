#include "simulate/event_kernels.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "models/isa.h"
#include "random/elementary.h"
#include "random/philox_lanes.h"
#include "random/special.h"
#include "simulate/address.h"

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

// A step of counters that follow one another.
static inline void counters_count(uint64_t first, uint32_t block, uint32_t address,
                                  philox_lanes word[4][PHILOX_GROUPS])
{
    const philox_lanes zero = {0};
    philox_lanes lane = {0};

    for (int i = 0; i < PHILOX_LANES; i++)
        lane[i] = (uint64_t)i;
    for (int g = 0; g < PHILOX_GROUPS; g++) {
        const philox_lanes c = lane + (first + (uint64_t)g * PHILOX_LANES);

        word[0][g] = c & UINT32_MAX;
        word[1][g] = c >> 32;
        word[2][g] = zero + block;
        word[3][g] = zero + address;
    }
}

// Of events 16 j ... 16 j + 15, the blocks 8 j ... 8 j + 7 hold the tails.
static void tails_fill(const struct philox_schedule *schedule, uint32_t block, uint64_t first,
                       size_t n, double *restrict tail)
{
    for (size_t c = 0; 2 * (c & ~(size_t)7) < n; c += PHILOX_STEP) {
        philox_lanes word[4][PHILOX_GROUPS];

        counters_count(first / 2 + c, block, address_of(PURPOSE_PLACE, 0), word);
        philox_rounds(schedule, word);
        for (int g = 0; g < PHILOX_GROUPS; g++) {
            const size_t at = c + (size_t)g * PHILOX_LANES, i = at / 8 * 16 + at % 8;
            const philox_lanes_double a = philox_lanes_tail(word[0][g], word[1][g]);
            const philox_lanes_double b = philox_lanes_tail(word[2][g], word[3][g]);

            memcpy(tail + i, &a, sizeof a);
            memcpy(tail + i + 8, &b, sizeof b);
        }
    }
}

// Of events 64 j ... 64 j + 63, the blocks 8 j ... 8 j + 7 hold the years.
static void years_fill(const struct philox_schedule *schedule, uint32_t block, uint64_t first,
                       size_t n, uint32_t *restrict year)
{
    for (size_t c = 0; 8 * (c & ~(size_t)7) < n; c += PHILOX_STEP) {
        philox_lanes word[4][PHILOX_GROUPS];

        counters_count(first / 8 + c, block, address_of(PURPOSE_YEAR, 0), word);
        philox_rounds(schedule, word);
        for (int g = 0; g < PHILOX_GROUPS; g++) {
            const size_t at = c + (size_t)g * PHILOX_LANES, i = at / 8 * 64 + at % 8;

            for (int part = 0; part < 8; part++) {
                const philox_lanes bits = word[part / 2][g] >> part % 2 * 16 & (BLOCK_YEARS - 1);
                const half_lanes y = __builtin_convertvector(bits, half_lanes);

                memcpy(year + i + (size_t)part * 8, &y, sizeof y);
            }
        }
    }
}

static void lone(uint64_t key, uint32_t block, uint64_t first, size_t n, uint64_t *restrict index,
                 uint32_t *restrict year, double *restrict tail)
{
    struct philox_schedule schedule;

    philox_schedule(key, &schedule);
    for (size_t i = 0; i < n; i++)
        index[i] = first + i;
    tails_fill(&schedule, block, first, n, tail);
    years_fill(&schedule, block, first, n, year);
}

static void lone_years(uint64_t key, uint32_t block, uint64_t first, size_t n,
                       uint32_t *restrict year)
{
    struct philox_schedule schedule;

    philox_schedule(key, &schedule);
    years_fill(&schedule, block, first, n, year);
}

static void lone_tails(uint64_t key, uint32_t block, size_t n, const uint64_t *restrict index,
                       double *restrict tail)
{
    struct philox_schedule schedule;
    uint64_t blocks[PHILOX_STEP];

    philox_schedule(key, &schedule);
    for (size_t i = 0; i < n; i += PHILOX_STEP) {
        philox_lanes word[4][PHILOX_GROUPS];
        double first[PHILOX_STEP], second[PHILOX_STEP];

        for (size_t k = 0; k < PHILOX_STEP; k++)
            blocks[k] = lone_tail_part(index[i + k]).index;
        counters_load(blocks, block, address_of(PURPOSE_PLACE, 0), word);
        philox_rounds(&schedule, word);
        for (int g = 0; g < PHILOX_GROUPS; g++) {
            const philox_lanes_double a = philox_lanes_tail(word[0][g], word[1][g]);
            const philox_lanes_double b = philox_lanes_tail(word[2][g], word[3][g]);

            memcpy(first + g * PHILOX_LANES, &a, sizeof a);
            memcpy(second + g * PHILOX_LANES, &b, sizeof b);
        }
        for (size_t k = 0; k < PHILOX_STEP; k++)
            tail[i + k] = lone_tail_part(index[i + k]).part ? second[k] : first[k];
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

// For means that are not small: the quantile of the continuous distribution whose whole part is
// Poisson's, by its expansion around the normal one, and the error bound that goes with it (Giles,
// "Algorithm 955: approximation of the inverse Poisson cumulative distribution function", ACM TOMS
// 42(1), 2016), with room for rounding. False where a whole number lies within the bound.
static inline bool poisson_expanded(double mean, double tail, uint64_t *count)
{
    const double w = elementary_normal_isf(tail), root = sqrt(mean);
    const double x = root * w + (1.0 / 3 + w * w / 6) * (1 - w / (12 * root));
    const double error = (1.0 / 40 + w * w * (1.0 / 80 + w * w / 160)) / mean + 1e-8;
    const double highest = mean + x + error, below = floor(highest);

    *count = (uint64_t)(below > 0 ? below : 0);
    return mean < 0x1p20 && fabs(w) < 3 && highest - below > 2 * error;
}

enum { POISSON_LANES = 16 };

// Adds up the probabilities of 0, 1, ... for n <= lanes pairs beside one another, by the operations
// of special_poisson_quantile, which is left what is none of both: small tails, and what lies close
// to where the count changes.
static inline __attribute__((always_inline)) void poisson_lanes(size_t lanes, size_t n,
                                                                const double *restrict mean,
                                                                const double *restrict tail,
                                                                uint64_t *restrict count)
{
    double m[POISSON_LANES] = {0}, t[POISSON_LANES] = {0};
    double p[POISSON_LANES], sum[POISSON_LANES];
    uint64_t k[POISSON_LANES] = {0}, any = 1;

    for (size_t i = 0; i < n; i++) {
        m[i] = tail[i] < mean[i] && mean[i] < SPECIAL_POISSON_SMALL ? mean[i] : 0;
        t[i] = tail[i];
    }
    for (size_t i = 0; i < lanes; i++)
        p[i] = sum[i] = elementary_exp(-m[i]);
    for (double next = 1; any; next++) {
        any = 0;
        for (size_t i = 0; i < lanes; i++) {
            const double above = 1 - sum[i];
            const uint64_t on = above > t[i] && above > SPECIAL_POISSON_LEAST / 2 ? UINT64_MAX : 0;

            p[i] *= m[i] / next;
            sum[i] += elementary_of_bits(elementary_bits(p[i]) & on);
            k[i] -= on;
            any |= on;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const bool counted =
            m[i] > 0 && 1 - sum[i] > SPECIAL_POISSON_LEAST && t[i] > SPECIAL_POISSON_LEAST;

        if (counted || tail[i] >= mean[i])
            count[i] = k[i];
        else if (mean[i] < SPECIAL_POISSON_SMALL || !poisson_expanded(mean[i], tail[i], &count[i]))
            count[i] = special_poisson_quantile(mean[i], tail[i]);
    }
}

static void poisson(size_t n, const double *restrict mean, const double *restrict tail,
                    uint64_t *restrict count)
{
    if (n == 1)
        poisson_lanes(1, 1, mean, tail, count);
    else
        for (size_t i = 0; i < n; i += POISSON_LANES)
            poisson_lanes(POISSON_LANES, n - i < POISSON_LANES ? n - i : POISSON_LANES, mean + i,
                          tail + i, count + i);
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

static void whole(size_t n, const double *restrict units, int64_t *restrict whole)
{
    for (size_t i = 0; i < n; i++)
        whole[i] = (int64_t)units[i];
}

extern const struct event_kernels ISA_NAME(event_kernels);

#define ISA_TEXT_(x) #x
#define ISA_TEXT(x)  ISA_TEXT_(x)

const struct event_kernels ISA_NAME(event_kernels) = {
    .isa = ISA_TEXT(LOSSMILL_ISA),
    .place = place,
    .lone = lone,
    .lone_years = lone_years,
    .lone_tails = lone_tails,
    .tails = tails,
    .poisson = poisson,
    .correlate = correlate,
    .logs = logs,
    .money = money,
    .whole = whole,
};
