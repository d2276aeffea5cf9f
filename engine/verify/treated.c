// Treatments, plans and the appetite: figures of the years that the file holds of them, computed
// anew, and what follows from other figures.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/arrays.h"
#include "verify/consistency.h"

static const char section[] = "Consistency";

// ---- the appetite

// The years that a point is about; NULL where the file has none of that group, or where insurance
// has changed them. They are `room`'s where they are read.
struct point_years {
    struct findings *f;
    struct check *check;
    struct run_file *run;
    const struct schema_column *column;
    const char *path;
    size_t grouping, group;
    int64_t *units;
    bool found;
};

static bool point_take(void *context, uint64_t row, const double *cells)
{
    struct point_years *p = context;

    if (row == p->group)
        p->found = units_read(p->f, p->check, p->run, p->path, p->column, p->grouping, row, cells,
                              p->units);
    return row < p->group;
}

static const int64_t *point_years_find(struct run_file *run, struct findings *f,
                                       struct check *check, const struct expected *e, size_t point,
                                       int64_t *room)
{
    const struct portfolio *p = e->outcome.portfolio;
    const char *scope = p->treatments.appetite[point].scope;
    struct schema_view view = run->view;
    char path[2 * SCHEMA_PATH_MAX];

    if (strcmp(scope, "portfolio") == 0)
        return e->outcome.annual_loss;
    if (e->outcome.annual_loss_gross != NULL)
        return NULL;
    for (size_t g = 0; g < p->grouping_count; g++) {
        const size_t length = strlen(p->groupings[g].name);

        if (strncmp(scope, p->groupings[g].name, length) != 0 || scope[length] != '=')
            continue;
        for (size_t k = 0; k < p->groupings[g].count; k++) {
            struct point_years x = {f, check, run,  column_named("/group", "annual_loss"), path, g,
                                    k, room,  false};

            if (strcmp(scope + length + 1, p->groupings[g].names[k]) != 0)
                continue;
            view.grouping = g;
            if (run_file_path(x.column, &view, path))
                array_rows(run, f, check, path, p->groupings[g].count, p->settings.years,
                           point_take, &x);
            return x.found ? room : NULL;
        }
    }
    return NULL;
}

static double share_beyond(const struct settings *settings, const int64_t *years, double loss)
{
    const double units = loss / settings->resolution;
    uint64_t over = 0;

    for (uint64_t y = 0; y < settings->years; y++)
        over += (double)years[y] > units;
    return (double)over / (double)settings->years;
}

static void appetite_check(struct run_file *run, struct findings *f, struct expected *e)
{
    struct check *check = check_start(f, section, "appetite and its verdicts, from the years");
    const struct portfolio *p = e->outcome.portfolio;
    const struct treatments *t = &p->treatments;
    struct appetite_figures *points = expected_room(f, e, t->appetite_count, sizeof *points);
    int64_t *room = malloc((p->settings.years + 1) * sizeof *room);
    size_t recomputed = 0;

    f->out_of_memory = f->out_of_memory || room == NULL;
    for (size_t a = 0; points != NULL && room != NULL && a < t->appetite_count; a++) {
        const int64_t *years = point_years_find(run, f, check, e, a, room);
        const double exceeds = years != NULL
                                   ? share_beyond(&p->settings, years, t->appetite[a].loss)
                                   : e->treated.appetite[a].exceeds.value;

        recomputed += years != NULL;
        points[a] = appetite_judge(exceeds, p->settings.years, t->appetite[a].probability);
    }
    if (points != NULL && room != NULL) {
        e->treated.appetite = points;
        columns_hold(run, f, check, e, "/appetite", NULL);
        check_tell(f, check, "%zu points, %zu from their years", t->appetite_count, recomputed);
    }
    free(room);
}

// ---- treatments

// The years of one treatment, to its figures.
struct treated {
    struct run_file *run;
    struct findings *f;
    struct check *check;
    struct expected *e;
    uint32_t *scope_of; // all of the portfolio
    int64_t *units;
};

// Points of a group are of years that the file does not hold.
static void points_keep(const struct treatments *t, struct world_figures *to,
                        const struct world_figures *from)
{
    for (size_t a = 0; a < t->appetite_count; a++)
        if (strcmp(t->appetite[a].scope, "portfolio") != 0) {
            to->exceeds[a] = from->exceeds[a];
            to->exceeds_saved[a] = from->exceeds_saved[a];
        }
}

