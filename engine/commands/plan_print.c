#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/appetite.h"
#include "commands/plan.h"
#include "commands/print.h"

static const char *const budget_words[] = {
    [BUDGET_FIRST_YEAR] = "in the first year", [BUDGET_ANNUALISED] = "a year, annualised"};
static const char *const objective_words[OBJECTIVES] = {
    [OBJECTIVE_AAL] = "expected loss",
    [OBJECTIVE_TVAR] = "loss of bad years (TVaR)",
    [OBJECTIVE_NET_BENEFIT] = "expected loss and cost together"};

static const char *level_text(const struct treatment_outcome *treated)
{
    return text_format("%g %%", 100 * treated->portfolio->settings.quantiles[treated->level]);
}

// The ids of those that `plan` has and `other` has not; empty if there are none.
static const char *difference_text(const struct treatments *t, const bool *plan, const bool *other)
{
    const char *text = "";
    for (size_t i = 0; i < t->count; i++)
        if (plan[i] && !(other != NULL && other[i]))
            text = text_format("%s%s%s", text, *text == '\0' ? "" : ", ",
                               text_shown(t->rows[i].id, 30));
    return text;
}

// What `plan` has in the place of what `other` has.
static const char *exchange_text(const struct treatments *t, const bool *plan, const bool *other)
{
    const char *more = difference_text(t, plan, other), *less = difference_text(t, other, plan);
    if (*less == '\0')
        return text_format("%s besides", more);
    if (*more == '\0')
        return text_format("without %s", less);
    return text_format("%s instead of %s", more, less);
}

static size_t chosen_count(const struct treatments *t, const bool *chosen)
{
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        count += chosen[i];
    return count;
}

static const char *treatments_text(size_t count)
{
    return text_format("%s treatment%s", whole_text(count), count == 1 ? "" : "s");
}

static void print_chosen(const struct plan_page *page, const struct plan_answer *answer)
{
    const struct treatment_outcome *treated = &page->run->treatments;
    const struct treatments *t = &treated->portfolio->treatments;
    const struct column columns[] = {
        {"Treatment", ALIGN_LEFT, 22},
        {"", ALIGN_LEFT, 32},
        {"First year", ALIGN_RIGHT, 0},
        {"A year", ALIGN_RIGHT, 0},
        {"Saves alone", ALIGN_RIGHT, 0},
        {text_format("Of %s draws", whole_text(page->asked->draws)), ALIGN_RIGHT, 0},
    };
    struct listing *listing = listing_new(columns, answer->included != NULL ? 6 : 5);
    for (size_t i = 0; i < t->count; i++) {
        const struct treatment_figures *f = &treated->treatments[i];
        if (!answer->best.chosen[i])
            continue;
        listing_cell(listing, t->rows[i].id);
        listing_cell(listing, t->rows[i].state == TREATMENT_CANDIDATE
                                  ? t->rows[i].name
                                  : text_format("(%s) %s", treatment_state_names[t->rows[i].state],
                                                t->rows[i].name));
        listing_cell(listing, money_text(f->cost.first_year, NAN));
        listing_cell(listing, money_text(f->cost.annualised, NAN));
        listing_cell(listing, money_text(f->alone.aal_saved.value, f->alone.aal_saved.error));
        if (answer->included != NULL)
            listing_cell(listing, share_text(answer->included[i]));
    }
    listing_print(listing, 2);
}

static void print_worth(const struct treatment_outcome *treated, const struct plan_figures *plan)
{
    static const struct column columns[] = {
        {"", ALIGN_LEFT, 0},       {"Now", ALIGN_RIGHT, 0}, {"With the plan", ALIGN_RIGHT, 0},
        {"Saved", ALIGN_RIGHT, 0}, {"95 %", ALIGN_LEFT, 0},
    };
    const struct world_figures *base = &treated->base, *x = &plan->figures;
    size_t level = treated->level;
    struct listing *listing = listing_new(columns, 5);
    listing_cell(listing, "Average annual loss");
    listing_cell(listing, money_text(base->aal, NAN));
    listing_cell(listing, money_text(x->aal, NAN));
    listing_cell(listing, money_text(x->aal_saved.value, x->aal_saved.error));
    listing_cell(listing, plus_minus_text(x->aal_saved.error));
    listing_cell(listing, text_format("VaR %s", level_text(treated)));
    listing_cell(listing, money_text(base->var[level], NAN));
    listing_cell(listing, money_text(x->var[level], NAN));
    listing_cell(listing, money_text(x->var_saved[level].value, x->var_saved[level].error));
    listing_cell(listing, plus_minus_text(x->var_saved[level].error));
    listing_cell(listing, text_format("TVaR %s", level_text(treated)));
    listing_cell(listing, money_text(base->tvar[level], NAN));
    listing_cell(listing, money_text(x->tvar[level], NAN));
    listing_cell(listing, money_text(x->tvar_saved[level].value, x->tvar_saved[level].error));
    listing_cell(listing, plus_minus_text(x->tvar_saved[level].error));
    printf("\n");
    listing_print(listing, 2);
}

