#include "simulate/scenario_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure/statistics.h"
#include "simulate/event_sums.h"
#include "simulate/schedule.h"
#include "simulate/shared_sum.h"
#include "simulate/tail.h"

// Annual losses that one round may leave, by expectation: 12 bytes each. So few that each thread's
// stay in its cache, and so many that what a round costs by itself, moving the sums of every year
// and group, is little beside them.
static const double round_least = 1 << 19, round_most = 1 << 23, round_per_sum = 2;

static double round_losses(const struct portfolio *portfolio, int threads)
{
    double sums = 1;

    for (size_t g = 0; g < portfolio->grouping_count; g++)
        sums += (double)portfolio->groupings[g].count;
    return fmin(
        fmax(round_per_sum * sums * (double)portfolio->settings.years, threads * round_least),
        round_most);
}

// A block with more events than one in TOUCHED_SHARE years is read from all its years.
enum { TOUCHED_SHARE = 4, TOUCHED_MAX = BLOCK_YEARS / TOUCHED_SHARE };

// What a scenario's events sum up to, beside its annual losses.
struct event_totals {
    struct shared_sum form[LOSS_FORMS];
    struct shared_sum square; // of events' losses, where the scenario has one asset
};

// The annual losses of one scenario and block.
struct piece {
    const struct scenario_part *part;
    size_t start, count; // in the part's store
    uint32_t scenario, block;
};

struct scenario_sums {
    const struct portfolio *portfolio;
    const struct scenario_plans *plans;
    struct asset_sums *assets;
    int64_t *moved;
    struct outcome *outcome;
    int threads;
    double beyond[TAIL_LEVELS_MAX];
    // Of the round [first, end).
    size_t first, end;
    struct event_totals *totals; // [scenario - first]
    size_t *pieces_start;        // [scenario - first]: in `pieces`; one more at the end
    struct piece *pieces;        // by scenario
};

struct scenario_part {
    struct scenario_sums *sums;
    // The scenario and block in work.
    int64_t annual[BLOCK_YEARS];
    uint16_t touched[TOUCHED_MAX]; // years of events, some more than once
    size_t touched_count;          // above TOUCHED_MAX: not listed
    double bound;                  // no annual loss is larger
    unsigned __int128 form[LOSS_FORMS], square;
    // The store: of the round's blocks that this thread has run.
    size_t count, room, piece_count, piece_room;
    uint32_t *year;
    int64_t *loss;
    struct piece *pieces;
    int64_t *sorted;           // [2 years]
    struct asset_part *assets; // the thread's; not owned
    bool overflow, memory_failed;
};

static bool one_asset(const struct scenario_plan *plan)
{
    return plan->scenario->selection->count == 1;
}

struct scenario_sums *scenario_sums_new(const struct portfolio *portfolio,
                                        const struct scenario_plans *plans,
                                        struct asset_sums *assets, int64_t *moved, int threads,
                                        struct outcome *outcome)
{
    const struct settings *settings = &portfolio->settings;
    struct scenario_sums *sums = calloc(1, sizeof *sums);

    if (!sums)
        return NULL;
    *sums = (struct scenario_sums){.portfolio = portfolio,
                                   .plans = plans,
                                   .assets = assets,
                                   .moved = moved,
                                   .threads = threads,
                                   .outcome = outcome};
    for (size_t l = 0; l < settings->quantile_count; l++)
        sums->beyond[l] = years_beyond_quantile(settings->years, settings->quantiles[l]);
    return sums;
}

static void round_free(struct scenario_sums *sums)
{
    free(sums->totals);
    free(sums->pieces_start);
    free(sums->pieces);
    sums->totals = NULL;
    sums->pieces_start = NULL;
    sums->pieces = NULL;
}

void scenario_sums_free(struct scenario_sums *sums)
{
    if (sums)
        round_free(sums);
    free(sums);
}

struct scenario_part *scenario_part_new(struct scenario_sums *sums, int thread)
{
    struct scenario_part *part = calloc(1, sizeof *part);

