// Fitted laws as the cells that say them, each read back as a study would read it.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/fit.h"
#include "commands/json.h"
#include "commands/options.h"
#include "commands/print.h"

static const double *data_values(void *context, const char *file, const char *column,
                                 const struct place *at, struct arena *arena, size_t *count,
                                 struct diagnostics *d)
{
    const struct fit_found *found = context;
    (void)file, (void)column, (void)at, (void)arena, (void)d;
    *count = found->losses.count;
    return found->losses.value; // of all: there is no such cell with censored losses
}

static const char *exactly(double x)
{
    char text[32];
    number_shortest(text, x);
    return text_format("%s", text);
}

// " from LOW to HIGH": what was recorded, without the ends where everything is.
static const char *interval_text(double low, double high)
{
    const char *from = low > 0 ? text_format(" from %s", exactly(low)) : "";
    return high < HUGE_VAL ? text_format("%s to %s", from, exactly(high)) : from;
}

static const char *parameters_text(const struct fit *fit)
{
    const char *text = fit->law->name;
    for (int i = 0; i < fit->count; i++)
        text = fit->law == &law_gpd && i == 0 ? text_format("%s %s", text, exactly(fit->p[i]))
                                              : text_format("%s %.7g", text, fit->p[i]);
    return text;
}

static const char *capped(const struct fit_found *found, const char *text)
{
    double cap;
    if (found->options->cap == NULL ||
        !amount_parse(found->options->cap, strlen(found->options->cap), &cap))
        return text;
    return text_format("%s cap %s", text, exactly(cap));
}

static void cell_read(struct fit_found *found, struct fit_cell *cell, const char *text)
{
    const struct distribution_reader reader = {
        .arena = found->arena, .empirical = data_values, .context = found};
    const struct place nowhere = {0};
    struct diagnostics *d = must_have(diagnostics_new());
    cell->text = capped(found, text);
    cell->law = distribution_parse(cell->text, &nowhere, &reader, d);
    if (diagnostics_failed(d)) // else it would seem that the cell is wrong
        must_have(NULL);
    diagnostics_free(d);
    cell->mean = cell->law != NULL ? distribution_mean(cell->law) : NAN;
    for (int i = 0; i < FIT_LEVELS; i++) {
        cell->quantile[i] = NAN;
        if (cell->law != NULL)
            distribution_quantile(cell->law, 1, &fit_tails[i], &cell->quantile[i]);
    }
}

// Where rows differ in what would be recorded of them, the law of all losses.
static void law_cell(struct fit_found *found, size_t i)
{
    const struct losses *losses = &found->losses;
    const struct fit *fit = &found->fits[i];
    double low = losses->alike ? losses->rows[0].low : 0;
    const double high = losses->alike ? losses->rows[0].high : HUGE_VAL;
    const char *interval;
    if (strcmp(fit->law->name, "pareto") == 0 && low <= fit->p[0])
        low = 0; // it begins there by itself
    interval = interval_text(low, high);
    if (strcmp(fit->law->name, "normal") == 0 && !(low > 0))
        interval = text_format(" from 0%s", interval); // no loss is negative
    cell_read(found, &found->cells[i], text_format("%s%s", parameters_text(fit), interval));
}

// FILE:COLUMN is one word of a cell.
static const char *empirical_text(const struct fit_found *found)
{
    const char *file = fit_file_name(found->options), *column = found->options->column;
    if (found->losses.censored > 0 || strpbrk(file, " ()") != NULL ||
        strpbrk(column, " :()") != NULL)
        return NULL;
    return text_format("empirical %s:%s", file, column);
}

static void tail_cells(struct fit_found *found)
{
    const struct tail *tail = &found->tail;
    const char *gpd, *at = exactly(tail->threshold);
    const struct loss *first = &found->losses.rows[0];
    if (tail->gpd.state != FIT_FOUND)
        return;
    gpd = parameters_text(&tail->gpd);
    cell_read(
        found, &found->tail_cell,
        text_format("%s%s", gpd, interval_text(0, found->losses.alike ? first->high : HUGE_VAL)));
    if (!found->losses.alike)
        return;
    if (found->empirical != NULL)
        cell_read(found, &found->spliced,
                  text_format("splice %s at %s with %s%s", found->empirical, at, gpd,
                              interval_text(0, first->high)));
    const double share = round(1e6 * tail->share) / 1e6; // so that weights add up to 1
    if (tail->body != NULL)
        cell_read(found, &found->mixed,
                  text_format("mixture %.6f (%s%s) %.6f (%s%s)", 1 - share,
                              parameters_text(tail->body),
                              interval_text(first->low, tail->threshold), share, gpd,
                              interval_text(0, first->high)));
}

void fit_cells_fill(struct fit_found *found)
{
    found->empirical = empirical_text(found);
    for (size_t i = 0; i < found->found; i++)
        law_cell(found, i);
    if (found->has_tail)
        tail_cells(found);
}
