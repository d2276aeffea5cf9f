// Philox against the vectors of its authors, and its vector form against the scalar one.
#include "random/philox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "random/philox_lanes.h"

static void the_known_answers_are_met(void **state)
{
    // kat_vectors of Random123 (D. E. Shaw Research), philox4x32 with 10 rounds
    static const struct {
        uint32_t counter[4];
        uint64_t key;
        uint32_t output[4];
    } vectors[] = {
        {{0, 0, 0, 0}, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         UINT64_C(0xffffffffffffffff),
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         UINT64_C(0x299f31d0a4093822),
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const uint32_t *c = vectors[i].counter;
        const struct philox_block x = philox(vectors[i].key, c[0], c[1], c[2], c[3]);

        assert_memory_equal(x.word, vectors[i].output, sizeof x.word);
    }
}

static void lanes_are_blocks_side_by_side(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct philox_schedule schedule;
        philox_lanes word[4][PHILOX_GROUPS];
        uint32_t counter[4][PHILOX_STEP];
        uint64_t key;

        for (int w = 0; w < 4; w++) {
            for (int i = 0; i < PHILOX_STEP; i++) {
                counter[w][i] = (uint32_t)random_next();
                word[w][i / PHILOX_LANES][i % PHILOX_LANES] = counter[w][i];
            }
        }
        key = random_next();
        philox_schedule(key, &schedule);
        philox_rounds(&schedule, word);
        for (int i = 0; i < PHILOX_STEP; i++) {
            const struct philox_block expected =
                philox(key, counter[0][i], counter[1][i], counter[2][i], counter[3][i]);

            for (int w = 0; w < 4; w++)
                assert_int_equal((uint32_t)word[w][i / PHILOX_LANES][i % PHILOX_LANES],
                                 expected.word[w]);
            assert_true(philox_lanes_tail(word[0][i / PHILOX_LANES],
                                          word[1][i / PHILOX_LANES])[i % PHILOX_LANES] ==
                        philox_tail(expected.word[0], expected.word[1]));
        }
    }
}

static void a_tail_lies_in_its_range_and_keeps_small_values_apart(void **state)
{
    (void)state;
    assert_true(philox_tail(0, 0) == 0x1p-65);
    assert_true(philox_tail(0, 1) == 0x1.8p-64);
    assert_true(philox_tail(UINT32_MAX, UINT32_MAX) == 1);
    assert_true(philox_tail(0x80000000, 0) == 0.5);
    for (uint32_t hi = 1; hi < UINT32_MAX - 12345678; hi += 12345677)
        assert_true(philox_tail(hi, 5) >= philox_tail(hi - 1, UINT32_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_known_answers_are_met),
        cmocka_unit_test(lanes_are_blocks_side_by_side),
        cmocka_unit_test(a_tail_lies_in_its_range_and_keeps_small_values_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
