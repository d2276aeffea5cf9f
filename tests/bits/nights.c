// Whole runs of a small portfolio with something of everything: shared events, drivers, uncertain
// rates, all counts, all ways a loss can be given. Every array of the outcome is an item.
#include <math.h>
#include <stdio.h>

#include "bits.h"
#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"

enum { ASSETS = 60, YEARS = 17000, SELECTIONS = 5 };

struct loss_row {
    enum stage stage;
    enum loss_form form;
    const char *cell;
};

static const struct row {
    const char *id;
    unsigned selection;
    const char *frequency; // NULL: hits of event E1, E2 or E3
    unsigned event;
    const char *hit_probability, *susceptibility, *capability, *secondary_probability;
    const char *outage_hours;
    struct loss_row loss[4];
    enum frequency_per per;
    enum counts counts;
    double negbinomial_k, form_correlation;
    enum loss_basis basis;
    unsigned driver; // 1 or 2; 0: none
} rows[] = {
    {.id = "S01",
     .selection = 4,
     .frequency = "0.4",
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "lognormal 11 1.5"}}},
    {.id = "S02",
     .selection = 0,
     .frequency = "pert 0.1 0.5 4",
     .susceptibility = "pert 0.1 0.3 0.9",
     .loss = {{STAGE_PRIMARY, FORM_RESPONSE, "gamma 2.5 1000"},
              {STAGE_PRIMARY, FORM_FINES, "gpd 50000 20000 0.3"}}},
    {.id = "S03",
     .selection = 1,
     .frequency = "gamma 2 0.02",
     .per = FREQUENCY_PER_UNIT,
     .counts = COUNTS_NEGBINOMIAL,
     .negbinomial_k = 0.7,
     .driver = 1,
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "weibull 0.6 1000"}}},
    {.id = "S04",
     .selection = 2,
     .frequency = "uniform 0.01 0.3",
     .per = FREQUENCY_PER_UNIT,
     .counts = COUNTS_AT_MOST_ONCE,
     .susceptibility = "beta 2 3",
     .driver = 2,
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "lomax 5000 1.7"}}},
    {.id = "S05",
     .selection = 3,
     .frequency = "0.9",
     .counts = COUNTS_AT_MOST_ONCE,
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "triangular 10 20 70"}}},
    {.id = "S06",
     .selection = 0,
     .frequency = "lognormal90 2 20",
     .capability = "pert 20 45 90",
     .secondary_probability = "pert 0.05 0.15 0.4",
     .outage_hours = "lognormal90 1 24",
     .form_correlation = 0.5,
     .driver = 1,
     .loss = {{STAGE_PRIMARY, FORM_PRODUCTIVITY, "uniform 100 5000"},
              {STAGE_PRIMARY, FORM_REPLACEMENT, "pareto 1000 2.5"},
              {STAGE_SECONDARY, FORM_REPUTATION, "exponential 30000"}}},
    {.id = "S07",
     .selection = 1,
     .frequency = "lognormal90 0.0001 0.05",
     .driver = 2,
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "product (pert 1 10 100) (lognormal 3 0.8)"}}},
    {.id = "S08",
     .selection = 3,
     .frequency = "lognormal90 30 60",
     .basis = LOSS_BASIS_VALUE,
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "beta 0.3 4"}}},
    {.id = "S09",
     .selection = 2,
     .frequency = "exponential 0.3",
     .loss = {{STAGE_PRIMARY, FORM_TOTAL,
               "splice lognormal 10 1.2 at 50000 with gpd 50000 30000 0.9 cap 1e9"}}},
    {.id = "S10",
     .selection = 0,
     .frequency = "product (uniform 1 3) (uniform 0.1 1)",
     .loss = {{STAGE_PRIMARY, FORM_TOTAL,
               "mixture 0.7 (lognormal 9 1) 0.2 (pareto 1000 1.5 to 1e9) 0.1 (5000)"}}},
    {.id = "S11",
     .selection = 4,
     .frequency = "3",
     .counts = COUNTS_NEGBINOMIAL,
     .negbinomial_k = 1.5,
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "empirical losses.csv:loss"}}},
    {.id = "S12",
     .selection = 1,
     .frequency = "0.05",
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "product (uniform 1 2) (exponential 9) from 3 to 40"}}},
    // Up to here without shared events.
    {.id = "S13",
     .selection = 0,
     .event = 1,
     .hit_probability = "uniform 0.01 0.3",
     .susceptibility = "0.7",
     .driver = 1,
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "lognormal90 1000 50000"}}},
    {.id = "S14",
     .selection = 1,
     .event = 1,
     .hit_probability = "0.2",
     .capability = "pert 20 45 90",
     .loss = {{STAGE_PRIMARY, FORM_RESPONSE, "gamma 2.5 1000"}}},
    {.id = "S15",
     .selection = 2,
     .event = 2,
     .hit_probability = "beta 0.4 3",
     .secondary_probability = "0.3",
     .loss = {{STAGE_PRIMARY, FORM_RESPONSE, "pert 100 2000 9000"},
              {STAGE_SECONDARY, FORM_FINES, "lognormal 9 2"}}},
    {.id = "S16",
     .selection = 3,
     .event = 3,
     .hit_probability = "1",
     .loss = {{STAGE_PRIMARY, FORM_TOTAL, "normal 50 12 from 0"}}},
};

