#include "commands/verify.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/print.h"
#include "commands/progress.h"
#include "commands/stop.h"
#include "models/isa.h"
#include "results/file.h"

static const struct manual manual = {
    .command = "verify",
    .operands = "RUN.h5 [STUDY]",
    .summary = "Proves that a run is what it says, or says exactly what differs.",
    .text =
        "Recomputes the hashes of the contents and of the inputs that the run keeps; computes all\n"
        "figures that follow from others anew and compares them bit by bit; simulates the run's\n"
        "own study again and compares every array and every attribute. With STUDY, also tells\n"
        "which of its files are not those of the run; where the run keeps no study, but STUDY\n"
        "still has its files, these are simulated.\n"
        "\n"
        "--sample simulates some blocks of 8,192 years only: all losses of these years. Which\n"
        "ones follows from the hash of the contents, and is told. --no-simulation compares what\n"
        "stands in the file with itself; no study is needed.\n"
        "\n"
        "Exit status: 0 all that was asked for is proven, 1 something differs or cannot be\n"
        "proven, 3 it is not a run.\n"
        "\n"
        "Example:\n"
        "  lossmill verify first.h5\n"
        "  lossmill verify first.h5 first-study --sample 10%\n"
        "  lossmill verify first.h5 --no-simulation --json | jq .verified\n",
    .operands_min = 1,
    .operands_max = 2,
};

// "20" blocks or "5%" of them.
static bool sample_parse(const char *text, struct verify_request *request)
{
    char *end;
    const double number = strtod(text, &end);
    if (*text < '0' || *text > '9' || !isfinite(number) || !(number > 0))
        return false;
    if (strcmp(end, "%") == 0) {
        request->sample_share = number / 100;
        return number <= 100;
    }
    request->sample_count = (uint64_t)fmin(number, 1e9);
    return *end == '\0' && number == floor(number);
}

static const char *scratch_default(void)
{
    const char *folder = getenv("TMPDIR");
    return folder != NULL && *folder != '\0' ? folder : "/tmp";
}

static char *text_join(const char *before, const char *after)
{
    char *text = must_alloc(strlen(before) + strlen(after) + 1, 1);
    return strcat(strcpy(text, before), after);
}

// A folder for the run that is written once more: files are written by their names.
struct scratch {
    char *folder, *run, *partial;
    bool made;
};

// Makes it in `parent`. False after a diagnostic.
static bool scratch_make(struct scratch *scratch, const char *parent, struct diagnostics *d)
{
    const struct place at = {.file = parent};
    scratch->folder = text_join(parent, "/lossmill-verify-XXXXXX");
    scratch->run = text_join(scratch->folder, "/run.h5");
    scratch->partial = must_have(results_partial(scratch->run));
    // where memory is short there is no folder yet
    if (mkdtemp(scratch->folder) == NULL) {
        diagnostics_fail(d, &at, "the run cannot be written there once more: %s", strerror(errno));
        return false;
    }
    scratch->made = true;
    memcpy(scratch->run, scratch->folder, strlen(scratch->folder));
    memcpy(scratch->partial, scratch->folder, strlen(scratch->folder));
    stop_removes((const char *[]){scratch->partial, scratch->run, scratch->folder, NULL});
    return true;
}

static void scratch_remove(struct scratch *scratch)
{
    stop_removes((const char *[]){NULL});
    if (scratch->made)
        rmdir(scratch->folder);
    free(scratch->folder);
    free(scratch->run);
    free(scratch->partial);
}

static void on_write(bool begins)
{
    stop_crashes(begins ? "lossmill verify: the HDF5 library crashed, for want of memory most "
                          "likely; nothing is proven\n"
                        : NULL);
}

static int verify_and_print(struct verify_request request, bool quiet, bool json, size_t top)
{
    static const int statuses[] = {[VERIFIED_DONE] = STATUS_DONE,
                                   [VERIFIED_INPUT] = STATUS_INPUT,
                                   [VERIFIED_SYSTEM] = STATUS_SYSTEM};
    struct progress_line progress = progress_line_start(quiet);
    struct diagnostics *d = must_have(diagnostics_new());
    struct scratch scratch = {0};
    struct verification *v = NULL;
    int status = STATUS_SYSTEM;
    if (request.simulation != VERIFY_ALL || scratch_make(&scratch, request.scratch, d)) {
        request.scratch = scratch.run;
        request.writes = on_write;
        request.tell = progress_line_tell;
        request.context = &progress;
        status = statuses[verify_run(&request, &v, d)];
    }
    scratch_remove(&scratch);
    progress_line_clear(&progress);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    if (status == STATUS_DONE) {
        if (json)
            verify_json(&request, v, top);
        else
            verify_print(&request, v, top);
        status = findings_good(&v->findings) ? STATUS_DONE : STATUS_NO;
    }
    verification_free(v);
    return status;
}

int command_verify(int argc, char **argv)
{
    const char *sample = NULL, *isa = NULL;
    bool nothing = false, quiet = false, json = false;
    uint64_t threads = (uint64_t)machine_threads(), top = 0;
    struct verify_request request = {.scratch = scratch_default(), .version = LOSSMILL_VERSION};
    const struct option_row rows[] = {
        {0, "sample", "N|N%", "simulate N blocks of 8,192 years, or N %, instead of all years",
         OPTION_TEXT, &sample, 0, 0},
        {0, "blocks", "LIST", "simulate these blocks, such as 0,3,10-12", OPTION_TEXT,
         &request.blocks, 0, 0},
        {0, "no-simulation", NULL, "only what stands in the file", OPTION_FLAG, &nothing, 0, 0},
        {0, "scratch", "DIR", "where the run is written once more (TMPDIR, else /tmp)", OPTION_TEXT,
         &request.scratch, 0, 0},
        {'n', "top", "N", "arrays and others to list of each check (text: 10; else all)",
         OPTION_WHOLE, &top, 1, UINT32_MAX},
        {'t', "threads", "N", "(the processors of this process)", OPTION_WHOLE, &threads, 1, 4096},
        {0, "isa", "NAME", "v2, v3 or v4: a lesser instruction set; none changes a bit",
         OPTION_TEXT, &isa, 0, 0},
        {'q', "quiet", NULL, "no progress", OPTION_FLAG, &quiet, 0, 0},
        {0, "json", NULL, "everything, for programs", OPTION_FLAG, &json, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    if ((sample != NULL) + (request.blocks != NULL) + nothing > 1)
        return options_wrong(&manual, "--sample, --blocks and --no-simulation exclude each other");
    if (sample != NULL && !sample_parse(sample, &request))
        return options_wrong(&manual,
                             "--sample %s: a number of blocks is expected, or a share "
                             "such as 10%%",
                             text_shown(sample, 20));
    if (isa != NULL && !isa_choose(isa))
        return options_wrong(&manual, "--isa %s: this machine has no such instruction set",
                             text_shown(isa, 20));
    request.path = argv[1];
    request.folder = operands > 1 ? argv[2] : NULL;
    request.threads = (int)threads;
    request.simulation = nothing                                    ? VERIFY_NOTHING
                         : sample != NULL || request.blocks != NULL ? VERIFY_SAMPLE
                                                                    : VERIFY_ALL;
    stop_catch("lossmill verify: stopped; nothing is proven\n");
    return output_finish(verify_and_print(request, quiet, json,
                                          top > 0 ? (size_t)top
                                          : json  ? SIZE_MAX
                                                  : 10));
}
