// A study read from memory, such as out of a run's file, is the study that was read from its
// folder.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/file.h"
#include "simulate/simulate.h"
#include "study/study.h"

// The fewest years that its quantiles allow.
static const uint64_t years = 10000;

static void study_simulate(const struct study *study, struct outcome *outcome)
{
    struct diagnostics *d = diagnostics_new();
    assert_int_equal(simulate_run(&study->portfolio, 2, NULL, NULL, outcome, d), SIMULATION_DONE);
    diagnostics_free(d);
}

static void run_write(const char *path, const struct study *study, const struct outcome *outcome)
{
    struct diagnostics *d = diagnostics_new();
    struct results_input *inputs = calloc(study->input_count, sizeof *inputs);
    for (size_t i = 0; i < study->input_count; i++)
        inputs[i] = (struct results_input){study->inputs[i].name, study->inputs[i].bytes,
                                           study->inputs[i].size, study->inputs[i].sha256};
    assert_true(results_write(path, outcome, NULL, inputs, study->input_count, "1", 2, d));
    free(inputs);
    diagnostics_free(d);
}

// What a command does to replay a run.
static void study_again(const char *path, struct arena *arena, struct study *study)
{
    struct diagnostics *d = diagnostics_new();
    struct results_study kept;
    assert_true(results_study_read(path, arena, &kept, d));
    struct study_input *given = calloc(kept.input_count, sizeof *given);
    for (size_t i = 0; i < kept.input_count; i++)
        given[i] = (struct study_input){.name = kept.inputs[i].name,
                                        .bytes = kept.inputs[i].bytes,
                                        .size = kept.inputs[i].size};
    const struct study_options options = {.years = &kept.years,
                                          .seed = &kept.seed,
                                          .threads = 2,
                                          .given = given,
                                          .given_count = kept.input_count};
    assert_true(study_read(study, path, &options, d));
    free(given);
    diagnostics_free(d);
}

static void a_run_can_be_done_again_from_its_file(void **state)
{
    const uint64_t seed = 12345;
    const struct study_options options = {.years = &years, .seed = &seed, .threads = 2};
    struct diagnostics *d = diagnostics_new();
    struct study study, again;
    struct outcome outcome = {0}, outcome_again = {0};
    struct arena arena = {0};
    char path[] = "/tmp/lossmill-again-XXXXXX";
    const int file = mkstemp(path);
    (void)state;
    assert_true(file >= 0);
    close(file);
    assert_true(study_read(&study, DATASETS "/midsize-manufacturer", &options, d));
    study_simulate(&study, &outcome);
    run_write(path, &study, &outcome);
    study_again(path, &arena, &again);
    assert_int_equal(again.input_count, study.input_count);
    for (size_t i = 0; i < study.input_count; i++) {
        assert_string_equal(again.inputs[i].name, study.inputs[i].name);
        assert_string_equal(again.inputs[i].sha256, study.inputs[i].sha256);
    }
    assert_int_equal(again.portfolio.treatments.count, study.portfolio.treatments.count);
    assert_int_equal(again.portfolio.treatments.effect_count,
                     study.portfolio.treatments.effect_count);
    study_simulate(&again, &outcome_again);
    assert_int_equal(again.portfolio.settings.years, years);
    assert_memory_equal(outcome.annual_loss, outcome_again.annual_loss, years * sizeof(int64_t));
    outcome_free(&outcome_again);
    study_free(&again);
    arena_free(&arena);
    outcome_free(&outcome);
    study_free(&study);
    unlink(path);
    diagnostics_free(d);
}

static struct study_input text_input(const char *name, const char *text)
{
    return (struct study_input){
        .name = name, .bytes = (const unsigned char *)text, .size = strlen(text)};
}

static void files_below_the_folder_are_found_and_missing_ones_reported(void **state)
{
    (void)state;
    const struct study_input given[] = {
        text_input("sub/loss.csv", "loss\n10\n20\n30\n"),
        text_input("scenarios.csv", "scenario_id,assets,frequency,primary_total\n"
                                    "s,*,1,empirical sub/loss.csv:loss\n"),
        text_input("assets.csv", "asset_id\na\n"),
        text_input("study.ini", "[study]\ntitle = t\ncurrency = EUR\nas_of = 2026-01-01\n"),
    };
    for (size_t missing = 0; missing < 2; missing++) {
        const struct study_options options = {
            .threads = 1, .given = given + missing, .given_count = 4 - missing};
        struct diagnostics *d = diagnostics_new();
        struct study study;
        assert_int_equal(study_read(&study, "run.h5", &options, d), missing == 0);
        if (missing) {
            assert_int_equal(diagnostics_errors(d), 1);
            assert_string_equal(diagnostics_get(d, 0)->place.file, "scenarios.csv");
            assert_non_null(strstr(diagnostics_get(d, 0)->message,
                                   "'sub/loss.csv' cannot be read: No such file"));
        } else {
            assert_int_equal(study.input_count, 4);
        }
        study_free(&study);
        diagnostics_free(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_can_be_done_again_from_its_file),
        cmocka_unit_test(files_below_the_folder_are_found_and_missing_ones_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
