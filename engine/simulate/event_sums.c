#include "simulate/event_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/statistics.h"

// Where dependence is cut, losses keep their sizes and their scenario's annual law to the cent, and
// change years only: year' = year + shift modulo N, with a shift drawn per row or unit. Years are
// alike and independent, so that rows with different shifts are, too.
static uint64_t shift_of(const struct philox_block *x, uint64_t years)
{
    const uint64_t bits = x->word[0] | (uint64_t)x->word[1] << 32;

    return (uint64_t)((unsigned __int128)bits * years >> 64);
}

uint64_t cut_of_row(uint64_t key, uint64_t years)
{
    const struct philox_block x = philox(key, 0, 0, 0, address_of(PURPOSE_CUT, UINT16_MAX));

    return shift_of(&x, years);
}

uint64_t cut_of_unit(uint64_t key, uint64_t asset_hash, uint64_t unit, uint64_t years)
{
    // units beyond 2^47 of one asset would share shifts
    const struct philox_block x =
        philox(key, (uint32_t)asset_hash, (uint32_t)(asset_hash >> 32), (uint32_t)unit,
               address_of(PURPOSE_CUT, (uint32_t)(unit >> 32) & (UINT16_MAX >> 1)));

    return shift_of(&x, years);
}

void cut_add(int64_t *moved, uint64_t years, uint64_t year, uint64_t shift, int64_t loss)
{
    const uint64_t to = years - year > shift ? year + shift : year - (years - shift);

    __atomic_fetch_sub(&moved[year], loss, __ATOMIC_RELAXED);
    __atomic_fetch_add(&moved[to], loss, __ATOMIC_RELAXED);
}

static void class_sums_fill(const struct tail *tail, const int64_t *annual, uint64_t years,
                            __int128 *sums)
{
    memset(sums, 0, TAIL_CLASSES_MAX * sizeof *sums);
    for (uint64_t y = 0; y < years; y++)
        sums[tail->year_class[y]] += annual[y];
}

static bool event_finish(const struct event_plan *plan, const struct tail *tail,
                         struct outcome *outcome, struct event_outcome *out, double *own)
{
    const struct settings *settings = &outcome->portfolio->settings;
    const uint64_t years = settings->years;
    int64_t *sorted = malloc(2 * years * sizeof *sorted);
    struct ordered_losses x = {.years = years, .sorted = sorted};
    __int128 classes[TAIL_CLASSES_MAX], sum = 0, form_units[LOSS_FORMS];
    bool infinite = plan->costs && severity_variance_infinite(&plan->event->severity);
    double units;

    if (!sorted)
        return false;
    for (uint64_t y = 0; y < years; y++) {
        sum += out->own_loss ? out->own_loss[y] : 0;
        if (out->annual_loss[y] > 0)
            sorted[x.count++] = out->annual_loss[y];
    }
    out->own_aal = money_of_units((double)sum / (double)years, settings->resolution);
    sum = losses_sum(&x);
    out->all.aal = money_of_units((double)sum / (double)years, settings->resolution);
    out->all.sd = money_of_units(losses_deviation(&x, sum), settings->resolution);
    for (size_t i = 0; i < plan->event->scenario_count; i++)
        infinite |= severity_variance_infinite(
            &outcome->portfolio->scenarios[plan->event->scenarios[i]].severity);
    out->all.aal_error = infinite ? HUGE_VAL : out->all.sd / sqrt((double)years);
    losses_tails(sorted, sorted + years, x.count, sum, tail->beyond, tail->levels,
                 settings->resolution, out->all.var, out->all.tvar);
    if (out->own_loss)
        class_sums_fill(tail, out->own_loss, years, classes);
    for (size_t l = 0; l < settings->quantile_count; l++)
        own[l] = out->own_loss ? tail_contribution(tail, l, classes) : 0;

    // hits by form: from the scenarios' shares, which are ratios of exact sums
    units = (double)years / settings->resolution;
    memcpy(form_units, out->own_form, sizeof form_units);
    for (int form = 0; form < LOSS_FORMS; form++) {
        double loss = (double)form_units[form];

        for (size_t i = 0; i < plan->event->scenario_count; i++) {
            const struct contributor *s = &outcome->scenarios[plan->event->scenarios[i]];

            loss += s->form_share[form] * s->aal * units;
        }
        out->all.form_share[form] = sum > 0 ? loss / (double)sum : 0;
    }
    free(sorted);
    return true;
}

bool event_sums_finish(const struct scenario_plans *plans, const struct tail *tail, int threads,
                       struct outcome *outcome, double *own)
{
    const size_t levels = outcome->portfolio->settings.quantile_count;
    bool good = true;

#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(&& : good)
    for (size_t e = 0; e < plans->event_count; e++)
        good =
            event_finish(&plans->events[e], tail, outcome, &outcome->events[e], own + e * levels) &&
            good;
    return good;
}

static size_t sort_nonzero(const int64_t *annual, uint64_t years, int64_t *sorted)
{
    size_t n = 0;

    for (uint64_t y = 0; y < years; y++)
        if (annual[y] > 0)
            sorted[n++] = annual[y];
    losses_sort(sorted, sorted + years, n);
    return n;
}

bool independence_finish(const struct scenario_plans *plans, int64_t *moved,
                         struct outcome *outcome)
{
    const struct settings *settings = &outcome->portfolio->settings;
    const uint64_t years = settings->years;
    struct independence *out = &outcome->independence;
    int64_t *sorted = malloc(2 * years * sizeof *sorted);
    struct ordered_losses x = {.years = years, .sorted = sorted};

    if (!sorted)
        return false;
    for (size_t e = 0; moved && e < plans->event_count; e++) {
        const int64_t *own = outcome->events[e].own_loss;
        const uint64_t shift = cut_of_row(plans->events[e].key, years);

        for (uint64_t y = 0; own && y < years; y++)
            if (own[y] > 0)
                cut_add(moved, years, y, shift, own[y]);
    }
    for (uint64_t y = 0; moved && y < years; y++)
        moved[y] += outcome->annual_loss[y];
    x.count = sort_nonzero(moved ? moved : outcome->annual_loss, years, sorted);
    losses_summary(&x, settings->quantiles, settings->quantile_count, settings->resolution,
                   &out->summary);
    out->summary.aal_exact = outcome->summary.aal_exact;
    out->summary.aal_error = isinf(outcome->summary.aal_error) ? HUGE_VAL : out->summary.aal_error;
    for (size_t l = 0; l < settings->quantile_count; l++) {
        double shared = 0;

        for (size_t e = 0; e < plans->event_count; e++)
            shared += outcome->events[e].all.tvar_contribution[l];
        out->event_share[l] = outcome->summary.tvar[l] > 0 ? shared / outcome->summary.tvar[l] : 0;
    }
    free(sorted);
    return true;
}
