#include "commands/registers.h"

#include <math.h>
#include <stdlib.h>

#include "commands/print.h"

double *register_aals(const struct replay_run *run)
{
    const struct outcome *outcome = results_outcome(run->results);
    size_t count = run->study.portfolio.scenario_count;
    double *aal = must_alloc(count + 1, sizeof *aal);
    for (size_t s = 0; s < count; s++)
        aal[s] = isnan(outcome->scenarios[s].aal_exact) ? outcome->scenarios[s].aal
                                                        : outcome->scenarios[s].aal_exact;
    return aal;
}

void register_touching(struct sheet *sheet, const struct portfolio *portfolio,
                       const struct touch *touch, size_t row, bool candidates)
{
    const struct treatments *t = &portfolio->treatments;
    const char **ids = must_alloc(t->count + 1, sizeof *ids);
    size_t n = 0;
    for (size_t i = 0; i < t->count; i++)
        if (touch_has(touch, i, row) && t->rows[i].state != TREATMENT_FORBIDDEN &&
            (t->rows[i].state == TREATMENT_CANDIDATE) == candidates)
            ids[n++] = t->rows[i].id;
    sheet_list(sheet, ids, n);
    free(ids);
}

void register_decision(struct sheet *sheet, const struct portfolio *portfolio, uint32_t decision,
                       const double *scenario_aal)
{
    if (decision == NO_ROW) {
        for (int i = 0; i < 7; i++)
            sheet_missing(sheet);
        return;
    }
    const struct decision *x = &portfolio->governance.decisions[decision];
    struct decision_standing standing = decision_standing_of(
        &portfolio->governance, decision, portfolio->settings.as_of, scenario_aal);
    sheet_text(sheet, x->decided_by);
    sheet_text(sheet, x->decided_on);
    sheet_text(sheet, x->review_by);
    sheet_answer(sheet, standing.overdue);
    sheet_number(sheet, x->maximum_aal);
    sheet_answer(sheet, standing.exceeded);
    sheet_text(sheet, x->reason);
}
