#include "treat/priced.h"

#include <string.h>

#include "simulate/snapshot_state.h"
#include "treat/valuation.h"

// Sums of a restored run that are larger were not made by one.
static const double sum_most = 0x1p96;

// Rows of all years, of which the first `done` are known; the rest is zero in a restored run.
static bool rows_pass(const struct snapshot_pass *pass, int64_t *rows, size_t count, uint64_t years,
                      uint64_t done)
{
    bool good = true;

    for (size_t row = 0; good && row < count; row++) {
        int64_t *own = rows + row * years;

        good = snapshot_bytes_pass(pass, own, done, sizeof *own);
        if (pass->restoring)
            memset(own + done, 0, (years - done) * sizeof *own);
    }
    return good;
}

static bool sums_pass(const struct snapshot_pass *pass, const struct valuation *v)
{
    const size_t units = pricing_units(v->pricing)->count;
    const size_t saved = v->priced.sums->start[units];
    bool good =
        snapshot_bytes_pass(pass, v->priced.sums->base, units, sizeof *v->priced.sums->base) &&
        snapshot_bytes_pass(pass, v->priced.sums->saved, saved, sizeof *v->priced.sums->saved);

    for (size_t u = 0; u < units; u++)
        good = good && (double)v->priced.sums->base[u] >= 0 &&
               (double)v->priced.sums->base[u] < sum_most;
    for (size_t i = 0; i < saved; i++)
        good = good && (double)v->priced.sums->saved[i] > -sum_most &&
               (double)v->priced.sums->saved[i] < sum_most;
    return good;
}

static bool figures_pass(const struct snapshot_pass *pass, const struct portfolio *portfolio,
                         struct world_figures *f)
{
    const size_t levels = portfolio->settings.quantile_count;
    const size_t periods = portfolio->settings.return_period_count;
    const size_t points = portfolio->treatments.appetite_count;

    return snapshot_bytes_pass(pass, &f->aal, 1, sizeof f->aal) &&
           snapshot_bytes_pass(pass, &f->sd, 1, sizeof f->sd) &&
           snapshot_bytes_pass(pass, f->var, levels, sizeof *f->var) &&
           snapshot_bytes_pass(pass, f->tvar, levels, sizeof *f->tvar) &&
           snapshot_bytes_pass(pass, f->aep, periods, sizeof *f->aep) &&
           snapshot_bytes_pass(pass, &f->aal_saved, 1, sizeof f->aal_saved) &&
           snapshot_bytes_pass(pass, f->var_saved, levels, sizeof *f->var_saved) &&
           snapshot_bytes_pass(pass, f->tvar_saved, levels, sizeof *f->tvar_saved) &&
           snapshot_bytes_pass(pass, f->exceeds, points, sizeof *f->exceeds) &&
           snapshot_bytes_pass(pass, f->exceeds_saved, points, sizeof *f->exceeds_saved);
}

// All but what the planner knows, which is found anew.
static bool treatment_pass(const struct snapshot_pass *pass, const struct portfolio *portfolio,
                           struct treatment_figures *f)
{
    const size_t count = portfolio->treatments.count;

    return snapshot_bytes_pass(pass, &f->cost, 1, sizeof f->cost) &&
           figures_pass(pass, portfolio, &f->alone) &&
           snapshot_bytes_pass(pass, &f->net_benefit, 1, sizeof f->net_benefit) &&
           snapshot_bytes_pass(pass, &f->rosi, 1, sizeof f->rosi) &&
           snapshot_bytes_pass(pass, &f->benefit_cost, 1, sizeof f->benefit_cost) &&
           snapshot_bytes_pass(pass, &f->cost_per_tvar, 1, sizeof f->cost_per_tvar) &&
           snapshot_bytes_pass(pass, &f->payback_probability, 1, sizeof f->payback_probability) &&
           snapshot_bytes_pass(pass, &f->rank, 1, sizeof f->rank) &&
           snapshot_bytes_pass(pass, &f->rank_lower, 1, sizeof f->rank_lower) &&
           snapshot_bytes_pass(pass, &f->rank_upper, 1, sizeof f->rank_upper) &&
           snapshot_bytes_pass(pass, &f->settling_years, 1, sizeof f->settling_years) &&
           f->rank >= 1 && f->rank <= count;
}

static bool treatments_pass(const struct snapshot_pass *pass, const struct valuation *v)
{
    const struct portfolio *portfolio = v->portfolio;
    const size_t n = portfolio->treatments.count;
    bool good = sums_pass(pass, v);

    for (size_t i = 0; good && i < n; i++)
        good = treatment_pass(pass, portfolio, &v->priced.out->treatments[i]);
    return good &&
           snapshot_bytes_pass(pass, v->priced.out->annual_loss,
                               v->priced.out->annual_loss ? n * portfolio->settings.years : 0,
                               sizeof *v->priced.out->annual_loss);
}

// The base's years net of `current` insurance: [scope][years].
static bool cover_pass(const struct snapshot_pass *pass, const struct valuation *v, int64_t *net)
{
    const uint64_t years = v->portfolio->settings.years;
    const size_t cells = v->scope_count * years;
    int64_t all = 0;

    if (!rows_pass(pass, net, v->scope_count, years, years))
        return false;
    for (size_t i = 0; pass->restoring && i < cells; i++)
        all |= net[i];
    return all >= 0;
}

// The pass in work, of which some blocks are done.
struct in_work {
    const struct valuation *valuation;
    const struct priced_pass *pass;
    uint64_t blocks;
};

