#include "base/text.h"
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static size_t distance(const char *a, const char *b, size_t limit)
{
    return text_distance(a, strlen(a), b, strlen(b), limit);
}

static void distances_are_those_of_optimal_string_alignment(void **state)
{
    (void)state;
    assert_int_equal(distance("", "", 2), 0);
    assert_int_equal(distance("pert", "pert", 2), 0);
    assert_int_equal(distance("lognromal", "lognormal", 2), 1);
    assert_int_equal(distance("normal", "norml", 2), 1);
    assert_int_equal(distance("kitten", "sitting", 5), 3);
    assert_int_equal(distance("ca", "abc", 5), 3);  // 2 if a letter could be edited twice
    assert_int_equal(distance("abcdef", "", 2), 3); // beyond the limit
}

static void a_distance_of_long_names_is_beyond_any_limit(void **state)
{
    char name[TEXT_NAME_MAX + 1];

    (void)state;
    memset(name, 'a', sizeof name);
    assert_int_equal(text_distance(name, sizeof name, name, sizeof name, 2), 3);
    assert_int_equal(text_distance(name, TEXT_NAME_MAX, name, TEXT_NAME_MAX, 2), 0);
}

static void the_nearest_name_ignores_case_blanks_and_hyphens(void **state)
{
    static const char *const names[] = {"asset_id", "primary_response", "primary_total", "to"};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"primary_reponse", "primary_response"},
        {"Primary Response", "primary_response"},
        {"PRIMARY-RESPONSE", "primary_response"},
        {"assetid", "asset_id"},
        {"cost_centre", NULL},
        {"xy", NULL},
        {"", NULL},
        {"_", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *near = text_nearest(cases[i].word, strlen(cases[i].word), names, 4, 2);

        if (cases[i].nearest)
            assert_string_equal(near, cases[i].nearest);
        else
            assert_null(near);
    }
}

