// Treatments ranked, and the plans of the efficient frontier.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/html.h"
#include "commands/print.h"
#include "commands/report.h"

enum { TREATMENTS_FIRST = 40 }; // in sight; the others unfold

// Where saved amounts and costs stand in the picture of a row, in percent.
struct scale {
    double low, high;
};

static double place(const struct scale *scale, double amount)
{
    double at = 100 * (amount - scale->low) / (scale->high - scale->low);
    return fmin(fmax(at, 0), 100);
}

static double half_width(const struct reduction *x)
{
    return isfinite(x->error) ? 1.96 * x->error : 0;
}

static int compare_ranks(const void *a, const void *b)
{
    const struct treatment_figures *const *x = a, *const *y = b;
    if ((*x)->rank != (*y)->rank)
        return (*x)->rank < (*y)->rank ? -1 : 1;
    return *x < *y ? -1 : *x > *y;
}

static const char *rank_text(const struct treatment_figures *f)
{
    if (f->rank_lower == f->rank_upper)
        return text_format("%u", f->rank);
    return text_format("%u <span class=\"range\">%u\u2013%u</span>", f->rank, f->rank_lower,
                       f->rank_upper);
}

// A dot with its 95 % range for what is saved, an upright for what it costs.
static const char *picture(const struct treatment_figures *f, const struct scale *scale)
{
    const struct reduction *saved = &f->alone.aal_saved;
    double half = half_width(saved), at = place(scale, saved->value);
    double cost = place(scale, f->cost.annualised);
    double from = place(scale, saved->value - half), to = place(scale, saved->value + half);
    return text_format("<svg class=\"whiskers\" aria-hidden=\"true\" height=\"22\">"
                       "<line class=\"zero\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"22\"/>"
                       "<line class=\"gain %s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"11\" y2=\"11\"/>"
                       "<line class=\"cost\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"4\" y2=\"18\"/>"
                       "<line class=\"whisker\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"11\" y2=\"11\"/>"
                       "<line class=\"whisker\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"7\" y2=\"15\"/>"
                       "<line class=\"whisker\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"7\" y2=\"15\"/>"
                       "<circle class=\"dot\" cx=\"%.2f%%\" cy=\"11\" r=\"3.5\"/></svg>",
                       place(scale, 0), place(scale, 0),
                       f->net_benefit.value >= 0 ? "pays" : "short", cost, at, cost, cost, from, to,
                       from, from, to, to, at);
}

static void treatment_row(const struct report *r, const struct treatment_figures *f,
                          const struct scale *scale)
{
    const struct treatments *t = &r->portfolio->treatments;
    size_t i = (size_t)(f - r->treated->treatments);
    const struct treatment *x = &t->rows[i];
    const struct reduction *saved = &f->alone.aal_saved;
    bool chosen = r->plan < r->plan_count && r->plans[r->plan]->chosen[i];
    const char *state =
        x->state == TREATMENT_CANDIDATE
            ? ""
            : text_format(" <span class=\"tag\">%s</span>", x->state == TREATMENT_IN_PROGRESS
                                                                ? "in progress"
                                                                : treatment_state_names[x->state]);
    fprintf(r->out,
            "<tr role=\"row\" data-treatment=\"%zu\"%s><td role=\"cell\" class=\"num rank\">%s</td>"
            "<th role=\"rowheader\" scope=\"row\">%s%s</th>"
            "<td role=\"cell\" class=\"picture\">%s</td>",
            i, chosen ? " class=\"chosen\"" : "", rank_text(f), html_name(x->name, x->id), state,
            picture(f, scale));
    fprintf(r->out,
            "<td role=\"cell\" class=\"num saves\">%s <span class=\"range\">%s</span></td>"
            "<td role=\"cell\" class=\"num costs\">%s</td>"
            "<td role=\"cell\" class=\"num net\">%s <span class=\"range\">%s</span></td>",
            report_money(saved->value, saved->error), report_error_text(saved->error),
            money_text(f->cost.annualised, NAN),
            report_money(f->net_benefit.value, f->net_benefit.error),
            report_error_text(f->net_benefit.error));
    if (r->plan_count > 0)
        fprintf(r->out, "<td role=\"cell\" class=\"in-plan\">%s</td>", chosen ? "\u2713 yes" : "");
    fputs("</tr>\n", r->out);
}

