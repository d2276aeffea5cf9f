// Outer approximation. What planner_outer.c's program says is a bound, with x between 0 and 1 (the
// relaxation) or whole (the program). Cuts are added where a solution lies below the terms, until
// what the cuts say and what is true differ by less than the gap. First at the relaxation, whose
// reduced costs also tell which treatments no good set can have, or lack; what remains is a smaller
// problem, with which everything starts again.
#include "treat/planner_outer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR_NODES = 200, RELAXATIONS_MOST = 60, FIXING_ROUNDS_MOST = 12 };

// The search for one best set, or for all below a threshold.
struct quest {
    const struct planner_problem *problem;
    double budget;
    enum planner_state *state; // what is known of good sets
    double excluded;           // no set that `state` rules out has a smaller value
    bool *chosen;              // best so far
    double value, cost;
    bool below;       // all sets below `threshold` are wanted, not the best one
    double threshold; // if `below`
    double gap;       // else
    uint64_t nodes;   // that are left
};

// No set above is of interest; of the best, none that is better by less than most of the gap.
static double quest_threshold(const struct quest *quest)
{
    return quest->below ? quest->threshold : quest->value - 0.9 * quest->gap * fabs(quest->value);
}

// What is not worth a search of its own.
static double little(const struct quest *quest)
{
    return 0.05 * quest->gap * fabs(quest->value);
}

// A program solved without branching counts as a node.
static void spend(struct quest *quest, uint64_t nodes)
{
    nodes = nodes > 0 ? nodes : 1;
    quest->nodes -= nodes < quest->nodes ? nodes : quest->nodes;
}

static bool proven(const struct quest *quest, double bound)
{
    return quest->value - bound <= quest->gap * fabs(quest->value);
}

// Takes the set in outer->chosen if it is better than the best so far.
static void quest_offer(struct quest *quest, const struct planner_outer *outer)
{
    const size_t count = quest->problem->count;
    const double value = planner_value(quest->problem, outer->chosen);
    const double cost = planner_cost(quest->problem, outer->chosen);
    const double tie = planner_tie(quest->value);

    if (!planner_allowed(quest->problem, outer->chosen, quest->budget) ||
        value > quest->value + tie ||
        (value >= quest->value - tie &&
         !planner_precedes(count, cost, outer->chosen, quest->cost, quest->chosen)))
        return;
    memcpy(quest->chosen, outer->chosen, count * sizeof *quest->chosen);
    quest->value = value;
    quest->cost = cost;
}

static bool quest_climb(struct quest *quest, struct planner_outer *outer, const double *liking,
                        bool from_few)
{
    if (!planner_climb(outer->reduced, liking, from_few, outer->few))
        return false;
    planner_expand(outer->reduced, outer->few, outer->chosen);
    quest_offer(quest, outer);
    return true;
}

// Adds cuts at the relaxation's solutions until these come within `aim` (currency) of the
// terms or gain little. `bound`: of the relaxation. False if memory is exhausted.
static bool relax(struct planner_outer *outer, struct mip_relaxation *relaxation, double aim,
                  double goal, double *bound)
{
    const double near = aim * outer->scale;
    const double least =
        near / (4.0 * (double)(outer->reduced->term_count + 1)) + planner_row_tolerance;
    double before = -HUGE_VAL;

    *bound = -HUGE_VAL;
    for (int round = 0; round < RELAXATIONS_MOST; round++) {
        double below;
        size_t added = 0;

        if (!mip_relaxation_solve(relaxation, &outer->program))
            return true;
        const double value = mip_relaxation_value(relaxation);
        const double far = planner_outer_from_value(outer, goal) - value;

        *bound = fmax(*bound, planner_outer_to_value(outer, value - outer->slack));
        if (!planner_outer_cut(outer, mip_relaxation_solution(relaxation), least, &below, &added))
            return false;
        if (added == 0 || below <= near || value - before < 0.0005 * far)
            break;
        before = value;
    }
    return true;
}

// Settles the treatments whose other decision cannot lead below `threshold`. Returns how many.
static size_t fix(struct quest *quest, const struct planner_outer *outer,
                  struct mip_relaxation *relaxation, double threshold)
{
    const double *x = mip_relaxation_solution(relaxation);
    const double *reduced_cost = mip_relaxation_reduced_cost(relaxation);
    const double far = planner_outer_from_value(outer, threshold) -
                       (mip_relaxation_value(relaxation) - outer->slack);
    size_t fixed = 0;

    for (size_t j = 0; j < outer->reduced->count; j++) {
        // the solver takes reduced costs for zero up to 1e-7
        const bool out = x[j] < 1e-6 && reduced_cost[j] - planner_row_tolerance > far;
        const bool in = x[j] > 1 - 1e-6 && -reduced_cost[j] - planner_row_tolerance > far;

        if (!in && !out)
            continue;
        quest->state[outer->reduced->original[j]] = in ? PLANNER_CHOSEN : PLANNER_REFUSED;
        quest->excluded = fmin(quest->excluded, threshold);
        fixed++;
    }
    return fixed;
}

