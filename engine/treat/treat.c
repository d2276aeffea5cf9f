#include "treat/treat.h"

bool treat_wanted(const struct portfolio *portfolio)
{
    const struct treatments *t = &portfolio->treatments;

    return t->count + t->layer_count + t->appetite_count > 0;
}

void treatment_outcome_free(struct treatment_outcome *out)
{
    arena_free(&out->arena);
    *out = (struct treatment_outcome){0};
}

bool treat_run(const struct portfolio *portfolio, const struct scenario_plans *plans,
               const struct outcome *outcome, int threads, const struct snapshot_keeper *keeper,
               simulate_progress *tell, void *context, struct treatment_outcome *out,
               struct diagnostics *d)
{
    struct treat_session *session =
        treat_session_new(portfolio, plans, outcome, threads, keeper, tell, context, out, d);
    const bool good = session && (portfolio->treatments.count == 0 || plans->blocks ||
                                  treat_session_frontier(session, d));

    treat_session_free(session);
    return good;
}
