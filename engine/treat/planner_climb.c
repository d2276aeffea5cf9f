// A good set without proof: what saves most for its cost is added until nothing more fits; then,
// again and again, one treatment is taken out, or put in at the expense of those that do least for
// their cost, the rest filled up anew, and the outcome kept if it is better.
#include "treat/planner_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEPS_MOST = 40 };
static const uint32_t nobody = UINT32_MAX;

// For each treatment those that pairs connect it with.
struct neighbours {
    size_t *start;
    uint32_t *other;
};

struct climb {
    const struct planner_reduced *reduced;
    double *factor;          // exp(-strength) of column entries
    double *strength, *left; // of each term: the chosen's, and the weight that they leave
    uint32_t *endless;       // how many of them leave nothing
    bool *chosen, *best;
    uint32_t *barred, *missing; // how many chosen exclude it, how many not chosen it needs
    double value, cost;
    struct neighbours needs, needed_by, bars;
    uint32_t *flips; // what was changed, to take it back
    size_t flip_count;
};

static bool neighbours_make(struct neighbours *at, size_t count, size_t pair_count,
                            const struct planner_pair *pairs, bool forth, bool back)
{
    size_t *start = at->start = calloc(count + 2, sizeof *start);

    at->other = calloc(2 * pair_count + 1, sizeof *at->other);
    if (!start || !at->other)
        return false;
    for (size_t i = 0; i < pair_count; i++) {
        start[pairs[i].a + 2] += forth;
        start[pairs[i].b + 2] += back;
    }
    for (size_t j = 0; j < count; j++)
        start[j + 2] += start[j + 1];
    for (size_t i = 0; i < pair_count; i++) {
        if (forth)
            at->other[start[pairs[i].a + 1]++] = pairs[i].b;
        if (back)
            at->other[start[pairs[i].b + 1]++] = pairs[i].a;
    }
    return true;
}

static void climb_free(struct climb *climb)
{
    free(climb->factor);
    free(climb->strength);
    free(climb->left);
    free(climb->endless);
    free(climb->chosen);
    free(climb->best);
    free(climb->barred);
    free(climb->missing);
    free(climb->flips);
    free(climb->needs.start);
    free(climb->needs.other);
    free(climb->needed_by.start);
    free(climb->needed_by.other);
    free(climb->bars.start);
    free(climb->bars.other);
}

static bool climb_alloc(struct climb *climb)
{
    const struct planner_reduced *reduced = climb->reduced;
    const size_t count = reduced->count, entries = reduced->column_start[count];

    climb->factor = calloc(entries + 1, sizeof *climb->factor);
    climb->strength = calloc(reduced->term_count + 1, sizeof *climb->strength);
    climb->left = calloc(reduced->term_count + 1, sizeof *climb->left);
    climb->endless = calloc(reduced->term_count + 1, sizeof *climb->endless);
    climb->chosen = calloc(count + 1, sizeof *climb->chosen);
    climb->best = calloc(count + 1, sizeof *climb->best);
    climb->barred = calloc(count + 1, sizeof *climb->barred);
    climb->missing = calloc(count + 1, sizeof *climb->missing);
    // a move puts in and takes out each treatment a few times at most (see flip)
    climb->flips = calloc(8 * count + 8, sizeof *climb->flips);
    if (!climb->factor || !climb->strength || !climb->left || !climb->endless || !climb->chosen ||
        !climb->best || !climb->barred || !climb->missing || !climb->flips)
        return false;
    for (size_t e = 0; e < entries; e++)
        climb->factor[e] = exp(-reduced->column_strength[e]);
    return neighbours_make(&climb->needs, count, reduced->requires_count, reduced->requires, true,
                           false) &&
           neighbours_make(&climb->needed_by, count, reduced->requires_count, reduced->requires,
                           false, true) &&
           neighbours_make(&climb->bars, count, reduced->excludes_count, reduced->excludes, true,
                           true);
}

