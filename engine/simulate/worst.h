// The worst years and the worst events, kept while events are replayed.
#ifndef LOSSMILL_SIMULATE_WORST_H
#define LOSSMILL_SIMULATE_WORST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/outcome.h"

enum { WORST_MAX = 100 };

// One thread's list of the largest events so far; merged at the end.
struct worst_events {
    size_t count;
    struct worst_event events[WORST_MAX]; // largest first
    int64_t threshold;                    // no event below it can be among the worst
};

// A total order, so that ties are broken alike whoever saw them first: loss, year, scenario, asset,
// shared event.
void worst_events_add(struct worst_events *list, const struct worst_event *event);

// Which of two events of one year is shown as its largest: likewise a total order.
bool worst_event_larger(const struct worst_event *x, const struct worst_event *y);

// The years with the largest annual losses, largest first, the earlier of equals first. Returns
// their number, at most WORST_MAX. Years without loss are left out.
size_t worst_years_find(const int64_t *annual_loss, uint64_t years, struct worst_year *worst);

#endif
