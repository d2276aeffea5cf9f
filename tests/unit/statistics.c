// The statistics of annual losses, against their definitions and the coverage that they promise.
#include "measure/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"

enum { YEARS_MAX = 2000 };

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void sorting_sorts(void **state)
{
    static int64_t values[YEARS_MAX], expected[YEARS_MAX], scratch[YEARS_MAX];

    (void)state;
    for (int round = 0; round < 400; round++) {
        const size_t n = random_next() % YEARS_MAX;
        const int bits = (int)(random_next() % 63) + 1;

        for (size_t i = 0; i < n; i++)
            expected[i] = values[i] = (int64_t)(random_next() >> (64 - bits));
        qsort(expected, n, sizeof *expected, compare);
        losses_sort(values, scratch, n);
        assert_memory_equal(values, expected, n * sizeof *values);
    }
}

// Losses of all years, zeros included, ascending.
struct sample {
    uint64_t years;
    int64_t all[YEARS_MAX];
    struct ordered_losses ordered;
};

static void sample_make(struct sample *x, uint64_t years, int64_t range)
{
    uint64_t zeros = 0;

    x->years = years;
    for (uint64_t i = 0; i < years; i++)
        x->all[i] = random_between(0, 1) < 0.3
                        ? 0
                        : (int64_t)((double)range * random_between(0, 1) * random_between(0, 1));
    qsort(x->all, years, sizeof *x->all, compare);
    while (zeros < years && x->all[zeros] == 0)
        zeros++;
    x->ordered = (struct ordered_losses){years, years - zeros, x->all + zeros};
}

// inf{x: F(x) >= p} with p = 1 - beyond / years.
static int64_t var_by_definition(const struct sample *x, double beyond)
{
    for (uint64_t i = 0; i < x->years; i++) {
        uint64_t at_most = 0;

        for (uint64_t j = 0; j < x->years; j++)
            at_most += x->all[j] <= x->all[i];
        if ((double)at_most >= (double)x->years - beyond)
            return x->all[i];
    }
    return x->all[x->years - 1];
}

// The integral of VaR over the last `beyond` / years of probability, step by step.
static double tvar_by_definition(const struct sample *x, double beyond)
{
    double left = beyond, sum = 0;

    for (uint64_t i = x->years; i-- > 0 && left > 0; left--)
        sum += fmin(left, 1) * (double)x->all[i];
    return sum / beyond;
}

static void var_and_tvar_are_what_their_definitions_say(void **state)
{
    static struct sample x;

    (void)state;
    for (int round = 0; round < 600; round++) {
        const uint64_t years = 20 + random_next() % 300;
        // small ranges: many years of one loss, so that quantiles fall on atoms
        double beyond = (double)years * random_between(0, 1) * random_between(0, 1), error;

        if (round % 2)
            beyond = floor(beyond) + 1;
        sample_make(&x, years, round % 3 ? 1000000 : 5);
        assert_int_equal(losses_var(&x.ordered, beyond), var_by_definition(&x, beyond));
        assert_true(fabs(losses_tvar(&x.ordered, beyond, 1, &error) -
                         tvar_by_definition(&x, beyond)) <= 1e-9 * (1 + x.all[years - 1]));
        assert_true(error >= 0);
    }
}

static void moments_are_exact(void **state)
{
    static struct sample x;

    (void)state;
    for (int round = 0; round < 200; round++) {
        const uint64_t years = 2 + random_next() % 500;
        long double mean = 0, squares = 0;

        // up to 2^53: squares that no 64 bits hold
        sample_make(&x, years, round % 2 ? INT64_C(1) << 53 : 100);
        for (uint64_t i = 0; i < years; i++)
            mean += (long double)x.all[i] / years;
        for (uint64_t i = 0; i < years; i++)
            squares += ((long double)x.all[i] - mean) * ((long double)x.all[i] - mean);
        assert_true(fabsl(losses_deviation(&x.ordered, losses_sum(&x.ordered)) -
                          sqrtl(squares / (years - 1))) <= 1e-12L * (1 + mean));
        assert_true(fabsl((long double)losses_sum(&x.ordered) / years - mean) <= 1e-12L * mean);
    }
}

static void tails_need_no_order(void **state)
{
    static int64_t values[YEARS_MAX], scratch[YEARS_MAX];
    static const double shares[] = {0.9, 0.5, 0.2, 0.05, 0.004};
    enum { LEVELS = sizeof shares / sizeof *shares };

    (void)state;
    for (int round = 0; round < 200; round++) {
        struct sample x;
        double beyond[LEVELS], var[LEVELS], tvar[LEVELS];
        size_t n;

        sample_make(&x, 300 + random_next() % 1700, round % 2 ? INT64_C(1) << 53 : 100);
        n = x.ordered.count;
        memcpy(values, x.ordered.sorted, n * sizeof *values);
        for (size_t i = n; i > 1; i--) { // Fisher and Yates
            const size_t j = random_next() % i;
            const int64_t swap = values[i - 1];

            values[i - 1] = values[j];
            values[j] = swap;
        }
        for (size_t l = 0; l < LEVELS; l++)
            beyond[l] = shares[l] * (double)x.years;
        losses_tails(values, scratch, n, losses_sum(&x.ordered), beyond, LEVELS, 0.01, var, tvar);
        for (size_t l = 0; l < LEVELS; l++) {
            assert_true(var[l] == money_of_units((double)losses_var(&x.ordered, beyond[l]), 0.01));
            assert_true(fabs(tvar[l] - losses_tvar(&x.ordered, beyond[l], 0.01, NULL)) <=
                        4e-16 * tvar[l]);
        }
    }
}

