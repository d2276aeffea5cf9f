// `show` for people: one quiet page of at most 100 columns.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/appetite.h"
#include "commands/groups.h"
#include "commands/headline.h"
#include "commands/print.h"
#include "commands/show.h"
#include "commands/years.h"

#define COLUMNS_OF(array) (sizeof(array) / sizeof *(array))

enum { WORST_YEARS_SHOWN = 5, PAGE_COLUMNS = 99 };

static const char *level_text(double level)
{
    return text_format("%g %%", 100 * level);
}

static void print_title(const struct results *results)
{
    const struct settings *settings = &results_outcome(results)->portfolio->settings;
    bool dated = settings->as_of != NULL && *settings->as_of != '\0';
    printf("%s\n", text_shown(settings->title, 98));
    if (dated)
        printf("as of %s, ", text_shown(settings->as_of, 20));
    printf("%s simulated years, seed %llu\n", whole_text(settings->years),
           (unsigned long long)settings->seed);
    if (settings->annual_loss == ANNUAL_LOSS_PRODUCT)
        printf("\n%s\n", product_warning);
    printf("\n");
}

static void print_appetite(const struct treatment_outcome *treated)
{
    static const struct column columns[] = {
        {"A year of", ALIGN_LEFT, 38}, {"above", ALIGN_RIGHT, 0},     {"tolerated", ALIGN_RIGHT, 0},
        {"found", ALIGN_RIGHT, 0},     {"95 % range", ALIGN_LEFT, 0}, {"verdict", ALIGN_LEFT, 0},
    };
    const struct treatments *t = &treated->portfolio->treatments;
    struct listing *listing = listing_new(columns, COLUMNS_OF(columns));
    for (size_t a = 0; a < t->appetite_count; a++) {
        const struct appetite_figures *x = &treated->appetite[a];
        listing_cell(listing, t->appetite[a].scope);
        listing_cell(listing, money_text(t->appetite[a].loss, NAN));
        listing_cell(listing, chance_text(t->appetite[a].probability));
        listing_cell(listing, chance_text(x->exceeds.value));
        listing_cell(listing, text_format("%s to %s", chance_text(x->exceeds.lower),
                                          chance_text(x->exceeds.upper)));
        listing_cell(listing, verdict_names[x->verdict]);
    }
    heading("Appetite: the chance that a year loses more, tolerated and found");
    listing_print(listing, 2);
}

static void print_exceedance(const struct settings *settings, const struct exceedance *x)
{
    static const struct column columns[] = {
        {"One year in", ALIGN_RIGHT, 0},     {"loses more than", ALIGN_RIGHT, 0},
        {"95 % range (AEP)", ALIGN_LEFT, 0}, {"has an event above", ALIGN_RIGHT, 0},
        {"95 % range (OEP)", ALIGN_LEFT, 0},
    };
    bool oep = x->oep != NULL && settings->annual_loss == ANNUAL_LOSS_EVENTS;
    struct listing *listing = listing_new(columns, oep ? 5 : 3);
    for (size_t i = 0; i < settings->return_period_count; i++) {
        listing_cell(listing, number_text(settings->return_periods[i]));
        listing_cell(listing, estimate_text(&x->aep[i]));
        listing_cell(listing, estimate_range_text(&x->aep[i]));
        if (oep) {
            listing_cell(listing, estimate_text(&x->oep[i]));
            listing_cell(listing, estimate_range_text(&x->oep[i]));
        }
    }
    heading("Loss exceedance");
    listing_print(listing, 2);
}

static void print_tail(const struct settings *settings, const struct summary *summary)
{
    static const struct column columns[] = {
        {"Level", ALIGN_RIGHT, 0}, {"VaR", ALIGN_RIGHT, 0}, {"95 % range", ALIGN_LEFT, 0},
        {"TVaR", ALIGN_RIGHT, 0},  {"95 %", ALIGN_LEFT, 0},
    };
    if (settings->quantile_count == 0)
        return;
    struct listing *listing = listing_new(columns, COLUMNS_OF(columns));
    for (size_t i = 0; i < settings->quantile_count; i++) {
        listing_cell(listing, level_text(settings->quantiles[i]));
        listing_cell(listing, estimate_text(&summary->var[i]));
        listing_cell(listing, estimate_range_text(&summary->var[i]));
        listing_cell(listing, money_text(summary->tvar[i], summary->tvar_error[i]));
        listing_cell(listing, plus_minus_text(summary->tvar_error[i]));
    }
    heading("Bad years: the level's quantile (VaR) and the average from there up (TVaR)");
    listing_print(listing, 2);
}

