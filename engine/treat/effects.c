#include "treat/effects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/event_kernels.h"
#include "treat/pair.h"

// What a row drew for the batch in work.
struct row_draws {
    bool drawn;
    double amount[EVENT_BATCH];
    bool applies[EVENT_BATCH]; // covers the unit, and works
};

// A figure of every event, drawn when it is first asked for.
struct drawn {
    bool done;
    double value[EVENT_BATCH];
};

struct effects_workspace {
    const struct portfolio *portfolio;
    const struct unit *unit;
    const struct unit_part *part;
    const struct event_batch *batch;
    const struct rate_years *years;
    const struct added_events *added;
    uint64_t year[EVENT_BATCH];       // of the batch, as addresses
    uint64_t occurrence[EVENT_BATCH]; // of a shared event: as addresses
    struct drawn survive, occurrence_survive, stay;
    struct drawn frequency, susceptibility, hit_chance; // in the base
    struct drawn coin[1 + LOSS_FORMS], coin_chance[1 + LOSS_FORMS];
    bool pairs_drawn;
    double capability[EVENT_BATCH], resistance[EVENT_BATCH];
    struct pair_tables *pairs;
    bool memory_failed;
    struct row_draws *rows;
};

struct effects_workspace *effects_workspace_new(size_t rows_most)
{
    struct effects_workspace *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->pairs = pair_tables_new();
    w->rows = calloc(rows_most + 1, sizeof *w->rows);
    if (!w->pairs || !w->rows) {
        effects_workspace_free(w);
        return NULL;
    }
    return w;
}

void effects_workspace_free(struct effects_workspace *w)
{
    if (w) {
        pair_tables_free(w->pairs);
        free(w->rows);
    }
    free(w);
}

bool effects_failed(const struct effects_workspace *w)
{
    return w->memory_failed;
}

double effects_memory(size_t rows_most)
{
    return (double)sizeof(struct effects_workspace) +
           ((double)rows_most + 1) * sizeof(struct row_draws);
}

void effects_start(struct effects_workspace *w, const struct portfolio *portfolio,
                   const struct unit *unit, const struct unit_part *part,
                   const struct event_batch *batch, const struct rate_years *years,
                   const struct added_events *added)
{
    w->portfolio = portfolio;
    w->unit = unit;
    w->part = part;
    w->batch = batch;
    w->years = years;
    w->added = added;
    w->survive.done = w->occurrence_survive.done = w->stay.done = false;
    w->frequency.done = w->susceptibility.done = w->hit_chance.done = false;
    for (int c = 0; c < 1 + LOSS_FORMS; c++)
        w->coin[c].done = w->coin_chance[c].done = false;
    w->pairs_drawn = false;
    for (size_t r = 0; r < part->row_count; r++)
        w->rows[r].drawn = false;
    for (size_t i = 0; i < batch->count; i++) {
        w->year[i] = batch->year[i];
        // the hits of an occurrence have its address in their upper half (shared_hits.h)
        w->occurrence[i] = part->plan ? batch->index[i] >> 32 : batch->index[i];
    }
}

// Which unit of its asset an event struck: all are equally likely, and at_most_once has drawn it
// already, there.
static void units_find(const struct effects_workspace *w, uint64_t *unit)
{
    const struct event_batch *b = w->batch;
    const uint64_t *quantity = w->portfolio->assets.quantity;
    uint64_t words[EVENT_BATCH];
    double time[EVENT_BATCH];

    if (w->unit->event) {
        memcpy(unit, b->unit, b->count * sizeof *unit);
        return;
    }
    event_kernels()->place(b->key, b->block, address_of(PURPOSE_TIME, 0), b->count, b->index, words,
                           time);
    for (size_t i = 0; i < b->count; i++)
        unit[i] = (uint64_t)((unsigned __int128)words[i] * quantity[b->asset[i]] >> 64);
}

