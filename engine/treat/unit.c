#include "treat/unit.h"

#include <string.h>

#include "simulate/schedule.h"

static bool touches(const struct effect *effect, const struct selection *selection)
{
    if (!effect->assets)
        return selection->count > 0;
    for (size_t i = 0; i < selection->count; i++)
        if (effect->assets[selection->assets[i] / 64] >> selection->assets[i] % 64 & 1)
            return true;
    return false;
}

// Which effects act on a scenario, and on an event: lists of effects, one behind the other.
struct reach {
    size_t *start;     // [n + 1]
    uint32_t *effects; // ascending for each
};

struct builder {
    const struct portfolio *portfolio;
    const struct scenario_plans *plans;
    struct arena *arena;
    struct reach scenarios, events;
    bool *insured; // [scenario]: a layer may see it
};

static bool reach_make(const struct portfolio *portfolio, bool of_events, struct arena *arena,
                       struct reach *reach)
{
    const struct treatments *t = &portfolio->treatments;
    const size_t n = of_events ? portfolio->event_count : portfolio->scenario_count;
    size_t *next = arena_alloc(arena, n + 2, sizeof *next);

    reach->start = next;
    if (!next)
        return false;
    for (size_t e = 0; e < t->effect_count; e++) {
        const size_t count = of_events ? t->effects[e].event_count : t->effects[e].scenario_count;
        const uint32_t *rows = of_events ? t->effects[e].events : t->effects[e].scenarios;

        for (size_t i = 0; i < count; i++)
            next[rows[i] + 2]++;
    }
    for (size_t i = 2; i < n + 2; i++)
        next[i] += next[i - 1];
    reach->effects = arena_alloc(arena, next[n + 1] + 1, sizeof *reach->effects);
    if (!reach->effects)
        return false;
    for (size_t e = 0; e < t->effect_count; e++) {
        const size_t count = of_events ? t->effects[e].event_count : t->effects[e].scenario_count;
        const uint32_t *rows = of_events ? t->effects[e].events : t->effects[e].scenarios;

        for (size_t i = 0; i < count; i++)
            reach->effects[next[rows[i] + 1]++] = (uint32_t)e;
    }
    return true;
}

static void row_fill(const struct builder *b, const struct effect *effect, bool occurrence,
                     struct unit_row *row)
{
    const struct settings *settings = &b->portfolio->settings;

    *row = (struct unit_row){
        .effect = effect,
        .treatment = &b->portfolio->treatments.rows[effect->treatment],
        .occurrence = occurrence,
        .everywhere = !effect->assets && effect->coverage == 1 && effect->reliability == 1,
        .key = address_key(settings->seed, effect->row_hash, 0, PURPOSE_EFFECT),
        .amount = yearly_of(effect->amount, 0, settings->rate_uncertainty),
    };
    row->coverage_key = address_key(settings->seed, row->treatment->id_hash, 0, PURPOSE_TREATMENT);
}

// A scenario's rows, and before them those on whole occurrences of its event.
static bool part_fill(const struct builder *b, const struct scenario_plan *plan,
                      const struct event_plan *event, struct unit_part *part)
{
    const struct treatments *t = &b->portfolio->treatments;
    const size_t s = plan ? (size_t)(plan->scenario - b->portfolio->scenarios) : 0;
    const size_t e = event ? (size_t)(event->event - b->portfolio->events) : 0;
    const size_t of_event = event ? b->events.start[e + 1] - b->events.start[e] : 0;
    const size_t of_scenario = plan ? b->scenarios.start[s + 1] - b->scenarios.start[s] : 0;
    struct unit_row *rows = arena_alloc(b->arena, of_event + of_scenario + 1, sizeof *rows);
    size_t n = 0;

    part->plan = plan;
    part->rows = rows;
    if (!rows)
        return false;
    for (size_t i = 0; i < of_event; i++) {
        const struct effect *effect = &t->effects[b->events.effects[b->events.start[e] + i]];
        const bool occurrence = effect->factor == FACTOR_FREQUENCY;

        if (occurrence || !plan)
            row_fill(b, effect, occurrence, &rows[n++]);
    }
    for (size_t i = 0; i < of_scenario; i++) {
        const struct effect *effect = &t->effects[b->scenarios.effects[b->scenarios.start[s] + i]];

        if (touches(effect, plan->scenario->selection))
            row_fill(b, effect, false, &rows[n++]);
    }
    part->row_count = n;
    return true;
}

static inline bool is_member(const uint64_t *members, uint32_t local)
{
    return members[local / 64] >> local % 64 & 1;
}

