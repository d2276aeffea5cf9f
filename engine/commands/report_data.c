// The data of a report's curves, as JSON inside a <script> element.
#include <math.h>
#include <stdlib.h>

#include "commands/json.h"
#include "commands/print.h"
#include "commands/report.h"
#include "commands/years.h"

enum { CURVE_POINTS = 200 };

// More digits than a screen has dots, and fewer bytes.
static double rounded(double number)
{
    char text[32];
    if (!isfinite(number))
        return number;
    snprintf(text, sizeof text, "%.6g", number);
    return strtod(text, NULL);
}

static void put(struct json *json, const char *key, double number)
{
    json_number(json, key, rounded(number));
}

// The rarest chance that the curve shows: ten years of the sample lose more. Rarer than the run's
// own figures and the appetite go is of no use on a page.
static double rarest_chance(const struct report *r)
{
    double rarest = 1.0 / 250;
    const struct treatments *t = &r->portfolio->treatments;
    for (size_t i = 0; i < r->settings->return_period_count; i++)
        rarest = fmin(rarest, 1 / r->settings->return_periods[i]);
    for (size_t a = 0; a < t->appetite_count; a++)
        if (t->appetite[a].probability > 0)
            rarest = fmin(rarest, t->appetite[a].probability);
    return fmax(rarest / 2, 10 / (double)r->settings->years);
}

static void data_curve(const struct report *r, struct json *json)
{
    const double years = (double)r->settings->years, resolution = r->settings->resolution;
    const double rarest = rarest_chance(r);
    double chance[CURVE_POINTS], loss[CURVE_POINTS], lower[CURVE_POINTS], upper[CURVE_POINTS];
    double event[CURVE_POINTS];
    size_t count = 0;
    put(json, "rarest", rarest);
    for (size_t i = 0; i < CURVE_POINTS && rarest < 1; i++) {
        double p = pow(rarest, ((double)i + 0.5) / (CURVE_POINTS - 0.5));
        struct estimate x = losses_var_estimate(&r->years.net, p * years, resolution);
        struct estimate y = losses_var_estimate(&r->largest, p * years, resolution);
        if (!(x.value > 0))
            continue; // nothing is lost that often
        chance[count] = rounded(p);
        loss[count] = rounded(x.value);
        lower[count] = rounded(x.lower);
        upper[count] = rounded(x.upper);
        event[count++] = rounded(y.value);
    }
    json_open(json, "curve", '{');
    json_numbers(json, "chance", chance, count);
    json_numbers(json, "loss", loss, count);
    json_numbers(json, "lower", lower, count);
    json_numbers(json, "upper", upper, count);
    if (r->settings->annual_loss == ANNUAL_LOSS_EVENTS)
        json_numbers(json, "event", event, count);
    json_close(json, '}');
}

static void data_appetite(const struct report *r, struct json *json)
{
    const struct treatments *t = &r->portfolio->treatments;
    json_open(json, "appetite", '[');
    for (size_t a = 0; a < t->appetite_count; a++) {
        const struct appetite_figures *x = &r->treated->appetite[a];
        json_open(json, NULL, '{');
        json_text(json, "scope", t->appetite[a].scope);
        put(json, "loss", t->appetite[a].loss);
        put(json, "probability", t->appetite[a].probability);
        put(json, "exceeds", x->exceeds.value);
        json_text(json, "verdict", verdict_names[x->verdict]);
        json_close(json, '}');
    }
    json_close(json, ']');
}

// The chances at which the run knows what a plan leaves: those of its return periods and quantiles,
// falling.
struct known {
    double chance;
    bool period; // else a quantile
    size_t index;
};

static int compare_known(const void *a, const void *b)
{
    const struct known *x = a, *y = b;
    return x->chance != y->chance ? (x->chance > y->chance ? -1 : 1) : (int)y->period - x->period;
}

static size_t known_list(const struct settings *s, struct known *known)
{
    size_t all = 0, count = 0;
    for (size_t i = 0; i < s->return_period_count; i++)
        known[all++] = (struct known){1 / s->return_periods[i], true, i};
    for (size_t i = 0; i < s->quantile_count; i++)
        known[all++] = (struct known){1 - s->quantiles[i], false, i};
    qsort(known, all, sizeof *known, compare_known);
    for (size_t i = 0; i < all; i++)
        if (count == 0 || known[i].chance < known[count - 1].chance * (1 - 1e-9))
            known[count++] = known[i];
    return count;
}

// With all digits: what `plan` says of the same plan is the same.
static void data_world(const struct report *r, struct json *json, const struct world_figures *x)
{
    json_number(json, "aal", x->aal);
    json_number(json, "in20", report_plan_year_in(r, x, 20));
    json_number(json, "in200", report_plan_year_in(r, x, 200));
    if (r->totals.has_level)
        json_number(json, "tvar", x->tvar[r->totals.level]);
}

