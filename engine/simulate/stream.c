#include "simulate/stream.h"

// As many seats as are found without asking for them early: they fill the first-level cache.
enum { SEATS_NEAR = 1 << 12 };

// One stream while it runs.
struct run {
    const struct stream_block *block;
    const struct seating *seating;
    uint64_t key;
    bool year_in_index;
    bool thinned; // candidates at the bound of an uncertain rate
};

static inline bool year_wanted(const struct stream_block *block, uint64_t year)
{
    return !block->wanted || (block->wanted[year / 64] >> year % 64 & 1);
}

void stream_block_start(const struct stream_block *block)
{
    const struct rate *rate = block->rate;
    struct stream_workspace *w = block->w;
    const double *multiplier =
        rate->driver ? rate->driver->multiplier + (size_t)block->block * BLOCK_YEARS : NULL;
    double value[EVENT_BATCH];
    uint64_t year[EVENT_BATCH];
    size_t n = 0;

    if (rate->method == RATE_THINNED)
        rate_years_find(rate, block->block, &w->years);
    for (uint32_t y = 0; rate->method == RATE_YEARLY && y < block->years; y++) {
        w->rate[y] = 0;
        if (year_wanted(block, y))
            year[n++] = y;
        if (n < EVENT_BATCH && y + 1 < block->years)
            continue;
        rate_values(rate, NULL, block->block, n, year, value);
        for (size_t i = 0; i < n; i++)
            w->rate[year[i]] = value[i] * (multiplier ? multiplier[year[i]] : 1);
        n = 0;
    }
}

// Leaves out what falls behind the study's last year, or in a year that is not wanted.
static void years_cut(const struct stream_block *b)
{
    struct event_batch *p = b->batch;
    size_t kept = 0;

    for (size_t i = 0; i < p->count; i++) {
        p->index[kept] = p->index[i];
        p->year[kept] = p->year[i];
        p->tail[kept] = p->tail[i];
        p->asset[kept] = p->asset[i];
        kept += (p->year[i] < b->years) & year_wanted(b, p->year[i]);
    }
    p->count = kept;
}

// Keeps the candidates of ordinary years with probability rate / bound.
static void candidates_thin(struct run *r)
{
    const struct stream_block *b = r->block;
    struct event_batch *p = b->batch;
    double value[EVENT_BATCH];
    uint64_t year[EVENT_BATCH];
    size_t kept = 0;

    if (p->count == 0)
        return;
    for (size_t i = 0; i < p->count; i++)
        year[i] = p->year[i];
    rate_values(b->rate, &b->w->years, b->block, p->count, year, value);
    event_kernels()->tails(r->key, b->block, address_of(PURPOSE_THIN, 0), p->count, p->index,
                           b->w->tail, b->w->other);
    for (size_t i = 0; i < p->count; i++) {
        const bool rare = b->w->years.any[year[i] / 64] >> year[i] % 64 & 1;

        p->index[kept] = p->index[i];
        p->year[kept] = p->year[i];
        p->asset[kept] = p->asset[i];
        p->tail[kept] = p->tail[i];
        kept += !rare & (b->w->tail[i] * b->rate->bound < value[i]);
    }
    p->count = kept;
}

// The years of candidates: in the address, by the driver's multipliers, or all equally likely.
static void years_choose(struct run *r, size_t n, uint32_t *year)
{
    const struct stream_block *b = r->block;
    const struct driver_years *driver = b->rate->driver;
    double pick[EVENT_BATCH], other[EVENT_BATCH];

    if (!r->year_in_index && driver) {
        event_kernels()->tails(r->key, b->block, address_of(PURPOSE_YEAR, 0), n, b->w->index, pick,
                               other);
        for (size_t i = 0; i < n; i++)
            year[i] = driver_years_pick(driver, b->block, pick[i]);
        return;
    }
    for (size_t i = 0; i < n; i++)
        year[i] = (r->year_in_index ? (uint32_t)b->w->index[i] : (uint32_t)b->w->words[i]) &
                  (BLOCK_YEARS - 1);
}

