// The file of a run: written twice it is the same, read back it is what was written, damaged it is
// refused, and what cannot be written leaves nothing behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "results/file.h"
#include "results/schema.h"

enum {
    YEARS = 20000,
    SCENARIOS = 2,
    ASSETS = 3,
    GROUPS = 2,
    LEVELS = 2,
    PERIODS = 1,
    TREATMENTS = 3,
    PLANS = 2,
    POINTS = 2
};

static char folder[] = "/tmp/lossmill-results-XXXXXX";
static char first[300], second[300];

static struct portfolio portfolio;
static struct outcome outcome;
static struct treatment_outcome treated;
static const unsigned char table[] = "asset_id\na1\n";
static const struct results_input inputs[] = {
    {"assets.csv", table, sizeof table - 1,
     "e13b6bdca55bd917e08f77874d981988979df69ca17c6a0f61bc5b1d42a0b8fc"},
    {"sub/empty file.csv", table, 0,
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}};

static void summary_make(struct summary *s, struct exceedance *e, double x, bool oep)
{
    *s = (struct summary){x,
                          1,
                          NAN,
                          2 * x,
                          0.5,
                          0.01,
                          calloc(LEVELS, sizeof *s->var),
                          calloc(LEVELS, sizeof(double)),
                          calloc(LEVELS, sizeof(double))};
    s->var[1] = (struct estimate){3 * x, 2 * x, NAN};
    s->tvar[1] = 4 * x;
    e->aep = calloc(PERIODS, sizeof *e->aep);
    e->oep = oep ? calloc(PERIODS, sizeof *e->oep) : NULL;
    e->aep[0] = (struct estimate){x, x - 1, x + 1};
}

// Every number another.
static double next_number(void)
{
    static double last = 1000;
    return last += 0.25;
}

static struct estimate estimate_make(void)
{
    double value = next_number(), lower = next_number();
    return (struct estimate){value, lower, next_number()};
}

static struct reduction reduction_make(void)
{
    double value = next_number();
    return (struct reduction){value, next_number()};
}

static void world_make(struct world_figures *world)
{
    world->aal = next_number();
    world->sd = next_number();
    world->aal_saved = reduction_make();
    world->var = calloc(LEVELS, sizeof *world->var);
    world->tvar = calloc(LEVELS, sizeof *world->tvar);
    world->var_saved = calloc(LEVELS, sizeof *world->var_saved);
    world->tvar_saved = calloc(LEVELS, sizeof *world->tvar_saved);
    world->exceeds = calloc(POINTS, sizeof *world->exceeds);
    world->exceeds_saved = calloc(POINTS, sizeof *world->exceeds_saved);
    for (size_t l = 0; l < LEVELS; l++) {
        world->var[l] = next_number();
        world->tvar[l] = next_number();
        world->var_saved[l] = reduction_make();
        world->tvar_saved[l] = reduction_make();
    }
    for (size_t a = 0; a < POINTS; a++) {
        world->exceeds[a] = next_number();
        world->exceeds_saved[a] = reduction_make();
    }
}

static struct appetite_figures *appetite_make(const double *exceeds)
{
    struct appetite_figures *appetite = calloc(POINTS, sizeof *appetite);
    for (size_t a = 0; a < POINTS; a++) {
        appetite[a] = (struct appetite_figures){estimate_make(),
                                                a == 0 ? VERDICT_BREACHED : VERDICT_UNDECIDED};
        appetite[a].exceeds.value = exceeds[a];
    }
    return appetite;
}

