#include "simulate/asset_sums.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simulate/shared_sum.h"

// What one hit touches stands together: of many assets each is a cache line to be fetched.
struct asset_totals {
    unsigned __int128 sum, square;
};

// A hit on an asset in detail.
struct detail_hit {
    uint32_t slot, year;
    int64_t loss;
};

// A hit that waits to be added.
struct waiting_hit {
    uint32_t asset, year;
    int64_t loss;
};

// The totals of many assets do not fit a cache: there hits wait until those of a neighbourhood of
// assets are so many that its totals are fetched once for several of them.
enum { NEAR_BITS = 13, NEAR_ASSETS = 1 << NEAR_BITS, NEAR_HITS = 1 << 13 };

static size_t neighbourhoods(size_t assets)
{
    return assets > 4 * NEAR_ASSETS ? (assets + NEAR_ASSETS - 1) / NEAR_ASSETS : 0;
}

struct asset_part {
    struct asset_sums *sums;
    struct asset_totals *totals; // [asset]
    struct waiting_hit *waiting; // [neighbourhood][NEAR_HITS]; NULL: hits need not wait
    size_t *waiting_count;       // [neighbourhood]
    struct detail_hit *hits;
    size_t count, room; // of hits
    bool memory_failed;
};

struct asset_sums {
    const struct portfolio *portfolio;
    int threads;
    struct asset_part *parts; // [threads]
    const struct tail *tail;  // NULL until it is known
    struct shared_sum *class; // [asset][tail classes - 1]: class 0 is not kept
    uint32_t *slot;           // [asset]: place among those in detail, or NO_SLOT
    uint32_t *asset_of;       // [slot]
    int64_t **annual;         // [slot]: [year] of an asset hit often, else NULL: hits are kept
    size_t slots;
};

enum { NO_SLOT = UINT32_MAX };

#define DENSE_RATE 0.5 // hits per year

static bool slots_assign(struct asset_sums *sums, const struct asset_exact *exact)
{
    sums->asset_of = asset_exact_largest(sums->portfolio, exact, &sums->slots);
    if (!sums->asset_of)
        return false;
    for (size_t a = 0; a < sums->portfolio->assets.count; a++)
        sums->slot[a] = NO_SLOT;
    for (size_t s = 0; s < sums->slots; s++)
        sums->slot[sums->asset_of[s]] = (uint32_t)s;
    return true;
}

// A row of annual losses takes less room than the hits where these are more than every second year.
static bool annual_alloc(struct asset_sums *sums, const struct asset_exact *exact)
{
    sums->annual = calloc(sums->slots + 1, sizeof *sums->annual);
    if (!sums->annual)
        return false;
    for (size_t s = 0; s < sums->slots; s++) {
        if (exact[sums->asset_of[s]].rate < DENSE_RATE)
            continue;
        sums->annual[s] = calloc(sums->portfolio->settings.years, sizeof **sums->annual);
        if (!sums->annual[s])
            return false;
    }
    return true;
}

static bool parts_alloc(struct asset_sums *sums)
{
    const size_t waiting = neighbourhoods(sums->portfolio->assets.count);
    bool good;

    sums->parts = calloc((size_t)sums->threads, sizeof *sums->parts);
    good = sums->parts != NULL;
    for (int t = 0; good && t < sums->threads; t++) {
        struct asset_part *part = &sums->parts[t];

        part->sums = sums;
        part->totals = calloc(sums->portfolio->assets.count + 1, sizeof *part->totals);
        part->waiting = waiting ? malloc(waiting * NEAR_HITS * sizeof *part->waiting) : NULL;
        part->waiting_count = calloc(waiting + 1, sizeof *part->waiting_count);
        good = part->totals && (part->waiting || !waiting) && part->waiting_count;
    }
    return good;
}

struct asset_sums *asset_sums_new(const struct portfolio *portfolio,
                                  const struct asset_exact *exact, int threads)
{
    struct asset_sums *sums = calloc(1, sizeof *sums);

    if (!sums)
        return NULL;
    sums->portfolio = portfolio;
    sums->threads = threads;
    sums->slot = calloc(portfolio->assets.count + 1, sizeof *sums->slot);
    if (!sums->slot || !parts_alloc(sums) || !slots_assign(sums, exact) ||
        !annual_alloc(sums, exact)) {
        asset_sums_free(sums);
        return NULL;
    }
    return sums;
}

