// Fits of losses drawn from the laws themselves.
//
// An estimate lies within 4.9 standard errors of the truth but for 1 sample in a million (normal
// law; the samples are large enough for that to be near). The samples are the same in every run.
#include "fit/fit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fit/counts.h"
#include "fit/maximum.h"
#include "fit/tail.h"
#include "random.h"
#include "random/special.h"

#define ERRORS_AT_MOST 4.9

enum { MANY = 4000 };

struct test_case {
    const char *cell, *law;
    double p[2];
    int first; // of the estimated parameters: the first one compared
};

static const struct test_case cases[] = {
    {"lognormal 9 1.5", "lognormal", {9, 1.5}, 0},
    {"gamma 0.7 5000", "gamma", {0.7, 5000}, 0},
    {"gamma 12 300", "gamma", {12, 300}, 0},
    {"weibull 0.6 20000", "weibull", {0.6, 20000}, 0},
    {"weibull 2.5 40", "weibull", {2.5, 40}, 0},
    {"lomax 30000 2.5", "lomax", {30000, 2.5}, 0},
    {"lomax 500 0.9", "lomax", {500, 0.9}, 0},
    {"exponential 1500", "exponential", {1500}, 0},
    {"normal 500 60", "normal", {500, 60}, 0},
    {"beta 1.5 4", "beta", {1.5, 4}, 0},
    {"pareto 1000 1.7", "pareto", {0, 1.7}, 1},
};
enum { CASES = sizeof cases / sizeof *cases };

// The next value of a cell.
static double draw(const struct distribution *x)
{
    const double tail = random_between(0, 1);
    double value;

    distribution_quantile(x, 1, &tail, &value);
    return value;
}

static const struct distribution *parsed(const char *cell, struct arena *arena)
{
    const struct distribution_reader reader = {.arena = arena};
    const struct place nowhere = {0};
    struct diagnostics *d = diagnostics_new();
    const struct distribution *x = distribution_parse(cell, &nowhere, &reader, d);

    assert_non_null(x);
    diagnostics_free(d);
    return x;
}

static void assert_near_truth(const struct test_case *c, const struct fit *fit, const char *how)
{
    if (fit->state != FIT_FOUND)
        fail_msg("%s %s: state %d", c->cell, how, (int)fit->state);
    for (int i = c->first; i < fit->count; i++) {
        if (!(fabs(fit->p[i] - c->p[i]) < ERRORS_AT_MOST * fit->standard_error[i]))
            fail_msg("%s %s: %s = %g, with standard error %g", c->cell, how,
                     fit->family->parameters[i], fit->p[i], fit->standard_error[i]);
    }
}

static struct fit fitted(const struct test_case *c, struct loss *rows, size_t count,
                         struct arena *arena)
{
    struct losses losses;
    struct fit fit;

    assert_true(losses_start(&losses, rows, count, arena));
    assert_true(fit_law(&fit, law_named(c->law), &losses, 0, arena));
    return fit;
}

static void complete_losses_give_their_law_back(void **state)
{
    (void)state;
    for (size_t k = 0; k < CASES; k++) {
        struct arena arena = {0};
        const struct distribution *x = parsed(cases[k].cell, &arena);
        static struct loss rows[MANY];
        struct fit fit;

        for (size_t i = 0; i < MANY; i++)
            rows[i] = (struct loss){draw(x), false, 0, HUGE_VAL};
        fit = fitted(&cases[k], rows, MANY, &arena);
        assert_near_truth(&cases[k], &fit, "complete");
        assert_true(fit.recorded == 1);
        // Kolmogorov's 1.95 / sqrt n is exceeded by 1 sample in 1000, and by fewer after a fit
        assert_true(fit.ks < 1.95 / sqrt(MANY));
        arena_free(&arena);
    }
}

// What is censored at a limit of its own, at about one loss in four.
static void censored_losses_give_their_law_back(void **state)
{
    (void)state;
    for (size_t k = 0; k < CASES; k++) {
        struct arena arena = {0};
        const struct distribution *x = parsed(cases[k].cell, &arena);
        static struct loss rows[MANY];
        struct fit fit;

        for (size_t i = 0; i < MANY; i++) {
            const double tail = random_between(0.05, 0.45), value = draw(x);
            double limit;

            distribution_quantile(x, 1, &tail, &limit);
            rows[i] = (struct loss){fmin(value, limit), value > limit, 0, HUGE_VAL};
        }
        fit = fitted(&cases[k], rows, MANY, &arena);
        assert_near_truth(&cases[k], &fit, "censored");
        assert_true(isnan(fit.cvm) && fit.ks < 1.95 / sqrt(0.5 * MANY));
        arena_free(&arena);
    }
}