enum { SCENARIOS = sizeof rows / sizeof *rows, SCENARIOS_ALONE = 12, EVENTS = 3, DRIVERS = 2 };

static const double quantiles[] = {0.5, 0.9, 0.95, 0.99, 0.995},
                    periods[] = {2, 5, 10, 50, 100, 1000};
enum { LEVELS = sizeof quantiles / sizeof *quantiles, PERIODS = sizeof periods / sizeof *periods };

static const struct distribution *law_of(const char *cell)
{
    return cell ? bits_parse(cell) : NULL;
}

static struct assets assets_make(void)
{
    static char id[ASSETS][8];
    static const char *ids[ASSETS], *names[ASSETS];
    static uint64_t hash[ASSETS], quantity[ASSETS];
    static double value[ASSETS];
    static const struct distribution *resistance[ASSETS];
    const struct distribution *weak = bits_parse("pert 10 35 65"), *strong = bits_parse("beta 5 3");

    for (size_t a = 0; a < ASSETS; a++) {
        snprintf(id[a], sizeof id[a], "A%02zu", a);
        ids[a] = id[a];
        names[a] = "";
        hash[a] = (a + 1) * UINT64_C(0x9e3779b97f4a7c15);
        quantity[a] = 1 + a * a % 23;
        value[a] = 1000 + 777.77 * (double)a;
        resistance[a] = a % 3 ? weak : strong;
    }
    return (struct assets){ASSETS, ids, names, hash, value, quantity, resistance};
}

// All; every second; the first third; a few; one.
static const struct selection *selections_make(const struct assets *assets)
{
    static struct selection selections[SELECTIONS];
    static uint32_t selected[SELECTIONS][ASSETS];

    for (uint32_t k = 0; k < SELECTIONS; k++) {
        selections[k].assets = selected[k];
        for (uint32_t a = 0; a < ASSETS; a++) {
            const bool in = k == 0 || (k == 1 && a % 2) || (k == 2 && a < ASSETS / 3) ||
                            (k == 3 && a % 17 == 5) || (k == 4 && a == 42);

            if (in) {
                selected[k][selections[k].count++] = a;
                selections[k].units += (double)assets->quantity[a];
            }
        }
    }
    return selections;
}

