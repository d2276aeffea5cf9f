#include "base/diagnostics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static char *printed(const struct diagnostics *d)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);

    diagnostics_print(d, stream);
    fclose(stream);
    return text;
}

static void a_line_names_place_problem_and_value(void **state)
{
    struct diagnostics *d = diagnostics_new();
    char *text;

    (void)state;
    diagnostics_add(d, &(struct place){"assets.csv", 3, "value", "12,5"}, "expected %s",
                    "a number");
    text = printed(d);
    assert_string_equal(text, "assets.csv:3: value: error: expected a number (found '12,5')\n");
    free(text);
    diagnostics_free(d);
}

static void parts_of_a_place_that_are_not_known_are_left_out(void **state)
{
    struct diagnostics *d = diagnostics_new();
    char *text;

    (void)state;
    diagnostics_add(d, NULL, "memory is exhausted");
    diagnostics_warn(d, &(struct place){"a.csv", 0, NULL, NULL}, "odd");
    text = printed(d);
    assert_string_equal(text, "error: memory is exhausted\na.csv: warning: odd\n");
    free(text);
    diagnostics_free(d);
}

static void lines_are_in_the_order_of_files_and_lines(void **state)
{
    struct diagnostics *d = diagnostics_new();
    char *text;

    (void)state;
    diagnostics_add(d, &(struct place){.file = "b.csv", .line = 2}, "four");
    diagnostics_add(d, &(struct place){.file = "a.csv", .line = 10}, "three");
    diagnostics_add(d, &(struct place){.file = "a.csv", .line = 9}, "one");
    diagnostics_add(d, &(struct place){.file = "a.csv", .line = 9}, "two");
    text = printed(d);
    assert_string_equal(text, "a.csv:9: error: one\na.csv:9: error: two\na.csv:10: error: three\n"
                              "b.csv:2: error: four\n");
    free(text);
    diagnostics_free(d);
}

static void everything_given_is_copied(void **state)
{
    struct diagnostics *d = diagnostics_new();
    char file[] = "a.csv", column[] = "value", value[] = "x";

    (void)state;
    diagnostics_add(d, &(struct place){file, 1, column, value}, "bad");
    file[0] = column[0] = value[0] = '#';
    assert_string_equal(diagnostics_get(d, 0)->place.file, "a.csv");
    assert_string_equal(diagnostics_get(d, 0)->place.column, "value");
    assert_string_equal(diagnostics_get(d, 0)->place.value, "x");
    diagnostics_free(d);
}

static void more_than_are_shown_are_counted(void **state)
{
    struct diagnostics *d = diagnostics_new();
    char *text;

    (void)state;
    for (int i = 0; i < 250; i++)
        diagnostics_add(d, NULL, "number %d", i);
    assert_int_equal(diagnostics_errors(d), 250);
    assert_int_equal(diagnostics_kept(d), DIAGNOSTICS_SHOWN_MAX);
    assert_null(diagnostics_get(d, DIAGNOSTICS_SHOWN_MAX));
    text = printed(d);
    assert_non_null(strstr(text, "250 errors and 0 warnings in all, 150 not shown\n"));
    free(text);
    diagnostics_free(d);
}

static void warnings_do_not_hide_an_error(void **state)
{
    struct diagnostics *d = diagnostics_new();

    (void)state;
    for (int i = 0; i < 150; i++)
        diagnostics_warn(d, NULL, "warning %d", i);
    diagnostics_add(d, NULL, "the error");
    assert_int_equal(diagnostics_warnings(d), 150);
    assert_int_equal(diagnostics_errors(d), 1);
    assert_int_equal(diagnostics_kept(d), DIAGNOSTICS_SHOWN_MAX);
    assert_string_equal(diagnostics_get(d, DIAGNOSTICS_SHOWN_MAX - 1)->message, "the error");
    diagnostics_free(d);
}

static void appending_adds_lists_and_counts(void **state)
{
    struct diagnostics *a = diagnostics_new(), *b = diagnostics_new();

    (void)state;
    diagnostics_add(a, NULL, "one");
    for (int i = 0; i < 120; i++)
        diagnostics_add(b, NULL, "two");
    diagnostics_warn(b, NULL, "three");
    diagnostics_append(a, b);
    assert_int_equal(diagnostics_errors(a), 121);
    assert_int_equal(diagnostics_warnings(a), 1);
    assert_int_equal(diagnostics_kept(a), DIAGNOSTICS_SHOWN_MAX);
    diagnostics_free(b);
    assert_string_equal(diagnostics_get(a, 1)->message, "two");
    diagnostics_free(a);
}

