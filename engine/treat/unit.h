// What treatments touch: streams of events, with the effects on them.
//
// A unit is what makes events by itself: a scenario with a stream of its own, or a shared event
// with all scenarios that it hits. Two worlds that agree on the treatments that touch a unit have
// the same losses from it: such a set is a variant of the unit, evaluated once for all its worlds.
#ifndef LOSSMILL_TREAT_UNIT_H
#define LOSSMILL_TREAT_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diagnostics.h"
#include "simulate/scenario_plan.h"
#include "treat/world.h"

// An effect where it acts.
struct unit_row {
    const struct effect *effect;
    const struct treatment *treatment;
    uint32_t local;        // place of the treatment in the unit's list
    bool occurrence;       // on whole occurrences of the shared event
    bool everywhere;       // on every event, always
    uint64_t key;          // of the row: its amounts
    uint64_t coverage_key; // of the treatment
    struct yearly amount;
};

// One of a unit's parts: a scenario, or what the occurrences of a shared event cost themselves.
struct unit_part {
    const struct scenario_plan *plan; // NULL: the event's own cost
    size_t row_count;
    const struct unit_row *rows; // in the order of effects
};

// A set of the treatments that touch a unit.
struct variant {
    const uint64_t *members; // a bit per place in the unit's list
    size_t world_count;
    const uint32_t *worlds; // that have this variant, ascending
    // rows of part p that act: active[active_start[p]] ... active[active_start[p + 1] - 1]
    const uint32_t *active_start, *active;
};

struct unit {
    const struct event_plan *event; // NULL: a scenario with a stream of its own
    size_t part_count;              // the event's own cost last
    const struct unit_part *parts;
    size_t treatment_count;
    const uint32_t *treatments;     // that touch it, ascending
    const struct variant *existing; // that are at work in the base; NULL: none
    double work;                    // of one block, as schedule_cost
};

struct units {
    size_t count;
    struct unit *units;           // scenarios, then shared events, in the portfolio's order
    size_t rows_most, parts_most; // of any part; of any unit
};

// All units that some treatment touches, and those that an insurance layer may see. False if memory
// is exhausted.
bool units_make(const struct portfolio *portfolio, const struct scenario_plans *plans,
                struct arena *arena, struct units *units);

struct unit_variants {
    size_t count;
    struct variant *variants;
    const uint32_t *of_world; // the world's variant, NO_ROW: the base's; NULL unless asked for
};

// A world changes the base: it has the candidates that it names, and lacks the existing ones that
// it names. The variants of every unit that these worlds need, in the order of the first world that
// has each. False if memory is exhausted.
bool variants_make(const struct units *units, const struct world *worlds, size_t count,
                   bool by_world, struct arena *arena, struct unit_variants *variants);

#endif
