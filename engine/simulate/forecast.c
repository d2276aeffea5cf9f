// What a run will need, before it starts.
#include "simulate/forecast.h"

#include <math.h>
#include <stdlib.h>

#include "simulate/asset_sums.h"
#include "simulate/first_pass.h"
#include "simulate/scenario_sums.h"
#include "simulate/schedule.h"
#include "simulate/simulate.h"

// What things cost one thread, in nanoseconds: fitted to studies of every shape on a server core of
// 2022 with AVX-512, and good to about a factor of 1.5 there. The first pass, then the second.
static const double candidate_ns = 15 + 3,
                    figure_ns = 10 + 14; // of a candidate; its uncertain figures
static const double slot_ns = 40 + 10;   // of an event: each loss form beyond the first
static const double hit_ns = 100, attempt_ns = 40 + 10;           // of a shared event
static const double block_ns = 530 + 470, thinned_ns = 900 + 150; // of a scenario and block
static const double yearly_ns = 55;                 // of a scenario and year with a rate of its own
static const double seated_ns = 10, grouped_ns = 4; // of an event: its asset; each grouping
static const double group_year_ns = 34;             // of a group and year
static const double detail_hit_ns = 110, detail_year_ns = 20; // of an asset in detail
static const double asset_ns = 500 + 1400;                    // of an asset
// of an asset in a selection, in plans and exact figures: where the assets fit a cache, or not
static const double selected_ns = 10, selected_far_ns = 60;
static const size_t assets_near = 1 << 17;

// Beyond this many cells, groups x years would outgrow the memory of most machines.
static const double group_cells_max = 1e9;
static const double detail_bytes_max = 8e9;

static double groups_total(const struct portfolio *portfolio)
{
    double n = 0;

    for (size_t g = 0; g < portfolio->grouping_count; g++)
        n += (double)portfolio->groupings[g].count;
    return n;
}

struct detail_forecast forecast_detail(const struct portfolio *portfolio,
                                       const struct asset_exact *exact)
{
    const double years = (double)portfolio->settings.years;
    size_t count;
    uint32_t *largest = exact ? asset_exact_largest(portfolio, exact, &count) : NULL;
    struct detail_forecast detail = {.bytes = largest ? 0 : HUGE_VAL};

    for (size_t i = 0; largest && i < count; i++) {
        const double rate = exact[largest[i]].rate;

        detail.bytes += asset_detail_memory(rate, portfolio->settings.years);
        detail.seconds += years * fmin(rate * detail_hit_ns, detail_year_ns) / 1e9;
    }
    free(largest);
    return detail;
}

// What the addresses of a shared event's hits cannot count.
static bool events_accept(const struct portfolio *portfolio, const struct scenario_plans *plans,
                          struct diagnostics *d)
{
    const double cells = 2.0 * (double)portfolio->event_count * (double)portfolio->settings.years;
    bool good = true;

    for (size_t e = 0; e < plans->event_count; e++) {
        const struct event_plan *plan = &plans->events[e];

        if (plan->rate.bound * rate_driver_mean(&plan->rate) > OCCURRENCES_MAX ||
            plan->occurrences_per_year > OCCURRENCES_MAX) {
            diagnostics_add(d,
                            &(struct place){.file = "events.csv",
                                            .column = "frequency",
                                            .value = plan->event->id},
                            "%.3g occurrences a year, at most %.3g are simulated: what strikes so "
                            "often is a scenario, not a shared event",
                            plan->occurrences_per_year, OCCURRENCES_MAX);
            good = false;
        }
    }
    for (size_t s = 0; s < plans->count; s++) {
        const struct scenario *scenario = plans->plans[s].scenario;

        if (plans->plans[s].event && scenario->selection->units > HIT_UNITS_MAX) {
            diagnostics_add(
                d,
                &(struct place){.file = "scenarios.csv", .column = "assets", .value = scenario->id},
                "selects %.3g units, of which a shared event can hit at most %.3g",
                scenario->selection->units, HIT_UNITS_MAX);
            good = false;
        }
    }
    if (cells > group_cells_max) {
        diagnostics_add(d, &(struct place){.file = "study.ini", .column = "study.years"},
                        "shared events x years is %.3g, at most %.3g are kept: fewer shared events "
                        "or fewer years",
                        cells / 2, group_cells_max / 2);
        good = false;
    }
    return good;
}

bool forecast_accept(const struct portfolio *portfolio, const struct scenario_plans *plans,
                     double detail_memory, struct diagnostics *d)
{
    const struct settings *settings = &portfolio->settings;
    const double cells = groups_total(portfolio) * (double)settings->years;
    bool good = true;

    if (settings->quantile_count > TAIL_LEVELS_MAX) {
        diagnostics_add(d, &(struct place){.file = "study.ini", .column = "report.quantiles"},
                        "at most %d quantiles, found %zu", TAIL_LEVELS_MAX,
                        settings->quantile_count);
        good = false;
    }
    if (cells > group_cells_max) {
        diagnostics_add(d, &(struct place){.file = "study.ini", .column = "groups.by"},
                        "groups x years is %.3g, at most %.3g are kept: fewer [groups] columns or "
                        "fewer [study] years",
                        cells, group_cells_max);
        good = false;
    }
    if (isinf(detail_memory)) {
        diagnostics_fail(d, NULL, "out of memory: the assets of the results do not fit");
        good = false;
    } else if (detail_memory > detail_bytes_max) {
        diagnostics_add(d, &(struct place){.file = "study.ini", .column = "report.detail"},
                        "VaR and TVaR per asset would take %.3g GB, at most %.3g are used: a "
                        "smaller [report] detail, or fewer [study] years",
                        detail_memory / 1e9, detail_bytes_max / 1e9);
        good = false;
    }
    return events_accept(portfolio, plans, d) && good;
}

