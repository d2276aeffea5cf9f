#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/headline.h"
#include "commands/json.h"
#include "commands/keeper.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/print.h"
#include "commands/progress.h"
#include "commands/show.h"
#include "commands/stop.h"
#include "library/whole_run.h"
#include "models/isa.h"
#include "results/file.h"
#include "results/lock.h"

static const struct manual manual = {
    .command = "run",
    .operands = "STUDY -o RUN.h5",
    .summary = "Simulates a study and writes everything that was found into one HDF5 file.",
    .text =
        "The same study, years and seed give the same bytes for any number of threads. A RUN.h5\n"
        "that exists is replaced only once the new one is complete.\n"
        "\n"
        "Now and then the state of a long run is kept beside it, in RUN.h5.checkpoint. After "
        "Ctrl-C,\n"
        "a kill, a crash of the machine or its time limit (exit status 5) the same command goes "
        "on\n"
        "from there, to the same bytes. The checkpoint of another study, seed or number of years "
        "is\n"
        "refused; --fresh discards it.\n"
        "\n"
        "Example:\n"
        "  lossmill run first-study -o first.h5\n"
        "  lossmill show first.h5\n"
        "  lossmill run first-study -o quick.h5 --years 20000    # a first look\n",
    .operands_min = 1,
    .operands_max = 1,
};

// How long a range of scenarios may still take to its end, where the next checkpoint would be.
static const double grace_seconds = 0.5;

static bool on_progress(void *context, double done, const char *phase)
{
    if (stop_waited() > grace_seconds)
        return false;
    progress_line_tell(context, done, phase);
    return true;
}

static void print_end_of_run(const struct whole_run *run, const char *path, double seconds)
{
    const struct outcome *outcome = &run->outcome;
    const struct settings *settings = &outcome->portfolio->settings;
    printf("%s\n%s years simulated in %.1f s\n", text_shown(settings->title, 98),
           whole_text(settings->years), seconds);
    if (settings->annual_loss == ANNUAL_LOSS_PRODUCT)
        printf("\n%s\n", product_warning);
    printf("\n");
    struct portfolio_years years = portfolio_years(outcome);
    const struct totals totals = totals_of(outcome, &years.gross, level_nearest(settings, 0.99));
    print_headline(outcome, run->treatments.portfolio != NULL ? &run->treatments : NULL, &years,
                   &totals);
    portfolio_years_free(&years);
    printf("\nWritten to %s. Next:\n\n  lossmill show %s\n", text_shown(path, 200),
           text_shown(path, 200));
    if (outcome->portfolio->treatments.count > 0)
        printf("  lossmill rank %s\n", text_shown(path, 200));
}

static void print_headline_json(const struct outcome *outcome, const char *path, double seconds)
{
    const struct settings *settings = &outcome->portfolio->settings;
    struct json json = {.out = stdout};
    json_open(&json, NULL, '{');
    json_text(&json, "file", path);
    json_text(&json, "title", settings->title);
    json_text(&json, "currency", settings->currency);
    json_text(&json, "annual_loss",
              settings->annual_loss == ANNUAL_LOSS_PRODUCT ? "product" : "events");
    json_whole(&json, "years", settings->years);
    json_whole(&json, "seed", settings->seed);
    json_number(&json, "seconds", seconds);
    json_headline(&json, outcome);
    json_close(&json, '}');
}

struct request {
    const char *folder, *output, *isa;
    uint64_t years, seed, threads;
    const char *time_limit;
    double every; // seconds between checkpoints
    bool has_years, has_seed, fresh, quiet, json;
};

static int simulate_and_write(const struct request *request, struct whole_run *run,
                              struct keeper *keeper, struct diagnostics *d)
{
    const int threads = (int)request->threads;
    struct progress_line progress = progress_line_start(request->quiet);
    progress.years = (double)run->study.portfolio.settings.years;
    if (keeper_resumes(keeper) && !request->quiet)
        fprintf(stderr, "lossmill run: goes on from %s, at %s\n", text_shown(keeper->path, 200),
                keeper_progress(keeper));
    int status = STATUS_DONE;
    enum simulated simulated =
        whole_run_simulate(run, NULL, threads, &keeper->hooks, on_progress, &progress, d);
    if (stop_wanted() || simulated != SIMULATION_DONE)
        progress_line_clear(&progress);
    if (stop_wanted()) {
        fprintf(stderr, "lossmill run: %s\n", stop_reason());
        fputs(keeper_note(keeper), stderr);
        status = STATUS_STOPPED;
    } else if (simulated != SIMULATION_DONE) {
        status = simulated == SIMULATION_REFUSED ? input_status(d) : STATUS_SYSTEM;
    } else {
        double seconds = progress_line_seconds(&progress);
        progress_line_tell(&progress, NAN, "writing");
        stop_crashes("lossmill run: the HDF5 library crashed, for want of memory most likely; no "
                     "file was written\n");
        bool written = whole_run_write(run, request->output, threads, d);
        stop_crashes(NULL);
        if (written) {
            stop_done("lossmill run: stopped; the file is complete\n");
            keeper_finish(keeper);
        }
        progress_line_clear(&progress);
        status = written ? STATUS_DONE : STATUS_SYSTEM;
        errno = 0; // the file did without, whatever there was no memory for
        if (written && request->json)
            print_headline_json(&run->outcome, request->output, seconds);
        else if (written && !request->quiet)
            print_end_of_run(run, request->output, seconds);
    }
    return status;
}

