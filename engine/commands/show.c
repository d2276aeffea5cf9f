#include "commands/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/print.h"

static const struct manual manual = {
    .command = "show",
    .operands = "RUN.h5",
    .summary = "Prints what a run found.",
    .text =
        "Amounts are printed to the digits that the number of years supports, three at most; the\n"
        "file, --json and --csv keep all. Ranges are simulation error: they shrink with more\n"
        "years, and say nothing of how good the inputs are.\n"
        "\n"
        "  AAL    average annual loss\n"
        "  VaR    the annual loss that a year stays below with the given probability\n"
        "  TVaR   the average of the worst years, from there up\n"
        "  AEP    one year in T loses more than this in total\n"
        "  OEP    one year in T has a single event larger than this\n"
        "\n"
        "Shared events, scenarios and assets are listed by what they make up of the AAL, or of "
        "the\n"
        "TVaR where that is more; the losses of a shared event are those of its scenarios too.\n"
        "\n"
        "Example:\n"
        "  lossmill show first.h5\n"
        "  lossmill show first.h5 --top 5\n"
        "  lossmill show first.h5 --json | jq .headline.aal\n",
    .operands_min = 1,
    .operands_max = 1,
};

const char *const effect_names[EFFECTS] = {"confidentiality", "integrity", "availability",
                                           "not given"};

struct ranked {
    double size;
    size_t index;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

static size_t *ranked_order(struct ranked *ranked, size_t count)
{
    size_t *order = must_alloc(count, sizeof *order);
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    for (size_t i = 0; i < count; i++)
        order[i] = ranked[i].index;
    free(ranked);
    return order;
}

static double comparable(double aal)
{
    return isnan(aal) ? 0 : aal;
}

size_t *contributors_order(const struct contributor *contributors, size_t count)
{
    struct ranked *ranked = must_alloc(count, sizeof *ranked);
    for (size_t i = 0; i < count; i++) {
        const struct contributor *x = &contributors[i];
        ranked[i] = (struct ranked){comparable(isnan(x->aal_exact) ? x->aal : x->aal_exact), i};
    }
    return ranked_order(ranked, count);
}

size_t *summaries_order(const struct summary *summaries, size_t count)
{
    struct ranked *ranked = must_alloc(count, sizeof *ranked);
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){comparable(summaries[i].aal), i};
    return ranked_order(ranked, count);
}

size_t *drivers_order(const struct contributor *contributors, size_t count,
                      const struct totals *totals)
{
    struct ranked *ranked = must_alloc(count, sizeof *ranked);
    for (size_t i = 0; i < count; i++)
        ranked[i] = (struct ranked){share_larger(totals, &contributors[i]), i};
    return ranked_order(ranked, count);
}

size_t level_nearest(const struct settings *settings, double level)
{
    size_t nearest = 0;
    for (size_t i = 1; i < settings->quantile_count; i++)
        if (fabs(settings->quantiles[i] - level) < fabs(settings->quantiles[nearest] - level))
            nearest = i;
    return nearest;
}

int command_show(int argc, char **argv)
{
    bool json = false, csv = false;
    uint64_t top = 0;
    const struct option_row rows[] = {
        {'n', "top", "N", "scenarios, assets and groups to list (text: 10; else all)", OPTION_WHOLE,
         &top, 1, UINT32_MAX},
        {0, "json", NULL, "everything, for programs", OPTION_FLAG, &json, 0, 0},
        {0, "csv", NULL, "one figure per row, for spreadsheets", OPTION_FLAG, &csv, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    if (json && csv)
        return options_wrong(&manual, "--json and --csv exclude each other");

    struct diagnostics *d = must_have(diagnostics_new());
    struct results *results = NULL;
    status = results_read(argv[1], &results, d) ? STATUS_DONE : input_status(d);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    if (status != STATUS_DONE)
        return status;
    if (json)
        show_json(results, top > 0 ? top : UINT64_MAX);
    else if (csv)
        show_csv(results, top > 0 ? top : UINT64_MAX);
    else
        show_text(results, top > 0 ? top : 10);
    results_free(results);
    return output_finish(STATUS_DONE);
}
