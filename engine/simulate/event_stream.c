#include "simulate/event_stream.h"

#include <stdlib.h>
#include <string.h>

#include "random/special.h"

// A threat event that waits until it is known to be the first of its unit and year.
struct threat_event {
    uint64_t index, unit;
    double time;
    double tail;
    uint32_t year, asset, stream;
    bool repeated; // not the first of its unit and year
};

struct event_workspace {
    struct event_batch batch;
    uint64_t index[EVENT_BATCH], words[EVENT_BATCH];
    double tail[EVENT_BATCH];
    double rate[BLOCK_YEARS];
    struct threat_event *threats;  // at_most_once only
    struct threat_event **by_year; // [threat_room]
    size_t threat_count, threat_room;
    bool memory_failed;
};

// One stream in one block, while it runs.
struct run {
    struct event_workspace *w;
    const struct scenario_plan *plan;
    const struct seating *seating;
    uint64_t key;
    uint32_t stream, block;
    uint32_t years; // of the block that the study has
    bool year_in_index;
    event_consumer *consume;
    void *context;
};

struct event_workspace *event_workspace_new(void)
{
    return calloc(1, sizeof(struct event_workspace));
}

void event_workspace_free(struct event_workspace *w)
{
    if (w) {
        free(w->threats);
        free(w->by_year);
    }
    free(w);
}

struct yearly_source {
    uint64_t key;
    uint32_t block, address;
    const uint64_t *year;
};

static void yearly_tails(void *context, unsigned draw, size_t n, double *tail)
{
    const struct yearly_source *s = context;
    double other[EVENT_BATCH];

    event_kernels()->tails(s->key, s->block, s->address + draw % 64, n, s->year, tail, other);
}

static void law_fill(const struct distribution *law, uint64_t key, uint32_t block,
                     enum purpose purpose, uint32_t sub_draw, size_t n, const uint64_t *year,
                     double *value)
{
    struct yearly_source source = {key, block, address_of(purpose, sub_draw), year};

    distribution_draw(law, n, yearly_tails, &source, value);
}

void yearly_fill(const struct yearly *y, uint64_t key, uint32_t block, enum purpose purpose,
                 uint32_t sub_draw, size_t n, const uint64_t *year, double *value)
{
    if (y->law)
        law_fill(y->law, key, block, purpose, sub_draw, n, year, value);
    else
        for (size_t i = 0; i < n; i++)
            value[i] = y->constant;
}

// Candidates per unit of envelope in each year of the block.
static void rates_fill(struct event_workspace *w, const struct scenario_plan *plan, uint32_t block,
                       uint32_t years)
{
    const bool once = plan->scenario->counts == COUNTS_AT_MOST_ONCE;
    uint64_t year[EVENT_BATCH];
    double factor[EVENT_BATCH];

    for (uint32_t first = 0; first < years; first += EVENT_BATCH) {
        const size_t n = years - first < EVENT_BATCH ? years - first : EVENT_BATCH;
        double *rate = w->rate + first;

        for (size_t i = 0; i < n; i++)
            year[i] = first + i;
        yearly_fill(&plan->frequency, plan->key, block, PURPOSE_FREQUENCY, 0, n, year, rate);
        if (once) {
            for (size_t i = 0; i < n; i++)
                rate[i] = at_most_once_rate(rate[i]);
        } else {
            yearly_fill(&plan->susceptibility, plan->key, block, PURPOSE_SUSCEPTIBILITY, 0, n, year,
                        factor);
            for (size_t i = 0; i < n; i++)
                rate[i] *= factor[i];
        }
        if (plan->multiplier) {
            law_fill(plan->multiplier, plan->key, block, PURPOSE_MULTIPLIER, 0, n, year, factor);
            for (size_t i = 0; i < n; i++)
                rate[i] *= factor[i];
        }
        for (size_t i = 0; i < n; i++)
            rate[i] *= plan->frequency_scale;
    }
}