void asset_sums_free(struct asset_sums *sums)
{
    if (!sums)
        return;
    for (int t = 0; sums->parts && t < sums->threads; t++) {
        free(sums->parts[t].totals);
        free(sums->parts[t].waiting);
        free(sums->parts[t].waiting_count);
        free(sums->parts[t].hits);
    }
    free(sums->parts);
    free(sums->class);
    free(sums->slot);
    free(sums->asset_of);
    for (size_t slot = 0; sums->annual && slot < sums->slots; slot++)
        free(sums->annual[slot]);
    free(sums->annual);
    free(sums);
}

struct asset_part *asset_sums_part(struct asset_sums *sums, int thread)
{
    return &sums->parts[thread];
}

bool asset_part_failed(const struct asset_part *part)
{
    return part->memory_failed;
}

double asset_sums_memory(size_t levels)
{
    return (double)(2 * levels * sizeof(struct shared_sum) + 2 * sizeof(uint32_t));
}

double asset_part_memory(size_t assets)
{
    return (double)assets * sizeof(struct asset_totals) +
           (double)neighbourhoods(assets) * NEAR_HITS * sizeof(struct waiting_hit);
}

// Twice per hit: threads' arrays are joined into one.
double asset_detail_memory(double event_rate, uint64_t years)
{
    return (double)years *
           (event_rate < DENSE_RATE ? 2 * sizeof(struct detail_hit) * event_rate : sizeof(int64_t));
}

static void detail_keep(struct asset_part *part, uint32_t slot, uint64_t year, int64_t loss)
{
    if (part->count == part->room) {
        const size_t room = 2 * part->room + 4096;
        struct detail_hit *grown = realloc(part->hits, room * sizeof *grown);

        if (!grown) {
            part->memory_failed = true;
            return;
        }
        part->hits = grown;
        part->room = room;
    }
    part->hits[part->count++] = (struct detail_hit){slot, (uint32_t)year, loss};
}

static void detail_add(struct asset_part *part, uint32_t asset, uint64_t year, int64_t loss)
{
    const struct asset_sums *sums = part->sums;
    const uint32_t slot = sums->slot[asset];

    if (slot == NO_SLOT)
        return;
    if (!sums->annual[slot])
        detail_keep(part, slot, year, loss);
    else if (sums->threads == 1)
        sums->annual[slot][year] += loss;
    else
        __atomic_fetch_add(&sums->annual[slot][year], loss, __ATOMIC_RELAXED);
}

void asset_part_add_years(struct asset_part *part, uint32_t asset, size_t n, const uint32_t *year,
                          const int64_t *loss)
{
    const uint32_t slot = part->sums->slot[asset];

    if (slot == NO_SLOT)
        return;

    int64_t *const annual = part->sums->annual[slot];

    for (size_t i = 0; annual && i < n; i++)
        annual[year[i]] += loss[i];
    for (size_t i = 0; !annual && i < n; i++)
        detail_keep(part, slot, year[i], loss[i]);
}

void asset_part_add_row(struct asset_part *part, uint32_t asset, unsigned __int128 sum,
                        unsigned __int128 square)
{
    part->totals[asset].sum += sum;
    part->totals[asset].square += square;
}

unsigned __int128 squares_sum(const struct event_batch *batch)
{
    unsigned __int128 sum = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const uint64_t loss = (uint64_t)batch->loss[i];

        sum += (unsigned __int128)loss * loss;
    }
    return sum;
}

// One event's loss is below 2^53 units, so that 2^22 years of the largest squares fit in 128 bits,
// and any number of years of smaller ones: a sum of squares beyond that would belong to an asset
// whose mean annual loss outgrew the year's total long before.
static void hit_add(struct asset_part *part, const struct waiting_hit *hit)
{
    const uint64_t loss = (uint64_t)hit->loss;

    detail_add(part, hit->asset, hit->year, hit->loss);
    asset_part_add_row(part, hit->asset, loss, (unsigned __int128)loss * loss);
}

