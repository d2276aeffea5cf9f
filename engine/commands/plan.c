#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/plan.h"
#include "commands/print.h"

static const struct manual manual = {
    .command = "plan",
    .operands = "RUN.h5 [--budget B[,B...] | --meet-appetite]",
    .summary = "Finds the treatments that leave the least loss for a budget.",
    .text =
        "The set is chosen by its expected loss, with requires, excludes, mandatory and forbidden\n"
        "ones heeded, and proven: no other set within the budget leaves less, or the gap is told.\n"
        "It is then priced on the run's own events, insurance after controls. What the budget\n"
        "limits, first year's or annualised cost, is the study's [treatment] budget_basis.\n"
        "\n"
        "Without --budget and --meet-appetite the efficient frontier is printed, as the run has "
        "it.\n"
        "--objective tvar chooses among sets of good expected loss that with the least TVaR;\n"
        "net_benefit weighs costs against the loss. --meet-appetite finds the cheapest plan that\n"
        "is surely within the appetite (95 %). Exit status 1: there is no such plan.\n"
        "\n"
        "Example:\n"
        "  lossmill plan run.h5 --budget 250k,500k,1M\n"
        "  lossmill plan run.h5 --meet-appetite\n",
    .operands_min = 1,
    .operands_max = 1,
};

enum { BUDGETS_MAX = 100 };

// 0 after explaining what is wrong.
static size_t budgets_read(const char *text, double *budgets)
{
    size_t count = 0;
    while (true) {
        size_t length = strcspn(text, ",");
        if (count == BUDGETS_MAX || !amount_parse(text, length, &budgets[count])) {
            options_wrong(&manual, "--budget %s: amounts such as 250k,500k,1M are expected",
                          text_shown(text, 40));
            return 0;
        }
        count++;
        if (text[length] == '\0')
            return count;
        text += length + 1;
    }
}

static bool objective_read(const char *text, enum objective *objective)
{
    for (int o = 0; o < OBJECTIVES; o++)
        if (strcmp(text, objective_names[o]) == 0) {
            *objective = (enum objective)o;
            return true;
        }
    return false;
}

struct request {
    const char *path;
    double budgets[BUDGETS_MAX], step;
    size_t budget_count;
    const char *objective;
    uint64_t threads, draws;
    bool meet_appetite, quiet, json;
};

static int frontier_show(const struct request *request)
{
    struct diagnostics *d = must_have(diagnostics_new());
    struct results *results = NULL;
    int status = STATUS_INPUT;
    bool good = results_read(request->path, &results, d);
    if (!good)
        status = input_status(d);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    const struct treatment_outcome *treated = good ? results_treatments(results) : NULL;
    if (good && (treated == NULL || treated->plan_count == 0)) {
        fprintf(stderr, "lossmill plan: %s was run without treatments\n",
                text_shown(request->path, 200));
    } else if (good) {
        status = STATUS_DONE;
        if (request->json)
            plan_frontier_json(treated);
        else
            plan_frontier_text(treated, request->path);
    }
    results_free(results);
    return status;
}

static int plans_show(const struct request *request, struct replay_run *run)
{
    const struct treatments *t = &run->study.portfolio.treatments;
    struct plan_request asked = {.objective = t->settings.objective,
                                 .meet_appetite = request->meet_appetite,
                                 .step = request->meet_appetite ? 0 : request->step,
                                 .draws = request->meet_appetite ? 0 : (uint32_t)request->draws};
    struct diagnostics *d = must_have(diagnostics_new());
    int status = STATUS_DONE;
    struct plan_page page = {.run = run, .asked = &asked};
    if (request->objective != NULL)
        objective_read(request->objective, &asked.objective);
    if (request->meet_appetite && t->appetite_count == 0) {
        fprintf(stderr, "lossmill plan: the study has no appetite.csv to meet\n");
        status = STATUS_INPUT;
    }
    if (status == STATUS_DONE)
        plan_page_start(&page, request->json);
    size_t count = request->budget_count > 0 ? request->budget_count : 1;
    for (size_t b = 0; status != STATUS_SYSTEM && status != STATUS_INPUT && b < count; b++) {
        struct plan_answer answer;
        asked.budget = request->budget_count > 0 ? request->budgets[b] : HUGE_VAL;
        bool good = treat_session_plan(run->session, &asked, &answer, d);
        progress_line_clear(&run->progress);
        if (!good) {
            status = STATUS_SYSTEM;
            break;
        }
        if (!answer.feasible)
            status = STATUS_NO;
        plan_page_add(&page, &answer);
    }
    if (status == STATUS_DONE || status == STATUS_NO)
        plan_page_end(&page);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    return status;
}

int command_plan(int argc, char **argv)
{
    struct request request = {.threads = (uint64_t)machine_threads(), .draws = 20};
    const char *budget = NULL, *step = "100k";
    const struct option_row rows[] = {
        {'b', "budget", "B[,B...]", "one plan for each: 250k,500k,1M", OPTION_TEXT, &budget, 0, 0},
        {0, "objective", "NAME", "aal, tvar or net_benefit (the study's)", OPTION_TEXT,
         &request.objective, 0, 0},
        {0, "meet-appetite", NULL, "the cheapest plan that is within the appetite", OPTION_FLAG,
         &request.meet_appetite, 0, 0},
        {0, "step", "B", "what would this much more buy? (100k)", OPTION_TEXT, &step, 0, 0},
        {0, "draws", "N", "of what is uncertain, to see how stable a plan is (20)", OPTION_WHOLE,
         &request.draws, 0, 10000},
        {'t', "threads", "N", "(the processors of this process)", OPTION_WHOLE, &request.threads, 1,
         4096},
        {'q', "quiet", NULL, "no progress", OPTION_FLAG, &request.quiet, 0, 0},
        {0, "json", NULL, "everything, for programs", OPTION_FLAG, &request.json, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    enum objective known;
    if (status != OPTIONS_PROCEED)
        return status;
    request.path = argv[1];
    if (budget != NULL) {
        request.budget_count = budgets_read(budget, request.budgets);
        if (request.budget_count == 0)
            return STATUS_USAGE;
    }
    if (!amount_parse(step, strlen(step), &request.step))
        return options_wrong(&manual, "--step %s: an amount such as 100k is expected",
                             text_shown(step, 30));
    if (request.objective != NULL && !objective_read(request.objective, &known))
        return options_wrong(&manual, "--objective %s: aal, tvar or net_benefit is expected",
                             text_shown(request.objective, 30));
    if (budget == NULL && !request.meet_appetite)
        return output_finish(frontier_show(&request));

    struct replay_run run;
    status = replay_open(&run, manual.command, request.path, (int)request.threads, request.quiet);
    if (status == STATUS_DONE)
        status = plans_show(&request, &run);
    replay_close(&run);
    return output_finish(status);
}
