#include "fit/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fit/goodness.h"
#include "fit/maximum.h"
#include "random/elementary.h"

enum { PIECE = 256 };

// One search: from `from`, by variables that are 0 there.
struct climb {
    const struct law *law;
    const struct distribution_family *family; // of the parameters searched
    const struct losses *losses;
    double from[DISTRIBUTION_PARAMETERS_MAX], unit[DISTRIBUTION_PARAMETERS_MAX];
};

// Sums that keep what rounding drops (Neumaier, Zeitschrift fuer angewandte Mathematik und Mechanik
// 54, 1974): derivatives are differences of such sums.
struct sum {
    double value, dropped;
};

static void sum_add(struct sum *sum, double x)
{
    const double total = sum->value + x;

    if (fabs(sum->value) >= fabs(x))
        sum->dropped += (sum->value - total) + x;
    else
        sum->dropped += (x - total) + sum->value;
    sum->value = total;
}

static void parameters_at(const struct climb *climb, const double *at, double *p)
{
    int variable = 0;

    for (int i = 0; i < DISTRIBUTION_PARAMETERS_MAX; i++) {
        p[i] = climb->from[i];
        if (climb->law->kind[i] == PARAMETER_POSITIVE)
            p[i] *= elementary_exp(at[variable++]);
        else if (climb->law->kind[i] == PARAMETER_REAL)
            p[i] += climb->unit[i] * at[variable++];
    }
}

static double log_share(double share)
{
    return share > 0 ? elementary_log(share) : -HUGE_VAL;
}

// P(low < X), less P(high < X).
static double share_between(const struct distribution_family *family, const double *p, double low,
                            double high)
{
    return (low > 0 ? family->survival(p, low) : 1) -
           (high < HUGE_VAL ? family->survival(p, high) : 0);
}

// What truncation and censoring add to the sum of log-densities.
static double incomplete_part(const struct climb *climb, const double *p)
{
    const struct losses *losses = climb->losses;
    struct sum sum = {0};
    double low = 0, high = HUGE_VAL, share = 0;

    if (losses->censored + losses->truncated == 0)
        return 0;
    for (size_t i = 0; i < losses->count; i++) {
        const struct loss *loss = &losses->rows[i];

        if (loss->censored)
            sum_add(&sum, log_share(share_between(climb->family, p, loss->value, loss->high)));
        if (loss->low != low || loss->high != high) {
            low = loss->low;
            high = loss->high;
            share = log_share(share_between(climb->family, p, low, high));
        }
        sum_add(&sum, -share);
    }
    return sum.value + sum.dropped;
}

static double log_likelihood(const struct climb *climb, const double *p)
{
    const struct losses *losses = climb->losses;
    const size_t exact = losses->count - losses->censored;
    struct sum sum = {0};
    double piece[PIECE];

    for (size_t first = 0; first < exact; first += PIECE) {
        const size_t n = exact - first < PIECE ? exact - first : PIECE;
        double part = 0;

        climb->law->log_density(p, n, losses->value + first, losses->log_value + first, piece);
        for (size_t i = 0; i < n; i++)
            part += piece[i];
        sum_add(&sum, part);
    }
    sum_add(&sum, incomplete_part(climb, p));
    return sum.value + sum.dropped;
}

static double climb_value(const double *at, void *context)
{
    const struct climb *climb = context;
    double p[DISTRIBUTION_PARAMETERS_MAX], value;

    for (int i = 0, n = 0; i < DISTRIBUTION_PARAMETERS_MAX; i++) {
        if (climb->law->kind[i] != PARAMETER_FIXED && !(fabs(at[n++]) < 300))
            return -HUGE_VAL;
    }
    parameters_at(climb, at, p);
    value = log_likelihood(climb, p);
    return value < HUGE_VAL ? value : -HUGE_VAL; // and NaN
}

// The best of the law's places to begin at. False if there is none.
static bool best_start(struct climb *climb, double threshold)
{
    const double origin[MAXIMUM_VARIABLES] = {0};
    struct climb next = *climb;
    double best = -HUGE_VAL;

    for (int attempt = 0;; attempt++) {
        double value;

        next.from[0] = threshold;
        if (!climb->law->start(climb->losses, attempt, next.from, next.unit))
            return best > -HUGE_VAL;
        value = climb_value(origin, &next);
        if (value > best) {
            best = value;
            *climb = next;
        }
    }
}

