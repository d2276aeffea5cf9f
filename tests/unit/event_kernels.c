// The kernels of the event stream, in every instruction set of this machine, against the scalar
// definitions of where each random number lives.
#include "simulate/event_kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "models/isa.h"
#include "random.h"
#include "random/special.h"
#include "simulate/address.h"

enum { BLOCK = 3 };

static double tail_of(struct philox_block x, unsigned part)
{
    return philox_tail(x.word[2 * part], x.word[2 * part + 1]);
}

static struct philox_block block_at(uint64_t key, uint64_t index, enum purpose purpose)
{
    return philox(key, (uint32_t)index, (uint32_t)(index >> 32), BLOCK, address_of(purpose, 0));
}

static void check_lone(const struct event_kernels *kernels, uint64_t first, size_t n)
{
    static uint64_t index[EVENT_BATCH];
    static uint32_t year[EVENT_BATCH], years_only[EVENT_BATCH];
    static double tail[EVENT_BATCH], tails_only[EVENT_BATCH];
    const uint64_t key = random_next();

    kernels->lone(key, BLOCK, first, n, index, year, tail);
    kernels->lone_years(key, BLOCK, first, n, years_only);
    kernels->lone_tails(key, BLOCK, n, index, tails_only);
    for (size_t i = 0; i < n; i++) {
        const struct lone_part t = lone_tail_part(first + i), y = lone_year_part(first + i);
        const struct philox_block x = block_at(key, y.index, PURPOSE_YEAR);

        assert_true(index[i] == first + i);
        assert_true(tail[i] == tail_of(block_at(key, t.index, PURPOSE_PLACE), t.part));
        assert_true(tails_only[i] == tail[i]);
        assert_int_equal(year[i], x.word[y.part / 2] >> y.part % 2 * 16 & (BLOCK_YEARS - 1));
        assert_int_equal(years_only[i], year[i]);
    }
}

static void check_places(const struct event_kernels *kernels, size_t n)
{
    static uint64_t index[EVENT_BATCH], words[EVENT_BATCH];
    static double tail[EVENT_BATCH], first[EVENT_BATCH], second[EVENT_BATCH];
    const uint64_t key = random_next();

    for (size_t i = 0; i < EVENT_BATCH; i++)
        index[i] = random_next();
    kernels->place(key, BLOCK, address_of(PURPOSE_PLACE, 0), n, index, words, tail);
    kernels->tails(key, BLOCK, address_of(PURPOSE_COIN, 0), n, index, first, second);
    for (size_t i = 0; i < n; i++) {
        const struct philox_block p = block_at(key, index[i], PURPOSE_PLACE);
        const struct philox_block c = block_at(key, index[i], PURPOSE_COIN);

        assert_true(words[i] == (p.word[0] | (uint64_t)p.word[1] << 32));
        assert_true(tail[i] == tail_of(p, 1));
        assert_true(first[i] == tail_of(c, 0) && second[i] == tail_of(c, 1));
    }
}

static void check_money(const struct event_kernels *kernels, size_t n)
{
    static double amount[EVENT_BATCH], units[EVENT_BATCH];
    static int64_t whole[EVENT_BATCH];
    double largest = 0, bound;

    for (size_t i = 0; i < EVENT_BATCH; i++)
        amount[i] = random_between(0, 1) < 0.1 ? 0 : random_between(0, 1e6) * random_between(0, 1);
    amount[0] = 1e300;
    amount[1] = 0.125;
    bound = kernels->money(100, n, amount + (n > 2 ? 0 : 1), units);
    kernels->whole(n, units, whole);
    for (size_t i = 0; i < n; i++) {
        const double expected = rint(100 * amount[i + (n > 2 ? 0 : 1)]);

        assert_true(units[i] == (expected < MONEY_LIMIT ? expected : MONEY_LIMIT));
        assert_true(whole[i] == (int64_t)units[i]);
        largest = units[i] > largest ? units[i] : largest;
    }
    assert_true(bound >= largest && bound <= 2 * largest + 1);
}

static void check_poisson(const struct event_kernels *kernels, size_t n)
{
    static double mean[EVENT_BATCH], tail[EVENT_BATCH];
    static uint64_t count[EVENT_BATCH];

    for (size_t i = 0; i < n; i++) {
        mean[i] = i % 7 == 0   ? 0
                  : i % 7 == 1 ? exp(random_between(log(16), log(3e6)))
                               : exp(random_between(log(1e-9), log(40)));
        tail[i] = i % 5 == 0 ? exp(random_between(log(0x1p-65), 0)) : random_between(0x1p-65, 1);
    }
    kernels->poisson(n, mean, tail, count);
    for (size_t i = 0; i < n; i++)
        assert_true(count[i] == special_poisson_quantile(mean[i], tail[i]));
}

static void every_instruction_set_finds_each_number_at_its_address(void **state)
{
    static const char *const names[] = {"generic", "v2", "v3", "v4"};
    static const size_t counts[] = {1, 2, 7, 8, 15, 16, 17, 63, 64, 65, 200, 511, EVENT_BATCH};
    int tried = 0;

    (void)state;
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
        if (!isa_choose(names[k]))
            continue;
        tried++;
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            check_lone(event_kernels(), 0, counts[c]);
            check_lone(event_kernels(), (random_next() >> 20) * EVENT_BATCH, counts[c]);
            check_places(event_kernels(), counts[c]);
            check_money(event_kernels(), counts[c]);
            for (int more = 0; more < 50; more++)
                check_poisson(event_kernels(), counts[c]);
        }
    }
    assert_true(tried > 0);
}

// Two events of a stream never share a random word, nor a year's and a tail's.
static void events_of_a_lone_stream_have_words_of_their_own(void **state)
{
    static unsigned char tails[1 << 13], years[1 << 13];

    (void)state;
    for (uint64_t k = 0; k < 1 << 12; k++) {
        const struct lone_part t = lone_tail_part(k), y = lone_year_part(k);

        assert_true(t.part < 2 && y.part < 8);
        assert_int_equal(tails[2 * t.index + t.part]++, 0);
        assert_int_equal(years[8 * y.index + y.part]++, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_set_finds_each_number_at_its_address),
        cmocka_unit_test(events_of_a_lone_stream_have_words_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
