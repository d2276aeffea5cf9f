// Quantile functions: against exact answers, and the same bits from every instruction set.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/distribution.h"
#include "models/isa.h"
#include "models/quantile_table.h"
#include "random.h"
#include "random/special.h"

struct parsed {
    struct arena arena;
    const struct distribution *x;
};

static struct parsed parse(const char *cell)
{
    struct parsed parsed = {0};
    const struct distribution_reader reader = {.arena = &parsed.arena};
    struct diagnostics *d = diagnostics_new();

    parsed.x = distribution_parse(cell, &(struct place){.value = cell}, &reader, d);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    assert_non_null(parsed.x);
    return parsed;
}

static double bound_of(const char *family)
{
    return strcmp(family, "gamma") == 0 || strcmp(family, "pert") == 0 ? QUANTILE_TABLE_ERROR
                                                                       : QUANTILE_CLOSED_ERROR;
}

static void answer_check(const char *family, const char *parameters, double u, double exact,
                         int line)
{
    char cell[200];
    struct parsed parsed;
    const double tail = 1 - u;
    double value, scale;

    if (strcmp(family, "poisson") == 0) {
        value = (double)special_poisson_quantile(strtod(parameters, NULL), tail);
        scale = 0;
    } else {
        if (strcmp(family, "gpd") == 0) // the file has its shape and scale
            snprintf(cell, sizeof cell, "gpd 0 %s %.*s", strchr(parameters, ';') + 1,
                     (int)strcspn(parameters, ";"), parameters);
        else
            snprintf(cell, sizeof cell, "%s %s", family, parameters);
        for (char *c = cell; *c; c++)
            *c = *c == ';' ? ' ' : *c;
        parsed = parse(cell);
        distribution_quantile(parsed.x, 1, &tail, &value);
        scale = bound_of(family) * fabs(exact);
        arena_free(&parsed.arena);
    }
    if (fabs(value - exact) > scale)
        fail_msg("quantiles.csv, line %d: %.17g, not %.17g", line, value, exact);
}

// Tails that 1 - u does not round: the others say nothing about the quantile function.
static void exact_answers_are_met(void **state)
{
    FILE *file = fopen(TEST_DATA "/data/quantiles.csv", "r");
    char text[300], family[32], parameters[64];
    int line = 1, checked = 0;
    double u, exact;

    (void)state;
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    while (fgets(text, sizeof text, file)) {
        line++;
        assert_int_equal(
            sscanf(text, "%31[^,],%63[^,],%la,%*[^,],%lf", family, parameters, &u, &exact), 4);
        if (1 - (1 - u) != u)
            continue;
        if (strcmp(family, "poisson") == 0 && u < 1e-12)
            continue; // P(N > k) beside 1 is known to its relative error only
        answer_check(family, parameters, u, exact, line);
        checked++;
    }
    fclose(file);
    assert_true(checked >= 300);
}

// Tails for which errors are stated: both ends geometrically, and the middle.
static double stated_tail(int i)
{
    const double u = random_between(0, 1);

    return i % 3 == 0 ? u : i % 3 == 1 ? pow(10, -12 * u) : 1 - pow(10, -12 * u);
}

enum { POINTS = 3000 };

// libm's long double functions are 2000 times as fine as what they judge. 1 - tail is exact where
// it is small.
static long double closed_form(const char *family, const double *p, double tail)
{
    const long double t = -logl(tail), rest = 1 - (long double)tail;

    if (strcmp(family, "uniform") == 0)
        return p[0] + rest * ((long double)p[1] - p[0]);
    if (strcmp(family, "exponential") == 0)
        return p[0] * t;
    if (strcmp(family, "weibull") == 0)
        return p[1] * powl(t, 1 / (long double)p[0]);
    if (strcmp(family, "pareto") == 0)
        return p[0] * expl(t / p[1]);
    if (strcmp(family, "lomax") == 0)
        return p[0] * expm1l(t / p[1]);
    if (strcmp(family, "gpd") == 0)
        return p[0] + p[1] * (p[2] == 0 ? t : expm1l(p[2] * t) / p[2]);
    assert_string_equal(family, "triangular");

    const long double width = (long double)p[2] - p[0], rise = (long double)p[1] - p[0];
    const long double fall = (long double)p[2] - p[1];

    if (rest * width < rise)
        return p[0] + sqrtl(rest * width * rise);
    return p[1] + (rest * width - rise) / (1 + sqrtl(tail * width / fall));
}

