#include "treat/insured.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/event_kernels.h"

// Sets of rows that one event's parts may have: no more than its hits make, and few in truth.
enum { PARTS_MAX = 256 };

// The layers of one or more worlds: global layer k is row row_of[k] of the tower.
struct policies {
    uint64_t layers; // a bit per layer of the portfolio
    struct insurance_tower tower;
    uint32_t row_of[INSURANCE_ROWS_MAX];
};

struct insured_worlds {
    const struct portfolio *portfolio;
    const struct units *units;
    const struct unit_variants *variants;
    size_t scope_count;
    const struct pricing_scope *scopes;
    size_t count;          // worlds, and the base behind them
    uint64_t used;         // layers of any
    uint32_t *policies_of; // [count + 1]; NO_ROW: none
    size_t policies_count;
    struct policies *policies;
    size_t waiting_count; // distinct waiting times, ascending
    double waiting[INSURANCE_ROWS_MAX];
};

// An event in the order of the year.
struct noted {
    uint32_t year, unit;
    uint32_t place; // in its unit
    double time;
};

// What one class of layers sees of one event in one variant.
struct seen {
    uint32_t variant; // + 1; 0: the base
    uint32_t place;
    uint64_t layers, scopes; // a bit each: who sees it, and whose it is
    int64_t loss;
};

struct unit_events {
    size_t noted;      // events
    size_t first_seen; // in `seen`, while the unit is in work
    size_t *start;     // [(variants + 1) * noted + 1]: in the unit's own, ordered:
    struct seen *seen;
    uint64_t layers; // that see any of them
};

struct insured_events {
    const struct insured_worlds *worlds;
    size_t unit; // in work
    size_t noted_count, noted_room, seen_count, seen_room;
    struct noted *noted;
    struct seen *seen;
    struct unit_events *units; // [unit]
    bool failed;
};

static uint64_t layers_of_world(const struct treatments *t, const struct world *world)
{
    uint64_t layers = 0;

    for (size_t l = 0; l < t->layer_count; l++) {
        bool has = t->layers[l].treatment == NO_ROW;

        for (size_t i = 0; world && i < world->count && !has; i++)
            has = world->treatments[i] == t->layers[l].treatment;
        layers |= (uint64_t)has << l;
    }
    return layers;
}

static void policies_fill(const struct portfolio *portfolio, uint64_t layers, struct policies *out)
{
    const struct treatments *t = &portfolio->treatments;
    const struct insurance_layer *rows[INSURANCE_ROWS_MAX];
    size_t n = 0;

    out->layers = layers;
    for (size_t l = 0; l < t->layer_count; l++)
        if (layers >> l & 1) {
            out->row_of[l] = (uint32_t)n;
            rows[n++] = &t->layers[l];
        }
    insurance_tower_make(&out->tower, n, rows, portfolio->settings.resolution);
}

static void waiting_find(struct insured_worlds *w)
{
    const struct treatments *t = &w->portfolio->treatments;

    for (size_t l = 0; l < t->layer_count; l++) {
        const double hours = t->layers[l].waiting_hours;
        size_t at = 0;

        while (at < w->waiting_count && w->waiting[at] < hours)
            at++;
        if (!(w->used >> l & 1) || hours <= 0 || (at < w->waiting_count && w->waiting[at] == hours))
            continue;
        memmove(w->waiting + at + 1, w->waiting + at, (w->waiting_count - at) * sizeof *w->waiting);
        w->waiting[at] = hours;
        w->waiting_count++;
    }
}

struct insured_worlds *insured_worlds_new(const struct portfolio *portfolio,
                                          const struct units *units,
                                          const struct unit_variants *variants,
                                          const struct world *worlds, size_t count,
                                          const struct pricing_scope *scopes, size_t scope_count)
{
    struct insured_worlds *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    *w = (struct insured_worlds){.portfolio = portfolio,
                                 .units = units,
                                 .variants = variants,
                                 .count = count,
                                 .scopes = scopes,
                                 .scope_count = scope_count};
    w->policies_of = malloc((count + 1) * sizeof *w->policies_of);
    w->policies = malloc((count + 1) * sizeof *w->policies);
    if (!w->policies_of || !w->policies) {
        insured_worlds_free(w);
        return NULL;
    }
    for (size_t i = 0; i <= count; i++) {
        const uint64_t layers =
            layers_of_world(&portfolio->treatments, i < count ? &worlds[i] : NULL);
        size_t at = 0;

        w->used |= layers;
        w->policies_of[i] = NO_ROW;
        if (layers == 0)
            continue;
        while (at < w->policies_count && w->policies[at].layers != layers)
            at++;
        if (at == w->policies_count)
            policies_fill(portfolio, layers, &w->policies[w->policies_count++]);
        w->policies_of[i] = (uint32_t)at;
    }
    waiting_find(w);
    return w;
}

