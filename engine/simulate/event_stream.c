#include "simulate/event_stream.h"

#include <stdlib.h>
#include <string.h>

// One scenario in one block, while it runs.
struct run {
    struct event_workspace *w;
    const struct scenario_plan *plan;
    uint64_t key; // of the stream in work, and its number
    uint32_t stream;
    uint32_t block;
    bool memory_failed;
    event_consumer *consume;
    void *context;
};

struct event_workspace *event_workspace_new(const struct event_filters *filters)
{
    struct event_workspace *w = calloc(1, sizeof *w);

    if (!w || !filters)
        return w;
    w->filter = (struct event_filter){filters, filters->start(filters->context), &w->stream.years};
    w->slots = calloc(1, sizeof *w->slots);
    w->batch.filter = &w->filter;
    w->batch.slots = w->slots;
    if (!w->filter.workspace || !w->slots) {
        event_workspace_free(w);
        return NULL;
    }
    return w;
}

void event_workspace_free(struct event_workspace *w)
{
    if (w) {
        threat_events_free(&w->threats);
        occurrences_free(&w->occurrences);
        if (w->filter.workspace)
            w->filter.filters->end(w->filter.workspace);
        free(w->slots);
    }
    free(w);
}

// The block's part of the wanted years.
static const uint64_t *wanted_of(const struct event_workspace *w, uint32_t block)
{
    return w->wanted ? w->wanted + (size_t)block * BLOCK_YEARS / 64 : NULL;
}

static void batch_finish(void *context)
{
    struct run *r = context;
    struct event_batch *batch = &r->w->batch;

    batch->key = r->key;
    if (r->plan->scenario->counts == COUNTS_AT_MOST_ONCE) {
        if (!threat_events_keep(&r->w->threats, batch, r->stream, r->key,
                                r->plan->assets->quantity))
            r->memory_failed = true;
    } else {
        severity_fill(batch, NULL);
        r->consume(r->context, batch);
    }
}

static uint64_t stream_key(const struct scenario_plan *plan, size_t stream)
{
    const struct seating *seating = &plan->seats->seatings[stream];

    return address_key(plan->key, (uint64_t)(int64_t)seating->exponent, seating->part,
                       PURPOSE_STREAM);
}

// Gives the surviving threat events, stream by stream, their success and their losses.
static void threats_finish(struct run *r)
{
    struct event_workspace *w = r->w;
    struct event_batch *batch = &w->batch;
    double success[EVENT_BATCH], other[EVENT_BATCH], susceptibility[EVENT_BATCH];
    uint64_t year[EVENT_BATCH];

    threat_events_thin(&w->threats, r->plan->scenario->frequency_per == FREQUENCY_PER_UNIT);
    for (size_t first = 0, end; first < w->threats.count; first = end) {
        const struct threat_event *t = w->threats.events + first;
        size_t n = 0, kept = 0;

        for (end = first; end < w->threats.count && end - first < EVENT_BATCH &&
                          w->threats.events[end].stream == t->stream;
             end++)
            ;
        n = end - first;
        r->key = stream_key(r->plan, t->stream);
        for (size_t i = 0; i < n; i++) {
            batch->index[i] = t[i].index;
            year[i] = t[i].year;
        }
        event_kernels()->tails(r->key, r->block, address_of(PURPOSE_SUSCEPTIBLE, 0), n,
                               batch->index, success, other);
        yearly_fill(&r->plan->rate.susceptibility, r->plan->key, r->block, PURPOSE_SUSCEPTIBILITY,
                    0, n, year, susceptibility);
        for (size_t i = 0; i < n; i++) {
            batch->index[kept] = t[i].index;
            batch->year[kept] = t[i].year;
            batch->asset[kept] = t[i].asset;
            batch->tail[kept] = t[i].tail;
            kept += success[i] <=
                    susceptibility[i] * exposure_susceptibility(r->plan->hits, t[i].asset);
        }
        batch->key = r->key;
        batch->count = kept;
        batch->lone_asset = false;
        if (kept > 0) {
            severity_fill(batch, NULL);
            r->consume(r->context, batch);
        }
    }
    w->threats.count = 0;
}

// annual_loss = product: one loss a year, times the year's rate; its unit chosen by weight.
static void product_run(struct run *r, uint32_t years)
{
    struct event_workspace *w = r->w;
    struct event_batch *batch = &w->batch;
    const struct exposure *x = r->plan->hits;
    double factor[EVENT_BATCH], place[EVENT_BATCH];

    batch->key = r->plan->key;
    batch->lone_asset = false;
    for (uint32_t first = 0; first < years; first += EVENT_BATCH) {
        const size_t n = years - first < EVENT_BATCH ? years - first : EVENT_BATCH;

        for (size_t i = 0; i < n; i++)
            batch->index[i] = first + i;
        event_kernels()->tails(r->plan->key, r->block, address_of(PURPOSE_UNIT, 0), n, batch->index,
                               place, batch->tail);
        rate_values(&r->plan->rate, NULL, r->block, n, batch->index, factor);
        for (size_t i = 0; i < n; i++) {
            double rest = place[i] * x->weight_total;
            size_t chosen = 0;

            while (chosen + 1 < x->selection->count &&
                   rest > exposure_weight(x, r->plan->assets, chosen))
                rest -= exposure_weight(x, r->plan->assets, chosen++);
            batch->year[i] = first + (uint32_t)i;
            batch->asset[i] = x->selection->assets[chosen];
            factor[i] *= x->weight_total;
        }
        batch->count = n;
        severity_fill(batch, factor);
        r->consume(r->context, batch);
    }
}

