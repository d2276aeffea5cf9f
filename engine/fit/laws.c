// Every search begins at the estimate that closed formulas give for complete data: the estimate
// itself (log-normal, normal, exponential, Pareto), or one near it. Losses that are censored or
// truncated enter it as if they were complete; the search does the rest.
#include "fit/laws.h"

#include <math.h>
#include <string.h>

#include "random/elementary.h"
#include "random/special.h"

// A cell's lomax has a SHAPE of at most 1000.
#define LOMAX_LEAST 1e-3

// log(2 pi) / 2
static const double half_log_two_pi = 0.91893853320467274178;

static void lognormal_log_density(const double *p, size_t n, const double *x, const double *log_x,
                                  double *out)
{
    const double constant = -elementary_log(p[1]) - half_log_two_pi;

    (void)x;
    for (size_t i = 0; i < n; i++) {
        const double z = (log_x[i] - p[0]) / p[1];

        out[i] = constant - log_x[i] - 0.5 * z * z;
    }
}

static bool lognormal_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    p[0] = losses->mean_log;
    p[1] = unit[0] = losses->sd_log;
    return attempt == 0 && p[1] > 0;
}

static void normal_log_density(const double *p, size_t n, const double *x, const double *log_x,
                               double *out)
{
    const double constant = -elementary_log(p[1]) - half_log_two_pi;

    (void)log_x;
    for (size_t i = 0; i < n; i++) {
        const double z = (x[i] - p[0]) / p[1];

        out[i] = constant - 0.5 * z * z;
    }
}

static bool normal_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    p[0] = losses->mean;
    p[1] = unit[0] = losses->sd;
    return attempt == 0 && p[1] > 0;
}

static void exponential_log_density(const double *p, size_t n, const double *x, const double *log_x,
                                    double *out)
{
    const double constant = -elementary_log(p[0]);

    (void)log_x;
    for (size_t i = 0; i < n; i++)
        out[i] = constant - x[i] / p[0];
}

static bool exponential_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    (void)unit;
    p[0] = losses->mean;
    return attempt == 0;
}

static void gamma_log_density(const double *p, size_t n, const double *x, const double *log_x,
                              double *out)
{
    const double constant = -special_log_gamma(p[0]) - p[0] * elementary_log(p[1]);

    for (size_t i = 0; i < n; i++)
        out[i] = constant + (p[0] - 1) * log_x[i] - x[i] / p[1];
}

// Minka, Estimating a Gamma distribution (2002): the shape from s = log mean - mean log.
static bool gamma_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    const double s = elementary_log(losses->mean) - losses->mean_log;

    (void)unit;
    if (attempt > 0 || !(s > 0))
        return false;
    p[0] = (3 - s + sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s);
    p[1] = losses->mean / p[0];
    return true;
}

static void weibull_log_density(const double *p, size_t n, const double *x, const double *log_x,
                                double *out)
{
    const double log_scale = elementary_log(p[1]), constant = elementary_log(p[0]);

    (void)x;
    for (size_t i = 0; i < n; i++) {
        const double power = p[0] * (log_x[i] - log_scale);

        out[i] = constant - log_x[i] + power - elementary_exp(power);
    }
}

// The logarithm has the law of Gumbel's minimum: sd pi / (sqrt 6 SHAPE), mean log SCALE - 0.5772 /
// SHAPE.
static bool weibull_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    (void)unit;
    if (attempt > 0 || !(losses->sd_log > 0))
        return false;
    p[0] = 1.28254983016186409554 / losses->sd_log;
    p[1] = elementary_exp(losses->mean_log + 0.57721566490153286061 / p[0]);
    return true;
}

static void pareto_log_density(const double *p, size_t n, const double *x, const double *log_x,
                               double *out)
{
    const double constant = elementary_log(p[1]) + p[1] * elementary_log(p[0]);

    for (size_t i = 0; i < n; i++)
        out[i] = x[i] >= p[0] ? constant - (p[1] + 1) * log_x[i] : -HUGE_VAL;
}

// Losses that nobody would have recorded tell nothing: the law begins where records do, or, where
// everything is recorded, at the smallest loss, which is the maximum-likelihood estimate.
static bool pareto_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    double excess = 0;

    (void)unit;
    p[0] = losses->least_low > 0 ? losses->least_low : losses->smallest;
    for (size_t i = 0; i < losses->count; i++)
        excess += elementary_log(losses->rows[i].value / fmax(p[0], losses->rows[i].low));
    p[1] = (double)(losses->count - losses->censored) / excess;
    return attempt == 0 && excess > 0 && p[1] > 0;
}