// One uniform per (treatment, unit, year). Of what an occurrence does by itself the unit is the
// event.
static void coverage_draw(const struct effects_workspace *w, const struct unit_row *row,
                          struct row_draws *draws)
{
    const struct event_batch *b = w->batch;
    const bool of_event = row->occurrence || !w->part->plan;
    uint64_t unit[EVENT_BATCH], index[EVENT_BATCH];
    double tail[EVENT_BATCH], other[EVENT_BATCH];

    if (!of_event)
        units_find(w, unit);
    for (size_t i = 0; i < b->count; i++) {
        // ids' hashes are uniform: 51 bits of them tell units apart, 13 are the year's
        const uint64_t who = of_event ? w->unit->event->event->id_hash
                                      : w->portfolio->assets.id_hash[b->asset[i]] +
                                            unit[i] * UINT64_C(0xD1B54A32D192ED03);

        index[i] = (who & ~(uint64_t)(BLOCK_YEARS - 1)) | b->year[i];
    }
    event_kernels()->tails(row->coverage_key, b->block, address_of(PURPOSE_TREATMENT, 0), b->count,
                           index, tail, other);
    for (size_t i = 0; i < b->count; i++)
        draws->applies[i] = draws->applies[i] && tail[i] <= row->effect->coverage;
}

// One uniform per (treatment, event); an occurrence with all its hits is one event.
static void reliability_draw(const struct effects_workspace *w, const struct unit_row *row,
                             struct row_draws *draws)
{
    const struct event_batch *b = w->batch;
    const struct event_plan *event = w->unit->event;
    const uint64_t key =
        address_key(event ? event->key : b->key, row->treatment->id_hash, 0, PURPOSE_RELIABLE);
    double tail[EVENT_BATCH], other[EVENT_BATCH];

    event_kernels()->tails(key, b->block, address_of(PURPOSE_RELIABLE, 0), b->count,
                           event ? w->occurrence : b->index, tail, other);
    for (size_t i = 0; i < b->count; i++)
        draws->applies[i] = draws->applies[i] && tail[i] <= row->effect->reliability;
}

static const struct row_draws *row_draw(struct effects_workspace *w, size_t r)
{
    const struct unit_row *row = &w->part->rows[r];
    const struct event_batch *b = w->batch;
    struct row_draws *draws = &w->rows[r];

    if (draws->drawn)
        return draws;
    draws->drawn = true;
    yearly_fill(&row->amount, row->key, b->block, PURPOSE_EFFECT, 0, b->count, w->year,
                draws->amount);
    for (size_t i = 0; i < b->count; i++)
        draws->applies[i] = !row->effect->assets || !w->part->plan || row->occurrence ||
                            (row->effect->assets[b->asset[i] / 64] >> b->asset[i] % 64 & 1);
    if (row->effect->coverage < 1)
        coverage_draw(w, row, draws);
    if (row->effect->reliability < 1)
        reliability_draw(w, row, draws);
    return draws;
}

static const double *tails_draw(struct drawn *drawn, uint64_t key, uint32_t block, uint32_t address,
                                size_t n, const uint64_t *index)
{
    double other[EVENT_BATCH];

    if (!drawn->done)
        event_kernels()->tails(key, block, address, n, index, drawn->value, other);
    drawn->done = true;
    return drawn->value;
}

// The factor's value in the base, for each event.
static const double *base_value(struct effects_workspace *w, enum effect_factor factor,
                                bool occurrence)
{
    const struct event_batch *b = w->batch;
    const struct scenario_plan *plan = w->part->plan;
    const struct rate *rate = occurrence ? &w->unit->event->rate : &plan->rate;

    if (factor == FACTOR_FREQUENCY) {
        if (!w->frequency.done)
            rate_figures(rate, PURPOSE_FREQUENCY, w->years, b->block, b->count, w->year,
                         w->frequency.value);
        w->frequency.done = true;
        return w->frequency.value;
    }
    if (factor == FACTOR_HIT_PROBABILITY) {
        if (!w->hit_chance.done)
            yearly_fill(&plan->hit_chance, plan->key, b->block, PURPOSE_HIT_CHANCE, 0, b->count,
                        w->occurrence, w->hit_chance.value);
        w->hit_chance.done = true;
        return w->hit_chance.value;
    }
    if (!w->susceptibility.done && plan->scenario->capability)
        for (size_t i = 0; i < b->count; i++)
            w->susceptibility.value[i] = exposure_susceptibility(plan->hits, b->asset[i]);
    else if (!w->susceptibility.done)
        rate_figures(rate, PURPOSE_SUSCEPTIBILITY, w->years, b->block, b->count, w->year,
                     w->susceptibility.value);
    w->susceptibility.done = true;
    return w->susceptibility.value;
}

