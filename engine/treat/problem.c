#include "treat/problem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random/elementary.h"

// Distinct sets of asset selectors that reach assets of one scenario; more share the last one.
enum { SIGNATURES_MAX = 256 };

// A block that no year reaches: draws of whole problems stand apart from those of years.
#define DRAW_BLOCK UINT32_MAX

struct builder {
    const struct problem_source *source;
    const struct portfolio *portfolio;
    struct arena *arena;
    struct portfolio_problem *out;
    size_t term_room;
    struct planner_term *terms;
    // of the unit and part in work
    const struct unit *unit;
    size_t unit_index;
    const struct unit_part *part;
    enum planner_state *state; // [treatment]
    double touched;            // weights of all terms
    double *sampled_keep;      // [local]: NaN where the treatment multiplies
    double *hits_saved;        // [local]: of the hits of a shared event, by their terms
};

// What is uncertain: its mean, or a draw.
static double figure(const struct problem_source *source, const struct distribution *law,
                     double otherwise, uint64_t key, enum purpose purpose)
{
    uint64_t index[EVENT_BATCH] = {source->draw}; // vectors are read behind the first
    double value[EVENT_BATCH];

    if (!law)
        return otherwise;
    if (source->draw == 0)
        return distribution_mean(law);
    law_fill(law, key, DRAW_BLOCK, purpose, 0, 1, index, value);
    return value[0];
}

static bool multiplies(const struct unit_row *row)
{
    return row->effect->operation == OPERATION_MULTIPLY && row->effect->factor != FACTOR_RESISTANCE;
}

// Whether the row changes what is lost in the slot.
static bool concerns(const struct unit_row *row, int slot)
{
    if (row->effect->factor == FACTOR_LOSS)
        return row->effect->slots >> slot & 1;
    if (row->effect->factor == FACTOR_SECONDARY_PROBABILITY)
        return slot >= LOSS_FORMS;
    return true;
}

// The mean of what the rows leave together where `u` is the treatment's coverage uniform and `v`
// that of its reliability.
static double kept_at(const struct problem_source *source, const struct unit_row *const *rows,
                      size_t n, double u, double v)
{
    double kept = 1;

    for (size_t i = 0; i < n; i++)
        if (u <= rows[i]->effect->coverage && v <= rows[i]->effect->reliability)
            kept *= figure(source, rows[i]->amount.law, rows[i]->amount.constant, rows[i]->key,
                           PURPOSE_EFFECT);
    return kept;
}

// The next larger coverage (or reliability) of the rows behind `from`, 1 at the end.
static double next_step(const struct unit_row *const *rows, size_t n, bool coverage, double from)
{
    double next = 1;

    for (size_t i = 0; i < n; i++) {
        const double step = coverage ? rows[i]->effect->coverage : rows[i]->effect->reliability;

        if (step > from)
            next = fmin(next, step);
    }
    return next;
}

// Mean over both uniforms: constant between the rows' own figures.
static double kept_mean(const struct problem_source *source, const struct unit_row *const *rows,
                        size_t n)
{
    double mean = 0;

    for (double u = 0; u < 1;) {
        const double u_next = next_step(rows, n, true, u);

        for (double v = 0; v < 1;) {
            const double v_next = next_step(rows, n, false, v);

            mean += (u_next - u) * (v_next - v) * kept_at(source, rows, n, u_next, v_next);
            v = v_next;
        }
        u = u_next;
    }
    return mean;
}

static bool term_add(struct builder *b, double weight, size_t n, const uint32_t *treatment,
                     const double *strength)
{
    struct planner_problem *p = &b->out->problem;
    uint32_t *who = arena_alloc(b->arena, n + 1, sizeof *who);
    double *how = arena_alloc(b->arena, n + 1, sizeof *how);

    if (!who || !how)
        return false;
    if (p->term_count == b->term_room) {
        const size_t room = 2 * b->term_room + 256;
        struct planner_term *terms = realloc(b->terms, room * sizeof *terms);

        if (!terms)
            return false;
        b->terms = terms;
        b->term_room = room;
    }
    memcpy(who, treatment, n * sizeof *who);
    memcpy(how, strength, n * sizeof *how);
    b->terms[p->term_count++] = (struct planner_term){weight, n, who, how};
    return true;
}

