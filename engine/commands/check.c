#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/keyed.h"
#include "base/machine.h"
#include "commands/announce.h"
#include "commands/commands.h"
#include "commands/csv.h"
#include "commands/decisions.h"
#include "commands/json.h"
#include "commands/options.h"
#include "commands/print.h"
#include "commands/progress.h"
#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"
#include "study/study.h"

static const struct manual manual = {
    .command = "check",
    .operands = "STUDY",
    .summary = "Reads a study, reports every error in it, and says what would be simulated.",
    .text =
        "STUDY is a folder with study.ini, assets.csv, scenarios.csv and, if you like, "
        "threats.csv,\n"
        "events.csv, drivers.csv, treatments.csv, effects.csv, controls.csv, insurance.csv,\n"
        "appetite.csv, decisions.csv and zones.csv.\n"
        "Errors name file, line and column, and all of them are reported at once; then the exit\n"
        "status is 3. Nothing is written.\n"
        "\n"
        "Look at two columns above all: \"Threat events\" and \"Loss events\" are yearly totals "
        "over\n"
        "all that a scenario selects. A frequency that was meant for one server and is taken for\n"
        "the whole fleet (or the other way round, see frequency_per) shows here first.\n"
        "\n"
        "Example:\n"
        "  lossmill check first-study\n"
        "  lossmill check first-study --csv > scenarios-tonight.csv\n",
    .operands_min = 1,
    .operands_max = 1,
};

static const char *susceptibility_source(const struct scenario *scenario)
{
    if (scenario->susceptibility != NULL)
        return "given";
    return scenario->capability != NULL ? "capability against resistance" : "1";
}

static const char *susceptibility_word(const struct scenario *scenario)
{
    if (scenario->susceptibility != NULL)
        return "given";
    return scenario->capability != NULL ? "capability" : "1";
}

static const char *per_text(const struct scenario *scenario)
{
    if (scenario->event != NO_ROW)
        return "event";
    return scenario->frequency_per == FREQUENCY_PER_UNIT ? "unit" : "scenario";
}

static const char *annual_loss_text(const struct settings *settings)
{
    return settings->annual_loss == ANNUAL_LOSS_PRODUCT ? "product" : "events";
}

static const char *driver_id(const struct portfolio *portfolio, uint32_t driver)
{
    return driver == NO_ROW ? "" : portfolio->drivers[driver].id;
}

static const char *event_id(const struct portfolio *portfolio, const struct scenario *scenario)
{
    return scenario->event == NO_ROW ? "" : portfolio->events[scenario->event].id;
}

static void print_csv(const struct portfolio *portfolio, const struct scenario_forecast *each)
{
    static const char *const heads[] = {
        "scenario_id",          "name",           "assets",      "units",
        "frequency_per",        "event",          "driver",      "threat_events_per_year",
        "loss_events_per_year", "susceptibility", "aal_exact",   "driver_ratio",
        "once_probability",     "capped_share",   "annual_loss",
    };
    struct csv csv = {.out = stdout};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        csv_text(&csv, heads[i]);
    csv_end(&csv);
    for (size_t s = 0; s < portfolio->scenario_count; s++) {
        const struct scenario *scenario = &portfolio->scenarios[s];
        csv_text(&csv, scenario->id);
        csv_text(&csv, scenario->name);
        csv_whole(&csv, scenario->selection->count);
        csv_number(&csv, scenario->selection->units);
        csv_text(&csv, per_text(scenario));
        csv_text(&csv, event_id(portfolio, scenario));
        csv_text(&csv, driver_id(portfolio, scenario->driver));
        csv_number(&csv, each[s].threat_events_per_year);
        csv_number(&csv, each[s].loss_events_per_year);
        csv_text(&csv, susceptibility_source(scenario));
        csv_number(&csv, each[s].aal_exact);
        csv_number(&csv, each[s].driver_ratio);
        csv_number(&csv, each[s].once_probability);
        csv_number(&csv, each[s].capped_share);
        csv_text(&csv, annual_loss_text(&portfolio->settings));
        csv_end(&csv);
    }
}

