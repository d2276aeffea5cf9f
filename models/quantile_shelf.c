#include "models/quantile_shelf.h"

#include <stdint.h>
#include <string.h>

struct shelved_table {
    const struct quantile_table *table; // NULL: free
    double a, b;                        // b is 0 for a gamma: no beta has that
};

// Where the shapes stand, or would. Shapes are positive, so that equal ones have equal bits.
static struct shelved_table *find(const struct quantile_shelf *shelf, double a, double b)
{
    const size_t mask = shelf->capacity - 1;
    uint64_t bits[2];
    size_t at;

    memcpy(&bits[0], &a, sizeof a);
    memcpy(&bits[1], &b, sizeof b);
    bits[0] = (bits[0] ^ bits[1] * UINT64_C(0xBF58476D1CE4E5B9)) * UINT64_C(0x9E3779B97F4A7C15);
    at = (bits[0] ^ bits[0] >> 32) & mask;
    while (shelf->tables[at].table && (shelf->tables[at].a != a || shelf->tables[at].b != b))
        at = (at + 1) & mask;
    return &shelf->tables[at];
}

static bool grow(struct quantile_shelf *shelf)
{
    const struct quantile_shelf old = *shelf;

    if (2 * shelf->count < shelf->capacity)
        return true;
    shelf->capacity = old.capacity ? 2 * old.capacity : 16;
    shelf->tables = arena_alloc(shelf->arena, shelf->capacity, sizeof *shelf->tables);
    if (!shelf->tables) {
        *shelf = old;
        return false;
    }
    for (size_t i = 0; i < old.capacity; i++)
        if (old.tables[i].table)
            *find(shelf, old.tables[i].a, old.tables[i].b) = old.tables[i];
    return true;
}

static const struct quantile_table *shelved(struct quantile_shelf *shelf, double a, double b)
{
    struct shelved_table *known;

    if (!grow(shelf))
        return NULL;
    known = find(shelf, a, b);
    if (!known->table) {
        const struct quantile_table *table =
            b > 0 ? quantile_table_beta(a, b, shelf->arena) : quantile_table_gamma(a, shelf->arena);

        *known = (struct shelved_table){table, a, b};
        shelf->count += table != NULL;
    }
    return known->table;
}

const struct quantile_table *quantile_shelf_gamma(struct quantile_shelf *shelf, double a)
{
    return shelved(shelf, a, 0);
}

const struct quantile_table *quantile_shelf_beta(struct quantile_shelf *shelf, double a, double b)
{
    return shelved(shelf, a, b);
}
