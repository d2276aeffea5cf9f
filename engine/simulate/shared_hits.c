#include "simulate/shared_hits.h"

#include <math.h>
#include <stdlib.h>

#include "random/elementary.h"
#include "simulate/stream.h"

bool occurrences_add(struct occurrences *o, size_t n, const uint64_t *index, const uint32_t *year)
{
    if (o->count + n > o->room) {
        const size_t room = 2 * o->room + n + EVENT_BATCH;
        uint32_t *id = realloc(o->id, room * sizeof *id);
        uint32_t *years = realloc(o->year, room * sizeof *years);

        o->id = id ? id : o->id;
        o->year = years ? years : o->year;
        if (!id || !years)
            return false;
        o->room = room;
    }
    for (size_t i = 0; i < n; i++) {
        // years with draws of their own: year + 2^13 k, k < 2^18; others: k < 2^31
        o->id[o->count] = (uint32_t)index[i] | (index[i] & STREAM_RARE ? UINT32_C(1) << 31 : 0);
        o->year[o->count++] = year[i];
    }
    return true;
}

void occurrences_free(struct occurrences *o)
{
    free(o->id);
    free(o->year);
}

// A scenario's part in a run of occurrences.
struct hits {
    struct event_batch *batch;
    const struct scenario_plan *plan;
    size_t n;
    const uint32_t *id, *year;
    double per_log[EVENT_BATCH]; // 1 / log(1 - p) of each occurrence; 0: every unit is hit
    double capability[EVENT_BATCH];
    double common[EVENT_BATCH];
    uint32_t active[EVENT_BATCH]; // occurrences that go on
    size_t active_count;
    uint64_t next[EVENT_BATCH];    // place from which the next gap counts
    uint32_t landing[EVENT_BATCH]; // gaps drawn so far
    event_consumer *consume;
    void *context;
};

// Leaves out hits whose unit resists.
static void resisted_drop(struct hits *h)
{
    struct event_batch *b = h->batch;
    const struct distribution *law = NULL;
    double tail[EVENT_BATCH], other[EVENT_BATCH], resists = 0;
    uint32_t occurrence = 0;
    size_t kept = 0;

    event_kernels()->tails(b->key, b->block, address_of(PURPOSE_RESISTANCE, 0), b->count, b->index,
                           tail, other);
    for (size_t i = 0; i < b->count; i++) {
        const struct distribution *own = h->plan->assets->resistance[b->asset[i]];

        if (own != law || b->occurrence[i] != occurrence) {
            law = own;
            occurrence = b->occurrence[i];
            resists = 1 - distribution_at_most_strict(law, h->capability[occurrence]);
        }
        b->index[kept] = b->index[i];
        b->year[kept] = b->year[i];
        b->asset[kept] = b->asset[i];
        b->tail[kept] = b->tail[i];
        b->occurrence[kept] = b->occurrence[i];
        b->unit[kept] = b->unit[i];
        kept += tail[i] > resists;
    }
    b->count = kept;
}

static void hits_finish(struct hits *h)
{
    if (h->plan->scenario->capability)
        resisted_drop(h);
    if (h->batch->count > 0) {
        severity_fill(h->batch, NULL);
        h->consume(h->context, h->batch);
    }
    h->batch->count = 0;
}

static void hit_add(struct hits *h, const struct seating *seating, uint32_t occurrence,
                    uint32_t landing, uint64_t place, double tail)
{
    struct event_batch *b = h->batch;
    const bool lone = seating->seat_count == 1;
    const struct seat seat = seating->seats[lone ? 0 : place >> seating->exponent];
    const uint64_t unit = lone ? place : place & ((UINT64_C(1) << seating->exponent) - 1);

    if (seat.asset == SEAT_EMPTY || unit >= h->plan->assets->quantity[seat.asset])
        return;
    b->index[b->count] = (uint64_t)h->id[occurrence] << 32 | landing;
    b->year[b->count] = h->year[occurrence];
    b->asset[b->count] = seat.asset;
    b->tail[b->count] = tail;
    b->occurrence[b->count] = occurrence;
    b->unit[b->count] = unit;
    if (++b->count == EVENT_BATCH)
        hits_finish(h);
}

// The next `each` gaps of every active occurrence.
static void gaps_run(struct hits *h, const struct seating *seating, uint64_t places, uint32_t each)
{
    uint64_t index[EVENT_BATCH];
    double gap[EVENT_BATCH], tail[EVENT_BATCH];
    size_t n = 0, kept = 0;

    for (size_t a = 0; a < h->active_count; a++)
        for (uint32_t k = 0; k < each; k++)
            index[n++] = (uint64_t)h->id[h->active[a]] << 32 | (h->landing[h->active[a]] + k);
    event_kernels()->tails(h->batch->key, h->batch->block, address_of(PURPOSE_HIT, 0), n, index,
                           gap, tail);
    event_kernels()->logs(n, gap, gap);
    for (size_t a = 0; a < h->active_count; a++) {
        const uint32_t o = h->active[a];
        bool ended = false;

        for (uint32_t k = 0; k < each && !ended; k++) {
            const double skipped = floor(gap[a * each + k] * h->per_log[o]);

            ended = skipped >= (double)(places - h->next[o]);
            if (ended)
                break;
            h->next[o] += (uint64_t)skipped;
            hit_add(h, seating, o, h->landing[o], h->next[o], tail[a * each + k]);
            h->next[o]++;
            h->landing[o]++;
            ended = h->next[o] >= places;
        }
        h->active[kept] = o;
        kept += !ended;
    }
    h->active_count = kept;
}

