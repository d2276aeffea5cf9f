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

// Relative error that the families state. A beta's is of the distance from the nearer end.
static double bound_of(const char *family)
{
    return strcmp(family, "gamma") == 0 || strcmp(family, "pert") == 0 ? 1e-10 : 1e-14;
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

static const char *const cells[] = {
    "uniform 3 7",
    "triangular 1 2 9",
    "pert 1 2 9",
    "pert 0 0 1 8",
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
    "splice lognormal 8 1 at 1e4 with gpd 1e4 5e3 0.3",
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
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