static void numbers_are_read_strictly(void **state)
{
    static const struct {
        const char *cell;
        bool comma, good;
        double value;
    } cases[] = {
        {"0", false, true, 0},
        {"-12.5", false, true, -12.5},
        {"+3", false, true, 3},
        {".5", false, true, 0.5},
        {"5.", false, true, 5},
        {"1e6", false, true, 1e6},
        {"1.5E-3", false, true, 1.5e-3},
        {"0.1", false, true, 0.1},
        {"9007199254740993", false, true, 9007199254740992.0}, // ties to even
        {"4.9406564584124654e-324", false, true, 0x1p-1074},
        {"12,5", true, true, 12.5},
        {"12,5", false, false, 0},
        {"12.5", true, false, 0},
        {"12", true, true, 12},
        {"", false, false, 0},
        {".", false, false, 0},
        {"-", false, false, 0},
        {"1e", false, false, 0},
        {"1e+", false, false, 0},
        {"e5", false, false, 0},
        {"0x10", false, false, 0},
        {"inf", false, false, 0},
        {"nan", false, false, 0},
        {"-Infinity", false, false, 0},
        {"1e999", false, false, 0},
        {" 1", false, false, 0},
        {"1 ", false, false, 0},
        {"1_000", false, false, 0},
        {"--1", false, false, 0},
        {"1.2.3", false, false, 0},
        {"0x1p3", false, false, 0},
        {"1d5", false, false, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = -99;
        const bool good = text_number(cases[i].cell, strlen(cases[i].cell), cases[i].comma, &value);

        if (good != cases[i].good || value != (good ? cases[i].value : -99))
            fail_msg("'%s' gives %d, %.17g", cases[i].cell, good, value);
    }
}

static void a_number_ends_with_its_cell(void **state)
{
    double value;

    (void)state;
    assert_true(text_number("12345", 3, false, &value));
    assert_true(value == 123);
    assert_false(text_number("1\0002", 3, false, &value));
}

static void a_number_of_any_length_is_no_overflow(void **state)
{
    char digits[1000];
    double value;

    (void)state;
    memset(digits, '1', sizeof digits);
    assert_false(text_number(digits, sizeof digits, false, &value));
    assert_false(text_number(digits, 401, false, &value));
    assert_true(text_number(digits, 300, false, &value));
}

static void a_spreadsheet_habit_is_named_with_the_cell_as_it_should_be(void **state)
{
    static const struct {
        const char *cell;
        bool comma;
        const char *names, *shows;
    } cases[] = {
        {"12,5", false, "decimal comma", "write 12.5, or declare [csv] decimal = comma"},
        {"-0,25", false, "decimal comma", "write -0.25"},
        {"1,5e3", false, "decimal comma", "write 1.5e3"},
        {"12.5", true, "decimal point", "write 12,5"},
        {"15 %", false, "percentage", "write 0.15"},
        {"15%", false, "percentage", "write 0.15"},
        {"12,5 %", false, "percentage", "write 0.125"},
        {"15 %", true, "percentage", "write 0,15"},
        {"1 000 000", false, "thousands", "write 1000000"},
        {"1\xC2\xA0"
         "000",
         false, "thousands", "write 1000"},
        {"1\xE2\x80\xAF"
         "000",
         false, "thousands", "write 1000"},
        {"1'000'000", false, "thousands", "write 1000000"},
        {"1\xE2\x80\x99"
         "000",
         false, "thousands", "write 1000"},
        {"1,000,000", false, "thousands", "write 1000000"},
        {"1.000.000", false, "thousands", "write 1000000"},
        {"1.000,50", false, "thousands", "write 1000.50"},
        {"1,000.50", false, "thousands", "write 1000.50"},
        {"1,000", false, "write 1000 if it separates thousands", "1.000 if it is a decimal comma"},
        {"1.000", true, "write 1000 if it separates thousands", "1,000 if it is a decimal point"},
        {"EUR 50k", false, "currency", "50000"},
        {"50k", false, "currency or unit", "50000"},
        {"$5m", false, "currency", "5000000"},
        {"\xE2\x82\xAC 2.5 Mio.", false, "currency", "2500000"},
        {"50 EUR", false, "currency", "number, 50"},
        {"\xC2\xA3"
         "1,500",
         false, "currency", "1500 or 1.500"},
        {"#N/A", false, "error value of a spreadsheet", "leave the cell empty"},
        {"#REF!", false, "error value of a spreadsheet", "mend the formula"},
        {"#DIV/0!", false, "error value", "empty"},
        {"n/a", false, "not a number", "leave the cell empty"},
        {"2024-05-12", false, "a date", "1.5"},
        {"12.05.2024", false, "a date", "1.5"},
        {"5/12/24", false, "a date", "1.5"},
        {"12-May", false, "a date", "1.5"},
        {"Mar 24", false, "a date", "1.5"},
        {"2024-05-12T00:00:00", false, "a date", "1.5"},
        {"\xE2\x88\x92"
         "5",
         false, "beside the number", "write -5"},
    };
    char message[TEXT_HABIT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *habit =
            text_number_habit(cases[i].cell, strlen(cases[i].cell), cases[i].comma, message);

        if (!habit || !strstr(habit, cases[i].names) || !strstr(habit, cases[i].shows))
            fail_msg("'%s': %s", cases[i].cell, habit ? habit : "no habit");
    }
}

static void what_is_no_habit_gets_no_advice(void **state)
{
    static const char *const cells[] = {"",     "12.5", "abc",  "inf",       "0x10",    "1 00",
                                        "%",    "EUR",  "#",    "1,,2",      "1 0000",  "may",
                                        "k",    "-",    "10 x", "lognormal", "(1,000)", "50 kk",
                                        "\x01", "\xFF", "1\n2", "10 000 00", "1e999"};
    char message[TEXT_HABIT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        const char *habit = text_number_habit(cells[i], strlen(cells[i]), false, message);

        if (habit && strcmp(cells[i], "-") != 0)
            fail_msg("'%s': %s", cells[i], habit);
    }
}

static void any_bytes_are_safe(void **state)
{
    static const char alphabet[] = "0123456789,.'% -+eEkm#/$\xC2\xA0\xE2\x80\x99"
                                   "EURMay()\xFF\x01";
    uint64_t seed = 1;
    char cell[160], message[TEXT_HABIT_MAX];
    double value;

    (void)state;
    for (int i = 0; i < 200000; i++) {
        size_t length;

        seed = seed * 6364136223846793005u + 1442695040888963407u;
        length = (seed >> 33) % (i % 10 == 0 ? sizeof cell : 12);
        for (size_t k = 0; k < length; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            cell[k] = alphabet[(seed >> 33) % (sizeof alphabet - 1)];
        }
        text_number(cell, length, i % 2, &value);
        text_number_habit(cell, length, i % 2, message);
    }
}

static void what_is_printed_holds_no_control_characters(void **state)
{
    static const struct {
        const char *text;
        size_t limit;
        const char *printed;
    } cases[] = {
        {"plain", 80, "plain"},
        {"a\x1b[31mb", 80, "a\\x1B[31mb"},
        {"Z\xC3\xBCrich", 80, "Z\xC3\xBCrich"},
        {"Z\xC3\xBCrich", 2, "Z..."}, // never cuts a character
        {"\xC3(", 80, "\\xC3("},
        {"\xE2\x80\xAE", 80, "\\xE2\\x80\\xAE"}, // writes from right to left
        {"\xC2\x9B", 80, "\\xC2\\x9B"},
        {"abc", 3, "abc"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *printed;
        size_t size;
        FILE *stream = open_memstream(&printed, &size);

        text_print_safely(stream, cases[i].text, cases[i].limit);
        fclose(stream);
        assert_string_equal(printed, cases[i].printed);
        free(printed);
    }
}

static void what_is_not_utf8_is_found_where_it_begins(void **state)
{
    static const struct {
        const char *text;
        size_t valid;
    } cases[] = {
        {"", 0},
        {"Z\xC3\xBCrich", 7},
        {"\xE2\x82\xAC", 3},
        {"\xF0\x9F\x98\x80", 4},
        {"\xF4\x8F\xBF\xBF", 4}, // the last of all
        {"a\x80", 1},            // no first byte
        {"a\xC1\xBF", 1},        // overlong
        {"a\xE0\x9F\xBF", 1},
        {"a\xF0\x8F\xBF\xBF", 1},
        {"a\xED\xA0\x80", 1}, // a surrogate
        {"a\xED\x9F\xBF", 4},
        {"a\xEE\x80\x80", 4},
        {"a\xF4\x90\x80\x80", 1}, // beyond U+10FFFF
        {"a\xF5\x80\x80\x80", 1},
        {"a\xE2\x82", 1}, // cut off
        {"a\xE2\x82z", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(utf8_valid(cases[i].text, strlen(cases[i].text)), cases[i].valid);
}

static void characters_have_the_columns_of_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(utf8_columns('a'), 1);
    assert_int_equal(utf8_columns(UTF8_INVALID), 1);
    assert_int_equal(utf8_columns(0x394), 1);   // Greek
    assert_int_equal(utf8_columns(0x301), 0);   // combines
    assert_int_equal(utf8_columns(0x200b), 0);  // takes no room
    assert_int_equal(utf8_columns(0x6f22), 2);  // Chinese
    assert_int_equal(utf8_columns(0x1f600), 2); // a face
}

static void controls_are_what_moves_more_than_its_own_place(void **state)
{
    static const uint32_t controls[] = {0,      0x1b,   0x7f,   0x9b,   0x200e,
                                        0x200f, 0x202a, 0x202e, 0x2066, 0x2069},
                          others[] = {' ', '~', 0xa0, 0x200d, 0x2010, 0x202f, 0x2065, 0x206a};

    (void)state;
    for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
        assert_true(utf8_is_control(controls[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(utf8_is_control(others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_optimal_string_alignment),
        cmocka_unit_test(a_distance_of_long_names_is_beyond_any_limit),
        cmocka_unit_test(the_nearest_name_ignores_case_blanks_and_hyphens),
        cmocka_unit_test(numbers_are_read_strictly),
        cmocka_unit_test(a_number_ends_with_its_cell),
        cmocka_unit_test(a_number_of_any_length_is_no_overflow),
        cmocka_unit_test(a_spreadsheet_habit_is_named_with_the_cell_as_it_should_be),
        cmocka_unit_test(what_is_no_habit_gets_no_advice),
        cmocka_unit_test(any_bytes_are_safe),
        cmocka_unit_test(what_is_printed_holds_no_control_characters),
        cmocka_unit_test(what_is_not_utf8_is_found_where_it_begins),
        cmocka_unit_test(characters_have_the_columns_of_a_terminal),
        cmocka_unit_test(controls_are_what_moves_more_than_its_own_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
