#include "treat/forecast.h"

#include <math.h>
#include <stdlib.h>

#include "simulate/schedule.h"
#include "treat/alone.h"
#include "treat/planner_parts.h"
#include "treat/plans.h"
#include "treat/treat.h"

// The years of all treatments, each alone, are in memory together while they are ranked.
static const double alone_bytes_max = 16e9;

// What things cost one thread, in nanoseconds, on a server core of 2022 with AVX-512.
static const double event_ns = 20, slot_ns = 40; // drawing an event again; each further loss form
static const double pair_ns = 10;                // one treatment on one event
static const double plan_ns = 6, row_ns = 4;     // in a plan, an event, and one treatment on it
static const double insured_ns = 8;              // an event of a world that has insurance
static const double figure_ns = 85;              // the figures of a world and scope, per year
static const double rank_ns = 0.035; // per pair of treatments and year: few pairs need a look

// An event that waits for the insurance; what a world makes of it, a third of which a layer sees.
static const double noted_bytes = 24, seen_bytes = 12;

// Of all units and years.
struct pricing_counts {
    double events;
    double drawn_ns; // to draw them once
    double rows;     // (event, treatment), as in pricing_pairs
    double plans_ns; // of all plans that are shown
};

// Whether plans may differ in it.
static bool is_open(const struct treatment *treatment)
{
    return treatment->state == TREATMENT_CANDIDATE;
}

static size_t open_count(const struct treatments *t)
{
    size_t n = 0;

    for (size_t i = 0; i < t->count; i++)
        n += is_open(&t->rows[i]);
    return n;
}

// `plans`: how many are shown. Those that agree on what touches a unit are one variant of it.
static struct pricing_counts counts_of(const struct portfolio *portfolio,
                                       const struct pricing *pricing, double plans)
{
    const struct units *units = pricing_units(pricing);
    struct pricing_counts c = {0};

    for (size_t u = 0; u < units->count; u++) {
        const struct unit *unit = &units->units[u];
        const double touching = (double)unit->treatment_count;
        double events = 0, open = 0;

        for (size_t i = 0; i < unit->treatment_count; i++)
            open += is_open(&portfolio->treatments.rows[unit->treatments[i]]);
        for (size_t p = 0; p < unit->part_count; p++) {
            const struct scenario_plan *plan = unit->parts[p].plan;
            const double own =
                plan ? plan->loss_events_per_year * (double)portfolio->settings.years : 0;
            double slots = -1;

            for (int stage = 0; plan && stage < STAGES; stage++)
                for (int form = 0; form < LOSS_FORMS; form++)
                    slots += plan->severity.severity->loss[stage][form] != NULL;
            events += own;
            c.drawn_ns += own * (event_ns + slot_ns * fmax(slots, 0));
        }
        c.events += events;
        c.rows += events * touching;
        c.plans_ns += events * fmin(plans, exp2(open)) * (plan_ns + open / 2 * row_ns);
    }
    return c;
}

// The portfolio, and the groups that the appetite names, each once.
static size_t scopes_count(const struct treatments *t)
{
    size_t n = 1;

    for (size_t a = 0; a < t->appetite_count; a++) {
        bool is_new = t->appetite[a].grouping != NO_ROW;

        for (size_t b = 0; b < a; b++)
            is_new = is_new && !(t->appetite[b].grouping == t->appetite[a].grouping &&
                                 t->appetite[b].group == t->appetite[a].group);
        n += is_new;
    }
    return n;
}

static bool accept(const struct portfolio *portfolio, double bytes, struct diagnostics *d)
{
    if (bytes <= alone_bytes_max)
        return true;
    diagnostics_add(d, &(struct place){.file = "study.ini", .column = "study.years"},
                    "the years of %zu treatments would take %.3g GB, at most %.3g are used: fewer "
                    "[study] years, fewer treatments, or fewer groups in appetite.csv",
                    portfolio->treatments.count, bytes / 1e9, alone_bytes_max / 1e9);
    return false;
}

bool treat_forecast(const struct portfolio *portfolio, const struct scenario_plans *plans,
                    int threads, struct treat_forecast *forecast, struct diagnostics *d)
{
    static const struct pricing_scope whole = {.grouping = NO_ROW};
    const struct treatments *t = &portfolio->treatments;
    const double n = (double)t->count, years = (double)portfolio->settings.years;
    const bool insured = t->layer_count > 0;
    const double scopes = (double)scopes_count(t), world = scopes * years * sizeof(int64_t);
    const double ceded = insured ? world : 0; // of a world, and of the base
    const double sorts = threads * 4 * years * sizeof(int64_t);
    const double alone = n * world + (n + 1) * ceded;
    struct pricing *pricing;
    struct pricing_counts c;
    double most, shown, full;

    *forecast = (struct treat_forecast){0};
    if (!treat_wanted(portfolio))
        return true;
    if (!accept(portfolio, alone, d))
        return false;
    pricing = pricing_new(portfolio, plans, 1, &whole, d);
    if (!pricing)
        return false;
    // as many worlds as valuation_figures takes together
    most = fmax(floor(VALUATION_BYTES / world), 1);
    shown =
        t->count > 0 ? fmin((double)plans_shown_most(t->count), exp2((double)open_count(t))) : 0;
    full = fmin(n, most - 1);
    c = counts_of(portfolio, pricing, shown);

    forecast->pairs = pricing_pairs(pricing);
    forecast->searched = open_count(t) > PLANNER_ENUMERATED;
    forecast->seconds =
        (c.drawn_ns * (insured + (n > 0 ? 2 : 0)) + // the base's cover; alone; the plans

         forecast->pairs * pair_ns + c.plans_ns +
         (insured ? c.events * (shown + 1) * insured_ns : 0) +
         (n + shown) * scopes * years * figure_ns + n * n * years * rank_ns) /
        1e9;
    forecast->kept_bytes = ceded + (n * years <= TREATMENT_CELLS_MOST ? n * years * 8 : 0);
    // each thread keeps a block's events in the order of the year until its insurance is applied
    const double ordered = insured ? threads * (noted_bytes * c.events + seen_bytes * c.rows) /
                                         block_count(portfolio->settings.years)
                                   : 0;
    forecast->memory_bytes =
        fmax(forecast->kept_bytes + alone + pricing_memory(pricing, t->count, threads),
             forecast->kept_bytes + fmin(shown, most) * world + (shown + 1) * ceded +
                 pricing_memory(pricing, (size_t)fmin(shown, most), threads)) +
        sorts + ordered;
    if (t->count > 0) {
        forecast->last_in_bytes = (full + 1) * (world + ceded + n * sizeof(uint32_t)) +
                                  pricing_memory(pricing, (size_t)full + 1, threads) + sorts;
        forecast->last_in_seconds =
            (ceil(n / fmax(full, 1)) * c.drawn_ns + c.rows * plan_ns +
             c.rows * c.rows / fmax(c.events, 1) * row_ns + n * years * scopes * figure_ns) /
            1e9;
    }
    pricing_free(pricing);
    return true;
}
