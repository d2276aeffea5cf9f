// Quantile functions that have no formula (beta, gamma, mixtures) as piecewise polynomials.
//
// With v = min(tail, 1 - tail) and t = -log v, the logarithm of most quantiles is nearly a straight
// line in t far out and smooth in between, on each side of the median. A table holds the polynomial
// of some y(t) from which the value follows:
//
//     gamma: y = log x;    beta: y = log(x / (1 - x));    mixture: y = log x, or x itself.
//
// A side's cells are the octaves of t, each cut by the leading bits of t; in 16 for beta and gamma.
// What keeps their y from being a polynomial is t = 0, as far from a cell as 16 of its widths or
// more: a polynomial of degree 6 is off by about (1/66)^7 = 2e-13 (Bernstein's bound: 66 = 33 +
// sqrt(33^2 - 1) is the sum of the half axes of the ellipse through t = 0 about a cell scaled to
// [-1, 1]). Mixtures bend more and are cut in 32.
//
// Where a law jumps, bends or is steep, a cell is cut further, into leaves: polynomials of the
// value in the tail. What even leaves of probability 2^-17 do not resolve is solved for, value by
// value.
#ifndef LOSSMILL_MODELS_QUANTILE_TABLE_H
#define LOSSMILL_MODELS_QUANTILE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum {
    QUANTILE_TABLE_DEGREE = 6,
    QUANTILE_TABLE_OCTAVES = 7, // t in [1/2, 64)
    QUANTILE_TABLE_GUIDE = 1024
};

// What y is: the value itself, its logarithm, log(x / (1 - x)).
enum quantile_scale { QUANTILE_SCALE_PLAIN, QUANTILE_SCALE_LOG, QUANTILE_SCALE_LOGIT };

// A law that can be solved for one value at a time.
struct quantile_law {
    const void *context;
    double (*value)(const void *context, double tail);
    // y where the tail is exp(-t) or, not `above` the median, 1 - exp(-t); `near` is NaN or y at a
    // neighbouring t, from where to start.
    double (*y)(const void *context, bool above, double t, double near);
    enum quantile_scale scale;
    double floor; // errors count as relative to values of at least this size
    // Ascending tails between which the quantile function is smooth.
    size_t break_count;
    const double *breaks;
    // Points of it that no table may miss, by ascending tails: where narrow features hide.
    size_t point_count;
    const double *point_tails, *point_values;
    int cut_bits;   // an octave has 2^cut_bits cells
    int widest;     // how many of them (a power of 2) one series is tried for
    double deepest; // t from which on there is no table
};

struct quantile_cell {
    double c[QUANTILE_TABLE_DEGREE + 1]; // by powers
};

struct quantile_leaf {
    double centre, per_half; // of its tails: their middle, and 1 / half their width
    double c[QUANTILE_TABLE_DEGREE + 1];
};

struct quantile_table {
    enum quantile_scale scale;
    int cut_bits;
    size_t cells; // of a side
    // [2 cells], those above the median behind those below. The variable runs over [-1, 1] in each.
    // One whose constant term is NaN has leaves instead.
    const struct quantile_cell *cell;
    size_t leaf_count;         // 0: no cell has any
    const double *leaf_starts; // ascending from 0: leaf k has the tails from start k to start k + 1
    const uint32_t *leaf_guide; // the leaf of tail k / QUANTILE_TABLE_GUIDE
    uint32_t leaf_range;        // the leaf of any tail is less than so many behind its guide's
    const struct quantile_leaf *leaves;
    struct quantile_law law; // has the values of a leaf whose constant term is NaN
};

// NULL if memory is exhausted. The law's context must live as long.
const struct quantile_table *quantile_table_of_law(const struct quantile_law *law,
                                                   struct arena *arena);

// Gamma of shape a and scale 1, or beta of shapes a and b, in [SHAPE_MIN, SHAPE_MAX].
#define QUANTILE_TABLE_SHAPE_MIN 0.05
#define QUANTILE_TABLE_SHAPE_MAX 1e6
const struct quantile_table *quantile_table_gamma(double a, struct arena *arena);
const struct quantile_table *quantile_table_beta(double a, double b, struct arena *arena);

#endif
