// Which rows a selector chooses. What is wrong with one: tests/malformed.
#include "study/selector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
    const struct csv_format format = {false, 1, &arena, &arena};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_chosen),
        cmocka_unit_test(a_decimal_comma_makes_numbers_of_cells),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
