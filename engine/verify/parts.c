// Scenarios, shared events and assets as parts of the portfolio: what they lose and contribute adds
// up to it.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/arrays.h"
#include "verify/consistency.h"

static const char section[] = "Consistency";

// Amounts beyond this many units do not come back from currency to the unit.
static const double exact_units = 0x1p50;

// A sum of parts in whole units. Sampled means and contributions are such sums over the years, or
// such units: rounding takes them back, unless they are too large.
struct unit_sum {
    __int128 sum;
    double slack; // units by which it may be off
    bool finite;
};

static void unit_add(struct unit_sum *s, double money, double times, double resolution)
{
    const double units = money / money_of_units(1, resolution) * times;

    s->finite = s->finite && fabs(units) < 0x1p90;
    if (!s->finite)
        return;
    s->sum += (__int128)rint(units);
    if (fabs(units) > exact_units)
        s->slack += fabs(units) / exact_units;
}

static bool unit_sum_is(const struct unit_sum *s, __int128 whole)
{
    return s->finite && fabs((double)(s->sum - whole)) <= s->slack;
}

static const char *units_text(struct findings *f, __int128 units, double times, double resolution)
{
    return findings_real(f, money_of_units((double)units / times, resolution));
}

// ---- average annual loss

static void aal_compare(struct findings *f, struct check *check, const struct expected *e,
                        const char *object, const struct unit_sum *sum, __int128 whole)
{
    const struct settings *settings = &e->outcome.portfolio->settings;
    struct cells_finding cells = {.f = f, .check = check, .object = object, .cells = 1};

    if (!unit_sum_is(sum, whole) && cells_differ(&cells))
        cells_show(&cells, "all rows together",
                   units_text(f, sum->sum, (double)settings->years, settings->resolution),
                   units_text(f, whole, (double)settings->years, settings->resolution));
}

static void aal_check(struct findings *f, const struct expected *e)
{
    struct check *check = check_start(f, section, "AALs add up to the portfolio's");
    const struct outcome *o = &e->outcome;
    const struct portfolio *p = o->portfolio;
    const double years = (double)p->settings.years, unit = p->settings.resolution;
    struct unit_sum own = {.finite = true}, scenarios, assets;
    __int128 whole = 0;

    for (uint64_t y = 0; y < p->settings.years; y++)
        whole += e->gross[y];
    for (size_t i = 0; i < p->event_count; i++)
        unit_add(&own, o->events[i].own_aal, years, unit);
    scenarios = assets = own;
    for (size_t s = 0; s < p->scenario_count; s++)
        unit_add(&scenarios, o->scenarios[s].aal, years, unit);
    for (size_t a = 0; a < p->assets.count; a++)
        unit_add(&assets, o->assets[a].aal, years, unit);
    aal_compare(f, check, e, "/scenario/aal", &scenarios, whole);
    aal_compare(f, check, e, "/asset/aal", &assets, whole);
    check_tell(f, check, "%zu scenarios, %zu assets", p->scenario_count, p->assets.count);
}

// What is known without simulation adds up in the order of rows, bit by bit.
static void exact_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {"aal_exact", NULL};
    struct check *check = check_start(f, section, "exact AALs add up to the portfolio's");
    struct outcome *o = &e->outcome;
    const struct portfolio *p = o->portfolio;
    double sum = 0;

    for (size_t s = 0; s < p->scenario_count; s++)
        sum += o->scenarios[s].aal_exact;
    for (size_t i = 0; i < p->event_count; i++)
        sum += o->events[i].own_aal_exact;
    o->summary.aal_exact = o->annual_loss_gross != NULL ? NAN : sum;
    columns_hold(run, f, check, e, "/summary", names);
    check_tell(f, check, "%s", isnan(o->summary.aal_exact) ? "not known" : "bit by bit");
}

// ---- errors, of every row from its own standard deviation

static void rows_copy(struct findings *f, struct expected *e, struct contributor **rows, size_t n)
{
    struct contributor *copy = expected_room(f, e, n, sizeof *copy);

    if (copy == NULL)
        return;
    memcpy(copy, *rows, n * sizeof *copy);
    for (size_t i = 0; i < n; i++)
        if (!isinf(copy[i].aal_error))
            copy[i].aal_error = copy[i].sd / sqrt((double)e->outcome.portfolio->settings.years);
    *rows = copy;
}

