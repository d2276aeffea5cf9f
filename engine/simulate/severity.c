// What a hit costs: every form of both stages, at addresses of its own.
#include <math.h>
#include <string.h>

#include "simulate/event_batch.h"

// Where a loss slot's uniforms come from: the tails of n events of a stream.
struct slot_source {
    uint64_t key;
    uint32_t block;
    const uint64_t *index;
    unsigned slot;
    const double *first; // the candidate's own tail, for the first slot; else NULL
    // Common factors that the slot's score is loaded with, one around the other: those of the hit's
    // forms, of the occurrence's hits, of the driver's year.
    size_t factor_count;
    struct {
        double loading;
        double tail[EVENT_BATCH];
    } factor[3];
};

enum { OUTAGE_SLOT = STAGES * LOSS_FORMS };

static void slot_tails(void *context, unsigned draw, size_t n, double *tail)
{
    const struct slot_source *s = context;
    double other[EVENT_BATCH];

    if (draw > 0) {
        event_kernels()->tails(s->key, s->block,
                               address_of(PURPOSE_LOSS_MORE, s->slot * 64 + draw % 64), n, s->index,
                               tail, other);
        return;
    }
    if (s->first)
        memcpy(tail, s->first, n * sizeof *tail);
    else if (s->slot % 2 == 0)
        event_kernels()->tails(s->key, s->block, address_of(PURPOSE_LOSS, s->slot / 2), n, s->index,
                               tail, other);
    else
        event_kernels()->tails(s->key, s->block, address_of(PURPOSE_LOSS, s->slot / 2), n, s->index,
                               other, tail);
    for (size_t f = 0; f < s->factor_count; f++)
        event_kernels()->correlate(s->factor[f].loading, n, s->factor[f].tail, tail);
}

static void slot_draw(struct slot_source *s, const struct distribution *law, size_t n,
                      double *amount)
{
    double tail[EVENT_BATCH], constant;

    if (distribution_is_constant(law, &constant)) {
        for (size_t i = 0; i < n; i++)
            amount[i] = constant;
    } else if (distribution_draws(law) == 1 && s->first && s->factor_count == 0) {
        distribution_quantile(law, n, s->first, amount);
    } else if (distribution_draws(law) == 1) {
        slot_tails(s, 0, n, tail);
        distribution_quantile(law, n, tail, amount);
    } else {
        distribution_draw(law, n, slot_tails, s, amount);
    }
}

// The events among which a coin (sub-draw 0: the common one; 1 + form: that form's own) falls on
// loss.
static size_t coin_toss(const struct event_batch *batch, const struct yearly *probability,
                        uint32_t sub_draw, uint32_t *hit)
{
    double tail[EVENT_BATCH], other[EVENT_BATCH], p[EVENT_BATCH];
    uint64_t year[EVENT_BATCH];
    size_t n = 0;

    for (size_t i = 0; i < batch->count; i++)
        year[i] = batch->year[i];
    yearly_fill(probability, batch->severity->key, batch->block, PURPOSE_SECONDARY, 64 * sub_draw,
                batch->count, year, p);
    event_kernels()->tails(batch->key, batch->block, address_of(PURPOSE_COIN, sub_draw),
                           batch->count, batch->index, tail, other);
    for (size_t i = 0; i < batch->count; i++) {
        hit[n] = (uint32_t)i;
        n += tail[i] < p[i];
    }
    return n;
}

// The event of hit i: all events are hits where `hit` is NULL.
static inline size_t event_of(const uint32_t *hit, size_t i)
{
    return hit ? hit[i] : i;
}

// Amount per hit in currency, from the law's.
static void amounts_scale(const struct event_batch *batch, size_t n, const uint32_t *hit,
                          const double *factor, double *amount)
{
    const struct severity_plan *plan = batch->severity;

    if (plan->severity->loss_basis == LOSS_BASIS_VALUE)
        for (size_t i = 0; i < n; i++)
            amount[i] *= plan->assets->value[batch->asset[event_of(hit, i)]];
    if (factor)
        for (size_t i = 0; i < n; i++)
            amount[i] *= factor[event_of(hit, i)];
}

