// Sorting rows by keys.
#include "base/keyed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"

enum { ROWS = 5000 };

static void keys_ascend_and_equal_ones_stay(void **state)
{
    static const uint64_t masks[] = {UINT64_MAX, 0xff, 7, 0, UINT64_C(0xf0000000000000f0)};
    static struct keyed keyed[ROWS], spare[ROWS];

    (void)state;
    for (size_t m = 0; m < sizeof masks / sizeof *masks; m++)
        for (size_t n = 0; n <= ROWS; n = n < 3 ? n + 1 : n * 7) {
            for (uint32_t i = 0; i < n; i++)
                keyed[i] = (struct keyed){random_next() & masks[m], i};
            keyed_sort(keyed, spare, n);
            for (size_t i = 1; i < n; i++) {
                assert_true(keyed[i - 1].key <= keyed[i].key);
                if (keyed[i - 1].key == keyed[i].key)
                    assert_true(keyed[i - 1].row < keyed[i].row);
            }
        }
}

static void larger_numbers_have_smaller_keys(void **state)
{
    static const double numbers[] = {__builtin_inf(), 1e300, 2, 1, 1e-300, 5e-324, 0};

    (void)state;
    for (size_t i = 1; i < sizeof numbers / sizeof *numbers; i++)
        assert_true(keyed_descending(numbers[i - 1]) < keyed_descending(numbers[i]));
    assert_true(keyed_descending(-0.0) == keyed_descending(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_ascend_and_equal_ones_stay),
        cmocka_unit_test(larger_numbers_have_smaller_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