// Cuts at a whole solution; a row against it if it is no set at all, for a solver's tolerance.
static bool learn(struct planner_outer *outer, double *solution, const struct quest *quest,
                  size_t *added)
{
    double below;

    planner_outer_round(outer, solution);
    if (!planner_allowed(quest->problem, outer->chosen, quest->budget)) {
        ++*added;
        return planner_outer_forbid(outer);
    }
    for (size_t j = 0; j < outer->reduced->count; j++)
        solution[j] = outer->few[j];
    return planner_outer_cut(outer, solution, 10 * planner_row_tolerance, &below, added);
}

// From the relaxation to the proof of the best, over the program of `outer`.
static bool prove(struct quest *quest, struct planner_outer *outer, double *bound)
{
    while (quest->nodes > 0 && !proven(quest, *bound)) {
        // what is not better by most of the gap need not be found: that is the bound then
        const struct mip_limits limits = {
            .cutoff = planner_outer_from_value(outer, quest_threshold(quest)),
            .gap = little(quest) * outer->scale,
            .nodes = quest->nodes};
        struct mip_answer answer;
        size_t added = 0;
        const enum mip_state state =
            mip_solve(&outer->program, &limits, PLANNER_SOLUTIONS, outer->solutions, &answer);
        double least = limits.cutoff;

        if (state == MIP_MEMORY)
            return false;
        spend(quest, answer.nodes);
        if (state != MIP_NONE)
            least = fmin(least, fmin(answer.bound, answer.value));
        *bound = fmax(*bound,
                      fmin(quest->excluded, planner_outer_to_value(outer, least - outer->slack)));
        if (state == MIP_NONE)
            return true;
        // the best of them last: the climb starts there
        for (size_t s = answer.found; s-- > 0;) {
            if (!learn(outer, outer->solutions + s * (size_t)outer->program.columns, quest, &added))
                return false;
            quest_offer(quest, outer);
        }
        if (answer.found > 0 && !quest_climb(quest, outer, NULL, true))
            return false;
        if (added == 0)
            return true; // nothing to learn: cuts and terms agree where it matters
    }
    return true;
}

// Every set below the threshold goes to the shelf. `all`: these are all.
static bool collect(struct quest *quest, struct planner_outer *outer, struct planner_shelf *shelf,
                    bool *all)
{
    const struct mip_limits limits = {.cutoff = planner_outer_from_value(outer, quest->threshold) +
                                                2 * outer->slack};
    *all = false;
    for (size_t i = 0; i < shelf->found; i++) {
        for (size_t j = 0; j < outer->reduced->count; j++)
            outer->few[j] = shelf->chosen[i * shelf->count + outer->reduced->original[j]];
        if (!planner_outer_forbid(outer))
            return false;
    }
    while (quest->nodes > 0 && !shelf->dropped && shelf->found < shelf->most) {
        const struct mip_limits now = {limits.cutoff, 0, quest->nodes};
        struct mip_answer answer;
        const enum mip_state state =
            mip_solve(&outer->program, &now, PLANNER_SOLUTIONS, outer->solutions, &answer);

        if (state == MIP_MEMORY)
            return false;
        spend(quest, answer.nodes);
        *all = state == MIP_NONE;
        if (answer.found == 0)
            return true;
        for (size_t s = 0; s < answer.found; s++) {
            size_t added = 0;

            if (!learn(outer, outer->solutions + s * (size_t)outer->program.columns, quest, &added))
                return false;
            if (!planner_allowed(quest->problem, outer->chosen, quest->budget))
                continue; // forbidden already
            const double value = planner_value(quest->problem, outer->chosen);

            if (value <= quest->threshold)
                planner_shelf_put(shelf, outer->chosen, value,
                                  planner_cost(quest->problem, outer->chosen));
            if (!planner_outer_forbid(outer))
                return false;
        }
    }
    return true;
}

// A better set near the best so far: where that and the relaxation agree, both are believed, and
// the rest is searched for a while. The bounds of x are as they were afterwards.
static bool search_between(struct quest *quest, struct planner_outer *outer, const double *relaxed)
{
    const size_t count = outer->reduced->count;
    struct mip_program *program = &outer->program;
    const struct mip_limits limits = {
        .cutoff = planner_outer_from_value(outer, quest->value - little(quest)),
        .gap = little(quest) * outer->scale,
        .nodes = NEAR_NODES < quest->nodes ? NEAR_NODES : quest->nodes};
    struct mip_answer answer;
    size_t added = 0;

    for (size_t j = 0; j < count; j++) {
        const bool in = quest->chosen[outer->reduced->original[j]];

        if (in && relaxed[j] > 1 - 1e-3)
            program->lower[j] = 1;
        if (!in && relaxed[j] < 1e-3)
            program->upper[j] = 0;
    }
    const enum mip_state state =
        mip_solve(program, &limits, PLANNER_SOLUTIONS, outer->solutions, &answer);

    for (size_t j = 0; j < count; j++) {
        program->lower[j] = 0;
        program->upper[j] = 1;
    }
    if (state == MIP_MEMORY)
        return false;
    spend(quest, answer.nodes);
    for (size_t s = answer.found; s-- > 0;) {
        if (!learn(outer, outer->solutions + s * (size_t)program->columns, quest, &added))
            return false;
        quest_offer(quest, outer);
    }
    return answer.found == 0 || quest_climb(quest, outer, NULL, true);
}

