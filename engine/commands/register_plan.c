#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/print.h"
#include "commands/registers.h"

static const char *const columns[] = {
    "order",
    "first_budget",
    "treatment_id",
    "name",
    "option",
    "owner",
    "due",
    "due_passed",
    "state",
    "controls",
    "cost_upfront",
    "cost_annual",
    "cost_first_year",
    "cost_annualised",
    "aal_reduction",
    "aal_reduction_error",
    "aal_reduction_exact",
    "level",
    "tvar_reduction",
    "tvar_reduction_error",
    "rank",
    "rank_lower",
    "rank_upper",
    "requires",
    "excludes",
    "decision",
    REGISTER_DECISION_COLUMNS,
};

struct plan {
    const struct portfolio *portfolio;
    const struct treatment_outcome *treated;
    double *aal;
    struct sheet sheet;
};

struct turn {
    size_t plan; // the first of the frontier that has it; plan_count: none has
    uint32_t rank;
    size_t treatment;
};

static size_t first_plan(const struct treatment_outcome *treated, size_t treatment)
{
    size_t p = 0;
    while (p < treated->plan_count && !treated->plans[p].chosen[treatment])
        p++;
    return p;
}

static int compare_turns(const void *a, const void *b)
{
    const struct turn *x = a, *y = b;
    if (x->plan != y->plan)
        return x->plan < y->plan ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->treatment < y->treatment ? -1 : 1;
}

static void write_ids(struct plan *p, const uint32_t *rows, size_t count, bool controls)
{
    const struct treatments *t = &p->portfolio->treatments;
    const char **ids = must_alloc(count, sizeof *ids);
    for (size_t i = 0; i < count; i++)
        ids[i] = controls ? t->controls[rows[i]].id : t->rows[rows[i]].id;
    sheet_list(&p->sheet, ids, count);
    free(ids);
}

static enum answer due_passed(const struct plan *p, const struct treatment *x)
{
    const char *as_of = p->portfolio->settings.as_of;
    if (*x->due == '\0' || x->state == TREATMENT_EXISTING || x->state == TREATMENT_FORBIDDEN)
        return ANSWER_NO;
    if (*as_of == '\0')
        return ANSWER_UNKNOWN;
    return strcmp(x->due, as_of) < 0 ? ANSWER_YES : ANSWER_NO;
}

static void write_figures(struct plan *p, const struct treatment_figures *f)
{
    const struct settings *settings = &p->portfolio->settings;
    size_t level = p->treated->level;
    bool levels = settings->quantile_count > 0;
    sheet_number(&p->sheet, f->cost.upfront);
    sheet_number(&p->sheet, f->cost.annual);
    sheet_number(&p->sheet, f->cost.first_year);
    sheet_number(&p->sheet, f->cost.annualised);
    sheet_number(&p->sheet, f->alone.aal_saved.value);
    sheet_number(&p->sheet, f->alone.aal_saved.error);
    sheet_number(&p->sheet, f->aal_saved_exact);
    sheet_number(&p->sheet, levels ? settings->quantiles[level] : NAN);
    sheet_number(&p->sheet, levels ? f->alone.tvar_saved[level].value : NAN);
    sheet_number(&p->sheet, levels ? f->alone.tvar_saved[level].error : NAN);
    sheet_whole(&p->sheet, f->rank);
    sheet_whole(&p->sheet, f->rank_lower);
    sheet_whole(&p->sheet, f->rank_upper);
}

static void write_treatment(struct plan *p, const struct turn *turn, size_t order)
{
    const struct treatment *x = &p->portfolio->treatments.rows[turn->treatment];
    const uint32_t decision = p->portfolio->governance.of_treatment[turn->treatment];
    bool planned = turn->plan < p->treated->plan_count;
    sheet_number(&p->sheet, planned ? (double)order : NAN);
    sheet_number(&p->sheet, planned ? p->treated->plans[turn->plan].budget_cost : NAN);
    sheet_text(&p->sheet, x->id);
    sheet_text(&p->sheet, x->name);
    sheet_text(&p->sheet, treatment_option_names[x->option]);
    sheet_text(&p->sheet, x->owner);
    sheet_text(&p->sheet, x->due);
    sheet_answer(&p->sheet, due_passed(p, x));
    sheet_text(&p->sheet, treatment_state_names[x->state]);
    write_ids(p, x->controls, x->control_count, true);
    write_figures(p, &p->treated->treatments[turn->treatment]);
    write_ids(p, x->requires, x->requires_count, false);
    write_ids(p, x->excludes, x->excludes_count, false);
    sheet_text(&p->sheet,
               decision == NO_ROW
                   ? NULL
                   : treatment_option_names[p->portfolio->governance.decisions[decision].option]);
    register_decision(&p->sheet, p->portfolio, decision, p->aal);
}

void register_plan(const struct replay_run *run, FILE *out, const struct sheet_form *form)
{
    struct plan p = {.portfolio = &run->study.portfolio,
                     .treated = results_treatments(run->results),
                     .aal = register_aals(run)};
    size_t count = p.portfolio->treatments.count, order = 0;
    struct turn *turns = must_alloc(count, sizeof *turns);
    for (size_t i = 0; i < count; i++)
        turns[i] = (struct turn){first_plan(p.treated, i), p.treated->treatments[i].rank, i};
    qsort(turns, count, sizeof *turns, compare_turns);
    sheet_start(&p.sheet, out, form, "treatment plan", &p.portfolio->settings, columns,
                sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++) {
        order += i == 0 || turns[i].plan != turns[i - 1].plan; // equal: bought together
        write_treatment(&p, &turns[i], order);
    }
    sheet_end(&p.sheet);
    free(turns);
    free(p.aal);
}
