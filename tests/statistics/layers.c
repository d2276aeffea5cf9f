// Recoveries of tests/data/layers.json: layers per event by quadrature (F1), aggregates over the
// events of simulated years (F2, F3).
//
// A simulated figure may be five standard errors off: with 16 such checks, all true, one fails by
// chance with probability 16 x 6e-7 = 1e-5 over seeds; the seed is fixed, so that a pass stays one.
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
#include "random/philox.h"

enum { YEARS = 1000000, BLOCK = 4096, COUNTS_MAX = 64 };
static const double resolution = 0.01, sigmas = 5;
static const uint64_t seed = 20;

static struct arena arena;
static char *answers;

// ---------------------------------------------------------------------------- reading the answers

// The text from `"key":` on, within the object that begins at `object`.
static const char *find(const char *object, const char *key)
{
    const char *const next = strstr(object + 1, "\"id\":");
    char quoted[64];
    const char *found;

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    found = strstr(object, quoted);
    return found && (!next || found < next) ? found + strlen(quoted) : NULL;
}

// Exact answers are decimals in quotes, parameters are plain numbers.
static double number(const char *object, const char *key)
{
    const char *text = find(object, key);

    if (!text) {
        print_error("no %s\n", key);
        fail();
    }
    return strtod(text + strspn(text, " \""), NULL);
}

static bool says(const char *object, const char *key, const char *word)
{
    const char *text = find(object, key);

    return text && strncmp(text + strspn(text, " \""), word, strlen(word)) == 0;
}

// The first object at or behind `from` whose id begins so.
static const char *case_next(const char *from, const char *id)
{
    while ((from = strstr(from, "\"id\":")) && !says(from, "id", id))
        from++;
    return from;
}

static const struct distribution *severity_of(const char *object)
{
    static const struct {
        const char *type, *keys[4];
    } families[] = {
        {"lognormal", {"mu", "sigma"}},          {"gamma", {"shape", "scale"}},
        {"gpd", {"loc", "beta", "xi"}},          {"weibull", {"shape", "scale"}},
        {"pert", {"min", "mode", "max", "lam"}},
    };
    const struct distribution_reader reader = {.arena = &arena};
    const char *const severity = find(object, "severity");
    struct diagnostics *d = diagnostics_new();
    const struct distribution *x = NULL;
    char cell[128];

    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        if (!says(severity, "type", families[f].type))
            continue;
        snprintf(cell, sizeof cell, "%s", families[f].type);
        for (size_t k = 0; k < 4 && families[f].keys[k]; k++)
            snprintf(cell + strlen(cell), sizeof cell - strlen(cell), " %.17g",
                     number(severity, families[f].keys[k]));
        x = distribution_parse(cell, NULL, &reader, d);
    }
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    assert_non_null(x);
    return x;
}

static struct insurance_layer without_limits(void)
{
    return (struct insurance_layer){
        .treatment = NO_ROW,
        .policy = "p",
        .forms = (1u << LOSS_FORMS) - 1,
        .limit = HUGE_VAL,
        .share = 1,
        .aggregate_limit = HUGE_VAL,
    };
}

// ------------------------------------------------------------------------------------- per event

enum moment { FIRST, SECOND, ATTACHES, EXHAUSTS };

struct layer_moment {
    struct insurance_terms terms;
    enum moment moment;
};

// The loss rounded up to cents, so that every loss attaches to a layer without retention.
static double layer_moment_of(double loss, void *context)
{
    const struct layer_moment *m = context;
    int64_t running = 0;
    const int64_t ceded =
        insurance_layer_event(&m->terms, llrint(ceil(loss / resolution)), &running);
    const double money = (double)ceded * resolution;

    return m->moment == FIRST      ? money
           : m->moment == SECOND   ? money * money
           : m->moment == ATTACHES ? ceded > 0
                                   : ceded == m->terms.limit;
}

// A loss in cents is off by less than one, 4e-7 of the smallest mean.
static void agrees(const char *object, const char *key, double found)
{
    const double exact = number(object, key);

    if (!(fabs(found / exact - 1) < 1e-6))
        print_error("%.40s: %s is %.10g, should be %.10g\n", object, key, found, exact);
    assert_true(fabs(found / exact - 1) < 1e-6);
}