static void more_line(size_t count, size_t shown, const char *one, const char *many)
{
    if (count > shown)
        printf("  and %s more %s (--top N)\n", whole_text(count - shown),
               count - shown == 1 ? one : many);
}

static void print_contributors(const struct settings *settings, const struct totals *totals,
                               const struct contributor *contributors, size_t count,
                               const char *const *labels, uint64_t top, const char *singular,
                               const char *plural)
{
    const struct column columns[] = {
        {text_format("%c%s", singular[0] - 'a' + 'A', singular + 1), ALIGN_LEFT, 30},
        {"Events/year", ALIGN_RIGHT, 0},
        {"AAL exact", ALIGN_RIGHT, 0},
        {"Sampled", ALIGN_RIGHT, 0},
        {"95 %", ALIGN_LEFT, 0},
        {"Share", ALIGN_RIGHT, 0},
        {"SD", ALIGN_RIGHT, 0},
        {"Of TVaR", ALIGN_RIGHT, 0},
    };
    size_t shown = top < count ? (size_t)top : count;
    size_t *order = drivers_order(contributors, count, totals);
    struct listing *listing = listing_new(columns, COLUMNS_OF(columns) - !totals->has_level);
    for (size_t i = 0; i < shown; i++) {
        const struct contributor *x = &contributors[order[i]];
        listing_cell(listing, labels[order[i]]);
        listing_cell(listing, number_text(x->event_rate));
        listing_cell(listing, money_text(x->aal_exact, NAN));
        listing_cell(listing, money_text(x->aal, x->aal_error));
        listing_cell(listing, plus_minus_text(x->aal_error));
        listing_cell(listing, share_text(share_average(totals, x)));
        listing_cell(listing, money_text(x->sd, NAN));
        if (totals->has_level)
            listing_cell(listing, share_text(share_worst(totals, x)));
    }
    if (totals->has_level)
        heading("Top %s by share of the AAL or of the TVaR at %s, the larger one", plural,
                level_text(settings->quantiles[totals->level]));
    else
        heading("Top %s by share of the AAL", plural);
    listing_print(listing, 2);
    more_line(count, shown, singular, plural);
    free(order);
}

// The id, which leads to the row, and where that is short the name too.
static const char *label_of(const char *id, const char *name)
{
    if (name == NULL || *name == '\0' || text_columns(id) > 10)
        return id;
    return text_format("%s  %s", id, name);
}

static void print_scenarios_and_assets(const struct outcome *outcome, const struct totals *totals,
                                       uint64_t top)
{
    const struct portfolio *portfolio = outcome->portfolio;
    const char **labels = must_alloc(portfolio->scenario_count, sizeof *labels);
    for (size_t s = 0; s < portfolio->scenario_count; s++)
        labels[s] = label_of(portfolio->scenarios[s].id, portfolio->scenarios[s].name);
    print_contributors(&portfolio->settings, totals, outcome->scenarios, portfolio->scenario_count,
                       labels, top, "scenario", "scenarios");
    free(labels);
    labels = must_alloc(portfolio->assets.count, sizeof *labels);
    for (size_t a = 0; a < portfolio->assets.count; a++)
        labels[a] = label_of(portfolio->assets.id[a],
                             portfolio->assets.name != NULL ? portfolio->assets.name[a] : NULL);
    print_contributors(&portfolio->settings, totals, outcome->assets, portfolio->assets.count,
                       labels, top, "asset", "assets");
    free(labels);
}

static void print_events(const struct outcome *outcome, const struct totals *totals, uint64_t top)
{
    const struct portfolio *portfolio = outcome->portfolio;
    struct contributor *all = must_alloc(portfolio->event_count, sizeof *all);
    const char **labels = must_alloc(portfolio->event_count, sizeof *labels);
    for (size_t e = 0; e < portfolio->event_count; e++) {
        all[e] = outcome->events[e].all;
        labels[e] = label_of(portfolio->events[e].id, portfolio->events[e].name);
    }
    if (portfolio->event_count > 0)
        print_contributors(&portfolio->settings, totals, all, portfolio->event_count, labels, top,
                           "shared event", "shared events");
    free(all);
    free(labels);
}

