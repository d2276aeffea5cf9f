#include "models/susceptibility.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const double *some_values(void *context, const char *file, const char *column,
                                 const struct place *at, struct arena *arena, size_t *count,
                                 struct diagnostics *d)
{
    static const double values[] = {40, 10, 20, 20};

    (void)context, (void)file, (void)column, (void)at, (void)arena, (void)d;
    *count = 4;
    return values;
}

static double probability(const char *capability, const char *resistance)
{
    struct arena arena = {0};
    struct diagnostics *d = diagnostics_new();
    const struct distribution_reader reader = {.arena = &arena, .empirical = some_values};
    const struct distribution *c = distribution_parse(capability, NULL, &reader, d);
    const struct distribution *r = distribution_parse(resistance, NULL, &reader, d);
    double p;

    diagnostics_print(d, stderr);
    assert_non_null(c);
    assert_non_null(r);
    p = susceptibility_probability(c, r);
    diagnostics_free(d);
    arena_free(&arena);
    return p;
}

static void pert_against_pert_agrees_with_the_exact_answers(void **state)
{
    // computed in extended precision by two methods
    static const struct {
        const char *capability, *resistance;
        double answer;
    } cases[] = {
        {"pert 20 55 95", "pert 40 70 90", 0.239687997081992857},
        {"pert 10 30 60", "pert 50 70 90", 0.000148294283820802152},
        {"pert 50 70 90", "pert 50 70 90", 0.5},
        {"pert 0 1 2", "pert 1 2 3", 0.0294363839285714286},
        {"pert 5 5 80", "pert 20 60 60", 0.00911827552420145013},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double p = probability(cases[i].capability, cases[i].resistance);

        if (!(fabs(p / cases[i].answer - 1) <= 1e-9))
            fail_msg("%s against %s: %.17g", cases[i].capability, cases[i].resistance, p);
    }
}

static void closed_forms_are_met(void **state)
{
    static const struct {
        const char *capability, *resistance;
        double answer;
    } cases[] = {
        {"uniform 0 1", "uniform 0 1", 0.5},
        {"uniform 0 1", "uniform 0 2", 0.25},
        {"uniform 0 2", "uniform 0 1", 0.75},
        {"uniform 0 1", "0.25", 0.75},
        {"0.25", "uniform 0 1", 0.25},
        {"exponential 3", "exponential 1", 0.75}, // a / (a + b)
        {"triangular 0 50 100", "uniform 0 100", 0.5},
        {"5", "5", 0}, // equal ones resist
        {"5", "4", 1},
        {"uniform 0 1", "uniform 1 2", 0},
        {"uniform 1 2", "uniform 0 1", 1},
        {"empirical a:b", "uniform 0 50", (40 + 10 + 20 + 20) / 200.0},
        {"uniform 0 50", "empirical a:b", 1 - (40 + 10 + 20 + 20) / 200.0},
        {"empirical a:b", "empirical a:b", (3 + 0 + 1 + 1) / 16.0},
        {"empirical a:b", "20", 0.25},
        {"20", "empirical a:b", 0.25},
        {"mixture 0.5 (0) 0.5 (uniform 0 100)", "uniform 0 100", 0.25},
        {"uniform 0 100 cap 50", "50", 0},
        {"uniform 0 100 cap 50", "uniform 0 100", 0.375},
        {"product (uniform 0 1) (uniform 0 1)", "uniform 0 1", 0.25},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const double p = probability(cases[i].capability, cases[i].resistance);

        if (!(fabs(p - cases[i].answer) <= 1e-12))
            fail_msg("%s against %s: %.17g", cases[i].capability, cases[i].resistance, p);
    }
}

static void a_thing_and_its_opposite_add_up_to_one(void **state)
{
    static const char *const laws[] = {"pert 20 55 95",
                                       "normal 50 10 from 0 to 100",
                                       "triangular 0 10 100",
                                       "beta 0.5 0.5",
                                       "mixture 0.3 (uniform 0 40) 0.7 (pert 20 50 100)",
                                       "splice lognormal 3 0.5 at 40 with uniform 30 100"};
    const size_t count = sizeof laws / sizeof laws[0];

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            const double sum = probability(laws[i], laws[k]) + probability(laws[k], laws[i]);

            if (!(fabs(sum - 1) <= 1e-10))
                fail_msg("%s and %s: %.17g", laws[i], laws[k], sum);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pert_against_pert_agrees_with_the_exact_answers),
        cmocka_unit_test(closed_forms_are_met),
        cmocka_unit_test(a_thing_and_its_opposite_add_up_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