static bool active_fill(const struct unit *unit, struct variant *variant, struct arena *arena)
{
    uint32_t *start = arena_alloc(arena, unit->part_count + 1, sizeof *start), *active;
    size_t n = 0;

    for (size_t p = 0; p < unit->part_count; p++)
        for (size_t r = 0; r < unit->parts[p].row_count; r++)
            n += is_member(variant->members, unit->parts[p].rows[r].local);
    active = arena_alloc(arena, n + 1, sizeof *active);
    if (!start || !active)
        return false;
    n = 0;
    for (size_t p = 0; p < unit->part_count; p++) {
        start[p] = (uint32_t)n;
        for (size_t r = 0; r < unit->parts[p].row_count; r++)
            if (is_member(variant->members, unit->parts[p].rows[r].local))
                active[n++] = (uint32_t)r;
    }
    start[unit->part_count] = (uint32_t)n;
    variant->active_start = start;
    variant->active = active;
    return true;
}

// Those that are at work in the base.
static bool existing_fill(const struct builder *b, struct unit *unit)
{
    const struct treatment *rows = b->portfolio->treatments.rows;
    uint64_t *members = arena_alloc(b->arena, unit->treatment_count / 64 + 1, sizeof *members);
    struct variant *existing = arena_alloc(b->arena, 1, sizeof *existing);
    bool any = false;

    if (!members || !existing)
        return false;
    for (size_t i = 0; i < unit->treatment_count; i++)
        if (rows[unit->treatments[i]].state == TREATMENT_EXISTING) {
            members[i / 64] |= UINT64_C(1) << i % 64;
            any = true;
        }
    existing->members = members;
    unit->existing = any ? existing : NULL;
    return !any || active_fill(unit, existing, b->arena);
}

// The treatments of all parts, ascending, and each row's place among them.
static bool treatments_fill(const struct builder *b, struct unit *unit, struct unit_part *parts)
{
    const size_t count = b->portfolio->treatments.count;
    uint32_t *list = arena_alloc(b->arena, count + 1, sizeof *list);
    uint32_t *place = arena_alloc(b->arena, count + 1, sizeof *place);
    size_t n = 0;

    if (!list || !place)
        return false;
    for (size_t p = 0; p < unit->part_count; p++)
        for (size_t r = 0; r < parts[p].row_count; r++)
            place[parts[p].rows[r].effect->treatment] = 1;
    for (size_t t = 0; t < count; t++)
        if (place[t]) {
            place[t] = (uint32_t)n;
            list[n++] = (uint32_t)t;
        }
    for (size_t p = 0; p < unit->part_count; p++) {
        struct unit_row *rows = (struct unit_row *)parts[p].rows;

        for (size_t r = 0; r < parts[p].row_count; r++)
            rows[r].local = place[rows[r].effect->treatment];
    }
    unit->treatment_count = n;
    unit->treatments = list;
    return true;
}

static bool unit_fill(const struct builder *b, const struct scenario_plan *alone,
                      const struct event_plan *event, struct unit *unit)
{
    const size_t count = event ? event->event->scenario_count + 1 : 1;
    struct unit_part *parts = arena_alloc(b->arena, count, sizeof *parts);

    *unit = (struct unit){.event = event, .part_count = count, .parts = parts};
    if (!parts)
        return false;
    for (size_t p = 0; p < count; p++) {
        const struct scenario_plan *plan = !event ? alone
                                           : p + 1 < count
                                               ? &b->plans->plans[event->event->scenarios[p]]
                                               : NULL;

        if (!part_fill(b, plan, event, &parts[p]))
            return false;
        unit->work += plan ? schedule_cost(plan) : 0;
    }
    return treatments_fill(b, unit, parts) && existing_fill(b, unit);
}

static bool insured_find(struct builder *b)
{
    const struct treatments *t = &b->portfolio->treatments;
    const size_t n = b->portfolio->scenario_count;

    b->insured = arena_alloc(b->arena, n + 1, sizeof *b->insured);
    for (size_t l = 0; b->insured && l < t->layer_count; l++)
        for (size_t s = 0; s < n; s++)
            b->insured[s] = b->insured[s] || !t->layers[l].scenarios ||
                            (t->layers[l].scenarios[s / 64] >> s % 64 & 1);
    return b->insured != NULL;
}

static bool scenario_wanted(const struct builder *b, size_t s)
{
    return b->insured[s] || b->scenarios.start[s + 1] > b->scenarios.start[s];
}

static bool event_wanted(const struct builder *b, size_t e)
{
    const struct shared_event *event = &b->portfolio->events[e];
    bool wanted = b->events.start[e + 1] > b->events.start[e];

    for (size_t i = 0; i < event->scenario_count; i++)
        wanted = wanted || scenario_wanted(b, event->scenarios[i]);
    return wanted && event->scenario_count > 0;
}

bool units_make(const struct portfolio *portfolio, const struct scenario_plans *plans,
                struct arena *arena, struct units *units)
{
    struct builder b = {.portfolio = portfolio, .plans = plans, .arena = arena};
    bool good = reach_make(portfolio, false, arena, &b.scenarios) &&
                reach_make(portfolio, true, arena, &b.events) && insured_find(&b);

