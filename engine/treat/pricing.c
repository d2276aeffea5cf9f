#include "treat/pricing.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/event_stream.h"
#include "simulate/shared_event.h"
#include "treat/added.h"
#include "treat/effects.h"
#include "treat/insured.h"

struct pricing {
    const struct portfolio *portfolio;
    const struct scenario_plans *plans;
    struct arena arena;
    struct units units;
    struct added *added; // [unit]
    size_t scope_count;
    const struct pricing_scope *scopes;
};

// One pass over some worlds.
struct pass {
    const struct pricing *pricing;
    const struct unit_variants *variants; // [unit]
    size_t variants_most;                 // of any unit
    int64_t *saved;
    struct pricing_sums *sums;            // or NULL
    const struct insured_worlds *insured; // NULL where no world has insurance
    int64_t *ceded;
};

// One thread's part of a pass.
struct worker {
    const struct pass *pass;
    struct event_workspace *events;
    struct effects_workspace *effects;
    struct event_slots *slots;
    struct treated *treated, *base; // in a variant; in the base, where existing treatments act
    struct insured_events *insured; // NULL where the unit in work, or all, is seen by no layer
    struct insured_events *insured_store;
    bool *hit; // [variant + 1][EVENT_BATCH]: does the occurrence hit anything; the base's last
    __int128 *unit_saved; // of the unit and block in work, by place in the unit's list
    __int128 unit_base;
    __int128 *part_saved; // likewise: [variant * parts_most + part]
    bool overflow;
    // in work
    const struct unit *unit;
    const struct unit_variants *variants;
    size_t part;
    const struct added_events *added;
    uint32_t block;
    size_t noted; // place of the first occurrence of the run in work
};

struct pricing *pricing_new(const struct portfolio *portfolio, const struct scenario_plans *plans,
                            size_t scope_count, const struct pricing_scope *scopes,
                            struct diagnostics *d)
{
    struct pricing *p = calloc(1, sizeof *p);
    bool good = p != NULL;

    if (good) {
        *p = (struct pricing){
            .portfolio = portfolio, .plans = plans, .scope_count = scope_count, .scopes = scopes};
        good = units_make(portfolio, plans, &p->arena, &p->units);
        p->added = arena_alloc(&p->arena, p->units.count + 1, sizeof *p->added);
        good = good && p->added;
    }
    if (!good)
        diagnostics_fail(d, NULL, "out of memory while preparing the treatments");
    if (good && scope_count > SCOPES_MAX) {
        const struct place at = {.file = "appetite.csv"};

        diagnostics_add(d, &at, "at most %d groups may have an appetite", SCOPES_MAX - 1);
        good = false;
    }
    for (size_t u = 0; good && u < p->units.count; u++)
        good = added_make(&p->units.units[u], &p->arena, &p->added[u], d);
    if (!good) {
        pricing_free(p);
        return NULL;
    }
    return p;
}

void pricing_free(struct pricing *pricing)
{
    if (pricing)
        arena_free(&pricing->arena);
    free(pricing);
}

const struct units *pricing_units(const struct pricing *pricing)
{
    return &pricing->units;
}

bool pricing_sums_make(const struct pricing *pricing, struct arena *arena,
                       struct pricing_sums *sums)
{
    const size_t units = pricing->units.count;
    size_t *start = arena_alloc(arena, units + 2, sizeof *start);

    if (!start)
        return false;
    for (size_t u = 0; u < units; u++)
        start[u + 1] = start[u] + pricing->units.units[u].treatment_count;
    sums->start = start;
    sums->base = arena_alloc(arena, units + 1, sizeof *sums->base);
    sums->saved = arena_alloc(arena, start[units] + 1, sizeof *sums->saved);
    return sums->base && sums->saved;
}

bool pricing_sums_make_parts(const struct pricing *pricing, size_t worlds, struct arena *arena,
                             struct pricing_sums *sums)
{
    const size_t units = pricing->units.count;
    size_t *start = arena_alloc(arena, units + 2, sizeof *start);

    if (!start)
        return false;
    for (size_t u = 0; u < units; u++)
        start[u + 1] = start[u] + pricing->units.units[u].part_count;
    *sums = (struct pricing_sums){.part_start = start};
    sums->part_saved =
        arena_alloc(arena, worlds + 1, (start[units] + 1) * sizeof *sums->part_saved);
    return sums->part_saved != NULL;
}