// Which of a variant's rows on the part are meant.
struct chosen_rows {
    size_t count;
    const uint32_t *rows;
    enum effect_factor factor;
    unsigned slots;  // FACTOR_LOSS: those of just these
    bool occurrence; // on whole occurrences, or on hits
};

static bool row_chosen(const struct effects_workspace *w, const struct chosen_rows *c, size_t k)
{
    const struct unit_row *row = &w->part->rows[c->rows[k]];

    return row->effect->factor == c->factor && row->occurrence == c->occurrence &&
           (c->factor != FACTOR_LOSS || row->effect->slots == c->slots);
}

static bool any_chosen(const struct effects_workspace *w, const struct chosen_rows *c,
                       bool but_multiply)
{
    for (size_t k = 0; k < c->count; k++)
        if (row_chosen(w, c, k) &&
            !(but_multiply && w->part->rows[c->rows[k]].effect->operation == OPERATION_MULTIPLY))
            return true;
    return false;
}

// The product of what rows of one overlap group leave: with the group's probability that of the
// strongest alone. What they raise multiplies all the same.
static void overlap_multiply(struct effects_workspace *w, const struct chosen_rows *c, size_t first,
                             double *lowered, double *raised)
{
    const struct event_batch *b = w->batch;
    const uint32_t group = w->part->rows[c->rows[first]].effect->overlap;
    const struct overlap *overlap = &w->portfolio->treatments.overlaps[group];
    const struct event_plan *event = w->unit->event;
    const size_t n = b->count;
    double all[EVENT_BATCH], least[EVENT_BATCH], coin[EVENT_BATCH], other[EVENT_BATCH];

    for (size_t i = 0; i < n; i++)
        all[i] = least[i] = 1;
    for (size_t k = first; k < c->count; k++) {
        const struct effect *effect = w->part->rows[c->rows[k]].effect;
        const struct row_draws *draws;

        if (!row_chosen(w, c, k) || effect->operation != OPERATION_MULTIPLY ||
            effect->overlap != group)
            continue;
        draws = row_draw(w, c->rows[k]);
        for (size_t i = 0; i < n; i++) {
            const double amount = draws->applies[i] ? draws->amount[i] : 1;

            all[i] *= fmin(amount, 1);
            least[i] = fmin(least[i], amount);
            raised[i] *= fmax(amount, 1);
        }
    }
    event_kernels()->tails(
        address_key(event ? event->key : b->key, overlap->name_hash, 0, PURPOSE_OVERLAP), b->block,
        address_of(PURPOSE_OVERLAP, 0), n, event ? w->occurrence : b->index, coin, other);
    for (size_t i = 0; i < n; i++)
        lowered[i] *= coin[i] <= overlap->correlation ? least[i] : all[i];
}

static bool overlap_seen(const struct effects_workspace *w, const struct chosen_rows *c, size_t k)
{
    for (size_t j = 0; j < k; j++)
        if (row_chosen(w, c, j) &&
            w->part->rows[c->rows[j]].effect->operation == OPERATION_MULTIPLY &&
            w->part->rows[c->rows[j]].effect->overlap == w->part->rows[c->rows[k]].effect->overlap)
            return true;
    return false;
}