    if (!part)
        return NULL;
    part->sums = sums;
    part->assets = asset_sums_part(sums->assets, thread);
    part->sorted = malloc(2 * sums->portfolio->settings.years * sizeof *part->sorted);
    if (!part->sorted) {
        free(part);
        return NULL;
    }
    return part;
}

void scenario_part_free(struct scenario_part *part)
{
    if (part) {
        free(part->year);
        free(part->loss);
        free(part->pieces);
        free(part->sorted);
    }
    free(part);
}

// Expected nonzero annual losses of a scenario, at most; and a piece's own size for each block that
// has any.
static double losses_expected(const struct scenario_plan *plan, uint64_t years)
{
    const double n = (double)years, events = plan->loss_events_per_year * n;

    return fmin(events, n) + fmin(events, block_count(years)) * sizeof(struct piece) / 12;
}

size_t scenario_round_end(const struct scenario_sums *sums, size_t first)
{
    const double most = round_losses(sums->portfolio, sums->threads);
    double expected = 0;
    size_t end = first;

    while (end < sums->plans->count && (end == first || expected < most))
        expected += losses_expected(&sums->plans->plans[end++], sums->portfolio->settings.years);
    return end;
}

bool scenario_round_start(struct scenario_sums *sums, struct scenario_part **parts, size_t first,
                          size_t end)
{
    round_free(sums);
    sums->first = first;
    sums->end = end;
    sums->totals = calloc(end - first + 1, sizeof *sums->totals);
    for (int t = 0; t < sums->threads; t++)
        parts[t]->count = parts[t]->piece_count = 0;
    return sums->totals != NULL;
}

static void touched_add(struct scenario_part *part, const struct event_batch *batch)
{
    if (part->touched_count + batch->count > TOUCHED_MAX) {
        part->touched_count = TOUCHED_MAX + 1;
        return;
    }
    for (size_t i = 0; i < batch->count; i++)
        part->touched[part->touched_count + i] = (uint16_t)batch->year[i];
    part->touched_count += batch->count;
}

// Returns the sum of all, at most EVENT_BATCH x 2^53. While no annual loss can reach 2^62,
// additions need no check.
static uint64_t annual_add(struct scenario_part *part, const struct event_batch *batch)
{
    uint64_t total = 0;

    part->bound += batch->loss_bound * (double)batch->count;
    if (part->bound < 0x1p62)
        for (size_t i = 0; i < batch->count; i++) {
            part->annual[batch->year[i]] += batch->loss[i];
            total += (uint64_t)batch->loss[i];
        }
    else
        for (size_t i = 0; i < batch->count; i++) {
            int64_t *annual = &part->annual[batch->year[i]];

            part->overflow |= __builtin_add_overflow(*annual, batch->loss[i], annual);
            total += (uint64_t)batch->loss[i];
        }
    return total;
}

void scenario_part_add(struct scenario_part *part, const struct event_batch *batch)
{
    const uint64_t total = annual_add(part, batch);

    touched_add(part, batch);
    for (int form = 0; form < LOSS_FORMS; form++)
        if (batch->forms == 1u << form) {
            part->form[form] += total;
        } else if (batch->forms & 1u << form) {
            uint64_t sum = 0; // likewise

            for (size_t i = 0; i < batch->count; i++)
                sum += (uint64_t)batch->form_loss[form][i];
            part->form[form] += sum;
        }
    if (one_asset(batch->plan))
        part->square += squares_sum(batch);
    else
        asset_part_add(part->assets, batch);
}

static bool store_reserve(struct scenario_part *part)
{
    if (part->count + BLOCK_YEARS > part->room) {
        const size_t room = 2 * part->room + 4 * BLOCK_YEARS;
        uint32_t *year = realloc(part->year, room * sizeof *year);
        int64_t *loss = realloc(part->loss, room * sizeof *loss);

        part->year = year ? year : part->year;
        part->loss = loss ? loss : part->loss;
        if (!year || !loss)
            return false;
        part->room = room;
    }
    if (part->piece_count == part->piece_room) {
        const size_t room = 2 * part->piece_room + 1024;
        struct piece *pieces = realloc(part->pieces, room * sizeof *pieces);

        if (!pieces)
            return false;
        part->pieces = pieces;
        part->piece_room = room;
    }
    return true;
}

