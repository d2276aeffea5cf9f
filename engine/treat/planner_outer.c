// The program whose value no set falls below: the least of
//
//     sum_j charge_j x_j + sum_t theta_t,   theta_t >= cuts that lie below term t at every whole x.
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
// Figures are scaled so that the best known set is worth 1,000. The solver keeps a row and a
// reduced cost to 1e-7. Theta has coefficient 1 and x at most 1, so that each is off by no more,
// and every bound gives that up: no gap below some 1e-7 is proven this way.
#include "treat/planner_outer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS_MOST = 24 }; // members of a set that are tried in and out
static const double worth = 1000;
const double planner_row_tolerance = 1e-7;

static int column_theta(const struct planner_outer *outer, size_t t)
{
    return (int)(outer->reduced->count + t);
}

void planner_outer_free(struct planner_outer *outer)
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

double planner_outer_from_value(const struct planner_outer *outer, double value)
{
    return (value - outer->reduced->constant) * outer->scale;
}

double planner_outer_to_value(const struct planner_outer *outer, double value)
{
    return value / outer->scale + outer->reduced->constant;
}

// W, in the program's figures.
static double weight_of(const struct planner_outer *outer, size_t t)
{
    return outer->reduced->weight[t] * outer->scale * exp(-outer->reduced->strength_least[t]);
}

// Adds slope x v to a cut's left side, v being x or 1 - x.
static void cut_term(struct planner_cut *cut, size_t entry, bool reversed, double slope)
{
    cut->entry[entry] = reversed ? -slope : slope;
    cut->least -= reversed ? slope : 0;
}

static void cut_tangent(const struct planner_outer *outer, size_t t, double k,
                        struct planner_cut *cut)
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
static bool cut_around(const struct planner_outer *outer, size_t t, struct planner_cut *cut)
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
static double cut_violation(const struct planner_outer *outer, size_t t,
                            const struct planner_cut *cut, const double *solution)
{
    const struct planner_reduced *reduced = outer->reduced;
    const uint32_t *treatment = reduced->term_treatment + reduced->term_start[t];
    double violation = cut->least - solution[column_theta(outer, t)];

    for (size_t e = 0; e < reduced->term_start[t + 1] - reduced->term_start[t]; e++)
        violation -= cut->entry[e] * solution[treatment[e]];
    return violation;
}

static bool cut_add(struct planner_outer *outer, size_t t, const struct planner_cut *cut)
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
    const struct planner_place *a = left, *b = right;

    if (a->v != b->v)
        return a->v > b->v ? -1 : 1;
    return (a->entry > b->entry) - (a->entry < b->entry);
}

// outer->places: the entries of a term by descending v. Returns their y.
static double places_sort(struct planner_outer *outer, size_t t, const double *solution)
{
    const struct planner_reduced *reduced = outer->reduced;
    const size_t start = reduced->term_start[t], count = reduced->term_start[t + 1] - start;
    double y = 0;

    for (size_t e = 0; e < count; e++) {
        const double x = solution[reduced->term_treatment[start + e]];
        const double strength = reduced->term_strength[start + e];
        const double v = fmin(fmax(strength < 0 ? 1 - x : x, 0), 1);

        outer->places[e] = (struct planner_place){v, false, e};
        if (!isinf(strength))
            y += fabs(strength) * v;
    }
    qsort(outer->places, count, sizeof *outer->places, place_compare);
    return y;
}

// Makes outer->cut the best if `solution` lies further below it: then true, and `most` is how far.
static bool cut_better(struct planner_outer *outer, size_t t, const double *solution, double *most)
{
    const double violation = cut_violation(outer, t, &outer->cut, solution);
    const struct planner_cut swap = outer->best;

    if (violation <= *most)
        return false;
    outer->best = outer->cut;
    outer->cut = swap;
    *most = violation;
    return true;
}

// Into outer->best the cut that `solution` lies below the most, if any. Returns how far, or 0.
static double cut_find(struct planner_outer *outer, size_t t, const double *solution)
{
    const size_t count = outer->reduced->term_start[t + 1] - outer->reduced->term_start[t];
    const double y = places_sort(outer, t, solution);
    struct planner_place *places = outer->places;
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
bool planner_outer_cut(struct planner_outer *outer, const double *solution, double least,
                       double *below, size_t *added)
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

static bool pair_add(struct planner_outer *outer, struct planner_pair pair, double b, double upper)
{
    const int column[] = {(int)pair.a, (int)pair.b};
    const double entry[] = {1, b};

    return mip_row_add(&outer->program.rows, 2, column, entry, -HUGE_VAL, upper);
}

// Everything but the cuts.
static bool rows_add(struct planner_outer *outer)
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
bool planner_outer_make(struct planner_outer *outer, const struct planner_reduced *reduced,
                        const bool *chosen)
{
    const size_t columns = reduced->count + reduced->term_count;
    size_t added = 0;
    struct mip_program *program = &outer->program;
    double known = fabs(planner_value(reduced->problem, chosen) - reduced->problem->constant);
    double below;

    *outer = (struct planner_outer){.reduced = reduced};
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
    outer->solutions = calloc(PLANNER_SOLUTIONS * columns + 1, sizeof *outer->solutions);
    if (!program->lower || !program->upper || !program->objective || !outer->few ||
        !outer->chosen || !outer->column || !outer->entry || !outer->cut.entry ||
        !outer->best.entry || !outer->places || !outer->solutions)
        return false;
    outer->scale = worth / fmax(known, 1e-9 * reduced->magnitude);
    if (!isfinite(outer->scale))
        outer->scale = 1; // nothing has a value
    if (reduced->magnitude > 0)
        outer->slack = planner_row_tolerance * (double)(columns + 10) +
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
    if (!rows_add(outer) || !planner_outer_cut(outer, outer->solutions, 0, &below, &added))
        return false;
    for (size_t j = 0; j < reduced->count; j++)
        outer->solutions[j] = chosen[reduced->original[j]];
    return planner_outer_cut(outer, outer->solutions, 0, &below, &added);
}

// What a whole solution says about x.
void planner_outer_round(struct planner_outer *outer, const double *solution)
{
    for (size_t j = 0; j < outer->reduced->count; j++)
        outer->few[j] = solution[j] > 0.5;
    planner_expand(outer->reduced, outer->few, outer->chosen);
}

// The row that no set but outer->few breaks.
bool planner_outer_forbid(struct planner_outer *outer)
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