// Multiplies `lowered` by what rows take away, and `raised` by what they multiply beyond 1.
static void multiplied(struct effects_workspace *w, const struct chosen_rows *c, double *lowered,
                       double *raised)
{
    const size_t n = w->batch->count;

    for (size_t k = 0; k < c->count; k++) {
        const struct effect *effect = w->part->rows[c->rows[k]].effect;
        const struct row_draws *draws;

        if (!row_chosen(w, c, k) || effect->operation != OPERATION_MULTIPLY)
            continue;
        if (effect->overlap != NO_ROW) {
            if (!overlap_seen(w, c, k))
                overlap_multiply(w, c, k, lowered, raised);
            continue;
        }
        draws = row_draw(w, c->rows[k]);
        for (size_t i = 0; i < n; i++) {
            const double amount = draws->applies[i] ? draws->amount[i] : 1;

            // written out: a call for each of them is a fifth of all pricing
            lowered[i] *= amount < 1 ? amount : 1;
            raised[i] *= amount > 1 ? amount : 1;
        }
    }
}

// add, set and cap of a value whose multiples are known: plus and minus are sums of what is added
// and taken away; `set` and `cap` are HUGE_VAL where there is none. `setter` is the row that sets.
struct adjustments {
    double plus[EVENT_BATCH], minus[EVENT_BATCH], set[EVENT_BATCH], cap[EVENT_BATCH];
    uint32_t setter[EVENT_BATCH];
};

static void adjusted(struct effects_workspace *w, const struct chosen_rows *c,
                     struct adjustments *out)
{
    const size_t n = w->batch->count;

    for (size_t i = 0; i < n; i++) {
        out->plus[i] = out->minus[i] = 0;
        out->set[i] = out->cap[i] = HUGE_VAL;
        out->setter[i] = NO_ROW;
    }
    for (size_t k = 0; k < c->count; k++) {
        const struct effect *effect = w->part->rows[c->rows[k]].effect;
        const struct row_draws *draws;

        if (!row_chosen(w, c, k) || effect->operation == OPERATION_MULTIPLY)
            continue;
        draws = row_draw(w, c->rows[k]);
        for (size_t i = 0; i < n; i++) {
            const double amount = draws->amount[i];

            if (!draws->applies[i])
                continue;
            if (effect->operation == OPERATION_ADD) {
                out->plus[i] += fmax(amount, 0);
                out->minus[i] += fmax(-amount, 0);
            } else if (effect->operation == OPERATION_SET) {
                if (amount < out->set[i])
                    out->setter[i] = c->rows[k];
                out->set[i] = fmin(out->set[i], amount);
            } else {
                out->cap[i] = fmin(out->cap[i], amount);
            }
        }
    }
}

static inline double adjusted_value(const struct adjustments *a, size_t i, double value)
{
    const double added = fmax(value + a->plus[i] - a->minus[i], 0);

    return fmin(a->set[i] < HUGE_VAL ? a->set[i] : added, a->cap[i]);
}

// What is left of one factor, where rows add to it, set it or cap it: `all` is what the base,
// multiplied, and what is added come to, `after` what it is to be. A value set above that is made
// up of events of the base first, as far as they go, and of the setting row's own for the rest.
struct factor_left {
    double base;  // share of the base's events that stay
    double scale; // share of those of other streams, after multiplying
    double set;   // rate of the setting row's own, in the factor's unit
};

static struct factor_left factor_left(double base, double lowered, double all, double after)
{
    const double missing = after - all;

    if (missing <= 0) {
        const double scale = all > 0 ? after / all : 1;

        return (struct factor_left){lowered * scale, scale, 0};
    }
    return (struct factor_left){base > 0 ? fmin(lowered + missing / base, 1) : 1, 1,
                                fmax(missing - base * (1 - lowered), 0)};
}

