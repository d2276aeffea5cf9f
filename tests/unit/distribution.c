// Cells and composites. The families by themselves: tests/unit/families.c.
#include "models/distribution.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const double *read_values(void *context, const char *file, const char *column,
                                 const struct place *at, struct arena *arena, size_t *count,
                                 struct diagnostics *d)
{
    static const double values[] = {3, 1, 2, 2};

    (void)context, (void)column, (void)arena;
    if (strcmp(file, "losses.csv") != 0) {
        diagnostics_add(d, at, "cannot open %s", file);
        return NULL;
    }
    *count = 4;
    return values;
}

struct cell {
    struct arena arena;
    struct diagnostics *d;
    const struct distribution *x;
};

static struct cell parse(const char *text)
{
    struct cell cell = {.d = diagnostics_new()};
    const struct distribution_reader reader = {.arena = &cell.arena, .empirical = read_values};

    cell.x = distribution_parse(text, &(struct place){"s.csv", 2, "loss", text}, &reader, cell.d);
    return cell;
}

static struct cell parse_good(const char *text)
{
    struct cell cell = parse(text);

    diagnostics_print(cell.d, stderr);
    assert_non_null(cell.x);
    assert_int_equal(diagnostics_errors(cell.d), 0);
    return cell;
}

static void done(struct cell *cell)
{
    diagnostics_free(cell->d);
    arena_free(&cell->arena);
}