static void worker_free(struct worker *w)
{
    event_workspace_free(w->events);
    effects_workspace_free(w->effects);
    free(w->slots);
    free(w->treated);
    free(w->base);
    free(w->hit);
    free(w->unit_saved);
    free(w->part_saved);
    insured_events_free(w->insured_store);
}

static bool worker_make(struct worker *w, const struct pass *pass)
{
    *w = (struct worker){.pass = pass};
    w->events = event_workspace_new(NULL);
    w->effects = effects_workspace_new(pass->pricing->units.rows_most);
    w->slots = calloc(1, sizeof *w->slots);
    w->treated = calloc(1, sizeof *w->treated);
    w->base = calloc(1, sizeof *w->base);
    w->hit = calloc(pass->variants_most + 1, EVENT_BATCH * sizeof *w->hit);
    w->unit_saved = calloc(pass->pricing->portfolio->treatments.count + 1, sizeof *w->unit_saved);
    w->part_saved = calloc(pass->variants_most + 1,
                           (pass->pricing->units.parts_most + 1) * sizeof *w->part_saved);
    if (w->events)
        w->events->batch.slots = w->slots;
    if (pass->insured) {
        w->insured_store = insured_events_new(pass->insured);
        if (!w->insured_store)
            return false;
    }
    return w->unit_saved && w->part_saved && w->events && w->effects && w->slots && w->treated &&
           w->base && w->hit;
}

// Adds what n events save to the years of one world and scope.
static void saved_add(struct worker *w, int64_t *saved, const struct event_batch *batch,
                      const int64_t *delta, bool raised)
{
    bool overflow = false;

    // what is only reduced saves no more than the base's total, which has been checked
    if (!raised) {
        for (size_t i = 0; i < batch->count; i++)
            saved[batch->year[i]] += delta[i];
        return;
    }
    for (size_t i = 0; i < batch->count; i++)
        overflow |= __builtin_add_overflow(saved[batch->year[i]], delta[i], &saved[batch->year[i]]);
    w->overflow |= overflow;
}

// The treatment, by its place in the unit's list, in which a variant differs from the base, if it
// is but one.
static uint32_t only_change(const struct unit *unit, const struct variant *variant)
{
    uint32_t word = 0;
    uint64_t change;

    for (;; word++) {
        change = variant->members[word] ^ (unit->existing ? unit->existing->members[word] : 0);
        if (change != 0)
            return 64 * word + (uint32_t)__builtin_ctzll(change);
    }
}

// An occurrence that hits nothing costs nothing.
static void unhit_drop(const struct event_batch *batch, const bool *hit, struct treated *treated)
{
    for (size_t i = 0; i < batch->count; i++)
        if (!hit[batch->occurrence[i]])
            treated->loss[i] = 0;
}

// The batch in the base, after effects_start: NULL where that is the batch itself. `hit`: which
// occurrences hit anything there, where the batch is what these cost; else NULL.
static const struct treated *base_find(struct worker *w, const struct event_batch *batch,
                                       const bool *hit)
{
    const struct treated *base = w->unit->existing ? w->base : NULL;

    if (base)
        effects_apply(w->effects, w->unit->existing, w->part, w->base);
    if (base && hit)
        unhit_drop(batch, hit, w->base);
    for (size_t i = 0; i < batch->count; i++)
        w->unit_base += base ? base->loss[i] : batch->loss[i];
    return base;
}

static __int128 *part_sum(struct worker *w, const struct variant *variant)
{
    return &w->part_saved[(size_t)(variant - w->variants->variants) *
                              w->pass->pricing->units.parts_most +
                          w->part];
}