static void json_facts(struct json *json, const struct study_facts *facts)
{
    json_open(json, "read", '{');
    json_whole(json, "asset_rows", facts->asset_rows);
    json_whole(json, "skipped_assets", facts->skipped_assets);
    json_whole(json, "threat_rows", facts->threat_rows);
    json_whole(json, "scenario_rows", facts->scenario_rows);
    json_whole(json, "event_rows", facts->event_rows);
    json_whole(json, "driver_rows", facts->driver_rows);
    json_whole(json, "treatment_rows", facts->treatment_rows);
    json_whole(json, "effect_rows", facts->effect_rows);
    json_whole(json, "control_rows", facts->control_rows);
    json_whole(json, "layer_rows", facts->layer_rows);
    json_whole(json, "appetite_rows", facts->appetite_rows);
    json_whole(json, "decision_rows", facts->decision_rows);
    json_whole(json, "zone_rows", facts->zone_rows);
    json_number(json, "exposures", facts->exposures);
    json_whole(json, "distinct_selections", facts->distinct_selections);
    json_whole(json, "distinct_distributions", facts->distinct_distributions);
    json_open(json, "tags", '[');
    for (size_t i = 0; i < facts->tag_count; i++)
        json_text(json, NULL, facts->tags[i]);
    json_close(json, ']');
    json_whole(json, "unreached_assets", facts->unreached_assets);
    json_number(json, "unreached_value", facts->unreached_value);
    json_close(json, '}');
}

