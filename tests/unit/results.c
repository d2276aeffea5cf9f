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

enum { YEARS = 20000, SCENARIOS = 2, ASSETS = 3, GROUPS = 2, LEVELS = 2, PERIODS = 1 };

static char folder[] = "/tmp/lossmill-results-XXXXXX";
static char first[300], second[300];

static struct portfolio portfolio;
static struct outcome outcome;
static const unsigned char table[] = "asset_id\na1\n";
static const struct results_input inputs[] = {
    {"assets.csv", table, sizeof table - 1,
     "0000000000000000000000000000000000000000000000000000000000000000"},
    {"sub/empty file.csv", table, 0,
     "1111111111111111111111111111111111111111111111111111111111111111"}};

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
    bool good = results_write(path, &outcome, NULL, inputs, 2, "1.2.3", threads, d);
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
// /study are not restored: they are lent from the original.)
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
    assert_true(results_write(second, &again, NULL, inputs, 2, "1.2.3", 2, d));
    unsigned char *a = bytes_of(first, &a_size), *b = bytes_of(second, &b_size);
    assert_int_equal(a_size, b_size);
    assert_memory_equal(a, b, a_size);
    free(a);
    free(b);
    results_free(results);
    diagnostics_free(d);
}

static void read_or_refuse(const char *path, bool must_refuse)
{
    struct diagnostics *d = diagnostics_new();
    struct results *results;
    bool good = results_read(path, &results, d);
    assert_int_equal(diagnostics_errors(d), good ? 0 : 1);
    assert_false(good && must_refuse);
    if (good)
        results_free(results);
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

// The library loses memory when it gives up on a damaged file or a full disk; ours is still
// counted.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_files_are_the_same_bytes_for_any_threads_and_private),
        cmocka_unit_test(what_is_read_is_what_was_written),
        cmocka_unit_test(damaged_files_are_refused_or_read_but_never_crash),
        cmocka_unit_test(what_cannot_be_written_leaves_nothing),
        cmocka_unit_test(names_are_cut_between_characters_and_encoded),
    };
    return cmocka_run_group_tests(tests, outcome_make, outcome_free);
}
