#include "treat/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random/special.h"

const char *const verdict_names[VERDICTS] = {"within", "undecided", "breached"};

// Half of the 5 % outside an interval, and its normal score.
static const double side = 0.025, side_score = 1.959963984540054;

bool world_figures_alloc(const struct portfolio *portfolio, struct arena *arena,
                         struct world_figures *f)
{
    const size_t levels = portfolio->settings.quantile_count;
    const size_t points = portfolio->treatments.appetite_count;

    f->var = arena_alloc(arena, levels + 1, sizeof *f->var);
    f->tvar = arena_alloc(arena, levels + 1, sizeof *f->tvar);
    f->var_saved = arena_alloc(arena, levels + 1, sizeof *f->var_saved);
    f->tvar_saved = arena_alloc(arena, levels + 1, sizeof *f->tvar_saved);
    f->exceeds = arena_alloc(arena, points + 1, sizeof *f->exceeds);
    f->exceeds_saved = arena_alloc(arena, points + 1, sizeof *f->exceeds_saved);
    f->aep = arena_alloc(arena, portfolio->settings.return_period_count + 1, sizeof *f->aep);
    return f->aep && f->var && f->tvar && f->var_saved && f->tvar_saved && f->exceeds &&
           f->exceeds_saved;
}

// What a world's years say of one level.
struct level_years {
    int64_t var;          // units
    double share;         // of years beyond it
    double density_scale; // 1 / density at the VaR, in units; from its order-statistic interval
};

static struct level_years level_of(const struct ordered_losses *x, double beyond)
{
    const struct estimate e = losses_var_estimate(x, beyond, 1);
    const double p = beyond / (double)x->years;

    return (struct level_years){losses_var(x, beyond), p,
                                (e.upper - e.lower) / (2 * side_score) *
                                    sqrt((double)x->years / (p * (1 - p)))};
}

// Standard error of the mean of d over n years.
struct moments {
    double sum, squares;
};

static inline void moments_add(struct moments *m, double d)
{
    m->sum += d;
    m->squares += d * d;
}

static double moments_error(const struct moments *m, uint64_t years)
{
    const double n = (double)years, mean = m->sum / n;

    return years < 2 ? NAN : sqrt(fmax(m->squares / n - mean * mean, 0) / (n - 1));
}

// Paired errors by influence functions: that of TVaR is max(0, X - v) / p beyond a constant
// (Manistre and Hancock, NAAJ 9(2), 2005), that of VaR 1(X > v) / density (Serfling, Approximation
// Theorems, 2.5.1), with p the probability beyond.
//
// Levels ascend, and with them the VaRs: a year that lies above neither world's VaR at one level
// lies above none at the next.
static void level_errors(const struct settings *settings, const int64_t *base, const int64_t *world,
                         const struct level_years *b, const struct level_years *w,
                         struct world_figures *f)
{
    struct moments of_var[QUANTILES_MAX] = {0}, of_tvar[QUANTILES_MAX] = {0};

    for (uint64_t y = 0; y < settings->years; y++)
        for (size_t l = 0; l < settings->quantile_count; l++) {
            const bool above_base = base[y] > b[l].var, above_world = world[y] > w[l].var;

            if (!above_base && !above_world)
                break;
            moments_add(&of_tvar[l], ((above_base ? (double)(base[y] - b[l].var) : 0) -
                                      (above_world ? (double)(world[y] - w[l].var) : 0)) /
                                         b[l].share);
            moments_add(&of_var[l], (above_base ? b[l].density_scale : 0) -
                                        (above_world ? w[l].density_scale : 0));
        }
    for (size_t l = 0; l < settings->quantile_count; l++) {
        f->var_saved[l].error =
            money_of_units(moments_error(&of_var[l], settings->years), settings->resolution);
        f->tvar_saved[l].error =
            money_of_units(moments_error(&of_tvar[l], settings->years), settings->resolution);
    }
}

struct ordered_losses world_ordered(const int64_t *loss, uint64_t years, int64_t *room)
{
    size_t n = 0;

    for (uint64_t y = 0; y < years; y++)
        if (loss[y] > 0)
            room[n++] = loss[y];
    losses_sort(room, room + years, n);
    return (struct ordered_losses){years, n, room};
}

static void saved_fill(const struct settings *settings, const int64_t *base, const int64_t *world,
                       bool infinite, struct world_figures *f)
{
    const double n = (double)settings->years;
    __int128 sum = 0;
    struct moments m = {0};

    for (uint64_t y = 0; y < settings->years; y++) {
        sum += base[y] - world[y];
        moments_add(&m, (double)(base[y] - world[y]));
    }
    f->aal_saved.value = money_of_units((double)sum / n, settings->resolution);
    f->aal_saved.error =
        infinite ? HUGE_VAL
                 : money_of_units(moments_error(&m, settings->years), settings->resolution);
}

