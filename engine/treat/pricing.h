// Pricing: what worlds save, year by year, on the base run's very events.
//
// The streams of the units that treatments touch are drawn again, block by block; every variant of
// a unit is evaluated once per batch and added to the years of its worlds. What no treatment
// touches is not drawn: a world's annual loss is the base's less what it saves. All sums are of
// integers, so that nothing depends on the number of threads.
#ifndef LOSSMILL_TREAT_PRICING_H
#define LOSSMILL_TREAT_PRICING_H

#include "simulate/schedule.h"
#include "treat/scope.h"
#include "treat/unit.h"

struct pricing; // what all passes share

// `scopes` are those of which every world's savings are wanted; the first is the portfolio. NULL,
// with a diagnostic, if memory is exhausted or an effect cannot be simulated.
struct pricing *pricing_new(const struct portfolio *portfolio, const struct scenario_plans *plans,
                            size_t scope_count, const struct pricing_scope *scopes,
                            struct diagnostics *d);
void pricing_free(struct pricing *pricing);

const struct units *pricing_units(const struct pricing *pricing);

// Sums over all years, in units of money, before insurance: by treatment, or by part.
struct pricing_sums {
    // What units lose, and what their treatments save of it. Of worlds of one treatment each.
    const size_t *start; // [unit + 1]: where its treatments begin in `saved`; NULL: by part
    __int128 *base;      // [unit]
    __int128 *saved;     // [start[unit] + place in the unit's list]
    // What worlds save of the parts of units. Of any worlds.
    const size_t *part_start; // [unit + 1]: where its parts begin; NULL: by treatment
    __int128 *part_saved;     // [world * part_start[units] + part_start[unit] + part]
};

// Sums by treatment. False if memory is exhausted.
bool pricing_sums_make(const struct pricing *pricing, struct arena *arena,
                       struct pricing_sums *sums);

// Sums by part of `worlds` worlds. False likewise.
bool pricing_sums_make_parts(const struct pricing *pricing, size_t worlds, struct arena *arena,
                             struct pricing_sums *sums);

// A pass goes through the blocks of years in ranges of some tenths of a second.
struct pricing_ranges {
    bool shortest;  // of a block each, for tests
    uint32_t first; // blocks before it are done: what they gave stands in the arrays and sums
    bool (*over)(void *context, uint32_t blocks); // so many are done now; false: stop
    void *context;
};

// saved[(world * scope_count + scope) * years + year]: what the world loses less than the base, in
// units of money, before insurance; overwritten. `ceded`, one world more: what insurance
// pays, in the same order, of what each world loses; the last is the base, with `current`
// policies alone. NULL where there is no insurance. `sums`, zero before, may be NULL. `ranges`:
// NULL where nobody asks. False, with a diagnostic, if memory is exhausted or a sum outgrows 63
// bits; without, if `progress` or `ranges` stopped it.
bool pricing_run(const struct pricing *pricing, const struct world *worlds, size_t count,
                 int threads, struct progress *progress, int64_t *saved, int64_t *ceded,
                 struct pricing_sums *sums, const struct pricing_ranges *ranges,
                 struct diagnostics *d);

// Bytes that such a run needs beside `saved`, and its (event, variant) pairs if every world is one
// treatment.
double pricing_memory(const struct pricing *pricing, size_t worlds, int threads);
double pricing_pairs(const struct pricing *pricing);

#endif
