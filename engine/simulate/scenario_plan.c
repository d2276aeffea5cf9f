#include "simulate/scenario_plan.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "simulate/address.h"

// What thinning by seats draws per unit of rate: the sum of the envelopes.
static double envelope_of(const struct exposure *x)
{
    double sum = 0;

    for (size_t i = 0; i < x->seating_count; i++)
        sum += x->seatings[i].envelope;
    return sum;
}

// False if memory is exhausted.
static bool plan_rate(struct scenario_plan *plan, const struct settings *settings,
                      const struct driver_years *driver, const struct distribution *multiplier,
                      struct arena *arena)
{
    const struct scenario *s = plan->scenario;
    const bool once = s->counts == COUNTS_AT_MOST_ONCE;
    const double units = s->selection->units;
    const double scale = s->frequency_per == FREQUENCY_PER_UNIT ? 1 : units > 0 ? 1 / units : 0;
    const struct rate_terms terms = {
        .key = plan->key,
        .frequency = s->frequency,
        .susceptibility = once ? NULL : s->susceptibility,
        .counts = s->counts,
        .multiplier = multiplier,
        .driver = driver,
        .scale = scale,
        .weight = plan->seats->weight_total,
        .lone = s->selection->count == 1,
    };
    const double envelope = envelope_of(plan->seats);
    double per_unit;

    if (!rate_make(&terms, settings, arena, &plan->rate))
        return false;
    plan->rate.susceptibility = yearly_of(s->susceptibility, 1, settings->rate_uncertainty);
    per_unit = scale * (once && driver
                            ? rate_once_probability(&plan->rate)
                            : yearly_mean(&plan->rate.frequency) * rate_driver_mean(&plan->rate));
    plan->rate_per_weight = per_unit * yearly_mean(&plan->rate.susceptibility);
    plan->threat_events_per_year = per_unit * units;
    plan->loss_events_per_year = plan->rate_per_weight * plan->hits->weight_total;
    if (once)
        plan->candidates_per_year =
            envelope * scale * at_most_once_rate(yearly_mean(&plan->rate.frequency));
    else
        plan->candidates_per_year = envelope * plan->rate_per_weight * rate_excess(&plan->rate);
    return true;
}

// A scenario of a shared event: every unit is tried in every occurrence.
static void plan_hits(struct scenario_plan *plan, const struct settings *settings)
{
    const struct scenario *s = plan->scenario;
    double landings = 0, chance;

    plan->rate = (struct rate){.key = plan->key};
    plan->rate.susceptibility = yearly_of(s->susceptibility, 1, settings->rate_uncertainty);
    plan->hit_chance = yearly_of(s->hit_probability, 0, RATE_UNCERTAINTY_YEAR);
    chance = yearly_mean(&plan->hit_chance);
    plan->threat_events_per_year = plan->event->occurrences_per_year * chance * s->selection->units;
    plan->rate_per_weight =
        plan->event->occurrences_per_year * chance * yearly_mean(&plan->rate.susceptibility);
    plan->loss_events_per_year = plan->rate_per_weight * plan->hits->weight_total;
    for (size_t i = 0; i < plan->seats->seating_count; i++)
        landings += 1 + chance * yearly_mean(&plan->rate.susceptibility) *
                            plan->seats->seatings[i].envelope;
    plan->candidates_per_year = plan->event->occurrences_per_year * landings;
}

// Poisson with a rate L common to a row: Var = E L E X^2 + Var L (E X)^2. A product of independent
// factors has 1 + v^2 = product of their 1 + v_i^2. Where a unit has at most one event, its second
// moment of the rate is missing.
static void plan_variance(struct scenario_plan *plan)
{
    const struct scenario *s = plan->scenario;
    const double second = (1 + yearly_variation(&plan->rate.frequency)) *
                          (1 + yearly_variation(&plan->rate.susceptibility));

    if (s->counts == COUNTS_NEGBINOMIAL)
        plan->row_variance = second * (1 + 1 / s->negbinomial_k) - 1;
    else if (s->counts == COUNTS_POISSON)
        plan->row_variance = second - 1;
    else if (s->frequency_per == FREQUENCY_PER_SCENARIO)
        plan->row_variance = -1;
    else {
        plan->row_variance = second - 1;
        plan->unit_variance = second;
    }
}

// How severities weigh the years of a rate: by the driver's multiplier, or by what becomes of it
// where at most one event counts.
struct year_weights {
    const struct driver_mean *const *of_driver; // of each driver that severities follow, else NULL
    const struct portfolio *portfolio;
};

static double once_weight(double m, void *context)
{
    const struct rate *rate = context;

    return rate_once_given(rate, m);
}