static void treatment_table(const struct report *r, const struct treatment_figures **order,
                            size_t count, const struct scale *scale)
{
    fputs("<table class=\"treatments\" role=\"table\">\n<caption class=\"hidden\">Treatments by "
          "rank</caption><thead role=\"rowgroup\"><tr role=\"row\">"
          "<th role=\"columnheader\" scope=\"col\" class=\"num\">Rank</th>"
          "<th role=\"columnheader\" scope=\"col\">Treatment</th>"
          "<th role=\"columnheader\" scope=\"col\" class=\"picture\">Saves against costs</th>"
          "<th role=\"columnheader\" scope=\"col\" class=\"num\">Saves a year</th>"
          "<th role=\"columnheader\" scope=\"col\" class=\"num\">Costs a year</th>"
          "<th role=\"columnheader\" scope=\"col\" class=\"num\">Net benefit</th>",
          r->out);
    if (r->plan_count > 0)
        fputs("<th role=\"columnheader\" scope=\"col\">In the plan</th>", r->out);
    fputs("</tr></thead>\n<tbody role=\"rowgroup\">\n", r->out);
    for (size_t i = 0; i < count; i++)
        treatment_row(r, order[i], scale);
    fputs("</tbody></table>\n", r->out);
}

void report_treatments(const struct report *r)
{
    static const char *const by[OBJECTIVES] = {
        [OBJECTIVE_AAL] = "what they save of the average annual loss",
        [OBJECTIVE_TVAR] = "what they save of the worst years",
        [OBJECTIVE_NET_BENEFIT] = "what they save net of cost"};
    const struct treatments *t = &r->portfolio->treatments;
    if (t->count == 0)
        return;
    const struct treatment_figures **order = must_alloc(t->count, sizeof *order);
    struct scale scale = {0, 0};
    size_t shown = t->count < REPORT_TREATMENTS ? t->count : REPORT_TREATMENTS, paying = 0;
    size_t first = shown <= TREATMENTS_FIRST + TREATMENTS_FIRST / 2 ? shown : TREATMENTS_FIRST;
    for (size_t i = 0; i < t->count; i++)
        order[i] = &r->treated->treatments[i];
    qsort(order, t->count, sizeof *order, compare_ranks);
    for (size_t i = 0; i < t->count; i++)
        paying += order[i]->net_benefit.value > 0;
    for (size_t i = 0; i < shown; i++) {
        const struct reduction *saved = &order[i]->alone.aal_saved;
        scale.low = fmin(scale.low, saved->value - half_width(saved));
        scale.high = fmax(scale.high, saved->value + half_width(saved));
        scale.high = fmax(scale.high, order[i]->cost.annualised);
    }
    double margin = (scale.high - scale.low) * 0.03;
    scale = (struct scale){scale.low - margin, scale.high + margin + (margin > 0 ? 0 : 1)};

    fprintf(
        r->out,
        "<section aria-labelledby=\"treatments\">\n<h2 id=\"treatments\">What helps?</h2>\n"
        "<p class=\"lead\">%s treatment%s, each alone against today, ranked by %s. <strong>%s"
        "</strong> of them save%s more in the average year than they cost.</p>\n"
        "<p class=\"legend\" aria-hidden=\"true\"><span><svg width=\"34\" height=\"14\">"
        "<line class=\"whisker\" x1=\"3\" x2=\"31\" y1=\"7\" y2=\"7\"/><line class=\"whisker\" "
        "x1=\"3\" x2=\"3\" y1=\"3\" y2=\"11\"/><line class=\"whisker\" x1=\"31\" x2=\"31\" "
        "y1=\"3\" y2=\"11\"/><circle class=\"dot\" cx=\"17\" cy=\"7\" r=\"3.5\"/></svg> saves a "
        "year, 95 %% range</span> <span><svg width=\"10\" height=\"14\"><line class=\"cost\" "
        "x1=\"5\" x2=\"5\" y1=\"0\" y2=\"14\"/></svg> costs a year</span> <span><span "
        "class=\"swatch "
        "pays\"></span>saves more than it costs</span> <span><span class=\"swatch short\"></span>"
        "costs more than it saves</span></p>\n",
        whole_text(t->count), t->count == 1 ? "" : "s", by[t->settings.objective],
        whole_text(paying), paying == 1 ? "s" : "");
    treatment_table(r, order, first, &scale);
    if (first < shown) {
        fprintf(r->out, "<details><summary>%zu more</summary>\n", shown - first);
        treatment_table(r, order + first, shown - first, &scale);
        fputs("</details>\n", r->out);
    }
    if (shown < t->count)
        fprintf(r->out, "<p class=\"note\">and %s more, which save less.</p>\n",
                whole_text(t->count - shown));
    fputs(
        "<p class=\"note\">Ranks with a range: simulation error leaves open which is better. "
        "What treatments save together is mostly less than the sum of what each saves alone.</p>\n"
        "</section>\n",
        r->out);
    free(order);
}

