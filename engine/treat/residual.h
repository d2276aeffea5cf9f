// The residual risk: what every scenario and shared event loses in the world of all treatments that
// are decided upon (approved, in progress or mandatory), on the base run's very events.
#ifndef LOSSMILL_TREAT_RESIDUAL_H
#define LOSSMILL_TREAT_RESIDUAL_H

#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"
#include "treat/figures.h"

// Money is in currency. What is saved is before insurance, and below 0 where a treatment makes a
// risk worse.
struct residual {
    struct arena arena;
    size_t treatment_count;     // decided upon; 0: the base remains, and nothing below is filled
    const uint32_t *treatments; // ascending
    double *scenario_saved;     // [scenario]: AAL, base less residual
    double *event_saved;        // [shared event]: with all its hits
    double *event_own_saved;    // [shared event]: of what its occurrences cost themselves
    struct world_figures whole; // of the portfolio, net of the insurance of either world
};

// Whether a treatment in this state is in the residual world.
bool residual_has(enum treatment_state state);

// `plans` are those of the run that `outcome` comes from. False, with a diagnostic, if memory is
// exhausted or an effect cannot be simulated; without, if `tell` stopped it. To be freed in any
// case.
bool residual_find(const struct portfolio *portfolio, const struct scenario_plans *plans,
                   const struct outcome *outcome, int threads, simulate_progress *tell,
                   void *context, struct residual *residual, struct diagnostics *d);
void residual_free(struct residual *residual);

#endif