static void exceeds_fill(const struct portfolio *portfolio, const struct world_years *base,
                         const struct world_years *world, const uint32_t *scope_of,
                         struct world_figures *f)
{
    const struct settings *settings = &portfolio->settings;

    for (size_t a = 0; a < portfolio->treatments.appetite_count; a++) {
        const double loss = portfolio->treatments.appetite[a].loss / settings->resolution;
        const int64_t *b = base->loss[scope_of[a]], *w = world->loss[scope_of[a]];
        uint64_t over = 0;
        struct moments m = {0};

        for (uint64_t y = 0; y < settings->years; y++) {
            over += (double)w[y] > loss;
            moments_add(&m, ((double)b[y] > loss) - ((double)w[y] > loss));
        }
        f->exceeds[a] = (double)over / (double)settings->years;
        f->exceeds_saved[a] =
            (struct reduction){m.sum / (double)settings->years, moments_error(&m, settings->years)};
    }
}

bool world_figures_fill(const struct portfolio *portfolio, const struct world_years *base,
                        const struct world_years *world, const uint32_t *scope_of, bool infinite,
                        struct world_figures *f)
{
    const struct settings *settings = &portfolio->settings;
    const uint64_t years = settings->years;
    struct level_years of_base[QUANTILES_MAX], of_world[QUANTILES_MAX];
    int64_t *room = malloc(4 * years * sizeof *room);

    if (!room)
        return false;
    const struct ordered_losses b =
        base->ordered ? *base->ordered : world_ordered(base->loss[0], years, room);
    const struct ordered_losses w = world_ordered(world->loss[0], years, room + 2 * years);
    const __int128 sum = losses_sum(&w);

    f->aal = money_of_units((double)sum / (double)years, settings->resolution);
    f->sd = money_of_units(losses_deviation(&w, sum), settings->resolution);
    saved_fill(settings, base->loss[0], world->loss[0], infinite, f);
    for (size_t l = 0; l < settings->quantile_count; l++) {
        const double beyond = years_beyond_quantile(years, settings->quantiles[l]);

        of_base[l] = level_of(&b, beyond);
        of_world[l] = level_of(&w, beyond);
        f->var[l] = money_of_units((double)of_world[l].var, settings->resolution);
        f->tvar[l] = losses_tvar(&w, beyond, settings->resolution, NULL);
        f->var_saved[l].value =
            money_of_units((double)(of_base[l].var - of_world[l].var), settings->resolution);
        f->tvar_saved[l].value = losses_tvar(&b, beyond, settings->resolution, NULL) - f->tvar[l];
    }
    level_errors(settings, base->loss[0], world->loss[0], of_base, of_world, f);
    for (size_t t = 0; t < settings->return_period_count; t++)
        f->aep[t] = money_of_units(
            (double)losses_var(&w, years_beyond_period(years, settings->return_periods[t])),
            settings->resolution);
    exceeds_fill(portfolio, base, world, scope_of, f);
    free(room);
    return true;
}

// Clopper and Pearson's interval (Biometrika 26, 1934): the p for which `over` or fewer, or `over`
// or more, of n years have a probability of 2.5 %.
static double binomial_limit(double n, double over, bool upper)
{
    double low = 0, high = 1;

    if (!upper && over == 0)
        return 0;
    if (upper && over == n)
        return 1;
    for (int i = 0; i < 100; i++) { // bisection halves: 2^-100 is below any probability told
        const double p = (low + high) / 2;
        // P(X >= k) = I_p(k, n - k + 1)
        const double reached = upper ? 1 - special_beta_cumulative(over + 1, n - over, p)
                                     : special_beta_cumulative(over, n - over + 1, p);

        if ((reached > side) == upper)
            low = p;
        else
            high = p;
    }
    return (low + high) / 2;
}

struct appetite_figures appetite_judge(double exceeds, uint64_t years, double tolerated)
{
    const double n = (double)years, over = rint(exceeds * n);
    const struct estimate e = {exceeds, binomial_limit(n, over, false),
                               binomial_limit(n, over, true)};

    return (struct appetite_figures){e, e.upper <= tolerated  ? VERDICT_WITHIN
                                        : e.lower > tolerated ? VERDICT_BREACHED
                                                              : VERDICT_UNDECIDED};
}
