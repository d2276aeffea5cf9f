// Outer approximation. A convex function lies above its tangents, so that the least of
//
//     sum_j charge_j x_j + sum_t theta_t,   theta_t >= tangents of weight_t exp(-y_t),
//     y_t = sum_j strength_tj x_j,
//
// is a bound, with x between 0 and 1 (the relaxation) or whole (the program). Tangents are added
// where a solution touches the curve, until what the tangents say and what is true differ by less
// than the gap. First at the relaxation, whose reduced costs also tell which treatments no good
// set can have, or lack; what remains is a smaller problem, with which everything starts again.
//
// A tangent at k, weight e^-k (1 + k - y), is lifted where a strength exceeds K = k - l, l being
// the sum of the term's negative strengths, so that y >= l always. With x_j = 1 and y' the rest of
// y,
//
//     e^-k (1 + k - y' - phi) <= e^-(a_j + y')  for all y' >= l  iff  phi >= phi(a_j),
//     phi(a) = max over y' of 1 + k - y' - e^(k - a - y') = a                 if a <= K
//                                                         = 1 + K - e^(K - a)  beyond,
//
// and phi is concave with phi(0) = 0, hence subadditive: all strengths of a term may be replaced by
// their phi at once. At k = l this is the submodular inequality, and a strength of HUGE_VAL
// becomes 1 + K, which is exact for whole x.
//
// Figures are scaled so that the best known set is worth 1,000. The solver keeps a row to 1e-7;
// theta has coefficient 1, so that each term is off by no more, and every bound gives that up.
#include "treat/planner_parts.h"

#include "treat/mip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SOLUTIONS = 8, RELAXATIONS_MOST = 60, FIXING_ROUNDS_MOST = 12 };
static const double worth = 1000, row_tolerance = 1e-7;

struct outer {
    const struct planner_reduced *reduced;
    struct mip_program program; // x, then y, then theta
    double scale;               // program per currency
    double slack;               // in the program's figures: what a bound gives up
    bool *few, *chosen;
    int *column;
    double *entry;
    double *solutions; // [SOLUTIONS * columns]
};

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

// No set above is of interest; of the best, none that is better by less than half the gap.
static double quest_threshold(const struct quest *quest)
{
    return quest->below ? quest->threshold : quest->value - 0.5 * quest->gap * fabs(quest->value);
}

static int column_y(const struct outer *outer, size_t t)
{
    return (int)(outer->reduced->count + t);
}

static int column_theta(const struct outer *outer, size_t t)
{
    return (int)(outer->reduced->count + outer->reduced->term_count + t);
}

static void outer_free(struct outer *outer)
{
    free(outer->program.lower);
    free(outer->program.upper);
    free(outer->program.objective);
    mip_rows_free(&outer->program.rows);
    free(outer->few);
    free(outer->chosen);
    free(outer->column);
    free(outer->entry);
    free(outer->solutions);
}

static double to_program(const struct outer *outer, double value)
{
    return (value - outer->reduced->constant) * outer->scale;
}

static double from_program(const struct outer *outer, double value)
{
    return value / outer->scale + outer->reduced->constant;
}

static bool tangent_add(struct outer *outer, size_t t, double at)
{
    const struct planner_reduced *reduced = outer->reduced;
    const double reach = at - reduced->strength_least[t];
    const double slope = reduced->weight[t] * outer->scale * exp(-at);
    int entries = 0;

    outer->column[entries] = column_theta(outer, t);
    outer->entry[entries++] = 1;
    outer->column[entries] = column_y(outer, t);
    outer->entry[entries++] = slope;
    for (size_t e = reduced->term_start[t]; e < reduced->term_start[t + 1]; e++) {
        const double strength = reduced->term_strength[e];

        if (strength > reach) {
            const double lifted = 1 + reach - exp(reach - strength);

            outer->column[entries] = (int)reduced->term_treatment[e];
            outer->entry[entries++] = slope * (isinf(strength) ? lifted : lifted - strength);
        }
    }
    return mip_row_add(&outer->program.rows, entries, outer->column, outer->entry, slope * (1 + at),
                       HUGE_VAL);
}