static const struct scenario *scenarios_make(const struct selection *selections)
{
    static struct scenario scenarios[SCENARIOS];

    for (size_t s = 0; s < SCENARIOS; s++) {
        const struct row *row = &rows[s];
        struct scenario *x = &scenarios[s];

        *x = (struct scenario){
            .id = row->id,
            .name = "",
            .owner = "",
            .threat_id = "",
            .id_hash = (s + 1) * UINT64_C(0xd1342543de82ef95),
            .effect = (uint8_t)(s % 8),
            .selection = &selections[row->selection],
            .event = row->event > 0 ? row->event - 1 : (uint32_t)NO_ROW,
            .hit_probability = law_of(row->hit_probability),
            .frequency_per = row->per,
            .counts = row->counts,
            .negbinomial_k = row->negbinomial_k,
            .frequency = law_of(row->frequency),
            .susceptibility = law_of(row->susceptibility),
            .capability = law_of(row->capability),
            .threat_hash = 99,
            .driver = row->driver > 0 ? row->driver - 1 : (uint32_t)NO_ROW,
        };
        for (size_t i = 0; i < sizeof row->loss / sizeof *row->loss && row->loss[i].cell; i++)
            x->severity.loss[row->loss[i].stage][row->loss[i].form] = law_of(row->loss[i].cell);
        x->severity.secondary_probability = law_of(row->secondary_probability);
        x->severity.form_correlation = row->form_correlation;
        x->severity.loss_basis = row->basis;
        x->severity.outage_hours = law_of(row->outage_hours);
    }
    return scenarios;
}

static const struct shared_event *events_make(void)
{
    static const uint32_t of_first[] = {12, 13}, of_second[] = {14}, of_third[] = {15};
    static struct shared_event events[EVENTS] = {
        {.id = "E1",
         .id_hash = 1,
         .hit_correlation = 0.6,
         .driver = 0,
         .scenario_count = 2,
         .scenarios = of_first},
        {.id = "E2",
         .id_hash = 2,
         .counts = COUNTS_NEGBINOMIAL,
         .negbinomial_k = 0.5,
         .driver = NO_ROW,
         .scenario_count = 1,
         .scenarios = of_second},
        {.id = "E3",
         .id_hash = 3,
         .counts = COUNTS_AT_MOST_ONCE,
         .driver = 1,
         .scenario_count = 1,
         .scenarios = of_third},
    };
    static const char *const frequency[EVENTS] = {"gamma 2 0.05", "0.2", "uniform 0.001 0.2"};

    for (size_t e = 0; e < EVENTS; e++) {
        events[e].name = events[e].owner = "";
        events[e].frequency = bits_parse(frequency[e]);
    }
    events[0].severity.loss[STAGE_PRIMARY][FORM_RESPONSE] = bits_parse("lognormal90 20000 400000");
    return events;
}

static const struct driver *drivers_make(void)
{
    static struct driver drivers[DRIVERS] = {{"D1", 11, NULL, 0.5}, {"D2", 12, NULL, 0}};

    drivers[0].frequency = bits_parse("lognormal -0.245 0.7");
    drivers[1].frequency = bits_parse("gamma 2 0.5");
    return drivers;
}

// By scenario, by asset, and crossed.
static const struct grouping *groupings_make(void)
{
    static uint32_t of_scenario[SCENARIOS], of_asset[ASSETS];
    static const uint32_t code[] = {0, 1, 2, 3, 4, 5}, own[EVENTS];
    static const char *const names[] = {"", "b", "c", "d", "e", "f"};
    static struct grouping groupings[3] = {
        {.name = "threat", .count = 2, .scenario_part = of_scenario, .asset_parts = 1},
        {.name = "site", .count = 3, .asset_part = of_asset, .asset_parts = 3},
        {.name = "threat*site",
         .count = 6,
         .scenario_part = of_scenario,
         .asset_part = of_asset,
         .asset_parts = 3},
    };

    for (uint32_t s = 0; s < SCENARIOS; s++)
        of_scenario[s] = s % 2;
    for (uint32_t a = 0; a < ASSETS; a++)
        of_asset[a] = a % 3;
    for (size_t g = 0; g < sizeof groupings / sizeof *groupings; g++) {
        groupings[g].names = names;
        groupings[g].code = code;
        groupings[g].events_own = own;
    }
    return groupings;
}

static void estimates(struct item *item, size_t n, const struct estimate *x)
{
    for (size_t i = 0; i < n; i++) {
        item_double(item, x[i].value);
        item_double(item, x[i].lower);
        item_double(item, x[i].upper);
    }
}