static void print_appetite(const struct treatment_outcome *treated, const struct plan_figures *plan)
{
    static const struct column columns[] = {
        {"Appetite", ALIGN_LEFT, 34},  {"a year above", ALIGN_RIGHT, 0},
        {"tolerated", ALIGN_RIGHT, 0}, {"now", ALIGN_RIGHT, 0},
        {"verdict", ALIGN_LEFT, 0},    {"with the plan", ALIGN_RIGHT, 0},
        {"verdict", ALIGN_LEFT, 0},
    };
    const struct treatments *t = &treated->portfolio->treatments;
    if (t->appetite_count == 0)
        return;
    struct listing *listing = listing_new(columns, 7);
    for (size_t a = 0; a < t->appetite_count; a++) {
        listing_cell(listing, t->appetite[a].scope);
        listing_cell(listing, money_text(t->appetite[a].loss, NAN));
        listing_cell(listing, chance_text(t->appetite[a].probability));
        listing_cell(listing, chance_text(treated->appetite[a].exceeds.value));
        listing_cell(listing, verdict_names[treated->appetite[a].verdict]);
        listing_cell(listing, chance_text(plan->appetite[a].exceeds.value));
        listing_cell(listing, verdict_names[plan->appetite[a].verdict]);
    }
    printf("\n");
    listing_print(listing, 2);
}

static void print_proof(const struct plan_page *page, const struct plan_answer *answer)
{
    const struct plan_figures *best = &answer->best;
    const enum objective objective = page->asked->objective;
    if (page->asked->meet_appetite) {
        printf("  The cheapest of the plans on the efficient frontier that is within the appetite, "
               "with what it\n  does not need left out; not proven to be the cheapest of all.\n");
        return;
    }
    if (objective == OBJECTIVE_TVAR)
        printf(
            "  The least TVaR of the sets that promise little of it, or little expected loss: not "
            "proven to be\n  the least of all.\n");
    else if (answer->proven)
        printf("  Optimal%s: no other set within the budget leaves less %s.\n",
               best->modelled ? " by the model" : "", objective_words[objective]);
    else
        printf("  No set within the budget is more than %s better%s: that gap is proven.\n",
               share_text(best->gap), best->modelled ? " by the model" : "");
    if (best->modelled)
        printf("  Some effects do not multiply: what they are worth together is modelled at %s, "
               "simulated at\n  %s.\n",
               money_text(objective == OBJECTIVE_NET_BENEFIT ? best->value - best->annualised_cost
                                                             : best->value,
                          NAN),
               money_text(objective == OBJECTIVE_TVAR
                              ? best->figures.tvar[page->run->treatments.level]
                              : best->figures.aal,
                          NAN));
}

static void print_near(const struct treatments *t, const struct plan_answer *answer)
{
    enum { SHOWN = 5 };
    size_t others = 0;
    for (size_t p = 0; p < answer->near_count; p++) {
        const struct plan_figures *x = &answer->near[p];
        if (memcmp(x->chosen, answer->best.chosen, t->count * sizeof *x->chosen) == 0)
            continue;
        if (others == 0)
            printf("\n  Within 1 %% of it%s:\n", answer->best.modelled ? " by the model" : "");
        if (others++ < SHOWN)
            paragraph(4, text_format("%s: AAL %s, cost %s",
                                     exchange_text(t, x->chosen, answer->best.chosen),
                                     money_text(x->figures.aal, NAN),
                                     money_text(x->budget_cost, NAN)));
    }
    if (others > SHOWN)
        printf("    and %s%s more\n", answer->near_all ? "" : "at least ",
               whole_text(others - SHOWN));
    else if (others == 0 && answer->near_count > 0 && answer->near_all)
        printf("  No other set comes within 1 %% of it.\n");
}

static void print_more(const struct plan_page *page, const struct plan_answer *answer)
{
    const struct treatments *t = &page->run->study.portfolio.treatments;
    const struct plan_figures *best = &answer->best, *more = &answer->more;
    if (!answer->more_feasible)
        return;
    if (memcmp(best->chosen, more->chosen, t->count * sizeof *best->chosen) == 0) {
        printf("  Another %s would buy nothing better.\n", money_text(page->asked->step, NAN));
        return;
    }
    paragraph(2, text_format("Another %s would buy %s: AAL %s, TVaR %s.",
                             money_text(page->asked->step, NAN),
                             exchange_text(t, more->chosen, best->chosen),
                             money_text(more->figures.aal, NAN),
                             money_text(more->figures.tvar[page->run->treatments.level], NAN)));
}