// One slot of the part, on the assets that have the signature: bit i of it says whether the i-th
// row with an asset selector reaches them.
static bool slot_term(struct builder *b, int slot, double weight, uint64_t signature)
{
    const struct unit_part *part = b->part;
    const struct unit_row **rows;
    uint32_t *treatment;
    double *strength;
    size_t n = 0;
    bool good;

    if (!(weight > 0))
        return true;
    rows = malloc((part->row_count + 1) * sizeof *rows);
    treatment = malloc((b->unit->treatment_count + 1) * sizeof *treatment);
    strength = malloc((b->unit->treatment_count + 1) * sizeof *strength);
    good = rows && treatment && strength;
    for (uint32_t local = 0; good && local < b->unit->treatment_count; local++) {
        double kept = b->sampled_keep[local];
        size_t count = 0, selector = 0;

        for (size_t r = 0; r < part->row_count; r++) {
            const struct unit_row *row = &part->rows[r];
            const bool reaches =
                !row->effect->assets || selector >= 64 || (signature >> selector & 1);

            selector += row->effect->assets != NULL;
            if (row->local == local && reaches && concerns(row, slot))
                rows[count++] = row;
        }
        if (isnan(kept))
            kept = count > 0 ? kept_mean(b->source, rows, count) : 1;
        if (b->portfolio->treatments.rows[b->unit->treatments[local]].state == TREATMENT_EXISTING) {
            weight *= kept;
            continue;
        }
        if (kept == 1)
            continue;
        treatment[n] = b->unit->treatments[local];
        strength[n++] = kept > 0 ? -elementary_log(kept) : HUGE_VAL;
    }
    b->touched += weight;
    good = good && term_add(b, weight, n, treatment, strength);
    free(rows);
    free(treatment);
    free(strength);
    return good;
}

static bool slots_add(struct builder *b, const struct severity_plan *severity, double aal,
                      uint64_t signature)
{
    double mean[STAGES * LOSS_FORMS], sum = 0;

    severity_plan_slot_means(severity, mean);
    for (int slot = 0; slot < STAGES * LOSS_FORMS; slot++)
        sum += mean[slot];
    for (int slot = 0; sum > 0 && slot < STAGES * LOSS_FORMS; slot++)
        if (!slot_term(b, slot, aal * mean[slot] / sum, signature))
            return false;
    return true;
}

static uint64_t signature_of(const struct unit_part *part, uint32_t asset)
{
    uint64_t signature = 0;
    size_t selector = 0;

    for (size_t r = 0; r < part->row_count && selector < 64; r++) {
        const uint64_t *assets = part->rows[r].effect->assets;

        if (!assets)
            continue;
        if (assets[asset / 64] >> asset % 64 & 1)
            signature |= UINT64_C(1) << selector;
        selector++;
    }
    return signature;
}

// A scenario's assets by what reaches them.
static bool scenario_terms(struct builder *b, const struct scenario_plan *plan, double scale)
{
    const struct selection *selection = plan->scenario->selection;
    uint64_t signature[SIGNATURES_MAX];
    double aal[SIGNATURES_MAX];
    size_t n = 0;
    bool selectors = false;

    for (size_t r = 0; r < b->part->row_count; r++)
        selectors = selectors || b->part->rows[r].effect->assets;
    if (!selectors)
        return slots_add(b, &plan->severity, plan->aal_exact * scale, 0);
    for (size_t i = 0; i < selection->count; i++) {
        const uint64_t own = signature_of(b->part, selection->assets[i]);
        size_t at = 0;

        while (at < n && signature[at] != own)
            at++;
        if (at == n && n < SIGNATURES_MAX) {
            signature[n] = own;
            aal[n++] = 0;
        }
        at = at < SIGNATURES_MAX ? at : SIGNATURES_MAX - 1;
        aal[at] += scenario_plan_asset_aal(plan, i) * scale;
    }
    for (size_t at = 0; at < n; at++)
        if (!slots_add(b, &plan->severity, aal[at], signature[at]))
            return false;
    return true;
}

