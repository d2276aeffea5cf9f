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

// What the base's years count, and what of it one treatment saves, by its weight: the first of many
// pairs, so that its years are gone through once.
struct savings {
    const struct ranking_years *years;
    const double *base;      // [years]
    const struct ranked *of; // NULL: none yet
    double *year;            // [years]
};

static void savings_fill(struct savings *s, const struct ranked *x)
{
    if (s->of == x)
        return;
    s->of = x;
    for (uint64_t y = 0; y < s->years->years; y++)
        s->year[y] = x->weight * (s->base[y] - counted(s->years, x->loss[y], x->var));
}

static inline void difference_add(const struct savings *s, const struct ranked *z, uint64_t year,
                                  double *sum, double *squares)
{
    const double d =
        s->year[year] - z->weight * (s->base[year] - counted(s->years, z->loss[year], z->var));

    *sum += d;
    *squares += d * d;
}

// Standard error of the difference of two scores, on the same years. Years go to LANES sums in
// turn, so that no addition waits for the one before it.
static double paired_error(struct savings *s, const struct ranked *x, const struct ranked *z)
{
    enum { LANES = 8 };
    const uint64_t years = s->years->years, whole = years - years % LANES;
    const double n = (double)years;
    double sums[LANES] = {0}, squares_of[LANES] = {0}, sum = 0, squares = 0;

    savings_fill(s, x);
    for (uint64_t y = 0; y < whole; y += LANES)
        for (size_t i = 0; i < LANES; i++)
            difference_add(s, z, y + i, &sums[i], &squares_of[i]);
    for (uint64_t y = whole; y < years; y++)
        difference_add(s, z, y, &sums[y - whole], &squares_of[y - whole]);
    for (size_t i = 0; i < LANES; i++) {
        sum += sums[i];
        squares += squares_of[i];
    }
    return sqrt(fmax(squares / n - sum / n * (sum / n), 0) / n) * s->years->resolution;
}

// Whether x is surely better than z. No error of a difference is larger than the sum of both, nor
// smaller than their difference: where that decides, no pass over the years is needed.
static bool surely_better(struct savings *s, const struct ranked *x, const struct ranked *z)
{
    const double lead = x->score - z->score;

    if (!(lead > 0))
        return false;
    if (lead <= sure * fabs(x->error - z->error))
        return false;
    return lead > sure * (x->error + z->error) || lead > sure * paired_error(s, x, z);
}

static double settling_years(struct savings *s, const struct ranked *x, const struct ranked *next)
{
    const double lead = x->score - next->score;
    const double ratio = sure * paired_error(s, x, next) / lead;

    return lead > 0 ? (double)s->years->years * ratio * ratio : HUGE_VAL;
}

// Each pair is looked at once, from the better one.
static void place_fill(struct savings *s, struct ranked **order, size_t n, size_t place)
{
    struct ranked *x = order[place];
    uint32_t worse = 0;

    for (size_t i = place + 1; i < n; i++)
        if (surely_better(s, x, order[i])) {
            worse++;
#pragma omp atomic
            order[i]->rank_lower++;
        }
    x->rank = (uint32_t)place + 1;
    x->rank_upper = (uint32_t)n - worse;
    x->settling_years = place + 1 < n ? settling_years(s, x, order[place + 1]) : NAN;
}

bool ranking_make(const struct ranking_years *years, struct ranked *ranked, size_t n, int threads)
{
    struct ranked **order = malloc((n + 1) * sizeof *order);
    double *base = malloc(years->years * sizeof *base);
    bool good = order && base;

    for (size_t i = 0; good && i < n; i++) {
        order[i] = &ranked[i];
        ranked[i].rank_lower = 1;
    }
    if (good && n > 0)
        qsort(order, n, sizeof *order, compare_scores);
    for (uint64_t y = 0; good && y < years->years; y++)
        base[y] = counted(years, years->base[y], years->base_var);
    if (good) {
#pragma omp parallel num_threads(threads) reduction(&& : good)
        {
            struct savings s = {years, base, NULL, malloc(years->years * sizeof(double))};

            good = s.year != NULL;
#pragma omp for schedule(dynamic)
            for (size_t place = 0; place < n; place++)
                if (good)
                    place_fill(&s, order, n, place);
            free(s.year);
        }
    }
    free(base);
    free(order);
    return good;
}
