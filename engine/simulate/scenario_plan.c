#include "simulate/scenario_plan.h"

#include <math.h>
#include <stdio.h>

#include "random/elementary.h"
#include "simulate/address.h"
#include "simulate/event_kernels.h"

// P(no event) at p = 1 is e^-45 < 3e-20: not seen in 10^18 years.
static const double certain_rate = 45;

double at_most_once_rate(double p)
{
    return p < 1 ? fmin(-elementary_log1p(-p), certain_rate) : certain_rate;
}

static struct yearly yearly_of(const struct distribution *law, double otherwise,
                               enum rate_uncertainty uncertainty)
{
    struct yearly y = {.constant = otherwise};

    if (law && !distribution_is_constant(law, &y.constant)) {
        if (uncertainty == RATE_UNCERTAINTY_NONE)
            y.constant = distribution_mean(law);
        else
            y.law = law;
    }
    return y;
}

static double yearly_mean(const struct yearly *y)
{
    return y->law ? distribution_mean(y->law) : y->constant;
}

// Squared coefficient of variation.
static double yearly_variation(const struct yearly *y)
{
    const double mean = yearly_mean(y);

    return y->law && mean > 0 ? distribution_variance(y->law) / (mean * mean) : 0;
}

static double excess(double x, void *limit)
{
    return fmax(0, x - *(const double *)limit);
}

// What the limit on one event removes of a form's mean, by quadrature; 0 where it cannot reach, or
// where E[X; X > limit]^2 <= E X^2 P(X > limit) (Cauchy and Schwarz) shows that it is far below the
// 10^-6 that is told.
static double mean_beyond(const struct distribution *law, double limit)
{
    const double mean = distribution_mean(law), second = distribution_variance(law) + mean * mean;
    double low, high;

    distribution_support(law, &low, &high);
    if (high <= limit || second * distribution_survival(law, limit) <= 1e-18 * mean * mean)
        return 0;
    return distribution_expectation(law, excess, &limit, &limit, 1);
}

// E of a hit's loss: forms are independent of their coins. Form correlation does not move a mean;
// outage hours are independent of what an hour costs.
static void plan_loss_mean(struct scenario_plan *plan, double largest_value)
{
    const struct scenario *s = plan->scenario;
    const double limit = MONEY_LIMIT / plan->money_scale;
    double removed = 0;

    plan->loss_mean = 0;
    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++) {
            const struct distribution *law = s->severity.loss[stage][form];

            if (!law)
                continue;

            double probability = 1, factor = 1;

            if (stage == STAGE_SECONDARY)
                probability =
                    yearly_mean(s->severity.secondary_form_probability[form] ? &plan->form_probability[form]
                                                                    : &plan->secondary_probability);
            if (form == FORM_PRODUCTIVITY && s->severity.outage_hours)
                factor = distribution_mean(s->severity.outage_hours);
            plan->loss_mean += probability * factor * distribution_mean(law);
            removed += probability * factor *
                       mean_beyond(law, limit / (factor > 0 ? factor : 1) / largest_value);
        }
    plan->capped_share = plan->loss_mean > 0 ? removed / plan->loss_mean : 0;
}

static double largest_value(const struct scenario *s, const struct assets *assets)
{
    double largest = 1e-300;

    if (s->severity.loss_basis == LOSS_BASIS_MONEY)
        return 1;
    for (size_t i = 0; i < s->selection->count; i++)
        largest = fmax(largest, assets->value[s->selection->assets[i]]);
    return largest;
}

static bool plan_rates(struct scenario_plan *plan, const struct settings *settings,
                       struct arena *arena, struct diagnostics *d)
{
    const struct scenario *s = plan->scenario;
    const double units = s->selection->units;
    double per_unit, candidates = 0;

    plan->frequency_scale = s->frequency_per == FREQUENCY_PER_UNIT ? 1 : units > 0 ? 1 / units : 0;
    plan->frequency = yearly_of(s->frequency, 0, settings->rate_uncertainty);
    plan->susceptibility = yearly_of(s->susceptibility, 1, settings->rate_uncertainty);
    if (s->counts == COUNTS_NEGBINOMIAL) {
        // A gamma of shape K and mean 1, through the same door as a cell of the study.
        const struct distribution_reader reader = {.arena = arena};
        const struct place nowhere = {0};
        char cell[80];

        snprintf(cell, sizeof cell, "gamma %.17g %.17g", s->negbinomial_k, 1 / s->negbinomial_k);
        plan->multiplier = distribution_parse(cell, &nowhere, &reader, d);
        if (!plan->multiplier)
            return false;
    }
    plan->rate_varies = plan->frequency.law || plan->multiplier ||
                        (plan->susceptibility.law && s->counts != COUNTS_AT_MOST_ONCE);
    if (s->counts == COUNTS_AT_MOST_ONCE)
        plan->constant_rate = plan->frequency_scale * at_most_once_rate(plan->frequency.constant);
    else
        plan->constant_rate =
            plan->frequency_scale * plan->frequency.constant * plan->susceptibility.constant;