static double layer_mean(const struct distribution *x, const struct insurance_layer *layer,
                         enum moment moment)
{
    const double breaks[] = {layer->retention, layer->retention + layer->limit};
    struct layer_moment m = {insurance_terms_make(layer, resolution), moment};

    return distribution_expectation(x, layer_moment_of, &m, breaks, 2);
}

static void layers_per_event_have_the_exact_moments(void **state)
{
    size_t cases = 0;

    (void)state;
    for (const char *c = answers; (c = case_next(c, "F1")); c++, cases++) {
        const struct distribution *x = severity_of(c);
        const double rate = number(find(c, "frequency"), "mean");
        struct insurance_layer layer = without_limits();
        double first, second;

        layer.retention = number(c, "deductible");
        layer.limit = number(c, "limit");
        first = layer_mean(x, &layer, FIRST);
        second = layer_mean(x, &layer, SECOND);
        agrees(c, "E_layer_per_event", first);
        agrees(c, "E2_layer_per_event", second);
        agrees(c, "annual_mean", rate * first);
        agrees(c, "annual_sd", sqrt(rate * second));
        agrees(c, "P_attach", layer_mean(x, &layer, ATTACHES));
        agrees(c, "P_exhaust", layer_mean(x, &layer, EXHAUSTS));
    }
    assert_int_equal(cases, 12);
}

// -------------------------------------------------------------------------------- simulated years

// P(count > k) for all k, by the recursion of Panjer's class.
static void counts_tabulate(const char *object, double *above)
{
    const char *const frequency = find(object, "frequency");
    const double mean = number(frequency, "mean");
    const bool negbin = says(frequency, "type", "negbin");
    const double r = negbin ? number(frequency, "r") : 0;
    double p = negbin ? pow(r / (r + mean), r) : exp(-mean), below = p;

    for (int k = 0; k < COUNTS_MAX; k++) {
        above[k] = 1 - below;
        p *= (negbin ? (k + r) / (r + mean) : 1) * mean / (k + 1);
        below += p;
    }
}

static double tail_at(uint32_t stream, uint64_t index)
{
    const struct philox_block b = philox(seed, (uint32_t)index, (uint32_t)(index >> 32), stream, 0);

    return philox_tail(b.word[0], b.word[1]);
}

// Losses of a compound sum's events, one after the other.
struct losses {
    const struct distribution *severity;
    uint64_t next;
    double value[BLOCK];
};

static int64_t loss_next(struct losses *x)
{
    if (x->next % BLOCK == 0) {
        double tail[BLOCK];

        for (size_t i = 0; i < BLOCK; i++)
            tail[i] = tail_at(1, x->next + i);
        distribution_quantile(x->severity, BLOCK, tail, x->value);
    }
    return llrint(x->value[x->next++ % BLOCK] / resolution);
}

// Sums over the years, in units.
struct recoveries {
    double sum, square, unlimited, unlimited_square; // without the aggregates
    uint64_t attached, exhausted;
};

static void year_add(struct recoveries *sums, const struct insurance_terms *terms, int64_t running,
                     int64_t full)
{
    const double x = (double)insurance_layer_year(terms, running), t = (double)running;

    sums->sum += x;
    sums->square += x * x;
    sums->unlimited += t;
    sums->unlimited_square += t * t;
    sums->attached += x > 0;
    sums->exhausted += x == (double)full;
}

// Years of `terms`; where `other` is given, it must pay every event the same.
static struct recoveries simulate(const char *object, const struct insurance_terms *terms,
                                  const struct insurance_terms *other, int64_t full)
{
    struct losses losses = {.severity = severity_of(object)};
    struct recoveries sums = {0};
    double above[COUNTS_MAX];

    counts_tabulate(object, above);
    for (uint64_t year = 0; year < YEARS; year++) {
        const double tail = tail_at(0, year);
        int64_t running = 0, other_running = 0;

        for (int k = 0; k < COUNTS_MAX && above[k] > tail; k++) {
            const int64_t loss = loss_next(&losses);
            const int64_t ceded = insurance_layer_event(terms, loss, &running);

            if (other && insurance_layer_event(other, loss, &other_running) != ceded)
                fail_msg("bases differ in year %llu", (unsigned long long)year);
        }
        year_add(&sums, terms, running, full);
    }
    return sums;
}