// What variant v makes of the batch, to its worlds.
static void variant_add(struct worker *w, const struct event_batch *batch,
                        const struct treated *base, const struct variant *variant,
                        const struct treated *treated)
{
    const struct pricing *p = w->pass->pricing;
    const uint64_t years = p->portfolio->settings.years;
    const size_t first = (size_t)w->block * BLOCK_YEARS;
    int64_t delta[EVENT_BATCH], scoped[EVENT_BATCH];
    bool raised = false;

    for (size_t i = 0; i < batch->count; i++)
        delta[i] = (w->added ? 0 : base ? base->loss[i] : batch->loss[i]) - treated->loss[i];
    for (size_t i = 0; i < batch->count; i++)
        raised |= delta[i] < 0;
    if (w->pass->sums) {
        int64_t sum = 0; // losses are below 2^53: EVENT_BATCH of them below 2^62

        for (size_t i = 0; i < batch->count; i++)
            sum += delta[i];
        *(w->pass->sums->start ? &w->unit_saved[only_change(w->unit, variant)]
                               : part_sum(w, variant)) += sum;
    }
    for (size_t s = 0; s < p->scope_count; s++) {
        const int64_t *from = s == 0 ? delta : scoped;

        for (size_t i = 0; s > 0 && i < batch->count; i++)
            scoped[i] = scope_has(&p->scopes[s], p->portfolio, batch,
                                  w->unit->event ? w->unit->event->event : NULL, i)
                            ? delta[i]
                            : 0;
        for (size_t k = 0; k < variant->world_count; k++)
            saved_add(w, w->pass->saved + (variant->worlds[k] * p->scope_count + s) * years + first,
                      batch, from, raised);
    }
}

// The same where events are blocked, and the base is the batch itself: only those that are gone are
// looked at.
static void blocked_add(struct worker *w, const struct event_batch *batch,
                        const struct variant *variant, const double *uniform, double amount)
{
    const uint64_t years = w->pass->pricing->portfolio->settings.years;
    const size_t first = (size_t)w->block * BLOCK_YEARS;
    uint32_t gone[EVENT_BATCH];
    size_t n = 0;

    for (size_t i = 0; i < batch->count; i++) {
        gone[n] = (uint32_t)i;
        n += uniform[i] > amount;
    }
    if (w->pass->sums) {
        int64_t sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += batch->loss[gone[i]];
        w->unit_saved[only_change(w->unit, variant)] += sum;
    }
    for (size_t k = 0; k < variant->world_count; k++) {
        int64_t *saved = w->pass->saved + variant->worlds[k] * years + first;

        for (size_t i = 0; i < n; i++) // no more than the base's total, which has been checked
            saved[batch->year[gone[i]]] += batch->loss[gone[i]];
    }
}

static bool has_rows(const struct variant *variant, size_t part)
{
    return variant->active_start[part + 1] > variant->active_start[part];
}

// Whether the world has all treatments that add these events.
static bool variant_adds(const struct worker *w, const struct variant *variant)
{
    const struct unit_part *part = &w->unit->parts[w->part];
    const struct added_events *a = w->added;

    for (size_t r = 0; r < part->row_count; r++) {
        const uint32_t local = part->rows[r].local;

        if (((a->multiplied && (a->multiplied[r / 64] >> r % 64 & 1)) || r == a->added) &&
            !(variant->members[local / 64] >> local % 64 & 1))
            return false;
    }
    return true;
}

static void batch_take(void *context, const struct event_batch *batch)
{
    struct worker *w = context;
    const struct unit_part *part = &w->unit->parts[w->part];
    const struct treated *base = NULL;
    const bool quick =
        !w->added && !w->insured && !w->unit->existing && w->pass->pricing->scope_count == 1;
    const double *uniform;
    double amount;
    size_t place[EVENT_BATCH];

    if (w->insured) {
        place[0] =
            insured_note(w->insured, batch->key, w->block, batch->count, batch->index, batch->year);
        for (size_t i = 1; i < batch->count; i++)
            place[i] = place[0] + i;
    }
    effects_start(w->effects, w->pass->pricing->portfolio, w->unit, part, batch,
                  &w->events->stream.years, w->added);
    if (!w->added) {
        base = base_find(w, batch, NULL);
        if (w->insured)
            insured_add(w->insured, NO_ROW, w->unit, batch, base, place);
    }
    for (size_t v = 0; v < w->variants->count; v++) {
        const struct variant *variant = &w->variants->variants[v];

        if (w->added && !variant_adds(w, variant))
            continue;
        if (quick && effects_block(w->effects, variant, w->part, &uniform, &amount)) {
            blocked_add(w, batch, variant, uniform, amount);
            continue;
        }
        effects_apply(w->effects, variant, w->part, w->treated);
        variant_add(w, batch, base, variant, w->treated);
        if (w->insured && insured_wants(w->pass->insured, variant))
            insured_add(w->insured, (uint32_t)v, w->unit, batch, w->treated, place);
    }
}

// A variant's events of a shared event's scenario, or what its occurrences cost themselves; NULL
// where they are the base's.
static const struct treated *variant_find(struct worker *w, const struct variant *variant)
{
    if (!has_rows(variant, w->part) && !(w->unit->existing && has_rows(w->unit->existing, w->part)))
        return NULL;
    effects_apply(w->effects, variant, w->part, w->treated);
    return w->treated;
}

