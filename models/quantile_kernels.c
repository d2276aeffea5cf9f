#include "models/quantile_kernels.h"

#include <math.h>

#include "models/isa.h"
#include "models/quantile_table.h"
#include "random/elementary.h"

enum { SCORES_PIECE = 256, MASK = 64 };

#define BITS_4(i)  UINT64_C(1) << (i), UINT64_C(2) << (i), UINT64_C(4) << (i), UINT64_C(8) << (i)
#define BITS_16(i) BITS_4(i), BITS_4((i) + 4), BITS_4((i) + 8), BITS_4((i) + 12)
static const uint64_t mask_bits[MASK] = {BITS_16(0), BITS_16(16), BITS_16(32), BITS_16(48)};

static void constant(const struct quantile_form *form, size_t n, const double *restrict tail,
                     double *restrict value)
{
    (void)tail;
    for (size_t i = 0; i < n; i++)
        value[i] = form->c[0];
}

static void uniform(const struct quantile_form *form, size_t n, const double *restrict tail,
                    double *restrict value)
{
    const double high = form->c[1], width = form->c[1] - form->c[0];

    for (size_t i = 0; i < n; i++)
        value[i] = fma(-tail[i], width, high);
}

// Of the two square roots each is measured from its own end of the interval, so that neither
// cancels.
static void triangular(const struct quantile_form *form, size_t n, const double *restrict tail,
                       double *restrict value)
{
    const double low = form->c[0], mode = form->c[1], high = form->c[2], width = high - low;
    const double tail_of_mode = (high - mode) / width;

    for (size_t i = 0; i < n; i++) {
        const double from_high = sqrt(tail[i] * (width * (high - mode)));
        const double from_low = sqrt((1 - tail[i]) * (width * (mode - low)));

        value[i] = tail[i] <= tail_of_mode ? high - from_high : low + from_low;
    }
}

// The scores that the rational function does not reach, one in twenty: collected, so that what they
// take more is paid for them alone.
static inline void scores_outside(size_t n, const uint32_t *restrict at,
                                  const double *restrict tail, double *restrict score)
{
    double v[SCORES_PIECE], place[SCORES_PIECE], z[SCORES_PIECE];

    for (size_t i = 0; i < n; i++)
        v[i] = tail[at[i]];
    for (size_t i = 0; i < n; i++)
        place[i] = elementary_isf_centre_place(v[i]);
    for (size_t i = 0; i < n; i++)
        z[i] = elementary_isf_centre_at(place[i], v[i]);
    for (size_t i = 0; i < n; i++)
        score[at[i]] = elementary_isf_is_far(v[i]) ? elementary_isf_far(v[i]) : z[i];
}

// Adds to `at` those of tail[from ...] that lie outside, 64 at most. A bit mask first, which
// vectors can make; few bits are set.
static inline size_t outside_find(size_t from, size_t n, const double *restrict tail,
                                  uint32_t *restrict at, size_t count)
{
    uint64_t outside = 0;

    for (size_t i = 0; i < n; i++)
        outside |= elementary_isf_is_near(tail[from + i]) ? 0 : mask_bits[i];
    for (; outside; outside &= outside - 1)
        at[count++] = (uint32_t)(from + (size_t)__builtin_ctzll(outside));
    return count;
}

static inline void normal_scores(size_t n, const double *restrict tail, double *restrict score)
{
    uint32_t outside[SCORES_PIECE];

    for (size_t from = 0; from < n; from += SCORES_PIECE) {
        const size_t end = n - from < SCORES_PIECE ? n : from + SCORES_PIECE;
        size_t count = 0, i = from;

        for (size_t j = from; j < end; j++)
            score[j] = elementary_isf_near(tail[j]);
        for (; i + MASK <= end; i += MASK)
            count = outside_find(i, MASK, tail, outside, count);
        count = outside_find(i, end - i, tail, outside, count);
        scores_outside(count, outside, tail, score);
    }
}

static void normal(const struct quantile_form *form, size_t n, const double *restrict tail,
                   double *restrict value)
{
    const double mean = form->c[0], sd = form->c[1];

    normal_scores(n, tail, value);
    for (size_t i = 0; i < n; i++)
        value[i] = fma(sd, value[i], mean);
}