enum { MANY = 20000, RANKS = 3 };

static int64_t some_loss(int shape, size_t i, size_t n)
{
    switch (shape) {
    case 0:
        return (int64_t)i + 1;
    case 1:
        return (int64_t)(n - i);
    case 2:
        return 7;
    case 3:
        return i % (n / 256) == 0 ? 1000000 : 1 + (int64_t)(random_next() % 1000); // all looked at
    case 4:
        return 1 + (int64_t)(random_next() % 4);
    default:
        return 1 + (int64_t)(random_next() >> (2 + random_next() % 60));
    }
}

// Among many, a sample says which are looked at: whatever it says, the answer is exact.
static void the_largest_of_many_need_no_order(void **state)
{
    static int64_t values[MANY], expected[MANY], scratch[MANY];

    (void)state;
    for (int round = 0; round < 60; round++) {
        const size_t n = 4000 + random_next() % (MANY - 4000);
        uint64_t rank[RANKS] = {1 + random_next() % n};
        unsigned __int128 sum[RANKS], all;
        int64_t value[RANKS];

        rank[1] = 1 + rank[0] / 2;
        rank[2] = 1 + rank[1] / 10;
        for (size_t i = 0; i < n; i++)
            expected[i] = values[i] = some_loss(round % 6, i, n);
        qsort(expected, n, sizeof *expected, compare);
        losses_largest(values, scratch, n, rank, RANKS, value, sum);
        for (size_t k = 0; k < RANKS; k++) {
            all = 0;
            for (size_t i = n - rank[k]; i < n; i++)
                all += (uint64_t)expected[i];
            assert_true(value[k] == expected[n - rank[k]]);
            assert_true(sum[k] == all);
        }
    }
}

static void ranks_are_whole_where_decimal_levels_are(void **state)
{
    (void)state;
    assert_true(years_beyond_quantile(1000, 0.995) == 5);
    assert_true(years_beyond_quantile(100000, 0.999) == 100);
    assert_true(years_beyond_quantile(1000000000, 0.99999) == 10000);
    assert_true(years_beyond_period(1000, 200) == 5);
    assert_true(fabs(years_beyond_quantile(1000, 0.9955) - 4.5) < 1e-9);
}

// Coverage of at least 95 % for the interval of a quantile, and of about 95 % for that of a mean of
// the worst years. 4000 samples: the share covered has a standard error below 0.0035, so that each
// bound below fails with probability under 1e-5 where the promise is kept (the seed is fixed).
static void intervals_cover_what_they_promise(void **state)
{
    enum { SAMPLES = 4000, YEARS = 1000 };
    static struct sample x;
    const double beyond = 50, scale = 1e6; // exponential law: VaR, TVaR known
    const double var = scale * log(YEARS / beyond), tvar = var + scale;
    int var_covered = 0, tvar_covered = 0;

    (void)state;
    for (int i = 0; i < SAMPLES; i++) {
        struct estimate e;
        double mean, error;

        x.years = YEARS;
        for (int j = 0; j < YEARS; j++)
            x.all[j] = (int64_t)(-scale * log(random_between(0, 1)));
        qsort(x.all, YEARS, sizeof *x.all, compare);
        x.ordered = (struct ordered_losses){YEARS, YEARS, x.all};
        e = losses_var_estimate(&x.ordered, beyond, 1);
        var_covered += e.lower <= var && var <= e.upper;
        assert_true(e.lower <= e.value && e.value <= e.upper);
        mean = losses_tvar(&x.ordered, beyond, 1, &error);
        tvar_covered += fabs(mean - tvar) <= 1.96 * error;
    }
    assert_true(var_covered >= SAMPLES * (0.95 - 0.015));
    // the normal interval of 50 skewed excesses covers a little less than it says
    assert_true(tvar_covered >= SAMPLES * 0.91 && tvar_covered <= SAMPLES * 0.97);
}

static void an_interval_that_no_sample_supports_is_open(void **state)
{
    static struct sample x;
    struct estimate e;

    (void)state;
    sample_make(&x, 100, 1000000);
    e = losses_var_estimate(&x.ordered, 0.5, 1);
    assert_true(isnan(e.upper) && !isnan(e.lower));
    e = losses_var_estimate(&x.ordered, 99.5, 1);
    assert_true(isnan(e.lower) && !isnan(e.upper));
}

static void money_is_rounded_once(void **state)
{
    (void)state;
    assert_true(money_of_units(110, 0.01) == 1.1);
    assert_true(money_of_units(29, 0.01) == 0.29);
    assert_true(money_of_units(7, 1) == 7 && money_of_units(7, 5) == 35);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorting_sorts),
        cmocka_unit_test(var_and_tvar_are_what_their_definitions_say),
        cmocka_unit_test(moments_are_exact),
        cmocka_unit_test(tails_need_no_order),
        cmocka_unit_test(the_largest_of_many_need_no_order),
        cmocka_unit_test(ranks_are_whole_where_decimal_levels_are),
        cmocka_unit_test(intervals_cover_what_they_promise),
        cmocka_unit_test(an_interval_that_no_sample_supports_is_open),
        cmocka_unit_test(money_is_rounded_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