static bool treatment_take(void *context, uint64_t row, const double *cells)
{
    struct treated *x = context;
    const struct portfolio *p = x->e->outcome.portfolio;
    const int64_t *base = x->e->outcome.annual_loss, *own = x->units;
    const bool absent = p->treatments.rows[row].state == TREATMENT_EXISTING;
    const struct world_years world = {absent ? &base : &own, NULL};
    const struct world_years other = {absent ? &own : &base, NULL};
    struct treatment_figures *figures = &x->e->treated.treatments[row];
    const struct world_figures found = figures->alone;

    if (!units_read(x->f, x->check, x->run, "/treatment/annual_loss",
                    column_named("/treatment", "annual_loss"), 0, row, cells, x->units))
        return true;
    if (!world_figures_alloc(p, &x->e->arena, &figures->alone) ||
        !world_figures_fill(p, &other, &world, x->scope_of, isinf(found.aal_saved.error),
                            &figures->alone)) {
        x->f->out_of_memory = true;
        return false;
    }
    points_keep(&p->treatments, &figures->alone, &found);
    return true;
}

static void years_check_treated(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {"aal",
                                        "sd",
                                        "var",
                                        "tvar",
                                        "aep",
                                        "aal_reduction",
                                        "aal_reduction_error",
                                        "var_reduction",
                                        "var_reduction_error",
                                        "tvar_reduction",
                                        "tvar_reduction_error",
                                        "exceeds",
                                        "exceeds_reduction",
                                        "exceeds_reduction_error",
                                        NULL};
    struct check *check = check_start(f, section, "figures of treatments from their years");
    const struct portfolio *p = e->outcome.portfolio;

    if (!run->view.treatment_years) {
        check_skip(f, check, CHECK_SKIPPED, "the file does not hold their years");
        return;
    }
    struct treated x = {run,
                        f,
                        check,
                        e,
                        expected_room(f, e, p->treatments.appetite_count, sizeof *x.scope_of),
                        malloc((p->settings.years + 1) * sizeof *x.units)};

    f->out_of_memory = f->out_of_memory || x.units == NULL;
    if (x.scope_of != NULL && x.units != NULL &&
        array_rows(run, f, check, "/treatment/annual_loss", p->treatments.count, p->settings.years,
                   treatment_take, &x)) {
        const size_t count = columns_hold(run, f, check, e, "/treatment", names);

        check_tell(f, check, "%zu treatments, %zu arrays", p->treatments.count, count);
    }
    free(x.units);
}

// What a treatment is worth for its cost.
static void worth_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {
        "cost_first_year", "net_benefit", "net_benefit_error", "rosi", "benefit_cost",
        "cost_per_tvar",   NULL};
    struct check *check = check_start(f, section, "worth and ranks of treatments agree");
    const struct treatments *t = &e->outcome.portfolio->treatments;
    bool *taken = calloc(t->count + 2, sizeof *taken);

    f->out_of_memory = f->out_of_memory || taken == NULL;
    for (size_t i = 0; taken != NULL && i < t->count; i++) {
        struct treatment_figures *x = &e->treated.treatments[i];
        const double saved = x->alone.aal_saved.value, cost = x->cost.annualised;
        const double tvar_saved = e->treated.level < e->outcome.portfolio->settings.quantile_count
                                      ? x->alone.tvar_saved[e->treated.level].value
                                      : NAN;

        x->cost.first_year = x->cost.upfront + x->cost.annual;
        x->net_benefit = (struct reduction){saved - cost, x->alone.aal_saved.error};
        x->rosi = cost > 0 ? x->net_benefit.value / cost : NAN;
        x->benefit_cost = cost > 0 ? saved / cost : NAN;
        x->cost_per_tvar = cost > 0 && tvar_saved > 0 ? cost / tvar_saved : NAN;
        if (taken[x->rank])
            finding_add(f, check, "/treatment/rank", "%u is there more than once", x->rank);
        taken[x->rank] = true;
        if (x->rank_lower > x->rank || x->rank > x->rank_upper)
            finding_add(f, check, "/treatment/rank", "that of %s lies outside its own limits",
                        t->rows[i].id);
    }
    free(taken);
    columns_hold(run, f, check, e, "/treatment", names);
    check_tell(f, check, "%zu treatments", t->count);
}

// ---- plans