static void treatments_make(void)
{
    static const struct treatment rows[TREATMENTS] = {
        {.id = "backup",
         .name = "Backups elsewhere",
         .owner = "CIO",
         .due = "2026-12-01",
         .option = OPTION_MODIFY,
         .state = TREATMENT_CANDIDATE},
        {.id = "cover", .name = "", .option = OPTION_SHARE, .state = TREATMENT_FORBIDDEN},
        {.id = "k\xc3\xbchl", .option = OPTION_RETAIN, .state = TREATMENT_IN_PROGRESS}};
    static const struct appetite_point points[POINTS] = {{NO_ROW, 0, "portfolio", 1e6, 0.05},
                                                         {0, 1, "class*b/u=lab * x", 2e6, 0.01}};
    portfolio.treatments =
        (struct treatments){.settings = {5, 0.05, OBJECTIVE_TVAR, BUDGET_ANNUALISED},
                            .count = TREATMENTS,
                            .appetite_count = POINTS,
                            .rows = rows,
                            .appetite = points};
    treated.portfolio = &portfolio;
    treated.level = 1;
    treated.plan_count = PLANS;
    treated.treatments = calloc(TREATMENTS, sizeof *treated.treatments);
    treated.plans = calloc(PLANS, sizeof *treated.plans);
    treated.annual_loss = calloc(TREATMENTS * YEARS, sizeof *treated.annual_loss);
    for (size_t i = 0; i < TREATMENTS; i++) {
        struct treatment_figures *f = &treated.treatments[i];
        world_make(&f->alone);
        f->cost = (struct treatment_cost){next_number(), 2e7 + (double)i, 3e7 + (double)i,
                                          4e7 + (double)i};
        f->aal_saved_exact = i == 1 ? NAN : next_number();
        f->net_benefit = reduction_make();
        f->rosi = next_number();
        f->benefit_cost = next_number();
        f->cost_per_tvar = i == 2 ? NAN : next_number();
        f->payback_probability = next_number();
        f->rank = (uint32_t)(3 - i);
        f->rank_lower = (uint32_t)(2 - i / 2);
        f->rank_upper = 3;
        f->settling_years = i == 1 ? HUGE_VAL : next_number();
        for (size_t y = 0; y < YEARS; y++)
            treated.annual_loss[i * YEARS + y] = outcome.annual_loss[y] / (int64_t)(i + 2);
    }
    treated.treatments[0].alone.aal_saved.error = HUGE_VAL;
    treated.base.aal = outcome.summary.aal;
    treated.base.sd = outcome.summary.sd;
    treated.base.var = calloc(LEVELS, sizeof *treated.base.var);
    treated.base.tvar = calloc(LEVELS, sizeof *treated.base.tvar);
    treated.base.exceeds = calloc(POINTS, sizeof *treated.base.exceeds);
    for (size_t l = 0; l < LEVELS; l++) {
        treated.base.var[l] = outcome.summary.var[l].value;
        treated.base.tvar[l] = outcome.summary.tvar[l];
    }
    for (size_t a = 0; a < POINTS; a++)
        treated.base.exceeds[a] = next_number();
    treated.appetite = appetite_make(treated.base.exceeds);
    for (size_t p = 0; p < PLANS; p++) {
        struct plan_figures *f = &treated.plans[p];
        world_make(&f->figures);
        f->chosen = calloc(TREATMENTS, sizeof *f->chosen);
        f->chosen[p] = true;
        f->budget_cost = next_number();
        f->annualised_cost = next_number();
        f->value = next_number();
        f->bound = next_number();
        f->gap = next_number();
        f->modelled = p == 1;
        f->appetite = appetite_make(f->figures.exceeds);
    }
}

