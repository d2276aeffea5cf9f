#include "commands/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/print.h"

static const struct manual manual = {
    .command = "fit",
    .operands = "DATA.csv --column loss",
    .summary =
        "Fits distributions to the losses or the numbers of incidents, and writes the cells.",
    .text =
        "Losses: every law of the study's cells that can hold them, by maximum likelihood: with\n"
        "standard errors, log-likelihood, AIC and BIC (smaller is better), the distances of\n"
        "Kolmogorov and Smirnov (KS), Cramer and von Mises (CvM), Anderson and Darling (AD), and\n"
        "the cell to paste into a study. Empty cells are left out.\n"
        "\n"
        "Records rarely hold everything. --truncated-below says that smaller losses were never\n"
        "recorded, --truncated-above that larger ones were not; either takes an amount, or a\n"
        "column that has one for each row. --censored-column names a column that says yes (or 1)\n"
        "where the loss was at least what is written: a claim at its limit, an incident that is\n"
        "still open.\n"
        "\n"
        "--threshold fits a generalised Pareto law to what lies above it (peaks over threshold),\n"
        "and another law below, and writes the cell that joins them. It takes an amount, or the\n"
        "share of losses below it, such as 95%.\n"
        "\n"
        "Counts: with --counts each row is a period, and the column says how many incidents it\n"
        "had: the rate, and whether poisson, negbinomial or at_most_once describes them.\n"
        "--exposure names a column with what was at risk in the period, the rate being per unit\n"
        "of that; --periods says how many periods are a year.\n"
        "\n"
        "Example:\n"
        "  lossmill fit incidents.csv --column loss\n"
        "  lossmill fit claims.csv --column paid --truncated-below 10k --censored-column capped\n"
        "  lossmill fit incidents.csv --column loss --threshold 95% --plot incidents.svg\n"
        "  lossmill fit monthly.csv --column incidents --counts --periods 12\n",
    .operands_min = 1,
    .operands_max = 1,
};

const double fit_tails[FIT_LEVELS] = {0.5, 0.1, 0.05, 0.01, 0.001};

const char *fit_file_name(const struct fit_options *options)
{
    const char *slash = strrchr(options->file, '/');
    return slash != NULL ? slash + 1 : options->file;
}

static bool law_listed(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *word = list; word != NULL; word = strchr(word, ',')) {
        word += *word == ',';
        if (strncmp(word, name, length) == 0 && (word[length] == ',' || word[length] == '\0'))
            return true;
    }
    return list == NULL;
}

// Every word of --laws must be a law.
static int laws_check(const char *list)
{
    const char *names[FIT_LAWS_MAX];
    size_t count = 0;
    for (const struct law *law; (law = law_at(count)) != NULL;)
        names[count++] = law->name;
    for (const char *word = list; word != NULL; word = strchr(word, ',')) {
        word += *word == ',';
        const char *name = text_format("%.*s", (int)strcspn(word, ","), word);
        const char *near = nearest_name(name, names, count);
        if (law_named(name) == NULL && near != NULL)
            return options_wrong(&manual, "--laws: there is no law \"%s\": did you mean %s?",
                                 text_shown(name, 40), near);
        if (law_named(name) == NULL)
            return options_wrong(&manual,
                                 "--laws: there is no law \"%s\"; there are lognormal, gamma, "
                                 "weibull, lomax, pareto, exponential, normal and beta",
                                 text_shown(name, 40));
    }
    return OPTIONS_PROCEED;
}

static bool out_of_memory(struct diagnostics *d)
{
    diagnostics_fail(d, &(struct place){0}, "memory is exhausted");
    return false;
}