static void a_malformed_cell_says_what_is_wrong(void **state)
{
    static const struct {
        const char *cell, *message;
    } cases[] = {
        {"", "a distribution expected, but the cell ends"},
        {"   ", "a distribution expected, but the cell ends"},
        {"lognromal 1 2", "unknown distribution 'lognromal'; did you mean 'lognormal'?"},
        {"Normal 1 2", "unknown distribution 'Normal'; did you mean 'normal'?"},
        {"mixtur 0.5 (1) 0.5 (2)", "did you mean 'mixture'?"},
        {"cauchy 1 2", "unknown distribution 'cauchy'"},
        {"pert 1 2", "pert takes MIN MODE MAX [LAMBDA], found 2 numbers"},
        {"pert 1 2 3 4 5", "pert takes MIN MODE MAX [LAMBDA], found 5 numbers"},
        {"pert", "pert takes MIN MODE MAX [LAMBDA], found 0 numbers"},
        {"exponential", "exponential takes MEAN, found 0 numbers"},
        {"uniform 1", "uniform takes MIN MAX, found 1 number"},
        {"uniform 5 000 9 000", "thousands must not be separated by blanks"},
        {"uniform 3 2", "MAX"},
        {"normal 1 -2", "SD"},
        {"pert 5 1 9", "MODE"},
        {"normal nan 1", "'nan' is not a number"},
        {"normal inf 1", "'inf' is not a number"},
        {"normal 0x10 1", "'0x10' is not a number"},
        {"normal 1e999 1", "'1e999' is not a number"},
        {"nan", "unknown distribution 'nan'"},
        {"inf", "unknown distribution 'inf'"},
        {"0x10", "'0x10' is not a number"},
        {"1e999", "'1e999' is not a number"},
        {"12,5", "decimal comma: write 12.5"},
        {"normal 12,5 3", "decimal comma: write 12.5"},
        {"15 %", "percentage: write 0.15"},
        {"uniform 10 % 20 %", "percentage: write 0.15 for 15 %"},
        {"uniform 10% 20%", "percentage: write 0.1"},
        {"1 000 000", "separators of thousands: write 1000000"},
        {"1'000'000", "separators of thousands: write 1000000"},
        {"pert 1,000,000 2e6 3e6", "separators of thousands: write 1000000"},
        {"EUR 50k", "write the plain number, 50000"},
        {"50k", "write the plain number, 50000"},
        {"uniform 50k 60k", "write the plain number, 50000"},
        {"#N/A", "error value of a spreadsheet"},
        {"normal #REF! 2", "error value of a spreadsheet"},
        {"2024-05-12", "a date"},
        {"uniform 1-May 2", "a date"},
        {"1 2", "a bare number stands alone"},
        {"5 pert", "a bare number stands alone"},
        {"normal 1 2 fro 3", "'fro' is not a number; did you mean 'from'?"},
        {"normal 1 2 from", "a number behind 'from' expected, but the cell ends"},
        {"normal 1 2 from to 3", "a number behind 'from' expected, found 'to'"},
        {"normal 1 2 to x", "'x' is not a number"},
        {"normal 1 2 from 0 from 1", "'from' is given twice"},
        {"normal 1 2 to 5 to 6", "'to' is given twice"},
        {"normal 1 2 cap 5 cap 6", "'cap' is given twice"},
        {"normal 1 2 from 5 to 2", "'from' 5 is above 'to' 2"},
        {"normal 1 2 from 5 cap 2", "'from' 5 is above 'cap' 2"},
        {"normal 0 1 from 10", "of the probability"},
        {"uniform 0 1 from 2", "of the probability"},
        {"uniform 0 1 to -1", "of the probability"},
        {"uniform 5 6 cap 4", "cap 4 is below the smallest possible value, 5"},
        {"from 0 to 3", "a distribution expected, found 'from'"},
        {"(normal 1 2", "')' expected, but the cell ends"},
        {"normal 1 2)", "no '(' belongs to the ')'"},
        {"()", "a distribution expected, found ')'"},
        {")", "a distribution expected, found ')'"},
        {"normal 1 2 (3)", "the end of the cell expected, found '('"},
        {"normal 1 2 at 3", "the end of the cell expected, found 'at'"},
        {"mixture", "a weight, as in mixture"},
        {"mixture (normal 1 2)", "a weight, as in mixture"},
        {"mixture 0.5 normal 1 2", "'(' and a distribution expected, found 'normal'"},
        {"mixture 0.5 (normal 1 2) 0.4 (normal 2 2)", "must sum to 1, found 0.9"},
        {"mixture 1.5 (1) -0.5 (2)", "must lie in [0, 1], found 1.5"},
        {"mixture x (1) 1 (2)", "'x' is not a number"},
        {"mixture 0.5 (1) 0.5", "'(' and a distribution expected, but the cell ends"},
        {"product (1)", "'(' and a distribution expected, but the cell ends"},
        {"product 1 2", "'(' and a distribution expected, found '1'"},
        {"product (1) (2) (3)", "product takes two factors"},
        {"product (product (1) (2)) (product (3) (product (4) (5)))", "at most 4 factors"},
        {"splice lognormal 1 1", "'at' and the value where the tail begins expected"},
        {"splice lognormal 1 1 at", "a number behind 'at' expected"},
        {"splice lognormal 1 1 at 5", "'with' and the tail expected"},
        {"splice lognormal 1 1 at 5 with", "a distribution expected, but the cell ends"},
        {"splice uniform 0 1 at 5 with pareto 5 2", "the body never exceeds 5"},
        {"splice uniform 6 7 at 5 with pareto 5 2", "the body has nothing up to 5"},
        {"splice lognormal 1 1 at 5 with uniform 0 1", "the tail holds 0 of its probability"},
        {"splice (product (1) (lognormal 1 1)) at 5 with pareto 5 2", "cannot contain a product"},
        {"product (normal 0 1) (normal 0 1) from 50", "of the probability"},
        {"product (product (uniform 0 1) (uniform 0 1) to 0.5) (uniform 0 2) to 0.5",
         "truncate the factors instead"},
        {"empirical", "FILE:COLUMN expected, but the cell ends"},
        {"empirical losses.csv", "FILE:COLUMN expected, found 'losses.csv'"},
        {"empirical losses.csv:", "FILE:COLUMN expected"},
        {"empirical :loss", "FILE:COLUMN expected"},
        {"empirical other.csv:loss", "cannot open other.csv"},
        {"empirical losses.csv:loss 3", "the end of the cell expected, found '3'"},
        {"((((((((((((((((((((1))))))))))))))))))))", "nested more than"},
        {"splice splice splice splice splice splice splice splice splice splice splice splice "
         "splice splice splice splice splice splice 1",
         "nested more than"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cell cell = parse(cases[i].cell);
        bool said = false;

        for (uint64_t k = 0; k < diagnostics_kept(cell.d); k++)
            said = said || strstr(diagnostics_get(cell.d, k)->message, cases[i].message);
        if (!said || cell.x) {
            diagnostics_print(cell.d, stderr);
            fail_msg("'%s' does not say '%s'", cases[i].cell, cases[i].message);
        }
        done(&cell);
    }
}

static void all_errors_of_a_cell_are_reported(void **state)
{
    struct cell cell = parse("mixture 0.5 (nrmal 1 2) 0.5 (uniform 1,5 x) to y");

    (void)state;
    assert_int_equal(diagnostics_errors(cell.d), 4);
    done(&cell);
}

static void a_cell_that_is_too_long_is_an_error(void **state)
{
    char text[5001];
    struct cell cell;

    (void)state;
    memset(text, ' ', 5000);
    text[0] = '1';
    text[5000] = '\0';
    cell = parse(text);
    assert_null(cell.x);
    assert_non_null(strstr(diagnostics_get(cell.d, 0)->message, "at most 4096 bytes"));
    done(&cell);
}

static uint64_t splitmix(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void any_words_parse_or_are_reported(void **state)
{
    static const char *const words[] = {
        "normal", "uniform", "mixture", "splice", "product", "(",         ")",
        "at",     "with",    "from",    "to",     "cap",     "0.5",       "1",
        "2",      "1e6",     "%",       "nan",    "12,5",    "pert",      "(",
        ")",      "0.5",     "1",       "2",      "\xFF",    "empirical", "losses.csv:x"};
    uint64_t seed = 7;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        const size_t length = splitmix(&seed) % 20;
        char text[600] = "";
        struct cell cell;

        for (size_t k = 0; k < length; k++) {
            strcat(text, words[splitmix(&seed) % (sizeof words / sizeof words[0])]);
            strcat(text, " ");
        }
        cell = parse(text);
        assert_int_equal(cell.x == NULL, diagnostics_errors(cell.d) > 0);
        done(&cell);
    }
}

static void moments_agree_with_closed_forms(void **state)
{
    const double pareto_to = (1 - pow(1e6, -0.2)) / (1 - pow(1e6, -1.2)) * 6;
    const double half_normal = sqrt(2 / M_PI);
    const struct {
        const char *cell;
        double mean, variance;
    } cases[] = {
        {"5", 5, 0},
        {" ( 5 ) ", 5, 0},
        {"constant 5", 5, 0},
        {"uniform 0 1 from 0.5", 0.75, 1 / 48.0},
        {"uniform 0 1 from -1 to 3", 0.5, 1 / 12.0}, // nothing is removed
        {"uniform 0 1 cap 0.5", 0.375, 1 / 24.0 + 0.125 - 0.140625},
        {"normal 0 1 from 0", half_normal, 1 - 2 / M_PI},
        {"exponential 2 from 3", 5, 4}, // without memory
        {"exponential 2 cap 2", 2 * (1 - exp(-1)), 4 * (1 - 2 * exp(-1) - exp(-2))},
        {"pareto 1 1.2 to 1e6", pareto_to, NAN},
        {"pareto 1 1.2 from 2", 12, HUGE_VAL}, // a pareto of xm 2
        {"pareto 1 1.01 from 2", 202, HUGE_VAL},
        {"pareto 1 1 cap 10", 1 + log(10), 2 * 10 - 1 - (1 + log(10)) * (1 + log(10))},
        {"pareto 1 1", HUGE_VAL, HUGE_VAL},
        {"pareto 1 0.9 from 2", HUGE_VAL, HUGE_VAL},
        {"gpd 0 1 1", HUGE_VAL, HUGE_VAL},
        {"empirical losses.csv:loss", 2, 0.5},
        {"empirical losses.csv:loss from 2", 7 / 3.0, 2 / 9.0},
        {"empirical losses.csv:loss to 2", 5 / 3.0, 2 / 9.0},
        {"empirical losses.csv:loss cap 2", 1.75, 0.1875},
        {"mixture 0.5 (normal 0 1) 0.5 (normal 5 2)", 2.5, 8.75},
        {"mixture 0.25 (0) 0.75 (exponential 4)", 3, 15},
        {"mixture 1 (5) 0 (pareto 1 0.5)", 5, 0},
        {"mixture 0.5 (1) 0.5 (pareto 1 1)", HUGE_VAL, HUGE_VAL},
        {"mixture 0.5 (uniform 0 1) 0.5 (uniform 1 2) from 1", 1.5, 1 / 12.0},
        {"splice uniform 0 2 at 1 with uniform 1 2", 1, 1 / 3.0},
        {"splice exponential 2 at 3 with exponential 2", 2, 4},
        {"splice uniform 0 2 at 1 with pareto 1 1.5", 0.25 + 1.5, HUGE_VAL},
        {"splice uniform 0 2 at 1 with pareto 1 0.5", HUGE_VAL, HUGE_VAL},
        {"product (uniform 0 1) (uniform 0 1)", 0.25, 1 / 9.0 - 1 / 16.0},
        {"product (2) (product (3) (uniform 0 2))", 6, 12},
        {"product (uniform 0 1) (pareto 1 0.5)", HUGE_VAL, HUGE_VAL},
        {"product (0) (pareto 1 0.5)", 0, 0},
        // E[UV; UV <= c] = c^2 / 4 - c^2 log(c) / 2, P(UV <= c) = c - c log c
        {"product (uniform 0 1) (uniform 0 1) to 0.5",
         (0.0625 + 0.125 * log(2)) / (0.5 + 0.5 * log(2)), NAN},
        {"product (uniform 0 1) (uniform 0 1) cap 0.5",
         0.0625 + 0.125 * log(2) + 0.5 * (0.5 - 0.5 * log(2)), NAN},
        {"mixture 0.5 (0) 0.5 (product (uniform 0 1) (uniform 0 1))", 0.125, NAN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cell cell = parse_good(cases[i].cell);
        const double mean = distribution_mean(cell.x), variance = distribution_variance(cell.x);
        const double size = 1e-11 * (fabs(cases[i].mean) + 1e-300);
        const bool mean_good = mean == cases[i].mean || fabs(mean - cases[i].mean) <= size;
        const bool variance_good = isnan(cases[i].variance) || variance == cases[i].variance ||
                                   fabs(variance - cases[i].variance) <= 1e-10 * cases[i].variance;

        if (!mean_good || !variance_good)
            fail_msg("%s: mean %.17g, variance %.17g", cases[i].cell, mean, variance);
        done(&cell);
    }
}

static const char *const univariate[] = {
    "normal 3 1 from 0",
    "normal 0 1 from 4",
    "lognormal 10 1 to 1e5",
    "pareto 1 1.2 from 5 to 1e6",
    "pareto 1 0.8 cap 1e6",
    "empirical losses.csv:loss",
    "empirical losses.csv:loss from 2",
    "mixture 0.5 (normal 0 1) 0.5 (normal 5 2)",
    "mixture 0.9 (lognormal 10 1) 0.1 (pareto 1e5 1.5 cap 1e7)",
    "mixture 0.5 (0) 0.5 (exponential 3)",
    "mixture 0.2 (uniform 0 1) 0.3 (2) 0.5 (uniform 3 4)",
    "mixture 0.5 (empirical losses.csv:loss) 0.5 (uniform 1 2)",
    "mixture 0.000001 (pareto 1e6 1.1) 0.999999 (uniform 0 1)",
    "mixture 0.99 (lognormal 8 0.1) 0.01 (lognormal 20 0.1)",
    "mixture 0.9999 (uniform 0 1) 0.0001 (normal 0.5 1e-6)", // hidden between any grid's points
    "mixture 0.3 (0) 0.7 (pert 1 2 9)",
    "mixture 0.4 (lognormal 8 1) 0.3 (gamma 2 5e4) 0.3 (gpd 1e5 5e4 0.4)",
    "splice lognormal 10 1 at 1e5 with gpd 1e5 2e4 0.3 cap 5e6",
    "splice uniform 0 10 at 1 with pareto 1 1.5", // a body that is the rarer side
    "splice (mixture 0.5 (0) 0.5 (exponential 1)) at 2 with (pareto 1 1.5 to 100)",
    "mixture 0.5 (splice uniform 0 2 at 1 with pareto 1 2) 0.5 (mixture 0.5 (1) 0.5 (7)) cap 50",
};
enum { UNIVARIATE = sizeof univariate / sizeof univariate[0], TAILS = 4000 };

// Ascending, from 2^-45 to 1 - 2^-40, geometric at both ends. (What `from` keeps 1e-6 of asks its
// inner law for tails 2^-20 times these.)
static void fill_tails(double tail[TAILS])
{
    for (int i = 0; i < TAILS; i++) {
        const double e = -44 + 44.0 * i / (TAILS / 2);

        tail[i] = i < TAILS / 2 ? exp2(e - 1) : 1 - exp2(-1 - 39.0 * (i - TAILS / 2) / (TAILS / 2));
    }
}

static void a_value_is_exceeded_with_the_probability_of_its_tail(void **state)
{
    static double tail[TAILS], value[TAILS];

    (void)state;
    fill_tails(tail);
    for (size_t c = 0; c < UNIVARIATE; c++) {
        struct cell cell = parse_good(univariate[c]);

        distribution_quantile(cell.x, TAILS, tail, value);
        for (size_t i = 0; i < TAILS; i++) {
            const double width = fmax(1e-11 * fabs(value[i]), 1e-13);
            const double above = distribution_survival(cell.x, value[i] + width);
            const double at_least = 1 - distribution_at_most_strict(cell.x, value[i] - width);

            if (tail[i] < above * (1 - 1e-9) - 1e-16 || tail[i] > at_least * (1 + 1e-9) + 1e-16)
                fail_msg("%s at tail %.17g: %.17g, exceeded with %.17g to %.17g", univariate[c],
                         tail[i], value[i], above, at_least);
        }
        done(&cell);
    }
}

static void a_smaller_tail_never_gives_a_smaller_value(void **state)
{
    static double tail[TAILS], value[TAILS];

    (void)state;
    for (int close = 0; close < 2; close++) {
        fill_tails(tail);
        for (size_t i = 0; close && i < TAILS; i++)
            tail[i] = 0.3 + 0x1p-52 * (double)i; // neighbours
        for (size_t c = 0; c < UNIVARIATE; c++) {
            struct cell cell = parse_good(univariate[c]);
            double low, high;

            distribution_quantile(cell.x, TAILS, tail, value);
            distribution_support(cell.x, &low, &high);
            for (size_t i = 0; i < TAILS; i++) {
                assert_true(value[i] >= low && value[i] <= high);
                if (i > 0 && value[i] > value[i - 1] + QUANTILE_TABLE_ERROR * fabs(value[i]))
                    fail_msg("%s at tails %.17g %.17g: %.17g, %.17g", univariate[c], tail[i - 1],
                             tail[i], value[i - 1], value[i]);
            }
            done(&cell);
        }
    }
}

static void an_atom_is_met_exactly(void **state)
{
    const double tail[] = {0.6, 0.75, 0.25};
    double value[3];
    struct cell cell = parse_good("mixture 0.5 (2) 0.25 (uniform 0 1) 0.25 (uniform 3 4)");

    (void)state;
    distribution_quantile(cell.x, 3, tail, value);
    assert_true(value[0] == 2);
    assert_true(distribution_survival(cell.x, 2) == 0.25);
    assert_true(distribution_at_most_strict(cell.x, 2) == 0.25);
    done(&cell);
}

static void an_ending_behind_a_splice_belongs_to_the_splice(void **state)
{
    struct cell whole = parse_good("splice uniform 0 2 at 1 with uniform 1 3 to 2");
    struct cell tail = parse_good("splice uniform 0 2 at 1 with (uniform 1 3 to 2)");

    (void)state;
    assert_true(fabs(distribution_survival(whole.x, 1) - 1 / 3.0) < 1e-15);
    assert_true(fabs(distribution_survival(tail.x, 1) - 1 / 2.0) < 1e-15);
    done(&whole);
    done(&tail);
}

// A tail source: a pure function of (draw, item).
struct source {
    uint64_t first_item;
    unsigned largest_draw;
};

static void tails_of(void *context, unsigned draw, size_t n, double *tail)
{
    struct source *source = context;

    source->largest_draw = draw > source->largest_draw ? draw : source->largest_draw;
    for (size_t i = 0; i < n; i++) {
        uint64_t seed = ((source->first_item + i) << 20) + draw;

        splitmix(&seed);
        tail[i] = ((double)(splitmix(&seed) >> 11) + 0.5) * 0x1p-53;
    }
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

enum { SAMPLE = 32 * DISTRIBUTION_BATCH };

// sqrt(n) times the largest distance between the sample's law and x's, atoms allowed for.
static double kolmogorov(const struct distribution *x, double *value)
{
    double worst = 0;

    qsort(value, SAMPLE, sizeof *value, ascending);
    for (size_t i = 0; i < SAMPLE; i += 64) {
        const double below = distribution_at_most_strict(x, value[i]);
        const double up_to = 1 - distribution_survival(x, value[i]);

        worst = fmax(worst, fmax(below - (double)(i + 1) / SAMPLE, (double)i / SAMPLE - up_to));
    }
    return worst * sqrt(SAMPLE);
}

// The draws are fixed. Of others, each case would fail with probability 2 exp(-2 2.8^2) = 3e-7.
static void draws_follow_the_law(void **state)
{
    static const struct {
        const char *cell;
        unsigned draws;
    } cases[] = {
        {"product (uniform 0 1) (uniform 0 1)", 2},
        {"product (lognormal 1 1) (normal 1 3)", 2},
        {"product (lognormal 1 1) (uniform 1 3) to 20", 2},
        {"product (lognormal 1 1) (normal 1 3) from 0 cap 20", 2},
        {"product (uniform 0 1) (product (uniform 0 1) (uniform 0 1))", 3},
        {"product (product (uniform 0 1) (uniform 0 1) from 0.25) (uniform 1 2)", 3},
        {"mixture 0.3 (product (uniform 0 1) (uniform 1 2)) 0.7 (exponential 1)", 3},
        {"mixture 0.5 (2) 0.5 (product (uniform 0 1) (uniform 1 4) from 1)", 3},
        {"mixture 0.5 (2) 0.5 (uniform 0 4)", 1},
    };
    static double value[SAMPLE];

    (void)state;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct cell cell = parse_good(cases[c].cell);
        double distance;

        assert_int_equal(distribution_draws(cell.x), cases[c].draws);
        for (size_t i = 0; i < SAMPLE; i += DISTRIBUTION_BATCH) {
            struct source source = {i, 0};

            distribution_draw(cell.x, DISTRIBUTION_BATCH, tails_of, &source, value + i);
        }
        distance = kolmogorov(cell.x, value);
        if (!(distance < 2.8))
            fail_msg("%s: %g", cases[c].cell, distance);
        done(&cell);
    }
}

static void a_product_has_the_law_of_its_closed_form(void **state)
{
    struct cell cell = parse_good("product (uniform 0 1) (uniform 0 1)");
    struct cell sign = parse_good("product (normal 0 1) (uniform 0 1)");

    (void)state;
    for (double x = 0.05; x < 1; x += 0.05) {
        assert_true(fabs(distribution_survival(cell.x, x) - (1 - x + x * log(x))) < 1e-13);
        assert_true(fabs(distribution_survival(sign.x, x) + distribution_survival(sign.x, -x) - 1) <
                    1e-13);
    }
    done(&cell);
    done(&sign);
}

static void a_rejected_value_does_not_depend_on_its_neighbours(void **state)
{
    struct cell cell = parse_good("product (lognormal 1 1) (uniform 1 3) from 20");
    double together[DISTRIBUTION_BATCH], alone;
    struct source source = {0, 0};

    (void)state;
    distribution_draw(cell.x, DISTRIBUTION_BATCH, tails_of, &source, together);
    assert_true(source.largest_draw > 10);
    for (size_t i = 0; i < 50; i++) {
        struct source one = {i, 0};

        distribution_draw(cell.x, 1, tails_of, &one, &alone);
        assert_true(alone == together[i]);
        assert_true(alone >= 20);
    }
    done(&cell);
}

static double identity(double value, void *context)
{
    (void)context;
    return value;
}

static double above_two(double value, void *context)
{
    (void)context;
    return value > 2;
}

static void expectations_agree_with_means_and_tails(void **state)
{
    const double two = 2;

    (void)state;
    for (size_t c = 0; c < UNIVARIATE; c++) {
        struct cell cell = parse_good(univariate[c]);
        const double p = distribution_expectation(cell.x, above_two, NULL, &two, 1);
        const double mean = distribution_expectation(cell.x, identity, NULL, NULL, 0);

        if (!(fabs(p - distribution_survival(cell.x, 2)) < 1e-12))
            fail_msg("%s: P(X > 2) = %.17g", univariate[c], p);
        if (!(fabs(mean / distribution_mean(cell.x) - 1) < 1e-9))
            fail_msg("%s: mean %.17g or %.17g", univariate[c], mean, distribution_mean(cell.x));
        done(&cell);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_malformed_cell_says_what_is_wrong),
        cmocka_unit_test(all_errors_of_a_cell_are_reported),
        cmocka_unit_test(a_cell_that_is_too_long_is_an_error),
        cmocka_unit_test(any_words_parse_or_are_reported),
        cmocka_unit_test(moments_agree_with_closed_forms),
        cmocka_unit_test(a_value_is_exceeded_with_the_probability_of_its_tail),
        cmocka_unit_test(a_smaller_tail_never_gives_a_smaller_value),
        cmocka_unit_test(an_atom_is_met_exactly),
        cmocka_unit_test(an_ending_behind_a_splice_belongs_to_the_splice),
        cmocka_unit_test(draws_follow_the_law),
        cmocka_unit_test(a_product_has_the_law_of_its_closed_form),
        cmocka_unit_test(a_rejected_value_does_not_depend_on_its_neighbours),
        cmocka_unit_test(expectations_agree_with_means_and_tails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