static void sampled_find(struct builder *b, double aal)
{
    const struct unit *unit = b->unit;

    for (uint32_t local = 0; local < unit->treatment_count; local++) {
        bool product = true, overlaps = false;

        for (size_t p = 0; p < unit->part_count; p++)
            for (size_t r = 0; r < unit->parts[p].row_count; r++) {
                const struct unit_row *row = &unit->parts[p].rows[r];

                if (row->local != local)
                    continue;
                product = product && multiplies(row);
                overlaps = overlaps || row->effect->overlap != NO_ROW;
            }
        b->sampled_keep[local] = NAN;
        if (!product && aal > 0) {
            const double saved = b->source->saving(b->source->context, b->unit_index, local);

            // an existing one's absence saves less than nothing
            b->sampled_keep[local] = saved < 0 ? aal / (aal - saved) : fmax(1 - saved / aal, 0);
        }
        if (!product || overlaps)
            b->out->modelled[unit->treatments[local]] = true;
    }
}

// Whether the row takes hits away, one by one.
static bool thins_hits(const struct unit_part *part, const struct unit_row *row)
{
    return part->plan && !row->occurrence && row->effect->factor != FACTOR_LOSS &&
           row->effect->factor != FACTOR_SECONDARY_PROBABILITY;
}

// What each treatment saves of the hits whose terms begin at `first`, of weights `scale` x AAL.
static void hits_saved_add(struct builder *b, size_t first, double scale)
{
    const struct unit *unit = b->unit;

    for (uint32_t local = 0; scale > 0 && local < unit->treatment_count; local++)
        for (size_t k = first; k < b->out->problem.term_count; k++)
            for (size_t i = 0; i < b->terms[k].count; i++)
                if (b->terms[k].treatment[i] == unit->treatments[local])
                    b->hits_saved[local] +=
                        b->terms[k].weight / scale * -elementary_expm1(-b->terms[k].strength[i]);
}

// An occurrence that hits nothing any more costs nothing itself: what a treatment of its hits
// leaves of that is what it saves, as simulated, beyond what it saves of the hits. Where existing
// treatments have changed the hits, it is what it leaves of the whole.
static void own_sampled_find(struct builder *b, double own)
{
    const struct unit *unit = b->unit;
    const double whole = b->source->base_aal[b->unit_index];

    for (uint32_t local = 0; own > 0 && local < unit->treatment_count; local++) {
        const double saved = b->source->saving(b->source->context, b->unit_index, local);
        bool thins = false;

        for (size_t p = 0; p < unit->part_count; p++)
            for (size_t r = 0; r < unit->parts[p].row_count; r++)
                thins = thins || (unit->parts[p].rows[r].local == local &&
                                  thins_hits(&unit->parts[p], &unit->parts[p].rows[r]));
        if (!thins || !isnan(b->sampled_keep[local]))
            continue;
        if (!unit->existing)
            b->sampled_keep[local] = fmin(fmax(1 - (saved - b->hits_saved[local]) / own, 0), 1);
        else if (whole > 0)
            b->sampled_keep[local] =
                saved < 0 ? whole / (whole - saved) : fmax(1 - saved / whole, 0);
        b->out->modelled[unit->treatments[local]] = true;
    }
}

// How the draw's frequency compares with the mean.
static double frequency_scale(const struct problem_source *source, const struct unit *unit,
                              const struct scenario_plan *plan)
{
    const struct rate *rate = unit->event ? &unit->event->rate : &plan->rate;
    const double mean = yearly_mean(&rate->frequency);

    return mean > 0 ? figure(source, rate->frequency.law, mean, rate->key, PURPOSE_FREQUENCY) / mean
                    : 1;
}

// What a part's AAL is to be multiplied by to become its contribution to the TVaR.
static double tail_scale(const struct problem_source *source, const struct event_plan *event,
                         const struct scenario_plan *plan, double aal)
{
    const struct outcome *tail = source->tail;
    double contribution;

    if (!tail)
        return 1;
    contribution = plan ? tail->scenarios[plan->scenario - source->portfolio->scenarios]
                              .tvar_contribution[source->level]
                        : tail->events[event->event - source->portfolio->events]
                              .own_tvar_contribution[source->level];
    return aal > 0 ? contribution / aal : 0;
}

