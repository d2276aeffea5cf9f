#include "models/driver_mean.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct arena arena;

static const struct distribution *parse(const char *cell)
{
    struct diagnostics *d = diagnostics_new();
    const struct distribution_reader reader = {.arena = &arena};
    const struct distribution *x = distribution_parse(cell, NULL, &reader, d);

    diagnostics_print(d, stderr);
    diagnostics_free(d);
    assert_non_null(x);
    return x;
}

static double mean_of(const char *multiplier, double loading, const char *loss)
{
    const struct driver_mean *m = driver_mean_make(parse(multiplier), loading, NULL, NULL, &arena);

    assert_non_null(m);
    return driver_mean_loss(m, parse(loss));
}

static void agrees(double found, double answer, double error)
{
    if (!(fabs(found / answer - 1) < error))
        print_error("%.17g, should be %.17g\n", found, answer);
    assert_true(fabs(found / answer - 1) < error);
}

static double normal_below(double z)
{
    return erfc(-z * M_SQRT1_2) / 2;
}

// E[exp(sZ - s^2/2) exp(mu + sigma Y)] = exp(mu + sigma^2/2 + rho s sigma).
static void lognormal_years_and_losses_agree_with_the_closed_form(void **state)
{
    static const double loadings[] = {-1, -0.97, -0.5, 0.1, 0.5, 0.9, 0.995, 1};

    (void)state;
    for (size_t i = 0; i < sizeof loadings / sizeof *loadings; i++)
        agrees(mean_of("lognormal -0.245 0.7", loadings[i], "lognormal 11 1.5"),
               exp(11 + 1.125 + loadings[i] * 0.7 * 1.5), 1e-9);
    agrees(mean_of("lognormal -0.5 1", 0.6, "lognormal 8 2.5"), exp(8 + 3.125 + 1.5), 1e-9);
}

// With M as above, weighting by M moves Y by rho s: E[M; Y > y] = P(Y + rho s > y).
static void losses_with_atoms_and_caps_agree_with_tilting(void **state)
{
    const double z = 0.67448975019608174, tilt = 0.8 * 0.7; // P(Y > z) = 1/4
    const double mu = 11, sigma = 1.5, cap = exp(mu + sigma), m = tilt;

    (void)state;
    agrees(mean_of("lognormal -0.245 0.7", 0.8, "mixture 0.75 (10) 0.25 (1000)"),
           10 + 990 * normal_below(tilt - z), 1e-9);
    agrees(mean_of("lognormal -0.245 0.7", 0.8, "5000"), 5000, 1e-12);
    // E min(X, cap) of X lognormal with score shifted by the tilt
    agrees(mean_of("lognormal -0.245 0.7", 0.8, "lognormal 11 1.5 cap 268337.28652087448"),
           exp(mu + sigma * m + sigma * sigma / 2) * normal_below(1 - m - sigma) +
               cap * normal_below(m - 1),
           1e-8);
}

// M = 0.5 in the better half of years, 1.5 in the worse: E[X; Z > 0] = E X P(Z + rho sigma > 0).
static void years_with_steps_agree_with_tilting(void **state)
{
    static const double loadings[] = {-0.5, 0.5, 0.99};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const double worse = normal_below(loadings[i] * 1.5);

        agrees(mean_of("mixture 0.5 (0.5) 0.5 (1.5)", loadings[i], "lognormal 11 1.5"),
               exp(11 + 1.125) * (0.5 + worse), 1e-9);
    }
    agrees(mean_of("mixture 0.5 (0.5) 0.5 (1.5)", 1, "mixture 0.5 (10) 0.5 (20)"),
           0.5 * 0.5 * 10 + 0.5 * 1.5 * 20, 1e-9);
}

// rho = 1: E[M X] = integral of both quantile functions over one uniform. Exponential of mean 1
// twice: E M^2 = 2.
static void fully_correlated_exponentials_agree_with_the_second_moment(void **state)
{
    (void)state;
    agrees(mean_of("exponential 1", 1, "exponential 300"), 600, 1e-9);
    agrees(mean_of("gamma 4 0.25", 1, "gamma 4 25"), 125, 1e-8);
}

static double capped(double m, void *limit)
{
    return fmin(m, *(const double *)limit);
}

// The mean weight does not depend on the loading.
static void the_mean_weight_is_that_of_the_multiplier(void **state)
{
    double limit = 1.3;
    const struct driver_mean *a =
        driver_mean_make(parse("gamma 4 0.25"), 0.5, capped, &limit, &arena);
    const double exact = distribution_mean(parse("gamma 4 0.25 cap 1.3"));

    (void)state;
    assert_non_null(a);
    agrees(driver_mean_weight(a), exact, 1e-4); // the kink of `capped` is not known to the table
    agrees(driver_mean_weight(
               driver_mean_make(parse("gamma 4 0.25 cap 1.3"), 0.5, NULL, NULL, &arena)),
           exact, 1e-12);
}

static int arena_end(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lognormal_years_and_losses_agree_with_the_closed_form),
        cmocka_unit_test(losses_with_atoms_and_caps_agree_with_tilting),
        cmocka_unit_test(years_with_steps_agree_with_tilting),
        cmocka_unit_test(fully_correlated_exponentials_agree_with_the_second_moment),
        cmocka_unit_test(the_mean_weight_is_that_of_the_multiplier),
    };

    return cmocka_run_group_tests(tests, NULL, arena_end);
}