// How far theta lies below the tangent at y, both as in `solution`.
static double tangent_violation(const struct outer *outer, const double *solution, size_t t,
                                double *at)
{
    const struct planner_reduced *reduced = outer->reduced;
    double y = 0, down = 0;

    for (size_t e = reduced->term_start[t]; e < reduced->term_start[t + 1]; e++)
        if (!isinf(reduced->term_strength[e]))
            y += reduced->term_strength[e] * solution[reduced->term_treatment[e]];
    *at = y = fmax(y, reduced->strength_least[t]);

    const double reach = y - reduced->strength_least[t];

    for (size_t e = reduced->term_start[t]; e < reduced->term_start[t + 1]; e++) {
        const double strength = reduced->term_strength[e];

        if (strength > reach) {
            const double lifted = 1 + reach - exp(reach - strength);

            down += (isinf(strength) ? lifted : lifted - strength) *
                    solution[reduced->term_treatment[e]];
        }
    }
    return reduced->weight[t] * outer->scale * exp(-y) * (1 - down) -
           solution[column_theta(outer, t)];
}

// Tangents where `solution` lies below the curves by more than `least`. Returns what it lies below
// in all; `added` counts.
static bool tangents_add(struct outer *outer, const double *solution, double least, double *below,
                         size_t *added)
{
    *below = 0;
    for (size_t t = 0; t < outer->reduced->term_count; t++) {
        double at;
        const double violation = tangent_violation(outer, solution, t, &at);

        *below += fmax(violation, 0);
        if (violation <= least)
            continue;
        if (!tangent_add(outer, t, at))
            return false;
        ++*added;
    }
    return true;
}

static bool pair_add(struct outer *outer, struct planner_pair pair, double b, double upper)
{
    const int column[] = {(int)pair.a, (int)pair.b};
    const double entry[] = {1, b};

    return mip_row_add(&outer->program.rows, 2, column, entry, -HUGE_VAL, upper);
}

// Everything but the tangents.
static bool rows_add(struct outer *outer)
{
    const struct planner_reduced *reduced = outer->reduced;
    bool good = true;

    if (reduced->room > 0 && !isinf(reduced->room)) {
        for (size_t j = 0; j < reduced->count; j++) {
            outer->column[j] = (int)j;
            outer->entry[j] = reduced->cost[j] / reduced->room * 100;
        }
        good = mip_row_add(&outer->program.rows, (int)reduced->count, outer->column, outer->entry,
                           -HUGE_VAL, 100);
    }
    for (size_t i = 0; good && i < reduced->requires_count; i++)
        good = pair_add(outer, reduced->requires[i], -1, 0);
    for (size_t i = 0; good && i < reduced->excludes_count; i++)
        good = pair_add(outer, reduced->excludes[i], 1, 1);
    for (size_t t = 0; good && t < reduced->term_count; t++) {
        int entries = 0;

        outer->column[entries] = column_y(outer, t);
        outer->entry[entries++] = 1;
        for (size_t e = reduced->term_start[t]; e < reduced->term_start[t + 1]; e++)
            if (!isinf(reduced->term_strength[e])) {
                outer->column[entries] = (int)reduced->term_treatment[e];
                outer->entry[entries++] = -reduced->term_strength[e];
            }
        good = mip_row_add(&outer->program.rows, entries, outer->column, outer->entry, 0, 0);
    }
    return good;
}

// `chosen`: the best known set of the whole problem.
static bool outer_make(struct outer *outer, const struct planner_reduced *reduced,
                       const bool *chosen)
{
    const size_t columns = reduced->count + 2 * reduced->term_count;
    struct mip_program *program = &outer->program;
    double known = fabs(planner_value(reduced->problem, chosen) - reduced->problem->constant);

    *outer = (struct outer){.reduced = reduced};
    program->columns = (int)columns;
    program->integers = (int)reduced->count;
    program->lower = calloc(columns + 1, sizeof *program->lower);
    program->upper = calloc(columns + 1, sizeof *program->upper);
    program->objective = calloc(columns + 1, sizeof *program->objective);
    outer->few = calloc(reduced->count + 1, sizeof *outer->few);
    outer->chosen = calloc(reduced->problem->count + 1, sizeof *outer->chosen);
    outer->column = calloc(columns + 1, sizeof *outer->column);
    outer->entry = calloc(columns + 1, sizeof *outer->entry);
    outer->solutions = calloc(SOLUTIONS * columns + 1, sizeof *outer->solutions);
    if (!program->lower || !program->upper || !program->objective || !outer->few ||
        !outer->chosen || !outer->column || !outer->entry || !outer->solutions)
        return false;
    outer->scale = worth / fmax(known, 1e-9 * reduced->magnitude);
    if (!isfinite(outer->scale))
        outer->scale = 1; // nothing has a value
    outer->slack = row_tolerance * (double)(reduced->term_count + 10) +
                   1e-14 * reduced->magnitude * outer->scale;
    for (size_t j = 0; j < reduced->count; j++) {
        program->upper[j] = 1;
        program->objective[j] = reduced->charge[j] * outer->scale;
    }
    for (size_t t = 0; t < reduced->term_count; t++) {
        const int y = column_y(outer, t), theta = column_theta(outer, t);

        program->lower[y] = reduced->strength_least[t];
        for (size_t e = reduced->term_start[t]; e < reduced->term_start[t + 1]; e++)
            if (!isinf(reduced->term_strength[e]))
                program->upper[y] += fmax(reduced->term_strength[e], 0);
        program->upper[theta] = HUGE_VAL;
        program->objective[theta] = 1;
    }
    if (!rows_add(outer))
        return false;
    for (size_t t = 0; t < reduced->term_count; t++) {
        const double least = reduced->strength_least[t], most = program->upper[column_y(outer, t)];

        if (!tangent_add(outer, t, least) || !tangent_add(outer, t, 0.25 * most + 0.75 * least))
            return false;
    }
    return true;
}

