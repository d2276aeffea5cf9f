#include "verify/again.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "treat/treat.h"
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

static bool on_progress(void *context, double done, const char *phase)
{
    const struct verify_request *request = context;

    if (request->tell != NULL)
        request->tell(request->context, done, phase);
    return true;
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
                                    .tell = request->tell,
                                    .context = request->context,
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
    good = good && (!inputs->intact || given != NULL) &&
           study_read(&again->run.study, inputs->intact ? request->path : request->folder, &options,
                      own);
    if (!good)
        check_skip(f, check, CHECK_IMPOSSIBLE, "the study cannot be read: %s",
                   own != NULL ? first_message(own) : "out of memory");
    if (own == NULL || diagnostics_failed(own) || (inputs->intact && kept.inputs && !given))
        diagnostics_fail(d, NULL, "the study cannot be read: %s",
                         own != NULL ? first_message(own) : "out of memory");
    free(given);
    diagnostics_free(own);
    return good;
}

void again_free(struct again *again)
{
    whole_run_free(&again->run);
    arena_free(&again->arena);
}

// As `lossmill run` does it; some blocks of years, or all.
static bool simulate(const struct verify_request *request, const uint8_t *blocks,
                     struct again *again, struct diagnostics *d)
{
    return whole_run_simulate(&again->run, blocks, request->threads, NULL, on_progress,
                              (void *)(uintptr_t)request, d) == SIMULATION_DONE;
}

static struct schema_view view_of(struct again *again)
{
    struct whole_run *run = &again->run;

    return (struct schema_view){.outcome = &run->outcome,
                                .portfolio = &run->study.portfolio,
                                .treated =
                                    treat_wanted(&run->study.portfolio) ? &run->treatments : NULL,
                                .treatment_years = run->treatments.annual_loss != NULL};
}

// What comparing finds gets memory of its own, for it is done by another process.
static enum verified compare_apart(struct run_file *run, struct verification *out,
                                   void (*compare)(void *state), void *state, struct diagnostics *d)
{
    struct findings *f = &out->findings;
    const struct arena own = f->arena;
    bool good = apart_open(&out->compared, &f->arena);

    if (good)
        good = run_file_apart(run, &out->compared, compare, state, d);
    else
        diagnostics_fail(d, NULL, "out of memory");
    f->arena = own;
    return good ? VERIFIED_DONE : verified_failed(d);
}

struct comparing_all {
    struct run_file *run, again;
    struct verification *out;
    struct check *of_cells, *of_attributes;
};

static void all_compare(void *comparing_all)
{
    struct comparing_all *c = comparing_all;

    differences_find(c->run, &c->again, c->out, c->of_cells, c->of_attributes);
}

static bool again_write(const struct verify_request *request, const struct again *again,
                        struct diagnostics *d)
{
    bool written;

    if (request->writes != NULL)
        request->writes(true);
    written = whole_run_write(&again->run, request->scratch, request->threads, d);
    if (request->writes != NULL)
        request->writes(false);
    return written;
}

enum verified again_all(const struct verify_request *request, struct run_file *run,
                        struct verification *out, struct check *of_cells,
                        struct check *of_attributes, struct again *again, struct diagnostics *d)
{
    struct comparing_all c = {
        .run = run, .out = out, .of_cells = of_cells, .of_attributes = of_attributes};
    enum verified done = VERIFIED_SYSTEM;

    if (simulate(request, NULL, again, d) && again_write(request, again, d) &&
        run_file_start(&c.again, request->scratch, run->arena, d)) {
        if (request->tell != NULL)
            request->tell(request->context, NAN, "comparing");
        c.again.view = view_of(again);
        done = compare_apart(run, out, all_compare, &c, d);
    }
    unlink(request->scratch);
    return done;
}

struct comparing_blocks {
    struct run_file *run;
    struct findings *f;
    struct check *check;
    const uint8_t *blocks;
    struct schema_view view;
};

static void blocks_compare(void *comparing_blocks)
{
    struct comparing_blocks *c = comparing_blocks;
    struct schema_view *view = &c->view;
    size_t count = 0;

    for (size_t i = 0; i < schema_column_count(); i++) {
        const struct schema_column *column = schema_column_at(i);
        const size_t times = schema_is_grouped(column) ? view->portfolio->grouping_count : 1;

        if ((column->axes[0] != AXIS_YEAR && column->axes[1] != AXIS_YEAR) ||
            schema_is_coordinate(column) || !schema_is_present(column, view))
            continue;
        for (view->grouping = 0; view->grouping < times; view->grouping++, count++)
            array_check(c->run, c->f, c->check, column, view, c->blocks);
    }
    check_tell(c->f, c->check, "%zu arrays", count);
}

enum verified again_blocks(const struct verify_request *request, struct run_file *run,
                           struct verification *out, struct check *check, const uint8_t *blocks,
                           struct again *again, struct diagnostics *d)
{
    struct comparing_blocks c = {.run = run, .f = &out->findings, .check = check, .blocks = blocks};

    if (!simulate(request, blocks, again, d))
        return VERIFIED_SYSTEM;
    c.view = view_of(again);
    return compare_apart(run, out, blocks_compare, &c, d);
}