// The relaxation of what quest->state leaves, and which treatments it settles: `fixed` of them.
static bool narrow(struct quest *quest, struct planner_outer *outer, double *bound, size_t *fixed)
{
    const double aim = fmax(quest->value - quest_threshold(quest), 1e-7 * fabs(quest->value));
    struct mip_relaxation *relaxation = mip_relaxation_new(&outer->program);
    double relaxed = -HUGE_VAL;
    bool good = relaxation && relax(outer, relaxation, aim / 4, quest->value, &relaxed);

    *fixed = 0;
    if (good && relaxed > -HUGE_VAL) {
        *bound = fmax(*bound, fmin(quest->excluded, relaxed));
        good = quest_climb(quest, outer, mip_relaxation_solution(relaxation), false);
        for (double value = HUGE_VAL; good && !quest->below && quest->nodes > 0 &&
                                      !proven(quest, *bound) &&
                                      (isinf(value) || value - quest->value > little(quest));) {
            value = quest->value;
            good = search_between(quest, outer, mip_relaxation_solution(relaxation));
        }
        if (good)
            *fixed = fix(quest, outer, relaxation, quest_threshold(quest));
    }
    mip_relaxation_free(relaxation);
    return good;
}

// Nothing is left to decide: one set, its value known.
static void settled(struct quest *quest, struct planner_outer *outer, struct planner_shelf *shelf,
                    double *bound, bool *all)
{
    planner_expand(outer->reduced, outer->few, outer->chosen);
    quest_offer(quest, outer);

    const double value = planner_value(quest->problem, outer->chosen);

    *bound = fmax(*bound, fmin(quest->excluded, value));
    *all = true;
    if (shelf && value <= quest->threshold)
        planner_shelf_put(shelf, outer->chosen, value, planner_cost(quest->problem, outer->chosen));
}

// Narrows the problem while that settles a tenth of what is left, then searches the rest.
static bool quest_pursue(struct quest *quest, struct planner_shelf *shelf, double *bound, bool *all)
{
    struct arena arena = {0};
    bool good = true, done = false;

    for (int round = 0; good && !done; round++) {
        struct planner_reduced reduced;
        struct planner_outer outer = {0};
        size_t fixed = 0;

        arena_clear(&arena);
        good = planner_reduce(quest->problem, quest->state, quest->budget, &arena, &reduced);
        if (good && !reduced.feasible) { // every set is excluded
            *bound = fmax(*bound, quest->excluded);
            *all = true;
            break;
        }
        good = good && planner_outer_make(&outer, &reduced, quest->chosen);
        if (good && reduced.count == 0) {
            settled(quest, &outer, shelf, bound, all);
            done = true;
        } else if (good) {
            good = narrow(quest, &outer, bound, &fixed);
            done = 10 * fixed < reduced.count || round == FIXING_ROUNDS_MOST;
            if (good && done)
                good = shelf ? collect(quest, &outer, shelf, all) : prove(quest, &outer, bound);
        }
        planner_outer_free(&outer);
        done = done || (!shelf && proven(quest, *bound));
    }
    arena_free(&arena);
    return good;
}

static bool quest_begin(struct quest *quest)
{
    const size_t count = quest->problem->count;

    quest->excluded = HUGE_VAL;
    quest->state = calloc(count + 1, sizeof *quest->state);
    if (!quest->state)
        return false;
    if (count)
        memcpy(quest->state, quest->problem->state, count * sizeof *quest->state);
    quest->value = planner_value(quest->problem, quest->chosen);
    quest->cost = planner_cost(quest->problem, quest->chosen);
    return true;
}

bool planner_cuts_best(const struct planner_problem *problem, double budget,
                       const struct planner_effort *effort, bool *chosen, double *bound)
{
    struct quest quest = {.problem = problem,
                          .budget = budget,
                          .chosen = chosen,
                          .gap = effort->gap,
                          .nodes = effort->most};
    bool all;
    const bool good = quest_begin(&quest) && quest_pursue(&quest, NULL, bound, &all);

    free(quest.state);
    return good;
}

bool planner_cuts_below(const struct planner_problem *problem, double budget, double threshold,
                        const struct planner_effort *effort, struct planner_shelf *shelf, bool *all)
{
    bool *chosen = calloc(problem->count + 1, sizeof *chosen);
    struct quest quest = {.problem = problem,
                          .budget = budget,
                          .chosen = chosen,
                          .below = true,
                          .threshold = threshold,
                          .nodes = effort->most};
    double bound = -HUGE_VAL;
    bool good = chosen;

    if (good && problem->count)
        memcpy(chosen, shelf->chosen, problem->count * sizeof *chosen);
    good = good && quest_begin(&quest) && quest_pursue(&quest, shelf, &bound, all);
    free(quest.state);
    free(chosen);
    return good;
}
