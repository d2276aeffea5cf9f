#include "study/effect_check.h"

#include <math.h>
#include <string.h>

static bool is_probability(enum effect_factor factor)
{
    return factor == FACTOR_SUSCEPTIBILITY || factor == FACTOR_HIT_PROBABILITY ||
           factor == FACTOR_SECONDARY_PROBABILITY;
}

static enum cell_kind amount_kind(const struct effect *effect)
{
    switch (effect->operation) {
    case OPERATION_ADD:
        return CELL_DIFFERENCE;
    case OPERATION_MULTIPLY:
        return CELL_AMOUNT;
    default:
        return effect->factor == FACTOR_RESISTANCE ? CELL_SCORE
               : is_probability(effect->factor)    ? CELL_PROBABILITY
                                                   : CELL_AMOUNT;
    }
}

// What a treatment may not raise, or must not lower.
static bool direction_check(const struct terms *t, const struct effect *effect)
{
    const struct place at = terms_place(t, EFFECT_AMOUNT);
    const int multiplies = effect->operation == OPERATION_MULTIPLY; // and what changes nothing
    double low, high;

    if (!multiplies && effect->operation != OPERATION_ADD)
        return true;
    distribution_support(effect->amount, &low, &high);
    if (is_probability(effect->factor) && high > multiplies) {
        diagnostics_add(t->reading->d, &at,
                        "a treatment cannot raise %s in this version: values of at most %d "
                        "expected, but they range up to %g",
                        terms_text(t, EFFECT_FACTOR), multiplies, high);
        return false;
    }
    if (effect->factor == FACTOR_RESISTANCE && low < multiplies) {
        diagnostics_add(t->reading->d, &at,
                        "a treatment raises resistance: values of at least %d expected, but they "
                        "range down to %g",
                        multiplies, low);
        return false;
    }
    return true;
}

bool effect_amount_read(const struct terms *t, struct effect *effect)
{
    if (effect->factor == FACTOR_RESISTANCE && effect->operation == OPERATION_CAP) {
        terms_error(t, EFFECT_OPERATION,
                    "a treatment raises resistance, and a cap lowers it: multiply, add or set "
                    "expected");
        return false;
    }
    effect->amount = terms_distribution(t, EFFECT_AMOUNT, amount_kind(effect));
    return effect->amount && direction_check(t, effect);
}

void effect_raise_check(const struct terms *t, const struct effect *effect)
{
    const struct portfolio *portfolio = &t->reading->study->portfolio;
    const struct place at = terms_place(t, EFFECT_AMOUNT);
    const double unchanged = effect->operation == OPERATION_MULTIPLY ? 1 : 0;
    double low, high;

    if (effect->operation == OPERATION_SET || effect->operation == OPERATION_CAP)
        return;
    distribution_support(effect->amount, &low, &high);
    if (high <= unchanged)
        return;
    if (effect->operation == OPERATION_MULTIPLY && terms_given(t, EFFECT_OVERLAP))
        terms_error(t, EFFECT_OVERLAP,
                    "an effect that may raise something cannot overlap with others: take it out of "
                    "the group");
    if (effect->factor != FACTOR_FREQUENCY)
        return;
    if (isinf(high))
        diagnostics_add(t->reading->d, &at,
                        "a treatment that raises a frequency needs a bound: 'to' or 'cap' ends the "
                        "distribution");
    if (effect->event_count > 0 || terms_given(t, EFFECT_EVENTS))
        diagnostics_add(t->reading->d, &at,
                        "a treatment cannot raise the frequency of shared events in this version: "
                        "values of at most %g expected, but they range up to %g",
                        unchanged, high);
    for (size_t i = 0; i < effect->scenario_count; i++) {
        const struct scenario *s = &portfolio->scenarios[effect->scenarios[i]];

        if (s->counts != COUNTS_AT_MOST_ONCE)
            continue;
        diagnostics_add(
            t->reading->d, &at,
            "a treatment cannot raise the frequency of what happens at most once, as "
            "scenario '%s' does: values of at most %g expected, but they range up to %g",
            s->id, unchanged, high);
        return;
    }
}