// Multiplies ratio[i] by the part of event i's factor that is left.
static void factor_thin(struct effects_workspace *w, const struct chosen_rows *c, double *ratio)
{
    const size_t n = w->batch->count;
    const uint32_t added =
        c->factor == FACTOR_FREQUENCY && w->added ? w->added->added : (uint32_t)NO_ROW;
    const bool adds = added != NO_ROW, own_stream = c->factor == FACTOR_FREQUENCY && w->added;
    const bool sets = adds && w->part->rows[added].effect->operation == OPERATION_SET;
    double lowered[EVENT_BATCH], raised[EVENT_BATCH];
    struct adjustments adjustments;
    const double *base;

    if (!any_chosen(w, c, false))
        return;
    for (size_t i = 0; i < n; i++)
        lowered[i] = raised[i] = 1;
    multiplied(w, c, lowered, raised);
    if (!any_chosen(w, c, true)) {
        for (size_t i = 0; i < n; i++)
            ratio[i] *= lowered[i];
        return;
    }
    adjusted(w, c, &adjustments);
    base = base_value(w, c->factor, c->occurrence);
    for (size_t i = 0; i < n; i++) {
        const double before = base[i] * lowered[i] * raised[i];
        const double all = before + adjustments.plus[i]; // base's and added events together
        const struct factor_left left =
            factor_left(base[i], lowered[i], all, adjusted_value(&adjustments, i, before));

        if (sets)
            ratio[i] *= adjustments.setter[i] == added ? left.set : 0;
        else if (adds) // what is added to a frequency is not multiplied
            ratio[i] *= left.scale;
        else
            ratio[i] *= own_stream ? lowered[i] * left.scale : left.base;
    }
}

// Events that a treatment adds: they come at the bound of what they are to be.
static void added_thin(struct effects_workspace *w, double *ratio)
{
    const struct added_events *a = w->added;
    const size_t n = w->batch->count;

    for (size_t i = 0; i < n; i++)
        ratio[i] /= a->bound;
    for (size_t r = 0; r < w->part->row_count; r++) {
        const bool multiplies = a->multiplied && (a->multiplied[r / 64] >> r % 64 & 1);
        const bool sets = w->part->rows[r].effect->operation == OPERATION_SET;
        const struct row_draws *draws;

        if (!multiplies && r != a->added)
            continue;
        draws = row_draw(w, r);
        for (size_t i = 0; i < n; i++)
            ratio[i] *= !draws->applies[i] ? 0
                        : multiplies       ? fmax(draws->amount[i] - 1, 0)
                        : sets             ? 1 // factor_thin knows what is missing
                                           : fmax(draws->amount[i], 0);
    }
}

static void pairs_draw(struct effects_workspace *w)
{
    const struct event_batch *b = w->batch;
    const struct scenario_plan *plan = w->part->plan;
    const struct distribution *const *laws = w->portfolio->assets.resistance;
    double tail[EVENT_BATCH], other[EVENT_BATCH];

    if (w->pairs_drawn)
        return;
    w->pairs_drawn = true;
    if (!plan->event) {
        for (size_t i = 0; i < b->count; i++)
            if (!pair_draw(w->pairs, plan->scenario->capability, laws[b->asset[i]], b->key,
                           b->block, b->index[i], &w->capability[i], &w->resistance[i]))
                w->memory_failed = true;
        return;
    }
    // as shared_hits.c has drawn them
    law_fill(plan->scenario->capability,
             address_key(plan->event->key, plan->scenario->threat_hash, 0, PURPOSE_CAPABILITY),
             b->block, PURPOSE_CAPABILITY, 0, b->count, w->occurrence, w->capability);
    event_kernels()->tails(b->key, b->block, address_of(PURPOSE_RESISTANCE, 0), b->count, b->index,
                           tail, other);
    for (size_t i = 0; i < b->count; i++)
        distribution_quantile(laws[b->asset[i]], 1, &tail[i], &w->resistance[i]);
}

