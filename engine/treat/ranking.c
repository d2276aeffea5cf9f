#include "treat/ranking.h"

#include <math.h>
#include <stdlib.h>

// Normal score of a two-sided interval of 95 %.
static const double sure = 1.959963984540054;

// The one with the larger score first; of equals the one that stands first.
static int compare_scores(const void *a, const void *b)
{
    const struct ranked *x = *(const struct ranked *const *)a;
    const struct ranked *y = *(const struct ranked *const *)b;

    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x < y ? -1 : 1;
}

// What a year counts: its loss, or what of it lies above the VaR, per year beyond.
static inline double counted(const struct ranking_years *years, int64_t loss, int64_t var)
{
    return years->beyond_share > 0 ? fmax((double)(loss - var), 0) / years->beyond_share
                                   : (double)loss;
}

// Standard error of the difference of two scores, on the same years.
static double paired_error(const struct ranking_years *years, const struct ranked *x,
                           const struct ranked *z)
{
    const double n = (double)years->years;
    double sum = 0, squares = 0;

    for (uint64_t y = 0; y < years->years; y++) {
        const double base = counted(years, years->base[y], years->base_var);
        const double d = x->weight * (base - counted(years, x->loss[y], x->var)) -
                         z->weight * (base - counted(years, z->loss[y], z->var));

        sum += d;
        squares += d * d;
    }
    return sqrt(fmax(squares / n - sum / n * (sum / n), 0) / n) * years->resolution;
}

// Whether x is surely better than z. No error of a difference is larger than the sum of both, nor
// smaller than their difference: where that decides, no pass over the years is needed.
static bool surely_better(const struct ranking_years *years, const struct ranked *x,
                          const struct ranked *z)
{
    const double lead = x->score - z->score;

    if (!(lead > 0))
        return false;
    if (lead <= sure * fabs(x->error - z->error))
        return false;
    return lead > sure * (x->error + z->error) || lead > sure * paired_error(years, x, z);
}

static double settling_years(const struct ranking_years *years, const struct ranked *x,
                             const struct ranked *next)
{
    const double lead = x->score - next->score;
    const double ratio = sure * paired_error(years, x, next) / lead;

    return lead > 0 ? (double)years->years * ratio * ratio : HUGE_VAL;
}

bool ranking_make(const struct ranking_years *years, struct ranked *ranked, size_t n, int threads)
{
    const struct ranked **order = malloc((n + 1) * sizeof *order);

    if (!order)
        return false;
    for (size_t i = 0; i < n; i++)
        order[i] = &ranked[i];
    if (n > 0)
        qsort(order, n, sizeof *order, compare_scores);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t place = 0; place < n; place++) {
        struct ranked *x = &ranked[order[place] - ranked];

        x->rank = (uint32_t)place + 1;
        x->rank_lower = 1;
        x->rank_upper = (uint32_t)n;
        for (size_t i = 0; i < place; i++)
            x->rank_lower += surely_better(years, order[i], x);
        for (size_t i = place + 1; i < n; i++)
            x->rank_upper -= surely_better(years, x, order[i]);
        x->settling_years = place + 1 < n ? settling_years(years, x, order[place + 1]) : NAN;
    }
    free(order);
    return true;
}
