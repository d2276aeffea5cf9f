// What every scenario loses, year by year, and its statistics.
//
// Scenarios go through the first pass in rounds, so few at a time that the annual losses of one
// round fit a bounded store: each thread keeps those of the blocks it has run, and when the round
// is over every scenario's are put together, summed and sorted.
#ifndef LOSSMILL_SIMULATE_SCENARIO_SUMS_H
#define LOSSMILL_SIMULATE_SCENARIO_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/asset_sums.h"
#include "simulate/event_batch.h"
#include "simulate/outcome.h"

struct scenario_sums; // what all threads share
struct scenario_part; // one thread's

// `moved` as in cut_add; NULL where nothing depends. NULL if memory is exhausted.
struct scenario_sums *scenario_sums_new(const struct portfolio *portfolio,
                                        const struct scenario_plans *plans,
                                        struct asset_sums *assets, int64_t *moved, int threads,
                                        struct outcome *outcome);
void scenario_sums_free(struct scenario_sums *sums);

struct scenario_part *scenario_part_new(struct scenario_sums *sums, int thread);
void scenario_part_free(struct scenario_part *part);

// A round: scenarios [first, end). Its store is emptied. `parts` are all threads'. False if memory
// is exhausted.
size_t scenario_round_end(const struct scenario_sums *sums, size_t first);
bool scenario_round_start(struct scenario_sums *sums, struct scenario_part **parts, size_t first,
                          size_t end);

// A batch of the scenario and block in work.
void scenario_part_add(struct scenario_part *part, const struct event_batch *batch);

// Ends that block: its nonzero annual losses and their years, from 0 in the study.
struct annual_losses {
    size_t count;
    const uint32_t *year;
    const int64_t *loss;
};
struct annual_losses scenario_part_finish(struct scenario_part *part, size_t scenario,
                                          uint32_t block);

// When all blocks are done, for each of them, in any order and by any thread: tells the assets in
// detail of the losses of scenarios that have one asset. By blocks, so that no two threads add to
// the same years of an asset and none waits for another's cache.
void scenario_round_pass_on(struct scenario_part *part, struct scenario_part **parts,
                            uint32_t block);

// Likewise, first once, then for each scenario of the round: fills all of
// outcome->scenarios[scenario] but its exact figures and contributions. False if memory is
// exhausted.
bool scenario_round_gather(struct scenario_sums *sums, struct scenario_part **parts);
void scenario_round_finish(struct scenario_part *part, size_t scenario);

// A scenario's annual loss outgrew 63 bits; memory was exhausted while a thread kept losses.
bool scenario_part_overflow(const struct scenario_part *part);
bool scenario_part_failed(const struct scenario_part *part);

// Bytes of a thread, and of the store of all together.
double scenario_part_memory(const struct settings *settings);
double scenario_store_memory(const struct portfolio *portfolio, const struct scenario_plans *plans,
                             int threads);

#endif