    per_unit = plan->frequency_scale * yearly_mean(&plan->frequency);
    plan->rate_per_weight = per_unit * yearly_mean(&plan->susceptibility);
    plan->threat_events_per_year = per_unit * units;
    plan->loss_events_per_year = plan->rate_per_weight * plan->hits->weight_total;
    for (size_t i = 0; i < plan->seats->seating_count; i++)
        candidates += plan->seats->seatings[i].envelope;
    if (s->counts == COUNTS_AT_MOST_ONCE)
        plan->candidates_per_year =
            candidates * plan->frequency_scale * at_most_once_rate(yearly_mean(&plan->frequency));
    else
        plan->candidates_per_year = candidates * plan->rate_per_weight;
    return true;
}

// Poisson with a rate L common to a row: Var = E L E X^2 + Var L (E X)^2. A product of independent
// factors has 1 + v^2 = product of their 1 + v_i^2. Where a unit has at most one event, its second
// moment of the rate is missing.
static void plan_variance(struct scenario_plan *plan)
{
    const struct scenario *s = plan->scenario;
    const double second =
        (1 + yearly_variation(&plan->frequency)) * (1 + yearly_variation(&plan->susceptibility));

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

static bool plan_make(struct scenario_plan *plan, const struct portfolio *portfolio,
                      const struct exposures *exposures, struct arena *arena, struct diagnostics *d)
{
    const struct scenario *s = plan->scenario;
    const struct settings *settings = &portfolio->settings;
    const bool once = s->counts == COUNTS_AT_MOST_ONCE;

    plan->assets = &portfolio->assets;
    plan->key = address_key(settings->seed, s->id_hash, 0, PURPOSE_SCENARIO);
    plan->hits = exposures_find(exposures, s->selection, s->capability);
    plan->seats = exposures_find(exposures, s->selection, once ? NULL : s->capability);
    plan->money_scale = 1 / settings->resolution;
    if (fabs(plan->money_scale - rint(plan->money_scale)) < 1e-9 * plan->money_scale)
        plan->money_scale = rint(plan->money_scale); // 1 / 0.01 is to be 100 exactly
    plan->secondary_probability =
        yearly_of(s->severity.secondary_probability, 0, settings->rate_uncertainty);
    for (int form = 0; form < LOSS_FORMS; form++)
        plan->form_probability[form] =
            yearly_of(s->severity.secondary_form_probability[form], 0, settings->rate_uncertainty);
    if (!plan_rates(plan, settings, arena, d))
        return false;
    plan_loss_mean(plan, largest_value(s, &portfolio->assets));
    plan_variance(plan);
    plan->aal_exact = plan->rate_per_weight * plan->loss_mean *
                      (s->severity.loss_basis == LOSS_BASIS_VALUE ? plan->hits->value_weight_total
                                                         : plan->hits->weight_total);
    return true;
}

bool scenario_plans_make(const struct portfolio *portfolio, int threads,
                         struct scenario_plans *plans, struct diagnostics *d)
{
    bool good;

    *plans = (struct scenario_plans){0};
    good = exposures_make(portfolio, threads, &plans->exposures);
    plans->plans = arena_alloc(&plans->arena, portfolio->scenario_count + 1, sizeof *plans->plans);
    good = good && plans->plans;
    plans->count = portfolio->scenario_count;
    for (size_t s = 0; good && s < plans->count; s++) {
        plans->plans[s].scenario = &portfolio->scenarios[s];
        good = plan_make(&plans->plans[s], portfolio, &plans->exposures, &plans->arena, d);
    }
    if (!good)
        diagnostics_add(d, NULL, "out of memory while preparing the scenarios");
    return good;
}

void scenario_plans_free(struct scenario_plans *plans)
{
    exposures_free(&plans->exposures);
    arena_free(&plans->arena);
}

double scenario_plan_asset_rate(const struct scenario_plan *plan, size_t i)
{
    return plan->rate_per_weight * exposure_weight(plan->hits, plan->assets, i);
}

double scenario_plan_asset_aal(const struct scenario_plan *plan, size_t i)
{
    const double value = plan->scenario->severity.loss_basis == LOSS_BASIS_VALUE
                             ? plan->assets->value[plan->scenario->selection->assets[i]]
                             : 1;

    return scenario_plan_asset_rate(plan, i) * plan->loss_mean * value;
}
