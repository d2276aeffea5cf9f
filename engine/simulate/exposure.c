#include "simulate/exposure.h"

#include <math.h>
#include <omp.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "models/susceptibility.h"

// Pairs of addresses, numbered as they come: what is costly is done once for a distinct pair.
struct pair {
    const void *first, *second;
};

struct pairs {
    size_t count, capacity;
    struct pair *pair;
    uint32_t *slots; // open addressing, 2 x capacity, a power of two: 1 + number, 0 where free
};

static size_t pairs_slot(const struct pairs *pairs, const void *first, const void *second)
{
    const size_t mask = 2 * pairs->capacity - 1;
    uint64_t hash = (uint64_t)(uintptr_t)first * UINT64_C(0x9E3779B97F4A7C15);
    size_t at;

    hash = (hash ^ hash >> 32 ^ (uintptr_t)second) * UINT64_C(0xBF58476D1CE4E5B9);
    for (at = (hash ^ hash >> 32) & mask; pairs->slots[at] > 0; at = (at + 1) & mask) {
        const struct pair *pair = &pairs->pair[pairs->slots[at] - 1];

        if (pair->first == first && pair->second == second)
            break;
    }
    return at;
}

static bool pairs_grow(struct pairs *pairs)
{
    const size_t capacity = pairs->capacity ? 2 * pairs->capacity : 64;
    struct pair *pair = realloc(pairs->pair, capacity * sizeof *pair);
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);

    pairs->pair = pair ? pair : pairs->pair;
    if (!pair || !slots) {
        free(slots);
        return false;
    }
    free(pairs->slots);
    pairs->slots = slots;
    pairs->capacity = capacity;
    for (size_t i = 0; i < pairs->count; i++)
        slots[pairs_slot(pairs, pair[i].first, pair[i].second)] = (uint32_t)i + 1;
    return true;
}

// The number of a pair, new ones are added. False if memory is exhausted.
static bool pairs_number(struct pairs *pairs, const void *first, const void *second,
                         uint32_t *number)
{
    size_t at;

    if (pairs->count == pairs->capacity && !pairs_grow(pairs))
        return false;
    at = pairs_slot(pairs, first, second);
    if (pairs->slots[at] == 0) {
        pairs->pair[pairs->count] = (struct pair){first, second};
        pairs->slots[at] = (uint32_t)++pairs->count;
    }
    *number = pairs->slots[at] - 1;
    return true;
}

static void pairs_free(struct pairs *pairs)
{
    free(pairs->pair);
    free(pairs->slots);
}

struct making {
    const struct portfolio *portfolio;
    int threads;
    struct arena *arenas; // one per thread
    struct exposures *exposures;
    unsigned char *seated; // per exposure
    struct pairs known;    // (capability, resistance)
    double *probability;   // of each: that the capability is above
};

// Who is hit, and where candidates land: by capability where one candidate is one loss event, by
// units where each of these has a chance of its own.
static bool exposures_number(struct making *m)
{
    const size_t n = m->portfolio->scenario_count;
    struct exposures *x = m->exposures;
    struct pairs pairs = {0};
    bool good;

    x->hits = malloc((n + 1) * sizeof *x->hits);
    x->seats = malloc((n + 1) * sizeof *x->seats);
    good = x->hits && x->seats;
    for (size_t s = 0; good && s < n; s++) {
        const struct scenario *scenario = &m->portfolio->scenarios[s];
        const bool units = scenario->event != NO_ROW || scenario->counts == COUNTS_AT_MOST_ONCE;

        good = pairs_number(&pairs, scenario->selection, scenario->capability, &x->hits[s]);
        if (good && units)
            good = pairs_number(&pairs, scenario->selection, NULL, &x->seats[s]);
        else if (good)
            x->seats[s] = x->hits[s];
    }
    x->exposures = calloc(pairs.count + 1, sizeof *x->exposures);
    m->seated = calloc(pairs.count + 1, 1);
    good = good && x->exposures && m->seated;
    for (size_t i = 0; good && i < pairs.count; i++)
        x->exposures[x->count++] =
            (struct exposure){.selection = pairs.pair[i].first, .capability = pairs.pair[i].second};
    for (size_t s = 0; good && s < n; s++)
        m->seated[x->seats[s]] = 1;
    pairs_free(&pairs);
    return good;
}

// P(capability > resistance) of every distinct pair: cells with the same text share one
// distribution.
static bool probabilities_make(struct making *m)
{
    const struct distribution *const *resistance = m->portfolio->assets.resistance;
    uint32_t number;

    for (size_t e = 0; e < m->exposures->count; e++) {
        const struct exposure *x = &m->exposures->exposures[e];

        for (size_t i = 0; x->capability && i < x->selection->count; i++)
            if (!pairs_number(&m->known, x->capability, resistance[x->selection->assets[i]],
                              &number))
                return false;
    }
    m->probability = malloc((m->known.count + 1) * sizeof *m->probability);
    if (!m->probability)
        return false;
#pragma omp parallel for schedule(dynamic) num_threads(m->threads)
    for (size_t i = 0; i < m->known.count; i++)
        m->probability[i] =
            susceptibility_probability(m->known.pair[i].first, m->known.pair[i].second);
    return true;
}

static bool susceptibilities_fill(const struct making *m, struct exposure *x, struct arena *arena)
{
    const size_t n = x->selection->count;
    double *p = arena_alloc(arena, n, sizeof *p);

    for (size_t i = 0; p && i < n; i++) {
        const void *resistance = m->portfolio->assets.resistance[x->selection->assets[i]];

        p[i] = m->probability[m->known.slots[pairs_slot(&m->known, x->capability, resistance)] - 1];
    }
    x->susceptibility = p;
    return p != NULL;
}

static bool exposure_make(const struct making *m, struct exposure *x, bool seated,
                          struct arena *arena)
{
    const struct assets *assets = &m->portfolio->assets;
    const size_t n = x->selection->count;
    double *weight;
    bool good;

    if (n == 0)
        return true;
    if (x->capability && !susceptibilities_fill(m, x, arena))
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
    good = !seated || seats_assign(n, x->selection->assets, weight, assets->id_hash, arena,
                                   &x->seatings, &x->seating_count);
    free(weight);
    return good;
}

static bool exposures_fill(const struct making *m)
{
    struct exposures *x = m->exposures;
    atomic_bool good = true;

#pragma omp parallel for schedule(dynamic, 4) num_threads(m->threads)
    for (size_t i = 0; i < x->count; i++)
        if (!exposure_make(m, &x->exposures[i], m->seated[i], &m->arenas[omp_get_thread_num()]))
            good = false;
    return good;
}

bool exposures_make(const struct portfolio *portfolio, int threads, struct arena *arenas,
                    struct exposures *exposures)
{
    struct making m = {portfolio, threads, arenas, exposures, NULL, {0}, NULL};
    bool good;

    *exposures = (struct exposures){0};
    good = exposures_number(&m) && probabilities_make(&m) && exposures_fill(&m);
    free(m.seated);
    free(m.probability);
    pairs_free(&m.known);
    return good;
}

void exposures_free(struct exposures *exposures)
{
    free(exposures->exposures);
    free(exposures->hits);
    free(exposures->seats);
    *exposures = (struct exposures){0};
}

double exposure_susceptibility(const struct exposure *x, uint32_t asset)
{
    size_t low = 0, high = x->selection->count;

    if (!x->susceptibility)
        return 1;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;

        if (x->selection->assets[middle] <= asset)
            low = middle;
        else
            high = middle;
    }
    return x->susceptibility[low];
}