// Adds the exact AAL of the unit's own streams, before existing treatments, to `stream`.
static bool unit_terms(struct builder *b, double *stream)
{
    const struct unit *unit = b->unit;
    const double sampled = b->source->base_aal[b->unit_index];
    size_t first = b->out->problem.term_count;
    double exact = 0;
    bool good = true;

    for (size_t p = 0; p < unit->part_count; p++)
        exact += unit->parts[p].plan  ? unit->parts[p].plan->aal_exact
                 : unit->event->costs ? unit->event->own_aal_exact
                                      : 0;
    memset(b->hits_saved, 0, unit->treatment_count * sizeof *b->hits_saved);
    sampled_find(b, isfinite(exact) && !unit->existing ? exact : sampled);
    for (size_t p = 0; good && p < unit->part_count; p++) {
        const struct scenario_plan *plan = unit->parts[p].plan;

        b->part = &unit->parts[p];
        if (plan && isfinite(plan->aal_exact)) {
            const double scale = tail_scale(b->source, unit->event, plan, plan->aal_exact);
            const double drawn = frequency_scale(b->source, unit, plan);

            good = scenario_terms(b, plan, drawn * scale);
            hits_saved_add(b, first, drawn * scale);
            first = b->out->problem.term_count;
            *stream += plan->aal_exact * scale;
        } else if (!plan && unit->event->costs) {
            const double own = isfinite(unit->event->own_aal_exact) ? unit->event->own_aal_exact
                                                                    : fmax(sampled - exact, 0);

            const double scale = isfinite(own) ? tail_scale(b->source, unit->event, NULL, own) : 0;

            own_sampled_find(b, isfinite(own) ? own : 0);
            good = slots_add(b, &unit->event->severity, isfinite(own) ? own * scale : 0, 0);
            *stream += isfinite(own) ? own * scale : 0;
        }
    }
    return good;
}

static bool rules_fill(struct builder *b)
{
    const struct treatments *t = &b->portfolio->treatments;
    struct planner_problem *p = &b->out->problem;
    double *cost = arena_alloc(b->arena, t->count + 1, sizeof *cost);
    double *charge = arena_alloc(b->arena, t->count + 1, sizeof *charge);
    enum planner_state *state = arena_alloc(b->arena, t->count + 1, sizeof *state);
    struct planner_pair *requires, *excludes;
    size_t requires_count = 0, excludes_count = 0;

    for (size_t i = 0; i < t->count; i++) {
        requires_count += t->rows[i].requires_count;
        excludes_count += t->rows[i].excludes_count;
    }
    requires = arena_alloc(b->arena, requires_count + 1, sizeof *requires);
    excludes = arena_alloc(b->arena, excludes_count + 1, sizeof *excludes);
    if (!cost || !charge || !state || !requires || !excludes)
        return false;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct treatment *row = &t->rows[i];
        const uint64_t key =
            address_key(b->portfolio->settings.seed, row->id_hash, 0, PURPOSE_TREATMENT);
        const double upfront = figure(b->source, row->cost_upfront, 0, key, PURPOSE_COST);
        const double annual = figure(b->source, row->cost_annual, 0, key, PURPOSE_COST_ANNUAL);
        const double annualised = treatment_cost_annualised(row, &t->settings, upfront, annual);

        cost[i] = t->settings.budget_basis == BUDGET_FIRST_YEAR ? upfront + annual : annualised;
        charge[i] = b->source->objective == OBJECTIVE_NET_BENEFIT ? annualised : 0;
        state[i] = row->state == TREATMENT_CANDIDATE ? PLANNER_FREE
                   : row->state == TREATMENT_EXISTING || row->state == TREATMENT_FORBIDDEN
                       ? PLANNER_REFUSED
                       : PLANNER_CHOSEN;
        for (size_t k = 0; k < row->requires_count; k++) {
            // what exists is there
            if (t->rows[row->requires[k]].state != TREATMENT_EXISTING)
            requires[p->requires_count++] = (struct planner_pair){i, row->requires[k]};
        }
        for (size_t k = 0; k < row->excludes_count; k++) {
            if (row->excludes[k] > i)
                excludes[p->excludes_count++] = (struct planner_pair){i, row->excludes[k]};
            if (t->rows[row->excludes[k]].state == TREATMENT_EXISTING)
                state[i] = PLANNER_REFUSED;
        }
    }
    p->count = t->count;
    p->cost = cost;
    p->charge = charge;
    p->state = b->state = state;
    p->requires = requires;
    p->excludes = excludes;
    return true;
}