void insured_worlds_free(struct insured_worlds *worlds)
{
    if (worlds) {
        free(worlds->policies_of);
        free(worlds->policies);
    }
    free(worlds);
}

bool insured_any(const struct insured_worlds *worlds)
{
    return worlds->used != 0;
}

static bool layer_has_scenario(const struct insurance_layer *layer, size_t scenario)
{
    return !layer->scenarios || (layer->scenarios[scenario / 64] >> scenario % 64 & 1);
}

bool insured_sees(const struct insured_worlds *w, const struct unit *unit)
{
    const struct treatments *t = &w->portfolio->treatments;

    for (size_t l = 0; l < t->layer_count; l++)
        for (size_t p = 0; (w->used >> l & 1) && p < unit->part_count; p++)
            if (unit->parts[p].plan &&
                layer_has_scenario(&t->layers[l], (size_t)(unit->parts[p].plan->scenario -
                                                           w->portfolio->scenarios)))
                return true;
    return false;
}

bool insured_wants(const struct insured_worlds *worlds, const struct variant *variant)
{
    for (size_t i = 0; i < variant->world_count; i++)
        if (worlds->policies_of[variant->worlds[i]] != NO_ROW)
            return true;
    return false;
}

struct insured_events *insured_events_new(const struct insured_worlds *worlds)
{
    struct insured_events *e = calloc(1, sizeof *e);

    if (!e)
        return NULL;
    e->worlds = worlds;
    e->units = calloc(worlds->units->count + 1, sizeof *e->units);
    if (!e->units) {
        insured_events_free(e);
        return NULL;
    }
    return e;
}

void insured_events_free(struct insured_events *e)
{
    if (e) {
        for (size_t u = 0; e->units && u < e->worlds->units->count; u++) {
            free(e->units[u].start);
            free(e->units[u].seen);
        }
        free(e->units);
        free(e->noted);
        free(e->seen);
    }
    free(e);
}

void insured_unit_start(struct insured_events *e, size_t unit)
{
    e->unit = unit;
    e->units[unit].noted = 0;
    e->units[unit].first_seen = e->seen_count;
}

size_t insured_note(struct insured_events *e, uint64_t key, uint32_t block, size_t n,
                    const uint64_t *index, const uint32_t *year)
{
    const size_t first = e->units[e->unit].noted;
    uint64_t words[EVENT_BATCH];
    double time[EVENT_BATCH];

    if (e->noted_count + n > e->noted_room) {
        const size_t room = 2 * e->noted_room + n + EVENT_BATCH;
        struct noted *noted = realloc(e->noted, room * sizeof *noted);

        if (!noted) {
            e->failed = true;
            return first;
        }
        e->noted = noted;
        e->noted_room = room;
    }
    event_kernels()->place(key, block, address_of(PURPOSE_TIME, 0), n, index, words, time);
    for (size_t i = 0; i < n; i++)
        e->noted[e->noted_count++] =
            (struct noted){year[i], (uint32_t)e->unit, (uint32_t)(first + i), time[i]};
    e->units[e->unit].noted += n;
    return first;
}

// Layers that see a form of a hit. What an occurrence costs itself is seen by those that see one of
// the event's scenarios.
static uint64_t layers_seeing(const struct insured_worlds *w, const struct unit *unit,
                              const struct scenario_plan *plan, uint32_t asset, int form)
{
    const struct treatments *t = &w->portfolio->treatments;
    uint64_t layers = 0;

    for (size_t l = 0; l < t->layer_count; l++) {
        const struct insurance_layer *layer = &t->layers[l];
        bool sees = (w->used >> l & 1) && (layer->forms >> form & 1);

        if (sees && plan)
            sees = layer_has_scenario(layer, (size_t)(plan->scenario - w->portfolio->scenarios)) &&
                   (!layer->assets || (layer->assets[asset / 64] >> asset % 64 & 1));
        else if (sees)
            for (size_t p = 0; p + 1 < unit->part_count; p++) {
                sees = layer_has_scenario(
                    layer, (size_t)(unit->parts[p].plan->scenario - w->portfolio->scenarios));
                if (sees)
                    break;
            }
        layers |= (uint64_t)sees << l;
    }
    return layers;
}

static uint64_t layers_waited(const struct insured_worlds *w, uint64_t layers, double hours)
{
    const struct treatments *t = &w->portfolio->treatments;

    for (size_t l = 0; l < t->layer_count; l++)
        if (t->layers[l].waiting_hours > hours)
            layers &= ~(UINT64_C(1) << l);
    return layers;
}

