// Choosing an asset by seats: the law of the choice, and what a change to one asset moves.
#include "simulate/seats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "random.h"

enum { ASSETS = 3000 };

static uint32_t asset[ASSETS];
static double weight[ASSETS];
static uint64_t hash[ASSETS];

static void assets_make(double spread)
{
    for (uint32_t i = 0; i < ASSETS; i++) {
        asset[i] = i;
        weight[i] = exp2(spread * random_between(0, 1));
        hash[i] = random_next();
    }
}

// rate[i] = how often asset i is chosen per unit of rate; seat_of[i]: class, part and seat.
static void choices(size_t count, double *rate, uint64_t *seat_of)
{
    struct arena arena = {0};
    const struct seating *seatings;
    size_t seating_count;

    memset(rate, 0, ASSETS * sizeof *rate);
    memset(seat_of, 0, ASSETS * sizeof *seat_of);
    assert_true(seats_assign(count, asset, weight, hash, &arena, &seatings, &seating_count));
    for (size_t s = 0; s < seating_count; s++) {
        const struct seating *x = &seatings[s];
        size_t taken = 0;

        assert_int_equal(x->seat_count & (x->seat_count - 1), 0);
        for (uint32_t i = 0; i < x->seat_count; i++) {
            const uint32_t who = x->seats[i].asset;

            if (who == SEAT_EMPTY)
                continue;
            taken++;
            assert_true(who < count && rate[who] == 0); // one seat each
            rate[who] =
                x->envelope / x->seat_count * ((double)x->seats[i].accept_max + 1) * 0x1p-32;
            seat_of[who] =
                (uint64_t)(x->exponent + 2000) << 48 | (uint64_t)(x->part & 0xffff) << 32 | (i + 1);
        }
        assert_true(x->seat_count == 1 ? taken == 1 : 2 * taken <= x->seat_count);
    }
    arena_free(&arena);
}

static double rate[ASSETS], rate_after[ASSETS];
static uint64_t seat_of[ASSETS], seat_after[ASSETS];

static void an_asset_is_chosen_in_proportion_to_its_weight(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        assets_make(round % 2 ? 0 : round);
        weight[7] = 0;
        choices(ASSETS, rate, seat_of);
        for (int i = 0; i < ASSETS; i++)
            assert_true(fabs(rate[i] - weight[i]) <= 0x1p-31 * weight[i] + (weight[i] == 0) * 0.0);
    }
}

static size_t moved(size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        n += seat_of[i] != seat_after[i] || rate[i] != rate_after[i];
    return n;
}

// Adding one to a table at load 1/4 to 1/2 shoves aside the rest of one run of taken seats at most:
// a few on average, with a geometric tail.
static void an_asset_added_moves_a_few_neighbours_at_most(void **state)
{
    size_t all = 0, rounds = 200;

    (void)state;
    for (size_t round = 0; round < rounds; round++) {
        const size_t count = 1100 + round; // one class, between 2^10 and 2^11: no table doubles

        assets_make(0);
        choices(count, rate, seat_of);
        choices(count + 1, rate_after, seat_after);
        assert_true(moved(count) < 60);
        all += moved(count);
    }
    assert_true(all < 2 * rounds);
}

static void a_weight_changed_moves_no_other_class(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        assets_make(12);
        choices(ASSETS, rate, seat_of);
        weight[round] *= 1 + 1e-6;
        choices(ASSETS, rate_after, seat_after);
        assert_true(moved(ASSETS) <= 60);
    }
}

static void the_order_of_the_assets_is_nothing(void **state)
{
    static double rate_shuffled[ASSETS];
    static uint64_t seat_shuffled[ASSETS];

    (void)state;
    assets_make(5);
    choices(ASSETS, rate, seat_of);
    for (uint32_t i = 0; i < ASSETS / 2; i++) { // reversed
        const uint32_t j = ASSETS - 1 - i;
        const double w = weight[i];
        const uint64_t h = hash[i];

        weight[i] = weight[j], weight[j] = w;
        hash[i] = hash[j], hash[j] = h;
    }
    choices(ASSETS, rate_shuffled, seat_shuffled);
    for (uint32_t i = 0; i < ASSETS; i++) {
        assert_true(rate[i] == rate_shuffled[ASSETS - 1 - i]);
        assert_true(seat_of[i] == seat_shuffled[ASSETS - 1 - i]);
    }
}

static void what_cannot_be_chosen_needs_no_seat(void **state)
{
    struct arena arena = {0};
    const struct seating *seatings;
    size_t count = 1;

    (void)state;
    assert_true(seats_assign(0, asset, weight, hash, &arena, &seatings, &count));
    assert_int_equal(count, 0);
    weight[0] = weight[1] = 0;
    assert_true(seats_assign(2, asset, weight, hash, &arena, &seatings, &count));
    assert_int_equal(count, 0);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_asset_is_chosen_in_proportion_to_its_weight),
        cmocka_unit_test(an_asset_added_moves_a_few_neighbours_at_most),
        cmocka_unit_test(a_weight_changed_moves_no_other_class),
        cmocka_unit_test(the_order_of_the_assets_is_nothing),
        cmocka_unit_test(what_cannot_be_chosen_needs_no_seat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