static void json_groupings(struct json *json, const struct portfolio *portfolio)
{
    json_open(json, "groupings", '[');
    for (size_t g = 0; g < portfolio->grouping_count; g++) {
        json_open(json, NULL, '{');
        json_text(json, "by", portfolio->groupings[g].name);
        json_whole(json, "groups", portfolio->groupings[g].count);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void json_events(struct json *json, const struct portfolio *portfolio,
                        const struct event_forecast *events)
{
    json_open(json, "events", '[');
    for (size_t e = 0; e < portfolio->event_count; e++) {
        const struct shared_event *event = &portfolio->events[e];
        json_open(json, NULL, '{');
        json_text(json, "event_id", event->id);
        json_text(json, "name", event->name);
        json_text(json, "driver", driver_id(portfolio, event->driver));
        json_whole(json, "scenarios", event->scenario_count);
        json_number(json, "occurrences_per_year", events[e].occurrences_per_year);
        json_number(json, "probability_of_hit", events[e].probability_of_hit);
        json_number(json, "hits_per_year", events[e].hits_per_year);
        json_number(json, "once_probability", events[e].once_probability);
        json_number(json, "aal_exact", events[e].aal_exact);
        json_number(json, "own_aal_exact", events[e].own_aal_exact);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_json(const struct study *study, const struct announcement *announced,
                       const struct scenario_forecast *each, const double *aal,
                       const struct event_forecast *events, const struct diagnostics *d)
{
    const struct portfolio *portfolio = &study->portfolio;
    const struct settings *settings = &portfolio->settings;
    const struct forecast *total = &announced->simulation;
    struct json json = {.out = stdout};
    json_open(&json, NULL, '{');
    json_text(&json, "title", settings->title);
    json_text(&json, "currency", settings->currency);
    json_text(&json, "as_of", settings->as_of);
    json_whole(&json, "years", settings->years);
    json_whole(&json, "seed", settings->seed);
    json_text(&json, "annual_loss", annual_loss_text(settings));
    json_whole(&json, "warnings", diagnostics_warnings(d));
    json_facts(&json, &study->facts);
    json_groupings(&json, portfolio);
    json_open(&json, "scenarios", '[');
    for (size_t s = 0; s < portfolio->scenario_count; s++) {
        const struct scenario *scenario = &portfolio->scenarios[s];
        json_open(&json, NULL, '{');
        json_text(&json, "scenario_id", scenario->id);
        json_text(&json, "name", scenario->name);
        json_whole(&json, "assets", scenario->selection->count);
        json_number(&json, "units", scenario->selection->units);
        json_text(&json, "frequency_per", per_text(scenario));
        json_text(&json, "event", event_id(portfolio, scenario));
        json_text(&json, "driver", driver_id(portfolio, scenario->driver));
        json_number(&json, "threat_events_per_year", each[s].threat_events_per_year);
        json_number(&json, "loss_events_per_year", each[s].loss_events_per_year);
        json_text(&json, "susceptibility", susceptibility_source(scenario));
        json_number(&json, "aal_exact", each[s].aal_exact);
        json_number(&json, "driver_ratio", each[s].driver_ratio);
        json_number(&json, "once_probability", each[s].once_probability);
        json_number(&json, "capped_share", each[s].capped_share);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_events(&json, portfolio, events);
    json_decisions(&json, portfolio, aal);
    json_open(&json, "total", '{');
    json_number(&json, "threat_events_per_year", total->threat_events_per_year);
    json_number(&json, "loss_events_per_year", total->loss_events_per_year);
    json_number(&json, "aal_exact", total->aal_exact);
    announcement_json(&json, announced);
    json_close(&json, '}');
    json_close(&json, '}');
}

static void print_scenarios(const struct portfolio *portfolio, const struct forecast *total,
                            const struct scenario_forecast *each, double own, uint64_t top)
{
    static const struct column columns[] = {
        {"Scenario", ALIGN_LEFT, 32},     {"Assets", ALIGN_RIGHT, 0},
        {"Frequency per", ALIGN_LEFT, 0}, {"Threat events", ALIGN_RIGHT, 0},
        {"Loss events", ALIGN_RIGHT, 0},  {"Susceptible", ALIGN_LEFT, 0},
        {"AAL (exact)", ALIGN_RIGHT, 0},
    };
    size_t count = portfolio->scenario_count;
    size_t shown = top < count ? (size_t)top : count;
    struct keyed *order = must_alloc(count, sizeof *order);
    struct keyed *spare = must_alloc(count, sizeof *spare);
    for (size_t s = 0; s < count; s++) // what has no exact mean comes first
        order[s] = (struct keyed){
            keyed_descending(isnan(each[s].aal_exact) ? HUGE_VAL : each[s].aal_exact), (uint32_t)s};
    keyed_sort(order, spare, count);
    struct listing *listing = listing_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < shown; i++) {
        const struct scenario *scenario = &portfolio->scenarios[order[i].row];
        const struct scenario_forecast *forecast = &each[order[i].row];
        listing_cell(listing, scenario->id);
        listing_cell(listing, whole_text(scenario->selection->count));
        listing_cell(listing, per_text(scenario));
        listing_cell(listing, number_text(forecast->threat_events_per_year));
        listing_cell(listing, number_text(forecast->loss_events_per_year));
        listing_cell(listing, susceptibility_word(scenario));
        listing_cell(listing, money_text(forecast->aal_exact, NAN));
    }
    if (own > 0) {
        listing_cell(listing, "Shared events themselves");
        for (int i = 0; i < 5; i++)
            listing_cell(listing, "");
        listing_cell(listing, money_text(own, NAN));
    }
    listing_cell(listing, count > shown ? "All scenarios" : "Together");
    listing_cell(listing, "");
    listing_cell(listing, "");
    listing_cell(listing, number_text(total->threat_events_per_year));
    listing_cell(listing, number_text(total->loss_events_per_year));
    listing_cell(listing, "");
    listing_cell(listing, money_text(total->aal_exact, NAN));
    heading("Scenarios, the costliest first (a year, in %s)",
            text_shown(portfolio->settings.currency, 16));
    listing_print(listing, 2);
    if (count > shown)
        printf("  %s more: --top %zu or --csv lists all\n", whole_text(count - shown), count);
    for (size_t i = 0; i < count; i++)
        if (each[order[i].row].capped_share > 1e-6)
            printf("  %s: the limit of one event's loss removes %s of the mean\n",
                   text_shown(portfolio->scenarios[order[i].row].id, 64),
                   share_text(each[order[i].row].capped_share));
    free(order);
    free(spare);
}

static void print_events(const struct portfolio *portfolio, const struct event_forecast *events,
                         uint64_t top)
{
    static const struct column columns[] = {
        {"Shared event", ALIGN_LEFT, 32}, {"Scenarios", ALIGN_RIGHT, 0},
        {"Occurrences", ALIGN_RIGHT, 0},  {"that hit", ALIGN_RIGHT, 0},
        {"Hits", ALIGN_RIGHT, 0},         {"AAL (exact)", ALIGN_RIGHT, 0},
        {"itself", ALIGN_RIGHT, 0},
    };
    size_t count = portfolio->event_count;
    size_t shown = top < count ? (size_t)top : count;
    if (count == 0)
        return;
    struct listing *listing = listing_new(columns, sizeof columns / sizeof *columns);
    for (size_t e = 0; e < shown; e++) {
        listing_cell(listing, portfolio->events[e].id);
        listing_cell(listing, whole_text(portfolio->events[e].scenario_count));
        listing_cell(listing, number_text(events[e].occurrences_per_year));
        listing_cell(listing, share_text(events[e].probability_of_hit));
        listing_cell(listing, number_text(events[e].hits_per_year));
        listing_cell(listing, money_text(events[e].aal_exact, NAN));
        listing_cell(listing, money_text(events[e].own_aal_exact, NAN));
    }
    heading("Shared events (a year, in %s)", text_shown(portfolio->settings.currency, 16));
    listing_print(listing, 2);
    if (count > shown)
        printf("  %s more: --top %zu or --json lists all\n", whole_text(count - shown), count);
}

// What nine years in ten make of the frequencies.
static const char *multiplier_text(const struct driver *driver)
{
    static const double tail[] = {0.95, 0.05};
    double multiplier[2];

    distribution_quantile(driver->frequency, 2, tail, multiplier);
    return text_format("%s to %s", number_text(multiplier[0]), number_text(multiplier[1]));
}

static size_t followers_count(const struct portfolio *portfolio, uint32_t driver)
{
    size_t n = 0;
    for (size_t e = 0; e < portfolio->event_count; e++)
        n += portfolio->events[e].driver == driver;
    for (size_t s = 0; s < portfolio->scenario_count; s++)
        n += portfolio->scenarios[s].driver == driver;
    return n;
}

// Where a driver moves a mean that was given for the average year, or a yearly probability.
static void print_followers(const struct portfolio *portfolio, const struct scenario_forecast *each,
                            const struct event_forecast *events, uint64_t top)
{
    static const struct column columns[] = {
        {"Follows", ALIGN_LEFT, 32},
        {"Driver", ALIGN_LEFT, 24},
        {"AAL / (rate x mean loss)", ALIGN_RIGHT, 0},
        {"Chance a year (at most once)", ALIGN_RIGHT, 0},
    };
    const size_t count = portfolio->scenario_count + portfolio->event_count;
    struct listing *listing = NULL;
    size_t shown = 0, more = 0;
    for (size_t i = 0; i < count; i++) {
        const bool event = i < portfolio->event_count;
        const size_t s = event ? i : i - portfolio->event_count;
        const uint32_t driver =
            event ? portfolio->events[s].driver : portfolio->scenarios[s].driver;
        const double ratio = event ? events[s].driver_ratio : each[s].driver_ratio;
        const double once = event ? events[s].once_probability : each[s].once_probability;
        if (driver == NO_ROW || (fabs(ratio - 1) < 5e-4 && isnan(once)))
            continue;
        if (shown == top) {
            more++;
            continue;
        }
        shown++;
        if (listing == NULL)
            listing = listing_new(columns, sizeof columns / sizeof *columns);
        listing_cell(listing, event ? portfolio->events[s].id : portfolio->scenarios[s].id);
        listing_cell(listing, portfolio->drivers[driver].id);
        listing_cell(listing, number_text(ratio));
        listing_cell(listing, isnan(once) ? "" : share_text(once));
    }
    if (listing == NULL)
        return;
    printf("\n");
    listing_print(listing, 2);
    if (more > 0)
        printf("  %s more: --top %zu or --json lists all\n", whole_text(more), shown + more);
}

static void print_drivers(const struct portfolio *portfolio, const struct scenario_forecast *each,
                          const struct event_forecast *events, uint64_t top)
{
    static const struct column columns[] = {
        {"Driver", ALIGN_LEFT, 32},
        {"Frequencies times, 9 years in 10", ALIGN_LEFT, 0},
        {"Loading of severities", ALIGN_RIGHT, 0},
        {"Followed by", ALIGN_RIGHT, 0},
    };
    if (portfolio->driver_count == 0)
        return;
    struct listing *listing = listing_new(columns, sizeof columns / sizeof *columns);
    double constant;
    for (size_t i = 0; i < portfolio->driver_count && i < top; i++) {
        const struct driver *driver = &portfolio->drivers[i];
        listing_cell(listing, driver->id);
        listing_cell(listing, distribution_is_constant(driver->frequency, &constant)
                                  ? "1"
                                  : multiplier_text(driver));
        listing_cell(listing, number_text(driver->severity_correlation));
        listing_cell(listing, whole_text(followers_count(portfolio, (uint32_t)i)));
    }
    heading("Years that make everything worse");
    listing_print(listing, 2);
    print_followers(portfolio, each, events, top);
}

// What can be done about risk, as far as the study has any of it.
static void print_treatment_facts(const struct study_facts *facts)
{
    const struct {
        size_t rows;
        const char *one, *many;
    } all[] = {{facts->treatment_rows, "treatment", "treatments"},
               {facts->effect_rows, "effect", "effects"},
               {facts->control_rows, "control", "controls"},
               {facts->layer_rows, "insurance layer", "insurance layers"},
               {facts->appetite_rows, "point of appetite", "points of appetite"},
               {facts->decision_rows, "decision", "decisions"},
               {facts->zone_rows, "zone or conduit", "zones and conduits"}};
    bool any = false;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].rows == 0)
            continue;
        printf("%s%s %s", any ? ", " : "  ", whole_text(all[i].rows),
               all[i].rows == 1 ? all[i].one : all[i].many);
        any = true;
    }
    if (any)
        printf("\n");
}

static void print_text(const struct study *study, const struct announcement *announced,
                       const struct scenario_forecast *each, const double *aal,
                       const struct event_forecast *events, uint64_t top)
{
    const struct portfolio *portfolio = &study->portfolio;
    const struct settings *settings = &portfolio->settings;
    const struct study_facts *facts = &study->facts;
    double own = 0;
    printf("%s\n", text_shown(settings->title, 98));
    if (settings->as_of != NULL && *settings->as_of != '\0')
        printf("as of %s, ", text_shown(settings->as_of, 20));
    printf("in %s, %s years, seed %llu\n", text_shown(settings->currency, 16),
           whole_text(settings->years), (unsigned long long)settings->seed);
    if (settings->annual_loss == ANNUAL_LOSS_PRODUCT)
        printf("\n%s\n", product_warning);

    heading("Read");
    printf("  %s assets, %s threats, %s scenarios\n", whole_text(facts->asset_rows),
           whole_text(facts->threat_rows), whole_text(facts->scenario_rows));
    if (facts->event_rows > 0 || facts->driver_rows > 0)
        printf("  %s shared event%s, %s driver%s\n", whole_text(facts->event_rows),
               facts->event_rows == 1 ? "" : "s", whole_text(facts->driver_rows),
               facts->driver_rows == 1 ? "" : "s");
    print_treatment_facts(facts);
    if (facts->skipped_assets > 0)
        printf("  %s asset rows SKIPPED (bad_assets = skip)\n", whole_text(facts->skipped_assets));
    printf("  %s exposures: scenario on asset; %s distinct selections, %s distributions\n",
           number_text(facts->exposures), whole_text(facts->distinct_selections),
           whole_text(facts->distinct_distributions));
    if (facts->tag_count > 0)
        printf("  unknown columns, kept as tags:\n");
    for (size_t i = 0; i < facts->tag_count; i++)
        printf("    %s\n", text_shown(facts->tags[i], 90));

    for (size_t e = 0; e < portfolio->event_count; e++)
        own += events[e].own_aal_exact;
    print_scenarios(portfolio, &announced->simulation, each, own, top);
    print_events(portfolio, events, top);
    print_drivers(portfolio, each, events, top);
    print_decisions(portfolio, aal);

    heading("Not modelled");
    if (facts->unreached_assets == 0)
        printf("  every asset is reached by some scenario\n");
    else
        printf("  %s asset%s that no scenario reaches, worth %s %s\n",
               whole_text(facts->unreached_assets), facts->unreached_assets == 1 ? "" : "s",
               text_shown(settings->currency, 16), money_text(facts->unreached_value, NAN));
    for (size_t i = 0; i < facts->unreached_group_count && i < top; i++) {
        const struct unreached_group *group = &facts->unreached_groups[i];
        printf("    %s %s: %s, worth %s\n", text_shown(facts->unreached_by, 40),
               *group->name != '\0' ? text_shown(group->name, 40) : "(none)",
               whole_text(group->assets), money_text(group->value, NAN));
    }

    announcement_print(portfolio, announced);
}

int command_check(int argc, char **argv)
{
    bool json = false, csv = false;
    uint64_t top = 40, threads = (uint64_t)machine_threads();
    const struct option_row rows[] = {
        {0, "json", NULL, "everything, for programs", OPTION_FLAG, &json, 0, 0},
        {0, "csv", NULL, "one row per scenario, for spreadsheets", OPTION_FLAG, &csv, 0, 0},
        {0, "top", "N", "scenarios to list (40)", OPTION_WHOLE, &top, 1, UINT32_MAX},
        {'t', "threads", "N", "threads that the run would have (the processors of this process)",
         OPTION_WHOLE, &threads, 1, 4096},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    if (json && csv)
        return options_wrong(&manual, "--json and --csv exclude each other");

    struct diagnostics *d = must_have(diagnostics_new());
    struct study study = {0};
    struct announcement announced;
    struct scenario_plans plans = {0};
    struct scenario_forecast *each = NULL;
    struct event_forecast *events = NULL;
    double *aal = NULL; // exact, of every scenario
    struct progress_line progress = progress_line_start(false);
    const struct study_options options = {
        .tell = progress_line_tell, .context = &progress, .threads = (int)threads};
    bool good = study_read(&study, argv[1], &options, d);
    if (good) {
        progress_line_tell(&progress, NAN, "planning");
        each = must_alloc(study.portfolio.scenario_count, sizeof *each);
        events = must_alloc(study.portfolio.event_count + 1, sizeof *events);
        good = scenario_plans_make(&study.portfolio, (int)threads, &plans, d) &&
               announcement_make(&study, &plans, (int)threads, &announced, each, events, d);
        aal = must_alloc(study.portfolio.scenario_count, sizeof *aal);
        for (size_t s = 0; s < study.portfolio.scenario_count; s++)
            aal[s] = each[s].aal_exact;
    }
    progress_line_clear(&progress);
    diagnostics_print(d, stderr);
    status = good ? STATUS_DONE : input_status(d);
    if (good && json)
        print_json(&study, &announced, each, aal, events, d);
    else if (good && csv)
        print_csv(&study.portfolio, each);
    else if (good)
        print_text(&study, &announced, each, aal, events, top);
    free(each);
    free(events);
    free(aal);
    scenario_plans_free(&plans);
    study_free(&study);
    diagnostics_free(d);
    return output_finish(status);
}
