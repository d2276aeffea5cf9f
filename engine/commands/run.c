#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/json.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/print.h"
#include "commands/progress.h"
#include "commands/years.h"
#include "library/whole_run.h"
#include "models/isa.h"

static const struct manual manual = {
    .command = "run",
    .operands = "STUDY -o RUN.h5",
    .summary = "Simulates a study and writes everything that was found into one HDF5 file.",
    .text =
        "The same study, years and seed give the same bytes for any number of threads. A RUN.h5\n"
        "that exists is replaced only once the new one is complete; Ctrl-C leaves it as it was\n"
        "(exit status 5).\n"
        "\n"
        "Example:\n"
        "  lossmill run first-study -o first.h5\n"
        "  lossmill show first.h5\n"
        "  lossmill run first-study -o quick.h5 --years 20000    # a first look\n",
    .operands_min = 1,
    .operands_max = 1,
};

// The number of the signal that asked us to stop. Until there is something to put in order, the
// handler ends the process by itself.
static volatile sig_atomic_t stopped_by, stop_softly;

static void on_signal(int number)
{
    if (!stop_softly) {
        static const char message[] = "lossmill: stopped; no file was written\n";
        ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
        (void)ignored;
        _exit(STATUS_STOPPED);
    }
    stopped_by = number;
}

static void signals_catch(void)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        struct sigaction before;
        // Under nohup a hang-up is ignored, and stays so. A shell also has its background jobs
        // ignore SIGINT, but who sends it to us by name means it.
        if (caught[i] != SIGHUP ||
            (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN))
            sigaction(caught[i], &action, NULL);
    }
}

static bool on_progress(void *context, double done, const char *phase)
{
    if (stopped_by != 0)
        return false;
    progress_line_tell(context, done, phase);
    return true;
}

static void print_headline(const struct outcome *outcome, const char *path, double seconds)
{
    const struct settings *settings = &outcome->portfolio->settings;
    printf("%s\n%s years simulated in %.1f s\n", text_shown(settings->title, 98),
           whole_text(settings->years), seconds);
    if (settings->annual_loss == ANNUAL_LOSS_PRODUCT)
        printf("\n%s\n", product_warning);
    printf("\n");
    print_headline_table(outcome);
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
    bool has_years, has_seed, quiet, json;
};

static int simulate_and_write(const struct request *request, struct whole_run *run,
                              struct diagnostics *d)
{
    struct progress_line reading = progress_line_start(request->quiet);
    const struct study_options options = {.years = request->has_years ? &request->years : NULL,
                                          .seed = request->has_seed ? &request->seed : NULL,
                                          .tell = progress_line_tell,
                                          .context = &reading,
                                          .threads = (int)request->threads};
    bool good = study_read(&run->study, request->folder, &options, d);
    progress_line_clear(&reading);
    if (!good)
        return STATUS_INPUT;

    struct progress_line progress = progress_line_start(request->quiet);
    progress.years = (double)run->study.portfolio.settings.years;
    stop_softly = true;
    enum simulated simulated =
        whole_run_simulate(run, (int)request->threads, on_progress, &progress, d);
    if (stopped_by != 0 || simulated != SIMULATION_DONE)
        progress_line_clear(&progress);
    if (stopped_by != 0) {
        fprintf(stderr, "lossmill run: stopped by %s; %s was not written\n", strsignal(stopped_by),
                text_shown(request->output, 200));
        return STATUS_STOPPED;
    }
    if (simulated != SIMULATION_DONE)
        return simulated == SIMULATION_REFUSED ? STATUS_INPUT : STATUS_SYSTEM;
    double seconds = progress_line_seconds(&progress);

    progress_line_tell(&progress, NAN, "writing");
    bool written = whole_run_write(run, request->output, (int)request->threads, d);
    progress_line_clear(&progress);
    if (!written)
        return STATUS_SYSTEM;
    if (stopped_by != 0)
        fprintf(stderr, "lossmill run: the file was complete when %s came\n",
                strsignal(stopped_by));
    if (request->json)
        print_headline_json(&run->outcome, request->output, seconds);
    else if (!request->quiet)
        print_headline(&run->outcome, request->output, seconds);
    return STATUS_DONE;
}

int command_run(int argc, char **argv)
{
    struct request request = {.threads = (uint64_t)machine_threads(), .seed = UINT64_MAX};
    const struct option_row rows[] = {
        {'o', "output", "RUN.h5", "the file to write", OPTION_TEXT, &request.output, 0, 0},
        {'n', "years", "N", "simulated years, instead of the study's", OPTION_WHOLE, &request.years,
         1, 1000000000},
        {'s', "seed", "N", "seed, instead of the study's", OPTION_WHOLE, &request.seed, 0,
         INT64_MAX},
        {'t', "threads", "N", "(the processors of this process)", OPTION_WHOLE, &request.threads, 1,
         4096},
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
    request.folder = argv[1];
    request.has_years = request.years > 0;
    request.has_seed = request.seed != UINT64_MAX;
    signals_catch();
    static const char hdf5_magic[8] = "\211HDF\r\n\032\n";
    if (!output_possible("run", request.output, hdf5_magic, sizeof hdf5_magic, "an HDF5 file"))
        return STATUS_SYSTEM;

    struct diagnostics *d = diagnostics_new();
    if (d == NULL)
        return STATUS_SYSTEM;
    struct whole_run run = {0};
    status = simulate_and_write(&request, &run, d);
    diagnostics_print(d, stderr);
    whole_run_free(&run);
    diagnostics_free(d);
    return output_finish(status);
}