// Layers against one attacker: the best resistance of those that cover and work decides.
static void resisted_drop(struct effects_workspace *w, const struct chosen_rows *c, bool *kept)
{
    const size_t n = w->batch->count;

    for (size_t k = 0; k < c->count; k++) {
        const struct effect *effect = w->part->rows[c->rows[k]].effect;
        const struct row_draws *draws;

        if (!row_chosen(w, c, k))
            continue;
        pairs_draw(w);
        draws = row_draw(w, c->rows[k]);
        for (size_t i = 0; i < n; i++) {
            const double amount = draws->amount[i], base = w->resistance[i];
            const double better = effect->operation == OPERATION_MULTIPLY ? base * amount
                                  : effect->operation == OPERATION_ADD    ? base + amount
                                                                          : amount;

            if (draws->applies[i] && w->capability[i] <= fmin(fmax(better, 0), 100))
                kept[i] = false;
        }
    }
}

static void survivors_find(struct effects_workspace *w, const struct chosen_rows *all, bool *kept)
{
    static const enum effect_factor thinning[] = {FACTOR_FREQUENCY, FACTOR_SUSCEPTIBILITY,
                                                  FACTOR_HIT_PROBABILITY};
    const struct event_batch *b = w->batch;
    const size_t n = b->count;
    struct chosen_rows c = *all;
    double ratio[EVENT_BATCH];
    const double *uniform;

    for (size_t i = 0; i < n; i++)
        ratio[i] = 1;
    for (size_t f = 0; w->part->plan && f < sizeof thinning / sizeof *thinning; f++) {
        c.factor = thinning[f];
        factor_thin(w, &c, ratio);
    }
    if (w->added)
        added_thin(w, ratio);
    uniform =
        tails_draw(&w->survive, b->key, b->block, address_of(PURPOSE_SURVIVE, 0), n, b->index);
    for (size_t i = 0; i < n; i++)
        kept[i] = uniform[i] <= ratio[i];

    c.factor = FACTOR_FREQUENCY;
    c.occurrence = true;
    if (w->unit->event && any_chosen(w, &c, false)) {
        for (size_t i = 0; i < n; i++)
            ratio[i] = 1;
        factor_thin(w, &c, ratio);
        uniform = tails_draw(&w->occurrence_survive, w->unit->event->key, b->block,
                             address_of(PURPOSE_SURVIVE, 0), n, w->occurrence);
        for (size_t i = 0; i < n; i++)
            kept[i] = kept[i] && uniform[i] <= ratio[i];
    }
    c.occurrence = false;
    c.factor = FACTOR_RESISTANCE;
    if (any_chosen(w, &c, false))
        resisted_drop(w, &c, kept);
}

// Whether the coin of a secondary loss still falls on loss: 0 the common one, 1 + form that form's.
static void coin_toss(struct effects_workspace *w, const struct chosen_rows *c, int coin,
                      bool *falls)
{
    const struct event_batch *b = w->batch;
    const struct severity_plan *severity = b->severity;
    const struct yearly *chance =
        coin > 0 ? &severity->form_probability[coin - 1] : &severity->secondary_probability;
    double lowered[EVENT_BATCH], raised[EVENT_BATCH];
    struct adjustments adjustments;
    const double *uniform, *base;

    uniform = tails_draw(&w->coin[coin], b->key, b->block, address_of(PURPOSE_COIN, (uint32_t)coin),
                         b->count, b->index);
    if (!w->coin_chance[coin].done)
        yearly_fill(chance, severity->key, b->block, PURPOSE_SECONDARY, 64 * (uint32_t)coin,
                    b->count, w->year, w->coin_chance[coin].value);
    w->coin_chance[coin].done = true;
    base = w->coin_chance[coin].value;
    for (size_t i = 0; i < b->count; i++)
        lowered[i] = raised[i] = 1;
    multiplied(w, c, lowered, raised);
    adjusted(w, c, &adjustments);
    for (size_t i = 0; i < b->count; i++)
        falls[i] = uniform[i] < adjusted_value(&adjustments, i, base[i] * lowered[i]);
}