// The ids of those that `plan` has and `other` has not.
static const char *difference(const struct treatments *t, const bool *plan, const bool *other,
                              const char *sign)
{
    enum { LISTED = 12 };
    const char *text = "";
    size_t count = 0;
    for (size_t i = 0; i < t->count; i++)
        if (plan[i] && !(other != NULL && other[i]) && count++ < LISTED)
            text = text_format("%s%s<bdi>%s</bdi>", text, count == 1 ? sign : ", ",
                               html(t->rows[i].id));
    if (count > LISTED)
        text = text_format("%s and %zu more", text, count - LISTED);
    return text;
}

static const char *verdicts_text(const struct report *r, const struct plan_figures *plan)
{
    size_t counts[VERDICTS] = {0}, points = r->portfolio->treatments.appetite_count;
    for (size_t a = 0; a < points; a++)
        counts[plan->appetite[a].verdict]++;
    enum verdict worst = counts[VERDICT_BREACHED] > 0    ? VERDICT_BREACHED
                         : counts[VERDICT_UNDECIDED] > 0 ? VERDICT_UNDECIDED
                                                         : VERDICT_WITHIN;
    return report_verdict_html(worst);
}

static void frontier_row(const struct report *r, size_t p)
{
    const struct treatments *t = &r->portfolio->treatments;
    const struct plan_figures *plan = r->plans[p];
    const bool *before = p > 0 ? r->plans[p - 1]->chosen : NULL;
    const struct world_figures *x = &plan->figures;
    fprintf(
        r->out,
        "<tr data-plan=\"%zu\"><th scope=\"row\" class=\"num\">%s%s</th><td class=\"num\">%s</td>"
        "<td class=\"num\">%s</td><td class=\"num\">%s <span class=\"range\">%s</span></td>",
        p, money_text(plan->budget_cost, NAN),
        p == r->plan_asked
            ? text_format(" <span class=\"tag\">best for %s</span>", money_text(r->budget, NAN))
            : "",
        money_text(plan->annualised_cost, NAN), money_text(x->aal, NAN),
        report_money(x->aal_saved.value, x->aal_saved.error),
        report_error_text(x->aal_saved.error));
    fprintf(r->out, "<td class=\"num\">%s</td><td class=\"num\">%s</td>",
            money_text(report_plan_year_in(r, x, 20), NAN),
            money_text(report_plan_year_in(r, x, 200), NAN));
    if (r->totals.has_level)
        fprintf(r->out, "<td class=\"num\">%s</td>", money_text(x->tvar[r->totals.level], NAN));
    if (t->appetite_count > 0)
        fprintf(r->out, "<td>%s</td>", verdicts_text(r, plan));
    fprintf(r->out, "<td class=\"change\">%s %s</td></tr>\n",
            difference(t, plan->chosen, before, "+ "),
            before != NULL ? difference(t, before, plan->chosen, "\u2212 ") : "");
}