static void summary(struct item *item, const struct summary *x)
{
    item_double(item, x->aal);
    item_double(item, x->aal_error);
    item_double(item, x->aal_exact);
    item_double(item, x->sd);
    item_double(item, x->probability_of_loss);
    item_double(item, x->probability_of_loss_error);
    estimates(item, LEVELS, x->var);
    item_doubles(item, LEVELS, x->tvar);
    item_doubles(item, LEVELS, x->tvar_error);
}

static void contributor(struct item *item, const struct contributor *x)
{
    item_double(item, x->event_rate);
    item_double(item, x->aal_exact);
    item_double(item, x->aal);
    item_double(item, x->aal_error);
    item_double(item, x->sd);
    item_doubles(item, LEVELS, x->var);
    item_doubles(item, LEVELS, x->tvar);
    item_doubles(item, LEVELS, x->tvar_contribution);
    item_doubles(item, LOSS_FORMS, x->form_share);
}

static void worst(struct item *item, const struct worst_event *x)
{
    item_word(item, x->year);
    item_word(item, (uint64_t)x->loss);
    item_word(item, x->scenario);
    item_word(item, x->asset);
    item_word(item, x->event);
    item_word(item, (uint64_t)x->hits);
}

static void of_years(const char *night, const struct outcome *o)
{
    struct item item;

    item_start(&item, "%s: annual loss", night);
    item_amounts(&item, YEARS, o->annual_loss);
    item_end(&item);
    item_start(&item, "%s: largest event", night);
    item_amounts(&item, YEARS, o->largest_event);
    item_end(&item);
    item_start(&item, "%s: events", night);
    for (size_t y = 0; y < YEARS; y++)
        item_word(&item, (uint64_t)o->event_count[y]);
    item_end(&item);
    item_start(&item, "%s: summary and exceedance", night);
    summary(&item, &o->summary);
    estimates(&item, PERIODS, o->exceedance.aep);
    estimates(&item, PERIODS, o->exceedance.oep);
    item_doubles(&item, LOSS_FORMS, o->form_share);
    item_doubles(&item, EFFECTS, o->effect_share);
    item_word(&item, o->capped_events);
    item_end(&item);
}

static void of_groups(const char *night, const struct outcome *o)
{
    struct item item;

    for (size_t g = 0; g < o->portfolio->grouping_count; g++) {
        const struct grouping *grouping = &o->portfolio->groupings[g];

        item_start(&item, "%s: groups by %s", night, grouping->name);
        item_amounts(&item, grouping->count * YEARS, o->groups[g].annual_loss);
        item_amounts(&item, grouping->count * YEARS, o->groups[g].largest_event);
        for (size_t k = 0; k < grouping->count; k++) {
            summary(&item, &o->groups[g].summary[k]);
            estimates(&item, PERIODS, o->groups[g].exceedance[k].aep);
            estimates(&item, PERIODS, o->groups[g].exceedance[k].oep);
        }
        item_end(&item);
    }
}

static void of_rows(const char *night, const struct outcome *o)
{
    struct item item;

    for (size_t s = 0; s < o->portfolio->scenario_count; s++) {
        item_start(&item, "%s: scenario %s", night, rows[s].id);
        contributor(&item, &o->scenarios[s]);
        item_end(&item);
    }
    item_start(&item, "%s: assets", night);
    for (size_t a = 0; a < ASSETS; a++)
        contributor(&item, &o->assets[a]);
    item_end(&item);
    item_start(&item, "%s: worst years and events", night);
    for (size_t i = 0; i < o->worst_year_count; i++) {
        item_word(&item, o->worst_years[i].year);
        item_word(&item, (uint64_t)o->worst_years[i].annual_loss);
        item_word(&item, (uint64_t)o->worst_years[i].events);
        worst(&item, &o->worst_years[i].largest);
    }
    for (size_t i = 0; i < o->worst_event_count; i++)
        worst(&item, &o->worst_events[i]);
    item_end(&item);
}

