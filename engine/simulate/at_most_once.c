#include "simulate/at_most_once.h"

#include <stdlib.h>

bool threat_events_keep(struct threat_events *t, const struct event_batch *batch, uint32_t stream,
                        uint64_t key, const uint64_t *quantity)
{
    const size_t need = t->count + batch->count;
    uint64_t words[EVENT_BATCH];
    double time[EVENT_BATCH];

    if (need > t->room) {
        const size_t room = need > 2 * t->room ? need + EVENT_BATCH : 2 * t->room;
        struct threat_event *grown = realloc(t->events, room * sizeof *grown);
        struct threat_event **by_year = realloc(t->by_year, room * sizeof *by_year);

        t->events = grown ? grown : t->events;
        t->by_year = by_year ? by_year : t->by_year;
        if (!grown || !by_year)
            return false;
        t->room = room;
    }
    event_kernels()->place(key, batch->block, address_of(PURPOSE_TIME, 0), batch->count,
                           batch->index, words, time);
    for (size_t i = 0; i < batch->count; i++) {
        const uint64_t units = quantity ? quantity[batch->asset[i]] : 1;

        t->events[t->count++] = (struct threat_event){
            .index = batch->index[i],
            .unit = (uint64_t)((unsigned __int128)words[i] * units >> 64),
            .time = time[i],
            .tail = batch->tail[i],
            .year = batch->year[i],
            .asset = batch->asset[i],
            .stream = stream,
        };
    }
    return true;
}

// Events of one year: those of one unit together, the earliest first.
static int compare_units(const void *a, const void *b)
{
    const struct threat_event *x = *(struct threat_event *const *)a;
    const struct threat_event *y = *(struct threat_event *const *)b;

    if (x->asset != y->asset)
        return x->asset < y->asset ? -1 : 1;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

// Events of one year, the earliest first.
static int compare_times(const void *a, const void *b)
{
    const struct threat_event *x = *(struct threat_event *const *)a;
    const struct threat_event *y = *(struct threat_event *const *)b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->stream != y->stream)
        return x->stream < y->stream ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

// The n events of one year.
static void year_thin(struct threat_event **events, size_t n, bool per_unit)
{
    qsort(events, n, sizeof *events, per_unit ? compare_units : compare_times);
    for (size_t i = 1; i < n; i++)
        events[i]->repeated = !per_unit || (events[i]->asset == events[i - 1]->asset &&
                                            events[i]->unit == events[i - 1]->unit);
}

void threat_events_thin(struct threat_events *t, bool per_unit)
{
    uint32_t end[BLOCK_YEARS + 1] = {0};
    size_t kept = 0;

    for (size_t i = 0; i < t->count; i++)
        end[t->events[i].year + 1]++;
    for (size_t y = 0; y < BLOCK_YEARS; y++)
        end[y + 1] += end[y];
    for (size_t i = 0; i < t->count; i++) // end[y] starts as the beginning of year y
        t->by_year[end[t->events[i].year]++] = &t->events[i];
    for (size_t y = 0; y < BLOCK_YEARS; y++) {
        const size_t first = y == 0 ? 0 : end[y - 1];

        if (end[y] - first > 1)
            year_thin(t->by_year + first, end[y] - first, per_unit);
    }
    for (size_t i = 0; i < t->count; i++)
        if (!t->events[i].repeated)
            t->events[kept++] = t->events[i];
    t->count = kept;
}

void threat_events_free(struct threat_events *threats)
{
    free(threats->events);
    free(threats->by_year);
}
