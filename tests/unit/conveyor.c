// Every piece is made once and delivered once, in order, whoever makes it; a refusal stops it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "results/conveyor.h"

enum { PIECES = 3000, SLOTS = 24, THREADS = 8 };

struct record {
    atomic_int making[SLOTS], working[THREADS]; // never more than one at a time
    atomic_size_t made, wrong;
    size_t slots[SLOTS], delivered, stop_at;
};

static void make(void *context, size_t piece, size_t slot, size_t thread)
{
    struct record *r = context;
    r->wrong += atomic_fetch_add(&r->making[slot], 1) != 0;
    r->wrong += atomic_fetch_add(&r->working[thread], 1) != 0;
    for (volatile size_t i = 0; i < piece * 7919 % 3000; i++) // some take longer
        ;
    r->slots[slot] = piece;
    r->made++;
    atomic_fetch_sub(&r->working[thread], 1);
}

static bool deliver(void *context, size_t piece, size_t slot)
{
    struct record *r = context;
    r->wrong += r->slots[slot] != piece || r->delivered != piece;
    r->delivered++;
    atomic_fetch_sub(&r->making[slot], 1);
    return piece != r->stop_at;
}

static void pieces_are_delivered_in_order(void **unused)
{
    (void)unused;
    for (size_t threads = 1; threads <= THREADS; threads++)
        for (size_t slots = 1; slots <= SLOTS; slots += 7)
            for (size_t count = 0; count <= PIECES; count += PIECES / 2) {
                struct record r = {.stop_at = SIZE_MAX};
                assert_true(
                    conveyor_run(&(struct conveyor){threads, slots, count, &r, make, deliver}));
                assert_int_equal(r.made, count);
                assert_int_equal(r.delivered, count);
                assert_int_equal(r.wrong, 0);
            }
}

static void a_refusal_stops_it(void **unused)
{
    (void)unused;
    for (size_t threads = 1; threads <= THREADS; threads++) {
        struct record r = {.stop_at = 100};
        assert_false(conveyor_run(&(struct conveyor){threads, SLOTS, PIECES, &r, make, deliver}));
        assert_int_equal(r.delivered, 101);
        assert_true(r.made <= 101 + SLOTS);
        assert_int_equal(r.wrong, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_delivered_in_order),
        cmocka_unit_test(a_refusal_stops_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
