#include "simulate/exposure.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "models/susceptibility.h"

// By address: only which exposures exist depends on it, never a figure.
static int compare_exposures(const void *a, const void *b)
{
    const struct exposure *x = a, *y = b;
    const uintptr_t p = (uintptr_t)x->selection, q = (uintptr_t)y->selection;

    if (p != q)
        return p < q ? -1 : 1;

    const uintptr_t s = (uintptr_t)x->capability, t = (uintptr_t)y->capability;

    return s < t ? -1 : s > t;
}

const struct exposure *exposures_find(const struct exposures *exposures,
                                      const struct selection *selection,
                                      const struct distribution *capability)
{
    const struct exposure key = {.selection = selection, .capability = capability};

    return bsearch(&key, exposures->exposures, exposures->count, sizeof key, compare_exposures);
}

// P(capability > resistance), computed once per distinct resistance: cells with the same text share
// one distribution.
struct known {
    const struct distribution *resistance;
    double probability;
};

static double probability_of(struct known *known, size_t mask,
                             const struct distribution *capability,
                             const struct distribution *resistance)
{
    size_t slot = ((uintptr_t)resistance >> 4) * UINT64_C(0x9E3779B97F4A7C15) & mask;

    while (known[slot].resistance && known[slot].resistance != resistance)
        slot = (slot + 1) & mask;
    if (!known[slot].resistance)
        known[slot] =
            (struct known){resistance, susceptibility_probability(capability, resistance)};
    return known[slot].probability;
}

static bool exposure_susceptibilities(struct exposure *x, const struct assets *assets,
                                      struct arena *arena)
{
    const size_t n = x->selection->count;
    size_t size = 16;

    while (size < 2 * n)
        size *= 2;

    struct known *known = calloc(size, sizeof *known);
    double *p = arena_alloc(arena, n, sizeof *p);
    const bool good = known && p;

    for (size_t i = 0; good && i < n; i++)
        p[i] = probability_of(known, size - 1, x->capability,
                              assets->resistance[x->selection->assets[i]]);
    free(known);
    x->susceptibility = p;
    return good;
}

static bool exposure_make(struct exposure *x, const struct assets *assets, struct arena *arena)
{
    const size_t n = x->selection->count;
    double *weight;
    bool good;

    if (n == 0)
        return true;
    if (x->capability && !exposure_susceptibilities(x, assets, arena))
        return false;
    weight = malloc(n * sizeof *weight);
    if (!weight)
        return false;
    for (size_t i = 0; i < n; i++) {
        const double value = assets->value[x->selection->assets[i]];

        weight[i] = exposure_weight(x, assets, i);
        x->weight_total += weight[i];
        x->value_weight_total += isnan(value) ? 0 : weight[i] * value;
    }
    good = seats_assign(n, x->selection->assets, weight, assets->id_hash, arena, &x->seatings,
                        &x->seating_count);
    free(weight);
    return good;
}

bool exposures_make(const struct portfolio *portfolio, int threads, struct exposures *exposures)
{
    const size_t most = 2 * portfolio->scenario_count;
    struct exposure *all = calloc(most + 1, sizeof *all);
    size_t n = 0, distinct = 0;
    atomic_bool good = true;

    *exposures = (struct exposures){0};
    if (!all)
        return false;
    for (size_t s = 0; s < portfolio->scenario_count; s++) {
        const struct scenario *scenario = &portfolio->scenarios[s];

        all[n++].selection = scenario->selection;
        if (scenario->capability) {
            all[n].selection = scenario->selection;
            all[n++].capability = scenario->capability;
        }
    }
    qsort(all, n, sizeof *all, compare_exposures);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || compare_exposures(&all[i], &all[distinct - 1]) != 0)
            all[distinct++] = all[i];
    exposures->exposures = all;
    exposures->count = distinct;
    exposures->arenas = calloc(distinct + 1, sizeof *exposures->arenas);
    if (!exposures->arenas)
        return false;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < distinct; i++)
        if (!exposure_make(&all[i], &portfolio->assets, &exposures->arenas[i]))
            good = false;
    return good;
}

void exposures_free(struct exposures *exposures)
{
    for (size_t i = 0; exposures->arenas && i < exposures->count; i++)
        arena_free(&exposures->arenas[i]);
    free(exposures->arenas);
    free(exposures->exposures);
    *exposures = (struct exposures){0};
}
