// The registers of a management system, at the end of a report, folded.
#include <stdio.h>
#include <stdlib.h>

#include "commands/html.h"
#include "commands/print.h"
#include "commands/registers.h"
#include "commands/report.h"

enum { REGISTER_ROWS = 200 };

static const struct sheet_shown risks[] = {
    {"id", "Id", SHOWN_TEXT},
    {"name", "Risk", SHOWN_TEXT},
    {"owner", "Owner", SHOWN_TEXT},
    {"effect", "C, I, A", SHOWN_TEXT},
    {"event_rate", "Events a year", SHOWN_NUMBER},
    {"aal", "Loss a year", SHOWN_MONEY},
    {"tvar_share", "Of bad years", SHOWN_SHARE},
    {"residual_aal", "Remaining", SHOWN_MONEY},
    {"option", "Option", SHOWN_TEXT},
    {"treatments", "Treatments", SHOWN_TEXT},
    {"decided_by", "Decided by", SHOWN_TEXT},
    {"review_by", "Review by", SHOWN_DATE},
    {"overdue", "Overdue", SHOWN_TEXT},
    {"exceeded", "More than accepted", SHOWN_TEXT},
};

static const struct sheet_shown plan[] = {
    {"order", "Order", SHOWN_NUMBER},
    {"first_budget", "From a budget of", SHOWN_MONEY},
    {"treatment_id", "Id", SHOWN_TEXT},
    {"name", "Treatment", SHOWN_TEXT},
    {"owner", "Owner", SHOWN_TEXT},
    {"due", "Due", SHOWN_DATE},
    {"due_passed", "Overdue", SHOWN_TEXT},
    {"state", "State", SHOWN_TEXT},
    {"controls", "Controls", SHOWN_TEXT},
    {"cost_first_year", "Cost, first year", SHOWN_MONEY},
    {"cost_annualised", "Cost a year", SHOWN_MONEY},
    {"aal_reduction", "Saves a year", SHOWN_MONEY},
    {"decision", "Decision", SHOWN_TEXT},
};

static const struct sheet_shown controls[] = {
    {"control_id", "Control", SHOWN_TEXT},    {"title", "Title", SHOWN_TEXT},
    {"applicable", "Applicable", SHOWN_TEXT}, {"justification", "Why", SHOWN_TEXT},
    {"status", "Status", SHOWN_TEXT},         {"owner", "Owner", SHOWN_TEXT},
    {"scenarios", "Risks", SHOWN_TEXT},       {"treatments", "Treatments", SHOWN_TEXT},
};

static const struct sheet_shown zones[] = {
    {"kind", "Kind", SHOWN_TEXT},
    {"zone", "Zone", SHOWN_TEXT},
    {"from", "From", SHOWN_TEXT},
    {"to", "To", SHOWN_TEXT},
    {"gaps", "Security levels missing", SHOWN_TEXT},
    {"assets", "Assets", SHOWN_NUMBER},
    {"aal", "Loss a year", SHOWN_MONEY},
    {"treatments", "Treatments", SHOWN_TEXT},
};

#define FORM(columns)                                                                              \
    {                                                                                              \
        SHEET_HTML, sizeof(columns) / sizeof *(columns), REGISTER_ROWS, columns                    \
    }

static void fold(const struct report *r, const char *title)
{
    fprintf(r->out, "<details><summary>%s</summary>\n", title);
}

static const char *count_text(size_t count)
{
    return count == 0 ? "none" : count == 1 ? "one" : text_format("%zu", count);
}

// What is to be decided again, for those who do not unfold anything.
static void decisions(const struct report *r)
{
    const struct portfolio *portfolio = &r->run->study.portfolio;
    const struct governance *g = &portfolio->governance;
    size_t overdue = 0, exceeded = 0;
    double *aal = register_aals(r->run);
    for (size_t i = 0; i < g->decision_count; i++) {
        const struct decision_standing standing =
            decision_standing_of(g, i, portfolio->settings.as_of, aal);
        overdue += standing.in_force && standing.overdue == ANSWER_YES;
        exceeded += standing.in_force && standing.exceeded == ANSWER_YES;
    }
    free(aal);
    if (g->decision_count == 0)
        fputs("<p class=\"lead\">No decision about a risk is recorded (decisions.csv).</p>\n",
              r->out);
    else
        fprintf(r->out,
                "<p class=\"lead\">Of %zu decision%s, %s %s overdue for review, and of %s the "
                "accepted loss is exceeded.</p>\n",
                g->decision_count, g->decision_count == 1 ? "" : "s", count_text(overdue),
                overdue > 1 ? "are" : "is", count_text(exceeded));
}

void report_registers(const struct report *r)
{
    static const struct sheet_form risk_form = FORM(risks), plan_form = FORM(plan),
                                   control_form = FORM(controls), zone_form = FORM(zones);
    const struct portfolio *portfolio = &r->run->study.portfolio;
    fputs("<section aria-labelledby=\"registers\">\n<h2 id=\"registers\">Registers</h2>\n", r->out);
    decisions(r);
    fold(r, "Risk register");
    register_risks(r->run, r->residual, r->out, &risk_form);
    fputs("</details>\n", r->out);
    if (r->treated != NULL && portfolio->treatments.count > 0) {
        fold(r, "Treatment plan");
        register_plan(r->run, r->out, &plan_form);
        fputs("</details>\n", r->out);
    }
    fold(r, "Statement of Applicability");
    register_controls(r->run, r->out, &control_form);
    fputs("</details>\n", r->out);
    if (portfolio->governance.zone_count > 0) {
        fold(r, "Zones and conduits");
        register_zones(r->run, r->out, &zone_form);
        fputs("</details>\n", r->out);
    }
    fputs(
        "<p class=\"note\">Losses are before insurance; what remains is after the treatments that "
        "are approved, in progress or mandatory. Overdue is what lies before the date of this "
        "report. All columns: lossmill export.</p>\n</section>\n",
        r->out);
}