// What weighing its years does to the mean of a loss.
static double driver_ratio(const struct severity_plan *severity)
{
    return severity->mean > 0 ? severity->weighted_mean / severity->mean : 1;
}

static double once_probability(const struct rate *rate)
{
    return rate->once ? rate_once_probability(rate) : NAN;
}

// Loss forms that are given, of both stages.
static double slots_given(const struct severity *severity)
{
    double n = 0;

    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++)
            n += severity->loss[stage][form] != NULL;
    return n;
}

// Of a scenario, on one thread.
static double scenario_seconds(const struct portfolio *portfolio, const struct scenario_plan *plan)
{
    const double years = (double)portfolio->settings.years;
    const double blocks = block_count(portfolio->settings.years);
    const double events = plan->loss_events_per_year * years;
    const double candidates = plan->candidates_per_year * years;
    const double slots = fmax(slots_given(plan->severity.severity) - 1, 0);
    const double selected = portfolio->assets.count > assets_near ? selected_far_ns : selected_ns;
    double ns = (double)plan->scenario->selection->count * selected + events * slots * slot_ns;

    if (plan->event)
        return (ns + events * hit_ns + candidates * attempt_ns) / 1e9;
    ns += candidates * candidate_ns + blocks * block_ns +
          events * grouped_ns * (double)portfolio->grouping_count;
    if (plan->rate.method == RATE_THINNED)
        ns += blocks * thinned_ns + candidates * figure_ns * (double)plan->rate.factor_count;
    if (plan->rate.method == RATE_YEARLY)
        ns += years * yearly_ns;
    if (plan->scenario->selection->count > 1)
        ns += events * seated_ns;
    return ns / 1e9;
}

// Of what is kept until the file is written, and of the simulation at its peak.
static void memory_fill(const struct portfolio *portfolio, const struct scenario_plans *plans,
                        int threads, double detail, struct forecast *total)
{
    const struct settings *settings = &portfolio->settings;
    const double years = (double)settings->years, cells = groups_total(portfolio) * years;
    const double assets = (double)portfolio->assets.count, events = (double)portfolio->event_count;
    const double contributor =
        (double)sizeof(struct contributor) + 3 * sizeof(double) * (double)settings->quantile_count;
    double own = 0;

    for (size_t e = 0; e < portfolio->event_count; e++)
        own += severity_given(&portfolio->events[e].severity);
    total->outcome_bytes =
        years * (2 * sizeof(int64_t) + sizeof(int32_t)) + cells * 2 * sizeof(int64_t) +
        (assets + (double)portfolio->scenario_count + events) * contributor +
        years * ((events + own) * sizeof(int64_t) + (events > 0 ? sizeof(struct worst_event) : 0));
    // the first pass with its stores, or what the second makes of the assets in detail
    total->memory_bytes =
        total->outcome_bytes +
        fmax(threads * first_pass_memory(portfolio) +
                 scenario_store_memory(portfolio, plans, threads) + detail / 2,
             detail + years) +
        assets *
            (asset_sums_memory(settings->quantile_count) + (double)sizeof(struct asset_exact)) +
        threads * asset_part_memory(portfolio->assets.count) +
        (portfolio->event_count + portfolio->driver_count > 0 ? years * sizeof(int64_t) : 0);
}

bool simulate_forecast(const struct portfolio *portfolio, const struct scenario_plans *plans,
                       int threads, struct forecast *total, struct scenario_forecast *each,
                       struct event_forecast *events, struct diagnostics *d)
{
    struct asset_exact *exact = asset_exact_new(portfolio, plans);
    const struct detail_forecast detail = forecast_detail(portfolio, exact);

    *total = (struct forecast){0};
    for (size_t s = 0; s < plans->count; s++) {
        const struct scenario_plan *plan = &plans->plans[s];

        total->threat_events_per_year += plan->threat_events_per_year;
        total->loss_events_per_year += plan->loss_events_per_year;
        total->candidates_per_year += plan->candidates_per_year;
        total->aal_exact += plan->aal_exact;
        total->seconds += scenario_seconds(portfolio, plan);
        each[s] = (struct scenario_forecast){
            .threat_events_per_year = plan->threat_events_per_year,
            .loss_events_per_year = plan->loss_events_per_year,
            .aal_exact = plan->aal_exact,
            .capped_share = plan->severity.capped_share,
            .driver_ratio = driver_ratio(&plan->severity),
            .once_probability = once_probability(&plan->rate),
        };
    }
    for (size_t e = 0; e < plans->event_count; e++) {
        const struct event_plan *plan = &plans->events[e];

        total->aal_exact += plan->own_aal_exact;
        events[e] = (struct event_forecast){
            .occurrences_per_year = plan->occurrences_per_year,
            .hits_per_year = plan->hits_per_year,
            .probability_of_hit = plan->probability_of_hit,
            .aal_exact = plan->aal_exact,
            .own_aal_exact = plan->own_aal_exact,
            .driver_ratio = driver_ratio(&plan->severity),
            .once_probability = once_probability(&plan->rate),
        };
    }
    free(exact);
    total->seconds += detail.seconds + ((double)portfolio->assets.count * asset_ns +
                                        groups_total(portfolio) *
                                            (double)portfolio->settings.years * group_year_ns) /
                                           1e9;
    memory_fill(portfolio, plans, threads, detail.bytes, total);
    return forecast_accept(portfolio, plans, detail.bytes, d);
}