static void beta_log_density(const double *p, size_t n, const double *x, const double *log_x,
                             double *out)
{
    const double constant =
        special_log_gamma(p[0] + p[1]) - special_log_gamma(p[0]) - special_log_gamma(p[1]);

    for (size_t i = 0; i < n; i++)
        out[i] = x[i] < 1 ? constant + (p[0] - 1) * log_x[i] + (p[1] - 1) * elementary_log1p(-x[i])
                          : -HUGE_VAL;
}

// By the moments.
static bool beta_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    const double variance = losses->sd * losses->sd,
                 size = losses->mean * (1 - losses->mean) / variance - 1;

    (void)unit;
    p[0] = losses->mean * size;
    p[1] = (1 - losses->mean) * size;
    return attempt == 0 && losses->largest < 1 && variance > 0 && size > 0;
}

// Lomax's law is the generalised Pareto law from 0 with a positive shape, and fitted as that: its
// shape then passes through 0, the exponential law, where SHAPE = 1 / shape would be infinite.
static void gpd_log_density(const double *p, size_t n, const double *x, const double *log_x,
                            double *out)
{
    const double constant = -elementary_log(p[1]);

    (void)log_x;
    for (size_t i = 0; i < n; i++) {
        const double z = (x[i] - p[0]) / p[1], y = p[2] * z;

        if (z < 0 || y <= -1)
            out[i] = -HUGE_VAL;
        else // (1 + 1/k) log(1 + k z), with log(1 + k z) / k -> z as k -> 0
            out[i] = constant - (y == 0 ? z : elementary_log1p(y) * (1 / p[2] + 1));
    }
}

// From several shapes k, with the scale that gives the median: m = s (2^k - 1) / k.
static bool gpd_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    static const double shapes[] = {0.25, -0.1, 0.6, 1.2, 2.5, -0.35};
    const double median = losses->rows[losses->count / 2].value - p[0];
    double scale, room;

    if (attempt >= (int)(sizeof shapes / sizeof *shapes) || !(median > 0))
        return false;
    p[2] = shapes[attempt];
    scale = median * p[2] / elementary_expm1(p[2] * 0.69314718055994530942);
    room = -1.1 * p[2] * (losses->largest - p[0]); // so that the largest is within the support
    p[1] = fmax(scale, room);
    unit[2] = 1;
    return true;
}

static bool lomax_start(const struct losses *losses, int attempt, double *p, double *unit)
{
    p[0] = 0;
    return gpd_start(losses, attempt, p, unit);
}

// SCALE = s / k, SHAPE = 1 / k, and the errors by the delta method; below the smallest k that a
// cell may have, the law is exponential for all that the data can tell.
static bool lomax_finish(double *p, double covariance[][DISTRIBUTION_PARAMETERS_MAX])
{
    const double s = p[1], k = p[2], by_s = 1 / k, by_k = -s / (k * k), shape_by_k = -1 / (k * k);
    const double ss = covariance[1][1], sk = covariance[1][2], kk = covariance[2][2];

    if (!(k > LOMAX_LEAST))
        return false;
    p[0] = s / k;
    p[1] = 1 / k;
    p[2] = 0;
    covariance[0][0] = by_s * by_s * ss + 2 * by_s * by_k * sk + by_k * by_k * kk;
    covariance[0][1] = covariance[1][0] = shape_by_k * (by_s * sk + by_k * kk);
    covariance[1][1] = shape_by_k * shape_by_k * kk;
    return true;
}

#define F PARAMETER_FIXED
#define P PARAMETER_POSITIVE
#define R PARAMETER_REAL

const struct law law_gpd = {.name = "gpd",
                            .searched = "gpd",
                            .kind = {F, P, R},
                            .log_density = gpd_log_density,
                            .start = gpd_start};

static const struct law laws[] = {
    {"lognormal", "lognormal", {R, P}, lognormal_log_density, lognormal_start, NULL, false},
    {"gamma", "gamma", {P, P}, gamma_log_density, gamma_start, NULL, false},
    {"weibull", "weibull", {P, P}, weibull_log_density, weibull_start, NULL, false},
    {"lomax", "gpd", {F, P, R}, gpd_log_density, lomax_start, lomax_finish, false},
    {"pareto", "pareto", {F, P}, pareto_log_density, pareto_start, NULL, true},
    {"exponential", "exponential", {P}, exponential_log_density, exponential_start, NULL, false},
    {"normal", "normal", {R, P}, normal_log_density, normal_start, NULL, false},
    {"beta", "beta", {P, P}, beta_log_density, beta_start, NULL, false},
};

const struct law *law_at(size_t index)
{
    return index < sizeof laws / sizeof *laws ? &laws[index] : NULL;
}

const struct law *law_named(const char *name)
{
    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++) {
        if (strcmp(laws[i].name, name) == 0)
            return &laws[i];
    }
    return NULL;
}