static void slot_keep(struct event_batch *batch, int stage, enum loss_form form, size_t n,
                      const uint32_t *hit, const double *units)
{
    double *loss = batch->slots->loss[stage * LOSS_FORMS + form];

    batch->slots->given |= LOSS_SLOT(stage, form);
    if (hit)
        memset(loss, 0, batch->count * sizeof *loss);
    for (size_t i = 0; i < n; i++)
        loss[event_of(hit, i)] = units[i];
}

// Adds the n hits' units to the form's sums, which start at 0 with the form's first loss.
static void units_add(struct event_batch *batch, int stage, enum loss_form form, size_t n,
                      const uint32_t *hit, const double *amount)
{
    const double scale = batch->severity->money_scale;
    const bool started = batch->forms & 1u << form;
    double *sum = batch->form_loss[form];
    double units[EVENT_BATCH];

    batch->forms |= 1u << form;
    if (!hit && !started) {
        batch->loss_bound += event_kernels()->money(scale, n, amount, sum);
        if (batch->slots)
            slot_keep(batch, stage, form, n, hit, sum);
        return;
    }
    batch->loss_bound += event_kernels()->money(scale, n, amount, units);
    if (batch->slots)
        slot_keep(batch, stage, form, n, hit, units);
    if (!started)
        memset(sum, 0, batch->count * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        sum[event_of(hit, i)] += units[i];
}

// The common factors of the n hits' scores.
static void factors_fill(struct slot_source *s, const struct event_batch *batch, size_t n,
                         const uint32_t *hit)
{
    const struct severity_plan *plan = batch->severity;
    double other[EVENT_BATCH];

    s->factor_count = 0;
    if (plan->severity->form_correlation != 0) {
        event_kernels()->tails(s->key, s->block, address_of(PURPOSE_COMMON, 0), n, s->index,
                               s->factor[0].tail, other);
        s->factor[s->factor_count++].loading = plan->severity->form_correlation;
    }
    if (plan->hit_correlation != 0) {
        for (size_t i = 0; i < n; i++)
            s->factor[s->factor_count].tail[i] =
                batch->occurrence_tail[batch->occurrence[event_of(hit, i)]];
        s->factor[s->factor_count++].loading = plan->hit_correlation;
    }
    if (plan->driver) {
        const double *year = plan->driver->tail + (size_t)batch->block * BLOCK_YEARS;

        for (size_t i = 0; i < n; i++)
            s->factor[s->factor_count].tail[i] = year[batch->year[event_of(hit, i)]];
        s->factor[s->factor_count++].loading = plan->driver->driver->severity_correlation;
    }
}

// Hours times the loss of an hour. Like a product's first factor, the hours follow what the hit has
// in common with others; both stages have the same hours.
static void hourly_draw(struct event_batch *batch, struct slot_source *s,
                        const struct severity *severity, int stage, size_t n, const uint32_t *hit,
                        double *amount)
{
    const double *const first = s->first;
    const unsigned slot = s->slot;
    double hours[EVENT_BATCH];

    s->slot = OUTAGE_SLOT;
    s->first = NULL;
    slot_draw(s, severity->outage_hours, n, hours);
    s->slot = slot;
    s->first = first;
    s->factor_count = 0;
    slot_draw(s, severity->loss[stage][FORM_PRODUCTIVITY], n, amount);
    for (size_t i = 0; i < n; i++)
        amount[i] *= hours[i];
    for (size_t i = 0; batch->slots && i < n; i++)
        batch->slots->outage_hours[event_of(hit, i)] = hours[i];
}

// Adds one loss of `form` to the n hits among the batch's events; `hit` NULL: to all.
static void form_add(struct event_batch *batch, int stage, enum loss_form form, bool first,
                     size_t n, const uint32_t *hit, const double *factor)
{
    const struct severity *s = batch->severity->severity;
    double amount[EVENT_BATCH];
    uint64_t own_index[EVENT_BATCH];
    struct slot_source source; // not all of it is filled: it is large

    for (size_t i = 0; hit && i < n; i++)
        own_index[i] = batch->index[hit[i]];
    source.key = batch->key;
    source.block = batch->block;
    source.index = hit ? own_index : batch->index;
    source.slot = (unsigned)(stage * LOSS_FORMS) + form;
    source.first = first ? batch->tail : NULL;
    factors_fill(&source, batch, n, hit);
    if (form == FORM_PRODUCTIVITY && s->outage_hours)
        hourly_draw(batch, &source, s, stage, n, hit, amount);
    else
        slot_draw(&source, s->loss[stage][form], n, amount);
    amounts_scale(batch, n, hit, factor, amount);
    units_add(batch, stage, form, n, hit, amount);
}

// An event beyond the limit loses what its last forms have too much.
static void event_cap(struct event_batch *batch, size_t i)
{
    double room = MONEY_LIMIT;

    for (int form = 0; form < LOSS_FORMS; form++)
        if (batch->forms & 1u << form) {
            batch->form_loss[form][i] = fmin(batch->form_loss[form][i], room);
            room -= batch->form_loss[form][i];
        }
    batch->form_sum[i] = MONEY_LIMIT - room; // read only where there are several forms
    batch->capped++;
}

// Sums up to 2^53 units are exact, and larger ones are capped.
static void losses_sum(struct event_batch *batch)
{
    const double *sum = NULL;

    for (int form = 0; form < LOSS_FORMS; form++) {
        const double *loss = batch->form_loss[form];

        if (!(batch->forms & 1u << form))
            continue;
        for (size_t i = 0; sum && i < batch->count; i++)
            batch->form_sum[i] = sum[i] + loss[i];
        sum = sum ? batch->form_sum : loss;
    }
    batch->capped = 0;
    if (!sum) {
        memset(batch->loss, 0, batch->count * sizeof *batch->loss);
        return;
    }
    for (size_t i = 0; batch->loss_bound > MONEY_LIMIT / 2 && i < batch->count; i++)
        if (sum[i] >= MONEY_LIMIT)
            event_cap(batch, i);
    event_kernels()->whole(batch->count, sum, batch->loss);
}

void severity_fill(struct event_batch *batch, const double *factor)
{
    const struct severity_plan *plan = batch->severity;
    const struct severity *s = plan->severity;
    uint32_t hit[EVENT_BATCH], own[EVENT_BATCH];
    size_t secondary = SIZE_MAX;
    bool first = true;

    batch->forms = 0;
    batch->loss_bound = 0;
    if (batch->slots)
        batch->slots->given = 0;
    for (int form = 0; form < LOSS_FORMS; form++)
        if (s->loss[STAGE_PRIMARY][form]) {
            form_add(batch, STAGE_PRIMARY, form, first, batch->count, NULL, factor);
            first = false;
        }
    for (int form = 0; form < LOSS_FORMS; form++) {
        if (!s->loss[STAGE_SECONDARY][form])
            continue;
        if (s->secondary_form_probability[form]) {
            const size_t n = coin_toss(batch, &plan->form_probability[form], 1 + form, own);

            form_add(batch, STAGE_SECONDARY, form, false, n, own, factor);
            continue;
        }
        if (secondary == SIZE_MAX)
            secondary = coin_toss(batch, &plan->secondary_probability, 0, hit);
        form_add(batch, STAGE_SECONDARY, form, false, secondary, hit, factor);
    }
    losses_sum(batch);
    if (batch->filter && (batch->plan ? batch->plan->treated : batch->event->treated))
        batch->filter->filters->apply(batch->filter->workspace, batch, batch->filter->years);
}