static void hits_mark(const struct event_batch *batch, const struct treated *treated, bool *hit)
{
    for (size_t i = 0; i < batch->count; i++)
        hit[batch->occurrence[i]] = hit[batch->occurrence[i]] || !treated || treated->kept[i];
}

// The hits of a run of occurrences on one scenario: which occurrences still hit something is kept
// for what they cost themselves.
static void hits_take(void *context, const struct event_batch *batch)
{
    struct worker *w = context;
    const struct treated *base;
    size_t place[EVENT_BATCH];

    effects_start(w->effects, w->pass->pricing->portfolio, w->unit, &w->unit->parts[w->part], batch,
                  &w->events->stream.years, NULL);
    base = base_find(w, batch, NULL);
    hits_mark(batch, base, w->hit + w->variants->count * EVENT_BATCH);
    for (size_t i = 0; i < batch->count; i++)
        place[i] = w->noted + batch->occurrence[i];
    if (w->insured)
        insured_add(w->insured, NO_ROW, w->unit, batch, base, place);
    for (size_t v = 0; v < w->variants->count; v++) {
        const struct variant *variant = &w->variants->variants[v];
        const struct treated *treated = variant_find(w, variant);

        if (treated)
            variant_add(w, batch, base, variant, treated);
        if (w->insured && insured_wants(w->pass->insured, variant))
            insured_add(w->insured, (uint32_t)v, w->unit, batch, treated ? treated : base, place);
        hits_mark(batch, treated ? treated : base, w->hit + v * EVENT_BATCH);
    }
}

static void own_take(void *context, const struct event_batch *batch)
{
    struct worker *w = context;
    const struct treated *base;
    size_t place[EVENT_BATCH];

    effects_start(w->effects, w->pass->pricing->portfolio, w->unit, &w->unit->parts[w->part], batch,
                  &w->events->stream.years, NULL);
    base = base_find(w, batch, w->hit + w->variants->count * EVENT_BATCH);
    for (size_t i = 0; i < batch->count; i++)
        place[i] = w->noted + batch->occurrence[i];
    if (w->insured)
        insured_add(w->insured, NO_ROW, w->unit, batch, base, place);
    for (size_t v = 0; v < w->variants->count; v++) {
        const struct variant *variant = &w->variants->variants[v];

        effects_apply(w->effects, variant, w->part, w->treated);
        unhit_drop(batch, w->hit + v * EVENT_BATCH, w->treated);
        variant_add(w, batch, base, variant, w->treated);
        if (w->insured && insured_wants(w->pass->insured, variant))
            insured_add(w->insured, (uint32_t)v, w->unit, batch, w->treated, place);
    }
}

static void occurrences_run(struct worker *w, size_t first, size_t n)
{
    const struct event_plan *event = w->unit->event;
    uint32_t hit[EVENT_BATCH];
    uint64_t index[EVENT_BATCH];
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        index[i] = w->events->occurrences.id[first + i];
    if (w->insured)
        w->noted = insured_note(w->insured, event->key, w->block, n, index,
                                w->events->occurrences.year + first);
    memset(w->hit, 0, (w->variants->count + 1) * EVENT_BATCH * sizeof *w->hit);
    for (w->part = 0; w->part + 1 < w->unit->part_count; w->part++)
        shared_hits_run(&w->events->batch, w->unit->parts[w->part].plan, w->block,
                        &w->events->occurrences, first, n, hits_take, w);
    if (!event->costs)
        return;
    for (size_t i = 0; i < n; i++) {
        bool any = false;

        for (size_t v = 0; v <= w->variants->count && !any; v++)
            any = w->hit[v * EVENT_BATCH + i];
        hit[count] = (uint32_t)i;
        count += any;
    }
    if (count > 0)
        shared_own_run(&w->events->batch, event, w->block, &w->events->occurrences, first, count,
                       hit, own_take, w);
}

static bool shared_run(struct worker *w, uint64_t years)
{
    struct event_workspace *events = w->events;

    if (!event_occurrences_find(events, w->unit->event, w->block, years))
        return false;
    for (size_t first = 0; first < events->occurrences.count; first += EVENT_BATCH) {
        const size_t left = events->occurrences.count - first;

        occurrences_run(w, first, left < EVENT_BATCH ? left : EVENT_BATCH);
    }
    return true;
}