static void threats_keep(struct run *r)
{
    struct event_workspace *w = r->w;
    const struct event_batch *batch = &w->batch;
    const size_t need = w->threat_count + batch->count;

    if (need > w->threat_room) {
        const size_t room = need > 2 * w->threat_room ? need + EVENT_BATCH : 2 * w->threat_room;
        struct threat_event *grown = realloc(w->threats, room * sizeof *grown);
        struct threat_event **by_year = realloc(w->by_year, room * sizeof *by_year);

        w->threats = grown ? grown : w->threats;
        w->by_year = by_year ? by_year : w->by_year;
        if (!grown || !by_year) {
            w->memory_failed = true;
            return;
        }
        w->threat_room = room;
    }
    event_kernels()->place(r->key, r->block, address_of(PURPOSE_TIME, 0), batch->count,
                           batch->index, w->words, w->tail);
    for (size_t i = 0; i < batch->count; i++) {
        const uint64_t quantity = r->plan->assets->quantity[batch->asset[i]];

        w->threats[w->threat_count++] = (struct threat_event){
            .index = batch->index[i],
            .unit = (uint64_t)((unsigned __int128)w->words[i] * quantity >> 64),
            .time = w->tail[i],
            .tail = batch->tail[i],
            .year = batch->year[i],
            .asset = batch->asset[i],
            .stream = r->stream,
        };
    }
}

static void batch_finish(struct run *r)
{
    struct event_batch *batch = &r->w->batch;

    if (batch->count == 0)
        return;
    batch->plan = r->plan;
    batch->block = r->block;
    batch->key = r->key;
    if (r->plan->scenario->counts == COUNTS_AT_MOST_ONCE) {
        threats_keep(r);
    } else {
        severity_fill(batch, NULL);
        r->consume(r->context, batch);
    }
}

// From candidates to events: a seat that is taken, a uniform that accepts, a year that the study
// has. Written without a branch: which candidates stay is unpredictable.
static void candidates_place(struct run *r, size_t n)
{
    struct event_workspace *w = r->w;
    struct event_batch *batch = &w->batch;
    const struct seat *seats = r->seating->seats;
    const uint32_t seat_mask = r->seating->seat_count - 1;
    size_t kept = 0;

    event_kernels()->place(r->key, r->block, address_of(PURPOSE_PLACE, 0), n, w->index, w->words,
                           w->tail);
    for (size_t i = 0; i < n; i++) {
        const uint32_t word = (uint32_t)w->words[i], uniform = (uint32_t)(w->words[i] >> 32);
        const uint32_t year = (r->year_in_index ? (uint32_t)w->index[i] : word) & (BLOCK_YEARS - 1);
        const struct seat seat = seats[word >> BLOCK_BITS & seat_mask];

        batch->index[kept] = w->index[i];
        batch->year[kept] = year;
        batch->asset[kept] = seat.asset;
        batch->tail[kept] = w->tail[i];
        kept += (seat.asset != SEAT_EMPTY) & (uniform <= seat.accept_max) & (year < r->years);
    }
    batch->count = kept;
    batch->lone_asset = r->seating->seat_count == 1;
    batch_finish(r);
}

// The first `count` events where nothing is to be chosen or refused: one asset, a whole block.
static void lone_stream(struct run *r, uint64_t count)
{
    struct event_batch *batch = &r->w->batch;

    for (size_t i = 0; i < EVENT_BATCH && i < count; i++)
        batch->asset[i] = r->seating->seats[0].asset;
    batch->lone_asset = true;
    for (uint64_t first = 0; first < count; first += batch->count) {
        batch->count = count - first < EVENT_BATCH ? (size_t)(count - first) : EVENT_BATCH;
        event_kernels()->years(r->key, r->block, address_of(PURPOSE_PLACE, 0), first, batch->count,
                               BLOCK_BITS, batch->index, batch->year, batch->tail);
        batch_finish(r);
    }
}