// NULL where the mean of a loss event is that of its law. `good` becomes false if memory is
// exhausted.
static const struct driver_mean *year_weight(const struct year_weights *w, struct rate *rate,
                                             const struct driver_years *severity_driver,
                                             struct arena *arena, bool *good)
{
    const struct driver_mean *mean = NULL;

    if (!severity_driver || rate->driver != severity_driver ||
        severity_driver->driver->severity_correlation == 0)
        return NULL;
    mean = w->of_driver[severity_driver->driver - w->portfolio->drivers];
    if (rate->once) {
        mean = driver_mean_make(severity_driver->driver->frequency,
                                severity_driver->driver->severity_correlation, once_weight, rate,
                                arena);
        *good = *good && mean;
    }
    return mean;
}

static const struct driver_years *driver_of(const struct scenario_plans *plans, uint32_t driver)
{
    return driver == NO_ROW ? NULL : &plans->drivers[driver];
}

static bool event_make(struct event_plan *plan, const struct shared_event *event,
                       struct scenario_plans *plans, const struct year_weights *weights,
                       struct diagnostics *d)
{
    static const struct selection nothing = {0};
    const struct settings *settings = &weights->portfolio->settings;
    const struct driver_years *driver = driver_of(plans, event->driver);
    struct rate_terms terms = {
        .key = address_key(settings->seed, event->id_hash, 0, PURPOSE_EVENT),
        .frequency = event->frequency,
        .counts = event->counts,
        .driver = driver,
        .scale = 1,
        .weight = 1,
        .lone = true,
    };
    const struct driver_mean *weight;
    bool good = true;

    plan->event = event;
    plan->key = terms.key;
    plan->costs = severity_given(&event->severity);
    if (event->counts == COUNTS_NEGBINOMIAL) {
        terms.multiplier = multiplier_make(event->negbinomial_k, &plans->shelf, d);
        if (!terms.multiplier)
            return false;
    }
    if (!rate_make(&terms, settings, plans->arenas, &plan->rate))
        return false;
    plan->occurrences_per_year = plan->rate.once && driver
                                     ? rate_once_probability(&plan->rate)
                                     : rate_mean(&plan->rate) * rate_driver_mean(&plan->rate);
    weight = year_weight(weights, &plan->rate, driver, plans->arenas, &good);
    severity_plan_make(&event->severity, weights->portfolio, &nothing, plan->key, driver, weight, 0,
                       &plan->severity);
    return good;
}

// False if memory is exhausted.
static bool plan_make(struct scenario_plan *plan, struct scenario_plans *plans,
                      const struct year_weights *weights, const struct distribution *multiplier,
                      struct arena *arena)
{
    const size_t row = (size_t)(plan - plans->plans);
    const struct portfolio *portfolio = weights->portfolio;
    const struct scenario *s = &portfolio->scenarios[row];
    const struct settings *settings = &portfolio->settings;
    const struct driver_years *driver = driver_of(plans, s->driver);
    const struct driver_mean *weight;
    bool good = true;

    plan->scenario = s;
    plan->assets = &portfolio->assets;
    plan->key = address_key(settings->seed, s->id_hash, 0, PURPOSE_SCENARIO);
    plan->hits = &plans->exposures.exposures[plans->exposures.hits[row]];
    plan->seats = &plans->exposures.exposures[plans->exposures.seats[row]];
    if (s->event != NO_ROW) {
        plan->event = &plans->events[s->event];
        plan_hits(plan, settings);
    } else if (!plan_rate(plan, settings, driver, multiplier, arena)) {
        return false;
    }
    weight = year_weight(weights, plan->event ? &plans->events[s->event].rate : &plan->rate, driver,
                         arena, &good);
    severity_plan_make(&s->severity, portfolio, s->selection, plan->key, driver, weight,
                       plan->event ? plan->event->event->hit_correlation : 0, &plan->severity);
    plan_variance(plan);
    plan->aal_exact = plan->rate_per_weight * plan->severity.weighted_mean *
                      (s->severity.loss_basis == LOSS_BASIS_VALUE ? plan->hits->value_weight_total
                                                                  : plan->hits->weight_total);
    return good;
}

static bool weights_make(struct year_weights *weights, struct arena *arena)
{
    const struct portfolio *portfolio = weights->portfolio;
    const struct driver_mean **means =
        arena_alloc(arena, portfolio->driver_count + 1, sizeof *means);

    weights->of_driver = means;
    for (size_t i = 0; means && i < portfolio->driver_count; i++) {
        const struct driver *driver = &portfolio->drivers[i];

        if (driver->severity_correlation == 0)
            continue;
        means[i] =
            driver_mean_make(driver->frequency, driver->severity_correlation, NULL, NULL, arena);
        if (!means[i])
            return false;
    }
    return means != NULL;
}