// Insurance leaves the same share of every term.
static bool insurance_add(struct builder *b, double aal)
{
    const struct treatments *t = &b->portfolio->treatments;
    struct planner_problem *p = &b->out->problem;

    for (uint32_t i = 0; i < t->count; i++) {
        bool insures = false;
        double kept = aal > 0 ? fmax(1 - b->source->alone_saved[i] / aal, 0) : 1;

        for (size_t l = 0; l < t->layer_count; l++)
            insures = insures || t->layers[l].treatment == i;
        b->out->modelled[i] = b->out->modelled[i] || insures;
        if (!insures || kept >= 1)
            continue;
        for (size_t k = 0; k < p->term_count; k++) {
            struct planner_term *term = &b->terms[k];
            uint32_t *who = arena_alloc(b->arena, term->count + 1, sizeof *who);
            double *how = arena_alloc(b->arena, term->count + 1, sizeof *how);
            size_t at = 0;

            if (!who || !how)
                return false;
            while (at < term->count && term->treatment[at] < i)
                at++;
            memcpy(who, term->treatment, at * sizeof *who);
            memcpy(how, term->strength, at * sizeof *how);
            who[at] = i;
            how[at] = kept > 0 ? -elementary_log(kept) : HUGE_VAL;
            memcpy(who + at + 1, term->treatment + at, (term->count - at) * sizeof *who);
            memcpy(how + at + 1, term->strength + at, (term->count - at) * sizeof *how);
            term->treatment = who;
            term->strength = how;
            term->count++;
        }
    }
    return true;
}

static int compare_terms(const void *a, const void *b)
{
    const struct planner_term *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? -1 : 1;
    for (size_t i = 0; i < x->count; i++) {
        if (x->treatment[i] != y->treatment[i])
            return x->treatment[i] < y->treatment[i] ? -1 : 1;
        if (x->strength[i] != y->strength[i])
            return x->strength[i] < y->strength[i] ? -1 : 1;
    }
    return x->weight < y->weight ? -1 : x->weight > y->weight;
}

// Terms of equal treatments and strengths become one; what nothing touches is constant.
static bool terms_finish(struct builder *b)
{
    struct planner_problem *p = &b->out->problem;
    struct planner_term *kept;
    size_t n = 0;

    if (p->term_count > 1)
        qsort(b->terms, p->term_count, sizeof *b->terms, compare_terms);
    kept = arena_alloc(b->arena, p->term_count + 1, sizeof *kept);
    if (!kept)
        return false;
    for (size_t i = 0; i < p->term_count; i++) {
        struct planner_term same = b->terms[i];

        if (same.count == 0) {
            p->constant += same.weight;
            continue;
        }
        if (n > 0) {
            same.weight = kept[n - 1].weight;
            if (compare_terms(&kept[n - 1], &same) == 0) {
                kept[n - 1].weight += b->terms[i].weight;
                continue;
            }
        }
        kept[n++] = b->terms[i];
    }
    p->terms = kept;
    p->term_count = n;
    return true;
}

// What changes nothing, and what nothing needs, is in no plan.
static void idle_refuse(struct builder *b)
{
    enum planner_state *state = b->state;
    const struct planner_problem *p = &b->out->problem;
    bool *useful = b->out->useful;

    for (size_t k = 0; k < p->term_count; k++)
        for (size_t i = 0; i < p->terms[k].count; i++)
            useful[p->terms[k].treatment[i]] = true;
    for (size_t k = 0; k < p->requires_count; k++)
        useful[p->requires[k].b] = true;
    for (size_t i = 0; i < p->count; i++)
        if (state[i] == PLANNER_FREE && !useful[i])
            state[i] = PLANNER_REFUSED;
}

static void alone_fill(struct builder *b, double aal)
{
    const struct planner_problem *p = &b->out->problem;

    for (size_t i = 0; i < p->count; i++)
        b->out->aal_kept[i] = aal;
    for (size_t k = 0; k < p->term_count; k++)
        for (size_t i = 0; i < p->terms[k].count; i++)
            b->out->aal_kept[p->terms[k].treatment[i]] -=
                p->terms[k].weight * -elementary_expm1(-p->terms[k].strength[i]);
}

