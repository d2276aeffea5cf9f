#include "study/plausibility.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/keyed.h"

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

bool plausibility_loss(const struct distribution *law, const struct place *at,
                       struct diagnostics *d)
{
    const double half = 0.5;
    double median;

    if (distribution_draws(law) > 1 || !(distribution_mean(law) > 0))
        return true;
    distribution_quantile(law, 1, &half, &median);
    if (!(median > 0 && share_beyond(law, far_medians * median) > 0.5))
        return true;
    diagnostics_warn(d, at,
                     "losses above 1000 times the median, %g, make most of the mean, %g: 'to HI' "
                     "or 'cap HI' at its end would bound it",
                     median, distribution_mean(law));
    return false;
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

// What two descriptions of one event have in common; frequencies are often guessed apart.
// Selections and losses by address: which are equal does not depend on it.
static bool same_event(const struct scenario *x, const struct scenario *y)
{
    return x->event == y->event && x->effect == y->effect && x->selection == y->selection &&
           strcmp(x->threat_id, y->threat_id) == 0 &&
           memcmp(x->severity.loss, y->severity.loss, sizeof x->severity.loss) == 0;
}

static uint64_t event_hash(const struct scenario *x)
{
    const uint64_t head[] = {x->threat_hash, x->event, x->effect, (uintptr_t)x->selection};

    return XXH3_64bits_withSeed(x->severity.loss, sizeof x->severity.loss,
                                XXH3_64bits(head, sizeof head));
}

// twin[s]: the last scenario before s that describes the same event, NO_ROW where there is none.
static void twins_find(const struct portfolio *portfolio, int threads, struct keyed *order,
                       struct keyed *spare, uint32_t *twin)
{
    const struct scenario *scenarios = portfolio->scenarios;
    const size_t n = portfolio->scenario_count;

#pragma omp parallel for num_threads(threads)
    for (size_t s = 0; s < n; s++)
        order[s] = (struct keyed){event_hash(&scenarios[s]), (uint32_t)s};
    keyed_sort(order, spare, n);
#pragma omp parallel for num_threads(threads)
    for (size_t i = 0; i < n; i++) {
        const uint32_t s = order[i].row;

        twin[s] = NO_ROW;
        for (size_t j = i; j-- > 0 && order[j].key == order[i].key && twin[s] == NO_ROW;)
            if (same_event(&scenarios[order[j].row], &scenarios[s]))
                twin[s] = order[j].row;
    }
}

bool plausibility_twins(struct reading *reading)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    const size_t n = portfolio->scenario_count;
    const int column = table_column(&reading->scenarios, "scenario_id");
    struct keyed *order = malloc((n + 1) * sizeof *order);
    struct keyed *spare = malloc((n + 1) * sizeof *spare);
    uint32_t *twin = malloc((n + 1) * sizeof *twin);
    const bool good = order && spare && twin;

    if (good)
        twins_find(portfolio, reading->options->threads, order, spare, twin);
    for (size_t s = 0; good && s < n; s++) {
        struct place at;

        if (twin[s] == NO_ROW || *portfolio->scenarios[s].threat_id == '\0')
            continue;
        at = table_place(&reading->scenarios, s, column);
        diagnostics_warn(reading->d, &at,
                         "the threat, assets, effect and losses of scenario '%s': is it the same "
                         "event, counted twice?",
                         portfolio->scenarios[twin[s]].id);
    }
    free(order);
    free(spare);
    free(twin);
    return good || reading_out_of_memory(reading);
}
