#include "simulate/seats.h"

#include <math.h>
#include <stdlib.h>

struct sitter {
    uint64_t place; // the hash with its halves exchanged: the home comes first
    double weight;
    uint32_t asset;
    int exponent;
};

enum { DIGIT_BITS = 11, DIGITS_MAX = 1 << 12, FEW = 64 };
enum sort_key { KEY_PLACE, KEY_PART, KEY_EXPONENT };

static unsigned digit(const struct sitter *x, enum sort_key key, int shift)
{
    const uint64_t mask = (1 << DIGIT_BITS) - 1;

    if (key == KEY_EXPONENT) // frexp's lie between -1073 and 1024
        return (unsigned)(x->exponent + DIGITS_MAX / 2);
    return (key == KEY_PART ? (uint32_t)x->place : x->place) >> shift & mask;
}

// Sorts by one digit of the key, equal ones as they stood. `spare` has room for n.
static void sort_pass(struct sitter **sitters, struct sitter **spare, size_t n, enum sort_key key,
                      int shift)
{
    struct sitter *from = *sitters, *to = *spare;
    uint32_t start[DIGITS_MAX + 1] = {0}; // assets are counted in 32 bits

    for (size_t i = 0; i < n; i++)
        start[digit(&from[i], key, shift) + 1]++;
    if (start[digit(&from[0], key, shift) + 1] == n)
        return; // all alike
    for (size_t i = 0; i < DIGITS_MAX; i++)
        start[i + 1] += start[i];
    for (size_t i = 0; i < n; i++)
        to[start[digit(&from[i], key, shift)]++] = from[i];
    *sitters = to;
    *spare = from;
}

static bool sits_before(const struct sitter *x, const struct sitter *y)
{
    return x->exponent != y->exponent ? x->exponent < y->exponent : x->place < y->place;
}

// By class, then by home (the low half of the hash), then by the rest of the hash: the order of
// seating depends on ids and weights only, never on rows. Two digits of the home leave few
// neighbours in disorder.
static void sort_by_seat(struct sitter **sitters, struct sitter **spare, size_t n)
{
    struct sitter *x;

    if (n > FEW) {
        sort_pass(sitters, spare, n, KEY_PLACE, 64 - 2 * DIGIT_BITS);
        sort_pass(sitters, spare, n, KEY_PLACE, 64 - DIGIT_BITS);
        sort_pass(sitters, spare, n, KEY_EXPONENT, 0);
    }
    x = *sitters;
    for (size_t i = 1; i < n; i++) {
        const struct sitter moving = x[i];
        size_t to = i;

        for (; to > 0 && sits_before(&moving, &x[to - 1]); to--)
            x[to] = x[to - 1];
        x[to] = moving;
    }
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
            const size_t home = mask == 0 ? 0 : (uint32_t)(sitters[i].place >> 32) >> shift;

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

// The high half of the hash, which cuts a class into a power of two of parts, is the low half of
// the place.
static uint32_t part_of(const struct sitter *x, uint32_t parts)
{
    return (uint32_t)((uint32_t)x->place * (uint64_t)parts >> 32);
}

// Seats the parts of a class. `room` is as large.
static bool seat_class(struct sitter *sitters, size_t count, struct sitter *room,
                       struct arena *arena, struct seating *out, size_t *out_count)
{
    const uint32_t parts = power_of_two_at_least((count + SEATS_MAX / 4 - 1) / (SEATS_MAX / 4));
    const int bits = __builtin_ctz(parts);

    for (int sorted = 0; sorted < bits; sorted += DIGIT_BITS)
        sort_pass(&sitters, &room, count, KEY_PART, 32 - bits + sorted);
    for (size_t first = 0, end; first < count; first = end) {
        const uint32_t part = part_of(&sitters[first], parts);
        struct seating *s = &out[(*out_count)++];
        struct seat *seats;
        size_t n;

        for (end = first + 1; end < count && part_of(&sitters[end], parts) == part; end++)
            ;
        n = end - first;
        s->exponent = sitters[first].exponent;
        s->part = parts << 16 | part;
        s->seat_count = n == 1 ? 1 : power_of_two_at_least(2 * n);
        s->envelope = n == 1 ? sitters[first].weight : ldexp(s->seat_count, s->exponent);
        seats = arena_alloc(arena, s->seat_count, sizeof *seats);
        if (!seats)
            return false;
        seat_part(sitters + first, n, s, seats);
        s->seats = seats;
    }
    return true;
}

bool seats_assign(size_t count, const uint32_t *asset, const double *weight, const uint64_t *hash,
                  struct arena *arena, const struct seating **seatings, size_t *seating_count)
{
    struct sitter *const memory = malloc(2 * (count + 1) * sizeof *memory);
    struct sitter *sitters = memory, *spare = memory + count + 1;
    struct seating *out = NULL;
    size_t n = 0, classes = 0;
    bool good = memory != NULL;

    *seating_count = 0;
    *seatings = NULL;
    for (size_t i = 0; good && i < count; i++)
        if (weight[i] > 0)
            sitters[n++] = (struct sitter){hash[asset[i]] << 32 | hash[asset[i]] >> 32, weight[i],
                                           asset[i], weight_class(weight[i])};
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
