#include "simulate/seats.h"

#include <math.h>
#include <stdlib.h>

struct sitter {
    uint64_t hash;
    double weight;
    uint32_t asset;
    int exponent;
};

enum sort_key { KEY_HASH, KEY_EXPONENT };

static unsigned digit(const struct sitter *x, enum sort_key key, int shift)
{
    // frexp's exponents lie well within 2^15 of 0
    return (unsigned)((key == KEY_HASH ? x->hash : (uint64_t)(x->exponent + (1 << 15))) >> shift) &
           255;
}

// Sorts by eight bits of the key, equal ones as they stood. `spare` has room for n.
static void sort_pass(struct sitter **sitters, struct sitter **spare, size_t n, enum sort_key key,
                      int shift)
{
    struct sitter *from = *sitters, *to = *spare;
    size_t start[257] = {0};

    for (size_t i = 0; i < n; i++)
        start[digit(&from[i], key, shift) + 1]++;
    for (size_t i = 0; i < 256; i++) {
        if (start[i + 1] == n)
            return; // all alike
        start[i + 1] += start[i];
    }
    for (size_t i = 0; i < n; i++)
        to[start[digit(&from[i], key, shift)]++] = from[i];
    *sitters = to;
    *spare = from;
}

// By class, then by home (the low half of the hash), then by the rest of the hash: the order of
// seating depends on ids and weights only, never on rows.
static void sort_by_seat(struct sitter **sitters, struct sitter **spare, size_t n)
{
    static const int hash_shifts[] = {32, 40, 48, 56, 0, 8, 16, 24};

    for (size_t i = 0; i < sizeof hash_shifts / sizeof *hash_shifts; i++)
        sort_pass(sitters, spare, n, KEY_HASH, hash_shifts[i]);
    sort_pass(sitters, spare, n, KEY_EXPONENT, 0);
    sort_pass(sitters, spare, n, KEY_EXPONENT, 8);
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

static uint32_t power_of_two_at_least(size_t x)
{
    uint32_t p = 1;

    while (p < x)
        p *= 2;
    return p;
}

// One part of a class: those of its sitters whose hash begins with the number of the part. Moves
// them to `room`.
static size_t part_gather(const struct sitter *sitters, size_t count, uint32_t parts, uint32_t part,
                          struct sitter *room)
{
    const int shift = 64 - __builtin_ctz(parts);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (parts == 1 || sitters[i].hash >> shift == part)
            room[n++] = sitters[i];
    return n;
}

static bool seat_class(const struct sitter *sitters, size_t count, struct sitter *room,
                       struct arena *arena, struct seating *out, size_t *out_count)
{
    const uint32_t parts = power_of_two_at_least((count + SEATS_MAX / 4 - 1) / (SEATS_MAX / 4));

    for (uint32_t part = 0; part < parts; part++) {
        const size_t n = part_gather(sitters, count, parts, part, room);
        struct seating *s;
        struct seat *seats;

        if (n == 0)
            continue;
        s = &out[(*out_count)++];
        s->exponent = room[0].exponent;
        s->part = parts << 16 | part;
        s->seat_count = n == 1 ? 1 : power_of_two_at_least(2 * n);
        s->envelope = n == 1 ? room[0].weight : ldexp(s->seat_count, s->exponent);
        seats = arena_alloc(arena, s->seat_count, sizeof *seats);
        if (!seats)
            return false;
        seat_part(room, n, s, seats);
        s->seats = seats;
    }
    return true;
}

bool seats_assign(size_t count, const uint32_t *asset, const double *weight, const uint64_t *hash,
                  struct arena *arena, const struct seating **seatings, size_t *seating_count)
{
    struct sitter *const memory = calloc(2 * count + 2, sizeof *memory);
    struct sitter *sitters = memory, *spare = memory + count + 1;
    struct seating *out = NULL;
    size_t n = 0, classes = 0;
    bool good = memory != NULL;

    *seating_count = 0;
    *seatings = NULL;
    for (size_t i = 0; good && i < count; i++)
        if (weight[i] > 0)
            sitters[n++] =
                (struct sitter){hash[asset[i]], weight[i], asset[i], weight_class(weight[i])};
    if (good && n > 0) {
        sort_by_seat(&sitters, &spare, n);
        for (size_t i = 0; i < n; i++)
            classes += i == 0 || sitters[i].exponent != sitters[i - 1].exponent;
        // a class has less than four times as many parts as full ones, or one
        out = arena_alloc(arena, classes + 4 * (n / (SEATS_MAX / 4) + 1), sizeof *out);
        good = out != NULL;
    }
    for (size_t first = 0, end; good && first < n; first = end) {
        for (end = first; end < n && sitters[end].exponent == sitters[first].exponent; end++)
            ;
        good = seat_class(sitters + first, end - first, spare, arena, out, seating_count);
    }
    *seatings = out;
    free(memory);
    return good;
}
