// Incomplete gamma and beta functions against exact answers, Poisson counts against GSL.
#include "random/special.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>

#include "random.h"

static void assert_near(double x, double expected, double relative)
{
    if (fabs(x - expected) > relative * fabs(expected))
        fail_msg("%.17g, not %.17g: off by %.2g", x, expected, x / expected - 1);
}

static void log_gamma_agrees_with_libm(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        const double x = exp(random_between(log(1e-8), log(1e8)));
        const long double exact = lgammal(x);

        assert_true(fabsl(special_log_gamma(x) - exact) <= 3e-15L * (1 + fabsl(exact)));
    }
}

static void incomplete_functions_agree_with_exact_answers(void **state)
{
    FILE *file = fopen(TEST_DATA "/data/special.csv", "r");
    char text[300], function[20];
    double a, b, x, cumulative, survival;
    int checked = 0;

    (void)state;
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    while (fgets(text, sizeof text, file)) {
        assert_int_equal(sscanf(text, "%19[^,],%la,%la,%la,%lf,%lf", function, &a, &b, &x,
                                &cumulative, &survival),
                         6);
        if (strcmp(function, "gamma") == 0) {
            assert_near(special_gamma_cumulative(a, x), cumulative, 1e-13);
            assert_near(special_gamma_survival(a, x), survival, 1e-13);
        } else {
            assert_near(special_beta_cumulative(a, b, x), cumulative, 2e-13);
            assert_near(special_beta_survival(a, b, x), survival, 2e-13);
        }
        checked++;
    }
    fclose(file);
    assert_true(checked > 150);
}

// An exponential and an Erlang law have closed forms, however far out.
static void incomplete_gamma_keeps_its_tails(void **state)
{
    (void)state;
    for (double x = 1e-12; x < 700; x *= 1.1) {
        assert_near(special_gamma_survival(1, x), (double)expl(-x), 1e-13);
        assert_near(special_gamma_cumulative(1, x), (double)-expm1l(-x), 1e-13);
        assert_near(special_gamma_survival(3, x), (double)(expl(-x) * (1 + x + 0.5L * x * x)),
                    1e-13);
    }
}

static void incomplete_beta_keeps_its_tails(void **state)
{
    (void)state;
    for (double x = 1e-15; x < 0.99; x *= 1.1) {
        assert_near(special_beta_cumulative(3, 1, x), (double)powl(x, 3), 1e-13);
        assert_near(special_beta_survival(1, 4, x), (double)powl(1 - (long double)x, 4), 1e-13);
        assert_near(special_beta_survival_xy(1, 4, 1 - x, x), (double)powl(x, 4), 1e-13);
    }
}

static void nothing_lies_beyond_the_support(void **state)
{
    (void)state;
    for (double x = -1; x <= 0; x++) {
        assert_true(special_gamma_log_density(2.5, x) == 0);
        assert_true(special_gamma_cumulative(2.5, x) == 0);
        assert_true(special_gamma_survival(2.5, x) == 1);
        assert_true(special_beta_logit_density(2, 3, special_beta_log_scale(2, 3), x, 1 - x) == 0);
        assert_true(special_beta_logit_density(2, 3, special_beta_log_scale(2, 3), 1 - x, x) == 0);
        assert_true(special_beta_cumulative_xy(2, 3, x, 1 - x) == 0);
        assert_true(special_beta_cumulative_xy(2, 3, 1 - x, x) == 1);
        assert_true(special_beta_survival_xy(2, 3, x, 1 - x) == 1);
        assert_true(special_beta_survival_xy(2, 3, 1 - x, x) == 0);
    }
}

static void a_poisson_count_is_the_quantile(void **state)
{
    (void)state;
    for (int i = 0; i < 50000; i++) {
        const double mean = exp(random_between(log(1e-4), log(1e5)));
        const double tail = i % 2 ? random_between(0, 1) : exp2(random_between(-60, 0));
        const uint64_t k = special_poisson_quantile(mean, tail);

        // the smallest k with P(N > k) <= tail
        assert_true(gsl_cdf_poisson_Q((unsigned)k, mean) <= tail * (1 + 1e-9));
        if (k > 0)
            assert_true(gsl_cdf_poisson_Q((unsigned)k - 1, mean) >= tail * (1 - 1e-9));
    }
    assert_int_equal(special_poisson_quantile(0, 0x1p-65), 0);
    assert_int_equal(special_poisson_quantile(5, 1), 0);
}

static void a_poisson_count_grows_with_its_mean(void **state)
{
    (void)state;
    for (int i = 0; i < 3000; i++) {
        const double tail = i % 2 ? random_between(0, 1) : exp2(random_between(-60, 0));
        uint64_t last = 0;

        for (double mean = 1e-3; mean < 1e6; mean *= random_between(1.01, 2)) {
            const uint64_t k = special_poisson_quantile(mean, tail);

            assert_true(k >= last);
            last = k;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_gamma_agrees_with_libm),
        cmocka_unit_test(incomplete_functions_agree_with_exact_answers),
        cmocka_unit_test(incomplete_gamma_keeps_its_tails),
        cmocka_unit_test(incomplete_beta_keeps_its_tails),
        cmocka_unit_test(nothing_lies_beyond_the_support),
        cmocka_unit_test(a_poisson_count_is_the_quantile),
        cmocka_unit_test(a_poisson_count_grows_with_its_mean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
