// What the planner's files share: the reduced problem, and the ways through it. No other folder
// includes this but the tests.
#ifndef LOSSMILL_TREAT_PLANNER_PARTS_H
#define LOSSMILL_TREAT_PLANNER_PARTS_H

#include "base/arena.h"
#include "treat/planner.h"

// What is still to be decided once the forced and the impossible are settled. Treatments are
// numbered anew, in the same order.
struct planner_reduced {
    const struct planner_problem *problem;
    double budget;    // of all, the settled ones included
    bool feasible;    // else nothing below is set
    const bool *base; // [problem->count] the settled ones that are chosen
    size_t count;
    const uint32_t *original; // [count]
    const double *cost, *charge;
    double room; // what the budget leaves them
    size_t requires_count, excludes_count;
    const struct planner_pair *requires, *excludes;

    // Terms by row and the same by treatment. A strength beyond which nothing is left of a term,
    // to 1e-26 of its weight, is HUGE_VAL; none is 0.
    size_t term_count;
    const double *weight;
    const double *strength_least; // of each term: the sum of its negative strengths
    const size_t *term_start;     // [term_count + 1]
    const uint32_t *term_treatment;
    const double *term_strength;
    const size_t *column_start; // [count + 1]
    const uint32_t *column_term;
    const double *column_strength;

    double constant;
    double magnitude; // no part of a value is larger: roundings are measured against it
};

// `state` [problem->count] replaces the problem's own. False if memory is exhausted.
bool planner_reduce(const struct planner_problem *problem, const enum planner_state *state,
                    double budget, struct arena *arena, struct planner_reduced *reduced);

// The whole set: the settled ones and, of the others, those that `few` [reduced->count] chooses.
void planner_expand(const struct planner_reduced *reduced, const bool *few, bool *chosen);

// The order among sets of equal value: the cheaper, then the one whose ascending list of treatments
// comes first.
bool planner_precedes(size_t count, double cost_a, const bool *a, double cost_b, const bool *b);

// Values that differ by less are equal.
double planner_tie(double value);
// What a sum of costs may exceed a budget by: rounding.
double planner_limit(double budget);

enum { PLANNER_ENUMERATED = 22, PLANNER_ENUMERABLE = 30 };
enum planner_path { PLANNER_BY_SIZE, PLANNER_ENUMERATE, PLANNER_CUTS };

// A search over sets, and the sets it found so far that are worth keeping.
struct planner_shelf {
    size_t count; // of treatments
    size_t most, found;
    bool *chosen; // [most * count], ascending value
    double *value, *cost;
    bool dropped; // a set had no room, or stood too far behind
};

// planner_enumerate.c; exact
bool planner_enumerate_best(const struct planner_reduced *reduced, bool *chosen);
bool planner_enumerate_below(const struct planner_reduced *reduced, double threshold,
                             struct planner_shelf *shelf);
bool planner_enumerate_front(const struct planner_reduced *reduced, struct arena *arena,
                             uint32_t **sets, size_t *found);

// planner_climb.c: a good set by adding, dropping and swapping, no worse than `chosen` if
// `from_chosen`. `liking` (NULL: none) [reduced->count] says what to try first. Both sets are of
// the reduced problem.
bool planner_climb(const struct planner_reduced *reduced, const double *liking, bool from_chosen,
                   bool *chosen);

// planner_cuts.c: improves `chosen`, an allowed set of the whole problem, and finds a bound.
bool planner_cuts_best(const struct planner_problem *problem, double budget,
                       const struct planner_effort *effort, bool *chosen, double *bound);
// All sets whose value is at most `threshold`, beyond those on the shelf. `all`: proven.
bool planner_cuts_below(const struct planner_problem *problem, double budget, double threshold,
                        const struct planner_effort *effort, struct planner_shelf *shelf,
                        bool *all);

// Puts an allowed set where it belongs, unless it is there already. True if it is new and kept.
bool planner_shelf_put(struct planner_shelf *shelf, const bool *chosen, double value, double cost);

// planner.h's functions with the path chosen by the caller.
bool planner_solve_by(enum planner_path path, const struct planner_problem *problem, double budget,
                      const struct planner_effort *effort, struct planner_plan *plan);
bool planner_near_best_by(enum planner_path path, const struct planner_problem *problem,
                          double budget, double slack, size_t most,
                          const struct planner_effort *effort, bool *chosen, size_t *found,
                          bool *all);
bool planner_frontier_by(enum planner_path path, const struct planner_problem *problem, size_t most,
                         const struct planner_effort *effort, struct planner_plan *plans,
                         size_t *found);

#endif
