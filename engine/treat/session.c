#include "treat/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "treat/alone.h"
#include "treat/plans.h"

// TVaR ranks at this level, or the nearest below it that the study asks for.
static const double ranking_level = 0.99;

struct treat_session {
    struct valuation valuation;
    struct pricing_sums sums;
    struct treatment_outcome *out;
    struct progress progress;
};

static size_t level_choose(const struct settings *settings)
{
    size_t level = 0;

    for (size_t l = 0; l < settings->quantile_count; l++)
        if (settings->quantiles[l] <= ranking_level + 1e-12)
            level = l;
    return level;
}

static bool base_fill(const struct valuation *v, struct treatment_outcome *out)
{
    const struct portfolio *portfolio = v->portfolio;
    const struct world_years base = {v->base, &v->ordered};
    const size_t points = portfolio->treatments.appetite_count;

    out->appetite = arena_alloc(&out->arena, points + 1, sizeof *out->appetite);
    if (!out->appetite || !world_figures_alloc(portfolio, &out->arena, &out->base) ||
        !world_figures_fill(portfolio, &base, &base, v->scope_of, v->infinite, &out->base))
        return false;
    for (size_t a = 0; a < points; a++)
        out->appetite[a] = appetite_judge(out->base.exceeds[a], portfolio->settings.years,
                                          portfolio->treatments.appetite[a].probability);
    return true;
}

// The base's own years, where insurance makes them others than the run's.
static bool net_keep(const struct valuation *v, struct treatment_outcome *out,
                     struct diagnostics *d)
{
    const uint64_t years = v->portfolio->settings.years;

    out->net_loss = arena_alloc(&out->arena, years, sizeof *out->net_loss);
    if (out->net_loss)
        memcpy(out->net_loss, v->base[0], years * sizeof *out->net_loss);
    else
        diagnostics_fail(d, NULL, "out of memory while applying the insurance");
    return out->net_loss != NULL;
}

struct treat_session *treat_session_new(const struct portfolio *portfolio,
                                        const struct scenario_plans *plans,
                                        const struct outcome *outcome, int threads,
                                        const struct snapshot_keeper *keeper,
                                        simulate_progress *tell, void *context,
                                        struct treatment_outcome *out, struct diagnostics *d)
{
    struct treat_session *s = calloc(1, sizeof *s);
    struct priced priced;
    struct valuation *v;
    bool good;

    *out = (struct treatment_outcome){.portfolio = portfolio,
                                      .level = level_choose(&portfolio->settings)};
    if (!s) {
        diagnostics_fail(d, NULL, "out of memory while preparing the treatments");
        return NULL;
    }
    v = &s->valuation;
    s->out = out;
    s->progress =
        (struct progress){.tell = tell, .context = context, .phase = "pricing treatments", .to = 1};
    priced = (struct priced){.keeper = keeper, .sums = &s->sums, .out = out};
    good = valuation_make(portfolio, plans, outcome, threads, &priced, &s->progress, v, d);
    if (good) {
        out->treatments =
            arena_alloc(&out->arena, portfolio->treatments.count + 1, sizeof *out->treatments);
        good = out->treatments && base_fill(v, out) &&
               pricing_sums_make(v->pricing, &v->arena, &s->sums);
        if (!good)
            diagnostics_fail(d, NULL, "out of memory while preparing the treatments");
    }
    if (good && v->base[0] != v->gross[0])
        good = net_keep(v, out, d);
    if (good && portfolio->treatments.count > 0)
        good = treatments_price(v, &s->sums, out, d);
    s->progress.phase = "planning";
    if (good)
        return s;
    treat_session_free(s);
    return NULL;
}

void treat_session_free(struct treat_session *session)
{
    if (session)
        valuation_free(&session->valuation);
    free(session);
}

bool treat_session_frontier(struct treat_session *session, struct diagnostics *d)
{
    return plans_make(&session->valuation, &session->sums, session->out, d);
}

bool treat_session_shares(struct treat_session *session, struct diagnostics *d)
{
    struct arena scratch = {0};
    struct portfolio_problem problem;
    const bool good =
        shares_fill(&session->valuation, &session->sums, session->out, &scratch, &problem, d);

    arena_free(&scratch);
    return good;
}

bool treat_session_rank(struct treat_session *session, enum ranking_by by, struct ranked *ranked,
                        struct diagnostics *d)
{
    const uint64_t years = session->out->portfolio->settings.years;

    if (!session->out->annual_loss)
        diagnostics_add(d, NULL,
                        "too many treatments x years to rank anew: the file has the ranks "
                        "by the study's objective");
    else if (treatments_rank(&session->valuation, session->out, by, session->out->annual_loss,
                             years, ranked))
        return true;
    else
        diagnostics_fail(d, NULL, "out of memory while ranking the treatments");
    return false;
}

