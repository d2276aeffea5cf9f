#include "models/insurance.h"

#include <math.h>
#include <string.h>

#include "models/portfolio.h"

enum { BILLION = 1000000000 };

static int64_t units_of(double money, double resolution)
{
    const double units = rint(money / resolution);

    return units >= 0x1p63 ? INT64_MAX : (int64_t)units;
}

struct insurance_terms insurance_terms_make(const struct insurance_layer *layer, double resolution)
{
    return (struct insurance_terms){
        .basis = layer->basis,
        .retention = units_of(layer->retention, resolution),
        .limit = units_of(layer->limit, resolution),
        .aggregate_retention = units_of(layer->aggregate_retention, resolution),
        .aggregate_limit = units_of(layer->aggregate_limit, resolution),
        .share_billionths = (int64_t)rint(layer->share * BILLION),
    };
}

// min(limit, max(0, x - retention)); x and retention are not negative, so that nothing overflows.
static int64_t between(int64_t x, int64_t retention, int64_t limit)
{
    const int64_t above = x > retention ? x - retention : 0;

    return above < limit ? above : limit;
}

// share x amount to the nearest unit, a half up, without a wider type: with amount = q 10^9 + r and
// s billionths it is q s + r s / 10^9, of which q s is whole. q s <= q 10^9 and the rounded rest is
// at most r, so that the sum is at most amount; r s + 10^9 / 2 < 10^18 < 2^63.
static int64_t share_of(int64_t amount, int64_t s)
{
    return amount / BILLION * s + (amount % BILLION * s + BILLION / 2) / BILLION;
}

static int64_t layer_cession(const struct insurance_terms *terms, int64_t loss)
{
    return share_of(between(loss, terms->retention, terms->limit), terms->share_billionths);
}

static int64_t saturating_sum(int64_t a, int64_t b)
{
    return a <= INT64_MAX - b ? a + b : INT64_MAX;
}

int64_t insurance_layer_year(const struct insurance_terms *terms, int64_t running)
{
    const int64_t total = terms->basis == BASIS_YEAR ? layer_cession(terms, running) : running;

    return between(total, terms->aggregate_retention, terms->aggregate_limit);
}

// ceded <= loss: a() grows no faster than t; t by c(y) <= y, or on basis year by the difference of
// two rounded shares, floor(s (x + y) + 1/2) - floor(s x + 1/2) <= y for s <= 1 and whole y.
int64_t insurance_layer_event(const struct insurance_terms *terms, int64_t loss, int64_t *running)
{
    const int64_t before = *running;
    const int64_t added = terms->basis == BASIS_YEAR ? loss : layer_cession(terms, loss);

    if (added == 0)
        return 0;
    *running = saturating_sum(before, added);
    return insurance_layer_year(terms, *running) - insurance_layer_year(terms, before);
}

static size_t count_at_least(size_t n, const int64_t *x, int64_t threshold)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += x[i] >= threshold;
    return count;
}

// The remainders add up to `over` x total and each is below total: more than `over` of them are
// positive, so that only parts that were rounded down get one more, and part <= weight stays true.
void insurance_allot(int64_t amount, size_t n, const int64_t *weight, int64_t *restrict part,
                     int64_t *restrict remainder)
{
    int64_t total = 0, over = amount, threshold = 0;
    size_t ties;

    for (size_t i = 0; i < n; i++)
        total += weight[i];
    for (size_t i = 0; i < n; i++) {
        const __int128 product = (__int128)amount * weight[i];

        part[i] = total > 0 ? (int64_t)(product / total) : 0;
        remainder[i] = total > 0 ? (int64_t)(product - (__int128)part[i] * total) : 0;
        over -= part[i];
    }
    if (over == 0)
        return;

    // the largest threshold that at least `over` remainders reach, bit by bit
    for (int64_t bit = INT64_C(1) << 62; bit > 0; bit >>= 1)
        if ((threshold | bit) < total &&
            count_at_least(n, remainder, threshold | bit) >= (size_t)over)
            threshold |= bit;
    ties = (size_t)over - count_at_least(n, remainder, threshold + 1);
    for (size_t i = 0; i < n; i++) {
        const bool tied = remainder[i] == threshold && ties > 0;

        part[i] += tied || remainder[i] > threshold;
        ties -= tied;
    }
}