static void is_near(const char *object, const char *key, double found, double error)
{
    const double exact = number(object, key);

    if (!(fabs(found - exact) < sigmas * error))
        print_error("%.40s: %s is %.10g, should be %.10g, %.1f standard errors off\n", object, key,
                    found, exact, (found - exact) / error);
    assert_true(fabs(found - exact) < sigmas * error);
}

static void mean_is_near(const char *object, const char *key, double sum, double square)
{
    const double mean = sum / YEARS;

    is_near(object, key, mean * resolution,
            sqrt((square / YEARS - mean * mean) / YEARS) * resolution);
}

static void probability_is_near(const char *object, const char *key, uint64_t count)
{
    const double p = number(object, key);

    is_near(object, key, (double)count / YEARS, sqrt(p * (1 - p) / YEARS));
}

// A year's excess as a layer of basis year, and as the aggregate of a layer without limits: they
// pay every event the same.
static void excess_of_the_year_is_that_of_the_compound_law(void **state)
{
    size_t cases = 0;

    (void)state;
    for (const char *c = answers; (c = case_next(c, "F2")); c++, cases++) {
        struct insurance_layer by_event = without_limits(), by_year = by_event;
        struct insurance_terms terms, other;
        struct recoveries sums;

        by_event.aggregate_retention = number(c, "aggregate_attachment");
        by_event.aggregate_limit = number(c, "aggregate_limit");
        by_year.basis = BASIS_YEAR;
        by_year.retention = by_event.aggregate_retention;
        by_year.limit = by_event.aggregate_limit;
        terms = insurance_terms_make(&by_year, resolution);
        other = insurance_terms_make(&by_event, resolution);
        sums = simulate(c, &terms, &other, terms.limit);
        mean_is_near(c, "expected_recovery", sums.sum, sums.square);
        probability_is_near(c, "P_attach", sums.attached);
        probability_is_near(c, "P_exhaust", sums.exhausted);
    }
    assert_int_equal(cases, 4);
}

static void layers_under_an_aggregate_are_those_of_the_compound_law(void **state)
{
    size_t cases = 0;

    (void)state;
    for (const char *c = answers; (c = case_next(c, "F3")); c++, cases++) {
        struct insurance_layer layer = without_limits();
        struct insurance_terms terms;
        struct recoveries sums;

        layer.retention = number(c, "occurrence_deductible");
        layer.limit = number(c, "occurrence_limit");
        layer.aggregate_retention = number(c, "aggregate_deductible");
        layer.aggregate_limit = number(c, "aggregate_limit");
        terms = insurance_terms_make(&layer, resolution);
        sums = simulate(c, &terms, NULL, terms.aggregate_limit);
        mean_is_near(c, "expected_recovery", sums.sum, sums.square);
        mean_is_near(c, "expected_unlimited_layer_loss", sums.unlimited, sums.unlimited_square);
    }
    assert_int_equal(cases, 2);
}

static int answers_read(void **state)
{
    FILE *file = fopen(TEST_DATA "/data/layers.json", "r");
    const size_t room = 1 << 20;

    (void)state;
    answers = calloc(room, 1);
    if (!file || !answers || fread(answers, 1, room - 1, file) == 0)
        return -1;
    return fclose(file);
}

static int answers_end(void **state)
{
    (void)state;
    free(answers);
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_per_event_have_the_exact_moments),
        cmocka_unit_test(excess_of_the_year_is_that_of_the_compound_law),
        cmocka_unit_test(layers_under_an_aggregate_are_those_of_the_compound_law),
    };

    return cmocka_run_group_tests(tests, answers_read, answers_end);
}