static bool stream_run_all(struct worker *w, const struct added *added, uint64_t years)
{
    const struct scenario_plan *plan = w->unit->parts[0].plan;
    bool good;

    w->part = 0;
    w->added = NULL;
    good = event_stream_run(w->events, plan, ANNUAL_LOSS_EVENTS, w->block, years, batch_take, w);
    for (size_t a = 0; good && a < added->count; a++) {
        w->added = &added->streams[a].events;
        good = event_stream_added(w->events, plan, &added->streams[a].rate, added->streams[a].salt,
                                  w->block, years, batch_take, w);
    }
    w->added = NULL;
    return good;
}

static void part_sums_move(const struct worker *w, size_t u)
{
    const struct pricing_sums *sums = w->pass->sums;
    const size_t most = w->pass->pricing->units.parts_most;
    const size_t row = sums->part_start[w->pass->pricing->units.count];

    for (size_t v = 0; v < w->variants->count; v++) {
        const struct variant *variant = &w->variants->variants[v];

        for (size_t k = 0; k < variant->world_count; k++)
            for (size_t p = 0; p < w->unit->part_count; p++)
                sums->part_saved[variant->worlds[k] * row + sums->part_start[u] + p] +=
                    w->part_saved[v * most + p];
    }
}

// One thread at a time.
static void sums_move(struct worker *w, size_t u)
{
    struct pricing_sums *sums = w->pass->sums;

#pragma omp critical(pricing_sums)
    if (sums->start) {
        sums->base[u] += w->unit_base;
        for (size_t local = 0; local < w->unit->treatment_count; local++)
            sums->saved[sums->start[u] + local] += w->unit_saved[local];
    } else {
        part_sums_move(w, u);
    }
    memset(w->part_saved, 0,
           w->variants->count * w->pass->pricing->units.parts_most * sizeof *w->part_saved);
    w->unit_base = 0;
    memset(w->unit_saved, 0, w->unit->treatment_count * sizeof *w->unit_saved);
}

static bool block_run(struct worker *w, uint32_t block, struct progress *progress)
{
    const struct pricing *p = w->pass->pricing;
    const uint64_t years = p->portfolio->settings.years;
    bool good = true;

    w->block = block;
    for (size_t u = 0; good && u < p->units.count; u++) {
        w->unit = &p->units.units[u];
        w->variants = &w->pass->variants[u];
        w->insured =
            w->pass->insured && insured_sees(w->pass->insured, w->unit) ? w->insured_store : NULL;
        if (w->variants->count == 0 && !w->insured)
            continue;
        if (w->insured)
            insured_unit_start(w->insured, u);
        good = w->unit->event ? shared_run(w, years) : stream_run_all(w, &p->added[u], years);
        if (w->pass->sums)
            sums_move(w, u);
        if (w->insured)
            good = insured_unit_end(w->insured) && good;
        good = good && !effects_failed(w->effects) && !w->overflow;
        if (!progress_add(progress, w->unit->work))
            return good;
    }
    if (good && w->insured_store)
        good = insured_block_finish(w->insured_store, block, w->pass->ceded);
    return good;
}

static bool blocks_run(const struct pass *pass, struct worker *workers, int threads, uint32_t first,
                       uint32_t end, struct progress *progress)
{
    bool good = true;

#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(&& : good)
    for (uint32_t block = first; block < end; block++)
        if (!progress->stopped && scenario_plans_have(pass->pricing->plans, block))
            good = block_run(&workers[omp_get_thread_num()], block, progress) && good;
    return good;
}

static bool is_drawn(const struct pass *pass, size_t u)
{
    return pass->variants[u].count > 0 ||
           (pass->insured && insured_sees(pass->insured, &pass->pricing->units.units[u]));
}

// Of one block.
static double pass_work(const struct pass *pass)
{
    const struct pricing *p = pass->pricing;
    double work = 0;

    for (size_t u = 0; u < p->units.count; u++)
        work += is_drawn(pass, u) ? p->units.units[u].work : 0;
    return work;
}

// Blocks that take some tenths of a second, so that a stop need not wait, and the threads seldom
// do: a variant of an event takes about as long as a candidate.
static uint32_t range_blocks(const struct pass *pass, int threads)
{
    const double range_work = threads * (double)(1 << 25);
    const struct pricing *p = pass->pricing;
    double work = 1;

    for (size_t u = 0; u < p->units.count; u++)
        work +=
            is_drawn(pass, u) ? p->units.units[u].work * (1 + (double)pass->variants[u].count) : 0;
    return (uint32_t)fmax(threads, fmin(range_work / work, UINT32_MAX / 2));
}

