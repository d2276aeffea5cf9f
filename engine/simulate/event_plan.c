#include "simulate/event_plan.h"

#include <math.h>
#include <stdlib.h>

#include "random/elementary.h"
#include "simulate/scenario_plan.h"

// P(some hit) is not computed for more distinct resistances in a selection, or where nested
// integrals would take more logarithms (a second's worth), at some NODES for each integral.
enum { LAWS_MAX = 1024, NODES = 300 };
static const double logarithms_max = 2e7;

// Units of a selection that share a resistance, in the order of the assets.
struct resistances {
    size_t count;
    const struct distribution **law; // [LAWS_MAX]
    double *units, *p;               // p: P(resistance < the capability in question)
};

static void resistances_free(struct resistances *r)
{
    free(r->law);
    free(r->units);
    free(r->p);
}

// False if memory is exhausted; more than LAWS_MAX laws leave count at LAWS_MAX + 1.
static bool resistances_find(const struct scenario_plan *plan, struct resistances *r)
{
    const struct selection *selection = plan->scenario->selection;
    enum { SLOTS = 4 * LAWS_MAX };
    uint16_t *slots = calloc(SLOTS, sizeof *slots); // 1 + place, by the law's address

    r->law = calloc(LAWS_MAX, sizeof *r->law);
    r->units = calloc(LAWS_MAX, sizeof *r->units);
    r->p = calloc(LAWS_MAX, sizeof *r->p);
    if (!slots || !r->law || !r->units || !r->p) {
        free(slots);
        return false;
    }
    for (size_t i = 0; i < selection->count && r->count <= LAWS_MAX; i++) {
        const uint32_t asset = selection->assets[i];
        const struct distribution *law = plan->assets->resistance[asset];
        size_t slot = ((uintptr_t)law >> 4) * UINT64_C(0x9E3779B97F4A7C15) % SLOTS;

        while (slots[slot] && r->law[slots[slot] - 1] != law)
            slot = (slot + 1) % SLOTS;
        if (!slots[slot]) {
            if (r->count++ == LAWS_MAX)
                break;
            r->law[r->count - 1] = law;
            slots[slot] = (uint16_t)r->count;
        }
        r->units[slots[slot] - 1] += (double)plan->assets->quantity[asset];
    }
    free(slots);
    return true;
}

// P(no unit is hit), integrated over what is drawn once for an occurrence: hit_probability h, then
// the year's susceptibility s: product over laws of (1 - h s p)^units.
struct miss {
    const struct scenario_plan *plan;
    const struct resistances *resistances; // NULL: every unit with p = 1
    double chance;
};

static double miss_at(double susceptibility, void *context)
{
    const struct miss *m = context;
    const double p = m->chance * susceptibility;
    double log_miss = 0;

    if (!m->resistances)
        return p < 1 ? elementary_exp(m->plan->scenario->selection->units * elementary_log1p(-p))
                     : m->plan->scenario->selection->units == 0;
    for (size_t k = 0; k < m->resistances->count; k++) {
        const double hit = p * m->resistances->p[k];

        if (hit >= 1)
            return 0;
        log_miss += m->resistances->units[k] * elementary_log1p(-hit);
    }
    return elementary_exp(log_miss);
}

static double miss_at_chance(double chance, void *context)
{
    struct miss *m = context;
    const struct yearly *s = &m->plan->rate.susceptibility;

    m->chance = chance;
    return s->law ? distribution_expectation(s->law, miss_at, m, NULL, 0) : miss_at(s->constant, m);
}

static double miss_of(const struct scenario_plan *plan, const struct resistances *resistances)
{
    struct miss m = {plan, resistances, 0};
    const struct yearly *h = &plan->hit_chance;

    return h->law ? distribution_expectation(h->law, miss_at_chance, &m, NULL, 0)
                  : miss_at_chance(h->constant, &m);
}

// Logarithms that this takes.
static double miss_work(const struct scenario_plan *plan, const struct resistances *resistances)
{
    const struct distribution *const laws[] = {plan->hit_chance.law, plan->rate.susceptibility.law};
    double work = 1;

    for (size_t i = 0; i < sizeof laws / sizeof *laws; i++)
        for (unsigned draw = 0; laws[i] && draw < distribution_draws(laws[i]); draw++)
            work *= NODES;
    return plan->scenario->capability ? work * NODES * (double)resistances->count : work;
}

// The scenarios of one threat, which meet the same capability in an occurrence.
struct threat_group {
    const struct event_plan *event;
    const struct scenario_plan *plans;
    struct resistances *resistances; // per scenario of the event
    uint64_t threat;
};

static double miss_at_capability(double c, void *context)
{
    const struct threat_group *g = context;
    const struct shared_event *event = g->event->event;
    double product = 1;

    for (size_t i = 0; i < event->scenario_count; i++) {
        const struct scenario_plan *plan = &g->plans[event->scenarios[i]];
        struct resistances *r = &g->resistances[i];

        if (!plan->scenario->capability || plan->scenario->threat_hash != g->threat)
            continue;
        for (size_t k = 0; k < r->count; k++)
            r->p[k] = distribution_at_most_strict(r->law[k], c);
        product *= miss_of(plan, r);
    }
    return product;
}

// NaN where it would take too long.
static bool miss_all(const struct event_plan *event, const struct scenario_plan *plans,
                     double *miss)
{
    const struct shared_event *e = event->event;
    struct resistances *resistances = calloc(e->scenario_count + 1, sizeof *resistances);
    double work = 0;
    bool good = resistances != NULL;

    *miss = 1;
    for (size_t i = 0; good && i < e->scenario_count; i++) {
        const struct scenario_plan *plan = &plans[e->scenarios[i]];

        good = !plan->scenario->capability || resistances_find(plan, &resistances[i]);
        work += miss_work(plan, &resistances[i]);
        if (good && (resistances[i].count > LAWS_MAX || work > logarithms_max))
            *miss = NAN;
        else if (good && !plan->scenario->capability)
            *miss *= miss_of(plan, NULL);
    }
    for (size_t i = 0; good && i < e->scenario_count && !isnan(*miss); i++) {
        const struct scenario *s = plans[e->scenarios[i]].scenario;
        struct threat_group group = {event, plans, resistances, s->threat_hash};
        bool first = s->capability != NULL;

        for (size_t k = 0; k < i; k++)
            if (plans[e->scenarios[k]].scenario->capability &&
                plans[e->scenarios[k]].scenario->threat_hash == s->threat_hash)
                first = false;
        if (first)
            *miss *= distribution_expectation(s->capability, miss_at_capability, &group, NULL, 0);
    }
    for (size_t i = 0; resistances && i < e->scenario_count; i++)
        resistances_free(&resistances[i]);
    free(resistances);
    return good;
}

bool event_plan_finish(struct event_plan *plan, const struct scenario_plan *plans)
{
    const struct shared_event *event = plan->event;
    double miss;

    if (!miss_all(plan, plans, &miss))
        return false;
    plan->probability_of_hit = 1 - miss;
    plan->own_aal_exact = plan->costs ? plan->occurrences_per_year * plan->probability_of_hit *
                                            plan->severity.weighted_mean
                                      : 0;
    plan->aal_exact = plan->own_aal_exact;
    for (size_t i = 0; i < event->scenario_count; i++) {
        plan->hits_per_year += plans[event->scenarios[i]].loss_events_per_year;
        plan->aal_exact += plans[event->scenarios[i]].aal_exact;
    }
    return true;
}