// Each row has bounds of its own; what lies outside is drawn again.
static void truncated_losses_give_their_law_back(void **state)
{
    (void)state;
    for (size_t k = 0; k < CASES; k++) {
        struct arena arena = {0};
        const struct distribution *x = parsed(cases[k].cell, &arena);
        static struct loss rows[MANY];
        struct fit fit;

        for (size_t i = 0; i < MANY; i++) {
            const double tails[2] = {random_between(0.75, 0.98), random_between(0.001, 0.02)};
            double bound[2], value;

            distribution_quantile(x, 2, tails, bound);
            do
                value = draw(x);
            while (value < bound[0] || value > bound[1]);
            rows[i] = (struct loss){value, false, bound[0], bound[1]};
        }
        fit = fitted(&cases[k], rows, MANY, &arena);
        assert_near_truth(&cases[k], &fit, "truncated");
        assert_true(isnan(fit.recorded) && fit.ks < 1.95 / sqrt(MANY));
        arena_free(&arena);
    }
}

// 95 % ranges of 1000 samples: fewer than 919 or more than 977 hold the truth with probability
// below 1e-5 each (binomial); the law's own error at 300 losses is far below that.
static void standard_errors_are_what_they_say(void **state)
{
    static const struct test_case c = {"weibull 0.8 100", "weibull", {0.8, 100}, 0};
    struct arena arena = {0};
    const struct distribution *x = parsed(c.cell, &arena);
    int held[2] = {0};

    (void)state;
    for (int sample = 0; sample < 1000; sample++) {
        struct loss rows[300];
        struct arena scratch = {0};
        struct fit fit;

        for (size_t i = 0; i < 300; i++) {
            const double value = draw(x);

            rows[i] = (struct loss){fmin(value, 200), value > 200, 0, HUGE_VAL};
        }
        fit = fitted(&c, rows, 300, &scratch);
        for (int i = 0; i < 2; i++)
            held[i] += fabs(fit.p[i] - c.p[i]) < 1.96 * fit.standard_error[i];
        arena_free(&scratch);
    }
    for (int i = 0; i < 2; i++) {
        if (held[i] < 919 || held[i] > 977)
            fail_msg("%d of 1000 ranges hold parameter %d", held[i], i);
    }
    arena_free(&arena);
}

static void tails_give_their_law_back(void **state)
{
    static const double shapes[] = {-0.3, 0, 0.2, 0.7, 1.4};

    (void)state;
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        struct arena arena = {0};
        char cell[120];
        const struct distribution *x;
        static struct loss rows[MANY];
        struct losses losses;
        struct tail tail;

        snprintf(cell, sizeof cell, "mixture 0.8 (weibull 1.5 300 to 500) 0.2 (gpd 500 200 %g)",
                 shapes[k]);
        x = parsed(cell, &arena);
        for (size_t i = 0; i < MANY; i++)
            rows[i] = (struct loss){draw(x), false, 0, HUGE_VAL};
        assert_true(losses_start(&losses, rows, MANY, &arena));
        assert_true(tail_fit(&tail, &losses, 500, &arena));
        assert_int_equal(tail.gpd.state, FIT_FOUND);
        assert_true(fabs(tail.share - 0.2) < ERRORS_AT_MOST * sqrt(0.16 / MANY));
        assert_true(fabs(tail.gpd.p[1] - 200) < ERRORS_AT_MOST * tail.gpd.standard_error[1]);
        assert_true(fabs(tail.gpd.p[2] - shapes[k]) < ERRORS_AT_MOST * tail.gpd.standard_error[2]);
        assert_non_null(tail.body);
        assert_string_equal(tail.body->law->name, "weibull");
        assert_true(fabs(tail_quantile(&tail, tail.share) - 500) < 1e-9);
        arena_free(&arena);
    }
}

// Lomax's law would need an infinite shape for these: a lighter tail than the exponential's.
static void a_light_tail_is_not_lomax(void **state)
{
    static const struct test_case c = {"weibull 2 100", "lomax", {0}, 0};
    struct arena arena = {0};
    const struct distribution *x = parsed(c.cell, &arena);
    struct loss rows[500];
    struct fit fit;

    (void)state;
    for (size_t i = 0; i < 500; i++)
        rows[i] = (struct loss){draw(x), false, 0, HUGE_VAL};
    fit = fitted(&c, rows, 500, &arena);
    assert_int_equal(fit.state, FIT_EXPONENTIAL);
    arena_free(&arena);
}

static void equal_losses_have_no_fit(void **state)
{
    struct arena arena = {0};

    (void)state;
    for (size_t k = 0; k < CASES; k++) {
        struct loss rows[20];
        struct fit fit;

        for (size_t i = 0; i < 20; i++)
            rows[i] = (struct loss){0.5, false, 0, HUGE_VAL};
        fit = fitted(&cases[k], rows, 20, &arena);
        assert_int_equal(fit.state, FIT_OUTSIDE);
    }
    arena_free(&arena);
}

