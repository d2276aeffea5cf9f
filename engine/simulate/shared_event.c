#include "simulate/shared_event.h"

#include <stdlib.h>
#include <string.h>

// Occurrences are worked off in runs; so many cells of (occurrence, group) fit the second-level
// cache.
enum { GROUP_CELLS = 1 << 17 };

struct shared_event_sums {
    const struct portfolio *portfolio;
    size_t groups, run; // of all groupings together; occurrences in a run
    struct occurrence *occurrences;
    int64_t *group_loss; // [run][groups]
    uint32_t *hit;       // [run]
    size_t event;        // in work
    uint64_t capped;
    bool overflow;
};

static size_t groups_total(const struct portfolio *portfolio)
{
    size_t n = 0;

    for (size_t g = 0; g < portfolio->grouping_count; g++)
        n += portfolio->groupings[g].count;
    return n;
}

static size_t run_length(size_t groups)
{
    const size_t fit = GROUP_CELLS / (groups + 1);

    return fit < 1 ? 1 : fit < EVENT_BATCH ? fit : EVENT_BATCH;
}

struct shared_event_sums *shared_event_sums_new(const struct portfolio *portfolio)
{
    struct shared_event_sums *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->portfolio = portfolio;
    s->groups = groups_total(portfolio);
    s->run = run_length(s->groups);
    s->occurrences = calloc(s->run, sizeof *s->occurrences);
    s->group_loss = calloc(s->run * s->groups + 1, sizeof *s->group_loss);
    s->hit = calloc(s->run, sizeof *s->hit);
    if (!s->occurrences || !s->group_loss || !s->hit) {
        shared_event_sums_free(s);
        return NULL;
    }
    return s;
}

void shared_event_sums_free(struct shared_event_sums *s)
{
    if (s) {
        free(s->occurrences);
        free(s->group_loss);
        free(s->hit);
    }
    free(s);
}

double shared_event_memory(const struct portfolio *portfolio)
{
    const size_t groups = groups_total(portfolio), run = run_length(groups);

    return portfolio->event_count == 0
               ? 0
               : (double)run * ((double)groups * sizeof(int64_t) + sizeof(struct occurrence));
}

// Group totals cannot outgrow the occurrence's, whose additions are checked.
static void hits_add(void *context, const struct event_batch *batch)
{
    struct shared_event_sums *s = context;
    const size_t scenario = (size_t)(batch->plan->scenario - s->portfolio->scenarios);
    int64_t *base = s->group_loss;

    s->capped += batch->capped;
    for (size_t i = 0; i < batch->count; i++) {
        struct occurrence *o = &s->occurrences[batch->occurrence[i]];
        const int64_t loss = batch->loss[i];

        s->overflow |= __builtin_add_overflow(o->loss, loss, &o->loss);
        if (o->hits == 0 || loss > o->largest ||
            (loss == o->largest && o->scenario == scenario && batch->asset[i] < o->asset)) {
            o->largest = loss;
            o->scenario = (uint32_t)scenario;
            o->asset = batch->asset[i];
        }
        o->hits += o->hits < INT32_MAX;
    }
    for (size_t g = 0; g < s->portfolio->grouping_count && !s->overflow; g++) {
        const struct grouping *grouping = &s->portfolio->groupings[g];

        for (size_t i = 0; i < batch->count; i++)
            base[batch->occurrence[i] * s->groups +
                 group_of(grouping, scenario, batch->asset[i])] += batch->loss[i];
        base += grouping->count;
    }
}

static void own_add(void *context, const struct event_batch *batch)
{
    struct shared_event_sums *s = context;

    s->capped += batch->capped;
    for (size_t i = 0; i < batch->count; i++) {
        struct occurrence *o = &s->occurrences[batch->occurrence[i]];
        int64_t *base = s->group_loss + batch->occurrence[i] * s->groups;

        o->own = batch->loss[i];
        s->overflow |= __builtin_add_overflow(o->loss, o->own, &o->loss);
        for (int form = 0; form < LOSS_FORMS; form++)
            o->own_form[form] = batch->forms & 1u << form ? (int64_t)batch->form_loss[form][i] : 0;
        for (size_t g = 0; g < s->portfolio->grouping_count; g++) {
            base[s->portfolio->groupings[g].events_own[s->event]] += o->own;
            base += s->portfolio->groupings[g].count;
        }
    }
}

// Occurrences [first, first + n) of w->occurrences.
static void run_occurrences(struct shared_event_sums *s, struct event_workspace *w,
                            const struct scenario_plans *plans, const struct event_plan *event,
                            uint32_t block, size_t first, size_t n)
{
    size_t hit = 0;

    memset(s->occurrences, 0, n * sizeof *s->occurrences);
    memset(s->group_loss, 0, n * s->groups * sizeof *s->group_loss);
    for (size_t i = 0; i < event->event->scenario_count; i++)
        shared_hits_run(&w->batch, &plans->plans[event->event->scenarios[i]], block,
                        &w->occurrences, first, n, hits_add, s);
    for (size_t i = 0; i < n; i++) {
        s->hit[hit] = (uint32_t)i;
        hit += s->occurrences[i].hits > 0;
    }
    if (event->costs && hit > 0)
        shared_own_run(&w->batch, event, block, &w->occurrences, first, hit, s->hit, own_add, s);
}

bool shared_event_run(struct shared_event_sums *s, struct event_workspace *w,
                      const struct scenario_plans *plans, size_t e, uint32_t block, uint64_t years,
                      occurrence_consumer *consume, void *context, uint64_t *capped, bool *overflow)
{
    const struct event_plan *event = &plans->events[e];

    s->event = e;
    s->capped = 0;
    s->overflow = false;
    if (!event_occurrences_find(w, event, block, years))
        return false;
    for (size_t first = 0; first < w->occurrences.count && !s->overflow; first += s->run) {
        const size_t left = w->occurrences.count - first, n = left < s->run ? left : s->run;

        run_occurrences(s, w, plans, event, block, first, n);
        for (size_t i = 0; i < n && !s->overflow; i++) {
            struct occurrence *o = &s->occurrences[i];

            o->year = w->occurrences.year[first + i];
            o->groups = s->group_loss + i * s->groups;
            if (o->hits > 0)
                consume(context, o);
        }
    }
    *capped += s->capped;
    *overflow = *overflow || s->overflow;
    return !s->overflow;
}
