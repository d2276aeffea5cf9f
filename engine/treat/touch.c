#include "treat/touch.h"

static bool touch_make(const struct portfolio *portfolio, size_t rows, struct arena *arena,
                       struct touch *touch)
{
    const size_t count = portfolio->treatments.count;

    // as many bits as cells, rounded up: neither factor reaches 2^32
    *touch = (struct touch){.rows = rows,
                            .bits = arena_alloc(arena, count * rows / 64 + 1, sizeof(uint64_t))};
    return touch->bits != NULL;
}

static void touch_set(struct touch *touch, size_t treatment, size_t row)
{
    const size_t bit = treatment * touch->rows + row;

    touch->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void event_set(const struct portfolio *portfolio, struct touch *touch, size_t treatment,
                      uint32_t event)
{
    const struct shared_event *x = &portfolio->events[event];

    touch_set(touch, treatment, portfolio->scenario_count + event);
    for (size_t i = 0; i < x->scenario_count; i++)
        touch_set(touch, treatment, x->scenarios[i]);
}

static void scenario_set(const struct portfolio *portfolio, struct touch *touch, size_t treatment,
                         size_t scenario)
{
    const uint32_t event = portfolio->scenarios[scenario].event;

    touch_set(touch, treatment, scenario);
    if (event != NO_ROW)
        touch_set(touch, treatment, portfolio->scenario_count + event);
}

bool touch_risks(const struct portfolio *portfolio, struct arena *arena, struct touch *touch)
{
    const struct treatments *t = &portfolio->treatments;

    if (!touch_make(portfolio, portfolio->scenario_count + portfolio->event_count, arena, touch))
        return false;
    for (size_t i = 0; i < t->effect_count; i++) {
        const struct effect *x = &t->effects[i];

        for (size_t k = 0; k < x->scenario_count; k++)
            scenario_set(portfolio, touch, x->treatment, x->scenarios[k]);
        for (size_t k = 0; k < x->event_count; k++)
            event_set(portfolio, touch, x->treatment, x->events[k]);
    }
    for (size_t i = 0; i < t->layer_count; i++) {
        const struct insurance_layer *x = &t->layers[i];

        if (x->treatment == NO_ROW)
            continue;
        for (size_t s = 0; s < portfolio->scenario_count; s++)
            if (!x->scenarios || (x->scenarios[s / 64] >> s % 64 & 1))
                scenario_set(portfolio, touch, x->treatment, s);
    }
    return true;
}

// The zones of the selected assets on which the effect acts.
static void selection_set(const struct effect *effect, const struct selection *selection,
                          const uint32_t *zone_of, struct touch *touch)
{
    for (size_t i = 0; i < selection->count; i++) {
        const uint32_t asset = selection->assets[i];

        if (zone_of[asset] != NO_ROW &&
            (!effect->assets || (effect->assets[asset / 64] >> asset % 64 & 1)))
            touch_set(touch, effect->treatment, zone_of[asset]);
    }
}

bool touch_zones(const struct portfolio *portfolio, struct arena *arena, struct touch *touch)
{
    const struct treatments *t = &portfolio->treatments;
    const struct governance *g = &portfolio->governance;
    uint32_t *zone_of = arena_alloc(arena, portfolio->assets.count + 1, sizeof *zone_of);

    if (!zone_of || !touch_make(portfolio, g->zone_count, arena, touch))
        return false;
    for (size_t a = 0; a < portfolio->assets.count; a++)
        zone_of[a] = NO_ROW;
    for (size_t z = 0; z < g->zone_count; z++)
        for (size_t i = 0; i < g->zones[z].asset_count; i++)
            zone_of[g->zones[z].assets[i]] = (uint32_t)z;
    for (size_t i = 0; i < t->effect_count; i++) {
        const struct effect *x = &t->effects[i];

        for (size_t k = 0; k < x->scenario_count; k++)
            selection_set(x, portfolio->scenarios[x->scenarios[k]].selection, zone_of, touch);
        for (size_t k = 0; k < x->event_count; k++) {
            const struct shared_event *event = &portfolio->events[x->events[k]];

            for (size_t s = 0; s < event->scenario_count; s++)
                selection_set(x, portfolio->scenarios[event->scenarios[s]].selection, zone_of,
                              touch);
        }
    }
    return true;
}