static int outcome_make(void **state)
{
    static const double quantiles[LEVELS] = {0.95, 0.99}, periods[PERIODS] = {100};
    static const char *const asset_ids[] = {"a1", "a2", "a3"};
    static const char *const asset_names[] = {"Server", "", "K\xc3\xbchlhaus"};
    static const char *const group_names[] = {"", "lab * x"};
    static const struct grouping groupings[] = {
        {.name = "class*b/u", .count = GROUPS, .names = group_names}};
    static const struct scenario scenarios[] = {
        {.id = "s1", .name = "Ransom", .owner = "o", .threat_id = "t"}, {.id = "s2"}};
    (void)state;
    portfolio = (struct portfolio){
        .settings = {"A \"title\"", "EUR", "2026-01-01", 0.01, YEARS, 7, RATE_UNCERTAINTY_YEAR,
                     ANNUAL_LOSS_EVENTS, PERIODS, LEVELS, periods, quantiles, 1000},
        .assets = {.count = ASSETS, .id = asset_ids, .name = asset_names},
        .scenario_count = SCENARIOS,
        .scenarios = scenarios,
        .grouping_count = 1,
        .groupings = groupings};
    outcome.portfolio = &portfolio;
    outcome.annual_loss = calloc(YEARS, sizeof(int64_t));
    outcome.largest_event = calloc(YEARS, sizeof(int64_t));
    outcome.event_count = calloc(YEARS, sizeof(int32_t));
    outcome.groups = calloc(1, sizeof *outcome.groups);
    outcome.groups[0].annual_loss = calloc(GROUPS * YEARS, sizeof(int64_t));
    outcome.groups[0].summary = calloc(GROUPS, sizeof(struct summary));
    outcome.groups[0].exceedance = calloc(GROUPS, sizeof(struct exceedance));
    for (int64_t i = 0; i < YEARS; i++) {
        outcome.annual_loss[i] = i % 7 == 0 ? i * i * 1237 : 0;
        outcome.largest_event[i] = outcome.annual_loss[i] / 2;
        outcome.event_count[i] = (int32_t)(i % 5);
        outcome.groups[0].annual_loss[YEARS + i] = outcome.annual_loss[i] / 3;
    }
    outcome.annual_loss[3] = (INT64_C(1) << 53) - 1;
    summary_make(&outcome.summary, &outcome.exceedance, 100, true);
    for (size_t g = 0; g < GROUPS; g++)
        summary_make(&outcome.groups[0].summary[g], &outcome.groups[0].exceedance[g],
                     10 + (double)g, false);
    outcome.scenarios = calloc(SCENARIOS, sizeof *outcome.scenarios);
    outcome.assets = calloc(ASSETS, sizeof *outcome.assets);
    for (size_t i = 0; i < SCENARIOS; i++) {
        outcome.scenarios[i] = (struct contributor){.aal = 5 + (double)i, .aal_exact = NAN};
        outcome.scenarios[i].var = calloc(LEVELS, sizeof(double));
        outcome.scenarios[i].tvar = calloc(LEVELS, sizeof(double));
        outcome.scenarios[i].tvar_contribution = calloc(LEVELS, sizeof(double));
        outcome.scenarios[i].form_share[6] = 1;
    }
    outcome.assets[1].event_rate = 0.25; // the assets' arrays stay NULL: missing
    outcome.worst_year_count = 2;
    outcome.worst_years = calloc(2, sizeof *outcome.worst_years);
    outcome.worst_years[0] =
        (struct worst_year){3, outcome.annual_loss[3], 4, {3, 99, 1, 2, 0, 17}};
    outcome.worst_years[1].largest.asset = outcome.worst_years[1].largest.scenario =
        outcome.worst_years[1].largest.event = NO_ROW;
    outcome.independence.event_share = calloc(LEVELS, sizeof(double));
    static struct exceedance unused; // reachable to the end
    summary_make(&outcome.independence.summary, &unused, 50, false);
    free(unused.aep);
    treatments_make();
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(first, sizeof first, "%s/first.h5", folder);
    snprintf(second, sizeof second, "%s/second.h5", folder);
    return 0;
}

static int outcome_free(void **state)
{
    (void)state;
    unlink(first);
    unlink(second);
    return rmdir(folder); // fails if anything was left
}

static bool write_to(const char *path, size_t threads)
{
    struct diagnostics *d = diagnostics_new();
    bool good = results_write(path, &outcome, &treated, inputs, 2, "1.2.3", threads, d);
    assert_int_equal(diagnostics_errors(d), good ? 0 : 1);
    diagnostics_free(d);
    return good;
}

static unsigned char *bytes_of(const char *path, size_t *size)
{
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    fseek(stream, 0, SEEK_END);
    *size = (size_t)ftell(stream);
    rewind(stream);
    unsigned char *bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, stream), *size);
    fclose(stream);
    return bytes;
}

static void bytes_put(const char *path, const unsigned char *bytes, size_t size)
{
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, size, stream), size);
    fclose(stream);
}

