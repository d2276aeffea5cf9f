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

// What a year of the world counts: its loss, or what of it lies above the VaR, per year beyond.
static inline double counted(const struct ranked *x, uint64_t y)
{
    const double above = (double)(x->loss[y] - x->var);

    return x->beyond_share > 0 ? fmax(above, 0) / x->beyond_share : (double)x->loss[y];
}

// Standard error of the difference of two scores, on the same years.
static double paired_error(const struct ranked *x, const struct ranked *z, uint64_t years,
                           double resolution)
{
    const double n = (double)years;
    double sum = 0, squares = 0;

    for (uint64_t y = 0; y < years; y++) {
        const double d = counted(z, y) - counted(x, y);

        sum += d;
        squares += d * d;
    }
    return sqrt(fmax(squares / n - sum / n * (sum / n), 0) / n) * resolution;
}

// Whether x is surely better than z. Errors of the same sign of correlation would be smaller than
// the sum of both: where that decides, no pass over the years is needed.
static bool surely_better(const struct ranked *x, const struct ranked *z, uint64_t years,
                          double resolution)
{
    const double lead = x->score - z->score;

    if (lead <= 0)
        return false;
    if (lead > sure * (x->error + z->error))
        return true;
    return lead > sure * paired_error(x, z, years, resolution);
}

bool ranking_make(struct ranked *ranked, size_t n, uint64_t years, double resolution, int threads)
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
            x->rank_lower += surely_better(order[i], x, years, resolution);
        for (size_t i = place + 1; i < n; i++)
            x->rank_upper -= surely_better(x, order[i], years, resolution);
        x->settling_years = NAN;
        if (place + 1 < n) {
            const double lead = x->score - order[place + 1]->score;
            const double error = sure * paired_error(x, order[place + 1], years, resolution);

            x->settling_years = error == 0 && lead == 0 ? HUGE_VAL
                                : lead > 0 ? (double)years * (error / lead) * (error / lead)
                                           : HUGE_VAL;
        }
    }
    free(order);
    return true;
}
