// Outer approximation: the least of
//
//     sum_j charge_j x_j + sum_t theta_t,   theta_t >= cuts that lie below term t at every whole x,
//
// is a bound, with x between 0 and 1 (the relaxation) or whole (the program). Cuts are added where
// a solution lies below the terms, until what the cuts say and what is true differ by less than
// the gap. First at the relaxation, whose reduced costs also tell which treatments no good set can
// have, or lack; what remains is a smaller problem, with which everything starts again.
//
// A term is f(y) = W e^-y, y = sum_j a_j v_j with a_j > 0: where a treatment raises the term, v_j
// is 1 - x_j and W contains what that costs. There are two kinds of cuts.
//
// 1. The tangent at k, lifted where a strength exceeds k. With v_j = 1 and y' >= 0 the rest of y,
//
//        e^-k (1 + k - y' - phi) <= e^-(a_j + y')  for all y' >= 0  iff  phi >= phi(a_j),
//        phi(a) = max over y' of 1 + k - y' - e^(k - a - y') = a                 if a <= k
//                                                            = 1 + k - e^(k - a)  beyond,
//
//    and phi is concave with phi(0) = 0, hence subadditive: it may replace all strengths at once.
//
// 2. Around a set S of treatments, exact there (after Ahmed and Atamturk, "Maximizing a class of
//    submodular utility functions", Mathematical Programming 128, 2011):
//
//        theta >= f(S) (1 - sum of rho_j v_j outside S + sum of h(a_j) (1 - v_j) in S),
//        rho_j = 1 - e^-a_j,   h(u) = m rho + e^(r - a) - e^-a,   u = m a + r,  0 <= r < a,
//
//    a being the largest strength outside S and rho its 1 - e^-a. Where U leaves S and V joins, of
//    strengths u and v in all, the term is f(S) e^(u - v), so that the cut is valid if
//    H = sum of h over U <= e^(u - v) - 1 + sum of rho over V. The right side is least, for a given
//    v, if V is made of whole strengths a and one rest s (rho is concave), and as a function of s
//    it is monotone: v is a multiple of a, and the least is h(u). And h is superadditive: on [0, a]
//    it is convex with h(0) = 0, and it repeats, h(u + a) = h(u) + rho. Nothing outside S leaves
//    h(u) = e^u - 1; a strength of HUGE_VAL outside leaves h = 0.
//
// Figures are scaled so that the best known set is worth 1,000. The solver keeps a row to 1e-7;
// theta has coefficient 1, so that each term is off by no more, and every bound gives that up.
#include "treat/planner_parts.h"

#include "treat/mip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NEAR_NODES = 200,
    SOLUTIONS = 8,
    PARTS_MOST = 24,
    RELAXATIONS_MOST = 60,
    FIXING_ROUNDS_MOST = 12
};
static const double worth = 1000, row_tolerance = 1e-7;

// theta + sum of entry x >= least; entries are those of the term.
struct cut {
    double *entry;
    double least;
};

// An entry of a term, in the order of a solution.
struct place {
    double v;
    bool in;      // the set a cut is made around
    size_t entry; // from the term's first
};

