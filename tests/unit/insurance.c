#include "models/insurance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "models/portfolio.h"
#include "random.h"

enum { ALL_FORMS = (1 << LOSS_FORMS) - 1, PARTS = 9, EVENTS = 12, ROWS = 7 };

// A row without limits that pays all, of which a test changes what it is about.
static struct insurance_layer row_of(const char *policy, unsigned forms, double retention,
                                     double limit)
{
    return (struct insurance_layer){
        .treatment = NO_ROW,
        .policy = policy,
        .forms = forms,
        .retention = retention,
        .limit = limit,
        .share = 1,
        .aggregate_limit = HUGE_VAL,
    };
}

static int64_t whole_between(int64_t low, int64_t high)
{
    return low + (int64_t)(random_next() % (uint64_t)(high - low + 1));
}

// Half of all amounts are small, so that limits, ties and zeros meet.
static int64_t some_amount(void)
{
    return random_next() % 2 ? whole_between(0, 20) : whole_between(0, 5000000);
}

static struct insurance_layer some_row(void)
{
    struct insurance_layer row = row_of("p", ALL_FORMS, (double)some_amount(), HUGE_VAL);

    if (random_next() % 4)
        row.limit = (double)some_amount();
    if (random_next() % 2)
        row.share = (double)(random_next() % 1000) / 999;
    if (random_next() % 3 == 0)
        row.aggregate_retention = (double)some_amount();
    if (random_next() % 2)
        row.aggregate_limit = (double)some_amount();
    row.basis = random_next() % 3 ? BASIS_EVENT : BASIS_YEAR;
    return row;
}

static int64_t one_event(const struct insurance_terms *terms, int64_t loss)
{
    int64_t running = 0;

    return insurance_layer_event(terms, loss, &running);
}

// ------------------------------------------------------------------------------------- one layer

// Net = G - min(max(0, G - D), L), D = 100000, L = 500000.
static void a_loss_is_paid_between_retention_and_limit(void **state)
{
    static const int64_t gross[] = {0, 80000, 100000, 300000, 600000, 900000};
    static const int64_t net[] = {0, 80000, 100000, 100000, 100000, 400000};
    const struct insurance_layer row = row_of("p", ALL_FORMS, 100000, 500000);
    const struct insurance_terms terms = insurance_terms_make(&row, 0.01);

    (void)state;
    for (size_t i = 0; i < sizeof gross / sizeof *gross; i++)
        assert_int_equal(gross[i] * 100 - one_event(&terms, gross[i] * 100), net[i] * 100);
}

static double ceded_of(double loss, void *context)
{
    return (double)one_event(context, llrint(loss * 100)) / 100;
}

// Closed form by limited expected values, LEV(750000) - LEV(250000), printed to three decimals; a
// loss in cents is off by half of one at most.
static void the_mean_of_a_layer_is_the_closed_form(void **state)
{
    static const double breaks[] = {250000, 750000};
    const struct insurance_layer row = row_of("p", ALL_FORMS, 250000, 500000);
    struct insurance_terms terms = insurance_terms_make(&row, 0.01);
    struct arena arena = {0};
    struct diagnostics *d = diagnostics_new();
    const struct distribution_reader reader = {.arena = &arena};
    const struct distribution *x =
        distribution_parse("lognormal90 100000 1000000", NULL, &reader, d);
    double ceded;

    (void)state;
    assert_non_null(x);
    ceded = distribution_expectation(x, ceded_of, &terms, breaks, 2);
    assert_true(fabs(ceded - 147067.740) < 0.0055);
    assert_true(fabs(distribution_mean(x) - ceded - 256933.542) < 0.0065);
    assert_true(fabs(0.3 * (distribution_mean(x) - ceded) - 77080.063) < 0.0025);
    diagnostics_free(d);
    arena_free(&arena);
}

