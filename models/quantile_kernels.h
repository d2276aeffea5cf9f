// The vector loops behind every quantile function.
//
// A family says which loop computes its quantile and with which coefficients (`quantile_form`). The
// loops are in quantile_kernels.c, compiled once per instruction set and chosen once at start
// (models/isa.h): plain C whose scalar and vector meaning are the same text, so that every
// instruction set gives the same bits.
#ifndef LOSSMILL_MODELS_QUANTILE_KERNELS_H
#define LOSSMILL_MODELS_QUANTILE_KERNELS_H

#include <stddef.h>

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

struct quantile_kernels {
    const char *isa;
    quantile_function *of[QUANTILE_KERNELS];
};

// The table of the best instruction set that this CPU has (or that isa_choose picked).
const struct quantile_kernels *quantile_kernels(void);

#endif