// What diversification is not there.
static void print_dependence(const struct outcome *outcome)
{
    static const struct column columns[] = {
        {"Level", ALIGN_RIGHT, 0},          {"VaR", ALIGN_RIGHT, 0},
        {"if independent", ALIGN_RIGHT, 0}, {"TVaR", ALIGN_RIGHT, 0},
        {"if independent", ALIGN_RIGHT, 0}, {"from shared events", ALIGN_RIGHT, 0},
    };
    const struct settings *settings = &outcome->portfolio->settings;
    const struct summary *x = &outcome->summary, *cut = &outcome->independence.summary;
    bool differs = outcome->portfolio->event_count > 0;
    for (size_t i = 0; i < settings->quantile_count; i++)
        differs = differs || x->tvar[i] != cut->tvar[i];
    if (!differs || settings->quantile_count == 0)
        return;
    struct listing *listing = listing_new(columns, COLUMNS_OF(columns));
    for (size_t i = 0; i < settings->quantile_count; i++) {
        listing_cell(listing, level_text(settings->quantiles[i]));
        listing_cell(listing, estimate_text(&x->var[i]));
        listing_cell(listing, estimate_text(&cut->var[i]));
        listing_cell(listing, money_text(x->tvar[i], x->tvar_error[i]));
        listing_cell(listing, money_text(cut->tvar[i], cut->tvar_error[i]));
        listing_cell(listing, share_text(outcome->independence.event_share[i]));
    }
    heading("What strikes together: bad years as they are, and if every loss came on its own");
    listing_print(listing, 2);
}

static void print_groups(const struct outcome *outcome, size_t g, uint64_t top)
{
    const struct settings *settings = &outcome->portfolio->settings;
    const struct grouping *grouping = &outcome->portfolio->groupings[g];
    const struct group_outcome *groups = &outcome->groups[g];
    size_t level = level_nearest(settings, 0.99);
    bool tail = settings->quantile_count > 0;
    double level_value = tail ? settings->quantiles[level] : NAN;
    const struct column columns[] = {
        {text_shown(grouping->name, 38), ALIGN_LEFT, 38},
        {"AAL", ALIGN_RIGHT, 0},
        {"Share", ALIGN_RIGHT, 0},
        {"Any loss", ALIGN_RIGHT, 0},
        {text_format("VaR %s", level_text(level_value)), ALIGN_RIGHT, 0},
        {text_format("TVaR %s", level_text(level_value)), ALIGN_RIGHT, 0},
    };
    size_t shown = top < grouping->count ? (size_t)top : grouping->count;
    size_t *order = summaries_order(groups->summary, grouping->count);
    struct listing *listing = listing_new(columns, tail ? 6 : 4);
    for (size_t i = 0; i < shown; i++) {
        const struct summary *x = &groups->summary[order[i]];
        listing_cell(listing, group_shown(outcome, g, order[i]));
        listing_cell(listing, money_text(x->aal, x->aal_error));
        listing_cell(listing, share_text(x->aal / outcome->summary.aal));
        listing_cell(listing, share_text(x->probability_of_loss));
        if (tail) {
            listing_cell(listing, estimate_text(&x->var[level]));
            listing_cell(listing, money_text(x->tvar[level], x->tvar_error[level]));
        }
    }
    heading("By %s", text_shown(grouping->name, 60));
    listing_print(listing, 2);
    const char *note = group_note(outcome, g);
    if (note != NULL)
        paragraph(2, note);
    more_line(grouping->count, shown, "group", "groups");
    free(order);
}