static void waiting_add(struct asset_part *part, size_t near)
{
    enum { AHEAD = 16 };
    const struct waiting_hit *hits = part->waiting + near * NEAR_HITS;
    const size_t n = part->waiting_count[near];

    for (size_t i = 0; i < n; i++) {
        const uint32_t next = hits[i + AHEAD < n ? i + AHEAD : i].asset;

        __builtin_prefetch(&part->totals[next], 1);
        __builtin_prefetch(&part->sums->slot[next]);
        hit_add(part, &hits[i]);
    }
    part->waiting_count[near] = 0;
}

// No hit waits any longer. False if memory is exhausted.
static bool parts_settle(struct asset_sums *sums)
{
    const size_t n = neighbourhoods(sums->portfolio->assets.count);
    bool good = true;

    for (int t = 0; t < sums->threads; t++) {
        struct asset_part *part = &sums->parts[t];

        for (size_t near = 0; part->waiting && near < n; near++)
            waiting_add(part, near);
        good = good && !part->memory_failed;
    }
    return good;
}

void asset_part_add(struct asset_part *part, const struct event_batch *batch)
{
    const uint32_t first_year = batch->block * BLOCK_YEARS;

    if (batch->lone_asset) {
        unsigned __int128 sum = 0;

        for (size_t i = 0; i < batch->count; i++) {
            detail_add(part, batch->asset[i], first_year + batch->year[i], batch->loss[i]);
            sum += (uint64_t)batch->loss[i];
        }
        asset_part_add_row(part, batch->asset[0], sum, squares_sum(batch));
        return;
    }
    for (size_t i = 0; i < batch->count; i++) {
        const struct waiting_hit hit = {batch->asset[i], first_year + batch->year[i],
                                        batch->loss[i]};

        if (part->waiting) {
            const size_t near = hit.asset / NEAR_ASSETS;

            part->waiting[near * NEAR_HITS + part->waiting_count[near]++] = hit;
            if (part->waiting_count[near] == NEAR_HITS)
                waiting_add(part, near);
        } else {
            hit_add(part, &hit);
        }
    }
}

bool asset_sums_tail_start(struct asset_sums *sums, const struct tail *tail)
{
    const bool good = parts_settle(sums);

    for (int t = 0; t < sums->threads; t++) {
        free(sums->parts[t].waiting);
        sums->parts[t].waiting = NULL;
    }
    sums->tail = tail;
    sums->class =
        calloc(sums->portfolio->assets.count + 1, (tail->classes - 1) * sizeof *sums->class + 1);
    return good && sums->class != NULL;
}

void asset_sums_add_tail(struct asset_sums *sums, uint32_t asset, unsigned class,
                         unsigned __int128 loss)
{
    if (class > 0)
        shared_sum_add(&sums->class[(size_t)asset * (sums->tail->classes - 1) + class - 1], loss);
}

static bool hits_reserve(struct asset_part *part, size_t count)
{
    struct detail_hit *grown;

    if (count <= part->room)
        return true;
    if (count > SIZE_MAX / sizeof *grown)
        return false;
    grown = realloc(part->hits, count * sizeof *grown);
    if (!grown)
        return false;
    part->hits = grown;
    part->room = count;
    return true;
}

// All that the parts have goes to the first, whose threads' order is nothing to integers.
static bool parts_join(struct asset_sums *sums)
{
    struct asset_part *all = &sums->parts[0];

    if (!parts_settle(sums))
        return false;
    for (int t = 1; t < sums->threads; t++) {
        struct asset_part *part = &sums->parts[t];

        if (!hits_reserve(all, all->count + part->count))
            return false;
        if (part->count > 0)
            memcpy(all->hits + all->count, part->hits, part->count * sizeof *all->hits);
        all->count += part->count;
        part->count = 0;
        for (size_t a = 0; a < sums->portfolio->assets.count; a++) {
            all->totals[a].sum += part->totals[a].sum;
            all->totals[a].square += part->totals[a].square;
            part->totals[a] = (struct asset_totals){0};
        }
    }
    return true;
}

static bool loss_adds(int64_t *year, int64_t loss)
{
    return loss >= 0 && !__builtin_add_overflow(*year, loss, year);
}