// VaR ascends with its level, and no TVaR lies below its VaR.
static void levels_check(struct findings *f, struct check *check, const char *path,
                         const struct contributor *rows, size_t n, const char *const *ids,
                         size_t levels)
{
    uint64_t wrong = 0;
    size_t first = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < levels; l++)
            if ((l > 0 && rows[i].var[l] < rows[i].var[l - 1]) ||
                rows[i].tvar[l] < rows[i].var[l]) {
                first = wrong++ == 0 ? i : first;
                break;
            }
    if (wrong > 0)
        finding_add(f, check, path, "%llu rows have a VaR or TVaR out of order, the first is %s",
                    (unsigned long long)wrong, ids != NULL ? ids[first] : "a scenario");
}

static void errors_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {"aal_error", NULL};
    struct check *check = check_start(f, section, "errors and levels of every row agree");
    struct outcome *o = &e->outcome;
    const struct portfolio *p = o->portfolio;
    const size_t levels = p->settings.quantile_count;

    rows_copy(f, e, &o->scenarios, p->scenario_count);
    rows_copy(f, e, &o->assets, p->assets.count);
    for (size_t i = 0; i < p->event_count; i++)
        if (!isinf(o->events[i].all.aal_error))
            o->events[i].all.aal_error = o->events[i].all.sd / sqrt((double)p->settings.years);
    const size_t count = columns_hold(run, f, check, e, "/scenario", names) +
                         columns_hold(run, f, check, e, "/asset", names) +
                         columns_hold(run, f, check, e, "/event", names);
    levels_check(f, check, "/scenario/tvar", o->scenarios, p->scenario_count, NULL, levels);
    levels_check(f, check, "/asset/tvar", o->assets, p->assets.count, p->assets.id, levels);
    check_tell(f, check, "%zu arrays", count);
}

// ---- contributions to the tail

static void contribution_compare(struct findings *f, struct check *check, const struct expected *e,
                                 const char *object, size_t level, const struct unit_sum *sum,
                                 __int128 whole)
{
    const struct settings *settings = &e->outcome.portfolio->settings;
    struct cells_finding cells = {
        .f = f, .check = check, .object = object, .cells = settings->quantile_count};

    if (!unit_sum_is(sum, whole) && cells_differ(&cells))
        cells_show(&cells,
                   findings_text(f, "quantile %.6g, all rows together", settings->quantiles[level]),
                   units_text(f, sum->sum, 1, settings->resolution),
                   findings_text(f, "%s, the portfolio's TVaR",
                                 units_text(f, whole, 1, settings->resolution)));
}

static void contributions_check(struct findings *f, const struct expected *e)
{
    struct check *check = check_start(f, section, "contributions add up to the TVaR");
    const struct outcome *o = &e->outcome;
    const struct portfolio *p = o->portfolio;
    const struct settings *settings = &p->settings;
    int64_t *room = malloc((2 * settings->years + 1) * sizeof *room);

    if (room == NULL) {
        f->out_of_memory = true;
        return;
    }
    const struct ordered_losses gross = world_ordered(e->gross, settings->years, room);

    for (size_t l = 0; l < settings->quantile_count; l++) {
        const double beyond = years_beyond_quantile(settings->years, settings->quantiles[l]);
        const __int128 whole = (__int128)rint(losses_tvar(&gross, beyond, 1, NULL));
        struct unit_sum own = {.finite = true}, scenarios, assets;

        for (size_t i = 0; i < p->event_count; i++)
            unit_add(&own, o->events[i].own_tvar_contribution[l], 1, settings->resolution);
        scenarios = assets = own;
        for (size_t s = 0; s < p->scenario_count; s++)
            unit_add(&scenarios, o->scenarios[s].tvar_contribution[l], 1, settings->resolution);
        for (size_t a = 0; a < p->assets.count; a++)
            unit_add(&assets, o->assets[a].tvar_contribution[l], 1, settings->resolution);
        contribution_compare(f, check, e, "/scenario/tvar_contribution", l, &scenarios, whole);
        contribution_compare(f, check, e, "/asset/tvar_contribution", l, &assets, whole);
    }
    free(room);
    check_tell(f, check, "%zu levels, scenarios and assets", settings->quantile_count);
}

