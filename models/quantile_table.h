// Quantile functions that have no formula (beta, gamma) as piecewise polynomials.
//
// With v = min(tail, 1 - tail) and t = -log v, the quantile's logarithm is nearly a straight line
// in t far out and smooth in between, on each side of the median:
//
//     gamma: log x on both sides;    beta: log x below the median, log(1 - x) above.
//
// A side's cells are the octaves of t, each cut in 8 by the leading bits of t: at that width a
// polynomial of degree 7 is off by about (1/36)^8. Made by solving F(x) = v at the Chebyshev nodes
// of each cell (special.h), so that building takes a millisecond or two and depends on the shapes
// alone.
#ifndef LOSSMILL_MODELS_QUANTILE_TABLE_H
#define LOSSMILL_MODELS_QUANTILE_TABLE_H

#include <stdbool.h>

#include "base/arena.h"

enum {
    QUANTILE_TABLE_DEGREE = 7,
    QUANTILE_TABLE_OCTAVES = 7, // t in [1/2, 64)
    QUANTILE_TABLE_SUBCELLS = 8,
    QUANTILE_TABLE_CELLS = QUANTILE_TABLE_OCTAVES * QUANTILE_TABLE_SUBCELLS
};

enum quantile_law { QUANTILE_LAW_GAMMA, QUANTILE_LAW_BETA };

struct quantile_table {
    enum quantile_law law;
    // [side][power][cell]; side 1 is above the median. The variable runs over [-1, 1] in each cell.
    double c[2][QUANTILE_TABLE_DEGREE + 1][QUANTILE_TABLE_CELLS];
};

// Gamma of shape a and scale 1, or beta of shapes a and b, in [SHAPE_MIN, SHAPE_MAX]. NULL if
// memory is exhausted. Relative error of the quantile (beta above the median: of 1 - x) at most
// 1e-10.
#define QUANTILE_TABLE_SHAPE_MIN 0.05
#define QUANTILE_TABLE_SHAPE_MAX 1e6
const struct quantile_table *quantile_table_gamma(double a, struct arena *arena);
const struct quantile_table *quantile_table_beta(double a, double b, struct arena *arena);

#endif