static void secondary_thin(struct effects_workspace *w, const struct chosen_rows *all,
                           struct treated *t)
{
    const struct severity *severity = w->batch->severity->severity;
    const unsigned given = w->batch->slots->given;
    struct chosen_rows c = *all;
    bool falls[EVENT_BATCH];
    int tossed = -1;

    c.factor = FACTOR_SECONDARY_PROBABILITY;
    if (!any_chosen(w, &c, false))
        return;
    for (int pass = 0; pass < 2; pass++) // those of the common coin first
        for (int form = 0; form < LOSS_FORMS; form++) {
            const bool own = severity->secondary_form_probability[form] != NULL;
            const int coin = own ? 1 + form : 0;
            double *loss = t->slot[STAGE_SECONDARY * LOSS_FORMS + form];

            if (own != (pass == 1) || !(given & LOSS_SLOT(STAGE_SECONDARY, form)))
                continue;
            if (coin != tossed)
                coin_toss(w, &c, coin, falls);
            tossed = coin;
            for (size_t i = 0; i < w->batch->count; i++)
                loss[i] = falls[i] ? loss[i] : 0;
        }
}

// Rows on just these slots: on one form, or on a stage as a whole, whose forms then keep their
// proportions.
static void slots_resize(struct effects_workspace *w, const struct chosen_rows *all, unsigned slots,
                         struct treated *t)
{
    const unsigned given = slots & w->batch->slots->given;
    const double scale = w->batch->severity->money_scale;
    const size_t n = w->batch->count;
    struct chosen_rows c = *all;
    double lowered[EVENT_BATCH], raised[EVENT_BATCH];
    struct adjustments adjustments;
    bool adjusts;

    c.factor = FACTOR_LOSS;
    c.slots = slots;
    if (!given || !any_chosen(w, &c, false))
        return;
    for (size_t i = 0; i < n; i++)
        lowered[i] = raised[i] = 1;
    multiplied(w, &c, lowered, raised);
    adjusts = any_chosen(w, &c, true);
    if (adjusts)
        adjusted(w, &c, &adjustments);
    for (size_t i = 0; i < n; i++) {
        double factor = lowered[i] * raised[i], total = 0;

        for (unsigned rest = given; rest; rest &= rest - 1)
            total += t->slot[__builtin_ctz(rest)][i];
        if (total <= 0) // a stage that did not come about costs nothing in any world
            continue;
        if (adjusts)
            factor = adjusted_value(&adjustments, i, total * factor / scale) * scale / total;
        for (unsigned rest = given; rest; rest &= rest - 1) {
            double *loss = &t->slot[__builtin_ctz(rest)][i];

            *loss = fmin(floor(*loss * factor + 0.5), MONEY_LIMIT);
        }
    }
}

// The distinct sets of slots that rows name, the smaller ones (single forms) first.
static size_t slot_sets(const struct effects_workspace *w, const struct chosen_rows *c,
                        unsigned *sets, size_t most)
{
    size_t n = 0;

    for (size_t k = 0; k < c->count; k++) {
        const struct effect *effect = w->part->rows[c->rows[k]].effect;
        size_t at = 0;

        if (effect->factor != FACTOR_LOSS)
            continue;
        while (at < n && sets[at] != effect->slots)
            at++;
        if (at < n || n == most)
            continue;
        for (; at > 0 && __builtin_popcount(sets[at - 1]) > __builtin_popcount(effect->slots); at--)
            sets[at] = sets[at - 1];
        sets[at] = effect->slots;
        n++;
    }
    return n;
}

static bool resizes(const struct effects_workspace *w, const struct chosen_rows *c)
{
    for (size_t k = 0; k < c->count; k++) {
        const enum effect_factor factor = w->part->rows[c->rows[k]].effect->factor;

        if (factor == FACTOR_LOSS || factor == FACTOR_SECONDARY_PROBABILITY)
            return true;
    }
    return false;
}