// An amount, or the loss that the given share of losses does not exceed.
static bool threshold_read(const struct fit_found *found, double *threshold, struct diagnostics *d)
{
    const char *text = found->options->threshold;
    const size_t length = strlen(text);
    const struct place at = {.file = found->options->file, .column = found->options->column};
    double share;
    bool good;
    if (length > 1 && text[length - 1] == '%') {
        good = amount_parse(text, length - 1, &share) && share > 0 && share < 100;
        *threshold = good ? losses_quantile(&found->losses, 1 - share / 100) : NAN;
    } else {
        good = amount_parse(text, length, threshold);
    }
    if (!good) {
        diagnostics_add(d, &at, "--threshold takes an amount or a share such as 95%%, not '%s'",
                        text);
        return false;
    }
    size_t above = 0;
    for (size_t i = 0; i < found->losses.count; i++)
        above += found->losses.rows[i].value > *threshold;
    if (above < TAIL_ABOVE_MIN) {
        diagnostics_add(d, &at, "%zu losses lie above --threshold %s: %d at least are needed",
                        above, text, TAIL_ABOVE_MIN);
        return false;
    }
    const struct loss *first = &found->losses.rows[0];
    if (found->losses.alike && (first->high <= *threshold || first->low > *threshold)) {
        diagnostics_add(d, &at, "--threshold %s lies outside of what would be recorded", text);
        return false;
    }
    return true;
}

static bool tail_find(struct fit_found *found, struct diagnostics *d)
{
    double threshold;
    if (found->options->threshold == NULL)
        return true;
    if (!threshold_read(found, &threshold, d))
        return false;
    found->has_tail = true;
    if (!tail_fit(&found->tail, &found->losses, threshold, found->arena) ||
        !tail_shapes(found->shapes, &found->shape_count, &found->losses, found->arena))
        return out_of_memory(d);
    return true;
}

// False after diagnostics.
static bool losses_fit(struct fit_found *found, struct diagnostics *d)
{
    const struct fit_data *data = found->data;
    if (!losses_start(&found->losses, data->losses, data->rows, found->arena))
        return out_of_memory(d);
    if (!tail_find(found, d))
        return false;
    for (size_t i = 0; law_at(i) != NULL; i++) {
        if (!law_listed(found->options->laws, law_at(i)->name))
            continue;
        if (!fit_law(&found->fits[found->count], law_at(i), &found->losses, 0, found->arena))
            return out_of_memory(d);
        found->count++;
    }
    fits_sort(found->fits, found->count);
    while (found->found < found->count && found->fits[found->found].state == FIT_FOUND)
        found->found++;
    fit_cells_fill(found);
    fit_notes_fill(found);
    return true;
}

static bool ends_in_html(const char *path)
{
    const size_t length = strlen(path);
    return length > 5 && strcmp(path + length - 5, ".html") == 0;
}

static const char svg_start[] = "<svg ", page_start[] = "<!doctype html>";

static int plot_write(const struct fit_found *found, const char *path)
{
    struct output_file file;
    if (!output_open(&file, manual.command, path))
        return STATUS_SYSTEM;
    if (ends_in_html(path))
        fprintf(file.stream,
                "%s\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Fit</title>\n"
                "<style>body { margin: 0 } svg { width: 100%%; height: auto }</style>\n"
                "</head>\n<body>\n",
                page_start);
    fit_plot(found, file.stream);
    if (ends_in_html(path))
        fputs("</body>\n</html>\n", file.stream);
    return output_commit(&file, manual.command) ? STATUS_DONE : STATUS_SYSTEM;
}

static int counts_run(const struct fit_options *options, const struct fit_data *data)
{
    struct counts counts;
    counts_fit(&counts, data->counts, data->rows);
    if (options->json)
        fit_counts_json(options, data, &counts, stdout);
    else
        fit_counts_print(options, data, &counts);
    return STATUS_DONE;
}

static int losses_run(const struct fit_options *options, const struct fit_data *data,
                      const char *plot, struct arena *arena, struct diagnostics *d)
{
    struct fit_found *found = must_alloc(1, sizeof *found);
    int status;
    found->options = options;
    found->data = data;
    found->arena = arena;
    if (losses_fit(found, d)) {
        if (options->json)
            fit_json(found, stdout);
        else
            fit_print(found);
        status = plot != NULL ? plot_write(found, plot) : STATUS_DONE;
    } else {
        status = input_status(d);
    }
    free(found);
    return status;
}

// Cells are read as those of a study are, and so are told of: here options take the place of its
// settings.
static void settings_hint(const struct diagnostics *d)
{
    for (uint64_t i = 0; i < diagnostics_kept(d); i++)
        if (strstr(diagnostics_get(d, i)->message, "study.ini") != NULL) {
            fprintf(stderr, "lossmill fit has no study.ini: --decimal-comma and --encoding "
                            "windows-1252 say the same.\n");
            return;
        }
}

