// Which groups moved: their AAL, and what they add to the portfolio's TVaR.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/compare.h"
#include "commands/groups.h"
#include "commands/print.h"

// A file that was tampered with may hold NaN anywhere.
static double size_of(const struct moved_group *x)
{
    return isnan(x->aal.difference) ? 0 : fabs(x->aal.difference);
}

static int by_group_size(const void *a, const void *b)
{
    const struct moved_group *x = a, *y = b;
    double p = size_of(x), q = size_of(y);
    return p != q ? (p > q ? -1 : 1) : strcmp(x->name, y->name);
}

static const struct grouping *grouping_named(const struct portfolio *p, const char *name,
                                             uint32_t *at)
{
    for (size_t g = 0; g < p->grouping_count; g++)
        if (strcmp(p->groupings[g].name, name) == 0) {
            *at = (uint32_t)g;
            return &p->groupings[g];
        }
    return NULL;
}

// What a year counts for in the TVaR: see measure/statistics.h on contributions.
struct tail_years {
    int64_t var;
    double beyond, equal_share;
};

static struct tail_years tail_of(const int64_t *loss, uint64_t years, double level, int64_t *room)
{
    struct tail_years t = {.beyond = years_beyond_quantile(years, level)};
    struct ordered_losses x = {.years = years, .sorted = room};
    uint64_t above = 0, equal = 0;
    for (uint64_t y = 0; y < years; y++)
        if (loss[y] > 0)
            room[x.count++] = loss[y];
    losses_sort(room, room + years, x.count);
    t.var = losses_var(&x, t.beyond);
    for (uint64_t y = 0; y < years; y++) {
        above += loss[y] > t.var;
        equal += loss[y] == t.var;
    }
    t.equal_share = equal > 0 ? (t.beyond - (double)above) / (double)equal : 0;
    return t;
}

static double contribution(const struct tail_years *t, const int64_t *portfolio,
                           const int64_t *group, uint64_t years, double resolution)
{
    __int128 above = 0, equal = 0;
    for (uint64_t y = 0; y < years; y++) {
        if (portfolio[y] > t->var)
            above += group[y];
        else if (portfolio[y] == t->var)
            equal += group[y];
    }
    return money_of_units(((double)above + (double)equal * t->equal_share) / t->beyond, resolution);
}

static bool group_years(struct comparison *c, const uint32_t *at, struct moved_group *group,
                        const uint32_t *grouping, const struct tail_years *tails,
                        int64_t *const *years, struct diagnostics *d)
{
    double in_tail[SIDES] = {0};
    for (int side = 0; side < SIDES; side++) {
        const struct compare_side *of = &c->sides[side];
        uint64_t n = of->portfolio->settings.years;
        memset(years[side], 0, n * sizeof **years);
        if (at[side] == NO_ROW)
            continue;
        if (!results_group_years(of->path, of->portfolio, grouping[side], at[side], years[side], d))
            return false;
        if (!isnan(c->level))
            in_tail[side] = contribution(&tails[side], of->gross, years[side], n,
                                         of->portfolio->settings.resolution);
    }
    if (!isnan(c->level))
        group->tvar_difference = in_tail[AFTER] - in_tail[BEFORE];
    if (c->paired && isfinite(group->aal.error))
        group->aal.error = compare_means(c, years[BEFORE], years[AFTER]).error;
    return true;
}

struct placed_group {
    struct moved_group group; // first: sorted as one
    uint32_t at[SIDES];
};

static bool grouping_move(struct comparison *c, const char *name, const struct tail_years *tails,
                          int64_t *const *years, struct diagnostics *d)
{
    uint32_t which[SIDES];
    const struct grouping *g[SIDES] = {NULL};
    struct moved_grouping *out = &c->groupings[c->grouping_count];
    for (int side = 0; side < SIDES; side++)
        if ((g[side] = grouping_named(c->sides[side].portfolio, name, &which[side])) == NULL)
            return true; // divided so on one side only
    struct placed_group *all = compare_room(c, g[BEFORE]->count + g[AFTER]->count + 1, sizeof *all);
    size_t i = 0, j = 0, count = 0;
    while (i < g[BEFORE]->count || j < g[AFTER]->count) {
        int order = i == g[BEFORE]->count  ? 1
                    : j == g[AFTER]->count ? -1
                                           : strcmp(g[BEFORE]->names[i], g[AFTER]->names[j]);
        struct placed_group *x = &all[count];
        double error[SIDES] = {0};
        *x = (struct placed_group){.at = {NO_ROW, NO_ROW}};
        x->group.tvar_difference = NAN;
        if (order <= 0) {
            const struct summary *s = &c->sides[BEFORE].outcome->groups[which[BEFORE]].summary[i];
            x->group.name = g[BEFORE]->names[i];
            x->group.in[BEFORE] = true;
            x->group.aal.before = s->aal;
            error[BEFORE] = s->aal_error;
            x->at[BEFORE] = (uint32_t)i++;
        }
        if (order >= 0) {
            const struct summary *s = &c->sides[AFTER].outcome->groups[which[AFTER]].summary[j];
            x->group.name = g[AFTER]->names[j];
            x->group.in[AFTER] = true;
            x->group.aal.after = s->aal;
            error[AFTER] = s->aal_error;
            x->at[AFTER] = (uint32_t)j++;
        }
        x->group.aal.difference = x->group.aal.after - x->group.aal.before;
        x->group.aal.error = hypot(error[BEFORE], error[AFTER]);
        count += x->group.aal.difference != 0;
    }
    qsort(all, count, sizeof *all, by_group_size);
    out->name = name;
    out->count = count;
    out->groups = compare_room(c, count + 1, sizeof *out->groups);
    out->rest_aal = c->gross_aal.difference;
    out->rest_tvar = c->gross_tvar.difference;
    c->grouping_count++;
    for (size_t k = 0; k < count; k++) {
        if (k < c->top && !group_years(c, all[k].at, &all[k].group, which, tails, years, d))
            return false;
        const int side = all[k].group.in[AFTER] ? AFTER : BEFORE;
        all[k].group.shown = group_shown(c->sides[side].outcome, which[side], all[k].at[side]);
        out->groups[k] = all[k].group;
        if (k < c->top) {
            out->rest_aal -= all[k].group.aal.difference;
            out->rest_tvar -= all[k].group.tvar_difference;
        }
    }
    return true;
}

bool compare_groups(struct comparison *c, struct diagnostics *d)
{
    const struct portfolio *after = c->sides[AFTER].portfolio;
    struct tail_years tails[SIDES] = {{0}};
    int64_t *years[SIDES];
    bool good = true;
    for (int side = 0; side < SIDES; side++) {
        uint64_t n = c->sides[side].portfolio->settings.years;
        years[side] = must_alloc(2 * n, sizeof **years);
        if (!isnan(c->level))
            tails[side] = tail_of(c->sides[side].gross, n, c->level, years[side]);
    }
    c->groupings = compare_room(c, after->grouping_count + 1, sizeof *c->groupings);
    for (size_t g = 0; good && g < after->grouping_count; g++)
        good = grouping_move(c, after->groupings[g].name, tails, years, d);
    for (int side = 0; side < SIDES; side++)
        free(years[side]);
    return good;
}