static void losses_fill(struct effects_workspace *w, const struct chosen_rows *c, struct treated *t)
{
    enum { SETS_MAX = STAGES * LOSS_FORMS + STAGES };
    const struct event_slots *slots = w->batch->slots;
    const size_t n = w->batch->count;
    unsigned sets[SETS_MAX];
    size_t set_count;

    t->resized = resizes(w, c);
    if (!t->resized) {
        for (size_t i = 0; i < n; i++)
            t->loss[i] = t->kept[i] ? w->batch->loss[i] : 0;
        return;
    }
    for (unsigned rest = slots->given; rest; rest &= rest - 1) {
        const int slot = __builtin_ctz(rest);

        memcpy(t->slot[slot], slots->loss[slot], n * sizeof *t->slot[slot]);
    }
    secondary_thin(w, c, t);
    set_count = slot_sets(w, c, sets, SETS_MAX);
    for (size_t s = 0; s < set_count; s++)
        slots_resize(w, c, sets[s], t);
    for (size_t i = 0; i < n; i++) {
        double sum = 0;

        for (unsigned rest = slots->given; rest; rest &= rest - 1)
            sum += t->slot[__builtin_ctz(rest)][i];
        t->loss[i] = t->kept[i] ? (int64_t)fmin(sum, MONEY_LIMIT) : 0;
    }
}

// The variant's only row on the part, if it multiplies all events alike; else NULL.
static const struct unit_row *plain_row(const struct effects_workspace *w,
                                        const struct variant *variant, size_t part)
{
    const uint32_t first = variant->active_start[part];
    const struct unit_row *row;

    if (variant->active_start[part + 1] - first != 1 || w->added)
        return NULL;
    row = &w->part->rows[variant->active[first]];
    return row->everywhere && !row->occurrence && !row->amount.law &&
                   row->effect->operation == OPERATION_MULTIPLY && row->effect->overlap == NO_ROW
               ? row
               : NULL;
}

bool effects_block(struct effects_workspace *w, const struct variant *variant, size_t part,
                   const double **uniform, double *amount)
{
    const struct unit_row *row = plain_row(w, variant, part);

    if (!row || !w->part->plan ||
        (row->effect->factor != FACTOR_FREQUENCY && row->effect->factor != FACTOR_SUSCEPTIBILITY &&
         row->effect->factor != FACTOR_HIT_PROBABILITY))
        return false;
    *amount = row->amount.constant;
    *uniform = tails_draw(&w->survive, w->batch->key, w->batch->block,
                          address_of(PURPOSE_SURVIVE, 0), w->batch->count, w->batch->index);
    return true;
}

// A row that multiplies the only loss there is. False where that is not so.
static bool plain_resize(const struct effects_workspace *w, const struct variant *variant,
                         size_t part, struct treated *t)
{
    const struct unit_row *row = plain_row(w, variant, part);
    const unsigned given = w->batch->slots->given;
    const size_t n = w->batch->count;

    if (!row || row->effect->factor != FACTOR_LOSS || given == 0 || (given & (given - 1)) != 0 ||
        !(row->effect->slots & given))
        return false;
    const double *loss = w->batch->slots->loss[__builtin_ctz(given)];
    double *slot = t->slot[__builtin_ctz(given)];

    t->resized = true;
    memset(t->kept, true, n * sizeof *t->kept);
    for (size_t i = 0; i < n; i++) {
        const double scaled = floor(loss[i] * row->amount.constant + 0.5);

        slot[i] = scaled < MONEY_LIMIT ? scaled : MONEY_LIMIT;
        t->loss[i] = (int64_t)slot[i];
    }
    return true;
}

void effects_apply(struct effects_workspace *w, const struct variant *variant, size_t part,
                   struct treated *t)
{
    const struct chosen_rows all = {
        .count = variant->active_start[part + 1] - variant->active_start[part],
        .rows = variant->active + variant->active_start[part],
    };

    if (plain_resize(w, variant, part, t))
        return;
    survivors_find(w, &all, t->kept);
    losses_fill(w, &all, t);
}