static void a_value_is_shown_shortened_and_without_control_characters(void **state)
{
    struct diagnostics *d = diagnostics_new();
    char value[5001], *text;

    (void)state;
    memset(value, 'x', 5000);
    value[0] = '\x1b';
    value[5000] = '\0';
    diagnostics_add(d, &(struct place){.value = value}, "long");
    text = printed(d);
    assert_true(strlen(text) < 150);
    assert_non_null(strstr(text, "'\\x1Bxxx"));
    assert_non_null(strstr(text, "x...')\n"));
    assert_int_equal(strlen(diagnostics_get(d, 0)->place.value), 5000);
    free(text);
    diagnostics_free(d);
}

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena arena = {0};
    unsigned char *last = NULL;

    (void)state;
    for (size_t i = 0; i < 5000; i++) {
        const size_t size = i % 100 == 0 ? 100000 : i % 37;
        unsigned char *memory = arena_alloc(&arena, size, 1);

        assert_non_null(memory);
        assert_ptr_not_equal(memory, last);
        assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(memory[k], 0);
        memset(memory, 0xFF, size);
        last = memory;
    }
    arena_free(&arena);
    assert_null(arena.newest);
}

static void an_arena_refuses_what_overflows(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_null(arena_alloc(&arena, SIZE_MAX, 2));
    assert_null(arena_alloc(&arena, SIZE_MAX / 2, 3));
    assert_null(arena_alloc(&arena, SIZE_MAX, 1));
    assert_null(arena_alloc(&arena, SIZE_MAX - 64, 1));
    assert_null(arena_text(&arena, "", SIZE_MAX));
    arena_free(&arena);
}

static void an_arena_text_ends_with_a_nul(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_string_equal(arena_text(&arena, "abcdef", 3), "abc");
    assert_string_equal(arena_text(&arena, NULL, 0), "");
    arena_free(&arena);
}

static void an_arena_cleared_is_zeroed_and_one_joined_lives_on(void **state)
{
    struct arena arena = {0}, other = {0};
    const char *text;
    unsigned char *memory;

    (void)state;
    arena_clear(&arena);
    assert_non_null(memset(arena_alloc(&arena, 1000, 1), 0xFF, 1000));
    assert_non_null(arena_alloc(&arena, 100000, 1));
    arena_clear(&arena);
    memory = arena_alloc(&arena, 1000, 1);
    for (size_t k = 0; k < 1000; k++)
        assert_int_equal(memory[k], 0);
    arena_join(&arena, &other); // of nothing
    text = arena_text(&other, "kept", 4);
    arena_join(&arena, &other);
    assert_null(other.newest);
    assert_string_equal(text, "kept");
    arena_join(&other, &arena); // to nothing
    assert_string_equal(text, "kept");
    arena_free(&other);
}

static void a_full_list_keeps_errors_in_place_of_warnings(void **state)
{
    struct diagnostics *d = diagnostics_new();

    (void)state;
    for (int i = 0; i < DIAGNOSTICS_SHOWN_MAX; i++) {
        assert_true(diagnostics_keeps(d, DIAGNOSTIC_WARNING));
        diagnostics_warn(d, NULL, "w");
    }
    assert_false(diagnostics_keeps(d, DIAGNOSTIC_WARNING));
    for (int i = 0; i < DIAGNOSTICS_SHOWN_MAX; i++) {
        assert_true(diagnostics_keeps(d, DIAGNOSTIC_ERROR));
        diagnostics_add(d, NULL, "e");
    }
    assert_false(diagnostics_keeps(d, DIAGNOSTIC_ERROR));
    diagnostics_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_names_place_problem_and_value),
        cmocka_unit_test(parts_of_a_place_that_are_not_known_are_left_out),
        cmocka_unit_test(lines_are_in_the_order_of_files_and_lines),
        cmocka_unit_test(everything_given_is_copied),
        cmocka_unit_test(more_than_are_shown_are_counted),
        cmocka_unit_test(warnings_do_not_hide_an_error),
        cmocka_unit_test(appending_adds_lists_and_counts),
        cmocka_unit_test(a_value_is_shown_shortened_and_without_control_characters),
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(an_arena_refuses_what_overflows),
        cmocka_unit_test(an_arena_text_ends_with_a_nul),
        cmocka_unit_test(an_arena_cleared_is_zeroed_and_one_joined_lives_on),
        cmocka_unit_test(a_full_list_keeps_errors_in_place_of_warnings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
