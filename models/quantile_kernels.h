// The vector loops behind every quantile function.
//
// A family says which loop computes its quantile and with which coefficients (`quantile_form`). The
// loops are in quantile_kernels.c, compiled once per instruction set and chosen once at start
// (models/isa.h): plain C whose scalar and vector meaning are the same text, so that every
// instruction set gives the same bits.
#ifndef LOSSMILL_MODELS_QUANTILE_KERNELS_H
#define LOSSMILL_MODELS_QUANTILE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

// Relative error of a value whose tail lies in (1e-12, 1 - 1e-12), for every parameter that the
// families take: measured against 40 digits, 6.5e-14 for the closed forms (weibull of shape 0.05,
// lomax of shape 0.1, which raise to powers of 20 and 10; 6e-15 for usual ones) and 1.1e-11 for
// tables (beta 0.05 0.05; 4e-14 for PERT). Values fall as tails grow, up to that. Tested in
// tests/unit/quantiles.c.
#define QUANTILE_CLOSED_ERROR 1e-13
#define QUANTILE_TABLE_ERROR  1e-10

enum quantile_kernel {
    QUANTILE_CONSTANT,    // c[0]
    QUANTILE_UNIFORM,     // low, high
    QUANTILE_TRIANGULAR,  // low, mode, high
    QUANTILE_NORMAL,      // mean, sd
    QUANTILE_LOGNORMAL,   // mu, sigma
    QUANTILE_EXPONENTIAL, // mean
    QUANTILE_WEIBULL,     // shape, scale
    QUANTILE_PARETO,      // xm, alpha
    QUANTILE_GPD,         // threshold, scale, shape (lomax is one)
    QUANTILE_TABLE,       // see quantile_table.h: c[0] + c[1] * X, X from the table
    QUANTILE_KERNELS
};

struct quantile_table;

struct quantile_form {
    enum quantile_kernel kernel;
    double c[4];
    const struct quantile_table *table; // QUANTILE_TABLE only
};

// value[i] = the value exceeded with probability tail[i]; tails in [2^-65, 1].
typedef void quantile_function(const struct quantile_form *form, size_t n,
                               const double *restrict tail, double *restrict value);

// Besides, what composite cells do with tails and values. Arrays of one call do not overlap.
struct quantile_kernels {
    const char *isa;
    quantile_function *of[QUANTILE_KERNELS];

    // inner[i] = factor tail[i] + offset, held within [low, high].
    void (*tails_map)(size_t n, const double *restrict tail, double factor, double offset,
                      double low, double high, double *restrict inner);
    // value[i] held within [low, high].
    void (*clamp)(size_t n, double low, double high, double *restrict value);
    // Writes to `at` the places of the x in (low, high], ascending, and returns how many.
    size_t (*places)(size_t n, const double *restrict x, double low, double high,
                     uint32_t *restrict at);
    // to[i] = from[at[i]]; to[at[i]] = from[i].
    void (*gather)(size_t n, const uint32_t *restrict at, const double *restrict from,
                   double *restrict to);
    void (*scatter)(size_t n, const uint32_t *restrict at, const double *restrict from,
                    double *restrict to);
    // value[i] *= factor[i].
    void (*multiply)(size_t n, const double *restrict factor, double *restrict value);
};

// The table of the best instruction set that this CPU has (or that isa_choose picked).
const struct quantile_kernels *quantile_kernels(void);

#endif