// From candidates to those that stay: a seat that is taken, a uniform that accepts, a year that the
// study has. Written without a branch: which candidates stay is unpredictable.
static void candidates_place(struct run *r, size_t n)
{
    const struct stream_block *b = r->block;
    struct stream_workspace *w = b->w;
    struct event_batch *p = b->batch;
    const struct seat *seats = r->seating->seats;
    const uint32_t seat_mask = r->seating->seat_count - 1;
    uint32_t year[EVENT_BATCH];
    size_t kept = 0;

    event_kernels()->place(r->key, b->block, address_of(PURPOSE_PLACE, 0), n, w->index, w->words,
                           w->tail);
    for (size_t i = 0; seat_mask >= SEATS_NEAR && i < n; i++)
        __builtin_prefetch(&seats[(uint32_t)w->words[i] >> BLOCK_BITS & seat_mask]);
    years_choose(r, n, year);
    for (size_t i = 0; i < n; i++) {
        const uint32_t word = (uint32_t)w->words[i], uniform = (uint32_t)(w->words[i] >> 32);
        const struct seat seat = seats[word >> BLOCK_BITS & seat_mask];

        p->index[kept] = w->index[i];
        p->year[kept] = year[i];
        p->asset[kept] = seat.asset;
        p->tail[kept] = w->tail[i];
        kept += (seat.asset != SEAT_EMPTY) & (uniform <= seat.accept_max) & (year[i] < b->years);
    }
    p->count = kept;
    p->lone_asset = r->seating->seat_count == 1;
    if (b->wanted)
        years_cut(b);
    if (r->thinned)
        candidates_thin(r);
    if (p->count > 0)
        b->consume(b->context);
}

static void lone_finish(struct run *r)
{
    const struct stream_block *b = r->block;
    struct event_batch *p = b->batch;

    if (p->count == 0)
        return;
    p->lone_asset = true;
    for (size_t i = 0; i < p->count; i++)
        p->asset[i] = r->seating->seats[0].asset;
    b->consume(b->context);
}

// The first `count` candidates where nothing is to be chosen or refused: one asset, and all years
// alike.
static void lone_stream(struct run *r, uint64_t count)
{
    const struct stream_block *b = r->block;
    struct event_batch *p = b->batch;

    for (uint64_t first = 0; first < count; first += EVENT_BATCH) {
        p->count = count - first < EVENT_BATCH ? (size_t)(count - first) : EVENT_BATCH;
        event_kernels()->lone(r->key, b->block, first, p->count, p->index, p->year, p->tail);
        if (b->years < BLOCK_YEARS)
            years_cut(b);
        lone_finish(r);
    }
}

// The same where few years are wanted: years first, and tails for those that stay.
static void lone_stream_wanted(struct run *r, uint64_t count)
{
    enum { STEP = EVENT_BATCH / 2 };
    const struct stream_block *b = r->block;
    struct event_batch *p = b->batch;
    uint32_t year[STEP];

    p->count = 0;
    for (uint64_t first = 0; first < count; first += STEP) {
        const size_t n = count - first < STEP ? (size_t)(count - first) : STEP;

        event_kernels()->lone_years(r->key, b->block, first, n, year);
        for (size_t i = 0; i < n; i++) {
            p->index[p->count] = first + i;
            p->year[p->count] = year[i];
            p->count += (year[i] < b->years) & year_wanted(b, year[i]);
        }
        if (p->count <= EVENT_BATCH - STEP && first + n < count)
            continue;
        event_kernels()->lone_tails(r->key, b->block, p->count, p->index, p->tail);
        lone_finish(r);
        p->count = 0;
    }
}

// One Poisson draw for the block.
static void block_run(struct run *r)
{
    const struct stream_block *b = r->block;
    const struct driver_years *driver = b->rate->driver;
    const double mean = b->rate->bound * r->seating->envelope *
                        (driver ? driver_years_total(driver, b->block) : BLOCK_YEARS);
    const double tail = address_tail(r->key, 0, b->block, address_of(PURPOSE_COUNT, 0));
    uint64_t count;

    if (tail >= mean) // P(any) = 1 - exp(-mean) < mean: none, without an exponential
        return;
    event_kernels()->poisson(1, &mean, &tail, &count);
    if (r->seating->seat_count == 1 && !driver && !r->thinned) {
        if (b->wanted)
            lone_stream_wanted(r, count);
        else
            lone_stream(r, count);
        return;
    }
    for (uint64_t first = 0; first < count; first += EVENT_BATCH) {
        const size_t n = count - first < EVENT_BATCH ? (size_t)(count - first) : EVENT_BATCH;

        for (size_t i = 0; i < n; i++)
            b->w->index[i] = first + i;
        candidates_place(r, n);
    }
}