// Puts in what is out and the reverse, whether allowed or not.
static void flip(struct climb *climb, uint32_t j)
{
    const struct planner_reduced *reduced = climb->reduced;
    const bool in = climb->chosen[j] = !climb->chosen[j];
    const uint32_t step = in ? 1 : UINT32_MAX; // plus or minus one

    for (size_t e = reduced->column_start[j]; e < reduced->column_start[j + 1]; e++) {
        const double strength = reduced->column_strength[e];
        const size_t t = reduced->column_term[e];

        climb->value -= climb->endless[t] ? 0 : climb->left[t];
        if (isinf(strength)) {
            climb->endless[t] += step;
        } else {
            climb->strength[t] += in ? strength : -strength;
            climb->left[t] = reduced->weight[t] * exp(-climb->strength[t]);
        }
        climb->value += climb->endless[t] ? 0 : climb->left[t];
    }
    for (size_t i = climb->needed_by.start[j]; i < climb->needed_by.start[j + 1]; i++)
        climb->missing[climb->needed_by.other[i]] -= step;
    for (size_t i = climb->bars.start[j]; i < climb->bars.start[j + 1]; i++)
        climb->barred[climb->bars.other[i]] += step;
    climb->value += in ? reduced->charge[j] : -reduced->charge[j];
    climb->cost += in ? reduced->cost[j] : -reduced->cost[j];
    climb->flips[climb->flip_count++] = j;
}

static void take_back(struct climb *climb, size_t to)
{
    while (climb->flip_count > to) {
        flip(climb, climb->flips[climb->flip_count - 1]);
        climb->flip_count -= 2;
    }
}

// Starts from `chosen`, with sums free of what earlier moves rounded off.
static void start_from(struct climb *climb, const bool *chosen)
{
    const struct planner_reduced *reduced = climb->reduced;

    memset(climb->strength, 0, reduced->term_count * sizeof *climb->strength);
    memset(climb->endless, 0, reduced->term_count * sizeof *climb->endless);
    memset(climb->chosen, 0, reduced->count * sizeof *climb->chosen);
    memset(climb->barred, 0, reduced->count * sizeof *climb->barred);
    climb->value = reduced->constant;
    climb->cost = 0;
    for (size_t t = 0; t < reduced->term_count; t++)
        climb->value += climb->left[t] = reduced->weight[t];
    for (size_t j = 0; j < reduced->count; j++)
        climb->missing[j] = (uint32_t)(climb->needs.start[j + 1] - climb->needs.start[j]);
    for (size_t j = 0; j < reduced->count; j++) {
        climb->flip_count = 0;
        if (chosen[j])
            flip(climb, (uint32_t)j);
    }
    climb->flip_count = 0;
}

static bool fits(const struct climb *climb, double more)
{
    return climb->cost + more <= climb->reduced->room;
}

// What putting in (or taking out) j alone adds to the value.
static double change_of(const struct climb *climb, size_t j)
{
    const struct planner_reduced *reduced = climb->reduced;
    const bool out = climb->chosen[j];
    double change = out ? -reduced->charge[j] : reduced->charge[j];

    for (size_t e = reduced->column_start[j]; e < reduced->column_start[j + 1]; e++) {
        const size_t t = reduced->column_term[e];

        // of the chosen that leave nothing, only the last one matters
        if (out && isinf(reduced->column_strength[e]))
            change += climb->endless[t] == 1 ? climb->left[t] : 0;
        else if (!climb->endless[t])
            change += climb->left[t] * ((out ? 1 / climb->factor[e] : climb->factor[e]) - 1);
    }
    return change;
}

// Puts in j and what it needs. False if something bars that or it does not fit: then the caller
// takes back.
static bool put_in(struct climb *climb, uint32_t j, uint32_t banned, bool within_budget)
{
    if (climb->chosen[j])
        return true;
    if (climb->barred[j] || j == banned || (within_budget && !fits(climb, climb->reduced->cost[j])))
        return false;
    flip(climb, j);
    for (size_t i = climb->needs.start[j]; i < climb->needs.start[j + 1]; i++)
        if (!put_in(climb, climb->needs.other[i], banned, within_budget))
            return false;
    return true;
}

static void take_out(struct climb *climb, uint32_t j)
{
    if (!climb->chosen[j])
        return;
    flip(climb, j);
    for (size_t i = climb->needed_by.start[j]; i < climb->needed_by.start[j + 1]; i++)
        take_out(climb, climb->needed_by.other[i]);
}

