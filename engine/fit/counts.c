#include "fit/counts.h"

#include <math.h>

#include "fit/maximum.h"
#include "random/elementary.h"
#include "random/special.h"

const char *const count_law_names[COUNT_LAWS] = {"poisson", "negbinomial", "at_most_once"};

enum { SUMMED_ONE_BY_ONE = 1000 };

struct sample {
    const struct count *rows;
    size_t periods;
    double rate, spread; // where the search begins
};

static void information_fill(struct count_fit *fit, int parameters, size_t periods)
{
    fit->possible = true;
    fit->parameters = parameters;
    fit->aic = 2 * parameters - 2 * fit->log_likelihood;
    fit->bic = parameters * elementary_log((double)periods) - 2 * fit->log_likelihood;
}

static void summarise(struct counts *counts, const struct count *rows, size_t periods)
{
    const double n = (double)periods;
    double squares = 0;

    *counts = (struct counts){.periods = periods};
    for (size_t i = 0; i < periods; i++) {
        counts->total += rows[i].number;
        counts->exposure += rows[i].exposure;
        counts->most = fmax(counts->most, rows[i].number);
    }
    counts->mean = counts->total / n;
    for (size_t i = 0; i < periods; i++) {
        const double expected = counts->total * (rows[i].exposure / counts->exposure);

        squares += (rows[i].number - counts->mean) * (rows[i].number - counts->mean);
        counts->pearson += (rows[i].number - expected) * (rows[i].number - expected) / expected;
    }
    counts->variance = squares / (n - 1);
    // chi-squared of n - 1 degrees of freedom is gamma of shape (n - 1) / 2 and scale 2
    counts->pearson_p = special_gamma_survival((n - 1) / 2, counts->pearson / 2);
}

static void poisson_fit(struct counts *counts, const struct count *rows)
{
    struct count_fit *fit = &counts->fit[COUNT_POISSON];

    fit->rate = counts->total / counts->exposure;
    fit->rate_error = sqrt(counts->total) / counts->exposure;
    for (size_t i = 0; i < counts->periods; i++) {
        const double expected = fit->rate * rows[i].exposure;

        fit->log_likelihood += rows[i].number * elementary_log(expected) - expected -
                               special_log_gamma(rows[i].number + 1);
    }
    information_fill(fit, 1, counts->periods);
}

// log Gamma(number + 1/a) - log Gamma(1/a) + number log a, without the cancellation of small a.
static double rising(double number, double a)
{
    double sum = 0;

    if (number > SUMMED_ONE_BY_ONE)
        return special_log_gamma(number + 1 / a) - special_log_gamma(1 / a) +
               number * elementary_log(a);
    for (double j = 1; j < number; j++)
        sum += elementary_log1p(a * j);
    return sum;
}

// With a = 1/K and m = rate x exposure: P(N = n) = (1 + a) (1 + 2a) ... (1 + (n-1) a) m^n /
// (n! (1 + a m)^(n + 1/a)).
static double negbinomial_value(const double *at, void *context)
{
    const struct sample *sample = context;
    double sum = 0, dropped = 0, rate, a;

    if (!(fabs(at[0]) < 300 && fabs(at[1]) < 300))
        return -HUGE_VAL;
    rate = sample->rate * elementary_exp(at[0]);
    a = sample->spread * elementary_exp(at[1]);
    for (size_t i = 0; i < sample->periods; i++) {
        const double number = sample->rows[i].number, m = rate * sample->rows[i].exposure;
        const double part = rising(number, a) + number * elementary_log(m) -
                            (number + 1 / a) * elementary_log1p(a * m) -
                            special_log_gamma(number + 1) - dropped;
        const double total = sum + part; // Kahan's sum

        dropped = (total - sum) - part;
        sum = total;
    }
    return sum < HUGE_VAL ? sum : -HUGE_VAL;
}

static void negbinomial_fit(struct counts *counts, const struct count *rows)
{
    struct count_fit *fit = &counts->fit[COUNT_NEGBINOMIAL];
    struct sample sample = {rows, counts->periods, counts->total / counts->exposure, 0};
    struct maximum maximum = {0};
    double excess = 0, squares = 0;

    // the likelihood's slope at a = 0, where the law is Poisson, is half of `excess`
    for (size_t i = 0; i < counts->periods; i++) {
        const double m = sample.rate * rows[i].exposure;

        excess += (rows[i].number - m) * (rows[i].number - m) - rows[i].number;
        squares += m * m;
    }
    if (!(excess > 0))
        return;
    sample.spread = excess / squares;
    if (!maximum_find(negbinomial_value, &sample, 2, &maximum))
        return;
    fit->rate = sample.rate * elementary_exp(maximum.at[0]);
    fit->rate_error = fit->rate * sqrt(maximum.covariance[0][0]);
    fit->k = 1 / (sample.spread * elementary_exp(maximum.at[1]));
    fit->k_error = fit->k * sqrt(maximum.covariance[1][1]);
    fit->log_likelihood = maximum.value;
    information_fill(fit, 2, counts->periods);
}

static void at_most_once_fit(struct counts *counts, const struct count *rows)
{
    struct count_fit *fit = &counts->fit[COUNT_AT_MOST_ONCE];
    const double n = (double)counts->periods, p = counts->total / n;

    for (size_t i = 0; i < counts->periods; i++) {
        if (rows[i].number > 1 || rows[i].exposure != 1)
            return;
    }
    fit->rate = p;
    fit->rate_error = sqrt(p * (1 - p) / n);
    fit->log_likelihood = counts->total * elementary_log(p) +
                          (p < 1 ? (n - counts->total) * elementary_log1p(-p) : 0);
    information_fill(fit, 1, counts->periods);
}

void counts_fit(struct counts *counts, const struct count *rows, size_t periods)
{
    summarise(counts, rows, periods);
    poisson_fit(counts, rows);
    negbinomial_fit(counts, rows);
    at_most_once_fit(counts, rows);
}