static void stream_constant(struct run *r)
{
    const double mean = r->plan->constant_rate * r->seating->envelope * BLOCK_YEARS;
    const double tail = address_tail(r->key, 0, r->block, address_of(PURPOSE_COUNT, 0));
    uint64_t count;

    if (tail >= mean) // P(any) = 1 - exp(-mean) < mean: none, without an exponential
        return;
    count = special_poisson_quantile(mean, tail);
    if (r->seating->seat_count == 1 && r->years == BLOCK_YEARS) {
        lone_stream(r, count);
        return;
    }
    for (uint64_t first = 0; first < count; first += EVENT_BATCH) {
        const size_t n = count - first < EVENT_BATCH ? (size_t)(count - first) : EVENT_BATCH;

        for (size_t i = 0; i < n; i++)
            r->w->index[i] = first + i;
        candidates_place(r, n);
    }
}

static void stream_yearly(struct run *r)
{
    struct event_workspace *w = r->w;
    double tail[EVENT_BATCH], other[EVENT_BATCH];
    uint64_t year[EVENT_BATCH];
    size_t waiting = 0;

    for (uint32_t first = 0; first < r->years; first += EVENT_BATCH) {
        const size_t n = r->years - first < EVENT_BATCH ? r->years - first : EVENT_BATCH;

        for (size_t i = 0; i < n; i++)
            year[i] = first + i;
        event_kernels()->tails(r->key, r->block, address_of(PURPOSE_COUNT, 0), n, year, tail,
                               other);
        for (size_t i = 0; i < n; i++) {
            const double mean = w->rate[first + i] * r->seating->envelope;

            if (tail[i] >= mean)
                continue;

            const uint64_t count = special_poisson_quantile(mean, tail[i]);

            for (uint64_t k = 0; k < count; k++) {
                w->index[waiting++] = year[i] | k << BLOCK_BITS;
                if (waiting == EVENT_BATCH) {
                    candidates_place(r, waiting);
                    waiting = 0;
                }
            }
        }
    }
    if (waiting > 0)
        candidates_place(r, waiting);
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

static double asset_susceptibility(const struct exposure *x, uint32_t asset)
{
    size_t low = 0, high = x->selection->count;

    if (!x->susceptibility)
        return 1;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (x->selection->assets[middle] <= asset)
            low = middle;
        else
            high = middle;
    }
    return x->susceptibility[low];
}

// The n events of one year.
static void year_thin(struct threat_event **events, size_t n, bool per_unit)
{
    qsort(events, n, sizeof *events, per_unit ? compare_units : compare_times);
    for (size_t i = 1; i < n; i++)
        events[i]->repeated = !per_unit || (events[i]->asset == events[i - 1]->asset &&
                                            events[i]->unit == events[i - 1]->unit);
}