// What a whole solution says about x.
static void outer_round(struct outer *outer, const double *solution)
{
    for (size_t j = 0; j < outer->reduced->count; j++)
        outer->few[j] = solution[j] > 0.5;
    planner_expand(outer->reduced, outer->few, outer->chosen);
}

// Takes the set in outer->chosen if it is better than the best so far.
static void quest_offer(struct quest *quest, const struct outer *outer)
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

static bool quest_climb(struct quest *quest, struct outer *outer, const double *liking,
                        bool from_few)
{
    if (!planner_climb(outer->reduced, liking, from_few, outer->few))
        return false;
    planner_expand(outer->reduced, outer->few, outer->chosen);
    quest_offer(quest, outer);
    return true;
}

// Adds tangents at the relaxation's solutions until these come within `aim` (currency) of the
// curves or gain little. `bound`: of the relaxation. False if memory is exhausted.
static bool relax(struct outer *outer, struct mip_relaxation *relaxation, double aim, double goal,
                  double *bound)
{
    const double near = aim * outer->scale;
    const double least = near / (4.0 * (double)(outer->reduced->term_count + 1)) + row_tolerance;
    double before = -HUGE_VAL;

    *bound = -HUGE_VAL;
    for (int round = 0; round < RELAXATIONS_MOST; round++) {
        double below;
        size_t added = 0;

        if (!mip_relaxation_solve(relaxation, &outer->program))
            return true;
        const double value = mip_relaxation_value(relaxation);
        const double far = to_program(outer, goal) - value;

        *bound = fmax(*bound, from_program(outer, value - outer->slack));
        if (!tangents_add(outer, mip_relaxation_solution(relaxation), least, &below, &added))
            return false;
        if (added == 0 || below <= near || value - before < 0.002 * far)
            break;
        before = value;
    }
    return true;
}

// Settles the treatments whose other decision cannot lead below `threshold`. Returns how many.
static size_t fix(struct quest *quest, const struct outer *outer, struct mip_relaxation *relaxation,
                  double threshold)
{
    const double *x = mip_relaxation_solution(relaxation);
    const double *reduced_cost = mip_relaxation_reduced_cost(relaxation);
    const double far =
        to_program(outer, threshold) - (mip_relaxation_value(relaxation) - outer->slack);
    size_t fixed = 0;

    for (size_t j = 0; j < outer->reduced->count; j++) {
        // the solver takes reduced costs for zero up to 1e-7
        const bool out = x[j] < 1e-6 && reduced_cost[j] - row_tolerance > far;
        const bool in = x[j] > 1 - 1e-6 && -reduced_cost[j] - row_tolerance > far;

        if (!in && !out)
            continue;
        quest->state[outer->reduced->original[j]] = in ? PLANNER_CHOSEN : PLANNER_REFUSED;
        quest->excluded = fmin(quest->excluded, threshold);
        fixed++;
    }
    return fixed;
}

// The row that no set but outer->few breaks.
static bool forbid_few(struct outer *outer)
{
    const size_t count = outer->reduced->count;
    double least = 1;

    for (size_t j = 0; j < count; j++) {
        outer->column[j] = (int)j;
        outer->entry[j] = outer->few[j] ? -1 : 1;
        least -= outer->few[j];
    }
    return mip_row_add(&outer->program.rows, (int)count, outer->column, outer->entry, least,
                       HUGE_VAL);
}

// Tangents at a whole solution; a row against it if it is no set at all, for a solver's tolerance.
static bool learn(struct outer *outer, double *solution, const struct quest *quest, size_t *added)
{
    double below;

    outer_round(outer, solution);
    if (!planner_allowed(quest->problem, outer->chosen, quest->budget)) {
        ++*added;
        return forbid_few(outer);
    }
    for (size_t j = 0; j < outer->reduced->count; j++)
        solution[j] = outer->few[j];
    return tangents_add(outer, solution, 10 * row_tolerance, &below, added);
}