static void streams_run(struct run *r, uint32_t years)
{
    struct event_workspace *w = r->w;
    const struct stream_block block = {&r->plan->rate,         r->block,   years,
                                       wanted_of(w, r->block), &w->stream, &w->batch,
                                       batch_finish,           r};

    stream_block_start(&block);
    for (size_t i = 0; i < r->plan->seats->seating_count; i++) {
        r->stream = (uint32_t)i;
        r->key = stream_key(r->plan, i);
        stream_run(&block, r->key, &r->plan->seats->seatings[i]);
    }
    if (r->plan->scenario->counts == COUNTS_AT_MOST_ONCE)
        threats_finish(r);
}

static bool filter_failed(const struct event_workspace *w)
{
    return w->filter.workspace && w->filter.filters->failed(w->filter.workspace);
}

bool event_stream_run(struct event_workspace *w, const struct scenario_plan *plan,
                      enum annual_loss mode, uint32_t block, uint64_t years,
                      event_consumer *consume, void *context)
{
    struct run r = {.w = w, .plan = plan, .block = block, .consume = consume, .context = context};

    w->threats.count = 0;
    w->batch.plan = plan;
    w->batch.severity = &plan->severity;
    w->batch.block = block;
    if (plan->hits->weight_total <= 0)
        return true;
    if (plan->event) {
        if (!event_occurrences_find(w, plan->event, block, years))
            return false;
        for (size_t first = 0; first < w->occurrences.count; first += EVENT_BATCH)
            shared_hits_run(&w->batch, plan, block, &w->occurrences, first,
                            w->occurrences.count - first < EVENT_BATCH
                                ? w->occurrences.count - first
                                : EVENT_BATCH,
                            consume, context);
        return !filter_failed(w);
    }
    if (mode == ANNUAL_LOSS_PRODUCT)
        product_run(&r, years_in_block(block, years));
    else
        streams_run(&r, years_in_block(block, years));
    return !r.memory_failed && !filter_failed(w);
}

bool event_stream_added(struct event_workspace *w, const struct scenario_plan *plan,
                        const struct rate *rate, uint64_t salt, uint32_t block, uint64_t years,
                        event_consumer *consume, void *context)
{
    struct run r = {.w = w, .plan = plan, .block = block, .consume = consume, .context = context};
    const struct stream_block stream = {rate,
                                        block,
                                        years_in_block(block, years),
                                        wanted_of(w, block),
                                        &w->stream,
                                        &w->batch,
                                        batch_finish,
                                        &r};

    w->batch.plan = plan;
    w->batch.severity = &plan->severity;
    w->batch.block = block;
    stream_block_start(&stream);
    for (size_t i = 0; i < plan->seats->seating_count; i++) {
        r.key = address_key(stream_key(plan, i), salt, 0, PURPOSE_ADDED);
        stream_run(&stream, r.key, &plan->seats->seatings[i]);
    }
    return !r.memory_failed;
}

struct occurrence_run {
    struct event_workspace *w;
    const struct event_plan *event;
    bool memory_failed;
};

static void occurrences_keep(void *context)
{
    struct occurrence_run *r = context;
    const bool once = r->event->rate.once;

    if (once ? !threat_events_keep(&r->w->threats, &r->w->batch, 0, r->event->key, NULL)
             : !occurrences_add(&r->w->occurrences, r->w->batch.count, r->w->batch.index,
                                r->w->batch.year))
        r->memory_failed = true;
}

bool event_occurrences_find(struct event_workspace *w, const struct event_plan *event,
                            uint32_t block, uint64_t years)
{
    static const struct seat seat = {0, UINT32_MAX};
    static const struct seating alone = {.seat_count = 1, .seats = &seat, .envelope = 1};
    struct occurrence_run r = {w, event, false};
    const struct stream_block stream = {
        &event->rate,        block,      years_in_block(block, years),
        wanted_of(w, block), &w->stream, &w->batch,
        occurrences_keep,    &r};

    w->threats.count = 0;
    w->occurrences.count = 0;
    w->batch.block = block;
    stream_block_start(&stream);
    stream_run(&stream, event->key, &alone);
    threat_events_thin(&w->threats, false);
    for (size_t i = 0; i < w->threats.count && !r.memory_failed; i++)
        r.memory_failed = !occurrences_add(&w->occurrences, 1, &w->threats.events[i].index,
                                           &w->threats.events[i].year);
    w->threats.count = 0;
    return !r.memory_failed;
}