static void data_plans(const struct report *r, struct json *json)
{
    const struct settings *s = r->settings;
    const struct treatments *t = &r->portfolio->treatments;
    struct known *known = must_alloc(s->return_period_count + s->quantile_count + 1, sizeof *known);
    const size_t count = known_list(s, known);
    double *numbers = must_alloc(count + 1, sizeof *numbers);
    for (size_t i = 0; i < count; i++)
        numbers[i] = rounded(known[i].chance);
    json_numbers(json, "chances", numbers, count);
    json_open(json, "plans", '[');
    for (size_t p = 0; p < r->plan_count; p++) {
        const struct plan_figures *plan = r->plans[p];
        const struct world_figures *x = &plan->figures;
        json_open(json, NULL, '{');
        json_number(json, "cost", plan->budget_cost);
        json_number(json, "annual", plan->annualised_cost);
        json_number(json, "saved", x->aal_saved.value);
        json_number(json, "error", x->aal_saved.error);
        data_world(r, json, x);
        for (size_t i = 0; i < count; i++)
            numbers[i] = rounded(known[i].period ? x->aep[known[i].index] : x->var[known[i].index]);
        json_numbers(json, "losses", numbers, count);
        json_open(json, "set", '[');
        for (size_t i = 0; i < t->count; i++)
            if (plan->chosen[i])
                json_whole(json, NULL, i);
        json_close(json, ']');
        json_open(json, "exceeds", '[');
        for (size_t a = 0; a < t->appetite_count; a++)
            put(json, NULL, plan->appetite[a].exceeds.value);
        json_close(json, ']');
        json_open(json, "verdicts", '[');
        for (size_t a = 0; a < t->appetite_count; a++)
            json_text(json, NULL, verdict_names[plan->appetite[a].verdict]);
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
    free(known);
    free(numbers);
}

// Those that some plan has; by index, as the plans name them.
static void data_treatments(const struct report *r, struct json *json)
{
    const struct treatments *t = &r->portfolio->treatments;
    json_open(json, "treatments", '{');
    for (size_t i = 0; i < t->count; i++) {
        const struct treatment_figures *f = &r->treated->treatments[i];
        bool used = false;
        for (size_t p = 0; p < r->plan_count && !used; p++)
            used = r->plans[p]->chosen[i];
        if (!used)
            continue;
        json_open(json, text_format("%zu", i), '{');
        json_text(json, "id", t->rows[i].id);
        json_text(json, "name", t->rows[i].name);
        json_text(json, "state", treatment_state_names[t->rows[i].state]);
        put(json, "first", f->cost.first_year);
        put(json, "annual", f->cost.annualised);
        put(json, "saved", f->alone.aal_saved.value);
        put(json, "error", f->alone.aal_saved.error);
        json_close(json, '}');
    }
    json_close(json, '}');
}

void report_data(const struct report *r)
{
    const struct treatments *t = &r->portfolio->treatments;
    struct json json = {.out = r->out, .in_html = true, .dense = true};
    json_open(&json, NULL, '{');
    json_text(&json, "currency", r->settings->currency);
    json_bool(&json, "insured", r->insured);
    json_text(&json, "level", r->totals.has_level ? report_level_text(r) : NULL);
    json_text(&json, "worst", r->totals.has_level ? report_worst_text(r) : NULL);
    data_curve(r, &json);
    if (t->appetite_count > 0)
        data_appetite(r, &json);
    if (r->plan_count > 0) {
        const struct world_figures *base = &r->treated->base;
        json_text(&json, "basis",
                  t->settings.budget_basis == BUDGET_ANNUALISED ? "a year, annualised"
                                                                : "in the first year");
        json_open(&json, "base", '{');
        const struct estimate in20 = year_in(&r->years.net, 20, r->settings->resolution);
        const struct estimate in200 = year_in(&r->years.net, 200, r->settings->resolution);
        put(&json, "aal", base->aal);
        put(&json, "aal_error", r->outcome->summary.aal_error);
        put(&json, "in20", in20.value);
        put(&json, "in20_error", estimate_error(&in20));
        put(&json, "in200", in200.value);
        put(&json, "in200_error", estimate_error(&in200));
        if (r->totals.has_level) {
            put(&json, "tvar", base->tvar[r->totals.level]);
            put(&json, "tvar_error", r->outcome->summary.tvar_error[r->totals.level]);
        }
        json_close(&json, '}');
        json_whole(&json, "start", r->plan);
        json_whole(&json, "best", r->plan_best);
        if (r->plan_asked < r->plan_count) {
            json_number(&json, "budget", r->budget);
            json_whole(&json, "asked", r->plan_asked);
        }
        if (r->plan_good < r->plan_count)
            json_whole(&json, "good", r->plan_good);
        data_plans(r, &json);
        data_treatments(r, &json);
    }
    json_close(&json, '}');
}
