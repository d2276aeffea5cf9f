#include "verify/again.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "treat/existing.h"
#include "verify/arrays.h"
#include "verify/differences.h"

// What the study's reader is given where the run keeps its inputs.
static struct study_input *inputs_given(const struct results_study *kept)
{
    struct study_input *given = calloc(kept->input_count, sizeof *given);

    for (size_t i = 0; given != NULL && i < kept->input_count; i++)
        given[i] = (struct study_input){.name = kept->inputs[i].name,
                                        .bytes = kept->inputs[i].bytes,
                                        .size = kept->inputs[i].size};
    return given;
}

static void told(void *context, double done, const char *phase)
{
    const struct verify_request *request = context;

    if (request->tell != NULL)
        request->tell(request->context, done, phase);
}

static const char *first_message(const struct diagnostics *d)
{
    return diagnostics_kept(d) > 0 ? diagnostics_get(d, 0)->message : "out of memory";
}

bool again_read(const struct verify_request *request, const struct kept_inputs *inputs,
                bool folder_intact, struct verification *out, struct check *check,
                struct again *again, struct diagnostics *d)
{
    struct findings *f = &out->findings;
    struct study_options options = {.years = &out->years,
                                    .seed = &out->seed,
                                    .tell = told,
                                    .context = (void *)(uintptr_t)request,
                                    .threads = request->threads};
    struct diagnostics *own = diagnostics_new(); // its warnings were told when it was run
    struct study_input *given = NULL;
    struct results_study kept = {0};
    bool good = own != NULL;

    *again = (struct again){0};
    if (good && inputs->intact) {
        good = results_study_read(request->path, &again->arena, &kept, own);
        given = good ? inputs_given(&kept) : NULL;
        options.given = given;
        options.given_count = kept.input_count;
    } else if (good && !folder_intact) {
        check_skip(f, check, CHECK_IMPOSSIBLE,
                   "the run keeps no study, and no folder with the same files was given");
        diagnostics_free(own);
        return false;
    }
    good =
        good && (!inputs->intact || given != NULL) &&
        study_read(&again->study, inputs->intact ? request->path : request->folder, &options, own);
    if (!good)
        check_skip(f, check, CHECK_IMPOSSIBLE, "the study cannot be read: %s",
                   own != NULL ? first_message(own) : "out of memory");
    if (own == NULL)
        diagnostics_add(d, NULL, "out of memory");
    free(given);
    diagnostics_free(own);
    return good;
}

void again_free(struct again *again)
{
    treatment_outcome_free(&again->treated);
    outcome_free(&again->outcome);
    scenario_plans_free(&again->plans);
    study_free(&again->study);
    arena_free(&again->arena);
}

static bool going_on(const struct verify_request *request, const char *phase)
{
    return request->tell == NULL || request->tell(request->context, 0, phase);
}

// Errors of the engine are told as they come; none means that it was stopped.
static enum verified failed(uint64_t errors, const struct diagnostics *d)
{
    return diagnostics_errors(d) > errors ? VERIFIED_SYSTEM : VERIFIED_STOPPED;
}

// As `lossmill run` does it; some blocks of years, or all.
static enum verified simulate(const struct verify_request *request, const uint8_t *blocks,
                              struct again *again, struct diagnostics *d)
{
    const struct portfolio *portfolio = &again->study.portfolio;
    const uint64_t errors = diagnostics_errors(d);
    struct existing *existing = NULL;
    struct treat_session *session = NULL;
    enum simulated done = SIMULATION_FAILED;
    bool good = going_on(request, "planning") &&
                scenario_plans_make(portfolio, request->threads, &again->plans, d);