static void closed_forms_keep_their_error(void **state)
{
    static const struct {
        const char *family;
        double p[3];
    } cases[] = {
        {"uniform", {3, 7}},         {"uniform", {0.001, 1e6}},   {"triangular", {1, 2, 9}},
        {"triangular", {0, 0, 100}}, {"triangular", {0, 1, 1e6}}, {"triangular", {0, 100, 100}},
        {"exponential", {40}},       {"weibull", {0.05, 1}},      {"weibull", {0.7, 100}},
        {"weibull", {1000, 3}},      {"pareto", {100, 0.1}},      {"pareto", {100, 1.5}},
        {"pareto", {1, 1000}},       {"lomax", {100, 0.1}},       {"lomax", {100, 2.5}},
        {"lomax", {100, 1000}},      {"gpd", {0, 20, 10}},        {"gpd", {10, 20, 0.3}},
        {"gpd", {0, 20, 1e-9}},      {"gpd", {10, 20, 0}},        {"gpd", {10, 20, -0.2}},
        {"gpd", {0, 20, -10}},
    };

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        const struct distribution_family *family = distribution_family_find(cases[c].family);
        struct arena arena = {0};
        struct quantile_shelf shelf = {.arena = &arena};
        struct quantile_form form;

        assert_non_null(family);
        assert_true(family->prepare(cases[c].p, &shelf, &form));
        for (int i = 0; i < POINTS; i++) {
            const double tail = stated_tail(i);
            const long double exact = closed_form(cases[c].family, cases[c].p, tail);
            double value;

            quantile_kernels()->of[form.kernel](&form, 1, &tail, &value);
            if (!(fabsl(value - exact) <= QUANTILE_CLOSED_ERROR * fabsl(exact)))
                fail_msg("%s %g %g %g at tail %.17g: %.17g, not %.17Lg", cases[c].family,
                         cases[c].p[0], cases[c].p[1], cases[c].p[2], tail, value, exact);
        }
        arena_free(&arena);
    }
}

// What the incomplete functions may be off themselves (special.h).
static const double incomplete_error = 1e-12;

// Probability and density times value at the value; of the smaller tail.
static void gamma_check(double a, double tail, double x)
{
    const double found = tail < 0.5 ? special_gamma_survival(a, x) : special_gamma_cumulative(a, x);
    const double wanted = tail < 0.5 ? tail : 1 - tail, slope = special_gamma_log_density(a, x);

    if (!(fabs(found - wanted) <= QUANTILE_TABLE_ERROR * slope + incomplete_error * wanted))
        fail_msg("gamma %g at tail %.17g: %.17g, off by %g", a, tail, x, (found - wanted) / slope);
}

static void beta_check(double a, double b, double tail, double x)
{
    const double found =
        tail < 0.5 ? special_beta_survival(a, b, x) : special_beta_cumulative(a, b, x);
    const double wanted = tail < 0.5 ? tail : 1 - tail, scale = special_beta_log_scale(a, b);
    const double slope = special_beta_logit_density(a, b, scale, x, 1 - x) / (1 - x);

    if (1 - x < 1e-6)
        return; // a digit of x is more than the error allowed
    if (!(fabs(found - wanted) <= QUANTILE_TABLE_ERROR * slope + incomplete_error * wanted))
        fail_msg("beta %g %g at tail %.17g: %.17g, off by %g", a, b, tail, x,
                 (found - wanted) / slope);
}