// The classes of layers that see an event, and its loss in each.
struct classes {
    size_t count;
    uint64_t layers[64];
    int64_t loss[64];
};

static void class_add(struct classes *c, uint64_t layers, int64_t loss)
{
    size_t at = 0;

    if (layers == 0 || loss <= 0)
        return;
    while (at < c->count && c->layers[at] != layers)
        at++;
    if (at == c->count) {
        c->layers[at] = layers;
        c->loss[at] = 0;
        c->count++;
    }
    c->loss[at] += loss;
}

// What is lost by the hour, cut where a layer's waiting time ends: each piece is rounded with those
// before it, so that they add up.
static void hourly_add(const struct insured_worlds *w, struct classes *c, uint64_t layers,
                       double loss, double hours)
{
    double before = 0, after;

    for (size_t k = 0; k <= w->waiting_count && before < hours; k++) {
        after = k < w->waiting_count ? fmin(w->waiting[k], hours) : hours;
        class_add(
            c, layers_waited(w, layers, before),
            (int64_t)(floor(loss * (after / hours) + 0.5) - floor(loss * (before / hours) + 0.5)));
        before = after;
    }
}

static bool seen_reserve(struct insured_events *e, size_t n)
{
    if (e->seen_count + n > e->seen_room) {
        const size_t room = 2 * e->seen_room + n + EVENT_BATCH;
        struct seen *seen = realloc(e->seen, room * sizeof *seen);

        if (!seen) {
            e->failed = true;
            return false;
        }
        e->seen = seen;
        e->seen_room = room;
    }
    return true;
}

void insured_add(struct insured_events *e, uint32_t variant, const struct unit *unit,
                 const struct event_batch *batch, const struct treated *treated,
                 const size_t *place)
{
    const struct insured_worlds *w = e->worlds;
    const struct event_slots *slots = batch->slots;
    const struct severity *severity = batch->severity->severity;
    uint64_t layers[LOSS_FORMS] = {0};
    uint32_t asset = NO_ROW;
    bool known = false;

    for (size_t i = 0; i < batch->count; i++) {
        const uint32_t own = batch->plan ? batch->asset[i] : 0;
        uint64_t scopes = 0;
        struct classes c = {0};

        if (treated && treated->loss[i] == 0)
            continue;
        for (int form = 0; (!known || own != asset) && form < LOSS_FORMS; form++)
            layers[form] = layers_seeing(w, unit, batch->plan, own, form);
        asset = own;
        known = true;
        for (unsigned rest = slots->given; rest; rest &= rest - 1) {
            const int slot = __builtin_ctz(rest), form = slot % LOSS_FORMS;
            const double loss =
                treated && treated->resized ? treated->slot[slot][i] : slots->loss[slot][i];

            if (form == FORM_PRODUCTIVITY && severity->outage_hours && w->waiting_count > 0 &&
                loss > 0)
                hourly_add(w, &c, layers[form], loss, slots->outage_hours[i]);
            else
                class_add(&c, layers[form], (int64_t)loss);
        }
        if (c.count == 0 || !seen_reserve(e, c.count))
            continue;
        for (size_t s = 0; s < w->scope_count; s++)
            scopes |= (uint64_t)scope_has(&w->scopes[s], w->portfolio, batch,
                                          unit->event ? unit->event->event : NULL, i)
                      << s;
        for (size_t k = 0; k < c.count; k++)
            e->seen[e->seen_count++] = (struct seen){.variant = variant == NO_ROW ? 0 : variant + 1,
                                                     .place = (uint32_t)place[i],
                                                     .layers = c.layers[k],
                                                     .scopes = scopes,
                                                     .loss = c.loss[k]};
    }
}

// Puts what the unit's classes see in the order of (variant, place) by counting.
bool insured_unit_end(struct insured_events *e)
{
    struct unit_events *u = &e->units[e->unit];
    const struct seen *from = e->seen + u->first_seen;
    const size_t rows = e->worlds->variants[e->unit].count + 1;
    const size_t n = e->seen_count - u->first_seen;
    struct seen *to;

    if (e->failed)
        return false;
    free(u->start);
    free(u->seen);
    u->start = calloc(rows * u->noted + 2, sizeof *u->start);
    u->seen = to = malloc((n + 1) * sizeof *to);
    if (!u->start || !to)
        return false;
    // counted two places up, then summed to where each begins, one place up; filling moves that on
    u->layers = 0;
    for (size_t i = 0; i < n; i++) {
        u->start[from[i].variant * u->noted + from[i].place + 2]++;
        u->layers |= from[i].layers;
    }
    for (size_t i = 2; i < rows * u->noted + 2; i++)
        u->start[i] += u->start[i - 1];
    for (size_t i = 0; i < n; i++)
        to[u->start[from[i].variant * u->noted + from[i].place + 1]++] = from[i];
    e->seen_count = u->first_seen;
    return true;
}

