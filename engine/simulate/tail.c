#include "simulate/tail.h"

#include <math.h>
#include <stdlib.h>

#include "base/keyed.h"
#include "measure/statistics.h"

bool tail_make(const int64_t *annual_loss, uint64_t years, const int64_t *sorted, uint64_t nonzero,
               const double *quantiles, size_t levels, struct tail *tail)
{
    const struct ordered_losses x = {years, nonzero, sorted};
    int64_t threshold[TAIL_LEVELS_MAX];
    uint64_t in_class[TAIL_CLASSES_MAX] = {0};
    unsigned distinct = 0;

    *tail = (struct tail){.levels = levels};
    tail->year_class = malloc(years);
    if (!tail->year_class)
        return false;
    for (size_t l = 0; l < levels; l++) {
        tail->beyond[l] = years_beyond_quantile(years, quantiles[l]);

        const int64_t v = losses_var(&x, tail->beyond[l]);

        if (distinct == 0 || threshold[distinct - 1] != v)
            threshold[distinct++] = v;
        tail->equal_class[l] = 2 * distinct - 1;
    }
    tail->classes = 2 * distinct + 1;
    for (uint64_t y = 0; y < years; y++) {
        unsigned class = 0;

        for (unsigned i = 0; i < distinct; i++)
            class += (annual_loss[y] >= threshold[i]) + (annual_loss[y] > threshold[i]);
        tail->year_class[y] = (uint8_t) class;
        in_class[class]++;
    }
    for (size_t l = 0; l < levels; l++) {
        uint64_t above = 0;

        for (unsigned c = tail->equal_class[l] + 1; c < tail->classes; c++)
            above += in_class[c];
        tail->equal_weight[l] =
            (tail->beyond[l] - (double)above) / (double)in_class[tail->equal_class[l]];
    }
    tail->years = malloc((years - in_class[0] + 1) * sizeof *tail->years);
    for (uint64_t y = 0; tail->years && y < years; y++)
        if (tail->year_class[y] > 0)
            tail->years[tail->year_count++] = (uint32_t)y;
    return tail->years != NULL;
}

void tail_free(struct tail *tail)
{
    free(tail->year_class);
    free(tail->years);
    *tail = (struct tail){0};
}

double tail_contribution(const struct tail *tail, size_t level, const __int128 *class_sums)
{
    __int128 above = 0;

    for (unsigned c = tail->equal_class[level] + 1; c < tail->classes; c++)
        above += class_sums[c];
    return fma((double)class_sums[tail->equal_class[level]], tail->equal_weight[level],
               (double)above) /
           tail->beyond[level];
}

bool contributions_round(double *contribution, size_t n, double total)
{
    struct keyed *order = malloc((n + 1) * sizeof *order); // by what rounding down takes away
    struct keyed *spare = malloc((n + 1) * sizeof *spare);
    const bool good = order && spare;
    __int128 sum = 0;

    for (size_t i = 0; good && i < n; i++) {
        const double whole = floor(contribution[i]);

        order[i] = (struct keyed){keyed_descending(contribution[i] - whole), (uint32_t)i};
        contribution[i] = whole;
        sum += (__int128)whole;
    }
    if (good)
        keyed_sort(order, spare, n);

    const __int128 missing = (__int128)rint(total) - sum;

    for (__int128 k = 0; good && k < missing && k < (__int128)n; k++)
        contribution[order[k].row] += 1;
    for (__int128 k = 0; good && k < -missing && k < (__int128)n; k++)
        contribution[order[n - 1 - (size_t)k].row] -= 1;
    free(order);
    free(spare);
    return good;
}
