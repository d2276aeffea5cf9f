#include "study/plausibility.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// A loss beyond so many medians belongs to another kind of event than the usual one.
static const double far_medians = 1000;

static double beyond(double x, void *limit)
{
    return x > *(const double *)limit ? x : 0;
}

// E[X; X > limit] / E X. At most E X^2 / (limit E X), which settles most cases without an integral.
static double share_beyond(const struct distribution *law, double limit)
{
    const double mean = distribution_mean(law), second = distribution_variance(law) + mean * mean;

    if (second <= 0.5 * limit * mean)
        return 0;
    return distribution_expectation(law, beyond, &limit, &limit, 1) / mean;
}

void plausibility_loss(const struct distribution *law, const struct place *at,
                       struct diagnostics *d)
{
    const double half = 0.5;
    double median;

    if (distribution_draws(law) > 1 || !(distribution_mean(law) > 0))
        return;
    distribution_quantile(law, 1, &half, &median);
    if (median > 0 && share_beyond(law, far_medians * median) > 0.5)
        diagnostics_warn(
            d, at,
            "losses above 1000 times the median, %g, make most of the mean, %g: 'to HI' "
            "or 'cap HI' at its end would bound it",
            median, distribution_mean(law));
}

void plausibility_replacement(const struct distribution *law, double value, const struct place *at,
                              struct diagnostics *d)
{
    if (distribution_draws(law) == 1 && distribution_mean(law) > 0 &&
        share_beyond(law, value) > 0.5)
        diagnostics_warn(d, at,
                         "losses above %g, the value of the dearest asset selected, make most of "
                         "the mean, %g: 'to HI' or 'cap HI' would bound what is replaced",
                         value, distribution_mean(law));
}

void plausibility_frequency(const struct distribution *law, const struct place *at,
                            struct diagnostics *d)
{
    double low, high, constant;

    distribution_support(law, &low, &high);
    if (low == 0 && high == 1 && !distribution_is_constant(law, &constant))
        diagnostics_warn(d, at,
                         "a rate from 0 to 1: is it a probability? At most one event a year is "
                         "counts = at_most_once");
}

// 0 where two scenarios have in common what two descriptions of one event have; frequencies are
// often guessed apart. Selections and losses by address: which are equal does not depend on it.
static int compare_events(const struct scenario *x, const struct scenario *y)
{
    const int threat = strcmp(x->threat_id, y->threat_id);

    if (threat != 0)
        return threat;
    if (x->event != y->event)
        return x->event < y->event ? -1 : 1;
    if (x->effect != y->effect)
        return x->effect < y->effect ? -1 : 1;
    if (x->selection != y->selection)
        return x->selection < y->selection ? -1 : 1;
    return memcmp(x->severity.loss, y->severity.loss, sizeof x->severity.loss);
}

static int compare_scenarios(const void *a, const void *b)
{
    const struct scenario *x = *(const struct scenario *const *)a;
    const struct scenario *y = *(const struct scenario *const *)b;
    const int order = compare_events(x, y);

    return order != 0 ? order : x < y ? -1 : x > y;
}

bool plausibility_twins(struct reading *reading)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    const size_t n = portfolio->scenario_count;
    const struct scenario **order = malloc((n + 1) * sizeof *order);

    if (!order)
        return reading_out_of_memory(reading);
    for (size_t i = 0; i < n; i++)
        order[i] = &portfolio->scenarios[i];
    qsort(order, n, sizeof *order, compare_scenarios);
    for (size_t i = 1; i < n; i++) {
        const struct scenario *x = order[i - 1], *y = order[i];
        const struct place at = table_place(&reading->scenarios, (size_t)(y - portfolio->scenarios),
                                            table_column(&reading->scenarios, "scenario_id"));

        if (*y->threat_id != '\0' && compare_events(x, y) == 0)
            diagnostics_warn(reading->d, &at,
                             "the threat, assets, effect and losses of scenario '%s': is it the "
                             "same event, counted twice?",
                             x->id);
    }
    free(order);
    return true;
}
