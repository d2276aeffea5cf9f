// Choosing treatments under a budget: the set with the least expected loss, proven.
//
// Treatments that multiply what is left of a loss make the expected loss a sum of exponentials of
// linear forms of the choice x in {0, 1}^n,
//
//     value(x) = constant + sum_j charge_j x_j + sum_t weight_t exp(-sum_j strength_tj x_j),
//
// which is convex in x. Problems with up to 22 undecided treatments are enumerated; larger ones are
// solved by outer approximation: cuts that lie below the terms, in a mixed-integer linear program
// (CBC), whose bound holds at any time. Every figure is a function of the problem alone: no clock
// decides anything.
//
// Of sets whose values differ by less than 1e-12 of them, the cheapest is taken, and of equally
// cheap ones the one whose ascending list of treatments comes first, as words in a dictionary do.
// That is certain where sets are enumerated; cuts find one of the best.
//
// A budget may be exceeded by 1e-12 of it: sums of costs round.
//
// Hard are large problems with strong treatments: with 1,000 treatments that take away 5 to 35 % of
// each of 300 losses, 0.2 % are proven in a second, with 5 to 60 % there remain some 0.7 % after
// half a minute (bench/plan.c). Without memory the solver's own code ends the process; what is
// allocated here is reported.
#ifndef LOSSMILL_TREAT_PLANNER_H
#define LOSSMILL_TREAT_PLANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// weight x exp(-sum of the strengths of the chosen). A strength may be HUGE_VAL (nothing is left),
// and negative (the treatment raises this loss).
struct planner_term {
    double weight; // >= 0, currency a year
    size_t count;
    const uint32_t *treatment; // ascending
    const double *strength;
};

enum planner_state { PLANNER_FREE, PLANNER_CHOSEN, PLANNER_REFUSED };

struct planner_pair {
    uint32_t a, b;
};

struct planner_problem {
    size_t count;         // treatments
    const double *cost;   // >= 0: what the budget limits
    const double *charge; // enters the value where chosen; 0 for the loss alone
    const enum planner_state *state;
    size_t requires_count, excludes_count;
    const struct planner_pair *requires; // a needs b
    const struct planner_pair *excludes; // not a and b
    size_t term_count;
    const struct planner_term *terms;
    double constant;
};

struct planner_plan {
    bool feasible; // else nothing below is set: the chosen ones cost too much, or contradict
    bool *chosen;  // [count], the caller's
    double cost, value;
    double bound; // no set within the budget has a smaller value
};

// What is proven is relative: (value - bound) <= gap x |value|. Enumeration proves 0, cuts no less
// than some 1e-7.
struct planner_effort {
    double gap;    // wanted
    uint64_t most; // nodes of branch and bound in all; then the best set so far, with its bound
};
extern const struct planner_effort planner_effort_usual;

// As usual for up to PLANNER_EASY treatments; for more, what a minute or two can prove.
enum { PLANNER_EASY = 150 };
extern const struct planner_effort planner_effort_large;
static inline const struct planner_effort *planner_effort_of(const struct planner_problem *problem)
{
    return problem->count <= PLANNER_EASY ? &planner_effort_usual : &planner_effort_large;
}

// The best set that costs at most `budget` (HUGE_VAL: any). False if memory is exhausted.
bool planner_solve(const struct planner_problem *problem, double budget,
                   const struct planner_effort *effort, struct planner_plan *plan);

// Value and cost of a given set, by the formula above.
double planner_value(const struct planner_problem *problem, const bool *chosen);
double planner_cost(const struct planner_problem *problem, const bool *chosen);
bool planner_allowed(const struct planner_problem *problem, const bool *chosen, double budget);

// Sets within `budget` whose value exceeds the best's by at most slack x |the best's|, the best
// first and at most `most` of them: `chosen` has room for most x count. `all` tells whether these
// are all there are; where they are not enumerated, each costs a search. None if the problem has no
// solution. False if memory is exhausted.
bool planner_near_best(const struct planner_problem *problem, double budget, double slack,
                       size_t most, const struct planner_effort *effort, bool *chosen,
                       size_t *found, bool *all);

// The efficient frontier: sets such that none costs less and has no larger value, in ascending
// order of cost, from the cheapest allowed set to the best of all. At most `most` of them: where
// there are more (or may be, beyond enumeration), budgets are spread evenly between. Each has its
// bound at its own cost. plans[i].chosen are the caller's, [count] each. False if memory is
// exhausted.
bool planner_frontier(const struct planner_problem *problem, size_t most,
                      const struct planner_effort *effort, struct planner_plan *plans,
                      size_t *found);

#endif
