// Large CSV files, which are read in pieces. What is wrong with small ones: tests/malformed.
#include "study/csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 150000, NOTE_MAX = 200 };

static const char *const ends[] = {"\n", "\r\n", "\r"};

// What the second cell of a row says: of any length, and some with line ends, quotes and commas.
static void note_write(size_t row, char *note)
{
    static const char *const pieces[] = {"plain ", "a\nb ", "c\r\nd ", "x\ry ", "say \"no\" ", ","};
    size_t length = 0;

    note[0] = '\0';
    for (size_t i = 0; i < row % 23; i++)
        length += (size_t)sprintf(note + length, "%s", row % 3 > 0 ? "plain " : pieces[i % 6]);
    if (length > 0)
        note[length - 1] = '.'; // no blank at the end
}

// The text of a file, and the physical line on which each row starts.
struct file {
    char *text;
    size_t length;
    uint32_t *line;
};

static uint64_t line_ends(const char *text)
{
    uint64_t count = 0;

    for (; *text; text++)
        count += *text == '\n' || (*text == '\r' && text[1] != '\n');
    return count;
}

// `wrong`: a row with a cell too many; `stray`: one with a quote inside a cell; ROWS: none.
static struct file file_write(size_t wrong, size_t stray)
{
    struct file file = {malloc((size_t)ROWS * (2 * NOTE_MAX + 64)), 0,
                        malloc(ROWS * sizeof *file.line)};
    uint32_t line = 2;

    assert_non_null(file.text);
    assert_non_null(file.line);
    file.length = (size_t)sprintf(file.text, "id,note,class\n");
    for (size_t row = 0; row < ROWS; row++) {
        char note[NOTE_MAX], *to = file.text + file.length;
        const char *begin = to;

        if (row % 1000 == 7)
            to += sprintf(to, "%s", ends[row / 1000 % 2]); // a blank line
        file.line[row] = line + (uint32_t)line_ends(begin);
        note_write(row, note);
        to += sprintf(to, row == stray ? "R\"%zu,\"" : "R%zu,\"", row);
        for (const char *c = note; *c; c++) {
            *to++ = *c;
            if (*c == '"')
                *to++ = '"';
        }
        to += sprintf(to, row == wrong ? "\",class %zu,more%s" : "\",class %zu%s", row % 7,
                      ends[row % 2]);
        line += (uint32_t)line_ends(begin);
        file.length += (size_t)(to - begin);
    }
    return file;
}

static void a_large_file_is_its_rows(void **state)
{
    const struct file file = file_write(ROWS, ROWS);

    (void)state;
    assert_true(file.length > 8 << 20); // two pieces and more
    for (int threads = 1; threads <= 3; threads++) {
        struct arena arena = {0};
        struct diagnostics *d = diagnostics_new();
        const struct csv_format format = {false, threads, &arena, &arena, NULL};
        struct table table;

        assert_true(csv_read(&table, "t.csv", (const unsigned char *)file.text, file.length,
                             &format, d, d));
        assert_int_equal(table.rows, ROWS);
        assert_int_equal(table.column_count, 3);
        for (size_t row = 0; row < ROWS; row++) {
            char id[32], note[NOTE_MAX];

            snprintf(id, sizeof id, "R%zu", row);
            note_write(row, note);
            assert_string_equal(table_cell(&table, row, 0), id);
            assert_string_equal(table_cell(&table, row, 1), note);
            assert_int_equal(table.columns[0].code[row], row + 1); // in the order of appearance
            assert_int_equal(table.columns[2].code[row], row % 7 + 1);
            assert_int_equal(table.line[row], file.line[row]);
        }
        diagnostics_free(d);
        arena_free(&arena);
    }
    free(file.text);
    free(file.line);
}

static void nothing_is_told_behind_a_stray_quote(void **state)
{
    enum { WRONG = 90000, STRAY = 110001 };
    const struct file file = file_write(WRONG, STRAY);

    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct arena arena = {0};
        struct diagnostics *rows = diagnostics_new(), *d = diagnostics_new();
        const struct csv_format format = {false, threads, &arena, &arena, NULL};
        struct table table;

        assert_false(csv_read(&table, "t.csv", (const unsigned char *)file.text, file.length,
                              &format, rows, d));
        assert_int_equal(diagnostics_errors(rows), 1);
        assert_int_equal(diagnostics_get(rows, 0)->place.line, file.line[WRONG]);
        assert_int_equal(diagnostics_errors(d), 1);
        assert_int_equal(diagnostics_get(d, 0)->place.line, file.line[STRAY]);
        assert_int_equal(table.bad_rows, 1);
        diagnostics_free(rows);
        diagnostics_free(d);
        arena_free(&arena);
    }
    free(file.text);
    free(file.line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_large_file_is_its_rows),
        cmocka_unit_test(nothing_is_told_behind_a_stray_quote),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
