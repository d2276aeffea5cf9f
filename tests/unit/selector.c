// Which rows a selector chooses. What is wrong with one: tests/malformed.
#include "study/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char csv[] = "id,class,value,owner,2nd name\n"
                          "a,server,100,Retail Banking,x\n"
                          "b,server,1e3,Lab,\n"
                          "c,laptop,20,O'Brien,y\n"
                          "d,Laptop,,Lab,z\n"
                          "e,,-5,\xc3\x84rzte,x\n"
                          "f,in,0100,and,*\n";

// Letters of the rows chosen.
static void chosen(const char *text, bool decimal_comma, char out[8])
{
    struct arena arena = {0};
    struct diagnostics *d = diagnostics_new();
    const struct csv_format format = {false, 1, &arena, &arena, NULL};
    const struct place at = {.value = text};
    const struct selector *selector;
    struct table table;
    uint32_t rows[8];
    size_t n = 0;

    assert_true(csv_read(&table, "t.csv", (const unsigned char *)csv, strlen(csv), &format, d, d));
    assert_int_equal(table.rows, 6);
    selector = selector_parse(&at, &arena, d);
    if (!selector)
        diagnostics_print(d, stderr);
    assert_non_null(selector);
    assert_true(selector_columns_check(selector, &table, &at, d));
    assert_true(selector_match(selector, &table, decimal_comma, &arena, rows, &n, &at, d));
    for (size_t i = 0; i < n; i++)
        out[i] = *table_cell(&table, rows[i], 0);
    out[n] = '\0';
    diagnostics_free(d);
    arena_free(&arena);
}

static void rows_are_chosen(void **state)
{
    static const struct {
        const char *selector, *rows;
    } cases[] = {
        {"*", "abcdef"},
        {"class=server", "ab"},
        {"class = server", "ab"},
        {"class!=server", "cdef"},
        {"class=laptop", "c"}, // case matters
        {"class=''", "e"},
        {"class!=''", "abcdf"},
        {"class='in'", "f"}, // a keyword in quotes is a value
        {"class in server laptop", "abc"},
        {"class in server 'in'", "abf"},
        {"owner in 'Retail Banking' Lab", "abd"},
        {"owner='O''Brien'", "c"},
        {"owner=\xc3\x84rzte", "e"},
        {"owner='and'", "f"},
        {"'2nd name'=x", "ae"},
        {"'2nd name'='*'", "f"},
        {"value=1000", "b"}, // as numbers
        {"value=100", "af"},
        {"value='100'", "af"},
        {"value>=100", "abf"},
        {"value<100", "ce"}, // a missing cell is neither below nor above
        {"value<=-5", "e"},
        {"value>100", "b"},
        {"value=''", "d"},
        {"value!=100", "bcde"},
        {"class>=server", "ab"}, // as texts
        {"owner~'*a*'", "abdf"},
        {"owner~'L?b'", "bd"},
        {"owner~'L*b' and class=server", "b"},
        {"class~'*'", "abcdef"},
        {"id=a or id=b and class=laptop", "a"}, // and binds closer
        {"(id=a or id=b) and class=server", "ab"},
        {"not class=server", "cdef"},
        {"not class=server and value>0", "cf"}, // not binds closest
        {"not (class=server and value>500)", "acdef"},
        {"not not id=a", "a"},
        {"* and not id in a b", "cdef"},
        {"((id=a))", "a"},
        {"id=a\nor\tid=b", "ab"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char rows[8];

        chosen(cases[i].selector, false, rows);
        if (strcmp(rows, cases[i].rows) != 0)
            fail_msg("%s chose %s, not %s", cases[i].selector, rows, cases[i].rows);
    }
}

static void a_decimal_comma_makes_numbers_of_cells(void **state)
{
    char rows[8];

    (void)state;
    chosen("value='100,0'", true, rows);
    assert_string_equal(rows, "af");
    chosen("value='100,0'", false, rows);
    assert_string_equal(rows, "");
}

// Few rows of several texts come from the column's index, many from a walk over all rows.
static void an_index_chooses_the_same_rows(void **state)
{
    enum { ROWS = 2000 };
    static const struct {
        const char *selector;
        unsigned of, first, second; // rows whose number modulo `of` is one of the two
    } cases[] = {
        {"id=1234", ROWS, 1234, 1234},
        {"id in 1777 0003 3 1777", ROWS, 3, 1777},
        {"id in 17 1900 and tens>=0", ROWS, 17, 1900},
        {"tens=3", 10, 3, 3},
        {"tens in 7 3", 10, 3, 7},
        {"id in 1777 3 8 and tens=7", ROWS, 1777, 1777},
        {"tens in 3 7 and id in 1777 3", ROWS, 3, 1777},
        {"not not id=5 or id=1999", ROWS, 5, 1999},
    };
    struct arena arena = {0};
    struct diagnostics *d = diagnostics_new();
    const struct csv_format format = {false, 1, &arena, &arena, NULL};
    char *text = arena_alloc(&arena, ROWS, 16);
    size_t length = (size_t)sprintf(text, "id,tens\n");
    struct table table;
    uint32_t rows[ROWS];

    (void)state;
    for (unsigned row = 0; row < ROWS; row++)
        length += (size_t)sprintf(text + length, "%04u,%u\n", row, row % 10);
    assert_true(csv_read(&table, "t.csv", (const unsigned char *)text, length, &format, d, d));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct place at = {.value = cases[i].selector};
        const struct selector *selector = selector_parse(&at, &arena, d);
        size_t count, next = 0;

        assert_non_null(selector);
        assert_true(selector_match(selector, &table, false, &arena, rows, &count, &at, d));
        for (unsigned row = 0; row < ROWS; row++)
            if (row % cases[i].of == cases[i].first || row % cases[i].of == cases[i].second) {
                assert_true(next < count);
                assert_int_equal(rows[next++], row);
            }
        assert_int_equal(next, count);
    }
    assert_int_equal(diagnostics_warnings(d), 0);
    diagnostics_free(d);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_chosen),
        cmocka_unit_test(a_decimal_comma_makes_numbers_of_cells),
        cmocka_unit_test(an_index_chooses_the_same_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