static void text_add(const struct plan_page *page, const struct plan_answer *answer)
{
    const struct treatment_outcome *treated = &page->run->treatments;
    const struct treatments *t = &treated->portfolio->treatments;
    const char *basis = budget_words[t->settings.budget_basis];
    if (page->asked->meet_appetite && !answer->feasible) {
        heading("No plan is surely within the appetite");
        printf("  How near plans come, by cost:\n\n  lossmill plan %s\n",
               text_shown(page->run->path, 200));
        return;
    }
    if (!answer->feasible) {
        heading("Budget %s: no plan fits, what is mandatory or approved costs more",
                money_text(page->asked->budget, NAN));
        return;
    }
    if (page->asked->meet_appetite)
        heading("Within the appetite for %s %s: %s", money_text(answer->best.budget_cost, NAN),
                basis, treatments_text(chosen_count(t, answer->best.chosen)));
    else
        heading("Budget %s %s: %s for %s", money_text(page->asked->budget, NAN), basis,
                treatments_text(chosen_count(t, answer->best.chosen)),
                money_text(answer->best.budget_cost, NAN));
    print_chosen(page, answer);
    print_worth(treated, &answer->best);
    print_appetite(treated, &answer->best);
    printf("\n");
    print_proof(page, answer);
    print_near(t, answer);
    print_more(page, answer);
}

static void json_ids(struct json *json, const char *key, const struct treatments *t,
                     const bool *chosen)
{
    json_open(json, key, '[');
    for (size_t i = 0; i < t->count; i++)
        if (chosen[i])
            json_text(json, NULL, t->rows[i].id);
    json_close(json, ']');
}

static void json_plan(struct json *json, const char *key, const struct treatment_outcome *treated,
                      const struct plan_figures *plan)
{
    const struct treatments *t = &treated->portfolio->treatments;
    const struct world_figures *x = &plan->figures;
    json_open(json, key, '{');
    json_ids(json, "treatments", t, plan->chosen);
    json_number(json, "budget_cost", plan->budget_cost);
    json_number(json, "annualised_cost", plan->annualised_cost);
    json_number(json, "value", plan->value);
    json_number(json, "bound", plan->bound);
    json_number(json, "gap", plan->gap);
    json_bool(json, "modelled", plan->modelled);
    json_number(json, "aal", x->aal);
    json_number(json, "aal_reduction", x->aal_saved.value);
    json_number(json, "aal_reduction_error", x->aal_saved.error);
    json_number(json, "var", x->var[treated->level]);
    json_number(json, "tvar", x->tvar[treated->level]);
    json_number(json, "tvar_reduction", x->tvar_saved[treated->level].value);
    json_number(json, "tvar_reduction_error", x->tvar_saved[treated->level].error);
    json_appetite(json, t, plan->appetite);
    json_close(json, '}');
}

static void json_add(struct plan_page *page, const struct plan_answer *answer)
{
    const struct treatment_outcome *treated = &page->run->treatments;
    const struct treatments *t = &treated->portfolio->treatments;
    struct json *json = &page->json;
    json_open(json, NULL, '{');
    json_number(json, "budget", page->asked->budget);
    json_bool(json, "feasible", answer->feasible);
    if (answer->feasible) {
        json_bool(json, "proven", answer->proven);
        json_plan(json, "best", treated, &answer->best);
        json_open(json, "near", '[');
        for (size_t p = 0; p < answer->near_count; p++)
            json_plan(json, NULL, treated, &answer->near[p]);
        json_close(json, ']');
        json_bool(json, "near_all", answer->near_all);
        if (answer->included != NULL) {
            json_open(json, "included", '{');
            for (size_t i = 0; i < t->count; i++)
                json_number(json, t->rows[i].id, answer->included[i]);
            json_close(json, '}');
        }
        if (answer->more_feasible)
            json_plan(json, "more", treated, &answer->more);
    }
    json_close(json, '}');
}

void plan_page_start(struct plan_page *page, bool as_json)
{
    const struct settings *settings = &page->run->study.portfolio.settings;
    page->as_json = as_json;
    page->json = (struct json){.out = stdout};
    if (as_json) {
        json_open(&page->json, NULL, '{');
        json_text(&page->json, "title", settings->title);
        json_text(&page->json, "currency", settings->currency);
        json_text(&page->json, "objective", objective_names[page->asked->objective]);
        json_open(&page->json, "plans", '[');
    } else {
        printf("%s\n", text_shown(settings->title, 98));
        printf("Plans by %s, priced on %s simulated years; in %s\n",
               objective_words[page->asked->objective], whole_text(settings->years),
               text_shown(settings->currency, 12));
    }
}

