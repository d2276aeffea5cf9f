// Simulating a portfolio: N independent years of loss events, and their statistics.
#ifndef LOSSMILL_SIMULATE_SIMULATE_H
#define LOSSMILL_SIMULATE_SIMULATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/diagnostics.h"
#include "models/portfolio.h"
#include "simulate/outcome.h"
#include "simulate/snapshot.h"

// What is known of a run before it starts; `check` prints it.
struct forecast {
    double threat_events_per_year; // before susceptibility
    double loss_events_per_year;
    double candidates_per_year; // stream positions drawn, of which loss events are a part
    double aal_exact;           // NaN where some scenario has none
    double memory_bytes;        // at the peak, beside the study and its plans
    double outcome_bytes;       // of these, what stays until the file is written
    double seconds;             // of the simulation on one thread, to a factor of 1.5 or so
};

// Per scenario, for `check` and the results.
struct scenario_forecast {
    double threat_events_per_year, loss_events_per_year; // of a shared event: attempted hits, hits
    double aal_exact;
    double capped_share; // share of the mean that the 2^53 limit removes
    double driver_ratio; // aal_exact / (rate x mean loss): above 1 where bad years are also dear
    double once_probability; // at_most_once: yearly P(threat event) of a unit, with its driver; NaN
};

// Per shared event.
struct event_forecast {
    double occurrences_per_year, hits_per_year;
    double probability_of_hit; // that an occurrence hits anything; NaN where that is not known
    double aal_exact;          // hits and its own cost; NaN likewise
    double own_aal_exact;      // of what the occurrence itself costs
    double driver_ratio;       // of that, as above
    double once_probability;   // as above
};

// Fills `each`, one entry per scenario, and `events`, from the plans of a run (scenario_plan.h).
// False, with diagnostics, if the run would be refused: out of stated limits, with the setting that
// helps.
struct scenario_plans;
bool simulate_forecast(const struct portfolio *portfolio, const struct scenario_plans *plans,
                       int threads, struct forecast *total, struct scenario_forecast *each,
                       struct event_forecast *events, struct diagnostics *d);

// Called now and then from one thread, with work done in [0, 1]; may be NULL. Returns false to
// stop.
typedef bool simulate_progress(void *context, double done, const char *phase);

enum simulated {
    SIMULATION_DONE,
    SIMULATION_REFUSED, // as simulate_forecast would have
    SIMULATION_FAILED   // memory is exhausted, or it was stopped
};

// Runs everything. `threads` >= 1. Says with diagnostics why it is not done, unless it was stopped.
// The outcome is to be freed in any case; it is the same bytes for any `threads`.
enum simulated simulate_run(const struct portfolio *portfolio, int threads, simulate_progress *tell,
                            void *context, struct outcome *outcome, struct diagnostics *d);

// The same from plans that stay the caller's.
enum simulated simulate_planned(const struct portfolio *portfolio,
                                const struct scenario_plans *plans, int threads,
                                simulate_progress *tell, void *context, struct outcome *outcome,
                                struct diagnostics *d);

// The same with a keeper of snapshots: a run that begins with one gives the same bytes as one that
// does not.
enum simulated simulate_resumable(const struct portfolio *portfolio,
                                  const struct scenario_plans *plans, int threads,
                                  const struct snapshot_keeper *keeper, simulate_progress *tell,
                                  void *context, struct outcome *outcome, struct diagnostics *d);

// The years of the blocks in plans->blocks alone, and of them only what a year has: annual_loss
// (gross), largest_event, event_count and the annual losses of groups and shared events, which are
// those of a run of all years. Every other figure of the outcome means nothing.
enum simulated simulate_blocks(const struct portfolio *portfolio,
                               const struct scenario_plans *plans, int threads,
                               simulate_progress *tell, void *context, struct outcome *outcome,
                               struct diagnostics *d);

// Makes the portfolio's annual loss, and what is told of it, net of insurance: net[years], in
// units. What is attributed to scenarios, assets and groups stays gross. False if memory is
// exhausted.
bool outcome_insure(struct outcome *outcome, const int64_t *net);
void outcome_free(struct outcome *outcome);

#endif
