// What one value of each distribution costs: through its quantile kernel (distribution_quantile
// over tails that are there), and through distribution_draw, which fetches the tails too.
//
// Buffers of 1,024 values, which stay in the first-level cache; every instruction set of this
// machine; lognormal = 1.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/diagnostics.h"
#include "models/distribution.h"
#include "models/isa.h"
#include "random/philox.h"
#include "timing.h"

enum { PASSES = 100, DRAWS = 4 };

static const char *const cells[] = {
    "lognormal 11 1.5",
    "1000",
    "uniform 10 70",
    "triangular 10 20 70",
    "pert 10 20 70",
    "beta 2 5",
    "normal 50 12",
    "lognormal90 10000 200000",
    "exponential 3000",
    "gamma 2.5 1000",
    "weibull 0.6 1000",
    "pareto 1000 2.5",
    "lomax 5000 1.7",
    "gpd 50000 20000 0.3",
    "lognormal 11 1.5 from 1000 to 1e7",
    "gamma 2.5 1000 to 5000",
    "lognormal 11 1.5 cap 1e6",
    "empirical FILE:COLUMN", // 1,000 values
    "mixture 0.7 (lognormal 9 1) 0.3 (pareto 1000 1.5)",
    "splice lognormal 10 1.2 at 50000 with gpd 50000 30000 0.4",
    "product (pert 1 10 100) (lognormal 3 0.8)",
    "product (uniform 1 2) (exponential 9) from 3 to 40",
};
static const char *const isas[] = {"generic", "v2", "v3", "v4"};

enum { CELLS = sizeof cells / sizeof *cells, ISAS = sizeof isas / sizeof *isas };

static double tails[DRAWS][DISTRIBUTION_BATCH], values[DISTRIBUTION_BATCH];

static void tails_make(void)
{
    for (uint32_t draw = 0; draw < DRAWS; draw++)
        for (uint32_t i = 0; i < DISTRIBUTION_BATCH; i++) {
            const struct philox_block x = philox(1, i, draw, 0, 0);

            tails[draw][i] = philox_tail(x.word[0], x.word[1]);
        }
}

// Another permutation at every attempt of a rejection, so that rejections are as many as they are.
static void fetch(void *context, unsigned draw, size_t n, double *tail)
{
    const size_t first = draw / DRAWS * 97 % DISTRIBUTION_BATCH;
    const size_t whole = n < DISTRIBUTION_BATCH - first ? n : DISTRIBUTION_BATCH - first;

    (void)context;
    memcpy(tail, tails[draw % DRAWS] + first, whole * sizeof *tail);
    memcpy(tail + whole, tails[draw % DRAWS], (n - whole) * sizeof *tail);
}

static const double *thousand(void *context, const char *file, const char *column,
                              const struct place *at, struct arena *arena, size_t *count,
                              struct diagnostics *d)
{
    double *x = arena_alloc(arena, 1000, sizeof *x);

    (void)context, (void)file, (void)column, (void)at, (void)d;
    need(x != NULL, "memory is exhausted");
    *count = 1000;
    for (size_t i = 0; i < *count; i++)
        x[i] = (double)(i * i);
    return x;
}

static const struct distribution *parse(const char *cell, struct arena *arena)
{
    const struct distribution_reader reader = {.arena = arena, .empirical = thousand};
    struct diagnostics *d = diagnostics_new();
    const struct distribution *x =
        distribution_parse(cell, &(struct place){.value = cell}, &reader, d);

    need(x != NULL, cell);
    diagnostics_free(d);
    return x;
}

static double quantile_seconds(const struct distribution *x)
{
    const double start = seconds_of(1);

    for (int pass = 0; pass < PASSES; pass++)
        distribution_quantile(x, DISTRIBUTION_BATCH, tails[0], values);
    return seconds_of(1) - start;
}

static double draw_seconds(const struct distribution *x)
{
    const double start = seconds_of(1);

    for (int pass = 0; pass < PASSES; pass++)
        distribution_draw(x, DISTRIBUTION_BATCH, fetch, NULL, values);
    return seconds_of(1) - start;
}

static struct times quantile[CELLS][ISAS], draw[CELLS][ISAS];

static void columns_print(const struct times *times, const struct times *lognormal)
{
    const double ns = 1e9 * times_median(times) / PASSES / DISTRIBUTION_BATCH;

    if (isnan(ns))
        printf(" %7s %6s", "-", "");
    else
        printf(" %7.2f %5.2fx", ns, times_median(times) / times_median(lognormal));
}

static void table_print(const struct times times[CELLS][ISAS])
{
    printf("  %-58s", "ns per value, and as a multiple of lognormal");
    for (size_t i = 0; i < ISAS; i++)
        if (times[0][i].count > 0)
            printf(" %7s %6s", isas[i], "");
    printf("\n");
    for (size_t c = 0; c < CELLS; c++) {
        printf("  %-58s", cells[c]);
        for (size_t i = 0; i < ISAS; i++)
            if (times[0][i].count > 0)
                columns_print(&times[c][i], &times[0][i]);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    const size_t rounds = repetitions(argc, argv, 9);
    const struct distribution *x[CELLS];
    struct arena arena = {0};

    tails_make();
    for (size_t c = 0; c < CELLS; c++)
        x[c] = parse(cells[c], &arena);
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < ISAS; i++)
            for (size_t c = 0; c < CELLS && isa_choose(isas[i]); c++) {
                if (distribution_draws(x[c]) == 1)
                    times_add(&quantile[c][i], quantile_seconds(x[c]));
                times_add(&draw[c][i], draw_seconds(x[c]));
            }
    printf("One value of each distribution, %zu rounds\n\nThrough its quantile kernel\n", rounds);
    table_print(quantile);
    printf("\nThrough distribution_draw, which fetches the tails too (a product takes two)\n");
    table_print(draw);
    arena_free(&arena);
    return 0;
}