// From the relaxation to the proof of the best, over the program of `outer`.
static bool prove(struct quest *quest, struct outer *outer, double *bound)
{
    while (quest->nodes > 0 && quest->value - *bound > quest->gap * fabs(quest->value)) {
        // what is not better by half the gap need not be found: that is the bound then
        const struct mip_limits limits = {.cutoff = to_program(outer, quest_threshold(quest)),
                                          .gap = (quest->value - quest_threshold(quest)) / 2 *
                                                 outer->scale,
                                          .nodes = quest->nodes};
        struct mip_answer answer;
        size_t added = 0;
        const enum mip_state state =
            mip_solve(&outer->program, &limits, SOLUTIONS, outer->solutions, &answer);
        double least = limits.cutoff;

        if (state == MIP_MEMORY)
            return false;
        quest->nodes -= answer.nodes < quest->nodes ? answer.nodes : quest->nodes;
        if (state != MIP_NONE)
            least = fmin(least, fmin(answer.bound, answer.value));
        *bound = fmax(*bound, fmin(quest->excluded, from_program(outer, least - outer->slack)));
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
            return true; // nothing to learn: tangents and curves agree where it matters
    }
    return true;
}

// Every set below the threshold goes to the shelf. `all`: these are all.
static bool collect(struct quest *quest, struct outer *outer, struct planner_shelf *shelf,
                    bool *all)
{
    const struct mip_limits limits = {.cutoff =
                                          to_program(outer, quest->threshold) + 2 * outer->slack};
    *all = false;
    for (size_t i = 0; i < shelf->found; i++) {
        for (size_t j = 0; j < outer->reduced->count; j++)
            outer->few[j] = shelf->chosen[i * shelf->count + outer->reduced->original[j]];
        if (!forbid_few(outer))
            return false;
    }
    while (quest->nodes > 0 && !shelf->dropped && shelf->found < shelf->most) {
        const struct mip_limits now = {limits.cutoff, 0, quest->nodes};
        struct mip_answer answer;
        const enum mip_state state =
            mip_solve(&outer->program, &now, SOLUTIONS, outer->solutions, &answer);

        if (state == MIP_MEMORY)
            return false;
        quest->nodes -= answer.nodes < quest->nodes ? answer.nodes : quest->nodes;
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
            if (!forbid_few(outer))
                return false;
        }
    }
    return true;
}

// The relaxation of what quest->state leaves, and which treatments it settles: `fixed` of them.
static bool narrow(struct quest *quest, struct outer *outer, double *bound, size_t *fixed)
{
    const double aim = fmax(quest->value - quest_threshold(quest), 1e-7 * fabs(quest->value));
    struct mip_relaxation *relaxation = mip_relaxation_new(&outer->program);
    double relaxed = -HUGE_VAL;
    bool good = relaxation && relax(outer, relaxation, aim / 4, quest->value, &relaxed);

    *fixed = 0;
    if (good && relaxed > -HUGE_VAL) {
        *bound = fmax(*bound, fmin(quest->excluded, relaxed));
        good = quest_climb(quest, outer, mip_relaxation_solution(relaxation), false);
        if (good)
            *fixed = fix(quest, outer, relaxation, quest_threshold(quest));
    }
    mip_relaxation_free(relaxation);
    return good;
}

// Narrows the problem while that settles a tenth of what is left, then searches the rest.
static bool quest_pursue(struct quest *quest, struct planner_shelf *shelf, double *bound, bool *all)
{
    struct arena arena = {0};
    bool good = true, done = false;

    for (int round = 0; good && !done; round++) {
        struct planner_reduced reduced;
        struct outer outer = {0};
        size_t fixed = 0;

        arena_clear(&arena);
        good = planner_reduce(quest->problem, quest->state, quest->budget, &arena, &reduced);
        if (good && !reduced.feasible) { // every set is excluded
            *bound = fmax(*bound, quest->excluded);
            *all = true;
            break;
        }
        good = good && outer_make(&outer, &reduced, quest->chosen) &&
               narrow(quest, &outer, bound, &fixed);
        done = 10 * fixed < reduced.count || round == FIXING_ROUNDS_MOST || reduced.count == 0;
        if (good && done)
            good = shelf ? collect(quest, &outer, shelf, all) : prove(quest, &outer, bound);
        outer_free(&outer);
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