// The shares that are not zero, largest first, on as many lines as they need.
static void print_shares(const char *head, const double *share, const char *const *names,
                         size_t count)
{
    bool done[16] = {false};
    const size_t indent = 18;
    size_t column = indent;
    printf("  %-16s", head);
    const char *between = "";
    for (size_t n = 0; n < count; n++) {
        size_t best = count;
        for (size_t i = 0; i < count; i++)
            if (!done[i] && share[i] > 0 && (best == count || share[i] > share[best]))
                best = i;
        if (best == count)
            break;
        done[best] = true;
        const char *part = text_format("%s %.0f %%", names[best], 100 * share[best]);
        if (column + strlen(between) + strlen(part) > PAGE_COLUMNS) {
            printf(",\n%*s", (int)indent, "");
            column = indent;
            between = "";
        }
        column += (size_t)printf("%s%s", between, part);
        between = ", ";
    }
    printf("%s\n", *between == '\0' ? "-" : "");
}

static void print_worst_years(const struct outcome *outcome)
{
    static const struct column columns[] = {
        {"Year", ALIGN_RIGHT, 0},
        {"Loss", ALIGN_RIGHT, 0},
        {"Events", ALIGN_RIGHT, 0},
        {"Largest event", ALIGN_RIGHT, 0},
        {"of scenario or event", ALIGN_LEFT, 30},
        {"on", ALIGN_LEFT, 24},
    };
    const struct portfolio *portfolio = outcome->portfolio;
    double resolution = portfolio->settings.resolution;
    size_t shown = outcome->worst_year_count;
    if (shown > WORST_YEARS_SHOWN)
        shown = WORST_YEARS_SHOWN;
    if (shown == 0)
        return;
    bool product = portfolio->settings.annual_loss == ANNUAL_LOSS_PRODUCT;
    struct listing *listing = listing_new(columns, product ? 2 : COLUMNS_OF(columns));
    for (size_t i = 0; i < shown; i++) {
        const struct worst_year *x = &outcome->worst_years[i];
        listing_cell(listing, whole_text(x->year));
        listing_cell(listing, money_text((double)x->annual_loss * resolution, NAN));
        if (product)
            continue;
        listing_cell(listing, whole_text((uint64_t)x->events));
        listing_cell(listing, money_text((double)x->largest.loss * resolution, NAN));
        if (x->largest.event < portfolio->event_count) {
            listing_cell(listing, portfolio->events[x->largest.event].id);
            listing_cell(listing, text_format("%s unit%s", whole_text((uint64_t)x->largest.hits),
                                              x->largest.hits == 1 ? "" : "s"));
            continue;
        }
        listing_cell(listing, x->largest.scenario < portfolio->scenario_count
                                  ? portfolio->scenarios[x->largest.scenario].id
                                  : "");
        listing_cell(listing, x->largest.asset < portfolio->assets.count
                                  ? portfolio->assets.id[x->largest.asset]
                                  : "");
    }
    heading("Worst of the %s years", whole_text(portfolio->settings.years));
    listing_print(listing, 2);
}

void show_text(const struct results *results, uint64_t top)
{
    const struct outcome *outcome = results_outcome(results);
    const struct treatment_outcome *treated = results_treatments(results);
    const struct portfolio *portfolio = outcome->portfolio;
    const struct settings *settings = &portfolio->settings;
    struct portfolio_years years = portfolio_years(outcome);
    const struct totals totals = totals_of(outcome, &years.gross, level_nearest(settings, 0.99));
    print_title(results);
    print_headline(outcome, treated, &years, &totals);
    if (appetite_answer(treated) != NULL)
        print_appetite(treated);
    print_events(outcome, &totals, top);
    print_exceedance(settings, &outcome->exceedance);
    print_curve(&years.net, settings->resolution, settings->currency);
    print_tail(settings, &outcome->summary);
    print_dependence(outcome);
    print_scenarios_and_assets(outcome, &totals, top);
    for (size_t g = 0; g < portfolio->grouping_count; g++)
        print_groups(outcome, g, top);
    const char *own = events_own_note(outcome);
    if (own != NULL) {
        printf("\n");
        paragraph(2, own);
    }
    heading("What the average year's loss consists of");
    print_shares("form of loss", outcome->form_share, loss_form_names, LOSS_FORMS);
    print_shares("effect", outcome->effect_share, effect_names, EFFECTS);
    print_worst_years(outcome);
    if (outcome->capped_events > 0)
        printf("\n%s events met the limit of one event's loss and were cut there.\n",
               whole_text(outcome->capped_events));
    portfolio_years_free(&years);
}