// Moves what stands in `annual` to the store, and clears it.
static size_t annual_store(struct scenario_part *part, uint32_t first_year)
{
    uint32_t *const year = part->year + part->count;
    int64_t *const loss = part->loss + part->count;
    size_t n = 0;

    if (part->touched_count <= TOUCHED_MAX) {
        for (size_t i = 0; i < part->touched_count; i++) {
            const uint32_t y = part->touched[i];

            year[n] = first_year + y;
            loss[n] = part->annual[y];
            part->annual[y] = 0;
            n += loss[n] != 0;
        }
        return n;
    }
    for (uint32_t y = 0; y < BLOCK_YEARS; y++) {
        year[n] = first_year + y;
        loss[n] = part->annual[y];
        n += loss[n] != 0;
    }
    memset(part->annual, 0, sizeof part->annual);
    return n;
}

struct annual_losses scenario_part_finish(struct scenario_part *part, size_t scenario,
                                          uint32_t block)
{
    struct event_totals *totals = &part->sums->totals[scenario - part->sums->first];
    struct annual_losses stored = {0};

    if (part->touched_count == 0)
        return stored;
    if (!store_reserve(part)) {
        part->memory_failed = true;
        return stored;
    }
    stored.year = part->year + part->count;
    stored.loss = part->loss + part->count;
    stored.count = annual_store(part, block * BLOCK_YEARS);
    part->pieces[part->piece_count++] =
        (struct piece){part, part->count, stored.count, (uint32_t)scenario, block};
    part->count += stored.count;
    for (int form = 0; form < LOSS_FORMS; form++)
        if (part->form[form] > 0)
            shared_sum_add(&totals->form[form], part->form[form]);
    if (part->square > 0)
        shared_sum_add(&totals->square, part->square);
    memset(part->form, 0, sizeof part->form);
    part->square = 0;
    part->touched_count = 0;
    part->bound = 0;
    return stored;
}

bool scenario_round_gather(struct scenario_sums *sums, struct scenario_part **parts)
{
    const size_t n = sums->end - sums->first;
    const int threads = sums->threads;
    size_t total = 0;

    for (int t = 0; t < threads; t++)
        total += parts[t]->piece_count;
    sums->pieces_start = calloc(n + 2, sizeof *sums->pieces_start);
    sums->pieces = malloc((total + 1) * sizeof *sums->pieces);
    if (!sums->pieces_start || !sums->pieces)
        return false;
    for (int t = 0; t < threads; t++)
        for (size_t i = 0; i < parts[t]->piece_count; i++)
            sums->pieces_start[parts[t]->pieces[i].scenario - sums->first + 2]++;
    for (size_t i = 2; i < n + 2; i++)
        sums->pieces_start[i] += sums->pieces_start[i - 1];
    for (int t = 0; t < threads; t++)
        for (size_t i = 0; i < parts[t]->piece_count; i++) {
            const struct piece *piece = &parts[t]->pieces[i];

            sums->pieces[sums->pieces_start[piece->scenario - sums->first + 1]++] = *piece;
        }
    return true;
}

// To the one asset that has all of the scenario's losses, and, of a scenario that follows a driver,
// to the years where they go if dependence is cut.
static void piece_pass_on(const struct scenario_sums *sums, const struct piece *piece,
                          struct asset_part *assets)
{
    const struct scenario_plan *plan = &sums->plans->plans[piece->scenario];
    const uint64_t years = sums->portfolio->settings.years;
    const uint32_t *year = piece->part->year + piece->start;
    const int64_t *loss = piece->part->loss + piece->start;
    const uint32_t asset = plan->scenario->selection->assets[0];
    const uint64_t shift = cut_of_row(plan->key, years);

