#include "library/whole_run.h"

#include <stdlib.h>

#include "lossmill.h"
#include "results/file.h"
#include "treat/existing.h"
#include "treat/forecast.h"

enum simulated whole_run_simulate(struct whole_run *run, const uint8_t *blocks, int threads,
                                  const struct snapshot_keeper *keeper, simulate_progress *progress,
                                  void *context, struct diagnostics *d)
{
    const struct portfolio *portfolio = &run->study.portfolio;
    enum simulated done = SIMULATION_FAILED;
    struct scenario_plans plans = {0};
    struct existing *existing = NULL;
    bool good =
        progress(context, 0, "planning") && scenario_plans_make(portfolio, threads, &plans, d);
    struct treat_forecast forecast;
    if (good && !treat_forecast(portfolio, &plans, threads, &forecast, d)) {
        scenario_plans_free(&plans);
        return SIMULATION_REFUSED;
    }
    if (good) {
        existing = existing_new(portfolio, &plans, &good, d);
        plans.filters = existing_filters(existing);
        plans.blocks = blocks;
    }
    if (good && blocks != NULL)
        done = simulate_blocks(portfolio, &plans, threads, progress, context, &run->outcome, d);
    else if (good)
        done = simulate_resumable(portfolio, &plans, threads, keeper, progress, context,
                                  &run->outcome, d);
    if (done == SIMULATION_DONE && treat_wanted(portfolio) &&
        !treat_run(portfolio, &plans, &run->outcome, threads, keeper, progress, context,
                   &run->treatments, d))
        done = SIMULATION_FAILED;
    if (done == SIMULATION_DONE && run->treatments.net_loss != NULL &&
        !outcome_insure(&run->outcome, run->treatments.net_loss)) {
        diagnostics_fail(d, NULL, "out of memory while applying the insurance");
        done = SIMULATION_FAILED;
    }
    existing_free(existing);
    scenario_plans_free(&plans);
    return done;
}

bool whole_run_write(const struct whole_run *run, const char *path, int threads,
                     struct diagnostics *d)
{
    const struct study *study = &run->study;
    struct results_input *inputs = calloc(study->input_count + 1, sizeof *inputs);
    if (inputs == NULL) {
        diagnostics_fail(d, NULL, "out of memory while writing");
        return false;
    }
    for (size_t i = 0; i < study->input_count; i++)
        inputs[i] = (struct results_input){study->inputs[i].name, study->inputs[i].bytes,
                                           study->inputs[i].size, study->inputs[i].sha256};
    bool written = results_write(path, &run->outcome,
                                 treat_wanted(&study->portfolio) ? &run->treatments : NULL, inputs,
                                 study->input_count, LOSSMILL_VERSION, (size_t)threads, d);
    free(inputs);
    return written;
}

void whole_run_forget(struct whole_run *run)
{
    treatment_outcome_free(&run->treatments);
    outcome_free(&run->outcome);
}

void whole_run_free(struct whole_run *run)
{
    whole_run_forget(run);
    study_free(&run->study);
}