static void money_becomes_the_units_that_it_says(void **state)
{
    static const struct {
        double money, resolution;
        int64_t units;
    } cases[] = {
        {0, 0.01, 0},
        {0.07, 0.01, 7},
        {1.15, 0.01, 115},
        {250000, 0.01, 25000000},
        {10995116277.76, 0.01, 1099511627776},
        {1e6, 1000, 1000},
        {1499, 1000, 1},
        {HUGE_VAL, 0.01, INT64_MAX},
        {0x1p63, 1, INT64_MAX},
        {9e17, 0.01, INT64_MAX},
        {0x1.fffffffffffffp62, 1, INT64_MAX - 1023},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct insurance_layer row = row_of("p", ALL_FORMS, cases[i].money, HUGE_VAL);

        assert_int_equal(insurance_terms_make(&row, cases[i].resolution).retention, cases[i].units);
    }
}

static void a_share_is_rounded_once_with_halves_up(void **state)
{
    static const struct {
        double share;
        int64_t loss, ceded;
    } cases[] = {
        {0.5, 1, 1},         {0.5, 3, 2},
        {0.9, 5, 5}, // 4.5 in decimals
        {0.7, 5, 4}, // 3.5, though the double 0.7 is below 7/10
        {0.1, 4, 0},         {0.1, 5, 1},
        {0.333333333, 3, 1}, {1, INT64_MAX, INT64_MAX},
        {0, INT64_MAX, 0},   {0.5, INT64_MAX, INT64_C(1) << 62}, // half of 2^63 - 1, up
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct insurance_layer row = row_of("p", ALL_FORMS, 0, HUGE_VAL);
        struct insurance_terms terms;

        row.share = cases[i].share;
        terms = insurance_terms_make(&row, 1);
        assert_int_equal(one_event(&terms, cases[i].loss), cases[i].ceded);
    }
}

static void a_share_is_that_of_wide_arithmetic(void **state)
{
    (void)state;
    for (int n = 0; n < 200000; n++) {
        struct insurance_layer row = row_of("p", ALL_FORMS, 0, HUGE_VAL);
        const int64_t loss = (int64_t)(random_next() >> (1 + random_next() % 63));
        struct insurance_terms terms;

        row.share = random_between(0, 1);
        terms = insurance_terms_make(&row, 1);
        assert_int_equal(
            one_event(&terms, loss),
            (int64_t)(((__int128)loss * terms.share_billionths + 500000000) / 1000000000));
    }
}

static void a_layer_pays_no_more_than_the_loss_and_more_for_more(void **state)
{
    (void)state;
    for (int n = 0; n < 200000; n++) {
        const struct insurance_layer row = some_row();
        const struct insurance_terms terms = insurance_terms_make(&row, 1);
        const int64_t before = some_amount(), loss = some_amount(), more = some_amount();
        int64_t a = before, b = before;
        const int64_t ceded = insurance_layer_event(&terms, loss, &a);
        const int64_t ceded_more = insurance_layer_event(&terms, loss + more, &b);

        assert_in_range(ceded, 0, loss);
        assert_in_range(ceded_more, ceded, ceded + more); // what is kept grows, too
    }
}

// In wide numbers, from the definition, without events.
static int64_t year_by_definition(const struct insurance_terms *t, const int64_t *loss)
{
    int64_t sum = 0, total = 0;

    for (size_t i = 0; i <= EVENTS; i++) {
        int64_t x = i < EVENTS ? loss[i] : sum;

        sum += x;
        if ((t->basis == BASIS_YEAR) != (i == EVENTS))
            continue;
        x = x > t->retention ? x - t->retention : 0;
        x = x < t->limit ? x : t->limit;
        total += (int64_t)(((__int128)x * t->share_billionths + 500000000) / 1000000000);
    }
    total = total > t->aggregate_retention ? total - t->aggregate_retention : 0;
    return total < t->aggregate_limit ? total : t->aggregate_limit;
}

static int64_t year_by_events(const struct insurance_terms *terms, const int64_t *loss)
{
    int64_t running = 0, sum = 0;

    for (size_t i = 0; i < EVENTS; i++)
        sum += insurance_layer_event(terms, loss[i], &running);
    assert_int_equal(sum, insurance_layer_year(terms, running));
    return sum;
}