void effect_idle_warn(const struct terms *t, const struct effect *effect)
{
    const struct place at = terms_place(t, EFFECT_AMOUNT);
    double low, high, constant;
    const bool is_constant = distribution_is_constant(effect->amount, &constant);

    distribution_support(effect->amount, &low, &high);
    if (is_constant && effect->operation == OPERATION_MULTIPLY && constant == 1)
        diagnostics_warn(t->reading->d, &at, "has no effect: it multiplies by 1");
    if (is_constant && effect->operation == OPERATION_ADD && constant == 0)
        diagnostics_warn(t->reading->d, &at, "has no effect: it adds 0");
    if (effect->operation == OPERATION_CAP && is_probability(effect->factor) && low >= 1)
        diagnostics_warn(t->reading->d, &at, "has no effect: no probability is above 1");
    for (int i = 0; i < 2; i++) {
        const int which = i == 0 ? EFFECT_COVERAGE : EFFECT_RELIABILITY;
        const struct place share = terms_place(t, which);

        if ((i == 0 ? effect->coverage : effect->reliability) == 0)
            diagnostics_warn(t->reading->d, &share,
                             i == 0 ? "has no effect: it covers nothing"
                                    : "has no effect: it never works");
    }
}

// What may be asked of the rows chosen: a part of choices_part.
enum { OWN_STREAM, SHARED_STREAM, INHERENT };

static bool scenario_passes(const void *context, uint32_t row, int part)
{
    const struct scenario *scenario = &((const struct portfolio *)context)->scenarios[row];

    if (part == INHERENT)
        return scenario->stated == STATED_INHERENT;
    return (scenario->event == NO_ROW) == (part == OWN_STREAM);
}

static bool event_passes(const void *context, uint32_t row, int part)
{
    return part == INHERENT &&
           ((const struct portfolio *)context)->events[row].stated == STATED_INHERENT;
}

// The first row of `all` that is not in its part `some`, which is smaller.
static uint32_t left_out(const struct choice *all, const struct choice *some)
{
    size_t i = 0;

    while (i < some->count && all->rows[i] == some->rows[i])
        i++;
    return all->rows[i];
}

// Those whose rate has the factor in it, NULL after a diagnostic.
static struct choice *stream_choose(struct treatment_reading *r, const struct terms *t,
                                    const struct treatment *treatment, struct choice *chosen,
                                    enum effect_factor factor)
{
    const struct portfolio *portfolio = &r->reading->study->portfolio;
    const struct place at = terms_place(t, EFFECT_SCENARIOS);
    const bool own = factor == FACTOR_FREQUENCY;
    struct choice *some;
    const char *example;

    // what is avoided neither happens by itself nor is hit
    if (factor != FACTOR_HIT_PROBABILITY && (!own || treatment->option == OPTION_AVOID))
        return chosen;
    some = choices_part(&r->scenarios, chosen, own ? OWN_STREAM : SHARED_STREAM, scenario_passes,
                        portfolio);
    if (!some || some->count == chosen->count)
        return some;
    example = portfolio->scenarios[left_out(chosen, some)].id;
    if (some->count > 0)
        diagnostics_warn(r->reading->d, &at,
                         "%zu of the %zu scenarios selected (such as '%s') %s: the row leaves "
                         "them out",
                         chosen->count - some->count, chosen->count, example,
                         own ? "strike when a shared event does, and have no frequency of their own"
                             : "have a frequency of their own, and no hit_probability");
    else
        diagnostics_add(r->reading->d, &at,
                        own ? "all scenarios selected (such as '%s') strike when a shared event "
                              "does: change hit_probability, or select the event in the column "
                              "events"
                            : "all scenarios selected (such as '%s') have a frequency of their "
                              "own, and no hit_probability: change frequency",
                        example);
    return some->count > 0 ? some : NULL;
}

static bool resistance_check(const struct treatment_reading *r, const struct terms *t,
                             const struct choice *chosen)
{
    const struct portfolio *portfolio = &r->reading->study->portfolio;
    const struct place at = terms_place(t, EFFECT_SCENARIOS);
    const struct scenario *example = NULL;
    size_t count = 0;

    for (size_t i = 0; i < chosen->count; i++) {
        const struct scenario *scenario = &portfolio->scenarios[chosen->rows[i]];

        if (scenario->capability || scenario->selection->count == 0)
            continue;
        example = example ? example : scenario;
        count++;
    }
    if (count > 0)
        diagnostics_add(r->reading->d, &at,
                        "%zu of the %zu scenarios selected compare no capability with a resistance "
                        "('%s' has %s): select others, or change susceptibility",
                        count, chosen->count, example->id,
                        example->susceptibility ? "a susceptibility"
                                                : "no threat with a capability");
    return count == 0;
}

static unsigned slots_of(const struct severity *severity)
{
    unsigned slots = 0;

    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++)
            if (severity->loss[stage][form])
                slots |= LOSS_SLOT(stage, form);
    return slots;
}

