#include "simulate/seats.h"

#include <math.h>
#include <stdlib.h>

struct sitter {
    uint64_t hash;
    double weight;
    uint32_t asset;
    int exponent;
};

// The order of seating depends on ids and weights only, never on rows.
static int compare_sitters(const void *a, const void *b)
{
    const struct sitter *x = a, *y = b;

    if (x->exponent != y->exponent)
        return x->exponent < y->exponent ? -1 : 1;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

// c with weight in (2^(c-1), 2^c].
static int weight_class(double weight)
{
    int exponent;
    const double fraction = frexp(weight, &exponent); // in [1/2, 1)

    return fraction == 0.5 ? exponent - 1 : exponent;
}

// The probability of acceptance is weight / 2^exponent to within 2^-32.
static uint32_t accept_max(double weight, int exponent)
{
    const double threshold = ldexp(weight, 32 - exponent); // in (2^31, 2^32]

    return (uint32_t)(threshold - 1);
}

// Linear probing in the order of hashes: the same seats for the same set, however it is ordered. A
// first round finds how many run over the end; they take the first seats of the second.
static void seat_part(const struct sitter *sitters, size_t count, struct seating *seating,
                      struct seat *seats)
{
    const uint32_t mask = seating->seat_count - 1;
    const int shift = 32 - __builtin_ctz(seating->seat_count);
    size_t overflow = 0;

    for (uint32_t i = 0; i <= mask; i++)
        seats[i] = (struct seat){SEAT_EMPTY, 0};
    for (int round = 0; round < 2; round++) {
        size_t next = overflow;

        for (size_t i = 0; i < count; i++) {
            // The low half of the hash: parts were cut by the top bits.
            const size_t home = mask == 0 ? 0 : (uint32_t)sitters[i].hash >> shift;

            next = (home > next ? home : next) + 1;
            if (round == 1)
                seats[(next - 1) & mask] = (struct seat){
                    sitters[i].asset,
                    mask == 0 ? UINT32_MAX : accept_max(sitters[i].weight, seating->exponent)};
        }
        overflow = next > (size_t)mask + 1 ? next - mask - 1 : 0;
    }
}

// The low half orders a part, so that homes ascend.
static int compare_homes(const void *a, const void *b)
{
    const struct sitter *x = a, *y = b;
    const uint32_t p = (uint32_t)x->hash, q = (uint32_t)y->hash;

    if (p != q)
        return p < q ? -1 : 1;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static uint32_t power_of_two_at_least(size_t x)
{
    uint32_t p = 1;

    while (p < x)
        p *= 2;
    return p;
}

static bool seat_class(struct sitter *sitters, size_t count, struct arena *arena,
                       struct seating *out, size_t *out_count)
{
    const uint32_t parts = power_of_two_at_least((count + SEATS_MAX / 4 - 1) / (SEATS_MAX / 4));
    const int part_shift = 64 - __builtin_ctz(parts);
    size_t first = 0;

    for (uint32_t part = 0; part < parts; part++) {
        size_t end = first;

        while (end < count && (parts == 1 || sitters[end].hash >> part_shift == part))
            end++;
        if (end > first) {
            struct seating *s = &out[(*out_count)++];
            const size_t n = end - first;

            s->exponent = sitters[first].exponent;
            s->part = parts << 16 | part;
            s->seat_count = n == 1 ? 1 : power_of_two_at_least(2 * n);
            s->envelope = n == 1 ? sitters[first].weight : ldexp(s->seat_count, s->exponent);

            struct seat *seats = arena_alloc(arena, s->seat_count, sizeof *seats);

            if (!seats)
                return false;
            qsort(sitters + first, n, sizeof *sitters, compare_homes);
            seat_part(sitters + first, n, s, seats);
            s->seats = seats;
        }
        first = end;
    }
    return true;
}

bool seats_assign(size_t count, const uint32_t *asset, const double *weight, const uint64_t *hash,
                  struct arena *arena, const struct seating **seatings, size_t *seating_count)
{
    struct sitter *sitters = malloc((count + 1) * sizeof *sitters);
    size_t n = 0, classes = 0, parts = 0;
    bool good = sitters != NULL;

    *seating_count = 0;
    *seatings = NULL;
    for (size_t i = 0; good && i < count; i++)
        if (weight[i] > 0)
            sitters[n++] =
                (struct sitter){hash[asset[i]], weight[i], asset[i], weight_class(weight[i])};
    if (good && n > 0) {
        qsort(sitters, n, sizeof *sitters, compare_sitters);
        for (size_t i = 0; i < n; i++)
            classes += i == 0 || sitters[i].exponent != sitters[i - 1].exponent;
        parts = classes + 2 * (n / (SEATS_MAX / 4) + 1); // at most twice as many as full parts

        struct seating *out = arena_alloc(arena, parts * 2, sizeof *out);

        good = out != NULL;
        for (size_t first = 0, end; good && first < n; first = end) {
            for (end = first; end < n && sitters[end].exponent == sitters[first].exponent; end++)
                ;
            good = seat_class(sitters + first, end - first, arena, out, seating_count);
        }
        *seatings = out;
    }
    free(sitters);
    return good;
}