static bool ranges_run(const struct pass *pass, struct worker *workers, int threads,
                       const struct pricing_ranges *ranges, struct progress *progress)
{
    const uint32_t blocks = block_count(pass->pricing->portfolio->settings.years);
    const uint32_t most = !ranges ? blocks : ranges->shortest ? 1 : range_blocks(pass, threads);
    bool good = true;

    for (uint32_t first = ranges ? ranges->first : 0, end; good && first < blocks; first = end) {
        end = blocks - first < most ? blocks : first + most;
        good = blocks_run(pass, workers, threads, first, end, progress);
        if (good && ranges && !progress->stopped && !ranges->over(ranges->context, end))
            progress->stopped = true;
        if (progress->stopped)
            break;
    }
    return good;
}

bool pricing_run(const struct pricing *pricing, const struct world *worlds, size_t count,
                 int threads, struct progress *progress, int64_t *saved, int64_t *ceded,
                 struct pricing_sums *sums, const struct pricing_ranges *ranges,
                 struct diagnostics *d)
{
    const uint64_t years = pricing->portfolio->settings.years;
    const bool fresh = !ranges || ranges->first == 0;
    struct arena arena = {0};
    struct unit_variants *variants =
        arena_alloc(&arena, pricing->units.count + 1, sizeof *variants);
    struct pass pass = {
        .pricing = pricing, .variants = variants, .saved = saved, .sums = sums, .ceded = ceded};
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    bool good = variants && workers &&
                variants_make(&pricing->units, worlds, count, ceded != NULL, &arena, variants);
    struct insured_worlds *insured = NULL;
    bool overflow = false;

    for (size_t u = 0; good && u < pricing->units.count; u++)
        pass.variants_most =
            variants[u].count > pass.variants_most ? variants[u].count : pass.variants_most;
    if (good && ceded) {
        insured = insured_worlds_new(pricing->portfolio, &pricing->units, variants, worlds, count,
                                     pricing->scopes, pricing->scope_count);
        pass.insured = insured && insured_any(insured) ? insured : NULL;
        good = insured != NULL;
        if (fresh)
            memset(ceded, 0, (count + 1) * pricing->scope_count * years * sizeof *ceded);
    }
    for (int t = 0; good && t < threads; t++)
        good = worker_make(&workers[t], &pass);
    if (good) {
        if (count > 0 && fresh)
            memset(saved, 0, count * pricing->scope_count * years * sizeof *saved);
        progress->work = pass_work(&pass) * schedule_blocks(pricing->plans, years);
        progress->done = fresh ? 0 : (uint64_t)(pass_work(&pass) * ranges->first);
        good = ranges_run(&pass, workers, threads, ranges, progress);
    }
    for (int t = 0; workers && t < threads; t++) {
        overflow = overflow || workers[t].overflow;
        worker_free(&workers[t]);
    }
    free(workers);
    insured_worlds_free(insured);
    arena_free(&arena);
    if (overflow)
        diagnostics_add(d, NULL,
                        "a year's losses, with a treatment that raises them, outgrow 63 bits");
    else if (!good)
        diagnostics_fail(d, NULL, "out of memory while pricing the treatments");
    return good && !progress->stopped;
}

double pricing_memory(const struct pricing *pricing, size_t worlds, int threads)
{
    const double each = (double)sizeof(struct event_workspace) + sizeof(struct event_slots) +
                        sizeof(struct treated) + effects_memory(pricing->units.rows_most) +
                        (double)worlds * EVENT_BATCH;
    double variants = 0;

    for (size_t u = 0; u < pricing->units.count; u++)
        variants += fmin((double)pricing->units.units[u].treatment_count, (double)worlds);
    return threads * each + variants * (sizeof(struct variant) + 64);
}

double pricing_pairs(const struct pricing *pricing)
{
    double pairs = 0;

    for (size_t u = 0; u < pricing->units.count; u++) {
        const struct unit *unit = &pricing->units.units[u];

        for (size_t p = 0; p < unit->part_count; p++)
            if (unit->parts[p].plan)
                pairs += unit->parts[p].plan->loss_events_per_year * (double)unit->treatment_count;
    }
    return pairs * (double)pricing->portfolio->settings.years;
}