static void two_files_are_the_same_bytes_for_any_threads_and_private(void **state)
{
    size_t a_size, b_size;
    struct stat file;
    (void)state;
    assert_true(write_to(first, 1));
    unsigned char *a = bytes_of(first, &a_size);
    for (size_t threads = 1; threads <= 100; threads += 3) {
        assert_true(write_to(second, threads));
        unsigned char *b = bytes_of(second, &b_size);
        assert_int_equal(a_size, b_size);
        assert_memory_equal(a, b, a_size);
        free(b);
    }
    assert_int_equal(stat(first, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    free(a);
}

// Writes what was read and compares bytes: everything restored is equal. (The losses of groups and
// treatments and /study are not restored: they are lent from the original.)
static void what_is_read_is_what_was_written(void **state)
{
    struct diagnostics *d = diagnostics_new();
    struct results *results;
    size_t a_size, b_size;
    (void)state;
    assert_true(results_read(first, &results, d));
    struct outcome again = *results_outcome(results);
    assert_string_equal(again.portfolio->groupings[0].name, "class*b/u");
    assert_string_equal(again.portfolio->assets.name[2], "K\xc3\xbchlhaus");
    assert_int_equal(again.worst_years[0].largest.asset, 2);
    assert_int_equal(again.worst_years[1].largest.asset, NO_ROW);
    assert_true(isnan(again.assets[0].var[0]));
    assert_string_equal(results_attribute(results, "engine_version"), "1.2.3");
    assert_null(results_attribute(results, "nonsense"));
    assert_null(again.groups[0].annual_loss);
    again.groups[0].annual_loss = outcome.groups[0].annual_loss;
    struct treatment_outcome treated_again = *results_treatments(results);
    assert_null(treated_again.annual_loss);
    treated_again.annual_loss = treated.annual_loss;
    assert_true(results_write(second, &again, &treated_again, inputs, 2, "1.2.3", 2, d));
    unsigned char *a = bytes_of(first, &a_size), *b = bytes_of(second, &b_size);
    assert_int_equal(a_size, b_size);
    assert_memory_equal(a, b, a_size);
    free(a);
    free(b);
    results_free(results);
    diagnostics_free(d);
}

static void worlds_are_equal(const struct world_figures *a, const struct world_figures *b)
{
    const size_t level = LEVELS * sizeof *a->var, saved = LEVELS * sizeof *a->var_saved;
    assert_true(a->aal == b->aal && a->sd == b->sd);
    assert_true(a->aal_saved.value == b->aal_saved.value &&
                a->aal_saved.error == b->aal_saved.error);
    assert_memory_equal(a->var, b->var, level);
    assert_memory_equal(a->tvar, b->tvar, level);
    assert_memory_equal(a->var_saved, b->var_saved, saved);
    assert_memory_equal(a->tvar_saved, b->tvar_saved, saved);
    assert_memory_equal(a->exceeds, b->exceeds, POINTS * sizeof *a->exceeds);
    assert_memory_equal(a->exceeds_saved, b->exceeds_saved, POINTS * sizeof *a->exceeds_saved);
}

static void appetites_are_equal(const struct appetite_figures *a, const struct appetite_figures *b)
{
    for (size_t p = 0; p < POINTS; p++) {
        assert_memory_equal(&a[p].exceeds, &b[p].exceeds, sizeof a->exceeds);
        assert_int_equal(a[p].verdict, b[p].verdict);
    }
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void treatments_rows_are_equal(const struct treatments *a, const struct treatments *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->appetite_count, b->appetite_count);
    assert_memory_equal(&a->settings, &b->settings, sizeof a->settings);
    for (size_t i = 0; i < TREATMENTS; i++) {
        assert_string_equal(a->rows[i].id, b->rows[i].id);
        assert_string_equal(a->rows[i].name != NULL ? a->rows[i].name : "", b->rows[i].name);
        assert_string_equal(a->rows[i].owner != NULL ? a->rows[i].owner : "", b->rows[i].owner);
        assert_string_equal(a->rows[i].due != NULL ? a->rows[i].due : "", b->rows[i].due);
        assert_int_equal(a->rows[i].option, b->rows[i].option);
        assert_int_equal(a->rows[i].state, b->rows[i].state);
    }
    for (size_t p = 0; p < POINTS; p++) {
        assert_string_equal(a->appetite[p].scope, b->appetite[p].scope);
        assert_true(a->appetite[p].loss == b->appetite[p].loss);
        assert_true(a->appetite[p].probability == b->appetite[p].probability);
    }
}

static void treatments_plans_and_appetite_come_back_as_they_were(void **state)
{
    struct diagnostics *d = diagnostics_new();
    struct results *results;
    (void)state;
    assert_true(results_read(first, &results, d));
    const struct treatment_outcome *again = results_treatments(results);
    assert_non_null(again);
    treatments_rows_are_equal(&portfolio.treatments, &again->portfolio->treatments);
    assert_int_equal(again->level, treated.level);
    assert_int_equal(again->plan_count, treated.plan_count);
    for (size_t i = 0; i < TREATMENTS; i++) {
        const struct treatment_figures *a = &treated.treatments[i], *b = &again->treatments[i];
        worlds_are_equal(&a->alone, &b->alone);
        assert_memory_equal(&a->cost, &b->cost, sizeof a->cost);
        assert_true(same(a->aal_saved_exact, b->aal_saved_exact));
        assert_memory_equal(&a->net_benefit, &b->net_benefit, sizeof a->net_benefit);
        assert_true(a->rosi == b->rosi && a->benefit_cost == b->benefit_cost);
        assert_true(same(a->cost_per_tvar, b->cost_per_tvar));
        assert_true(a->payback_probability == b->payback_probability);
        assert_int_equal(a->rank, b->rank);
        assert_int_equal(a->rank_lower, b->rank_lower);
        assert_int_equal(a->rank_upper, b->rank_upper);
        assert_true(a->settling_years == b->settling_years);
    }
    for (size_t p = 0; p < PLANS; p++) {
        const struct plan_figures *a = &treated.plans[p], *b = &again->plans[p];
        worlds_are_equal(&a->figures, &b->figures);
        assert_memory_equal(a->chosen, b->chosen, TREATMENTS * sizeof *a->chosen);
        assert_true(a->budget_cost == b->budget_cost && a->annualised_cost == b->annualised_cost);
        assert_true(a->value == b->value && a->bound == b->bound && a->gap == b->gap);
        assert_int_equal(a->modelled, b->modelled);
        appetites_are_equal(a->appetite, b->appetite);
    }
    assert_true(treated.base.aal == again->base.aal && treated.base.sd == again->base.sd);
    assert_memory_equal(treated.base.var, again->base.var, LEVELS * sizeof(double));
    assert_memory_equal(treated.base.tvar, again->base.tvar, LEVELS * sizeof(double));
    assert_memory_equal(treated.base.exceeds, again->base.exceeds, POINTS * sizeof(double));
    appetites_are_equal(treated.appetite, again->appetite);
    results_free(results);
    diagnostics_free(d);
}

// What is written of parts of it, and whether that reads back: `treatments`, `points` and `plans`
// of them.
static void parts_are_written_and_read(size_t treatments, size_t points, size_t plans)
{
    const struct treatments whole = portfolio.treatments;
    struct treatment_outcome part = treated;
    struct diagnostics *d = diagnostics_new();
    struct results *results;
    portfolio.treatments.count = treatments;
    portfolio.treatments.appetite_count = points;
    part.plan_count = plans;
    part.annual_loss = NULL;
    for (size_t i = 0; i < treatments; i++) // ranks are among those that there are
        treated.treatments[i].rank = treated.treatments[i].rank_upper = (uint32_t)treatments;
    treated.treatments[0].rank_lower = 1;
    assert_true(results_write(second, &outcome, &part, inputs, 2, "1.2.3", 1, d));
    assert_true(results_read(second, &results, d));
    const struct treatment_outcome *again = results_treatments(results);
    assert_int_equal(again != NULL, treatments + points > 0);
    if (again != NULL) {
        assert_int_equal(again->portfolio->treatments.count, treatments);
        assert_int_equal(again->portfolio->treatments.appetite_count, points);
        assert_int_equal(again->plan_count, treatments > 0 ? plans : 0);
    }
    results_free(results);
    diagnostics_free(d);
    portfolio.treatments = whole;
}

static void only_what_there_is_of_treatments_is_written(void **state)
{
    struct treatment_figures whole[TREATMENTS];
    (void)state;
    memcpy(whole, treated.treatments, sizeof whole);
    parts_are_written_and_read(0, 0, 0);
    parts_are_written_and_read(0, POINTS, 0);
    parts_are_written_and_read(1, 0, PLANS);
    parts_are_written_and_read(TREATMENTS, POINTS, 0);
    memcpy(treated.treatments, whole, sizeof whole);
}

// Ranks are indices to whoever reads them, words those of an enumeration.
static void ranks_and_words_that_mean_nothing_are_refused(void **state)
{
    struct appetite_figures *appetite = &treated.appetite[0];
    struct treatment_figures *figures = &treated.treatments[1];
    (void)state;
    for (uint32_t rank = 0; rank <= TREATMENTS + 1; rank++) {
        const uint32_t was = figures->rank_upper;
        struct diagnostics *d = diagnostics_new();
        struct results *results;
        figures->rank_upper = rank;
        assert_true(results_write(second, &outcome, &treated, inputs, 2, "1.2.3", 1, d));
        assert_int_equal(results_read(second, &results, d), rank >= 1 && rank <= TREATMENTS);
        results_free(results);
        diagnostics_free(d);
        figures->rank_upper = was;
    }
    struct diagnostics *d = diagnostics_new();
    struct results *results;
    appetite->verdict = VERDICTS;
    assert_true(results_write(second, &outcome, &treated, inputs, 2, "1.2.3", 1, d));
    assert_false(results_read(second, &results, d));
    appetite->verdict = VERDICT_BREACHED;
    diagnostics_free(d);
}

static void the_study_comes_back_as_it_was(void **state)
{
    struct diagnostics *d = diagnostics_new();
    struct results_study study;
    struct arena arena = {0};
    (void)state;
    assert_true(results_study_read(first, &arena, &study, d));
    assert_int_equal(study.years, YEARS);
    assert_int_equal(study.seed, 7);
    assert_int_equal(study.input_count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(study.inputs[i].name, inputs[i].name);
        assert_string_equal(study.inputs[i].sha256, inputs[i].sha256);
        assert_int_equal(study.inputs[i].size, inputs[i].size);
        assert_memory_equal(study.inputs[i].bytes, inputs[i].bytes, inputs[i].size);
    }
    arena_free(&arena);
    diagnostics_free(d);
}

static void a_study_that_is_absent_or_another_is_refused(void **state)
{
    static const char *const reasons[] = {"is not the file that was run", "there is no study",
                                          "attribute input_sha256"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct results_input wrong = inputs[0];
        struct diagnostics *d = diagnostics_new();
        struct results_study study;
        struct arena arena = {0};
        wrong.sha256 = i == 0 ? inputs[1].sha256 : "short";
        assert_true(
            results_write(second, &outcome, &treated, &wrong, i == 1 ? 0 : 1, "1.2.3", 1, d));
        assert_false(results_study_read(second, &arena, &study, d));
        assert_int_equal(diagnostics_errors(d), 1);
        assert_non_null(strstr(diagnostics_get(d, 0)->message, reasons[i]));
        arena_free(&arena);
        diagnostics_free(d);
    }
}

static void read_or_refuse(const char *path, bool must_refuse)
{
    struct diagnostics *d = diagnostics_new();
    struct results *results;
    struct results_study study;
    struct arena arena = {0};
    bool good = results_read(path, &results, d);
    assert_int_equal(diagnostics_errors(d), good ? 0 : 1);
    assert_false(good && must_refuse);
    if (good)
        results_free(results);
    diagnostics_free(d);
    d = diagnostics_new();
    good = results_study_read(path, &arena, &study, d);
    assert_int_equal(diagnostics_errors(d), good ? 0 : 1);
    arena_free(&arena);
    diagnostics_free(d);
}

static void damaged_files_are_refused_or_read_but_never_crash(void **state)
{
    size_t size;
    unsigned char *bytes = bytes_of(first, &size);
    uint32_t random = 1;
    (void)state;
    for (size_t cut = 0; cut < size; cut += size / 61 + 1) {
        bytes_put(second, bytes, cut);
        read_or_refuse(second, true);
    }
    for (size_t trial = 0; trial < 600; trial++) {
        random = random * 1664525 + 1013904223;
        size_t at = (trial % 2 ? random : (uint32_t)(trial * 41)) % size;
        unsigned char was = bytes[at];
        bytes[at] ^= (unsigned char)(1 + (random >> 24) % 255);
        bytes_put(second, bytes, size);
        read_or_refuse(second, false);
        bytes[at] = was;
    }
    for (size_t i = 8; i < size; i++)
        bytes[i] = (unsigned char)((random = random * 1664525 + 1013904223) >> 24);
    bytes_put(second, bytes, size);
    read_or_refuse(second, true);
    read_or_refuse("/nonexistent/x.h5", true);
    read_or_refuse(folder, true);
    free(bytes);
}

static size_t files_in(const char *path)
{
    size_t count = 0;
    DIR *stream = opendir(path);
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return count;
}

static void what_cannot_be_written_leaves_nothing(void **state)
{
    char path[400];
    struct rlimit before, small;
    size_t files = files_in(folder);
    (void)state;
    snprintf(path, sizeof path, "%s/none/x.h5", folder);
    assert_false(write_to(path, 2));
    assert_false(write_to("/proc/x.h5", 2));
    // A limit of the file's size stands for a full disk, at many places of the file.
    snprintf(path, sizeof path, "%s/x.h5", folder);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (rlim_t limit = 0; limit < 60000; limit += 6000) {
        small = before;
        small.rlim_cur = limit;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        bool good = write_to(path, 2);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_false(good);
        assert_int_equal(files_in(folder), files);
    }
    assert_true(write_to(first, 2)); // and the next one works
}

static void names_are_cut_between_characters_and_encoded(void **state)
{
    char encoded[32];
    (void)state;
    assert_int_equal(schema_text_cut("abc", 3), 3);
    assert_int_equal(schema_text_cut("ab\xc3\xbc", 3), 2);
    assert_true(schema_name_encode("a*b/c", encoded, sizeof encoded));
    assert_string_equal(encoded, "a%2Ab%2Fc");
    assert_true(schema_name_encode("..", encoded, sizeof encoded));
    assert_string_equal(encoded, "%2E.");
    assert_false(schema_name_encode("", encoded, sizeof encoded));
    assert_false(
        schema_name_encode("a long name that does not fit at all", encoded, sizeof encoded));
}

// tests/commands compares the README with a run's file: not every run has every group.
static void the_readme_has_the_table_of_the_schema(void **state)
{
    size_t size, table_size;
    char *printed = NULL;
    (void)state;
    FILE *stream = open_memstream(&printed, &table_size);
    results_schema_print(stream);
    fclose(stream);
    char *readme = (char *)bytes_of(TEST_DATA "/../README.md", &size);
    readme[size] = '\0';
    assert_non_null(strstr(readme, printed));
    free(printed);
    free(readme);
}

// The library loses memory when it gives up on a damaged file or a full disk; ours is still
// counted. Visible, because the sanitizer looks it up by name.
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_files_are_the_same_bytes_for_any_threads_and_private),
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(treatments_plans_and_appetite_come_back_as_they_were),
        cmocka_unit_test(only_what_there_is_of_treatments_is_written),
        cmocka_unit_test(ranks_and_words_that_mean_nothing_are_refused),
        cmocka_unit_test(the_study_comes_back_as_it_was),
        cmocka_unit_test(a_study_that_is_absent_or_another_is_refused),
        cmocka_unit_test(damaged_files_are_refused_or_read_but_never_crash),
        cmocka_unit_test(what_cannot_be_written_leaves_nothing),
        cmocka_unit_test(the_readme_has_the_table_of_the_schema),
        cmocka_unit_test(names_are_cut_between_characters_and_encoded),
    };
    return cmocka_run_group_tests(tests, outcome_make, outcome_free);
}