// Hits exist, and what a restored run has of the assets in detail is no more in a year than a
// year's total can hold: that no loss is negative is what the order of a slot's years relies on.
static bool details_valid(const struct asset_sums *sums)
{
    const struct asset_part *all = &sums->parts[0];
    const uint64_t years = sums->portfolio->settings.years;
    int64_t *total = calloc(years + 1, sizeof *total);
    bool good = total != NULL;

    for (size_t i = 0; good && i < all->count; i++)
        good = all->hits[i].slot < sums->slots && all->hits[i].year < years &&
               loss_adds(&total[all->hits[i].year], all->hits[i].loss);
    for (size_t s = 0; good && s < sums->slots; s++)
        for (uint64_t y = 0; good && sums->annual[s] && y < years; y++)
            good = loss_adds(&total[y], sums->annual[s][y]);
    free(total);
    return good;
}

// Some at a time, so that a count that is not true asks for no more memory than there are bytes.
static bool hits_pass(struct asset_part *part, const struct snapshot_pass *pass, uint64_t count)
{
    enum { AT_ONCE = 1 << 20 };

    for (uint64_t done = 0; done < count; done += AT_ONCE) {
        const size_t n = count - done < AT_ONCE ? (size_t)(count - done) : AT_ONCE;

        if (!hits_reserve(part, (size_t)done + n) ||
            !pass->bytes(pass->context, part->hits + done, n * sizeof *part->hits))
            return false;
    }
    part->count = (size_t)count;
    return true;
}

bool asset_sums_pass(struct asset_sums *sums, const struct snapshot_pass *pass)
{
    const size_t n = sums->portfolio->assets.count;
    const uint64_t years = sums->portfolio->settings.years;
    struct asset_part *all = &sums->parts[0];
    uint64_t count;
    bool good = parts_join(sums);

    count = all->count;
    good = good && pass->bytes(pass->context, &count, sizeof count) &&
           (n == 0 || pass->bytes(pass->context, all->totals, n * sizeof *all->totals)) &&
           hits_pass(all, pass, count);
    for (size_t s = 0; good && s < sums->slots; s++)
        good = !sums->annual[s] ||
               pass->bytes(pass->context, sums->annual[s], years * sizeof *sums->annual[s]);
    return good && (!pass->restoring || details_valid(sums));
}

bool asset_sums_tail_pass(struct asset_sums *sums, const struct snapshot_pass *pass)
{
    const size_t n = sums->portfolio->assets.count * (sums->tail->classes - 1);

    return n == 0 || pass->bytes(pass->context, sums->class, n * sizeof *sums->class);
}

// The annual losses other than 0 of one slot, from its row or from its hits, which add up in `row`,
// zero before and after.
static size_t slot_annual(const int64_t *annual, uint64_t years, const struct detail_hit *hits,
                          size_t count, int64_t *row, int64_t *losses)
{
    size_t n = 0;

    for (uint64_t y = 0; annual && y < years; y++)
        if (annual[y] > 0)
            losses[n++] = annual[y];
    for (size_t i = 0; i < count; i++)
        row[hits[i].year] += hits[i].loss;
    for (size_t i = 0; i < count; i++) {
        losses[n] = row[hits[i].year];
        row[hits[i].year] = 0;
        n += losses[n] != 0;
    }
    return n;
}

// `row` is a year each, all zero before and after.
static bool slot_finish(const struct asset_sums *sums, size_t slot, const struct detail_hit *hits,
                        size_t count, int64_t *row, struct contributor *asset)
{
    const struct settings *settings = &sums->portfolio->settings;
    const size_t most = sums->annual[slot] ? (size_t)settings->years : count;
    int64_t *annual = malloc(2 * (most + 1) * sizeof *annual);
    size_t n;

    if (!annual)
        return false;
    n = slot_annual(sums->annual[slot], settings->years, hits, count, row, annual);
    const struct ordered_losses x = {settings->years, n, annual};
    const __int128 sum = losses_sum(&x);

    if (isnan(asset->sd)) {
        asset->sd = money_of_units(losses_deviation(&x, sum), settings->resolution);
        asset->aal_error =
            isinf(asset->aal_error) ? HUGE_VAL : asset->sd / sqrt((double)settings->years);
    }
    losses_tails(annual, annual + most + 1, n, sum, sums->tail->beyond, sums->tail->levels,
                 settings->resolution, asset->var, asset->tvar);
    free(annual);
    return true;
}