static int study_run(const struct request *request, struct diagnostics *d)
{
    struct progress_line reading = progress_line_start(request->quiet);
    const struct study_options options = {.years = request->has_years ? &request->years : NULL,
                                          .seed = request->has_seed ? &request->seed : NULL,
                                          .tell = progress_line_tell,
                                          .context = &reading,
                                          .threads = (int)request->threads};
    struct whole_run run = {0};
    struct keeper keeper = {0};
    int status;
    bool good = study_read(&run.study, request->folder, &options, d);
    progress_line_clear(&reading);
    if (!good)
        status = input_status(d);
    else if (keeper_open(&keeper, request->output, &run.study, request->fresh, request->every,
                         (int)request->threads, d, &status))
        status = simulate_and_write(request, &run, &keeper, d);
    keeper_close(&keeper);
    whole_run_free(&run);
    return status;
}

// With the output locked against other runs.
static int locked_run(const struct request *request, struct diagnostics *d)
{
    char *partial = must_have(results_partial(request->output));
    char *checkpoint = must_have(keeper_path(request->output));
    char *unfinished = must_have(checkpoint_partial(checkpoint));
    struct output_lock *lock = output_lock_take(request->output, d);
    int status = STATUS_SYSTEM;
    if (lock != NULL) {
        stop_removes((const char *[]){partial, unfinished, output_lock_path(lock), NULL});
        status = study_run(request, d);
        stop_done(NULL);
    }
    free(unfinished);
    free(checkpoint);
    free(partial);
    output_lock_release(lock);
    return status;
}

int command_run(int argc, char **argv)
{
    struct request request = {
        .threads = (uint64_t)machine_threads(), .seed = UINT64_MAX, .every = 30};
    const char *every = NULL;
    double limit = 0;
    const struct option_row rows[] = {
        {'o', "output", "RUN.h5", "the file to write", OPTION_TEXT, &request.output, 0, 0},
        {'n', "years", "N", "simulated years, instead of the study's", OPTION_WHOLE, &request.years,
         1, 1000000000},
        {'s', "seed", "N", "seed, instead of the study's", OPTION_WHOLE, &request.seed, 0,
         INT64_MAX},
        {'t', "threads", "N", "(the processors of this process)", OPTION_WHOLE, &request.threads, 1,
         4096},
        {0, "time-limit", "TIME",
         "stops after it, such as 90s, 30m or 6h, and keeps what has been\ndone", OPTION_TEXT,
         &request.time_limit, 0, 0},
        {0, "checkpoint", "TIME", "at least so long between two checkpoints (30s)", OPTION_TEXT,
         &every, 0, 0},
        {0, "fresh", NULL, "from the beginning: discards the checkpoint beside RUN.h5", OPTION_FLAG,
         &request.fresh, 0, 0},
        {0, "isa", "NAME", "v2, v3 or v4: a lesser instruction set; none changes a bit",
         OPTION_TEXT, &request.isa, 0, 0},
        {'q', "quiet", NULL, "neither progress nor headline", OPTION_FLAG, &request.quiet, 0, 0},
        {0, "json", NULL, "the headline, for programs", OPTION_FLAG, &request.json, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    if (request.output == NULL || *request.output == '\0')
        return options_wrong(&manual, "where to? Add -o and the name of the file to write");
    if (request.isa != NULL && !isa_choose(request.isa))
        return options_wrong(&manual, "--isa %s: this machine has no such instruction set",
                             text_shown(request.isa, 20));
    if (request.time_limit != NULL && !duration_parse(request.time_limit, &limit))
        return options_wrong(&manual, "--time-limit %s: a time such as 90s, 30m or 6h is expected",
                             text_shown(request.time_limit, 20));
    if (every != NULL && !duration_parse(every, &request.every))
        return options_wrong(&manual, "--checkpoint %s: a time such as 90s, 30m or 6h is expected",
                             text_shown(every, 20));
    request.folder = argv[1];
    request.has_years = request.years > 0;
    request.has_seed = request.seed != UINT64_MAX;
    stop_catch("lossmill: stopped; no file was written\n");
    if (request.time_limit != NULL)
        stop_after(limit);
    static const char hdf5_magic[8] = "\211HDF\r\n\032\n";
    if (!output_possible("run", request.output, hdf5_magic, sizeof hdf5_magic, "an HDF5 file"))
        return STATUS_SYSTEM;

    struct diagnostics *d = must_have(diagnostics_new());
    status = locked_run(&request, d);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    return output_finish(status);
}
