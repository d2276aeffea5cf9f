// What every asset loses: exact sums, and the hits of the assets in detail.
#ifndef LOSSMILL_SIMULATE_ASSET_SUMS_H
#define LOSSMILL_SIMULATE_ASSET_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/asset_exact.h"
#include "simulate/event_stream.h"
#include "simulate/outcome.h"
#include "simulate/scenario_plan.h"
#include "simulate/snapshot.h"
#include "simulate/tail.h"

struct asset_sums; // what all threads share
struct asset_part; // one thread's

// NULL if memory is exhausted. The `detail` largest assets by exact AAL get VaR and TVaR.
struct asset_sums *asset_sums_new(const struct portfolio *portfolio,
                                  const struct asset_exact *exact, int threads);
void asset_sums_free(struct asset_sums *sums);

// Owned by the sums. All threads may add at the same time, each to its own part: integers, so that
// order does not matter.
struct asset_part *asset_sums_part(struct asset_sums *sums, int thread);
void asset_part_add(struct asset_part *part, const struct event_batch *batch);

// The same for all that a scenario of one asset costs: its losses in total and their events'
// squared; and the annual losses of n years, of which only an asset in detail takes notice: to
// these years of this asset no other thread may add at the time.
void asset_part_add_row(struct asset_part *part, uint32_t asset, unsigned __int128 sum,
                        unsigned __int128 square);
void asset_part_add_years(struct asset_part *part, uint32_t asset, size_t n, const uint32_t *year,
                          const int64_t *loss);
bool asset_part_failed(const struct asset_part *part); // memory was exhausted

// Once the tail is known, and with it all other hits: losses by class of their years. False if
// memory is exhausted.
bool asset_sums_tail_start(struct asset_sums *sums, const struct tail *tail);
void asset_sums_add_tail(struct asset_sums *sums, uint32_t asset, unsigned class,
                         unsigned __int128 loss);

// Sum of the squared losses of a batch: below EVENT_BATCH x 2^106.
unsigned __int128 squares_sum(const struct event_batch *batch);

// To a snapshot or from one: what the parts have, and once the tail is known the losses by class.
// No thread may add meanwhile. False if the bytes cannot be passed, or memory is exhausted.
bool asset_sums_pass(struct asset_sums *sums, const struct snapshot_pass *pass);
bool asset_sums_tail_pass(struct asset_sums *sums, const struct snapshot_pass *pass);

// Fills the sampled figures of all assets. Where the exact variance is not known, the assets in
// detail alone get sd and error. False if memory is exhausted.
bool asset_sums_finish(const struct asset_sums *sums, const struct asset_exact *exact,
                       bool infinite, double *portfolio_tvar_units, struct contributor *assets);

// Bytes per asset; of all assets for each thread; and in detail for an asset of that many hits per
// year.
double asset_sums_memory(size_t levels);
double asset_part_memory(size_t assets);
double asset_detail_memory(double event_rate, uint64_t years);

#endif