// What a plan saves of VaR and TVaR is what it leaves, from the base's.
static bool plan_saved_fill(struct findings *f, struct expected *e, struct world_figures *x)
{
    const struct settings *settings = &e->outcome.portfolio->settings;
    const struct summary *base = &e->outcome.summary;
    const double unit = money_of_units(1, settings->resolution);
    struct reduction *var = expected_room(f, e, settings->quantile_count, sizeof *var);
    struct reduction *tvar = expected_room(f, e, settings->quantile_count, sizeof *tvar);

    for (size_t l = 0; var != NULL && tvar != NULL && l < settings->quantile_count; l++) {
        var[l].value = money_of_units(rint(base->var[l].value / unit) - rint(x->var[l] / unit),
                                      settings->resolution);
        var[l].error = x->var_saved[l].error;
        tvar[l].value = base->tvar[l] - x->tvar[l];
        tvar[l].error = x->tvar_saved[l].error;
    }
    x->var_saved = var;
    x->tvar_saved = tvar;
    return var != NULL && tvar != NULL;
}

// By the budget's basis; the planner adds in an order of its own.
static bool plan_cost_is(const struct expected *e, const struct plan_figures *plan)
{
    const struct treatments *t = &e->outcome.portfolio->treatments;
    double cost = 0;

    for (size_t i = 0; i < t->count; i++)
        if (plan->chosen[i])
            cost += t->settings.budget_basis == BUDGET_ANNUALISED
                        ? e->treated.treatments[i].cost.annualised
                        : e->treated.treatments[i].cost.first_year;
    return fabs(cost - plan->budget_cost) <= 1e-9 * cost;
}

static void plans_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {
        "var_reduction", "tvar_reduction", "gap",     "annualised_cost",
        "exceeds_lower", "exceeds_upper",  "verdict", NULL};
    struct check *check = check_start(f, section, "costs, gaps and verdicts of plans agree");
    const struct treatments *t = &e->outcome.portfolio->treatments;
    const size_t n = e->treated.plan_count;
    const double base = e->outcome.summary.aal;
    struct plan_figures *plans = expected_room(f, e, n, sizeof *plans);

    if (plans == NULL)
        return;
    memcpy(plans, e->treated.plans, n * sizeof *plans);
    for (size_t p = 0; p < n; p++) {
        struct appetite_figures *points = expected_room(f, e, t->appetite_count, sizeof *points);

        if (points == NULL || !plan_saved_fill(f, e, &plans[p].figures))
            return;
        for (size_t a = 0; a < t->appetite_count; a++)
            points[a] =
                appetite_judge(plans[p].appetite[a].exceeds.value,
                               e->outcome.portfolio->settings.years, t->appetite[a].probability);
        plans[p].appetite = points;
        plans[p].gap = plans[p].value != 0
                           ? fmax(plans[p].value - plans[p].bound, 0) / fabs(plans[p].value)
                           : 0;
        plans[p].annualised_cost = 0;
        for (size_t i = 0; i < t->count; i++)
            plans[p].annualised_cost +=
                plans[p].chosen[i] ? e->treated.treatments[i].cost.annualised : 0;
        if (!(plans[p].budget_cost >= 0) ||
            (p > 0 && plans[p].budget_cost < plans[p - 1].budget_cost))
            finding_add(f, check, "/plan/budget_cost", "plan %zu is not in the order of cost",
                        p + 1);
        if (!plan_cost_is(e, &plans[p]))
            finding_add(f, check, "/plan/budget_cost", "plan %zu: not what its treatments cost",
                        p + 1);
        if (!(fabs(plans[p].figures.aal + plans[p].figures.aal_saved.value - base) <= 1e-9 * base))
            finding_add(f, check, "/plan/aal", "plan %zu: what it leaves and saves is not the AAL",
                        p + 1);
    }
    e->treated.plans = plans;
    columns_hold(run, f, check, e, "/plan", names);
    check_tell(f, check, "%zu plans", n);
}

void treated_check(struct run_file *run, struct findings *f, struct expected *e)
{
    const struct treatments *t = &e->outcome.portfolio->treatments;

    if (e->view.treated == NULL)
        return;
    if (t->appetite_count > 0)
        appetite_check(run, f, e);
    if (t->count == 0)
        return;
    struct treatment_figures *copy = expected_room(f, e, t->count, sizeof *copy);

    if (copy == NULL)
        return;
    memcpy(copy, e->treated.treatments, t->count * sizeof *copy);
    e->treated.treatments = copy;
    years_check_treated(run, f, e);
    worth_check(run, f, e);
    plans_check(run, f, e);
}