// Keeps of the waiting threat events the first of each unit and year, in the order in which they
// came.
static void threats_thin(struct event_workspace *w, const struct scenario_plan *plan)
{
    const bool per_unit = plan->scenario->frequency_per == FREQUENCY_PER_UNIT;
    uint32_t end[BLOCK_YEARS + 1] = {0};
    size_t kept = 0;

    for (size_t i = 0; i < w->threat_count; i++)
        end[w->threats[i].year + 1]++;
    for (size_t y = 0; y < BLOCK_YEARS; y++)
        end[y + 1] += end[y];
    for (size_t i = 0; i < w->threat_count; i++) // end[y] starts as the beginning of year y
        w->by_year[end[w->threats[i].year]++] = &w->threats[i];
    for (size_t y = 0; y < BLOCK_YEARS; y++) {
        const size_t first = y == 0 ? 0 : end[y - 1];

        if (end[y] - first > 1)
            year_thin(w->by_year + first, end[y] - first, per_unit);
    }
    for (size_t i = 0; i < w->threat_count; i++)
        if (!w->threats[i].repeated)
            w->threats[kept++] = w->threats[i];
    w->threat_count = kept;
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

    threats_thin(w, r->plan);
    for (size_t first = 0, end; first < w->threat_count; first = end) {
        const struct threat_event *t = w->threats + first;
        size_t n = 0, kept = 0;

        for (end = first; end < w->threat_count && end - first < EVENT_BATCH &&
                          w->threats[end].stream == t->stream;
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
        yearly_fill(&r->plan->susceptibility, r->plan->key, r->block, PURPOSE_SUSCEPTIBILITY, 0, n,
                    year, susceptibility);
        for (size_t i = 0; i < n; i++) {
            batch->index[kept] = t[i].index;
            batch->year[kept] = t[i].year;
            batch->asset[kept] = t[i].asset;
            batch->tail[kept] = t[i].tail;
            kept +=
                success[i] <= susceptibility[i] * asset_susceptibility(r->plan->hits, t[i].asset);
        }
        batch->plan = r->plan;
        batch->block = r->block;
        batch->key = r->key;
        batch->count = kept;
        batch->lone_asset = false;
        if (kept > 0) {
            severity_fill(batch, NULL);
            r->consume(r->context, batch);
        }
    }
    w->threat_count = 0;
}

// annual_loss = product: one loss a year, times the year's rate; its unit chosen by weight.
static void product_run(struct run *r)
{
    struct event_workspace *w = r->w;
    struct event_batch *batch = &w->batch;
    const struct exposure *x = r->plan->hits;
    double factor[EVENT_BATCH];

    rates_fill(w, r->plan, r->block, r->years);
    batch->plan = r->plan;
    batch->block = r->block;
    batch->key = r->plan->key;
    batch->lone_asset = false;
    for (uint32_t first = 0; first < r->years; first += EVENT_BATCH) {
        const size_t n = r->years - first < EVENT_BATCH ? r->years - first : EVENT_BATCH;

        for (size_t i = 0; i < n; i++)
            batch->index[i] = first + i;
        event_kernels()->tails(r->plan->key, r->block, address_of(PURPOSE_UNIT, 0), n, batch->index,
                               w->tail, batch->tail);
        for (size_t i = 0; i < n; i++) {
            double rest = w->tail[i] * x->weight_total;
            size_t chosen = 0;

            while (chosen + 1 < x->selection->count &&
                   rest > exposure_weight(x, r->plan->assets, chosen))
                rest -= exposure_weight(x, r->plan->assets, chosen++);
            batch->year[i] = first + (uint32_t)i;
            batch->asset[i] = x->selection->assets[chosen];
            factor[i] = w->rate[first + i] * x->weight_total;
        }
        batch->count = n;
        severity_fill(batch, factor);
        r->consume(r->context, batch);
    }
}

bool event_stream_run(struct event_workspace *w, const struct scenario_plan *plan,
                      enum annual_loss mode, uint32_t block, uint64_t years,
                      event_consumer *consume, void *context)
{
    const uint64_t left = years - (uint64_t)block * BLOCK_YEARS;
    struct run r = {
        .w = w,
        .plan = plan,
        .block = block,
        .years = left < BLOCK_YEARS ? (uint32_t)left : BLOCK_YEARS,
        .consume = consume,
        .context = context,
    };

    w->memory_failed = false;
    w->threat_count = 0;
    if (plan->hits->weight_total <= 0)
        return true;
    if (mode == ANNUAL_LOSS_PRODUCT) {
        product_run(&r);
        return true;
    }
    r.year_in_index = plan->rate_varies;
    if (plan->rate_varies)
        rates_fill(w, plan, block, r.years);
    for (size_t i = 0; i < plan->seats->seating_count; i++) {
        r.stream = (uint32_t)i;
        r.seating = &plan->seats->seatings[i];
        r.key = stream_key(plan, i);
        if (plan->rate_varies)
            stream_yearly(&r);
        else
            stream_constant(&r);
    }
    if (plan->scenario->counts == COUNTS_AT_MOST_ONCE)
        threats_finish(&r);
    return !w->memory_failed;
}