bool problem_make(const struct problem_source *source, struct arena *arena,
                  struct portfolio_problem *problem)
{
    const struct scenario_plans *plans = source->plans;
    struct builder b = {
        .source = source, .portfolio = source->portfolio, .arena = arena, .out = problem};
    const size_t n = b.portfolio->treatments.count;
    double streams = 0, all = 0;
    bool good;

    *problem = (struct portfolio_problem){0};
    problem->modelled = arena_alloc(arena, n + 1, sizeof *problem->modelled);
    problem->useful = arena_alloc(arena, n + 1, sizeof *problem->useful);
    problem->aal_kept = arena_alloc(arena, n + 1, sizeof *problem->aal_kept);
    b.sampled_keep = malloc((n + 1) * sizeof *b.sampled_keep);
    b.hits_saved = malloc((n + 1) * sizeof *b.hits_saved);
    good =
        problem->modelled && problem->useful && problem->aal_kept && b.sampled_keep && b.hits_saved;
    for (b.unit_index = 0; good && b.unit_index < source->units->count; b.unit_index++) {
        b.unit = &source->units->units[b.unit_index];
        good = unit_terms(&b, &streams);
    }
    for (size_t s = 0; s < plans->count; s++) {
        const double aal = plans->plans[s].aal_exact;

        all += isfinite(aal) ? aal * tail_scale(source, NULL, &plans->plans[s], aal) : 0;
    }
    for (size_t e = 0; e < plans->event_count; e++) {
        const double aal = plans->events[e].own_aal_exact;

        all +=
            isfinite(aal) && aal > 0 ? aal * tail_scale(source, &plans->events[e], NULL, aal) : 0;
    }
    problem->problem.constant = fmax(all - streams, 0);
    problem->aal = problem->problem.constant + b.touched;
    good = good && rules_fill(&b) && insurance_add(&b, problem->aal) && terms_finish(&b);
    if (good) {
        idle_refuse(&b);
        alone_fill(&b, problem->aal);
    }
    free(b.terms);
    free(b.sampled_keep);
    free(b.hits_saved);
    return good;
}

// Gauss and Legendre's rule on [0, 1] with 16 nodes is exact to degree 31 (DLMF 3.5(v)); products
// of more factors are as smooth as exp(-c t), for which it is exact to rounding as long as c < 20.
static const double legendre_node[8] = {0.0950125098376374, 0.2816035507792589, 0.4580167776572274,
                                        0.6178762444026438, 0.7554044083550030, 0.8656312023878318,
                                        0.9445750230732326, 0.9894009349916499};
static const double legendre_weight[8] = {
    0.1894506104550685, 0.1826034150449236, 0.1691565193950025, 0.1495959888165767,
    0.1246289712555339, 0.0951585116824928, 0.0622535239386479, 0.0271524594117541};

static void term_shares(const struct planner_problem *problem, const struct planner_term *term,
                        double t, double weight, double *share)
{
    double all = weight * term->weight;

    for (size_t i = 0; i < term->count; i++) {
        const double taken = -elementary_expm1(-term->strength[i]);

        all *= problem->state[term->treatment[i]] == PLANNER_REFUSED ? 1 : 1 - t * taken;
    }
    for (size_t i = 0; i < term->count; i++) {
        const double taken = -elementary_expm1(-term->strength[i]);

        if (problem->state[term->treatment[i]] != PLANNER_REFUSED)
            share[term->treatment[i]] += all * taken / (1 - t * taken); // t < 1: no division by 0
    }
}

void problem_shapley(const struct planner_problem *problem, double *share)
{
    memset(share, 0, problem->count * sizeof *share);
    for (size_t k = 0; k < problem->term_count; k++)
        for (int i = 0; i < 8; i++) {
            term_shares(problem, &problem->terms[k], (1 - legendre_node[i]) / 2,
                        legendre_weight[i] / 2, share);
            term_shares(problem, &problem->terms[k], (1 + legendre_node[i]) / 2,
                        legendre_weight[i] / 2, share);
        }
}