// What goes together on the command line.
static int options_check(const struct fit_options *options, const char *plot)
{
    double amount;
    if (options->column == NULL || *options->column == '\0')
        return options_wrong(&manual, "which column? Add --column and its name");
    if (options->counts && (options->below != NULL || options->above != NULL ||
                            options->censored != NULL || options->threshold != NULL ||
                            options->laws != NULL || options->cap != NULL || plot != NULL))
        return options_wrong(&manual, "--counts goes with --exposure and --periods only");
    if (!options->counts && (options->exposure != NULL || options->periods != 0))
        return options_wrong(&manual, "--exposure and --periods go with --counts");
    if (options->cap != NULL &&
        (!amount_parse(options->cap, strlen(options->cap), &amount) || !(amount > 0)))
        return options_wrong(&manual, "--cap %s: an amount such as 5M is expected",
                             text_shown(options->cap, 40));
    return laws_check(options->laws);
}

int command_fit(int argc, char **argv)
{
    struct fit_options options = {0};
    const char *plot = NULL, *encoding = "utf-8";
    const struct option_row rows[] = {
        {'c', "column", "C", "the column with the losses, or the counts", OPTION_TEXT,
         &options.column, 0, 0},
        {0, "truncated-below", "X", "smaller losses were never recorded: an amount or a column",
         OPTION_TEXT, &options.below, 0, 0},
        {0, "truncated-above", "X", "larger losses were never recorded: an amount or a column",
         OPTION_TEXT, &options.above, 0, 0},
        {0, "censored-column", "C", "says yes where the loss was at least what is written",
         OPTION_TEXT, &options.censored, 0, 0},
        {0, "threshold", "U", "a law of its own above U: an amount, or a share such as 95%",
         OPTION_TEXT, &options.threshold, 0, 0},
        {0, "laws", "LIST", "only these, separated by commas: lognormal,gamma,...", OPTION_TEXT,
         &options.laws, 0, 0},
        {0, "cap", "X", "the most that one loss can cost: ends every cell with cap X", OPTION_TEXT,
         &options.cap, 0, 0},
        {0, "counts", NULL, "the column says how many incidents each period had", OPTION_FLAG,
         &options.counts, 0, 0},
        {0, "exposure", "C", "a column with what was at risk in each period", OPTION_TEXT,
         &options.exposure, 0, 0},
        {0, "periods", "N", "how many periods are a year (1)", OPTION_WHOLE, &options.periods, 1,
         100000},
        {0, "plot", "FILE", "draw data and laws as FILE.svg or FILE.html", OPTION_TEXT, &plot, 0,
         0},
        {0, "decimal-comma", NULL, "numbers are written 12,5", OPTION_FLAG, &options.decimal_comma,
         0, 0},
        {0, "encoding", "NAME", "of the file: utf-8 or windows-1252", OPTION_TEXT, &encoding, 0, 0},
        {0, "json", NULL, "everything, for programs", OPTION_FLAG, &options.json, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status == OPTIONS_PROCEED)
        status = options_check(&options, plot);
    if (status != OPTIONS_PROCEED)
        return status;
    options.windows_1252 = strcmp(encoding, "windows-1252") == 0;
    if (!options.windows_1252 && strcmp(encoding, "utf-8") != 0)
        return options_wrong(&manual, "--encoding takes utf-8 or windows-1252, not \"%s\"",
                             text_shown(encoding, 40));
    options.file = argv[1];
    if (plot != NULL &&
        !output_possible(manual.command, plot, ends_in_html(plot) ? page_start : svg_start,
                         ends_in_html(plot) ? sizeof page_start - 1 : sizeof svg_start - 1,
                         ends_in_html(plot) ? "a page" : "a picture"))
        return STATUS_SYSTEM;

    struct arena arena = {0};
    struct fit_data data;
    struct diagnostics *d = must_have(diagnostics_new());
    if (!fit_data_read(&data, &options, &arena, d))
        status = input_status(d);
    else if (options.counts)
        status = counts_run(&options, &data);
    else
        status = losses_run(&options, &data, plot, &arena, d);
    diagnostics_print(d, stderr);
    settings_hint(d);
    diagnostics_free(d);
    arena_free(&arena);
    return output_finish(status);
}
