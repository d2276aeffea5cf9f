// What a distribution cell such as `gpd 50000 20000 0.3 cap 5e6` means.
//
// A family is one file that defines one `const struct distribution_family`, and one line in the
// table of distribution.c. Reader, sampler, `check`, manual and tests go through that table only.
// Composite cells (empirical, mixture, splice, product, from/to/cap) are in distribution.c's
// neighbours. Nothing here calls libm's transcendental functions: every result must be the same
// bits on every machine (random/elementary.h, random/special.h).
//
// Units: values, locations and scales have the unit of the cell's column (a loss: the study's
// currency; a rate: 1/year). Shapes are pure numbers.
#ifndef LOSSMILL_MODELS_DISTRIBUTION_H
#define LOSSMILL_MODELS_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/diagnostics.h"
#include "models/quantile_kernels.h"
#include "models/quantile_shelf.h"

enum { DISTRIBUTION_PARAMETERS_MAX = 4 };

struct distribution_family {
    const char *name;                                        // the cell's first word
    const char *summary;                                     // the manual's line on it
    const char *parameters[DISTRIBUTION_PARAMETERS_MAX + 1]; // in the cell's order, then NULL
    int optional;                                 // how many of the last parameters may be left out
    double defaults[DISTRIBUTION_PARAMETERS_MAX]; // for those, by parameter index

    // Adds one diagnostic at `at` for each parameter out of range; true if there was none. May warn
    // of what is allowed but rarely meant. `p` holds one finite number per name in `parameters`.
    // All below take only a `p` that passed.
    bool (*check)(const double *p, const struct place *at, struct diagnostics *d);

    // Fills `form` with the kernel and coefficients that compute the quantile function, and with a
    // table from the shelf. False if memory is exhausted.
    bool (*prepare)(const double *p, struct quantile_shelf *shelf, struct quantile_form *form);

    // P(X > x).
    double (*survival)(const double *p, double x);

    // In the unit of values, and its square. HUGE_VAL where the integral diverges.
    double (*mean)(const double *p);
    double (*variance)(const double *p);

    // The smallest and largest possible value; -HUGE_VAL, HUGE_VAL where unbounded.
    void (*support)(const double *p, double *low, double *high);
};

// A parsed cell: a tree. Immutable after distribution_parse, shared by threads.
struct distribution;

// Reads the numbers of column COLUMN of FILE for an `empirical FILE:COLUMN` cell. The returned
// array lives in `arena`; NULL after adding diagnostics if it cannot be read.
typedef const double *empirical_reader(void *context, const char *file, const char *column,
                                       const struct place *at, struct arena *arena, size_t *count,
                                       struct diagnostics *d);

struct distribution_reader {
    struct arena *arena;
    empirical_reader *empirical;  // NULL: empirical cells are an error
    void *context;                // for `empirical`
    bool decimal_comma;           // numbers are written 12,5 ([csv] decimal = comma)
    struct quantile_shelf *shelf; // shared with other cells; NULL: tables of this cell alone
};

// The distribution that the cell says, or NULL after adding at least one diagnostic at `at`:
// unknown family (with the nearest name), wrong number of parameters (with the names), parameter
// out of range, spreadsheet habits in a number (12,5 / 15 % / 1 000 000 / 1'000'000 / EUR 50k /
// #N/A / a date; the message names the habit and shows the cell as it should be), an interval of
// `from`/`to` that holds less than 1e-6 of the probability, weights that do not sum to 1 within
// 1e-9.
const struct distribution *distribution_parse(const char *cell, const struct place *at,
                                              const struct distribution_reader *reader,
                                              struct diagnostics *d);

// How many uniforms one value takes: 1 for all but `product` and what contains one.
unsigned distribution_draws(const struct distribution *x);

// For distribution_draws(x) == 1. value[i] is exceeded with probability tail[i], for i < n. Tails
// lie in [2^-65, 1]: small ones are large losses, which 1 - tail would round away. Monotone: a
// smaller tail gives no smaller value, but for the errors stated in quantile_kernels.h. What is
// truncated, spliced or mixed has those errors of the value at a tail within 2^-52 of the given
// one: it adds probabilities. No error, no allocation, thread-safe, same bits everywhere.
void distribution_quantile(const struct distribution *x, size_t n, const double *restrict tail,
                           double *restrict value);

// Gives tails of sub-draw `draw` for the same n items, at every call the same ones.
typedef void tail_source(void *context, unsigned draw, size_t n, double *tail);

// For any distribution. Sub-draw 0 is used first; a truncated product rejects, so that it may ask
// for any number of sub-draws. `n` is at most DISTRIBUTION_BATCH.
enum { DISTRIBUTION_BATCH = 1024 };
void distribution_draw(const struct distribution *x, size_t n, tail_source *source, void *context,
                       double *restrict value);

double distribution_survival(const struct distribution *x, double value);       // P(X > value)
double distribution_at_most_strict(const struct distribution *x, double value); // P(X < value)
double distribution_mean(const struct distribution *x);     // HUGE_VAL if infinite
double distribution_variance(const struct distribution *x); // HUGE_VAL if infinite
void distribution_support(const struct distribution *x, double *low, double *high);

// True, with the value, if only one value is possible.
bool distribution_is_constant(const struct distribution *x, double *value);

// E f(X), by tanh-sinh quadrature over the quantile function, split at the `breaks` (ascending
// values of X where f is not smooth) and at X's own kinks. Relative error about 1e-12 for f smooth
// between breaks; exact sums for atoms. `f` may be unbounded as long as the integral converges.
double distribution_expectation(const struct distribution *x,
                                double (*f)(double value, void *context), void *context,
                                const double *breaks, size_t break_count);

// The independent factors that one value is the product of: x itself where it takes one uniform,
// the parts of a plain `product`. 0 where there is no such list (a truncated product, a mixture of
// products), or it is longer than `most`.
size_t distribution_factors(const struct distribution *x, const struct distribution **factors,
                            size_t most);

// The family named, NULL if none; families in the table's order, NULL behind the last.
const struct distribution_family *distribution_family_find(const char *name);
const struct distribution_family *distribution_family_at(size_t index);

#endif