static void a_year_is_exact_and_knows_no_order_of_events(void **state)
{
    (void)state;
    for (int n = 0; n < 50000; n++) {
        const struct insurance_layer row = some_row();
        const struct insurance_terms terms = insurance_terms_make(&row, 1);
        int64_t loss[EVENTS];

        for (size_t i = 0; i < EVENTS; i++)
            loss[i] = some_amount();
        assert_int_equal(year_by_events(&terms, loss), year_by_definition(&terms, loss));
        for (size_t i = EVENTS - 1; i > 0; i--) {
            const size_t j = random_next() % (i + 1);
            const int64_t swapped = loss[i];

            loss[i] = loss[j];
            loss[j] = swapped;
        }
        assert_int_equal(year_by_events(&terms, loss), year_by_definition(&terms, loss));
    }
}

// 300 each, of which the year's first 500 are kept and the next 700 paid.
static void aggregates_are_used_up_in_the_order_of_events(void **state)
{
    static const int64_t paid[] = {0, 100, 300, 300, 0, 0};
    struct insurance_layer row = row_of("p", ALL_FORMS, 0, HUGE_VAL);

    (void)state;
    for (int basis = 0; basis < 2; basis++) {
        struct insurance_terms terms;
        int64_t running = 0;

        if (basis == BASIS_YEAR) {
            row.retention = 500, row.limit = 700;
            row.aggregate_retention = 0, row.aggregate_limit = HUGE_VAL;
        } else {
            row.aggregate_retention = 500, row.aggregate_limit = 700;
        }
        row.basis = (enum insurance_basis)basis;
        terms = insurance_terms_make(&row, 1);
        for (size_t i = 0; i < sizeof paid / sizeof *paid; i++)
            assert_int_equal(insurance_layer_event(&terms, 300, &running), paid[i]);
    }
}

static void a_year_beyond_all_numbers_stays_at_the_last(void **state)
{
    (void)state;
    for (int basis = 0; basis < 2; basis++) {
        struct insurance_layer row = row_of("p", ALL_FORMS, 0, HUGE_VAL);
        struct insurance_terms terms;
        int64_t running = 0, sum = 0;

        row.basis = (enum insurance_basis)basis;
        terms = insurance_terms_make(&row, 1);
        sum += insurance_layer_event(&terms, INT64_MAX - 5, &running);
        sum += insurance_layer_event(&terms, 100, &running);
        assert_int_equal(sum, INT64_MAX);
        assert_int_equal(insurance_layer_event(&terms, INT64_MAX, &running), 0);
        assert_int_equal(running, INT64_MAX);
    }
}

// ------------------------------------------------------------------------------------- allotting