// Per scenario: what its counts multiply a year's rate by, NULL for most.
static bool multipliers_make(struct scenario_plans *plans, const struct portfolio *portfolio,
                             const struct distribution **multiplier, struct diagnostics *d)
{
    for (size_t s = 0; s < plans->count; s++) {
        if (portfolio->scenarios[s].counts != COUNTS_NEGBINOMIAL)
            continue;
        multiplier[s] = multiplier_make(portfolio->scenarios[s].negbinomial_k, &plans->shelf, d);
        if (!multiplier[s])
            return false;
    }
    return true;
}

static bool plans_fill(struct scenario_plans *plans, const struct year_weights *weights,
                       const struct distribution *const *multiplier)
{
    atomic_bool good = true;

#pragma omp parallel for schedule(dynamic, 256) num_threads(plans->arena_count)
    for (size_t s = 0; s < plans->count; s++)
        if (!plan_make(&plans->plans[s], plans, weights, multiplier[s],
                       &plans->arenas[omp_get_thread_num()]))
            good = false;
    return good;
}

// Existing treatments act on rows that are stated inherent, and on no others (treatment.h).
static void treated_mark(const struct portfolio *portfolio, struct scenario_plans *plans)
{
    const struct treatments *t = &portfolio->treatments;

    for (size_t e = 0; e < t->effect_count; e++) {
        const struct effect *effect = &t->effects[e];

        if (t->rows[effect->treatment].state != TREATMENT_EXISTING)
            continue;
        for (size_t i = 0; i < effect->scenario_count; i++)
            plans->plans[effect->scenarios[i]].treated = true;
        for (size_t i = 0; i < effect->event_count; i++)
            plans->events[effect->events[i]].treated = true;
    }
    for (size_t s = 0; s < plans->count; s++) { // an occurrence costs what it costs if it hits
        const uint32_t event = portfolio->scenarios[s].event;

        if (event == NO_ROW)
            continue;
        if (plans->plans[s].treated)
            plans->events[event].treated = true;
    }
    for (size_t s = 0; s < plans->count; s++) {
        const uint32_t event = portfolio->scenarios[s].event;

        if (event != NO_ROW && plans->events[event].treated)
            plans->plans[s].treated = true;
    }
}

bool scenario_plans_make(const struct portfolio *portfolio, int threads,
                         struct scenario_plans *plans, struct diagnostics *d)
{
    struct year_weights weights = {.portfolio = portfolio};
    const struct distribution **multiplier;
    bool good;

    *plans = (struct scenario_plans){.count = portfolio->scenario_count,
                                     .event_count = portfolio->event_count,
                                     .driver_count = portfolio->driver_count,
                                     .arena_count = threads,
                                     .arenas = calloc((size_t)threads, sizeof(struct arena))};
    multiplier = calloc(plans->count + 1, sizeof *multiplier);
    good = plans->arenas && multiplier &&
           exposures_make(portfolio, threads, plans->arenas, &plans->exposures);
    if (good) {
        plans->shelf.arena = plans->arenas;
        plans->plans = arena_alloc(plans->arenas, plans->count + 1, sizeof *plans->plans);
        plans->events = arena_alloc(plans->arenas, plans->event_count + 1, sizeof *plans->events);
        plans->drivers = driver_years_make(portfolio, threads);
    }
    good = good && plans->plans && plans->events && plans->drivers &&
           weights_make(&weights, plans->arenas) &&
           multipliers_make(plans, portfolio, multiplier, d);
    for (size_t e = 0; good && e < plans->event_count; e++)
        good = event_make(&plans->events[e], &portfolio->events[e], plans, &weights, d);
    good = good && plans_fill(plans, &weights, multiplier);
    for (size_t e = 0; good && e < plans->event_count; e++)
        good = event_plan_finish(&plans->events[e], plans->plans);
    free(multiplier);
    if (good)
        treated_mark(portfolio, plans);
    if (!good)
        diagnostics_fail(d, NULL, "out of memory while preparing the scenarios");
    return good;
}

void scenario_plans_free(struct scenario_plans *plans)
{
    driver_years_free(plans->drivers, plans->driver_count);
    plans->drivers = NULL;
    exposures_free(&plans->exposures);
    for (int i = 0; plans->arenas && i < plans->arena_count; i++)
        arena_free(&plans->arenas[i]);
    free(plans->arenas);
    plans->arenas = NULL;
}

bool scenario_plan_depends(const struct scenario_plan *plan)
{
    return plan->event || plan->rate.driver || plan->severity.driver;
}