struct outer {
    const struct planner_reduced *reduced;
    struct mip_program program; // x, then theta
    double scale;               // program per currency
    double slack;               // in the program's figures: what a bound gives up
    bool *few, *chosen;
    int *column;
    double *entry;
    struct cut cut, best; // room for one of each
    struct place *places;
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

// No set above is of interest; of the best, none that is better by less than most of the gap.
static double quest_threshold(const struct quest *quest)
{
    return quest->below ? quest->threshold : quest->value - 0.9 * quest->gap * fabs(quest->value);
}

static int column_theta(const struct outer *outer, size_t t)
{
    return (int)(outer->reduced->count + t);
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
    free(outer->cut.entry);
    free(outer->best.entry);
    free(outer->places);
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

// W, in the program's figures.
static double weight_of(const struct outer *outer, size_t t)
{
    return outer->reduced->weight[t] * outer->scale * exp(-outer->reduced->strength_least[t]);
}

// Adds slope x v to a cut's left side, v being x or 1 - x.
static void cut_term(struct cut *cut, size_t entry, bool reversed, double slope)
{
    cut->entry[entry] = reversed ? -slope : slope;
    cut->least -= reversed ? slope : 0;
}

static void cut_tangent(const struct outer *outer, size_t t, double k, struct cut *cut)
{
    const struct planner_reduced *reduced = outer->reduced;
    const double *strength = reduced->term_strength + reduced->term_start[t];
    const double slope = weight_of(outer, t) * exp(-k);

    cut->least = slope * (1 + k);
    for (size_t e = 0; e < reduced->term_start[t + 1] - reduced->term_start[t]; e++) {
        const double a = fabs(strength[e]);

        cut_term(cut, e, strength[e] < 0, slope * (a <= k ? a : 1 + k - exp(k - a)));
    }
}

// Around the set that outer->places marks. False if nothing is left of the term there.
static bool cut_around(const struct outer *outer, size_t t, struct cut *cut)
{
    const struct planner_reduced *reduced = outer->reduced;
    const double *strength = reduced->term_strength + reduced->term_start[t];
    const size_t count = reduced->term_start[t + 1] - reduced->term_start[t];
    double within = 0, largest = 0;

    for (size_t i = 0; i < count; i++) {
        const double a = fabs(strength[outer->places[i].entry]);

        if (outer->places[i].in)
            within += a;
        else
            largest = fmax(largest, a);
    }
    if (isinf(within))
        return false;

    const double here = weight_of(outer, t) * exp(-within), rho = -expm1(-largest);

    cut->least = here;
    for (size_t i = 0; i < count; i++) {
        const size_t e = outer->places[i].entry;
        const double a = fabs(strength[e]);

        if (!outer->places[i].in) {
            cut_term(cut, e, strength[e] < 0, here * -expm1(-a));
            continue;
        }
        double h = expm1(a);

        if (isinf(largest)) {
            h = 0;
        } else if (largest > 0) {
            const double whole = floor(a / largest);

            h = whole * rho + exp(a - whole * largest - largest) - exp(-largest);
        }
        // h (1 - v) on the right: h v on the left, and h more to reach
        cut->least += here * h;
        cut_term(cut, e, strength[e] < 0, here * h);
    }
    return true;
}

// How far `solution` lies below the cut.
static double cut_violation(const struct outer *outer, size_t t, const struct cut *cut,
                            const double *solution)
{
    const struct planner_reduced *reduced = outer->reduced;
    const uint32_t *treatment = reduced->term_treatment + reduced->term_start[t];
    double violation = cut->least - solution[column_theta(outer, t)];

    for (size_t e = 0; e < reduced->term_start[t + 1] - reduced->term_start[t]; e++)
        violation -= cut->entry[e] * solution[treatment[e]];
    return violation;
}

static bool cut_add(struct outer *outer, size_t t, const struct cut *cut)
{
    const struct planner_reduced *reduced = outer->reduced;
    const uint32_t *treatment = reduced->term_treatment + reduced->term_start[t];
    int entries = 0;

    outer->column[entries] = column_theta(outer, t);
    outer->entry[entries++] = 1;
    for (size_t e = 0; e < reduced->term_start[t + 1] - reduced->term_start[t]; e++) {
        outer->column[entries] = (int)treatment[e];
        outer->entry[entries++] = cut->entry[e];
    }
    return mip_row_add(&outer->program.rows, entries, outer->column, outer->entry, cut->least,
                       HUGE_VAL);
}

static int place_compare(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->v != b->v)
        return a->v > b->v ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

// outer->places: the entries of a term by descending v. Returns their y.
static double places_sort(struct outer *outer, size_t t, const double *solution)
{
    const struct planner_reduced *reduced = outer->reduced;
    const size_t start = reduced->term_start[t], count = reduced->term_start[t + 1] - start;
    double y = 0;

    for (size_t e = 0; e < count; e++) {
        const double x = solution[reduced->term_treatment[start + e]];
        const double strength = reduced->term_strength[start + e];
        const double v = fmin(fmax(strength < 0 ? 1 - x : x, 0), 1);

        outer->places[e] = (struct place){v, false, e};
        if (!isinf(strength))
            y += fabs(strength) * v;
    }
    qsort(outer->places, count, sizeof *outer->places, place_compare);
    return y;
}

// Makes outer->cut the best if `solution` lies further below it: then true, and `most` is how far.
static bool cut_better(struct outer *outer, size_t t, const double *solution, double *most)
{
    const double violation = cut_violation(outer, t, &outer->cut, solution);
    const struct cut swap = outer->best;

    if (violation <= *most)
        return false;
    outer->best = outer->cut;
    outer->cut = swap;
    *most = violation;
    return true;
}

// Into outer->best the cut that `solution` lies below the most, if any. Returns how far, or 0.
static double cut_find(struct outer *outer, size_t t, const double *solution)
{
    const size_t count = outer->reduced->term_start[t + 1] - outer->reduced->term_start[t];
    const double y = places_sort(outer, t, solution);
    struct place *places = outer->places;
    size_t whole = 0, members, best_members, part;
    double most = 0;

    cut_tangent(outer, t, y, &outer->cut);
    cut_better(outer, t, solution, &most);
    for (; whole < count && places[whole].v > 1 - 1e-6; whole++)
        places[whole].in = true;
    // sets between what is wholly in and what is wholly out
    best_members = members = whole;
    for (;;) {
        if (cut_around(outer, t, &outer->cut) && cut_better(outer, t, solution, &most))
            best_members = members;
        if (members == count || places[members].v < 1e-6 || members - whole == PARTS_MOST)
            break;
        places[members++].in = true;
    }
    part = members;
    for (size_t i = best_members; i < part; i++)
        places[i].in = false;
    // and what one in or out more makes better
    for (size_t i = whole, still = 0; part > whole && still < part - whole;
         i = i + 1 < part ? i + 1 : whole) {
        places[i].in = !places[i].in;
        if (cut_around(outer, t, &outer->cut) && cut_better(outer, t, solution, &most)) {
            still = 0;
        } else {
            places[i].in = !places[i].in;
            still++;
        }
    }
    return most;
}

// Cuts where `solution` lies below the terms by more than `least`. `below`: in all; `added` counts.
static bool cuts_add(struct outer *outer, const double *solution, double least, double *below,
                     size_t *added)
{
    *below = 0;
    for (size_t t = 0; t < outer->reduced->term_count; t++) {
        const double violation = cut_find(outer, t, solution);

        *below += violation;
        if (violation <= least)
            continue;
        if (!cut_add(outer, t, &outer->best))
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
    return good;
}

// `chosen`: the best known set of the whole problem.
static bool outer_make(struct outer *outer, const struct planner_reduced *reduced,
                       const bool *chosen)
{
    const size_t columns = reduced->count + reduced->term_count;
    size_t added = 0;
    struct mip_program *program = &outer->program;
    double known = fabs(planner_value(reduced->problem, chosen) - reduced->problem->constant);
    double below;

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
    outer->cut.entry = calloc(reduced->count + 1, sizeof *outer->cut.entry);
    outer->best.entry = calloc(reduced->count + 1, sizeof *outer->best.entry);
    outer->places = calloc(reduced->count + 1, sizeof *outer->places);
    outer->solutions = calloc(SOLUTIONS * columns + 1, sizeof *outer->solutions);
    if (!program->lower || !program->upper || !program->objective || !outer->few ||
        !outer->chosen || !outer->column || !outer->entry || !outer->cut.entry ||
        !outer->best.entry || !outer->places || !outer->solutions)
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
        program->upper[column_theta(outer, t)] = HUGE_VAL;
        program->objective[column_theta(outer, t)] = 1;
    }
    // a program that knows nothing of the terms would have everything cost nothing: cuts around
    // no treatments, and around the best known set
    if (!rows_add(outer) || !cuts_add(outer, outer->solutions, 0, &below, &added))
        return false;
    for (size_t j = 0; j < reduced->count; j++)
        outer->solutions[j] = chosen[reduced->original[j]];
    return cuts_add(outer, outer->solutions, 0, &below, &added);
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

// Adds cuts at the relaxation's solutions until these come within `aim` (currency) of the
// terms or gain little. `bound`: of the relaxation. False if memory is exhausted.
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
        if (!cuts_add(outer, mip_relaxation_solution(relaxation), least, &below, &added))
            return false;
        if (added == 0 || below <= near || value - before < 0.0005 * far)
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

// Cuts at a whole solution; a row against it if it is no set at all, for a solver's tolerance.
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
    return cuts_add(outer, solution, 10 * row_tolerance, &below, added);
}

// From the relaxation to the proof of the best, over the program of `outer`.
static bool prove(struct quest *quest, struct outer *outer, double *bound)
{
    while (quest->nodes > 0 && quest->value - *bound > quest->gap * fabs(quest->value)) {
        // what is not better by most of the gap need not be found: that is the bound then
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
            return true; // nothing to learn: cuts and terms agree where it matters
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

// A better set near the best so far: where that and the relaxation agree, both are believed, and
// the rest is searched for a while. The bounds of x are as they were afterwards.
static bool search_between(struct quest *quest, struct outer *outer, const double *relaxed)
{
    const size_t count = outer->reduced->count;
    struct mip_program *program = &outer->program;
    const struct mip_limits limits = {
        .cutoff = to_program(outer, quest->value - 0.05 * quest->gap * fabs(quest->value)),
        .gap = 0.05 * quest->gap * fabs(quest->value) * outer->scale,
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
    const enum mip_state state = mip_solve(program, &limits, SOLUTIONS, outer->solutions, &answer);

    for (size_t j = 0; j < count; j++) {
        program->lower[j] = 0;
        program->upper[j] = 1;
    }
    if (state == MIP_MEMORY)
        return false;
    quest->nodes -= answer.nodes < quest->nodes ? answer.nodes : quest->nodes;
    for (size_t s = answer.found; s-- > 0;) {
        if (!learn(outer, outer->solutions + s * (size_t)program->columns, quest, &added))
            return false;
        quest_offer(quest, outer);
    }
    return answer.found == 0 || quest_climb(quest, outer, NULL, true);
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
        for (double value = quest->value; good && !quest->below; value = quest->value) {
            good = search_between(quest, outer, mip_relaxation_solution(relaxation));
            if (quest->value >= value - 0.05 * quest->gap * fabs(value))
                break;
        }
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