static int compare_noted(const void *a, const void *b)
{
    const struct noted *x = a, *y = b;

    if (x->year != y->year)
        return x->year < y->year ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

// An event's classes for the layers that a world has, in the order of the sets.
struct parts {
    size_t count;
    uint64_t rows[PARTS_MAX];
    int64_t loss[PARTS_MAX], left[PARTS_MAX];
    int64_t scoped[SCOPES_MAX][PARTS_MAX]; // of the loss, what each scope has
};

static size_t part_place(struct parts *parts, uint64_t rows)
{
    size_t at = 0;

    while (at < parts->count && parts->rows[at] < rows)
        at++;
    if (at < parts->count && parts->rows[at] == rows)
        return at;
    for (size_t i = parts->count; i > at; i--) {
        parts->rows[i] = parts->rows[i - 1];
        parts->loss[i] = parts->loss[i - 1];
        for (size_t s = 0; s < SCOPES_MAX; s++)
            parts->scoped[s][i] = parts->scoped[s][i - 1];
    }
    parts->rows[at] = rows;
    parts->loss[at] = 0;
    for (size_t s = 0; s < SCOPES_MAX; s++)
        parts->scoped[s][at] = 0;
    parts->count++;
    return at;
}

static void parts_find(const struct policies *p, const struct seen *seen, size_t count,
                       struct parts *parts)
{
    parts->count = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t own = 0;
        size_t at;

        for (uint64_t rest = seen[i].layers & p->layers; rest; rest &= rest - 1)
            own |= UINT64_C(1) << p->row_of[__builtin_ctzll(rest)];
        if (own == 0)
            continue;
        at = part_place(parts, own);
        parts->loss[at] += seen[i].loss;
        for (uint64_t rest = seen[i].scopes; rest; rest &= rest - 1)
            parts->scoped[__builtin_ctzll(rest)][at] += seen[i].loss;
    }
    memcpy(parts->left, parts->loss, parts->count * sizeof *parts->left);
}

// What a scope has of what was paid.
static int64_t scope_paid(const struct parts *parts, size_t scope)
{
    int64_t sum = 0;

    for (size_t i = 0; i < parts->count; i++) {
        const int64_t has = parts->scoped[scope][i];
        const int64_t weight[2] = {has, parts->loss[i] - has};
        int64_t part[2], remainder[2];

        insurance_allot(parts->loss[i] - parts->left[i], 2, weight, part, remainder);
        sum += part[0];
    }
    return sum;
}

static void world_cede(const struct insured_events *e, size_t world, uint32_t block, int64_t *ceded)
{
    const struct insured_worlds *w = e->worlds;
    const struct policies *p = &w->policies[w->policies_of[world]];
    const uint64_t years = w->portfolio->settings.years;
    struct parts parts;
    int64_t scratch[PARTS_MAX * INSURANCE_SCRATCH], paid[INSURANCE_ROWS_MAX];
    int64_t running[INSURANCE_ROWS_MAX] = {0};
    uint32_t year = NO_ROW;

    ceded += world * w->scope_count * years + (size_t)block * BLOCK_YEARS;
    for (size_t i = 0; i < e->noted_count; i++) {
        const struct noted *noted = &e->noted[i];
        const struct unit_events *u = &e->units[noted->unit];
        const size_t *start;
        uint32_t variant;

        if (!(u->layers & p->layers))
            continue;
        variant = world < w->count ? w->variants[noted->unit].of_world[world] : NO_ROW;
        start = u->start + (variant == NO_ROW ? 0 : variant + 1) * u->noted + noted->place;
        if (noted->year != year)
            memset(running, 0, sizeof running);
        year = noted->year;
        parts_find(p, u->seen + start[0], start[1] - start[0], &parts);
        if (parts.count == 0)
            continue;
        insurance_tower_event(&p->tower, parts.count, parts.rows, parts.left, running, paid,
                              scratch);
        for (size_t s = 0; s < w->scope_count; s++)
            ceded[s * years + year] += scope_paid(&parts, s);
    }
}

bool insured_block_finish(struct insured_events *e, uint32_t block, int64_t *ceded)
{
    const struct insured_worlds *w = e->worlds;

    if (e->noted_count > 1)
        qsort(e->noted, e->noted_count, sizeof *e->noted, compare_noted);
    for (size_t world = 0; world <= w->count; world++)
        if (w->policies_of[world] != NO_ROW)
            world_cede(e, world, block, ceded);
    e->noted_count = e->seen_count = 0;
    return !e->failed;
}