// Whether every world, and last the base, has losses that are not negative.
static bool work_valid(const struct in_work *work)
{
    const struct valuation *v = work->valuation;
    const struct priced_pass *own = work->pass;
    const uint64_t years = v->portfolio->settings.years;
    bool good = true;

    for (size_t row = 0; row < (own->count + (own->ceded != NULL)) * v->scope_count; row++)
        for (uint64_t y = 0; y < years; y++) {
            const size_t at = row * years + y;
            const int64_t saved = row < own->count * v->scope_count ? own->saved[at] : 0;
            int64_t loss;

            good =
                good && !__builtin_sub_overflow(v->gross[row % v->scope_count][y], saved, &loss) &&
                !__builtin_sub_overflow(loss, own->ceded ? own->ceded[at] : 0, &loss) && loss >= 0;
        }
    return good;
}

static bool work_pass(const struct snapshot_pass *pass, const struct in_work *work)
{
    const struct valuation *v = work->valuation;
    const struct priced_pass *own = work->pass;
    const uint64_t years = v->portfolio->settings.years, done = work->blocks * BLOCK_YEARS;
    const uint64_t known = done < years ? done : years;

    return (!own->sums || sums_pass(pass, v)) &&
           rows_pass(pass, own->saved, own->count * v->scope_count, years, known) &&
           rows_pass(pass, own->ceded, own->ceded ? (own->count + 1) * v->scope_count : 0, years,
                     known) &&
           (!pass->restoring || work_valid(work));
}

// All that is behind the outcome, in the order in which a restored run takes it.
static bool rest_pass(const struct snapshot_pass *pass, void *in_work)
{
    const struct in_work *work = in_work;
    const struct valuation *v = work->valuation;
    const struct priced_pass *own = work->pass;
    bool good = true;

    if (own->phase != SNAPSHOT_COVER && v->base[0] != v->gross[0])
        good = cover_pass(pass, v, (int64_t *)(uintptr_t)v->base[0]);
    if (own->phase == SNAPSHOT_PLANS)
        good = good && treatments_pass(pass, v);
    for (size_t i = 0; good && i < own->figures_count; i++)
        good = figures_pass(pass, v->portfolio, &own->figures[i]);
    return good && work_pass(pass, work);
}

static bool range_over(void *in_work, uint32_t blocks)
{
    struct in_work *work = in_work;
    const struct valuation *v = work->valuation;
    const uint64_t each = block_count(v->portfolio->settings.years);
    struct snapshot snapshot = {
        .place = {work->pass->phase, work->pass->index * each + blocks, work->pass->passes * each},
        .outcome = (struct outcome *)(uintptr_t)v->outcome, // saving does not change it
        .rest = rest_pass,
        .state = work};

    work->blocks = blocks;
    return v->priced.keeper->range_over(v->priced.keeper->keeper, &snapshot);
}

// ---- what a restored run takes

static bool restores(const struct valuation *v)
{
    return v->priced.keeper && v->priced.keeper->restore;
}

static struct snapshot_pass restoring(const struct valuation *v)
{
    return (struct snapshot_pass){v->priced.keeper->restore, v->priced.keeper->context, true};
}

static bool taken_or_told(bool good, struct diagnostics *d)
{
    if (!good)
        diagnostics_add(d, NULL, "the checkpoint cannot be restored");
    return good;
}

bool priced_beyond(const struct valuation *v, enum snapshot_phase phase)
{
    return restores(v) && v->priced.keeper->start.phase > phase;
}

bool priced_take_cover(const struct valuation *v, int64_t *net, struct diagnostics *d)
{
    const struct snapshot_pass pass = restoring(v);

    return taken_or_told(cover_pass(&pass, v, net), d);
}

bool priced_take_treatments(const struct valuation *v, struct diagnostics *d)
{
    const struct snapshot_pass pass = restoring(v);

    return taken_or_told(treatments_pass(&pass, v), d);
}

// The pass in which a restored run stands, and how many of its blocks are done: at least one.
static bool place_find(const struct valuation *v, enum snapshot_phase phase, uint64_t *index,
                       uint64_t *blocks)
{
    const uint64_t each = block_count(v->portfolio->settings.years);

    if (!restores(v) || v->priced.keeper->start.phase != (uint32_t)phase ||
        v->priced.keeper->start.next == 0)
        return false;
    *index = (v->priced.keeper->start.next - 1) / each;
    *blocks = v->priced.keeper->start.next - *index * each;
    return true;
}

bool priced_take_plans(const struct valuation *v, size_t room, struct world_figures *figures,
                       size_t count, size_t *taken, struct diagnostics *d)
{
    uint64_t index, blocks;
    bool good = true;

    *taken = 0;
    if (!place_find(v, SNAPSHOT_PLANS, &index, &blocks))
        return true;

    const struct snapshot_pass pass = restoring(v);

    good = index <= count / room;
    for (; good && *taken < index * room; ++*taken)
        good = *taken < count && figures_pass(&pass, v->portfolio, &figures[*taken]);
    return taken_or_told(good, d);
}

bool priced_run(const struct valuation *v, const struct priced_pass *pass, struct diagnostics *d)
{
    struct in_work work = {.valuation = v, .pass = pass};
    struct pricing_ranges ranges = {.over = range_over, .context = &work};
    uint64_t index;

    ranges.shortest = v->priced.keeper && v->priced.keeper->shortest;
    if (place_find(v, pass->phase, &index, &work.blocks) && index == pass->index) {
        const struct snapshot_pass from = restoring(v);

        if (!taken_or_told(work_pass(&from, &work), d))
            return false;
        ranges.first = (uint32_t)work.blocks;
    }
    return pricing_run(v->pricing, pass->worlds, pass->count, v->threads, v->progress, pass->saved,
                       pass->ceded, pass->sums, v->priced.keeper ? &ranges : NULL, d);
}