// What a shared event contributes is its own and its scenarios'.
static void event_contributions_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {"tvar_contribution", NULL};
    struct check *check =
        check_start(f, section, "shared events contribute what their scenarios do");
    struct outcome *o = &e->outcome;
    const struct portfolio *p = o->portfolio;
    const double unit = money_of_units(1, p->settings.resolution);

    if (p->event_count == 0) {
        check_skip(f, check, CHECK_SKIPPED, "there are none");
        return;
    }
    for (size_t i = 0; i < p->event_count; i++) {
        double *sum = expected_room(f, e, p->settings.quantile_count, sizeof *sum);

        if (sum == NULL)
            return;
        for (size_t l = 0; l < p->settings.quantile_count; l++) {
            double units = rint(o->events[i].own_tvar_contribution[l] / unit);

            for (size_t s = 0; s < p->scenario_count; s++)
                if (p->scenarios[s].event == i)
                    units += rint(o->scenarios[s].tvar_contribution[l] / unit);
            sum[l] = money_of_units(units, p->settings.resolution);
        }
        o->events[i].all.tvar_contribution = sum;
    }
    columns_hold(run, f, check, e, "/event", names);
    check_tell(f, check, "%zu shared events", p->event_count);
}

// ---- shares

static void share_check(struct findings *f, struct check *check, const char *path, const char *row,
                        const double *share, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += share[i];
    // of a row without losses: 0
    if (!(fabs(sum - 1) < 1e-9 || sum == 0))
        finding_add(f, check, path, "the shares of %s add up to %s, not to 1", row,
                    findings_real(f, sum));
}

// The portfolio's by form follow from the scenarios', unless shared events themselves cost: of
// those the file does not hold the forms to the unit.
static void form_shares_check(struct run_file *run, struct findings *f, struct check *check,
                              struct expected *e)
{
    static const char *const names[] = {"form_share", NULL};
    struct outcome *o = &e->outcome;
    const struct portfolio *p = o->portfolio;
    double total = 0;

    for (size_t s = 0; s < p->scenario_count; s++)
        total += o->scenarios[s].aal;
    for (size_t i = 0; i < p->event_count; i++)
        if (o->events[i].own_aal != 0)
            return;
    memset(o->form_share, 0, sizeof o->form_share);
    for (size_t s = 0; s < p->scenario_count && total > 0; s++)
        for (int form = 0; form < LOSS_FORMS; form++)
            o->form_share[form] += o->scenarios[s].form_share[form] * o->scenarios[s].aal / total;
    columns_hold(run, f, check, e, "/portfolio", names);
}

static void shares_check(struct run_file *run, struct findings *f, struct expected *e)
{
    struct check *check = check_start(f, section, "shares by form and by effect add up to 1");
    const struct outcome *o = &e->outcome;
    const struct portfolio *p = o->portfolio;

    share_check(f, check, "/portfolio/form_share", "the portfolio", o->form_share, LOSS_FORMS);
    share_check(f, check, "/portfolio/effect_share", "the portfolio", o->effect_share, EFFECTS);
    for (size_t s = 0; s < p->scenario_count; s++)
        share_check(f, check, "/scenario/form_share", p->scenarios[s].id,
                    o->scenarios[s].form_share, LOSS_FORMS);
    for (size_t i = 0; i < p->event_count; i++)
        share_check(f, check, "/event/form_share", p->events[i].id, o->events[i].all.form_share,
                    LOSS_FORMS);
    form_shares_check(run, f, check, e);
    check_tell(f, check, "%zu rows", 2 + p->scenario_count + p->event_count);
}

void parts_check(struct run_file *run, struct findings *f, struct expected *e)
{
    aal_check(f, e);
    exact_check(run, f, e);
    errors_check(run, f, e);
    contributions_check(f, e);
    event_contributions_check(run, f, e);
    shares_check(run, f, e);
}