static void lognormal(const struct quantile_form *form, size_t n, const double *restrict tail,
                      double *restrict value)
{
    const double mu = form->c[0], sigma = form->c[1];

    normal_scores(n, tail, value);
    for (size_t i = 0; i < n; i++)
        value[i] = elementary_exp(fma(sigma, value[i], mu));
}

static void exponential(const struct quantile_form *form, size_t n, const double *restrict tail,
                        double *restrict value)
{
    const double mean = form->c[0];

    for (size_t i = 0; i < n; i++)
        value[i] = -mean * elementary_log(tail[i]);
}

// scale t^(1 / shape) with t = -log tail; 0 at t = 0, where the logarithm has no value.
static void weibull(const struct quantile_form *form, size_t n, const double *restrict tail,
                    double *restrict value)
{
    const double power = 1 / form->c[0], scale = form->c[1];

    for (size_t i = 0; i < n; i++) {
        const double t = -elementary_log(tail[i]);
        const double x = scale * elementary_exp(power * elementary_log(t));

        value[i] = t > 0 ? x : 0;
    }
}

static void pareto(const struct quantile_form *form, size_t n, const double *restrict tail,
                   double *restrict value)
{
    const double least = form->c[0], power = -1 / form->c[1];

    for (size_t i = 0; i < n; i++)
        value[i] = least * elementary_exp(power * elementary_log(tail[i]));
}

// threshold + scale t g(shape t), t = -log tail, g(y) = (exp(y) - 1) / y: the rounded y is shared
// by numerator and denominator, so that a shape near 0 loses nothing.
static void gpd(const struct quantile_form *form, size_t n, const double *restrict tail,
                double *restrict value)
{
    const double threshold = form->c[0], scale = form->c[1], shape = form->c[2];

    for (size_t i = 0; i < n; i++) {
        const double t = -elementary_log(tail[i]), y = shape * t;
        const double g = y == 0 ? 1 : elementary_expm1(y) / y;

        value[i] = fma(scale * t, g, threshold);
    }
}

static void table(const struct quantile_form *form, size_t n, const double *restrict tail,
                  double *restrict value)
{
    const struct quantile_table *x = form->table;
    const double offset = form->c[0], factor = form->c[1];
    const int beta = x->law == QUANTILE_LAW_BETA;

    for (size_t i = 0; i < n; i++) {
        const int above = tail[i] < 0.5;
        const double v = above ? tail[i] : 1 - tail[i];
        const double t = -elementary_log(v > 0x1p-65 ? v : above ? 0x1p-65 : 0x1p-54);
        const uint64_t bits = elementary_bits(t);
        // Octave and three leading bits number the cell; the bits below them are the place in it.
        const uint64_t cell = (bits >> 49) - (UINT64_C(1022) << 3);
        const double place =
            elementary_of_bits((bits & ((UINT64_C(1) << 49) - 1)) << 3 | UINT64_C(1023) << 52);
        const double u = fma(2, place, -3);
        double y = x->c[above][QUANTILE_TABLE_DEGREE][cell];

#pragma GCC unroll 7
        for (int k = QUANTILE_TABLE_DEGREE - 1; k >= 0; k--)
            y = fma(y, u, x->c[above][k][cell]);

        const double e = elementary_exp(y);

        value[i] = fma(factor, beta && above ? 1 - e : e, offset);
    }
}

extern const struct quantile_kernels ISA_NAME(quantile_kernels);

#define ISA_TEXT_(x) #x
#define ISA_TEXT(x)  ISA_TEXT_(x)

const struct quantile_kernels ISA_NAME(quantile_kernels) = {
    .isa = ISA_TEXT(LOSSMILL_ISA),
    .of =
        {
            [QUANTILE_CONSTANT] = constant,
            [QUANTILE_UNIFORM] = uniform,
            [QUANTILE_TRIANGULAR] = triangular,
            [QUANTILE_NORMAL] = normal,
            [QUANTILE_LOGNORMAL] = lognormal,
            [QUANTILE_EXPONENTIAL] = exponential,
            [QUANTILE_WEIBULL] = weibull,
            [QUANTILE_PARETO] = pareto,
            [QUANTILE_GPD] = gpd,
            [QUANTILE_TABLE] = table,
        },
};