// All threads' hits in one array, by slot (counting sort).
static bool slots_finish(const struct asset_sums *sums, struct contributor *assets)
{
    const struct asset_part *parts = sums->parts;
    const int threads = sums->threads;
    size_t *start = calloc(sums->slots + 2, sizeof *start), total = 0;
    struct detail_hit *all;
    bool good = true;

    for (int t = 0; t < threads; t++)
        total += parts[t].count;
    all = malloc((total + 1) * sizeof *all);
    good = start && all;
    if (good) {
        for (int t = 0; t < threads; t++)
            for (size_t i = 0; i < parts[t].count; i++)
                start[parts[t].hits[i].slot + 2]++;
        for (size_t s = 2; s < sums->slots + 2; s++)
            start[s] += start[s - 1];
        for (int t = 0; t < threads; t++)
            for (size_t i = 0; i < parts[t].count; i++)
                all[start[parts[t].hits[i].slot + 1]++] = parts[t].hits[i];
#pragma omp parallel num_threads(threads) reduction(&& : good)
        {
            int64_t *row = calloc(sums->portfolio->settings.years, sizeof *row);

            good = row != NULL;
#pragma omp for schedule(dynamic)
            for (size_t s = 0; s < sums->slots; s++)
                good = good && slot_finish(sums, s, all + start[s], start[s + 1] - start[s], row,
                                           &assets[sums->asset_of[s]]);
            free(row);
        }
    }
    free(start);
    free(all);
    return good;
}

static bool level_finish(const struct asset_sums *sums, size_t level, double portfolio_tvar_units,
                         struct contributor *assets)
{
    const size_t n = sums->portfolio->assets.count, classes = sums->tail->classes;
    double *contribution = malloc((n + 1) * sizeof *contribution);
    bool good = contribution != NULL;

    for (size_t a = 0; good && a < n; a++) {
        __int128 class_sums[TAIL_CLASSES_MAX] = {0};

        for (size_t c = 1; c < classes; c++)
            class_sums[c] = (__int128)shared_sum_value(&sums->class[a * (classes - 1) + c - 1]);
        contribution[a] = tail_contribution(sums->tail, level, class_sums);
    }
    good = good && contributions_round(contribution, n, portfolio_tvar_units);
    for (size_t a = 0; good && a < n; a++)
        assets[a].tvar_contribution[level] =
            money_of_units(contribution[a], sums->portfolio->settings.resolution);
    free(contribution);
    return good;
}

static bool contributions_finish(const struct asset_sums *sums, const double *portfolio_tvar_units,
                                 struct contributor *assets)
{
    bool good = true;

#pragma omp parallel for schedule(dynamic) num_threads(sums->threads) reduction(&& : good)
    for (size_t l = 0; l < sums->portfolio->settings.quantile_count; l++)
        good = level_finish(sums, l, portfolio_tvar_units[l], assets) && good;
    return good;
}

static struct asset_totals totals_of(const struct asset_sums *sums, size_t asset)
{
    struct asset_totals all = {0};

    for (int t = 0; t < sums->threads; t++) {
        all.sum += sums->parts[t].totals[asset].sum;
        all.square += sums->parts[t].totals[asset].square;
    }
    return all;
}

bool asset_sums_finish(const struct asset_sums *sums, const struct asset_exact *exact,
                       bool infinite, double *portfolio_tvar_units, struct contributor *assets)
{
    const struct settings *settings = &sums->portfolio->settings;
    const double years = (double)settings->years, unit = settings->resolution;

#pragma omp parallel for num_threads(sums->threads)
    for (size_t a = 0; a < sums->portfolio->assets.count; a++) {
        const struct asset_totals totals = totals_of(sums, a);
        struct contributor *x = &assets[a];
        const double second = (double)totals.square / years;

        x->aal = money_of_units((double)totals.sum / years, unit);
        // Poisson: the variance of a year's loss is rate x E X^2, which the sum of squares
        // estimates.
        x->sd = isnan(exact[a].variance) ? NAN
                                         : sqrt(fmax(0, second * unit * unit + exact[a].variance));
        x->aal_error = infinite ? HUGE_VAL : x->sd / sqrt(years);
        for (size_t l = 0; l < settings->quantile_count; l++)
            x->var[l] = x->tvar[l] = NAN;
    }
    return contributions_finish(sums, portfolio_tvar_units, assets) && slots_finish(sums, assets);
}
