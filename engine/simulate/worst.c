#include "simulate/worst.h"

#include <string.h>

bool worst_event_larger(const struct worst_event *x, const struct worst_event *y)
{
    if (x->loss != y->loss)
        return x->loss > y->loss;
    if (x->year != y->year)
        return x->year < y->year;
    if (x->scenario != y->scenario)
        return x->scenario < y->scenario;
    if (x->asset != y->asset)
        return x->asset < y->asset;
    return x->event < y->event;
}

void worst_events_add(struct worst_events *list, const struct worst_event *event)
{
    size_t at = list->count;

    if (event->loss <= 0 || event->loss < list->threshold)
        return;
    if (at == WORST_MAX && !worst_event_larger(event, &list->events[at - 1]))
        return;
    if (at < WORST_MAX)
        list->count++;
    else
        at--;
    for (; at > 0 && worst_event_larger(event, &list->events[at - 1]); at--)
        list->events[at] = list->events[at - 1];
    list->events[at] = *event;
    if (list->count == WORST_MAX)
        list->threshold = list->events[WORST_MAX - 1].loss;
}

// Positions of the largest values, by insertion: nearly every value fails the first comparison.
static size_t largest_find(const int64_t *value, uint64_t n, uint64_t *at)
{
    size_t count = 0;

    for (uint64_t i = 0; i < n; i++) {
        size_t k = count;

        if (value[i] <= 0 || (count == WORST_MAX && value[i] <= value[at[WORST_MAX - 1]]))
            continue;
        if (count < WORST_MAX)
            count++;
        else
            k--;
        for (; k > 0 && value[i] > value[at[k - 1]]; k--)
            at[k] = at[k - 1];
        at[k] = i;
    }
    return count;
}

size_t worst_years_find(const int64_t *annual_loss, uint64_t years, struct worst_year *worst)
{
    uint64_t at[WORST_MAX];
    const size_t count = largest_find(annual_loss, years, at);

    memset(worst, 0, count * sizeof *worst);
    for (size_t i = 0; i < count; i++) {
        worst[i].year = at[i];
        worst[i].annual_loss = annual_loss[at[i]];
    }
    return count;
}
