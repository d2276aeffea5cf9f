// Questions about a run's treatments: who asks more than one keeps what pricing them has found.
#ifndef LOSSMILL_TREAT_SESSION_H
#define LOSSMILL_TREAT_SESSION_H

#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"
#include "treat/figures.h"

struct treat_session;

// Prices every treatment alone: fills all of `out` but its plans and what only the planner knows.
// `plans` are those of the run that `outcome` comes from; all live as long as the session. NULL,
// with a diagnostic, if memory is exhausted or an effect cannot be simulated; without, if `tell` or
// the keeper stopped it. `keeper`, as of simulate_resumable, or NULL, outlives the session too.
struct treat_session *treat_session_new(const struct portfolio *portfolio,
                                        const struct scenario_plans *plans,
                                        const struct outcome *outcome, int threads,
                                        const struct snapshot_keeper *keeper,
                                        simulate_progress *tell, void *context,
                                        struct treatment_outcome *out, struct diagnostics *d);
void treat_session_free(struct treat_session *session);

// The exact savings, the shares and the efficient frontier.
bool treat_session_frontier(struct treat_session *session, struct diagnostics *d);

// What is known exactly of the treatments, and their shares, alone.
bool treat_session_shares(struct treat_session *session, struct diagnostics *d);

// Whether, alone, b costs no more than a and saves no less of any scenario or shared event: then a
// is for nobody.
bool treat_session_dominates(const struct treat_session *session, uint32_t b, uint32_t a);

// What each treatment saves as the last one: the world of all but forbidden and existing ones, less
// the same without it. saved_aal[treatment], saved_tvar[treatment] at out->level; NaN for those not
// in it.
bool treat_session_last_in(struct treat_session *session, struct reduction *saved_aal,
                           struct reduction *saved_tvar, struct diagnostics *d);

// What treatments may be ranked by with an interval.
enum ranking_by {
    RANKING_AAL, // saved
    RANKING_TVAR,
    RANKING_NET_BENEFIT,
    RANKING_BENEFIT_COST, // AAL saved per annualised cost; without a cost last, as of no use
    RANKING_TVAR_COST     // TVaR saved per annualised cost
};

// ranked[treatment]. False, with a diagnostic, if memory is exhausted or the years of treatments
// are too many to be kept.
struct ranked;
bool treat_session_rank(struct treat_session *session, enum ranking_by by, struct ranked *ranked,
                        struct diagnostics *d);

// A plan for a budget.
struct plan_request {
    double budget; // HUGE_VAL: any
    enum objective objective;
    bool meet_appetite; // the cheapest that is surely within it, instead
    double step;        // what more would this much money buy; 0: not asked
    uint32_t draws;     // of what is uncertain, to see how often a treatment is in the best plan
};

struct plan_answer {
    bool feasible;
    struct plan_figures best;
    bool proven; // best.gap is within what is called optimal; not of TVaR or the appetite
    size_t near_count;
    struct plan_figures *near; // within 1 % of the best, the best first, itself among them
    bool near_all;             // there are no more
    double *included;          // [treatment]: share of the draws whose best plan has it; NULL
    bool more_feasible;
    struct plan_figures more; // with budget + step
};

// Everything lives in the session's outcome. False, with a diagnostic, if memory is exhausted;
// without, if it was stopped.
bool treat_session_plan(struct treat_session *session, const struct plan_request *request,
                        struct plan_answer *answer, struct diagnostics *d);

#endif