static void seating_run(struct hits *h, const struct seating *seating, const uint32_t *begin,
                        size_t begin_count, double chance)
{
    const uint64_t places = seating->seat_count == 1
                                ? h->plan->assets->quantity[seating->seats[0].asset]
                                : (uint64_t)seating->seat_count << seating->exponent;
    const double expected = fmin(2 + 1.25 * chance * (double)places, EVENT_BATCH);

    h->batch->key = address_key(h->plan->key, (uint64_t)(int64_t)seating->exponent, seating->part,
                                PURPOSE_STREAM);
    h->batch->lone_asset = seating->seat_count == 1;
    h->batch->count = 0;
    h->active_count = begin_count;
    for (size_t a = 0; a < begin_count; a++) {
        h->active[a] = begin[a];
        h->next[begin[a]] = 0;
        h->landing[begin[a]] = 0;
    }
    while (h->active_count > 0) {
        const double each = fmin(expected, (double)(EVENT_BATCH / h->active_count));

        gaps_run(h, seating, places, (uint32_t)each);
    }
    if (h->batch->count > 0)
        hits_finish(h);
}

// What is drawn once per occurrence. Returns the largest chance of a hit; `begin` gets the
// occurrences that may hit.
static double occurrences_draw(struct hits *h, uint32_t block, uint32_t *begin, size_t *begin_count)
{
    const struct scenario_plan *plan = h->plan;
    const struct scenario *s = plan->scenario;
    uint64_t id[EVENT_BATCH], year[EVENT_BATCH];
    double chance[EVENT_BATCH], susceptibility[EVENT_BATCH], other[EVENT_BATCH], largest = 0;

    for (size_t i = 0; i < h->n; i++) {
        id[i] = h->id[i];
        year[i] = h->year[i];
    }
    yearly_fill(&plan->hit_chance, plan->key, block, PURPOSE_HIT_CHANCE, 0, h->n, id, chance);
    yearly_fill(&plan->rate.susceptibility, plan->key, block, PURPOSE_SUSCEPTIBILITY, 0, h->n, year,
                susceptibility);
    if (s->capability)
        law_fill(s->capability,
                 address_key(plan->event->key, s->threat_hash, 0, PURPOSE_CAPABILITY), block,
                 PURPOSE_CAPABILITY, 0, h->n, id, h->capability);
    if (plan->severity.hit_correlation != 0)
        event_kernels()->tails(plan->event->key, block, address_of(PURPOSE_OCCURRENCE, 0), h->n, id,
                               h->common, other);
    *begin_count = 0;
    for (size_t i = 0; i < h->n; i++) {
        const double p = chance[i] * susceptibility[i];

        h->per_log[i] = p < 1 ? 1 / elementary_log1p(-p) : 0;
        begin[*begin_count] = (uint32_t)i;
        *begin_count += p >= 0x1p-1000; // below, a gap would overflow
        largest = fmax(largest, p);
    }
    return largest;
}

void shared_hits_run(struct event_batch *batch, const struct scenario_plan *plan, uint32_t block,
                     const struct occurrences *occurrences, size_t first, size_t n,
                     event_consumer *consume, void *context)
{
    struct hits h = {.batch = batch,
                     .plan = plan,
                     .n = n,
                     .id = occurrences->id + first,
                     .year = occurrences->year + first,
                     .consume = consume,
                     .context = context};
    uint32_t begin[EVENT_BATCH];
    size_t begin_count;
    double chance;

    if (plan->hits->weight_total <= 0)
        return;
    batch->plan = plan;
    batch->event = NULL;
    batch->severity = &plan->severity;
    batch->block = block;
    batch->occurrence_tail = h.common;
    chance = occurrences_draw(&h, block, begin, &begin_count);
    for (size_t i = 0; i < plan->seats->seating_count && begin_count > 0; i++)
        seating_run(&h, &plan->seats->seatings[i], begin, begin_count, chance);
}

void shared_own_run(struct event_batch *batch, const struct event_plan *event, uint32_t block,
                    const struct occurrences *occurrences, size_t first, size_t count,
                    const uint32_t *hit, event_consumer *consume, void *context)
{
    double other[EVENT_BATCH];

    batch->plan = NULL;
    batch->event = event;
    batch->severity = &event->severity;
    batch->block = block;
    batch->key = event->key;
    batch->count = count;
    batch->lone_asset = false;
    for (size_t i = 0; i < count; i++) {
        batch->index[i] = occurrences->id[first + hit[i]];
        batch->year[i] = occurrences->year[first + hit[i]];
        batch->occurrence[i] = hit[i];
    }
    event_kernels()->tails(event->key, block, address_of(PURPOSE_HIT, 0), count, batch->index,
                           other, batch->tail);
    severity_fill(batch, NULL);
    consume(context, batch);
}