    *units = (struct units){0};
    units->units = arena_alloc(arena, portfolio->scenario_count + portfolio->event_count + 1,
                               sizeof *units->units);
    good = good && units->units;
    for (size_t s = 0; good && s < portfolio->scenario_count; s++)
        if (!plans->plans[s].event && scenario_wanted(&b, s))
            good = unit_fill(&b, &plans->plans[s], NULL, &units->units[units->count++]);
    for (size_t e = 0; good && e < portfolio->event_count; e++)
        if (event_wanted(&b, e))
            good = unit_fill(&b, NULL, &plans->events[e], &units->units[units->count++]);
    for (size_t u = 0; good && u < units->count; u++) {
        const struct unit *unit = &units->units[u];

        units->parts_most =
            unit->part_count > units->parts_most ? unit->part_count : units->parts_most;
        for (size_t p = 0; p < unit->part_count; p++)
            units->rows_most = unit->parts[p].row_count > units->rows_most
                                   ? unit->parts[p].row_count
                                   : units->rows_most;
    }
    return good;
}

// The unit's treatments that are at work in the world, as bits. False if they are the base's.
static bool members_find(const struct unit *unit, const struct world *world, uint64_t *members)
{
    const size_t words = (unit->treatment_count + 63) / 64;
    size_t at = 0;
    bool differs = false;

    if (unit->existing)
        memcpy(members, unit->existing->members, words * sizeof *members);
    else
        memset(members, 0, words * sizeof *members);
    for (size_t i = 0; i < unit->treatment_count; i++) {
        while (at < world->count && world->treatments[at] < unit->treatments[i])
            at++;
        if (at < world->count && world->treatments[at] == unit->treatments[i]) {
            members[i / 64] ^= UINT64_C(1) << i % 64; // a candidate comes, an existing one goes
            differs = true;
        }
    }
    return differs;
}

static uint64_t members_hash(const uint64_t *members, size_t words)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < words; i++)
        hash = (hash ^ members[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

static bool unit_variants_make(const struct unit *unit, const struct world *worlds, size_t count,
                               bool by_world, struct arena *arena, struct arena *scratch,
                               struct unit_variants *out)
{
    const size_t words = (unit->treatment_count + 63) / 64;
    size_t slots = 2;
    uint32_t *of_world = arena_alloc(by_world ? arena : scratch, count + 1, sizeof *of_world);
    uint64_t *found = arena_alloc(scratch, words + 1, sizeof *found);
    uint32_t *slot, *lists = arena_alloc(arena, count + 1, sizeof *lists);
    size_t start = 0;

    while (slots < 2 * count)
        slots *= 2;
    slot = arena_alloc(scratch, slots, sizeof *slot);
    out->variants = arena_alloc(arena, count + 1, sizeof *out->variants);
    out->of_world = by_world ? of_world : NULL;
    out->count = 0;
    if (!of_world || !found || !lists || !slot || !out->variants)
        return false;
    for (size_t w = 0; w < count; w++) {
        size_t at;

        of_world[w] = NO_ROW;
        if (!members_find(unit, &worlds[w], found))
            continue;
        for (at = members_hash(found, words) % slots; slot[at] > 0; at = (at + 1) % slots)
            if (memcmp(found, out->variants[slot[at] - 1].members, words * sizeof *found) == 0)
                break;
        if (slot[at] == 0) {
            uint64_t *members = arena_alloc(arena, words, sizeof *members);

            if (!members)
                return false;
            memcpy(members, found, words * sizeof *members);
            out->variants[out->count].members = members;
            if (!active_fill(unit, &out->variants[out->count], arena))
                return false;
            slot[at] = (uint32_t)++out->count;
        }
        of_world[w] = slot[at] - 1;
        out->variants[of_world[w]].world_count++;
    }
    for (size_t v = 0; v < out->count; v++) {
        out->variants[v].worlds = lists + start;
        start += out->variants[v].world_count;
        out->variants[v].world_count = 0;
    }
    for (size_t w = 0; w < count; w++)
        if (of_world[w] != NO_ROW) {
            struct variant *variant = &out->variants[of_world[w]];

            lists[(size_t)(variant->worlds - lists) + variant->world_count++] = (uint32_t)w;
        }
    return true;
}

bool variants_make(const struct units *units, const struct world *worlds, size_t count,
                   bool by_world, struct arena *arena, struct unit_variants *variants)
{
    bool good = true;

    for (size_t u = 0; good && u < units->count; u++) {
        struct arena scratch = {0};

        good = unit_variants_make(&units->units[u], worlds, count, by_world, arena, &scratch,
                                  &variants[u]);
        arena_free(&scratch);
    }
    return good;
}
