#include "commands/decisions.h"

#include <math.h>

#include "commands/print.h"

static bool wants_attention(const struct decision_standing *standing)
{
    return standing->in_force &&
           (standing->overdue == ANSWER_YES || standing->exceeded == ANSWER_YES);
}

static const char *state_text(const struct decision *x, const struct decision_standing *standing)
{
    bool overdue = standing->overdue == ANSWER_YES, exceeded = standing->exceeded == ANSWER_YES;
    return text_format("%s%s%s", overdue ? text_format("review was due %s", x->review_by) : "",
                       overdue && exceeded ? "; " : "",
                       exceeded ? text_format("AAL %s, accepted %s", money_text(standing->aal, NAN),
                                              money_text(x->maximum_aal, NAN))
                                : "");
}

void print_decisions(const struct portfolio *portfolio, const double *scenario_aal)
{
    static const struct column columns[] = {
        {"About", ALIGN_LEFT, 36},
        {"Option", ALIGN_LEFT, 0},
        {"Decided by", ALIGN_LEFT, 20},
        {"", ALIGN_LEFT, 0},
    };
    const struct governance *g = &portfolio->governance;
    struct listing *listing = NULL;
    if (g->decision_count == 0)
        return;
    for (size_t i = 0; i < g->decision_count; i++) {
        struct decision_standing standing =
            decision_standing_of(g, i, portfolio->settings.as_of, scenario_aal);
        if (!wants_attention(&standing))
            continue;
        if (listing == NULL)
            listing = listing_new(columns, sizeof columns / sizeof *columns);
        listing_cell(listing, g->decisions[i].subject);
        listing_cell(listing, treatment_option_names[g->decisions[i].option]);
        listing_cell(listing, g->decisions[i].decided_by);
        listing_cell(listing, state_text(&g->decisions[i], &standing));
    }
    heading("Decisions to take again");
    if (listing != NULL)
        listing_print(listing, 2);
    else
        printf("  none of the %s: no review is overdue, no accepted loss is exceeded\n",
               whole_text(g->decision_count));
}

static void json_answer(struct json *json, const char *name, enum answer answer)
{
    if (answer == ANSWER_UNKNOWN)
        json_text(json, name, NULL);
    else
        json_bool(json, name, answer == ANSWER_YES);
}

void json_decisions(struct json *json, const struct portfolio *portfolio,
                    const double *scenario_aal)
{
    const struct governance *g = &portfolio->governance;
    json_open(json, "decisions", '[');
    for (size_t i = 0; i < g->decision_count; i++) {
        const struct decision *x = &g->decisions[i];
        struct decision_standing standing =
            decision_standing_of(g, i, portfolio->settings.as_of, scenario_aal);
        json_open(json, NULL, '{');
        json_text(json, x->treatment == NO_ROW ? "scenarios" : "treatment_id", x->subject);
        json_text(json, "option", treatment_option_names[x->option]);
        json_text(json, "decided_by", x->decided_by);
        json_text(json, "decided_on", x->decided_on);
        json_text(json, "review_by", x->review_by);
        json_number(json, "maximum_aal", x->maximum_aal);
        json_text(json, "reason", x->reason);
        json_number(json, "aal_exact", standing.aal);
        json_bool(json, "in_force", standing.in_force);
        json_answer(json, "overdue", standing.overdue);
        json_answer(json, "exceeded", standing.exceeded);
        json_close(json, '}');
    }
    json_close(json, ']');
}