// Adds what saves most for its cost, or most, until nothing that fits saves anything.
static void fill(struct climb *climb, uint32_t banned, bool for_cost)
{
    const struct planner_reduced *reduced = climb->reduced;

    for (;;) {
        double best = 0;
        uint32_t who = nobody;

        for (uint32_t j = 0; j < reduced->count; j++) {
            double saved, cost = reduced->cost[j];

            if (climb->chosen[j] || climb->barred[j] || j == banned || !fits(climb, cost))
                continue;
            if (climb->missing[j]) {
                const size_t mark = climb->flip_count;
                const double value = climb->value, spent = climb->cost;

                if (!put_in(climb, j, banned, true)) {
                    take_back(climb, mark);
                    continue;
                }
                saved = value - climb->value;
                cost = climb->cost - spent;
                take_back(climb, mark);
            } else {
                saved = -change_of(climb, j);
            }
            // the last digits of sums that are carried along are noise
            if (saved <= 1e-13 * reduced->magnitude)
                continue;
            if (for_cost)
                saved = cost > 0 ? saved / cost : HUGE_VAL;
            if (saved > best) {
                best = saved;
                who = j;
            }
        }
        if (who == nobody)
            return;
        put_in(climb, who, banned, true);
    }
}

// Takes out what does least for its cost until the rest fits, but not `kept` if it can be helped.
static void shrink(struct climb *climb, uint32_t kept)
{
    const struct planner_reduced *reduced = climb->reduced;

    while (!fits(climb, 0)) {
        double least = HUGE_VAL;
        uint32_t who = kept;

        for (uint32_t j = 0; j < reduced->count; j++)
            if (climb->chosen[j] && j != kept && reduced->cost[j] > 0) {
                const double lost = change_of(climb, j) / reduced->cost[j];

                if (lost < least || who == kept) {
                    least = lost;
                    who = j;
                }
            }
        if (!climb->chosen[who])
            return; // what is left costs nothing
        take_out(climb, who);
    }
}

static bool better(const struct climb *climb, double value)
{
    return climb->value < value - 1e-12 * climb->reduced->magnitude;
}

// One treatment's turn. True if it made the set better; else nothing has changed.
static bool turn(struct climb *climb, uint32_t j, bool for_cost)
{
    const double value = climb->value;
    const bool out = climb->chosen[j];

    climb->flip_count = 0;
    if (out) {
        take_out(climb, j);
        fill(climb, j, for_cost);
    } else {
        for (size_t i = climb->bars.start[j]; i < climb->bars.start[j + 1]; i++)
            take_out(climb, climb->bars.other[i]);
        if (!put_in(climb, j, nobody, false)) {
            take_back(climb, 0);
            return false;
        }
        shrink(climb, j);
    }
    fill(climb, nobody, for_cost);
    if (better(climb, value))
        return true;
    take_back(climb, 0);
    return false;
}

static void improve(struct climb *climb)
{
    bool improved = true;

    for (int sweep = 0; improved && sweep < SWEEPS_MOST; sweep++) {
        improved = false;
        memcpy(climb->best, climb->chosen, climb->reduced->count * sizeof *climb->best);
        start_from(climb, climb->best);
        for (uint32_t j = 0; j < climb->reduced->count; j++) {
            improved |= turn(climb, j, true);
            if (climb->chosen[j])
                improved |= turn(climb, j, false);
        }
    }
}

static void like(struct climb *climb, const double *liking)
{
    const size_t count = climb->reduced->count;

    // tenths suffice to tell what comes first, and need no sorting
    for (int tenth = 9; tenth >= 4; tenth--)
        for (uint32_t j = 0; j < count; j++)
            if (10 * liking[j] >= tenth) {
                climb->flip_count = 0;
                if (!put_in(climb, j, nobody, true))
                    take_back(climb, 0);
            }
    climb->flip_count = 0;
    fill(climb, nobody, true);
}

bool planner_climb(const struct planner_reduced *reduced, const double *liking, bool from_chosen,
                   bool *chosen)
{
    struct climb climb = {.reduced = reduced};
    bool *none = calloc(reduced->count + 1, sizeof *none);
    const bool good = climb_alloc(&climb) && none;
    const int ways = liking ? 2 : from_chosen ? 1 : 3;
    double value = HUGE_VAL;

    // from the given set; else from scratch, by saving for the cost and by saving
    for (int way = from_chosen ? 0 : 1; good && way < ways; way++) {
        start_from(&climb, way == 0 ? chosen : none);
        if (way > 0 && liking)
            like(&climb, liking);
        else
            fill(&climb, nobody, way < 2);
        improve(&climb);
        if (climb.value < value) {
            value = climb.value;
            memcpy(chosen, climb.chosen, reduced->count * sizeof *chosen);
        }
    }
    climb_free(&climb);
    free(none);
    return good;
}