static void tables_keep_their_error_for_all_shapes(void **state)
{
    static const double shapes[] = {0.05, 0.1, 0.5, 1, 1.3, 5, 40, 3000, 1e6};
    const size_t count = sizeof shapes / sizeof *shapes;

    (void)state;
    for (size_t k = 0; k < count * (count + 1); k++) {
        struct arena arena = {0};
        const double a = shapes[k / (count + 1)];
        const double b = k % (count + 1) < count ? shapes[k % (count + 1)] : 0; // 0: a gamma
        const struct quantile_form form = {
            .kernel = QUANTILE_TABLE,
            .c = {0, 1},
            .table = b > 0 ? quantile_table_beta(a, b, &arena) : quantile_table_gamma(a, &arena),
        };

        assert_non_null(form.table);
        for (int i = 0; i < 300; i++) {
            const double tail = stated_tail(i);
            double value;

            quantile_kernels()->of[QUANTILE_TABLE](&form, 1, &tail, &value);
            if (b > 0)
                beta_check(a, b, tail, value);
            else
                gamma_check(a, tail, value);
        }
        arena_free(&arena);
    }
}

static const char *const cells[] = {
    "uniform 3 7",
    "triangular 1 2 9",
    "triangular 0 0 100",
    "pert 1 2 9",
    "pert 1 2 9 from 1.5 to 5",
    "pert 0 0 1 8",
    "beta 0.05 0.05",
    "beta 0.3 0.7",
    "beta 20 3",
    "normal 5 2",
    "lognormal 10 1.5",
    "lognormal90 1e4 1e6",
    "exponential 40",
    "gamma 0.1 5",
    "gamma 70 2",
    "weibull 0.7 100",
    "weibull 3 100",
    "pareto 100 1.5",
    "lomax 100 2.5",
    "gpd 10 20 0.3",
    "gpd 10 20 -0.2",
    "gpd 10 20 0",
    "lognormal 10 2 cap 1e6",
    "normal 5 2 from 0",
    "mixture 0.5 (lognormal 8 1) 0.5 (pareto 1e4 2)",
    "mixture 0.5 (normal 0 1) 0.5 (normal 5 2)",
    "mixture 0.3 (0) 0.7 (pert 1 2 9)",
    "mixture 0.99 (lognormal 8 0.1) 0.01 (lognormal 20 0.1)",
    "splice lognormal 8 1 at 1e4 with gpd 1e4 5e3 0.3",
    "splice uniform 0 10 at 1 with pareto 1 1.5",
};

enum { TAILS = 3000 };

static void every_instruction_set_gives_the_same_bits(void **state)
{
    static const char *const names[] = {"generic", "v2", "v3", "v4"};
    static double tail[TAILS], first[TAILS], value[TAILS];
    int chosen = 0;

    (void)state;
    for (int i = 0; i < TAILS; i++) {
        tail[i] = random_between(0, 1);
        if (i % 3 == 0)
            tail[i] = exp2(-65 * tail[i]);
    }
    tail[0] = 1, tail[1] = 0x1p-65, tail[2] = 0.5;
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
        struct parsed parsed = parse(cells[c]);

        chosen = 0;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            if (!isa_choose(names[i]))
                continue;
            memset(value, 0, sizeof value);
            // lengths that are no multiple of a vector
            for (size_t from = 0, n = 1; from < TAILS; from += n, n = n % 97 + 1) {
                n = n < TAILS - from ? n : TAILS - from;
                distribution_quantile(parsed.x, n, tail + from, value + from);
            }
            if (chosen++ == 0)
                memcpy(first, value, sizeof value);
            else
                assert_memory_equal(first, value, sizeof value);
        }
        arena_free(&parsed.arena);
    }
    assert_true(chosen > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_answers_are_met),
        cmocka_unit_test(closed_forms_keep_their_error),
        cmocka_unit_test(tables_keep_their_error_for_all_shapes),
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