// The unit of losses changes scales and nothing else.
static void the_unit_does_not_matter(void **state)
{
    (void)state;
    for (double unit = 1e-6; unit < 1e8; unit *= 1e3) {
        static const struct test_case c = {"lomax 300 2", "lomax", {300, 2}, 0};
        struct arena arena = {0};
        const struct distribution *x = parsed(c.cell, &arena);
        struct loss rows[500];
        struct fit fit, scaled;

        for (size_t i = 0; i < 500; i++)
            rows[i] = (struct loss){draw(x), false, 0, HUGE_VAL};
        fit = fitted(&c, rows, 500, &arena);
        for (size_t i = 0; i < 500; i++)
            rows[i].value *= unit;
        scaled = fitted(&c, rows, 500, &arena);
        assert_true(fabs(scaled.p[0] / (unit * fit.p[0]) - 1) < 1e-7);
        assert_true(fabs(scaled.p[1] / fit.p[1] - 1) < 1e-7);
        assert_true(fabs(scaled.standard_error[1] / fit.standard_error[1] - 1) < 1e-5);
        assert_true(fabs(scaled.log_likelihood + 500 * log(unit) - fit.log_likelihood) < 1e-6);
        arena_free(&arena);
    }
}

// Rates 3 x exposure, gamma-mixed with shape 2.5; and Poisson ones.
static void counts_give_their_law_back(void **state)
{
    struct arena arena = {0};
    const struct distribution *mixing = parsed("gamma 2.5 0.4", &arena);
    static struct count rows[MANY];
    struct counts counts;

    (void)state;
    for (int mixed = 0; mixed < 2; mixed++) {
        const struct count_fit *fit = &counts.fit[mixed ? COUNT_NEGBINOMIAL : COUNT_POISSON];

        for (size_t i = 0; i < MANY; i++) {
            const double exposure = random_between(0.5, 3);
            const double rate = 3 * exposure * (mixed ? draw(mixing) : 1);
            const uint64_t number = special_poisson_quantile(rate, random_between(0, 1));

            rows[i] = (struct count){(double)number, exposure};
        }
        counts_fit(&counts, rows, MANY);
        assert_true(fit->possible);
        assert_true(fabs(fit->rate - 3) < ERRORS_AT_MOST * fit->rate_error);
        if (mixed)
            assert_true(fabs(fit->k - 2.5) < ERRORS_AT_MOST * fit->k_error);
        else
            assert_true(counts.pearson_p > 1e-6);
    }
    arena_free(&arena);
}

// -(x - 1)^2 - 100 (y - x^2)^2, Rosenbrock's valley upside down, and what has no highest point.
static double valley(const double *at, void *context)
{
    const double across = at[1] - at[0] * at[0];

    (void)context;
    return -(at[0] - 1) * (at[0] - 1) - 100 * across * across;
}

static double slope(const double *at, void *context)
{
    (void)context;
    return at[0] - exp(-at[0]);
}

static double cliff(const double *at, void *context)
{
    (void)context;
    return at[0] < 1 ? at[0] : -HUGE_VAL;
}

static void a_maximum_is_found_where_there_is_one(void **state)
{
    struct maximum maximum = {.at = {-1.2, 1}};
    struct maximum none = {{0}, 0, {{0}}};

    (void)state;
    assert_true(maximum_find(valley, NULL, 2, &maximum));
    assert_true(fabs(maximum.at[0] - 1) < 1e-8 && fabs(maximum.at[1] - 1) < 1e-8);
    // second derivatives there: -802, 400, -200
    assert_true(fabs(maximum.covariance[0][0] - 200 / 400.0) < 1e-4);
    assert_true(fabs(maximum.covariance[0][1] - 400 / 400.0) < 1e-4);
    assert_true(fabs(maximum.covariance[1][1] - 802 / 400.0) < 1e-3);
    assert_false(maximum_find(slope, NULL, 1, &none));
    none.at[0] = 0;
    assert_false(maximum_find(cliff, NULL, 1, &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complete_losses_give_their_law_back),
        cmocka_unit_test(censored_losses_give_their_law_back),
        cmocka_unit_test(truncated_losses_give_their_law_back),
        cmocka_unit_test(standard_errors_are_what_they_say),
        cmocka_unit_test(tails_give_their_law_back),
        cmocka_unit_test(a_light_tail_is_not_lomax),
        cmocka_unit_test(equal_losses_have_no_fit),
        cmocka_unit_test(the_unit_does_not_matter),
        cmocka_unit_test(counts_give_their_law_back),
        cmocka_unit_test(a_maximum_is_found_where_there_is_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
