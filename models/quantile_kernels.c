#include "models/quantile_kernels.h"

#include <math.h>

#include "models/isa.h"
#include "models/quantile_table.h"
#include "random/elementary.h"

enum { SCORES_PIECE = 256, MASK = 64, PIECE = 256 };

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

// From the nearer end, so that a low end much smaller than the high one keeps its digits.
static void uniform(const struct quantile_form *form, size_t n, const double *restrict tail,
                    double *restrict value)
{
    const double low = form->c[0], high = form->c[1], width = high - low;

    for (size_t i = 0; i < n; i++)
        value[i] = tail[i] < 0.5 ? fma(-tail[i], width, high) : fma(1 - tail[i], width, low);
}

// Below the mode, low + sqrt((1 - tail) width (mode - low)). Above, high - sqrt(tail width (high -
// mode)) cancels where the mode is small beside the high end; in the upper half of tails it is
// written as mode + (high - mode) (1 - s), s = sqrt(tail / tail_of_mode) and 1 - s = (1 - s^2) / (1
// + s), with 1 - s^2 from 1 - tail, which is exact there.
static void triangular(const struct quantile_form *form, size_t n, const double *restrict tail,
                       double *restrict value)
{
    const double low = form->c[0], mode = form->c[1], high = form->c[2], width = high - low;
    const double rise = mode - low, fall = high - mode;
    const double rise_area = width * rise, fall_area = width * fall;

    for (size_t i = 0; i < n; i++) {
        const double rest = 1 - tail[i];
        const double beyond = tail[i] < 0.5 ? fall / width - tail[i] : rest - rise / width;
        const double root = sqrt(beyond < 0 ? rest * rise_area : tail[i] * fall_area);
        const double after = beyond * width * fall / (fall + root);
        const double above = tail[i] < 0.5 ? high - root : mode + after;

        value[i] = beyond < 0 ? low + root : above;
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

// Where a value takes a logarithm and an exponential, each is a loop of its own: one chain of both
// is longer than what a processor reorders.
static inline void logarithms(size_t n, const double *restrict tail, double *restrict value)
{
    for (size_t i = 0; i < n; i++)
        value[i] = elementary_log(tail[i]);
}

static void exponential(const struct quantile_form *form, size_t n, const double *restrict tail,
                        double *restrict value)
{
    const double mean = form->c[0];

    for (size_t i = 0; i < n; i++)
        value[i] = -mean * elementary_log(tail[i]);
}

// scale t^(1 / shape) with t = -log tail; 0 at t = 0, where the logarithm has no value. The power
// may be 20: what its product with log t rounds away goes into the exponential.
static inline void weibull_piece(const struct quantile_form *form, size_t n,
                                 const double *restrict tail, double *restrict value)
{
    const double power = 1 / form->c[0], scale = form->c[1];
    double rest[PIECE];

    logarithms(n, tail, value);
    for (size_t i = 0; i < n; i++)
        rest[i] = elementary_power_parts(-value[i], power, &value[i]);
    for (size_t i = 0; i < n; i++) {
        const double e = elementary_exp(value[i]), x = scale * fma(e, rest[i], e);

        value[i] = tail[i] < 1 ? x : 0;
    }
}

static void weibull(const struct quantile_form *form, size_t n, const double *restrict tail,
                    double *restrict value)
{
    for (size_t from = 0; from < n; from += PIECE)
        weibull_piece(form, n - from < PIECE ? n - from : PIECE, tail + from, value + from);
}

static void pareto(const struct quantile_form *form, size_t n, const double *restrict tail,
                   double *restrict value)
{
    const double least = form->c[0], power = -1 / form->c[1];

    logarithms(n, tail, value);
    for (size_t i = 0; i < n; i++)
        value[i] = least * elementary_exp(power * value[i]);
}

// threshold + scale t g(shape t), t = -log tail, g(y) = (exp(y) - 1) / y: the rounded y is shared
// by numerator and denominator, so that a shape near 0 loses nothing.
static void gpd(const struct quantile_form *form, size_t n, const double *restrict tail,
                double *restrict value)
{
    const double threshold = form->c[0], scale = form->c[1], shape = form->c[2];

    logarithms(n, tail, value);
    for (size_t i = 0; i < n; i++) {
        const double t = -value[i], y = shape * t;
        const double g = y == 0 ? 1 : elementary_expm1(y) / y;

        value[i] = fma(scale * t, g, threshold);
    }
}

// t of the header, for each tail; a tail of 1 counts as 1 - 2^-65.
static inline void table_depths(size_t n, const double *restrict tail, double *restrict t)
{
    for (size_t i = 0; i < n; i++) {
        const double other = 1 - tail[i], v = tail[i] < other ? tail[i] : other;

        t[i] = -elementary_log(v > 0x1p-65 ? v : 0x1p-65);
    }
}

// Octave and leading bits of t number the cell; the bits below them are the place in it.
static inline void table_cells(size_t n, const struct quantile_table *x,
                               const double *restrict tail, double *restrict t,
                               int32_t *restrict cell)
{
    const int bits_of_cut = x->cut_bits, shift = 52 - bits_of_cut;
    const int32_t first = -(1022 << bits_of_cut), first_above = first + (int32_t)x->cells;

    for (size_t i = 0; i < n; i++) {
        const uint64_t bits = elementary_bits(t[i]), below = (UINT64_C(1) << 52) - 1;
        const uint64_t place = (bits << bits_of_cut & below) | UINT64_C(1023) << 52;

        cell[i] = (int32_t)(bits >> shift) + (tail[i] < 0.5 ? first_above : first);
        t[i] = fma(2, elementary_of_bits(place), -3);
    }
}

static inline void table_polynomials(size_t n, const struct quantile_table *x,
                                     const int32_t *restrict cell, double *restrict y)
{
    for (size_t i = 0; i < n; i++) {
        const double *c = x->cell[cell[i]].c;
        double sum = c[QUANTILE_TABLE_DEGREE];

#pragma GCC unroll 8
        for (int j = QUANTILE_TABLE_DEGREE - 1; j >= 0; j--)
            sum = fma(sum, y[i], c[j]);
        y[i] = sum;
    }
}

// The tails whose cells have leaves: each from the last leaf that starts at or below it. The search
// begins at the guide's and goes step by step for all, so that it has no branch to guess.
static inline void table_leaves(const struct quantile_form *form, size_t n,
                                const uint32_t *restrict at, const double *restrict tail,
                                double *restrict value)
{
    const struct quantile_table *x = form->table;
    uint32_t leaf[PIECE];

    for (size_t i = 0; i < n; i++)
        leaf[i] = x->leaf_guide[(int32_t)(tail[at[i]] * QUANTILE_TABLE_GUIDE)];
    for (uint32_t left = x->leaf_range; left > 1; left -= left / 2) {
        const uint32_t half = left / 2;

        for (size_t i = 0; i < n; i++)
            leaf[i] += x->leaf_starts[leaf[i] + half] <= tail[at[i]] ? half : 0;
    }
    for (size_t i = 0; i < n; i++) {
        const struct quantile_leaf *own = &x->leaves[leaf[i]];
        const double u = (tail[at[i]] - own->centre) * own->per_half;
        double sum = own->c[QUANTILE_TABLE_DEGREE];

#pragma GCC unroll 8
        for (int j = QUANTILE_TABLE_DEGREE - 1; j >= 0; j--)
            sum = fma(sum, u, own->c[j]);
        if (isnan(sum))
            sum = x->law.value(x->law.context, tail[at[i]]);
        value[at[i]] = fma(form->c[1], sum, form->c[0]);
    }
}

// Adds to `at` the places of x[from ...] that are not numbers, 64 at most.
static inline size_t nan_find(size_t from, size_t n, const double *restrict x,
                              uint32_t *restrict at, size_t count)
{
    uint64_t found = 0;

    for (size_t i = 0; i < n; i++)
        found |= x[from + i] == x[from + i] ? 0 : mask_bits[i];
    for (; found; found &= found - 1)
        at[count++] = (uint32_t)(from + (size_t)__builtin_ctzll(found));
    return count;
}

static inline void table_piece(const struct quantile_form *form, size_t n,
                               const double *restrict tail, double *restrict value)
{
    const struct quantile_table *x = form->table;
    const double offset = form->c[0], factor = form->c[1];
    int32_t cell[PIECE];
    uint32_t at[PIECE];
    size_t count = 0, i = 0;

    table_depths(n, tail, value);
    table_cells(n, x, tail, value, cell);
    table_polynomials(n, x, cell, value);
    if (x->scale == QUANTILE_SCALE_LOG) {
        for (size_t k = 0; k < n; k++)
            value[k] = fma(factor, elementary_exp(value[k]), offset);
    } else if (x->scale == QUANTILE_SCALE_LOGIT) {
        for (size_t k = 0; k < n; k++)
            value[k] = fma(factor, 1 / (1 + elementary_exp(-value[k])), offset);
    }
    if (x->leaf_count == 0)
        return;
    for (; i + MASK <= n; i += MASK)
        count = nan_find(i, MASK, value, at, count);
    count = nan_find(i, n - i, value, at, count);
    table_leaves(form, count, at, tail, value);
}

static void table(const struct quantile_form *form, size_t n, const double *restrict tail,
                  double *restrict value)
{
    for (size_t from = 0; from < n; from += PIECE)
        table_piece(form, n - from < PIECE ? n - from : PIECE, tail + from, value + from);
}

// ---- What composites do

static void tails_map(size_t n, const double *restrict tail, double factor, double offset,
                      double low, double high, double *restrict inner)
{
    for (size_t i = 0; i < n; i++) {
        const double x = fma(tail[i], factor, offset), above = x > low ? x : low;

        inner[i] = above < high ? above : high;
    }
}

static void clamp(size_t n, double low, double high, double *restrict value)
{
    for (size_t i = 0; i < n; i++) {
        const double above = value[i] > low ? value[i] : low;

        value[i] = above < high ? above : high;
    }
}

// Without a branch, which would be guessed wrong as often as not.
static size_t places(size_t n, const double *restrict x, double low, double high,
                     uint32_t *restrict at)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        at[count] = (uint32_t)i;
        count += (x[i] > low) & (x[i] <= high);
    }
    return count;
}

static void gather(size_t n, const uint32_t *restrict at, const double *restrict from,
                   double *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[at[i]];
}

static void scatter(size_t n, const uint32_t *restrict at, const double *restrict from,
                    double *restrict to)
{
    for (size_t i = 0; i < n; i++)
        to[at[i]] = from[i];
}

static void multiply(size_t n, const double *restrict factor, double *restrict value)
{
    for (size_t i = 0; i < n; i++)
        value[i] *= factor[i];
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
    .tails_map = tails_map,
    .clamp = clamp,
    .places = places,
    .gather = gather,
    .scatter = scatter,
    .multiply = multiply,
};