static void of_events(const char *night, const struct outcome *o)
{
    struct item item;

    for (size_t e = 0; e < o->portfolio->event_count; e++) {
        const struct event_outcome *x = &o->events[e];

        item_start(&item, "%s: shared event %s", night, o->portfolio->events[e].id);
        contributor(&item, &x->all);
        item_amounts(&item, YEARS, x->annual_loss);
        if (x->own_loss)
            item_amounts(&item, YEARS, x->own_loss);
        item_double(&item, x->occurrences_per_year);
        item_double(&item, x->hits_per_year);
        item_double(&item, x->own_aal);
        item_double(&item, x->own_aal_exact);
        item_doubles(&item, LEVELS, x->own_tvar_contribution);
        item_end(&item);
    }
    item_start(&item, "%s: without dependence", night);
    summary(&item, &o->independence.summary);
    item_doubles(&item, LEVELS, o->independence.event_share);
    item_end(&item);
}

static void forecast(const char *night, const struct portfolio *portfolio, struct diagnostics *d)
{
    struct scenario_forecast each[SCENARIOS];
    struct event_forecast events[EVENTS];
    struct scenario_plans plans;
    struct forecast total;
    struct item item;

    bits_need(scenario_plans_make(portfolio, 2, &plans, d) &&
                  simulate_forecast(portfolio, &plans, 2, &total, each, events, d),
              "no forecast");
    scenario_plans_free(&plans);
    item_start(&item, "%s: forecast", night);
    item_double(&item, total.threat_events_per_year);
    item_double(&item, total.loss_events_per_year);
    item_double(&item, total.candidates_per_year);
    item_double(&item, total.aal_exact);
    for (size_t s = 0; s < portfolio->scenario_count; s++) {
        item_double(&item, each[s].threat_events_per_year);
        item_double(&item, each[s].loss_events_per_year);
        item_double(&item, each[s].aal_exact);
        item_double(&item, each[s].capped_share);
        item_double(&item, each[s].driver_ratio);
        item_double(&item, each[s].once_probability);
    }
    for (size_t e = 0; e < portfolio->event_count; e++) {
        item_double(&item, events[e].occurrences_per_year);
        item_double(&item, events[e].hits_per_year);
        item_double(&item, events[e].probability_of_hit);
        item_double(&item, events[e].aal_exact);
        item_double(&item, events[e].own_aal_exact);
        item_double(&item, events[e].driver_ratio);
        item_double(&item, events[e].once_probability);
    }
    item_end(&item);
}

static void run(const char *night, const struct portfolio *portfolio, int threads)
{
    struct diagnostics *d = diagnostics_new();
    struct outcome outcome;
    enum simulated done;

    bits_need(d != NULL, "memory is exhausted");
    forecast(night, portfolio, d);
    done = simulate_run(portfolio, threads, NULL, NULL, &outcome, d);
    diagnostics_print(d, stderr);
    bits_need(done == SIMULATION_DONE, "the run failed");
    of_years(night, &outcome);
    of_groups(night, &outcome);
    of_rows(night, &outcome);
    of_events(night, &outcome);
    outcome_free(&outcome);
    diagnostics_free(d);
}

void bits_nights(void)
{
    const struct assets assets = assets_make();
    struct portfolio portfolio = {
        .settings = {.title = "bits",
                     .currency = "EUR",
                     .as_of = "",
                     .resolution = 0.01,
                     .years = YEARS,
                     .seed = 20261001,
                     .return_period_count = PERIODS,
                     .quantile_count = LEVELS,
                     .return_periods = periods,
                     .quantiles = quantiles,
                     .detail = ASSETS / 2},
        .assets = assets,
        .scenario_count = SCENARIOS,
        .scenarios = scenarios_make(selections_make(&assets)),
        .event_count = EVENTS,
        .driver_count = DRIVERS,
        .events = events_make(),
        .drivers = drivers_make(),
        .grouping_count = 3,
        .groupings = groupings_make(),
    };

    run("a night", &portfolio, 2);
    portfolio.settings.rate_uncertainty = RATE_UNCERTAINTY_NONE;
    run("mean rates", &portfolio, 1);
    portfolio.settings.rate_uncertainty = RATE_UNCERTAINTY_YEAR;
    portfolio.settings.annual_loss = ANNUAL_LOSS_PRODUCT;
    portfolio.scenario_count = SCENARIOS_ALONE;
    portfolio.event_count = 0;
    run("product mode", &portfolio, 2);
}