// What is proven of the plans.
static void lead(const struct report *r)
{
    static const char *const least[OBJECTIVES] = {[OBJECTIVE_AAL] = "expected loss",
                                                  [OBJECTIVE_TVAR] = "loss of bad years",
                                                  [OBJECTIVE_NET_BENEFIT] =
                                                      "expected loss and cost together"};
    const enum objective objective = r->portfolio->treatments.settings.objective;
    double gap = 0;
    bool modelled = false;
    for (size_t p = 0; p < r->plan_count; p++) {
        gap = fmax(gap, r->plans[p]->gap);
        modelled = modelled || r->plans[p]->modelled;
    }
    const size_t count = r->plan_count - r->asked_apart;
    fprintf(r->out, "%zu plan%s, from what is mandatory to everything. ", count,
            count == 1 ? "" : "s");
    if (objective == OBJECTIVE_TVAR)
        fprintf(r->out, "Each leaves the least %s, of the sets of no more cost that were tried.",
                least[objective]);
    else
        fprintf(r->out, "Of each it is proven%s that no set of no more cost leaves less %s%s.",
                gap > 0 ? text_format(", to within %s,", share_text(gap)) : "", least[objective],
                modelled ? ", by the planner's model" : "");
    if (isnan(r->budget))
        fputs(" For the money between two plans there may be a better set: lossmill report "
              "--budget adds the best one.",
              r->out);
    else if (r->plan_asked == r->plan_count)
        fprintf(r->out,
                " <strong>None fits the %s asked for</strong>: what is mandatory or approved costs "
                "more.",
                money_text(r->budget, NAN));
    else
        fprintf(r->out, " The best for the <strong>%s</strong> asked for is marked%s.",
                money_text(r->budget, NAN), r->asked_apart ? ", one more plan" : "");
}

void report_plans(const struct report *r)
{
    const struct treatments *t = &r->portfolio->treatments;
    if (r->plan_count == 0)
        return;
    const char *basis = t->settings.budget_basis == BUDGET_ANNUALISED ? "a year" : "first year";
    fputs("<section aria-labelledby=\"plans\">\n<h2 id=\"plans\">What does a budget buy?</h2>\n"
          "<p class=\"lead\">",
          r->out);
    lead(r);
    fputs("</p>\n<div id=\"planner\" hidden></div>\n"
          "<noscript><p class=\"note\">Scripts are off here: this table has what the slider "
          "shows.</p></noscript>\n"
          "<details open><summary>All plans as a table</summary>\n<div class=\"scroll\" "
          "role=\"region\" aria-label=\"Plans\" tabindex=\"0\"><table class=\"frontier\">\n"
          "<thead><tr>",
          r->out);
    fprintf(
        r->out,
        "<th scope=\"col\" class=\"num\">Cost, %s</th><th scope=\"col\" class=\"num\">Annualised"
        "</th><th scope=\"col\" class=\"num\">Average annual loss</th>"
        "<th scope=\"col\" class=\"num\">Saved</th><th scope=\"col\" class=\"num\">One year in "
        "20</th><th scope=\"col\" class=\"num\">One year in 200</th>",
        basis);
    if (r->totals.has_level)
        fprintf(r->out, "<th scope=\"col\" class=\"num\">Average of the %s</th>",
                report_worst_text(r));
    if (t->appetite_count > 0)
        fputs("<th scope=\"col\">Appetite</th>", r->out);
    fputs("<th scope=\"col\">Against the row above</th></tr></thead>\n<tbody>\n", r->out);
    for (size_t p = 0; p < r->plan_count; p++)
        frontier_row(r, p);
    fputs("</tbody></table></div></details>\n</section>\n", r->out);
}
