// Distributions: every family, every composition, and what is known of them exactly.
#include <math.h>
#include <stdlib.h>

#include "bits.h"
#include "models/driver_mean.h"
#include "models/susceptibility.h"
#include "random/elementary.h"
#include "random/philox.h"

enum { TAILS = DISTRIBUTION_BATCH };

static const char *const cells[] = {
    "1234.5",
    "uniform 0.1 0.7",
    "triangular 10 20 70",
    "pert 20 45 70",
    "pert 0 0.01 1 12.5",
    "beta 0.3 0.4",
    "beta 2 900",
    "beta 31 17.5",
    "normal 50 12",
    "lognormal 11 1.5",
    "lognormal 1 3.7",
    "lognormal90 10000 200000",
    "exponential 3000",
    "gamma 0.07 1000",
    "gamma 2.5 10",
    "gamma 12345 0.1",
    "weibull 0.6 1000",
    "weibull 3 7",
    "pareto 1000 2.5",
    "pareto 1000 0.9 to 1e9",
    "lomax 5000 1.7",
    "gpd 50000 20000 0.3",
    "gpd 50000 20000 -0.2",
    "gpd 0 1000 0",
    "gpd 0 1000 1e-9",
    "lognormal 11 1.5 from 1000 to 1e7",
    "gamma 2.5 1000 from 1e4",
    "normal 1 5 from 0",
    "lognormal 11 1.5 cap 1e6",
    "gpd 50000 20000 0.9 cap 5e6",
    "empirical losses.csv:loss",
    "empirical losses.csv:loss to 5e4",
    "mixture 0.7 (lognormal 9 1) 0.2 (pareto 1000 1.5) 0.1 (5000)",
    "mixture 0.5 (gamma 2 100) 0.5 (product (uniform 1 2) (exponential 9))",
    "splice lognormal 10 1.2 at 50000 with gpd 50000 30000 0.4",
    "product (pert 1 10 100) (lognormal 3 0.8)",
    "product (uniform 1 2) (exponential 9) from 3 to 40",
};

enum { CELLS = sizeof cells / sizeof *cells };

// From 2^-65, where the generator ends, by ratio up to 1/2, and likewise down from 1.
static void tails_fill(double *tail)
{
    for (int i = 0; i < TAILS / 2; i++) {
        const double small = elementary_exp(-0.693147 - (64 * 0.693147) * i / (TAILS / 2 - 1));

        tail[2 * i] = fmax(small, 0x1p-65);
        tail[2 * i + 1] = fmin(1 - small, 1);
    }
    tail[0] = 0x1p-65;
    tail[1] = 1;
    tail[2] = 0.5;
}

static void noise_tails(void *context, unsigned draw, size_t n, double *tail)
{
    (void)context;
    for (uint32_t i = 0; i < n; i++) {
        const struct philox_block x = philox(7, i, draw, 0, 0);

        tail[i] = philox_tail(x.word[0], x.word[1]);
    }
}

static double rational(double x, void *context)
{
    (void)context;
    return x / (1000 + fabs(x));
}

static void law(const char *cell, const double *tail)
{
    const struct distribution *x = bits_parse(cell);
    double value[TAILS], low, high;
    struct item item;

    if (distribution_draws(x) == 1) {
        distribution_quantile(x, TAILS, tail, value);
        item_start(&item, "quantile of %s", cell);
        item_doubles(&item, TAILS, value);
        item_end(&item);
    }
    item_start(&item, "draws from %s", cell);
    distribution_draw(x, TAILS, noise_tails, NULL, value);
    item_doubles(&item, TAILS, value);
    item_end(&item);
    item_start(&item, "probabilities of %s", cell);
    for (int i = 0; i < TAILS; i += 16) {
        item_double(&item, distribution_survival(x, value[i]));
        item_double(&item, distribution_at_most_strict(x, value[i]));
    }
    item_end(&item);
    item_start(&item, "mean and the like of %s", cell);
    distribution_support(x, &low, &high);
    item_double(&item, distribution_mean(x));
    item_double(&item, distribution_variance(x));
    item_double(&item, low);
    item_double(&item, high);
    item_double(&item, distribution_expectation(x, rational, NULL, &(double){100}, 1));
    item_end(&item);
}

static double once(double m, void *context)
{
    (void)context;
    return 1 - elementary_exp(-0.3 * m);
}

static void drivers(void)
{
    static const char *const multipliers[] = {"lognormal -0.245 0.7", "gamma 2 0.5",
                                              "mixture 0.9 (0.5) 0.1 (5.5)"};
    static const double loadings[] = {-1, -0.4, 0, 0.97};
    struct item item;

    item_start(&item, "means of losses that follow a driver");
    for (size_t m = 0; m < sizeof multipliers / sizeof *multipliers; m++)
        for (size_t l = 0; l < sizeof loadings / sizeof *loadings; l++)
            for (int weighted = 0; weighted < 2; weighted++) {
                const struct driver_mean *mean =
                    driver_mean_make(bits_parse(multipliers[m]), loadings[l],
                                     weighted ? once : NULL, NULL, &bits_arena);

                bits_need(mean != NULL, "memory is exhausted");
                item_double(&item, driver_mean_weight(mean));
                for (size_t c = 0; c < CELLS; c += 7) {
                    const struct distribution *x = bits_parse(cells[c]);

                    if (distribution_draws(x) == 1)
                        item_double(&item, driver_mean_loss(mean, x));
                }
            }
    item_end(&item);
}

static void susceptibilities(void)
{
    static const char *const strengths[] = {"50",
                                            "pert 20 45 70",
                                            "uniform 0 100",
                                            "beta 2 3",
                                            "normal 50 12",
                                            "triangular 10 20 70",
                                            "lognormal 3 1",
                                            "mixture 0.5 (20) 0.5 (uniform 10 60)"};
    const size_t n = sizeof strengths / sizeof *strengths;
    struct item item;

    item_start(&item, "susceptibilities");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            item_double(&item, susceptibility_probability(bits_parse(strengths[i]),
                                                          bits_parse(strengths[j])));
    item_end(&item);
}

void bits_laws(void)
{
    double tail[TAILS];

    tails_fill(tail);
    for (size_t i = 0; i < CELLS; i++)
        law(cells[i], tail);
    drivers();
    susceptibilities();
}
