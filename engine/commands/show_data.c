// `show` for programs: everything, with all digits.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/appetite.h"
#include "commands/csv.h"
#include "commands/headline.h"
#include "commands/json.h"
#include "commands/print.h"
#include "commands/show.h"

static void json_estimate(struct json *json, const struct estimate *x)
{
    json_number(json, "value", x->value);
    json_number(json, "lower", x->lower);
    json_number(json, "upper", x->upper);
}

static void json_summary(struct json *json, const struct settings *settings,
                         const struct summary *x)
{
    json_number(json, "aal", x->aal);
    json_number(json, "aal_standard_error", x->aal_error);
    json_number(json, "aal_exact", x->aal_exact);
    json_number(json, "sd", x->sd);
    json_number(json, "probability_of_loss", x->probability_of_loss);
    json_number(json, "probability_of_loss_standard_error", x->probability_of_loss_error);
    json_open(json, "levels", '[');
    for (size_t i = 0; i < settings->quantile_count; i++) {
        json_open(json, NULL, '{');
        json_number(json, "level", settings->quantiles[i]);
        json_open(json, "var", '{');
        json_estimate(json, &x->var[i]);
        json_close(json, '}');
        json_number(json, "tvar", x->tvar[i]);
        json_number(json, "tvar_standard_error", x->tvar_error[i]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void json_periods(struct json *json, const struct settings *settings,
                         const struct exceedance *x)
{
    json_open(json, "exceedance", '[');
    for (size_t i = 0; i < settings->return_period_count; i++) {
        json_open(json, NULL, '{');
        json_number(json, "return_period", settings->return_periods[i]);
        if (x->aep != NULL) {
            json_open(json, "aep", '{');
            json_estimate(json, &x->aep[i]);
            json_close(json, '}');
        }
        if (x->oep != NULL) {
            json_open(json, "oep", '{');
            json_estimate(json, &x->oep[i]);
            json_close(json, '}');
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void json_contributor(struct json *json, const struct settings *settings,
                             const struct contributor *x)
{
    json_number(json, "event_rate", x->event_rate);
    json_number(json, "aal", x->aal);
    json_number(json, "aal_standard_error", x->aal_error);
    json_number(json, "aal_exact", x->aal_exact);
    json_number(json, "sd", x->sd);
    if (x->var != NULL)
        json_numbers(json, "var", x->var, settings->quantile_count);
    if (x->tvar != NULL)
        json_numbers(json, "tvar", x->tvar, settings->quantile_count);
    if (x->tvar_contribution != NULL)
        json_numbers(json, "tvar_contribution", x->tvar_contribution, settings->quantile_count);
}

static void json_contributors(struct json *json, const struct outcome *outcome, uint64_t top)
{
    const struct portfolio *portfolio = outcome->portfolio;
    const struct settings *settings = &portfolio->settings;
    size_t *order = contributors_order(outcome->scenarios, portfolio->scenario_count);
    json_open(json, "scenarios", '[');
    for (size_t i = 0; i < portfolio->scenario_count && i < top; i++) {
        const struct contributor *x = &outcome->scenarios[order[i]];
        json_open(json, NULL, '{');
        json_text(json, "scenario_id", portfolio->scenarios[order[i]].id);
        json_text(json, "name", portfolio->scenarios[order[i]].name);
        json_contributor(json, settings, x);
        json_open(json, "form_share", '{');
        for (size_t f = 0; f < LOSS_FORMS; f++)
            json_number(json, loss_form_names[f], x->form_share[f]);
        json_close(json, '}');
        json_close(json, '}');
    }
    json_close(json, ']');
    free(order);
    order = contributors_order(outcome->assets, portfolio->assets.count);
    json_open(json, "assets", '[');
    for (size_t i = 0; i < portfolio->assets.count && i < top; i++) {
        json_open(json, NULL, '{');
        json_text(json, "asset_id", portfolio->assets.id[order[i]]);
        json_contributor(json, settings, &outcome->assets[order[i]]);
        json_close(json, '}');
    }
    json_close(json, ']');
    free(order);
}

static void json_events(struct json *json, const struct outcome *outcome)
{
    const struct portfolio *portfolio = outcome->portfolio;
    const struct settings *settings = &portfolio->settings;
    json_open(json, "shared_events", '[');
    for (size_t e = 0; e < portfolio->event_count; e++) {
        const struct event_outcome *x = &outcome->events[e];
        json_open(json, NULL, '{');
        json_text(json, "event_id", portfolio->events[e].id);
        json_text(json, "name", portfolio->events[e].name);
        json_number(json, "occurrences", x->occurrences_per_year);
        json_number(json, "hits", x->hits_per_year);
        json_contributor(json, settings, &x->all);
        json_number(json, "own_aal", x->own_aal);
        json_number(json, "own_aal_exact", x->own_aal_exact);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void json_dependence(struct json *json, const struct outcome *outcome)
{
    const struct settings *settings = &outcome->portfolio->settings;
    const struct independence *x = &outcome->independence;
    json_open(json, "dependence", '[');
    for (size_t i = 0; i < settings->quantile_count; i++) {
        json_open(json, NULL, '{');
        json_number(json, "level", settings->quantiles[i]);
        json_open(json, "var_independent", '{');
        json_estimate(json, &x->summary.var[i]);
        json_close(json, '}');
        json_number(json, "tvar_independent", x->summary.tvar[i]);
        json_number(json, "tvar_independent_standard_error", x->summary.tvar_error[i]);
        json_number(json, "tvar_share_of_shared_events", x->event_share[i]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void json_groups(struct json *json, const struct outcome *outcome, uint64_t top)
{
    const struct portfolio *portfolio = outcome->portfolio;
    json_open(json, "groups", '[');
    for (size_t g = 0; g < portfolio->grouping_count; g++) {
        const struct grouping *grouping = &portfolio->groupings[g];
        const struct group_outcome *groups = &outcome->groups[g];
        size_t *order = summaries_order(groups->summary, grouping->count);
        for (size_t i = 0; i < grouping->count && i < top; i++) {
            json_open(json, NULL, '{');
            json_text(json, "by", grouping->name);
            json_text(json, "group", grouping->names[order[i]]);
            json_summary(json, &portfolio->settings, &groups->summary[order[i]]);
            if (groups->exceedance != NULL)
                json_periods(json, &portfolio->settings, &groups->exceedance[order[i]]);
            json_close(json, '}');
        }
        free(order);
    }
    json_close(json, ']');
}

static void json_worst(struct json *json, const struct outcome *outcome)
{
    const struct portfolio *portfolio = outcome->portfolio;
    double resolution = portfolio->settings.resolution;
    json_open(json, "worst_years", '[');
    for (size_t i = 0; i < outcome->worst_year_count; i++) {
        const struct worst_year *x = &outcome->worst_years[i];
        json_open(json, NULL, '{');
        json_whole(json, "year", x->year);
        json_number(json, "annual_loss", (double)x->annual_loss * resolution);
        json_whole(json, "events", (uint64_t)x->events);
        json_number(json, "largest_event", (double)x->largest.loss * resolution);
        if (x->largest.scenario < portfolio->scenario_count)
            json_text(json, "largest_scenario", portfolio->scenarios[x->largest.scenario].id);
        if (x->largest.asset < portfolio->assets.count)
            json_text(json, "largest_asset", portfolio->assets.id[x->largest.asset]);
        if (x->largest.event < portfolio->event_count) {
            json_text(json, "shared_event", portfolio->events[x->largest.event].id);
            json_whole(json, "hits", (uint64_t)x->largest.hits);
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

static const char *basis_of(const struct settings *settings)
{
    return settings->annual_loss == ANNUAL_LOSS_PRODUCT ? "product" : "events";
}

void show_json(const struct results *results, uint64_t top)
{
    const struct outcome *outcome = results_outcome(results);
    const struct settings *settings = &outcome->portfolio->settings;
    const struct treatment_outcome *treated = results_treatments(results);
    const char *hash = results_attribute(results, "content_sha256");
    struct json json = {.out = stdout};
    json_open(&json, NULL, '{');
    json_text(&json, "title", settings->title);
    json_text(&json, "as_of", settings->as_of);
    json_text(&json, "currency", settings->currency);
    json_text(&json, "annual_loss", basis_of(settings));
    if (settings->annual_loss == ANNUAL_LOSS_PRODUCT)
        json_text(&json, "warning", product_warning);
    json_whole(&json, "years", settings->years);
    json_whole(&json, "seed", settings->seed);
    if (hash != NULL)
        json_text(&json, "content_sha256", hash);
    json_headline(&json, outcome);
    if (appetite_answer(treated) != NULL)
        json_appetite(&json, &treated->portfolio->treatments, treated->appetite);
    json_open(&json, "summary", '{');
    json_summary(&json, settings, &outcome->summary);
    json_close(&json, '}');
    json_periods(&json, settings, &outcome->exceedance);
    json_open(&json, "form_share", '{');
    for (size_t f = 0; f < LOSS_FORMS; f++)
        json_number(&json, loss_form_names[f], outcome->form_share[f]);
    json_close(&json, '}');
    json_open(&json, "effect_share", '{');
    for (size_t e = 0; e < EFFECTS; e++)
        json_number(&json, effect_names[e], outcome->effect_share[e]);
    json_close(&json, '}');
    json_contributors(&json, outcome, top);
    json_events(&json, outcome);
    json_dependence(&json, outcome);
    json_groups(&json, outcome, top);
    json_worst(&json, outcome);
    json_whole(&json, "capped_events", outcome->capped_events);
    json_close(&json, '}');
}

// One figure per row: what it is of, which it is, at which level, and its 95 % range if known.
struct figures {
    struct csv csv;
    const char *table, *id, *basis;
};

static void csv_figure(struct figures *figures, const char *measure, double level, double value,
                       double lower, double upper)
{
    struct csv *csv = &figures->csv;
    csv_text(csv, figures->table);
    csv_text(csv, figures->id);
    csv_text(csv, measure);
    csv_number(csv, level);
    csv_number(csv, value);
    csv_number(csv, lower);
    csv_number(csv, upper);
    csv_text(csv, figures->basis);
    csv_end(csv);
}

static void csv_with_error(struct figures *figures, const char *measure, double level, double value,
                           double error)
{
    csv_figure(figures, measure, level, value, value - 1.96 * error, value + 1.96 * error);
}

static void csv_summary(struct figures *figures, const struct settings *settings,
                        const struct summary *x)
{
    csv_with_error(figures, "aal", NAN, x->aal, x->aal_error);
    if (!isnan(x->aal_exact))
        csv_figure(figures, "aal_exact", NAN, x->aal_exact, NAN, NAN);
    csv_figure(figures, "sd", NAN, x->sd, NAN, NAN);
    csv_with_error(figures, "probability_of_loss", NAN, x->probability_of_loss,
                   x->probability_of_loss_error);
    for (size_t i = 0; i < settings->quantile_count; i++) {
        const struct estimate *var = &x->var[i];
        csv_figure(figures, "var", settings->quantiles[i], var->value, var->lower, var->upper);
        csv_with_error(figures, "tvar", settings->quantiles[i], x->tvar[i], x->tvar_error[i]);
    }
}

static void csv_periods(struct figures *figures, const char *measure,
                        const struct settings *settings, const struct estimate *x)
{
    for (size_t i = 0; x != NULL && i < settings->return_period_count; i++)
        csv_figure(figures, measure, settings->return_periods[i], x[i].value, x[i].lower,
                   x[i].upper);
}

static void csv_contributor(struct figures *figures, const struct settings *settings,
                            const struct contributor *x)
{
    csv_figure(figures, "event_rate", NAN, x->event_rate, NAN, NAN);
    csv_with_error(figures, "aal", NAN, x->aal, x->aal_error);
    if (!isnan(x->aal_exact))
        csv_figure(figures, "aal_exact", NAN, x->aal_exact, NAN, NAN);
    csv_figure(figures, "sd", NAN, x->sd, NAN, NAN);
    for (size_t i = 0; x->tvar_contribution != NULL && i < settings->quantile_count; i++)
        csv_figure(figures, "tvar_contribution", settings->quantiles[i], x->tvar_contribution[i],
                   NAN, NAN);
}

void show_csv(const struct results *results, uint64_t top)
{
    static const char *const heads[] = {"table", "id",    "measure", "level",
                                        "value", "lower", "upper",   "annual_loss"};
    const struct outcome *outcome = results_outcome(results);
    const struct portfolio *portfolio = outcome->portfolio;
    const struct settings *settings = &portfolio->settings;
    struct figures figures = {{.out = stdout}, "portfolio", "", basis_of(settings)};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        csv_text(&figures.csv, heads[i]);
    csv_end(&figures.csv);
    csv_summary(&figures, settings, &outcome->summary);
    csv_periods(&figures, "aep", settings, outcome->exceedance.aep);
    csv_periods(&figures, "oep", settings, outcome->exceedance.oep);

    figures.table = "scenario";
    size_t *order = contributors_order(outcome->scenarios, portfolio->scenario_count);
    for (size_t i = 0; i < portfolio->scenario_count && i < top; i++) {
        figures.id = portfolio->scenarios[order[i]].id;
        csv_contributor(&figures, settings, &outcome->scenarios[order[i]]);
    }
    free(order);
    figures.table = "asset";
    order = contributors_order(outcome->assets, portfolio->assets.count);
    for (size_t i = 0; i < portfolio->assets.count && i < top; i++) {
        figures.id = portfolio->assets.id[order[i]];
        csv_contributor(&figures, settings, &outcome->assets[order[i]]);
    }
    free(order);
    figures.table = "event";
    for (size_t e = 0; e < portfolio->event_count; e++) {
        figures.id = portfolio->events[e].id;
        csv_contributor(&figures, settings, &outcome->events[e].all);
    }
    figures.table = "dependence";
    figures.id = "";
    for (size_t i = 0; i < settings->quantile_count; i++) {
        const struct independence *x = &outcome->independence;
        const double level = settings->quantiles[i];
        const struct estimate *var = &x->summary.var[i];
        csv_figure(&figures, "var_independent", level, var->value, var->lower, var->upper);
        csv_with_error(&figures, "tvar_independent", level, x->summary.tvar[i],
                       x->summary.tvar_error[i]);
        csv_figure(&figures, "event_share", level, x->event_share[i], NAN, NAN);
    }
    for (size_t g = 0; g < portfolio->grouping_count; g++) {
        const struct grouping *grouping = &portfolio->groupings[g];
        figures.table = grouping->name;
        order = summaries_order(outcome->groups[g].summary, grouping->count);
        for (size_t i = 0; i < grouping->count && i < top; i++) {
            figures.id = grouping->names[order[i]];
            csv_summary(&figures, settings, &outcome->groups[g].summary[order[i]]);
        }
        free(order);
    }
}
