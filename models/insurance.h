// What insurance pays: pure functions on whole units of money, in the order of a year's events.
//
// Units: every amount is an int64_t number of units of `resolution` (cents), at least 0. The loss
// of an event, over all its parts, fits an int64_t; running totals of a year that would not are
// held at INT64_MAX, from where on the layer pays nothing more (a run refuses such years).
//
// Rounding: a layer's share is a whole number of billionths, and share x amount is rounded once, to
// the nearest unit, a half up. It is the decimal share that counts, not its binary neighbour: 0.9
// of 5 cents is a tie, as on paper. As share <= 1, no rounding lifts a recovery above its loss.
//
// An exact mean is never pushed through these functions: they are not linear.
//
// Sources: layers, limits and aggregates as in Klugman, Panjer, Willmot, Loss Models,
// chapter 8 (share: coinsurance there); largest remainders: Hamilton's method of apportionment.
#ifndef LOSSMILL_MODELS_INSURANCE_H
#define LOSSMILL_MODELS_INSURANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "models/treatment.h"

// A row of insurance.csv in units. INT64_MAX: no limit.
struct insurance_terms {
    enum insurance_basis basis;
    int64_t retention, limit, aggregate_retention, aggregate_limit;
    int64_t share_billionths; // in [0, 10^9]
};

// Amounts are rounded to the nearest unit; those of 2^63 units and more, HUGE_VAL among them,
// become INT64_MAX. A decimal amount that is a whole number of units below 2^50 is met exactly.
// `layer` holds amounts in [0, HUGE_VAL] and a share in [0, 1]; `resolution` > 0.
struct insurance_terms insurance_terms_make(const struct insurance_layer *layer, double resolution);

// What the layer cedes of an event of the year. The state of a layer and year is one running total,
// 0 before the year's first event:
//
//   basis event: t is the sum of c(y) over events y, where
//     c(y) = share x min(limit, max(0, y - retention));
//   basis year: the state is the sum of y, and t = c(sum).
//
// The year's recovery is a(t) = min(aggregate_limit, max(0, t - aggregate_retention)), and the
// event gets what it adds to that. So 0 <= ceded <= loss; the year's recovery, unlike an event's,
// does not depend on the order of events.
int64_t insurance_layer_event(const struct insurance_terms *terms, int64_t loss, int64_t *running);

// The recovery of a year that ended with that state: the sum of what its events were ceded.
int64_t insurance_layer_year(const struct insurance_terms *terms, int64_t running);

// Divides `amount` in proportion to the weights, in whole units: part[i] is amount x weight[i] /
// total rounded down, and the units left over go to the largest remainders, the first among equal
// ones. For 0 <= amount <= total, the weights' sum, which fits an int64_t: then part[i] <=
// weight[i], and the parts add up to amount. `remainder` is room for n numbers. Time n log(total).
void insurance_allot(int64_t amount, size_t n, const int64_t *weight, int64_t *restrict part,
                     int64_t *restrict remainder);

// The rows that apply to one event, one after the other: each sees what the earlier ones left. A
// retention therefore is what stays below the row *of what is left*: a layer on top of `400000
// after 100000` that should begin at 500000 has the retention 100000 again.
//
// Rows choose different hits and forms of one event. So an event is a list of parts: what the same
// set of rows selects, such as one loss form of the hits of one scenario. A row sees the sum of its
// parts, and its recovery is taken from them as insurance_allot divides it: what is recovered is
// gone for all later rows, whatever they select. What a part lost to recoveries is divided over its
// hits by insurance_allot again. Cutting a part in several of the same rows changes no recovery of
// rows that select the same parts; where they select others, it may move a later row's loss by the
// units that are rounded. So that no figure depends on it, give one part per set of rows, in
// ascending order of the sets. A waiting time fits in: what outage_hours cost is cut in two, and a
// row that waits selects only what was lost after it.
//
// Within one policy (of one treatment), rows that name forms are sublimits if there are rows of all
// forms, the policy's common rows:
//   - A sublimit pays nothing. It bounds what counts: of the loss y in its parts that some common
//     row selects, the amount that it would cede as a layer (its own retention, limit, share and
//     aggregates) counts towards the policy. The rest is not seen by the common rows, but is left
//     for other policies.
//   - Sublimits come first, in their order; one that selects parts of an earlier one sees what of
//     them still counts.
//   - Common rows see and pay only what counts, in their order. A sublimit's aggregates run over
//     what counts, whether or not a common retention then swallows it.
// A policy whose rows all name forms has no common row: each is an ordinary layer. So is a row
// without a policy ("").
enum { INSURANCE_ROWS_MAX = 64 }; // a set of rows is a 64-bit word

struct insurance_policy {
    uint32_t first, end; // of its rows
    uint64_t sublimits;  // bit per row: it bounds what counts
    uint64_t payers;     // bit per row: it pays
};

struct insurance_tower {
    size_t row_count, policy_count;
    struct insurance_terms rows[INSURANCE_ROWS_MAX];
    struct insurance_policy policies[INSURANCE_ROWS_MAX];
};

// `layers` points to rows in the order in which they apply, those of one (treatment, policy) side
// by side; nothing of them is kept. False, with the tower untouched, if there are more than
// INSURANCE_ROWS_MAX.
bool insurance_tower_make(struct insurance_tower *tower, size_t count,
                          const struct insurance_layer *const *layers, double resolution);

// Applies the tower to one event of n parts. Bit k of rows[i]: row k selects part i. left[i] is the
// part's loss, and becomes what no row paid of it. running[k]: the year's state of row k. ceded[k]
// becomes what row k paid, 0 for a sublimit. Sums are exact: losses before = left + ceded.
// `scratch` is room for INSURANCE_SCRATCH * n numbers.
enum { INSURANCE_SCRATCH = 4 };
void insurance_tower_event(const struct insurance_tower *tower, size_t n, const uint64_t *rows,
                           int64_t *restrict left, int64_t *restrict running,
                           int64_t *restrict ceded, int64_t *restrict scratch);

#endif