static bool names_forms(const struct insurance_layer *layer)
{
    const unsigned all = (1u << LOSS_FORMS) - 1;

    return (layer->forms & all) != all;
}

static bool same_policy(const struct insurance_layer *a, const struct insurance_layer *b)
{
    return a->treatment == b->treatment && a->policy[0] != '\0' &&
           strcmp(a->policy, b->policy) == 0;
}

bool insurance_tower_make(struct insurance_tower *tower, size_t count,
                          const struct insurance_layer *const *layers, double resolution)
{
    if (count > INSURANCE_ROWS_MAX)
        return false;
    tower->row_count = count;
    tower->policy_count = 0;
    for (size_t first = 0, end; first < count; first = end) {
        uint64_t naming = 0, common = 0;

        for (end = first; end < count && (end == first || same_policy(layers[first], layers[end]));
             end++) {
            *(names_forms(layers[end]) ? &naming : &common) |= UINT64_C(1) << end;
            tower->rows[end] = insurance_terms_make(layers[end], resolution);
        }
        tower->policies[tower->policy_count++] = (struct insurance_policy){
            .first = (uint32_t)first,
            .end = (uint32_t)end,
            .sublimits = common ? naming : 0,
            .payers = common ? common : naming,
        };
    }
    return true;
}

// Puts what counts of the parts that have a bit of `row` and one of `payers` into weight, 0 for
// others; its sum.
static int64_t select_parts(size_t n, const uint64_t *rows, uint64_t row, uint64_t payers,
                            const int64_t *counted, int64_t *restrict weight)
{
    int64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        weight[i] = (rows[i] & row) && (rows[i] & payers) ? counted[i] : 0;
        sum += weight[i];
    }
    return sum;
}

void insurance_tower_event(const struct insurance_tower *tower, size_t n, const uint64_t *rows,
                           int64_t *restrict left, int64_t *restrict running,
                           int64_t *restrict ceded, int64_t *restrict scratch)
{
    int64_t *const counted = scratch, *const weight = counted + n, *const part = weight + n;
    int64_t *const remainder = part + n;

    for (size_t p = 0; p < tower->policy_count; p++) {
        const struct insurance_policy *policy = &tower->policies[p];

        memcpy(counted, left, n * sizeof *counted);
        for (size_t k = policy->first; k < policy->end; k++) {
            const uint64_t row = UINT64_C(1) << k;
            int64_t loss, counting;

            ceded[k] = 0;
            if (!(policy->sublimits & row))
                continue;
            loss = select_parts(n, rows, row, policy->payers, counted, weight);
            counting = insurance_layer_event(&tower->rows[k], loss, &running[k]);
            if (counting == loss)
                continue;
            insurance_allot(counting, n, weight, part, remainder);
            for (size_t i = 0; i < n; i++)
                counted[i] -= weight[i] - part[i];
        }
        for (size_t k = policy->first; k < policy->end; k++) {
            const uint64_t row = UINT64_C(1) << k;
            int64_t loss;

            if (!(policy->payers & row))
                continue;
            loss = select_parts(n, rows, row, row, counted, weight);
            ceded[k] = insurance_layer_event(&tower->rows[k], loss, &running[k]);
            if (ceded[k] == 0)
                continue;
            insurance_allot(ceded[k], n, weight, part, remainder);
            for (size_t i = 0; i < n; i++) {
                counted[i] -= part[i];
                left[i] -= part[i];
            }
        }
    }
}
