// The rate of a stream of threat events or occurrences, year by year.
//
// rate(year) = scale x frequency x susceptibility x negbinomial's gamma x the driver's multiplier;
// at_most_once: scale x -log(1 - frequency) x the multiplier. What is uncertain is drawn once per
// (row, year), as a pure function of both, and evaluated only where it is needed:
//
// - CONSTANT: nothing is uncertain. A block's candidates are one Poisson draw; with a driver each
//   falls on a year in proportion to the multipliers.
// - THINNED: candidates come at a bound that the rate exceeds in few years, and stay with
//   probability rate / bound. A factor's rare years, those in which it exceeds its quantile at
//   2^-rare_bits, are found by geometric gaps and drawn singly; in all others its tail lies above
//   2^-rare_bits. Both together are the factor's law, exactly.
// - YEARLY: each year has its own draw; cheaper where a year has many candidates.
//
// Which it is depends on the row and on the order of magnitude of its events, in powers of 16: an
// asset added, or a rate refined, leaves the method and so all draws as they were.
#ifndef LOSSMILL_SIMULATE_RATE_H
#define LOSSMILL_SIMULATE_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diagnostics.h"
#include "models/portfolio.h"
#include "simulate/address.h"
#include "simulate/driver_years.h"

// A figure common to all units of a row in a year: constant, or drawn once per (row, year).
struct yearly {
    const struct distribution *law; // NULL: `constant` in every year
    double constant;
};

struct yearly yearly_of(const struct distribution *law, double otherwise,
                        enum rate_uncertainty uncertainty);
double yearly_mean(const struct yearly *y);
double yearly_variation(const struct yearly *y); // squared coefficient of variation

// The figure in each of n years (at most EVENT_BATCH); `purpose` and `sub_draw` say which figure.
void yearly_fill(const struct yearly *y, uint64_t key, uint32_t block, enum purpose purpose,
                 uint32_t sub_draw, size_t n, const uint64_t *year, double *value);

// The same for anything drawn once per index, from any law.
void law_fill(const struct distribution *law, uint64_t key, uint32_t block, enum purpose purpose,
              uint32_t sub_draw, size_t n, const uint64_t *index, double *value);

enum { RATE_FACTORS_MAX = 8 };

struct rate_factor {
    const struct distribution *law;
    enum purpose purpose;
    uint32_t sub_draw;
    bool once;          // a probability of at most one event, to become a rate
    unsigned rare_bits; // 0: no year is rare
    double bound;       // of the factor in years that are not rare
};

enum rate_method { RATE_CONSTANT, RATE_THINNED, RATE_YEARLY };

struct rate {
    uint64_t key; // of the row
    struct yearly frequency, susceptibility;
    const struct distribution *multiplier; // negbinomial: gamma of mean 1; else NULL
    const struct driver_years *driver;     // or NULL
    bool once;                             // at_most_once
    double constant;                       // product of what does not vary
    double per_frequency;                  // the same without the frequency
    size_t factor_count;
    struct rate_factor *factor; // at most RATE_FACTORS_MAX
    enum rate_method method;
    double bound; // of the rate without the driver, in years that are not rare
};

// What a row says of its rate.
struct rate_terms {
    uint64_t key;
    const struct distribution *frequency, *susceptibility; // the latter NULL: 1, or not of the rate
    enum counts counts;
    const struct distribution *multiplier; // see multiplier_make; NULL unless negbinomial
    const struct driver_years *driver;
    double scale;  // of the rate, per unit of weight
    double weight; // sum of the weights that the streams share
    bool lone;     // one asset, one stream: no candidate finds a free seat
};

// What counts that are negbinomial K multiply a year's rate by: a gamma of shape K and mean 1.
// NULL, with a diagnostic, if memory is exhausted.
const struct distribution *multiplier_make(double k, struct quantile_shelf *shelf,
                                           struct diagnostics *d);

// `rate` with the frequency `frequency`, the same in every year, and all else as it is; not where
// at most one event counts. False if memory is exhausted.
bool rate_with_frequency(const struct rate *rate, double frequency, struct arena *arena,
                         struct rate *out, struct diagnostics *d);

// False if memory is exhausted.
bool rate_make(const struct rate_terms *terms, const struct settings *settings, struct arena *arena,
               struct rate *rate);

// Mean over years of frequency x susceptibility x multiplier, without the driver, in the row's own
// terms (at_most_once: a probability).
double rate_mean(const struct rate *rate);

// Mean of the driver's multiplier; 1 without one.
double rate_driver_mean(const struct rate *rate);

// P(at least one event) of one at_most_once stream in a year of multiplier m; and in any year, with
// its driver.
double rate_once_given(const struct rate *rate, double m);
double rate_once_probability(const struct rate *rate);

// Candidates per year at rate 1 that are drawn, relative to `rate_mean`: what thinning costs.
double rate_excess(const struct rate *rate);

// Rate of an at_most_once stream whose first event has probability p.
double at_most_once_rate(double p);

// The rare years of a block.
struct rate_years {
    size_t rare_count;
    uint32_t rare[BLOCK_YEARS];
    uint64_t rare_of[RATE_FACTORS_MAX][BLOCK_YEARS / 64], any[BLOCK_YEARS / 64];
};

void rate_years_find(const struct rate *rate, uint32_t block, struct rate_years *years);

// One figure of the row, its frequency or its susceptibility (PURPOSE_ so named), in each of n
// years, in the row's own terms (at_most_once: a probability).
void rate_figures(const struct rate *rate, enum purpose figure, const struct rate_years *years,
                  uint32_t block, size_t n, const uint64_t *year, double *value);

// The rate without the driver in each of n years (at most EVENT_BATCH). `years` may be NULL where
// the method is not THINNED.
void rate_values(const struct rate *rate, const struct rate_years *years, uint32_t block, size_t n,
                 const uint64_t *year, double *value);

#endif
