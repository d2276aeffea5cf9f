#include "fit/losses.h"

#include <math.h>
#include <stdlib.h>

#include "random/elementary.h"

static int compare_losses(const void *a, const void *b)
{
    const struct loss *x = a, *y = b;

    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (int)x->censored - (int)y->censored;
}

// Two passes: the mean, then the squares around it.
static void moments(const double *x, const struct loss *rows, size_t n, double *mean, double *sd)
{
    double sum = 0, squares = 0;

    for (size_t i = 0; i < n; i++)
        sum += x ? x[i] : rows[i].value;
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double away = (x ? x[i] : rows[i].value) - *mean;

        squares += away * away;
    }
    *sd = sqrt(squares / (double)n);
}

bool losses_start(struct losses *losses, struct loss *rows, size_t count, struct arena *arena)
{
    double *value = arena_alloc(arena, count, sizeof *value);
    double *log_value = arena_alloc(arena, count, sizeof *log_value);
    double *logs = arena_alloc(arena, count, sizeof *logs);
    size_t exact = 0, same = 0;

    if (!value || !log_value || !logs)
        return false;
    qsort(rows, count, sizeof *rows, compare_losses);
    *losses = (struct losses){.count = count, .rows = rows, .value = value, .log_value = log_value};
    for (size_t i = 0; i < count; i++) {
        logs[i] = elementary_log(rows[i].value);
        same = i > 0 && rows[i].value == rows[i - 1].value ? same + 1 : 1;
        losses->distinct += same == 1;
        losses->commonest = same > losses->commonest ? same : losses->commonest;
        losses->truncated += rows[i].low > 0 || rows[i].high < HUGE_VAL;
        losses->censored += rows[i].censored;
        if (rows[i].censored)
            continue;
        value[exact] = rows[i].value;
        log_value[exact++] = logs[i];
    }
    losses->smallest = rows[0].value;
    losses->least_low = rows[0].low;
    losses->alike = true;
    for (size_t i = 1; i < count; i++) {
        losses->least_low = fmin(losses->least_low, rows[i].low);
        losses->alike = losses->alike && rows[i].low == rows[0].low && rows[i].high == rows[0].high;
    }
    losses->largest = rows[count - 1].value;
    moments(NULL, rows, count, &losses->mean, &losses->sd);
    moments(logs, NULL, count, &losses->mean_log, &losses->sd_log);
    return true;
}

// How many values are at most `value`.
static size_t count_up_to(const struct losses *losses, double value)
{
    size_t low = 0, high = losses->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (losses->rows[middle].value <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool part_start(struct losses *part, const struct losses *all, size_t first, size_t count,
                       double low, double high, struct arena *arena)
{
    struct loss *rows = arena_alloc(arena, count + 1, sizeof *rows);

    *part = (struct losses){0};
    if (!rows)
        return false;
    for (size_t i = 0; i < count; i++) {
        rows[i] = all->rows[first + i];
        rows[i].low = fmax(rows[i].low, low);
        rows[i].high = fmin(rows[i].high, high);
    }
    return count == 0 || losses_start(part, rows, count, arena);
}

bool losses_above(struct losses *part, const struct losses *all, double threshold,
                  struct arena *arena)
{
    const size_t below = count_up_to(all, threshold);

    return part_start(part, all, below, all->count - below, threshold, HUGE_VAL, arena);
}

bool losses_up_to(struct losses *part, const struct losses *all, double threshold,
                  struct arena *arena)
{
    return part_start(part, all, 0, count_up_to(all, threshold), 0, threshold, arena);
}

double losses_exceedance(const struct losses *losses, double value)
{
    double survival = 1;

    if (losses->censored == 0)
        return (double)(losses->count - count_up_to(losses, value)) / (double)losses->count;
    for (size_t i = 0; i < losses->count && losses->rows[i].value <= value; i++) {
        const double at_risk = (double)(losses->count - i);

        if (!losses->rows[i].censored)
            survival *= (at_risk - 1) / at_risk;
    }
    return survival;
}

double losses_quantile(const struct losses *losses, double tail)
{
    double survival = 1;

    if (losses->censored == 0) {
        // #(X > x) <= tail n; a product a rounding above a whole number is that number
        const size_t above = (size_t)(tail * (double)losses->count + 1e-9);

        return losses->rows[above < losses->count ? losses->count - 1 - above : 0].value;
    }
    for (size_t i = 0; i < losses->count; i++) {
        const double at_risk = (double)(losses->count - i);

        if (!losses->rows[i].censored)
            survival *= (at_risk - 1) / at_risk;
        if (survival <= tail + 1e-12)
            return losses->rows[i].value;
    }
    return NAN;
}
