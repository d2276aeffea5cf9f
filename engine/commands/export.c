#include <stdio.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/print.h"
#include "commands/registers.h"

static const struct manual manual = {
    .command = "export",
    .operands = "RUN.h5 --register | --treatment-plan | --soa | --zones | --study DIR",
    .summary = "Writes the registers of a management system from a run, or its study.",
    .text =
        "Tables are CSV that a spreadsheet may open: no cell is taken for a formula. Everything\n"
        "comes from the run's file alone: its figures, and the study that it kept.\n"
        "\n"
        "  --register        risks: what each costs a year, what remains after the treatments "
        "that\n"
        "                    are approved, in progress or mandatory, and who decided what\n"
        "  --treatment-plan  treatments: who, until when, costs, effect, rank, and at which "
        "budget\n"
        "                    the best plan first has it\n"
        "  --soa             Statement of Applicability: the 93 controls of ISO/IEC 27001:2022\n"
        "                    Annex A, then those that the study has from elsewhere\n"
        "  --zones           zones and conduits: security levels targeted and achieved, losses\n"
        "  --study DIR       the study, byte by byte, into a new folder\n"
        "\n"
        "Overdue is what lies before the study's as_of.\n"
        "\n"
        "Example:\n"
        "  lossmill export run.h5 --register -o risks.csv\n"
        "  lossmill export run.h5 --soa --json | jq '.rows[] | select(.applicable == \"no\")'\n",
    .operands_min = 1,
    .operands_max = 1,
};

enum which { RISKS, PLAN, CONTROLS, ZONES, WHICH };

static void register_write(enum which which, const struct replay_run *run,
                           const struct residual *residual, FILE *out, bool json)
{
    const struct sheet_form form = {.kind = json ? SHEET_JSON : SHEET_CSV};
    if (which == RISKS)
        register_risks(run, residual, out, &form);
    else if (which == PLAN)
        register_plan(run, out, &form);
    else if (which == CONTROLS)
        register_controls(run, out, &form);
    else
        register_zones(run, out, &form);
}

static int missing(const char *path, const char *text)
{
    fprintf(stderr, "lossmill export: %s was run without %s\n", text_shown(path, 200), text);
    return STATUS_INPUT;
}

static int register_export(enum which which, const char *path, const char *output, int threads,
                           bool quiet, bool json)
{
    struct replay_run run;
    struct residual residual = {0};
    struct output_file file = {.stream = stdout};
    int status = replay_read(&run, path, threads, quiet);
    if (status == STATUS_DONE && which == PLAN) {
        const struct treatment_outcome *treated = results_treatments(run.results);
        size_t count = run.study.portfolio.treatments.count;
        if (treated == NULL || count == 0 || treated->portfolio->treatments.count != count)
            status = missing(path, "treatments: there is nothing to plan");
    }
    if (status == STATUS_DONE && which == ZONES && run.study.portfolio.governance.zone_count == 0)
        status = missing(path, "zones.csv");
    if (status == STATUS_DONE && which == RISKS)
        status = replay_residual(&run, &residual, threads);
    if (status == STATUS_DONE && output != NULL && !output_open(&file, manual.command, output))
        status = STATUS_SYSTEM;
    if (status == STATUS_DONE) {
        register_write(which, &run, &residual, file.stream, json);
        if (output != NULL && !output_commit(&file, manual.command))
            status = STATUS_SYSTEM;
    }
    residual_free(&residual);
    replay_close(&run);
    return status;
}

int command_export(int argc, char **argv)
{
    bool chosen[WHICH] = {false}, json = false, quiet = false;
    const char *folder = NULL, *output = NULL;
    uint64_t threads = (uint64_t)machine_threads();
    const struct option_row rows[] = {
        {0, "register", NULL, "the risk register", OPTION_FLAG, &chosen[RISKS], 0, 0},
        {0, "treatment-plan", NULL, "the treatment plan", OPTION_FLAG, &chosen[PLAN], 0, 0},
        {0, "soa", NULL, "the Statement of Applicability", OPTION_FLAG, &chosen[CONTROLS], 0, 0},
        {0, "zones", NULL, "zones and conduits", OPTION_FLAG, &chosen[ZONES], 0, 0},
        {0, "study", "DIR", "the study, into a folder that is new or empty", OPTION_TEXT, &folder,
         0, 0},
        {'o', "output", "FILE", "write here, all or nothing, instead of to stdout", OPTION_TEXT,
         &output, 0, 0},
        {0, "json", NULL, "for programs, instead of CSV", OPTION_FLAG, &json, 0, 0},
        {'t', "threads", "N", "threads (the processors of this process)", OPTION_WHOLE, &threads, 1,
         4096},
        {'q', "quiet", NULL, "no progress", OPTION_FLAG, &quiet, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    enum which which = RISKS;
    int count = folder != NULL;
    for (int i = 0; i < WHICH; i++)
        if (chosen[i]) {
            which = (enum which)i;
            count++;
        }
    if (count != 1)
        return options_wrong(&manual,
                             "one of --register, --treatment-plan, --soa, --zones and --study DIR "
                             "is needed, and no more than one");
    if (folder != NULL && (json || output != NULL))
        return options_wrong(&manual, "--study writes files: neither --json nor --output applies");
    status = folder != NULL ? export_study(argv[1], folder)
                            : register_export(which, argv[1], output, (int)threads, quiet, json);
    return output_finish(status);
}