static void known_apportionments_are_met(void **state)
{
    static const struct {
        int64_t amount, weight[4], part[4];
    } cases[] = {
        {0, {1, 2, 3, 4}, {0, 0, 0, 0}},
        {0, {0, 0, 0, 0}, {0, 0, 0, 0}},
        {10, {1, 2, 3, 4}, {1, 2, 3, 4}},
        {1, {5, 5, 5, 5}, {1, 0, 0, 0}}, // ties: the first
        {2, {0, 5, 5, 5}, {0, 1, 1, 0}},
        {3, {1, 2, 0, 4}, {0, 1, 0, 2}},    // 3/7, 6/7, 0, 12/7
        {5, {10, 15, 25, 0}, {1, 2, 2, 0}}, // 1, 1.5, 2.5: the first of equal remainders
        {INT64_MAX - 1, {INT64_MAX - 2, 1, 1, 0}, {INT64_MAX - 3, 1, 1, 0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t part[4], remainder[4];

        insurance_allot(cases[i].amount, 4, cases[i].weight, part, remainder);
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(part[k], cases[i].part[k]);
    }
}

// Hamilton's method as it is told: the largest remainder, one after the other.
static void apportion_slowly(int64_t amount, size_t n, const int64_t *weight, int64_t *part)
{
    __int128 remainder[PARTS], total = 0;

    for (size_t i = 0; i < n; i++)
        total += weight[i];
    for (size_t i = 0; i < n; i++) {
        part[i] = total ? (int64_t)(amount * (__int128)weight[i] / total) : 0;
        remainder[i] = total ? amount * (__int128)weight[i] % total : 0;
    }
    for (size_t i = 0; i < n; i++)
        amount -= part[i];
    while (amount-- > 0) {
        size_t largest = 0;

        for (size_t i = 1; i < n; i++)
            if (remainder[i] > remainder[largest])
                largest = i;
        part[largest]++;
        remainder[largest] = -1;
    }
}

static void units_left_over_go_to_the_largest_remainders(void **state)
{
    (void)state;
    for (int n = 0; n < 200000; n++) {
        const size_t parts = 1 + random_next() % PARTS;
        const int64_t unit = random_next() % 4 ? 1 : INT64_MAX / PARTS / 5000000;
        int64_t weight[PARTS], part[PARTS], slow[PARTS], remainder[PARTS], total = 0, sum = 0;
        int64_t amount;

        for (size_t i = 0; i < parts; i++)
            total += weight[i] = some_amount() * unit;
        amount = whole_between(0, total);
        insurance_allot(amount, parts, weight, part, remainder);
        apportion_slowly(amount, parts, weight, slow);
        for (size_t i = 0; i < parts; i++) {
            assert_int_equal(part[i], slow[i]);
            assert_in_range(part[i], 0, weight[i]);
            sum += part[i];
        }
        assert_int_equal(sum, amount);
    }
}

// ------------------------------------------------------------------------------------ the tower

struct event {
    size_t parts;
    uint64_t rows[2 * PARTS];
    int64_t left[2 * PARTS];
    int64_t ceded[INSURANCE_ROWS_MAX];
};

static void apply(const struct insurance_tower *tower, struct event *event, int64_t *running)
{
    int64_t scratch[INSURANCE_SCRATCH * 2 * PARTS];

    insurance_tower_event(tower, event->parts, event->rows, event->left, running, event->ceded,
                          scratch);
}

static struct insurance_tower tower_of(size_t count, const struct insurance_layer *rows)
{
    const struct insurance_layer *layers[INSURANCE_ROWS_MAX];
    struct insurance_tower tower;

    for (size_t i = 0; i < count; i++)
        layers[i] = &rows[i];
    assert_true(insurance_tower_make(&tower, count, layers, 1));
    return tower;
}

// What is left of 900 after `400 after 100` is 500: the next begins at 500 of the whole.
static void layers_on_top_of_each_other_are_one_high_layer(void **state)
{
    const struct insurance_layer rows[] = {row_of("a", ALL_FORMS, 100, 400),
                                           row_of("b", ALL_FORMS, 100, 500)};
    const struct insurance_tower tower = tower_of(2, rows);

    (void)state;
    for (int64_t loss = 0; loss < 1200; loss += 7) {
        struct event event = {1, {3}, {loss}, {0}};
        int64_t running[2] = {0};
        const int64_t above = loss > 100 ? loss - 100 : 0, paid = above < 900 ? above : 900;

        apply(&tower, &event, running);
        assert_int_equal(event.ceded[0] + event.ceded[1], paid);
        assert_int_equal(event.ceded[0], paid < 400 ? paid : 400);
        assert_int_equal(event.left[0], loss - paid);
    }
}

// Row 0 takes 60 of fines 30 and response 90 in proportion; row 1, of fines only, sees the 15 left.
static void a_later_row_sees_what_is_left_of_its_parts(void **state)
{
    struct insurance_layer rows[] = {row_of("a", ALL_FORMS, 60, HUGE_VAL),
                                     row_of("b", 1u << FORM_FINES, 5, HUGE_VAL)};
    const struct insurance_tower tower = tower_of(2, rows);
    struct event event = {3, {3, 1, 0}, {30, 90, 1000}, {0}};
    int64_t running[2] = {0};

    (void)state;
    apply(&tower, &event, running);
    assert_int_equal(event.ceded[0], 60);
    assert_int_equal(event.ceded[1], 10);
    assert_int_equal(event.left[0], 5);
    assert_int_equal(event.left[1], 45);
    assert_int_equal(event.left[2], 1000);
}

// Fines count up to 250 of their 600: 250 + 300 of response count, 450 above the common 100 are
// paid, 450 x 250 / 550 = 204.5.. of them for fines. Another policy sees all that is left.
static void forms_named_beside_all_forms_are_sublimits(void **state)
{
    const struct insurance_layer rows[] = {row_of("a", ALL_FORMS, 100, 1000),
                                           row_of("a", 1u << FORM_FINES, 0, 250),
                                           row_of("b", 1u << FORM_FINES, 0, HUGE_VAL)};
    const struct insurance_tower tower = tower_of(3, rows);
    struct event event = {2, {7, 1}, {600, 300}, {0}};
    int64_t running[3] = {0};

    (void)state;
    apply(&tower, &event, running);
    assert_int_equal(event.ceded[0], 450);
    assert_int_equal(event.ceded[1], 0);
    assert_int_equal(event.ceded[2], 600 - 205);
    assert_int_equal(event.left[0], 0);
    assert_int_equal(event.left[1], 300 - 245);
    assert_int_equal(running[1], 250);
}

// Two sublimits meet on fines: 250 of 600 count, then 300 of these 250 and 300 of response.
static void sublimits_apply_after_each_other(void **state)
{
    const struct insurance_layer rows[] = {
        row_of("a", 1u << FORM_FINES, 0, 250),
        row_of("a", 1u << FORM_FINES | 1u << FORM_RESPONSE, 0, 300),
        row_of("a", ALL_FORMS, 0, HUGE_VAL)};
    const struct insurance_tower tower = tower_of(3, rows);
    struct event event = {3, {7, 6, 4}, {600, 300, 50}, {0}};
    int64_t running[3] = {0};

    (void)state;
    apply(&tower, &event, running);
    assert_int_equal(event.ceded[2], 350);
    assert_int_equal(event.left[0], 600 - 136); // 300 x 250 / 550 = 136.4
    assert_int_equal(event.left[1], 300 - 164);
    assert_int_equal(event.left[2], 0);
}

// Two common rows pay no more for fines than the sublimit counts, and a part that no common row
// selects does not use it up.
static void a_sublimit_bounds_all_common_rows_together(void **state)
{
    const struct insurance_layer rows[] = {row_of("a", ALL_FORMS, 0, 100),
                                           row_of("a", 1u << FORM_FINES, 0, 250),
                                           row_of("a", ALL_FORMS, 0, HUGE_VAL)};
    const struct insurance_tower tower = tower_of(3, rows);
    struct event event = {2, {7, 2}, {600, 5000}, {0}};
    int64_t running[3] = {0};

    (void)state;
    apply(&tower, &event, running);
    assert_int_equal(event.ceded[0], 100);
    assert_int_equal(event.ceded[2], 150);
    assert_int_equal(event.left[0], 350);
    assert_int_equal(event.left[1], 5000);
}

static void a_sublimit_of_the_year_is_used_up_by_what_counts(void **state)
{
    static const int64_t paid[] = {200, 50, 0};
    struct insurance_layer rows[] = {row_of("a", ALL_FORMS, 0, HUGE_VAL),
                                     row_of("a", 1u << FORM_FINES, 0, HUGE_VAL)};
    struct insurance_tower tower;
    int64_t running[2] = {0};

    (void)state;
    rows[1].aggregate_limit = 250;
    tower = tower_of(2, rows);
    for (size_t i = 0; i < sizeof paid / sizeof *paid; i++) {
        struct event event = {2, {3, 1}, {200, 10}, {0}};

        apply(&tower, &event, running);
        assert_int_equal(event.ceded[0], paid[i] + 10);
    }
}

static void rows_that_all_name_forms_are_ordinary_layers(void **state)
{
    const struct insurance_layer rows[] = {row_of("a", 1u << FORM_FINES, 0, 250),
                                           row_of("a", 1u << FORM_RESPONSE, 100, HUGE_VAL)};
    const struct insurance_tower tower = tower_of(2, rows);
    struct event event = {2, {1, 2}, {600, 300}, {0}};
    int64_t running[2] = {0};

    (void)state;
    apply(&tower, &event, running);
    assert_int_equal(event.ceded[0], 250);
    assert_int_equal(event.ceded[1], 200);
}

// One name twice is two policies if another treatment brings it.
static void policies_of_two_treatments_are_two(void **state)
{
    struct insurance_layer rows[] = {row_of("a", ALL_FORMS, 0, 100),
                                     row_of("a", 1u << FORM_FINES, 0, 250)};
    struct event event = {1, {3}, {600}, {0}};
    int64_t running[2] = {0};
    struct insurance_tower tower;

    (void)state;
    rows[1].treatment = 3;
    tower = tower_of(2, rows);
    assert_int_equal(tower.policy_count, 2);
    apply(&tower, &event, running);
    assert_int_equal(event.ceded[0], 100);
    assert_int_equal(event.ceded[1], 250);
}

static void rows_without_a_policy_stand_alone(void **state)
{
    const struct insurance_layer rows[] = {row_of("", ALL_FORMS, 0, 100),
                                           row_of("", 1u << FORM_FINES, 0, 250)};
    const struct insurance_tower tower = tower_of(2, rows);
    struct event event = {1, {3}, {600}, {0}};
    int64_t running[2] = {0};

    (void)state;
    apply(&tower, &event, running);
    assert_int_equal(event.ceded[0], 100);
    assert_int_equal(event.ceded[1], 250);
}

static void a_tower_has_no_more_rows_than_a_word_has_bits(void **state)
{
    const struct insurance_layer row = row_of("a", ALL_FORMS, 1, 1);
    const struct insurance_layer *layers[INSURANCE_ROWS_MAX + 1];
    struct insurance_tower tower;

    (void)state;
    for (size_t i = 0; i <= INSURANCE_ROWS_MAX; i++)
        layers[i] = &row;
    assert_false(insurance_tower_make(&tower, INSURANCE_ROWS_MAX + 1, layers, 1));
    assert_true(insurance_tower_make(&tower, INSURANCE_ROWS_MAX, layers, 1));
    assert_int_equal(tower.policies[0].payers, UINT64_MAX);
    for (int64_t loss = 0; loss < 100; loss++) { // each pays 1 as long as more than 1 is left
        struct event event = {1, {UINT64_MAX}, {loss}, {0}};
        int64_t running[INSURANCE_ROWS_MAX] = {0};

        apply(&tower, &event, running);
        assert_int_equal(event.left[0], loss < 1 ? 0 : loss < 65 ? 1 : loss - 64);
    }
}

static struct insurance_tower some_tower(size_t *count)
{
    static const char *const policies[] = {"a", "b", "c"};
    struct insurance_layer rows[ROWS];
    size_t policy = 0;

    *count = 1 + random_next() % ROWS;
    for (size_t i = 0; i < *count; i++) {
        rows[i] = some_row();
        policy += policy < 2 && random_next() % 3 == 0;
        rows[i].policy = policies[policy];
        if (random_next() % 2)
            rows[i].forms = 1 + (unsigned)(random_next() % (ALL_FORMS - 1));
    }
    return tower_of(*count, rows);
}

static struct event some_event(void)
{
    struct event event = {.parts = 1 + random_next() % PARTS};

    for (size_t i = 0; i < event.parts; i++) {
        event.rows[i] = random_next() & random_next() & ((1 << ROWS) - 1);
        event.left[i] = some_amount();
    }
    return event;
}

static int64_t total(const struct event *event)
{
    int64_t sum = 0;

    for (size_t i = 0; i < event->parts; i++)
        sum += event->left[i];
    return sum;
}

static int64_t selected(const struct event *event, size_t row)
{
    int64_t sum = 0;

    for (size_t i = 0; i < event->parts; i++)
        sum += event->rows[i] >> row & 1 ? event->left[i] : 0;
    return sum;
}

static void no_loss_is_recovered_twice(void **state)
{
    (void)state;
    for (int n = 0; n < 30000; n++) {
        size_t count;
        const struct insurance_tower tower = some_tower(&count);
        int64_t running[ROWS] = {0}, year[ROWS] = {0};

        for (int e = 0; e < EVENTS; e++) {
            const struct event before = some_event();
            struct event event = before;
            int64_t ceded = 0;

            apply(&tower, &event, running);
            for (size_t k = 0; k < count; k++) {
                assert_in_range(event.ceded[k], 0, selected(&before, k));
                ceded += event.ceded[k];
                year[k] += event.ceded[k];
            }
            for (size_t i = 0; i < event.parts; i++) {
                assert_in_range(event.left[i], 0, before.left[i]);
                if (!(event.rows[i] & ((UINT64_C(1) << count) - 1)))
                    assert_int_equal(event.left[i], before.left[i]);
            }
            assert_int_equal(ceded, total(&before) - total(&event));
        }
        for (size_t p = 0; p < tower.policy_count; p++)
            for (size_t k = tower.policies[p].first; k < tower.policies[p].end; k++)
                assert_int_equal(year[k], tower.policies[p].sublimits >> k & 1
                                              ? 0
                                              : insurance_layer_year(&tower.rows[k], running[k]));
    }
}

// The rows' sums are what they work on; how a part is cut in pieces moves no recovery and no state.
static void cutting_parts_that_go_together_changes_no_recovery(void **state)
{
    (void)state;
    for (int n = 0; n < 30000; n++) {
        size_t count;
        const struct insurance_tower tower = some_tower(&count);
        int64_t whole_running[ROWS] = {0}, cut_running[ROWS] = {0};

        for (int e = 0; e < EVENTS; e++) {
            struct event whole = some_event(), cut = {.parts = 1 + random_next() % PARTS};

            whole.parts = 1;
            for (size_t i = 0; i < cut.parts; i++) {
                const int64_t rest = whole.left[0] - total(&cut);

                cut.rows[i] = whole.rows[0];
                cut.left[i] = i + 1 < cut.parts ? whole_between(0, rest) : rest;
            }
            apply(&tower, &whole, whole_running);
            apply(&tower, &cut, cut_running);
            for (size_t k = 0; k < count; k++) {
                assert_int_equal(whole.ceded[k], cut.ceded[k]);
                assert_int_equal(whole_running[k], cut_running[k]);
            }
            assert_int_equal(total(&whole), total(&cut));
        }
    }
}

// Of the year's first event: every unit of loss more is either paid or left.
static void a_tower_leaves_more_of_more(void **state)
{
    (void)state;
    for (int n = 0; n < 50000; n++) {
        const int64_t loss = some_amount(), more = some_amount();
        struct event low = {1, {(1 << ROWS) - 1}, {loss}, {0}}, high = low;
        int64_t low_running[ROWS] = {0}, high_running[ROWS] = {0};
        struct insurance_layer rows[ROWS];
        struct insurance_tower tower;

        for (size_t i = 0; i < ROWS; i++) {
            rows[i] = some_row();
            rows[i].policy = i < 3 ? "a" : "b";
        }
        tower = tower_of(ROWS, rows);
        high.left[0] += more;
        apply(&tower, &low, low_running);
        apply(&tower, &high, high_running);
        assert_true(high.left[0] >= low.left[0]);
        assert_true(high.left[0] <= low.left[0] + more);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loss_is_paid_between_retention_and_limit),
        cmocka_unit_test(the_mean_of_a_layer_is_the_closed_form),
        cmocka_unit_test(money_becomes_the_units_that_it_says),
        cmocka_unit_test(a_share_is_rounded_once_with_halves_up),
        cmocka_unit_test(a_share_is_that_of_wide_arithmetic),
        cmocka_unit_test(a_layer_pays_no_more_than_the_loss_and_more_for_more),
        cmocka_unit_test(a_year_is_exact_and_knows_no_order_of_events),
        cmocka_unit_test(aggregates_are_used_up_in_the_order_of_events),
        cmocka_unit_test(a_year_beyond_all_numbers_stays_at_the_last),
        cmocka_unit_test(known_apportionments_are_met),
        cmocka_unit_test(units_left_over_go_to_the_largest_remainders),
        cmocka_unit_test(layers_on_top_of_each_other_are_one_high_layer),
        cmocka_unit_test(a_later_row_sees_what_is_left_of_its_parts),
        cmocka_unit_test(forms_named_beside_all_forms_are_sublimits),
        cmocka_unit_test(sublimits_apply_after_each_other),
        cmocka_unit_test(a_sublimit_bounds_all_common_rows_together),
        cmocka_unit_test(a_sublimit_of_the_year_is_used_up_by_what_counts),
        cmocka_unit_test(rows_that_all_name_forms_are_ordinary_layers),
        cmocka_unit_test(policies_of_two_treatments_are_two),
        cmocka_unit_test(rows_without_a_policy_stand_alone),
        cmocka_unit_test(a_tower_has_no_more_rows_than_a_word_has_bits),
        cmocka_unit_test(no_loss_is_recovered_twice),
        cmocka_unit_test(cutting_parts_that_go_together_changes_no_recovery),
        cmocka_unit_test(a_tower_leaves_more_of_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
