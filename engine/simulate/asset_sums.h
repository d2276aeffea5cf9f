// What every asset loses: exact sums that all threads add to, and the hits of the assets in detail.
#ifndef LOSSMILL_SIMULATE_ASSET_SUMS_H
#define LOSSMILL_SIMULATE_ASSET_SUMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/asset_exact.h"
#include "simulate/event_stream.h"
#include "simulate/outcome.h"
#include "simulate/scenario_plan.h"
#include "simulate/tail.h"

struct asset_sums;

// A hit on an asset in detail.
struct detail_hit {
    uint32_t slot, year;
    int64_t loss;
};

// One thread's hits.
struct detail_hits {
    struct detail_hit *hits;
    size_t count, room;
    bool memory_failed;
};

// NULL if memory is exhausted. `exact` are the assets' exact figures: the `detail` largest by AAL
// get VaR and TVaR.
struct asset_sums *asset_sums_new(const struct portfolio *portfolio,
                                  const struct asset_exact *exact, int threads);
void asset_sums_free(struct asset_sums *sums);

// Any thread may add at any time: integers, atomically, so that order does not matter.
void asset_sums_add(struct asset_sums *sums, struct detail_hits *hits,
                    const struct event_batch *batch);

// The same for all that a scenario of one asset costs: its losses in total and their events'
// squared; and the annual losses of n years, of which only an asset in detail takes notice: to
// these years of this asset no other thread may add at the time.
void asset_sums_add_row(struct asset_sums *sums, uint32_t asset, unsigned __int128 sum,
                        unsigned __int128 square);
void asset_sums_add_years(struct asset_sums *sums, struct detail_hits *hits, uint32_t asset,
                          size_t n, const uint32_t *year, const int64_t *loss);

// Once the tail is known: losses by class of their years. False if memory is exhausted.
bool asset_sums_tail_start(struct asset_sums *sums, const struct tail *tail);
void asset_sums_add_tail(struct asset_sums *sums, uint32_t asset, unsigned class,
                         unsigned __int128 loss);

// Sum of the squared losses of a batch: below EVENT_BATCH x 2^106.
unsigned __int128 squares_sum(const struct event_batch *batch);

// Fills the sampled figures of all assets. `hits` are all threads'. Where the exact variance is not
// known, the assets in detail alone get sd and error. False if memory is exhausted.
bool asset_sums_finish(const struct asset_sums *sums, const struct detail_hits *hits, int threads,
                       const struct asset_exact *exact, bool infinite, double *portfolio_tvar_units,
                       struct contributor *assets);

// Bytes per asset; and in detail for an asset of that many hits per year.
double asset_sums_memory(size_t levels);
double asset_detail_memory(double event_rate, uint64_t years);

#endif