// The losses without which the row changes nothing; 0: it needs none.
static unsigned slots_needed(const struct effect *effect)
{
    unsigned slots = effect->slots;

    for (int form = 0; form < LOSS_FORMS && effect->factor == FACTOR_SECONDARY_PROBABILITY; form++)
        slots |= LOSS_SLOT(STAGE_SECONDARY, form);
    return slots;
}

static void losses_warn(const struct treatment_reading *r, const struct terms *t,
                        const struct effect *effect, const struct choice *chosen, bool events)
{
    const struct portfolio *portfolio = &r->reading->study->portfolio;
    const struct place at = terms_place(t, EFFECT_FACTOR);
    const unsigned needed = slots_needed(effect);
    bool met = needed == 0 || chosen->count == 0;

    for (size_t i = 0; i < chosen->count && !met; i++)
        met = needed & slots_of(events ? &portfolio->events[chosen->rows[i]].severity
                                       : &portfolio->scenarios[chosen->rows[i]].severity);
    if (!met)
        diagnostics_warn(r->reading->d, &at, "has no effect: no %s selected has such a loss%s",
                         events ? "shared event" : "scenario", events ? " itself" : "");
}

static void assets_warn(const struct treatment_reading *r, const struct terms *t,
                        const struct choice *chosen, const uint64_t *assets)
{
    const struct portfolio *portfolio = &r->reading->study->portfolio;
    const struct place at = terms_place(t, EFFECT_ASSETS);
    const struct selection *last = NULL;
    bool met = chosen->count == 0;

    for (size_t i = 0; i < chosen->count && !met; i++) {
        const struct selection *selection = portfolio->scenarios[chosen->rows[i]].selection;

        for (size_t k = 0; k < selection->count && !met && selection != last; k++)
            met = assets[selection->assets[k] / 64] >> selection->assets[k] % 64 & 1;
        last = selection;
    }
    if (!met)
        diagnostics_warn(r->reading->d, &at,
                         "has no effect: no scenario selected strikes an asset selected");
}

// Figures that are stated current have in them what treatments at work do.
static struct choice *inherent_choose(struct treatment_reading *r, const struct terms *t,
                                      struct choices *choices, struct choice *chosen, int which)
{
    const struct portfolio *portfolio = &r->reading->study->portfolio;
    const bool events = which == EFFECT_EVENTS;
    const struct place at = terms_place(t, which);
    struct choice *some =
        choices_part(choices, chosen, INHERENT, events ? event_passes : scenario_passes, portfolio);
    uint32_t row;

    if (!some || some->count == chosen->count)
        return some;
    row = left_out(chosen, some);
    diagnostics_warn(r->reading->d, &at,
                     "already in the figures: the treatment exists, and %zu of the %zu %ss "
                     "selected (such as '%s') are stated current; the row leaves them out",
                     chosen->count - some->count, chosen->count, choices->what,
                     events ? portfolio->events[row].id : portfolio->scenarios[row].id);
    return some;
}

void effect_scenarios_choose(struct treatment_reading *r, const struct terms *t,
                             const struct treatment *treatment, struct choice *chosen,
                             struct choice *assets, struct effect *effect)
{
    struct choice *some = stream_choose(r, t, treatment, chosen, effect->factor);

    if (!some || (effect->factor == FACTOR_RESISTANCE && !resistance_check(r, t, some)))
        return;
    losses_warn(r, t, effect, some, false);
    if (assets) {
        effect->assets = choices_bits(&r->assets, assets);
        if (!effect->assets)
            return;
        assets_warn(r, t, some, effect->assets);
    }
    if (treatment->state == TREATMENT_EXISTING)
        some = inherent_choose(r, t, &r->scenarios, some, EFFECT_SCENARIOS);
    if (!some)
        return;
    effect->scenarios = some->rows;
    effect->scenario_count = some->count;
}

void effect_events_choose(struct treatment_reading *r, const struct terms *t,
                          const struct treatment *treatment, struct choice *chosen,
                          struct effect *effect)
{
    if (effect->factor != FACTOR_FREQUENCY && effect->factor != FACTOR_SECONDARY_PROBABILITY &&
        effect->factor != FACTOR_LOSS) {
        terms_error(t, EFFECT_FACTOR,
                    "shared events have none: frequency, secondary_probability or losses expected, "
                    "or a selector of scenarios instead of one of events");
        return;
    }
    if (!chosen)
        return;
    losses_warn(r, t, effect, chosen, true);
    if (treatment->state == TREATMENT_EXISTING)
        chosen = inherent_choose(r, t, &r->events, chosen, EFFECT_EVENTS);
    if (!chosen)
        return;
    effect->events = chosen->rows;
    effect->event_count = chosen->count;
}