// Base less world, of two worlds that are both worlds: paired errors need a pass of their own.
static bool between(const struct valuation *v, const int64_t *with, const int64_t *without,
                    size_t level, struct reduction *aal, struct reduction *tvar)
{
    struct arena arena = {0};
    struct world_figures figures = {0};
    const int64_t **with_rows = malloc(v->scope_count * sizeof *with_rows);
    const int64_t **without_rows = malloc(v->scope_count * sizeof *without_rows);
    const struct world_years x = {without_rows, NULL}, y = {with_rows, NULL};
    bool good = with_rows && without_rows && world_figures_alloc(v->portfolio, &arena, &figures);

    for (size_t s = 0; good && s < v->scope_count; s++) {
        with_rows[s] = with + s * v->portfolio->settings.years;
        without_rows[s] = without + s * v->portfolio->settings.years;
    }
    good = good && world_figures_fill(v->portfolio, &x, &y, v->scope_of, v->infinite, &figures);
    if (good) {
        *aal = figures.aal_saved;
        *tvar = figures.tvar_saved[level];
    }
    free(with_rows);
    free(without_rows);
    arena_free(&arena);
    return good;
}

// What the unit's sums say of a treatment; 0 where it does not touch the unit.
static __int128 unit_saved(const struct treat_session *session, size_t u, uint32_t treatment)
{
    const struct unit *unit = &pricing_units(session->valuation.pricing)->units[u];

    for (size_t local = 0; local < unit->treatment_count; local++)
        if (unit->treatments[local] == treatment)
            return session->sums.saved[session->sums.start[u] + local];
    return 0;
}

bool treat_session_dominates(const struct treat_session *session, uint32_t b, uint32_t a)
{
    const struct treatments *t = &session->out->portfolio->treatments;
    const struct treatment_cost *x = &session->out->treatments[b].cost;
    const struct treatment_cost *y = &session->out->treatments[a].cost;
    const size_t units = pricing_units(session->valuation.pricing)->count;
    bool more = x->first_year < y->first_year || x->annualised < y->annualised, any = false;

    if (a == b || t->rows[b].requires_count > 0 || t->rows[b].state == TREATMENT_FORBIDDEN ||
        x->first_year > y->first_year || x->annualised > y->annualised)
        return false;
    for (size_t u = 0; u < units; u++) {
        const __int128 of_b = unit_saved(session, u, b), of_a = unit_saved(session, u, a);

        if (of_b < of_a)
            return false;
        more = more || of_b > of_a;
        any = any || of_a > 0;
    }
    return more && any;
}

static bool is_in_full(const struct treatment *t)
{
    return t->state != TREATMENT_FORBIDDEN && t->state != TREATMENT_EXISTING;
}

bool treat_session_last_in(struct treat_session *session, struct reduction *saved_aal,
                           struct reduction *saved_tvar, struct diagnostics *d)
{
    const struct valuation *v = &session->valuation;
    const struct treatments *t = &v->portfolio->treatments;
    const uint64_t years = v->portfolio->settings.years;
    const size_t row = v->scope_count * years, most = valuation_most(v);
    const size_t room = (t->count + 1 < most ? t->count + 1 : most > 1 ? most : 2) - 1;
    uint32_t *members = malloc((t->count + 1) * (room + 1) * sizeof *members);
    struct world *worlds = calloc(room + 1, sizeof *worlds);
    uint32_t *left_out = malloc((room + 1) * sizeof *left_out);
    int64_t *loss = malloc((room + 1) * row * sizeof *loss);
    bool good = members && worlds && left_out && loss;

    if (!good)
        diagnostics_fail(d, NULL, "out of memory while valuing treatments as the last one");
    for (uint32_t next = 0; good && next < t->count;) {
        size_t n = 1; // world 0 is the full one

        left_out[0] = NO_ROW;
        for (; next < t->count && n <= room; next++) {
            saved_aal[next] = saved_tvar[next] = (struct reduction){NAN, NAN};
            if (is_in_full(&t->rows[next]))
                left_out[n++] = next;
        }
        for (size_t w = 0; w < n; w++) {
            uint32_t *own = members + w * (t->count + 1);

            worlds[w] = (struct world){0, own};
            for (uint32_t i = 0; i < t->count; i++)
                if (is_in_full(&t->rows[i]) && i != left_out[w])
                    own[worlds[w].count++] = i;
        }
        good = valuation_years(v, &(struct priced_pass){.worlds = worlds, .count = n}, loss, d);
        for (size_t w = 1; good && w < n; w++) {
            good = between(v, loss, loss + w * row, session->out->level, &saved_aal[left_out[w]],
                           &saved_tvar[left_out[w]]);
            if (!good)
                diagnostics_fail(d, NULL, "out of memory while valuing treatments as the last one");
        }
    }
    free(members);
    free(worlds);
    free(left_out);
    free(loss);
    return good;
}

bool treat_session_plan(struct treat_session *session, const struct plan_request *request,
                        struct plan_answer *answer, struct diagnostics *d)
{
    return plan_find(&session->valuation, &session->sums, session->out, request, answer, d);
}
