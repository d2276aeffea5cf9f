#include "commands/headline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/appetite.h"
#include "commands/print.h"

static const double headline_periods[] = {20, 200};
enum { HEADLINE_PERIODS = sizeof headline_periods / sizeof *headline_periods };

const char *exact_note(const struct summary *summary)
{
    const double distance = (summary->aal_exact - summary->aal) / summary->aal_error;
    if (!(fabs(distance) > 1.96) || isinf(distance))
        return NULL;
    // too low a sample also has too small an error: both lack the rare, dear years
    return text_format("The exact AAL is %.1f standard errors %s, outside the range: by chance, "
                       "one run in 20 is%s.",
                       fabs(distance), distance < 0 ? "lower" : "higher",
                       distance < 0 ? "" : ", and more are where rare years carry the loss");
}

static void print_figures(const struct outcome *outcome, const struct ordered_losses *losses)
{
    static const struct column columns[] = {
        {"", ALIGN_LEFT, 0}, {"", ALIGN_RIGHT, 0}, {"", ALIGN_LEFT, 0}, {"", ALIGN_LEFT, 0}};
    const struct settings *settings = &outcome->portfolio->settings;
    const struct summary *summary = &outcome->summary;
    struct listing *listing = listing_new(columns, 4);
    listing_cell(listing, "Average annual loss (AAL)");
    listing_cell(listing, money_text(summary->aal, summary->aal_error));
    listing_cell(listing, plus_minus_text(summary->aal_error));
    listing_cell(listing, isnan(summary->aal_exact)
                              ? ""
                              : text_format("exact: %s", money_text(summary->aal_exact, NAN)));
    for (size_t i = 0; i < HEADLINE_PERIODS; i++) {
        struct estimate x = year_in(losses, headline_periods[i], settings->resolution);
        listing_cell(listing, text_format("One year in %g loses more than", headline_periods[i]));
        listing_cell(listing, estimate_text(&x));
        listing_cell(listing, isnan(x.value) ? "too few years for this" : estimate_range_text(&x));
        listing_cell(listing, "");
    }
    listing_cell(listing, "Chance of any loss in a year");
    listing_cell(listing, share_text(summary->probability_of_loss));
    // where all years agree there is no spread to estimate an error from
    if (summary->probability_of_loss == 0 || summary->probability_of_loss == 1)
        listing_cell(listing, summary->probability_of_loss == 0 ? "in none of the years"
                                                                : "in every simulated year");
    else
        listing_cell(listing, text_format("%s %s", sign("\u00b1", "+/-"),
                                          share_text(1.96 * summary->probability_of_loss_error)));
    listing_cell(listing, "");
    listing_print_bare(listing, 2);
}

// What makes up more of the worst years than any other: a shared event or a scenario.
static void print_driver(const struct outcome *outcome, const struct totals *totals)
{
    const struct portfolio *portfolio = outcome->portfolio;
    const char *id = NULL;
    double most = 0;
    for (size_t e = 0; e < portfolio->event_count; e++)
        if (share_worst(totals, &outcome->events[e].all) > most) {
            most = share_worst(totals, &outcome->events[e].all);
            id = portfolio->events[e].id;
        }
    for (size_t s = 0; s < portfolio->scenario_count; s++)
        if (share_worst(totals, &outcome->scenarios[s]) > most) {
            most = share_worst(totals, &outcome->scenarios[s]);
            id = portfolio->scenarios[s].id;
        }
    if (id != NULL)
        paragraph(2, text_format("Of what the worst %.3g %% of years lose%s, %s comes from %s.",
                                 100 * (1 - portfolio->settings.quantiles[totals->level]),
                                 outcome->annual_loss_gross != NULL ? " before insurance" : "",
                                 share_text(most), text_shown(id, 64)));
}

void print_headline(const struct outcome *outcome, const struct treatment_outcome *treated,
                    const struct portfolio_years *years, const struct totals *totals)
{
    const struct settings *settings = &outcome->portfolio->settings;
    const char *answer = appetite_answer(treated), *note = exact_note(&outcome->summary);
    if (answer != NULL)
        printf("  Within the appetite? %s: %s.\n\n", answer, appetite_reason(treated));
    print_figures(outcome, &years->net);
    if (outcome->annual_loss_gross != NULL)
        printf("  Net of current insurance: before it the AAL is %s. OEP and what is told of "
               "groups,\n  scenarios, assets and events are before it.\n",
               money_text(totals->aal, NAN));
    printf("  In %s. The ranges, 95 %%, are simulation error, not the uncertainty of the inputs.\n",
           text_shown(settings->currency, 16));
    if (note != NULL)
        paragraph(2, note);
    print_driver(outcome, totals);
}

void json_headline(struct json *json, const struct outcome *outcome)
{
    const struct settings *settings = &outcome->portfolio->settings;
    const struct summary *summary = &outcome->summary;
    struct ordered_losses losses = years_sorted(outcome->annual_loss, settings->years);
    json_open(json, "headline", '{');
    json_text(json, "errors", "simulation error, not the uncertainty of the inputs");
    json_number(json, "aal", summary->aal);
    json_number(json, "aal_standard_error", summary->aal_error);
    json_number(json, "aal_exact", summary->aal_exact);
    json_number(json, "probability_of_loss", summary->probability_of_loss);
    json_number(json, "probability_of_loss_standard_error", summary->probability_of_loss_error);
    for (size_t i = 0; i < HEADLINE_PERIODS; i++) {
        struct estimate x = year_in(&losses, headline_periods[i], settings->resolution);
        json_open(json, text_format("one_year_in_%g", headline_periods[i]), '{');
        json_number(json, "value", x.value);
        json_number(json, "lower", x.lower);
        json_number(json, "upper", x.upper);
        json_close(json, '}');
    }
    json_close(json, '}');
    free((void *)losses.sorted);
}