    if (good) {
        existing = existing_new(portfolio, &again->plans, &good, d);
        again->plans.filters = existing_filters(existing);
        again->plans.blocks = blocks;
    }
    if (good)
        done = (blocks != NULL ? simulate_blocks : simulate_planned)(
            portfolio, &again->plans, request->threads, request->tell, request->context,
            &again->outcome, d);
    good = done == SIMULATION_DONE;
    if (good && treat_wanted(portfolio) && blocks == NULL)
        good = treat_run(portfolio, &again->plans, &again->outcome, request->threads, request->tell,
                         request->context, &again->treated, d);
    if (good && treat_wanted(portfolio) && blocks != NULL) {
        session = treat_session_new(portfolio, &again->plans, &again->outcome, request->threads,
                                    request->tell, request->context, &again->treated, d);
        good = session != NULL;
        treat_session_free(session);
    }
    if (good && again->treated.net_loss != NULL &&
        !outcome_insure(&again->outcome, again->treated.net_loss)) {
        diagnostics_add(d, NULL, "out of memory while applying the insurance");
        good = false;
    }
    again->plans.filters = NULL;
    existing_free(existing);
    return good ? VERIFIED_DONE : failed(errors, d);
}

// A folder of its own, since the file is written by its name; "" after a diagnostic.
static bool scratch_make(const struct verify_request *request, char path[4096],
                         struct diagnostics *d)
{
    const struct place at = {.file = request->scratch};

    if (snprintf(path, 4000, "%s/lossmill-verify-XXXXXX", request->scratch) >= 4000)
        errno = ENAMETOOLONG;
    else if (mkdtemp(path) != NULL)
        return true;
    diagnostics_add(d, &at, "the run cannot be written there once more: %s", strerror(errno));
    return false;
}

static bool again_write(const struct verify_request *request, const struct again *again,
                        const char *path, struct diagnostics *d)
{
    const struct study *study = &again->study;
    struct results_input *inputs = calloc(study->input_count + 1, sizeof *inputs);
    bool good = inputs != NULL;

    for (size_t i = 0; good && i < study->input_count; i++)
        inputs[i] = (struct results_input){study->inputs[i].name, study->inputs[i].bytes,
                                           study->inputs[i].size, study->inputs[i].sha256};
    good = good && results_write(path, &again->outcome,
                                 treat_wanted(&study->portfolio) ? &again->treated : NULL, inputs,
                                 study->input_count, request->version, (size_t)request->threads, d);
    if (inputs == NULL)
        diagnostics_add(d, NULL, "out of memory");
    free(inputs);
    return good;
}

enum verified again_all(const struct verify_request *request, struct run_file *run,
                        struct verification *out, struct check *of_cells,
                        struct check *of_attributes, struct again *again, struct diagnostics *d)
{
    char folder[4096], path[4096 + 8];
    enum verified done = simulate(request, NULL, again, d);
    bool good;

    if (done != VERIFIED_DONE)
        return done;
    if (!going_on(request, "comparing"))
        return VERIFIED_STOPPED;
    if (!scratch_make(request, folder, d))
        return VERIFIED_SYSTEM;
    snprintf(path, sizeof path, "%s/run.h5", folder);
    good = again_write(request, again, path, d) &&
           differences_find(run, path, out, of_cells, of_attributes, d);
    unlink(path);
    rmdir(folder);
    return good ? VERIFIED_DONE : VERIFIED_SYSTEM;
}

enum verified again_blocks(const struct verify_request *request, struct run_file *run,
                           struct findings *f, struct check *check, const uint8_t *blocks,
                           struct again *again, struct diagnostics *d)
{
    const enum verified done = simulate(request, blocks, again, d);
    struct schema_view view = {.outcome = &again->outcome,
                               .portfolio = &again->study.portfolio,
                               .treated =
                                   treat_wanted(&again->study.portfolio) ? &again->treated : NULL,
                               .treatment_years = again->treated.annual_loss != NULL};
    size_t count = 0;

    if (done != VERIFIED_DONE)
        return done;
    for (size_t c = 0; c < schema_column_count(); c++) {
        const struct schema_column *column = schema_column_at(c);
        const size_t times = schema_is_grouped(column) ? view.portfolio->grouping_count : 1;

        if ((column->axes[0] != AXIS_YEAR && column->axes[1] != AXIS_YEAR) ||
            schema_is_coordinate(column) || !schema_is_present(column, &view))
            continue;
        for (view.grouping = 0; view.grouping < times; view.grouping++, count++)
            array_check(run, f, check, column, &view, blocks);
    }
    check_tell(f, check, "%zu arrays", count);
    return VERIFIED_DONE;
}