    if (one_asset(plan))
        asset_part_add_years(assets, asset, piece->count, year, loss);
    if (sums->moved && !plan->event && scenario_plan_depends(plan))
        for (size_t i = 0; i < piece->count; i++)
            cut_add(sums->moved, years, year[i], shift, loss[i]);
}

// The first of a part's pieces that is not of a block before this one: a thread takes its tiles in
// the order of their blocks.
static size_t pieces_from(const struct scenario_part *part, uint32_t block)
{
    size_t low = 0, high = part->piece_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (part->pieces[middle].block < block)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void scenario_round_pass_on(struct scenario_part *part, struct scenario_part **parts,
                            uint32_t block)
{
    for (int t = 0; t < part->sums->threads; t++)
        for (size_t i = pieces_from(parts[t], block);
             i < parts[t]->piece_count && parts[t]->pieces[i].block == block; i++)
            piece_pass_on(part->sums, &parts[t]->pieces[i], part->assets);
}

static void statistics_fill(struct scenario_part *part, size_t scenario, size_t nonzero)
{
    const struct scenario_sums *sums = part->sums;
    const struct settings *settings = &sums->portfolio->settings;
    const struct event_totals *totals = &sums->totals[scenario - sums->first];
    struct contributor *x = &sums->outcome->scenarios[scenario];
    const struct ordered_losses losses = {settings->years, nonzero, part->sorted};
    const __int128 sum = losses_sum(&losses);
    const double years = (double)settings->years;

    x->aal = money_of_units((double)sum / years, settings->resolution);
    x->sd = money_of_units(losses_deviation(&losses, sum), settings->resolution);
    x->aal_error = severity_variance_infinite(&sums->portfolio->scenarios[scenario].severity)
                       ? HUGE_VAL
                       : x->sd / sqrt(years);
    losses_tails(part->sorted, part->sorted + settings->years, nonzero, sum, sums->beyond,
                 settings->quantile_count, settings->resolution, x->var, x->tvar);
    for (int form = 0; form < LOSS_FORMS; form++)
        x->form_share[form] =
            sum > 0 ? (double)shared_sum_value(&totals->form[form]) / (double)sum : 0;
    if (one_asset(&sums->plans->plans[scenario]))
        asset_part_add_row(part->assets, sums->portfolio->scenarios[scenario].selection->assets[0],
                           (unsigned __int128)sum, shared_sum_value(&totals->square));
}

void scenario_round_finish(struct scenario_part *part, size_t scenario)
{
    const struct scenario_sums *sums = part->sums;
    const size_t *start = sums->pieces_start + (scenario - sums->first);
    size_t nonzero = 0;

    for (size_t i = start[0]; i < start[1]; i++) {
        const struct piece *piece = &sums->pieces[i];

        memcpy(part->sorted + nonzero, piece->part->loss + piece->start,
               piece->count * sizeof *part->sorted);
        nonzero += piece->count;
    }
    statistics_fill(part, scenario, nonzero);
}

bool scenario_part_overflow(const struct scenario_part *part)
{
    return part->overflow;
}

bool scenario_part_failed(const struct scenario_part *part)
{
    return part->memory_failed || asset_part_failed(part->assets);
}

double scenario_part_memory(const struct settings *settings)
{
    return (double)sizeof(struct scenario_part) + (double)settings->years * 2 * sizeof(int64_t);
}

// A growing store is up to twice as large as what it holds, but the system gives only what has been
// written to: as measured, about a quarter more.
double scenario_store_memory(const struct portfolio *portfolio, const struct scenario_plans *plans,
                             int threads)
{
    const uint64_t years = portfolio->settings.years;
    double all = 0, largest = 0;

    for (size_t s = 0; s < plans->count; s++) {
        const double expected = losses_expected(&plans->plans[s], years);

        all += expected;
        largest = fmax(largest, expected);
    }
    return 1.25 * 12 * fmin(all, round_losses(portfolio, threads) + largest);
}