// The candidates of n years that have draws of their own; `waiting` of them fill the workspace. Of
// each year a few are written whatever their count: it is unpredictable.
static void years_add(struct run *r, size_t n, const uint64_t *year, uint64_t flag,
                      const double *mean, const double *tail, size_t *waiting)
{
    enum { FEW = 8 };
    uint64_t *const index = r->block->w->index;
    uint64_t count[EVENT_BATCH];
    size_t at = *waiting;

    event_kernels()->poisson(n, mean, tail, count);
    for (size_t i = 0; i < n; i++) {
        uint64_t k = 0;

        do {
            const uint64_t left = count[i] - k;

            for (uint64_t j = 0; j < FEW; j++)
                index[at + j] = flag | year[i] | (k + j) << BLOCK_BITS;
            at += left < FEW ? left : FEW;
            if (at > EVENT_BATCH - FEW) {
                candidates_place(r, at);
                at = 0;
            }
            k += FEW;
        } while (k < count[i]);
    }
    *waiting = at;
}

// Years without any rate, such as those that are not wanted, cost no draw.
static void yearly_run(struct run *r)
{
    const struct stream_block *b = r->block;
    double tail[EVENT_BATCH], other[EVENT_BATCH], mean[EVENT_BATCH];
    uint64_t year[EVENT_BATCH];
    size_t waiting = 0, n = 0;

    for (uint32_t y = 0; y < b->years; y++) {
        year[n] = y;
        mean[n] = b->w->rate[y] * r->seating->envelope;
        n += mean[n] > 0;
        if (n < EVENT_BATCH && y + 1 < b->years)
            continue;
        event_kernels()->tails(r->key, b->block, address_of(PURPOSE_COUNT, 0), n, year, tail,
                               other);
        years_add(r, n, year, 0, mean, tail, &waiting);
        n = 0;
    }
    if (waiting > 0)
        candidates_place(r, waiting);
}

static void rare_run(struct run *r)
{
    const struct stream_block *b = r->block;
    const struct rate_years *years = &b->w->years;
    const double *multiplier =
        b->rate->driver ? b->rate->driver->multiplier + (size_t)b->block * BLOCK_YEARS : NULL;
    double tail[EVENT_BATCH], other[EVENT_BATCH], mean[EVENT_BATCH];
    uint64_t year[EVENT_BATCH];
    size_t waiting = 0;

    for (size_t first = 0; first < years->rare_count; first += EVENT_BATCH) {
        const size_t left = years->rare_count - first, n = left < EVENT_BATCH ? left : EVENT_BATCH;

        for (size_t i = 0; i < n; i++)
            year[i] = years->rare[first + i];
        rate_values(b->rate, years, b->block, n, year, mean);
        event_kernels()->tails(r->key, b->block, address_of(PURPOSE_COUNT, 1), n, year, tail,
                               other);
        for (size_t i = 0; i < n; i++) {
            const double m = multiplier ? multiplier[year[i]] : 1;

            mean[i] = year_wanted(b, year[i]) ? mean[i] * m * r->seating->envelope : 0;
        }
        years_add(r, n, year, STREAM_RARE, mean, tail, &waiting);
    }
    if (waiting > 0)
        candidates_place(r, waiting);
}

void stream_run(const struct stream_block *block, uint64_t key, const struct seating *seating)
{
    struct run r = {.block = block, .seating = seating, .key = key};

    if (block->rate->method == RATE_YEARLY) {
        r.year_in_index = true;
        yearly_run(&r);
        return;
    }
    r.thinned = block->rate->method == RATE_THINNED;
    block_run(&r);
    if (r.thinned) {
        r.thinned = false;
        r.year_in_index = true;
        rare_run(&r);
    }
}