static void fit_fill(struct fit *fit, const struct climb *climb, const struct maximum *maximum)
{
    double by[DISTRIBUTION_PARAMETERS_MAX] = {0}; // of a parameter, by its variable
    int variable[DISTRIBUTION_PARAMETERS_MAX] = {0};

    parameters_at(climb, maximum->at, fit->p);
    for (int i = 0; i < DISTRIBUTION_PARAMETERS_MAX; i++) {
        variable[i] = fit->searched;
        fit->searched += climb->law->kind[i] != PARAMETER_FIXED;
        by[i] = climb->law->kind[i] == PARAMETER_POSITIVE ? fit->p[i]
                : climb->law->kind[i] == PARAMETER_REAL   ? climb->unit[i]
                                                          : 0;
    }
    for (int i = 0; i < DISTRIBUTION_PARAMETERS_MAX; i++) {
        for (int j = 0; j < DISTRIBUTION_PARAMETERS_MAX; j++) {
            if (by[i] != 0 && by[j] != 0)
                fit->covariance[i][j] =
                    by[i] * by[j] * maximum->covariance[variable[i]][variable[j]];
        }
    }
    fit->log_likelihood = maximum->value;
}

// False if memory is exhausted.
static bool fit_finish(struct fit *fit, const struct losses *losses)
{
    const struct place nowhere = {0};
    struct diagnostics *d = diagnostics_new();

    if (!d)
        return false;
    if (!fit->family->check(fit->p, &nowhere, d))
        fit->state = FIT_REFUSED;
    diagnostics_free(d);
    while (fit->family->parameters[fit->count])
        fit->count++;
    for (int i = 0; i < fit->count; i++)
        fit->standard_error[i] =
            fit->covariance[i][i] > 0 ? sqrt(fit->covariance[i][i]) : (double)NAN;
    fit->charged = fit->searched + (fit->law->end_read_off && losses->least_low == 0);
    fit->aic = 2 * fit->charged - 2 * fit->log_likelihood;
    fit->bic = fit->charged * elementary_log((double)losses->count) - 2 * fit->log_likelihood;
    return true;
}

static bool losses_differ(const struct losses *losses)
{
    return losses->distinct > 1 && losses->count > losses->censored;
}

bool fit_law(struct fit *fit, const struct law *law, const struct losses *losses, double threshold,
             struct arena *scratch)
{
    struct climb climb = {
        .law = law, .family = distribution_family_find(law->searched), .losses = losses};
    struct maximum maximum = {0};
    int variables = 0;

    *fit = (struct fit){.law = law, .family = distribution_family_find(law->name)};
    fit->state = FIT_OUTSIDE;
    for (int i = 0; i < DISTRIBUTION_PARAMETERS_MAX; i++)
        variables += law->kind[i] != PARAMETER_FIXED;
    if (!losses_differ(losses) || !best_start(&climb, threshold))
        return true;
    fit->state = maximum_find(climb_value, &climb, variables, &maximum) ? FIT_FOUND : FIT_ENDLESS;
    fit_fill(fit, &climb, &maximum);
    if (fit->state == FIT_FOUND && !goodness_find(fit, climb.family, losses, scratch))
        return false;
    if (law->finish && !law->finish(fit->p, fit->covariance))
        fit->state = FIT_EXPONENTIAL; // found, or passed on the way to an end beyond
    else if (fit->state == FIT_FOUND && !fit_finish(fit, losses))
        return false;
    fit->recorded = (double)NAN;
    if (losses->alike && fit->state == FIT_FOUND)
        fit->recorded =
            share_between(fit->family, fit->p, losses->rows[0].low, losses->rows[0].high);
    return true;
}

// fits_sort: what was fitted by AIC, everything else in the order of the laws, which is that of
// their addresses.
static int compare_fits(const void *a, const void *b)
{
    const struct fit *x = a, *y = b;

    if ((x->state == FIT_FOUND) != (y->state == FIT_FOUND))
        return x->state == FIT_FOUND ? -1 : 1;
    if (x->state == FIT_FOUND && x->aic != y->aic)
        return x->aic < y->aic ? -1 : 1;
    return x->law < y->law ? -1 : x->law > y->law;
}

void fits_sort(struct fit *fits, size_t count)
{
    if (count > 0)
        qsort(fits, count, sizeof *fits, compare_fits);
}
