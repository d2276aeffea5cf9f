#include "commands/replay.h"

#include <stdio.h>
#include <stdlib.h>

#include "commands/commands.h"
#include "commands/print.h"

static bool on_progress(void *context, double done, const char *phase)
{
    progress_line_tell(context, done, phase);
    return true;
}

static bool study_again(struct replay_run *run, int threads, struct diagnostics *d)
{
    struct results_study kept;
    if (!results_study_read(run->path, &run->arena, &kept, d))
        return false;
    struct study_input *given = must_alloc(kept.input_count, sizeof *given);
    for (size_t i = 0; i < kept.input_count; i++)
        given[i] = (struct study_input){.name = kept.inputs[i].name,
                                        .bytes = kept.inputs[i].bytes,
                                        .size = kept.inputs[i].size};
    const struct study_options options = {.years = &kept.years,
                                          .seed = &kept.seed,
                                          .tell = progress_line_tell,
                                          .context = &run->progress,
                                          .threads = threads,
                                          .given = given,
                                          .given_count = kept.input_count};
    // its warnings were told when it was run
    struct diagnostics *own = must_have(diagnostics_new());
    bool good = study_read(&run->study, run->path, &options, own);
    if (!good)
        diagnostics_append(d, own);
    diagnostics_free(own);
    free(given);
    return good;
}

// The years of the base that figures are held against.
static bool base_again(struct replay_run *run, struct diagnostics *d)
{
    const struct portfolio *portfolio = &run->study.portfolio;
    const struct treatments *t = &portfolio->treatments;
    uint64_t years = portfolio->settings.years;
    run->base.portfolio = portfolio;
    // the tail's contributions too: rows stand in the order of ids, there and here
    const struct outcome *kept = results_outcome(run->results);
    run->base.annual_loss =
        kept->annual_loss_gross != NULL ? kept->annual_loss_gross : kept->annual_loss;
    run->base.scenarios = results_outcome(run->results)->scenarios;
    run->base.events = results_outcome(run->results)->events;
    run->base.groups = must_alloc(portfolio->grouping_count, sizeof *run->base.groups);
    for (size_t a = 0; a < t->appetite_count; a++) {
        const struct appetite_point *point = &t->appetite[a];
        if (point->grouping == NO_ROW)
            continue;
        struct group_outcome *group = &run->base.groups[point->grouping];
        if (group->annual_loss == NULL)
            group->annual_loss = must_alloc(portfolio->groupings[point->grouping].count * years,
                                            sizeof *group->annual_loss);
        if (!results_group_years(run->path, portfolio, point->grouping, point->group,
                                 group->annual_loss + point->group * years, d))
            return false;
    }
    return true;
}

static int read_all(struct replay_run *run, int threads, struct diagnostics *d)
{
    if (!results_read(run->path, &run->results, d) || !study_again(run, threads, d))
        return input_status(d);
    const struct portfolio *here = &run->study.portfolio;
    const struct portfolio *there = results_outcome(run->results)->portfolio;
    if (here->scenario_count == there->scenario_count && here->event_count == there->event_count &&
        here->assets.count == there->assets.count &&
        here->settings.years == there->settings.years &&
        here->settings.quantile_count == there->settings.quantile_count)
        return STATUS_DONE;
    const struct place at = {.file = run->path};
    diagnostics_add(d, &at, "the study that it kept is not the one of its figures");
    return STATUS_INPUT;
}

// The years that worlds are held against, and what they are drawn again with; once for all.
static int worlds_again(struct replay_run *run, int threads, struct diagnostics *d)
{
    if (run->base.portfolio != NULL)
        return STATUS_DONE;
    if (!base_again(run, d))
        return input_status(d);
    return scenario_plans_make(&run->study.portfolio, threads, &run->plans, d) ? STATUS_DONE
                                                                               : STATUS_SYSTEM;
}

// Whether what is priced again can stand beside what the file has.
static bool priced_alike(const struct replay_run *run, struct diagnostics *d)
{
    const struct place at = {.file = run->path};
    const struct portfolio *here = &run->study.portfolio;
    const struct portfolio *there = results_treatments(run->results)->portfolio;
    if (here->treatments.count == there->treatments.count &&
        here->treatments.appetite_count == there->treatments.appetite_count &&
        here->settings.return_period_count == there->settings.return_period_count)
        return true;
    diagnostics_add(d, &at, "the study that it kept is not the one of its treatments");
    return false;
}

static int price_all(struct replay_run *run, const char *command, int threads,
                     struct diagnostics *d)
{
    const struct treatment_outcome *priced = results_treatments(run->results);
    if (priced == NULL || priced->portfolio->treatments.count == 0) {
        fprintf(stderr,
                "lossmill %s: %s was run without treatments: give its study a treatments.csv and "
                "an effects.csv, and run it again\n",
                command, text_shown(run->path, 200));
        return STATUS_INPUT;
    }
    if (!priced_alike(run, d))
        return STATUS_INPUT;
    int status = worlds_again(run, threads, d);
    if (status != STATUS_DONE)
        return status;
    run->session = treat_session_new(&run->study.portfolio, &run->plans, &run->base, threads, NULL,
                                     on_progress, &run->progress, &run->treatments, d);
    return run->session != NULL ? STATUS_DONE : STATUS_SYSTEM;
}

static int residual_again(struct replay_run *run, struct residual *residual, int threads,
                          struct diagnostics *d)
{
    bool decided = false;
    *residual = (struct residual){0};
    for (size_t i = 0; i < run->study.portfolio.treatments.count; i++)
        decided = decided || residual_has(run->study.portfolio.treatments.rows[i].state);
    if (!decided)
        return STATUS_DONE;
    int status = worlds_again(run, threads, d);
    if (status == STATUS_DONE && !residual_find(&run->study.portfolio, &run->plans, &run->base,
                                                threads, on_progress, &run->progress, residual, d))
        status = STATUS_SYSTEM;
    return status;
}

int replay_read(struct replay_run *run, const char *path, int threads, bool quiet)
{
    *run = (struct replay_run){.path = path, .progress = progress_line_start(quiet)};
    struct diagnostics *d = must_have(diagnostics_new());
    int status = read_all(run, threads, d);
    progress_line_clear(&run->progress);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    return status;
}

int replay_price(struct replay_run *run, const char *command, int threads)
{
    struct diagnostics *d = must_have(diagnostics_new());
    int status = price_all(run, command, threads, d);
    progress_line_clear(&run->progress);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    return status;
}

int replay_residual(struct replay_run *run, struct residual *residual, int threads)
{
    struct diagnostics *d = must_have(diagnostics_new());
    int status = residual_again(run, residual, threads, d);
    progress_line_clear(&run->progress);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    return status;
}

int replay_open(struct replay_run *run, const char *command, const char *path, int threads,
                bool quiet)
{
    int status = replay_read(run, path, threads, quiet);
    return status == STATUS_DONE ? replay_price(run, command, threads) : status;
}

void replay_close(struct replay_run *run)
{
    treat_session_free(run->session);
    treatment_outcome_free(&run->treatments);
    scenario_plans_free(&run->plans);
    if (run->base.groups != NULL)
        for (size_t g = 0; g < run->study.portfolio.grouping_count; g++)
            free(run->base.groups[g].annual_loss);
    free(run->base.groups);
    study_free(&run->study);
    arena_free(&run->arena);
    results_free(run->results);
}