void plan_page_add(struct plan_page *page, const struct plan_answer *answer)
{
    page->count++;
    if (page->as_json)
        json_add(page, answer);
    else
        text_add(page, answer);
}

void plan_page_end(struct plan_page *page)
{
    if (!page->as_json)
        return;
    json_close(&page->json, ']');
    json_close(&page->json, '}');
}

// What the plan changes of the one before it on the frontier.
static const char *step_text(const struct treatments *t, const bool *plan, const bool *before)
{
    const char *added = difference_text(t, plan, before);
    const char *dropped = before != NULL ? difference_text(t, before, plan) : "";
    if (*added == '\0' && *dropped == '\0')
        return "nothing";
    return text_format("%s%s%s%s%s", *added != '\0' ? "+ " : "", added,
                       *added != '\0' && *dropped != '\0' ? " " : "",
                       *dropped != '\0' ? sign("\u2212 ", "- ") : "", dropped);
}

static const char *verdicts_text(const struct treatments *t, const struct plan_figures *plan)
{
    size_t counts[VERDICTS] = {0};
    for (size_t a = 0; a < t->appetite_count; a++)
        counts[plan->appetite[a].verdict]++;
    if (t->appetite_count == 0)
        return "-";
    if (counts[VERDICT_BREACHED] > 0)
        return text_format("%zu breached", counts[VERDICT_BREACHED]);
    return verdict_names[counts[VERDICT_UNDECIDED] > 0 ? VERDICT_UNDECIDED : VERDICT_WITHIN];
}

void plan_frontier_text(const struct treatment_outcome *treated, const char *path)
{
    const struct settings *settings = &treated->portfolio->settings;
    const struct treatments *t = &treated->portfolio->treatments;
    double gap = 0;
    bool modelled = false;
    for (size_t p = 0; p < treated->plan_count; p++) {
        gap = fmax(gap, treated->plans[p].gap);
        modelled = modelled || treated->plans[p].modelled;
    }
    const struct column columns[] = {
        {"Cost", ALIGN_RIGHT, 0},    {modelled ? "Model" : "Expected", ALIGN_RIGHT, 0},
        {"AAL", ALIGN_RIGHT, 0},     {text_format("TVaR %s", level_text(treated)), ALIGN_RIGHT, 0},
        {"Appetite", ALIGN_LEFT, 0}, {"Against the row above", ALIGN_LEFT, 48},
    };
    printf("%s\n", text_shown(settings->title, 98));
    paragraph(
        0, text_format("The efficient frontier: no set of treatments that costs less leaves "
                       "less %s%s%s. In %s; cost %s. AAL and TVaR are simulated.",
                       objective_words[t->settings.objective], modelled ? ", by the model" : "",
                       gap > 0 ? text_format(", proven to within %s", share_text(gap)) : ", proven",
                       text_shown(settings->currency, 12), budget_words[t->settings.budget_basis]));
    printf("\n");
    struct listing *listing = listing_new(columns, 6);
    for (size_t p = 0; p < treated->plan_count; p++) {
        const struct plan_figures *x = &treated->plans[p];
        listing_cell(listing, money_text(x->budget_cost, NAN));
        listing_cell(listing, money_text(x->value, NAN));
        listing_cell(listing, money_text(x->figures.aal, NAN));
        listing_cell(listing, money_text(x->figures.tvar[treated->level], NAN));
        listing_cell(listing, verdicts_text(t, x));
        listing_cell(listing, step_text(t, x->chosen, p > 0 ? treated->plans[p - 1].chosen : NULL));
    }
    listing_print(listing, 2);
    printf("\nNext:\n\n  lossmill plan %s --budget 250k,500k,1M\n", text_shown(path, 200));
}

void plan_frontier_json(const struct treatment_outcome *treated)
{
    struct json json = {.out = stdout};
    json_open(&json, NULL, '{');
    json_text(&json, "title", treated->portfolio->settings.title);
    json_text(&json, "currency", treated->portfolio->settings.currency);
    json_text(&json, "objective",
              objective_names[treated->portfolio->treatments.settings.objective]);
    json_open(&json, "frontier", '[');
    for (size_t p = 0; p < treated->plan_count; p++)
        json_plan(&json, NULL, treated, &treated->plans[p]);
    json_close(&json, ']');
    json_close(&json, '}');
}
