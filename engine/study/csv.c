#include "study/csv.h"

#include <csv.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "study/csv_cut.h"
#include "study/csv_join.h"

// A stretch of a file: its header, or a piece of its rows.
struct csv_reading {
    struct table *table;
    bool windows_1252;
    const char *remedy;
    struct arena *texts, *scratch;
    struct diagnostics *rows, *d;
    uint64_t line; // on which the current row starts
    size_t cell;
    bool header, row_ended, row_bad, failed;
    char *latin; // a cell converted from windows-1252, or NULL
    size_t latin_size;
};

// What windows-1252 has between 0x80 and 0x9f (Unicode's CP1252.TXT); 0: undefined.
static const uint16_t windows_1252[32] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

// Length of the UTF-8 text in reading->latin; SIZE_MAX if a byte is undefined (at *wrong).
static size_t latin_convert(struct csv_reading *reading, const unsigned char *s, size_t length,
                            size_t *wrong)
{
    size_t out = 0;

    if (reading->latin_size < 3 * length) {
        reading->latin = arena_alloc(reading->scratch, 6, length);
        reading->latin_size = 6 * length;
        if (!reading->latin) {
            reading->latin_size = 0;
            reading->failed = true;
            return 0;
        }
    }
    for (size_t i = 0; i < length; i++) {
        unsigned c = s[i] >= 0x80 && s[i] < 0xa0 ? windows_1252[s[i] - 0x80] : s[i];

        if (c == 0 && s[i] != 0) {
            *wrong = i;
            return SIZE_MAX;
        }
        if (c >= 0x800) {
            reading->latin[out++] = (char)(0xe0 | c >> 12);
            reading->latin[out++] = (char)(0x80 | (c >> 6 & 0x3f));
            reading->latin[out++] = (char)(0x80 | (c & 0x3f));
        } else if (c >= 0x80) {
            reading->latin[out++] = (char)(0xc0 | c >> 6);
            reading->latin[out++] = (char)(0x80 | (c & 0x3f));
        } else {
            reading->latin[out++] = (char)c;
        }
    }
    return out;
}

// A cell's text in UTF-8, or false after a diagnostic at `at`.
static bool cell_decode(struct csv_reading *reading, struct diagnostics *d, const struct place *at,
                        const char **text, size_t *length)
{
    const unsigned char *s = (const unsigned char *)*text;
    const unsigned char *nul = *length > 0 ? memchr(s, 0, *length) : NULL;
    size_t wrong;

    if (nul) {
        diagnostics_add(d, at, "a NUL byte at position %zu: is the file UTF-16 or binary?",
                        (size_t)(nul - s) + 1);
        return false;
    }
    wrong = utf8_valid(*text, *length);
    if (!reading->windows_1252) {
        if (wrong == *length)
            return true;
        diagnostics_add(
            d, at, "not UTF-8: byte 0x%02X at position %zu; if the file is windows-1252, %s",
            s[wrong], wrong + 1,
            reading->remedy ? reading->remedy : "set [csv] encoding = windows-1252 in study.ini");
        return false;
    }
    for (size_t i = 0; i < *length; i++) {
        if (s[i] < 0x80)
            continue;
        *length = latin_convert(reading, s, *length, &wrong);
        if (*length == SIZE_MAX) {
            diagnostics_add(d, at, "byte 0x%02X at position %zu is no character of windows-1252",
                            s[wrong], wrong + 1);
            return false;
        }
        *text = reading->latin;
        break;
    }
    return !reading->failed;
}

static void header_cell(struct csv_reading *reading, const char *text, size_t length)
{
    struct table *table = reading->table;
    struct place at = {.file = table->file, .line = reading->line};
    struct column *column;
    char *name;

    if (table->column_count == CSV_COLUMNS_MAX) {
        if (reading->cell == CSV_COLUMNS_MAX)
            diagnostics_add(reading->d, &at, "more than %d columns", CSV_COLUMNS_MAX);
        reading->failed = true;
        return;
    }
    if (!cell_decode(reading, reading->d, &at, &text, &length)) {
        reading->failed = true;
        return;
    }
    column = &table->columns[table->column_count];
    name = arena_text(reading->texts, text, length);
    if (!name) {
        diagnostics_fail(reading->d, &at, "memory is exhausted");
        reading->failed = true;
        return;
    }
    at.column = length > 0 ? name : NULL;
    if (length == 0) {
        diagnostics_add(reading->d, &at, "column %zu has no name", reading->cell + 1);
        reading->failed = true;
    } else if (table_column(table, name) >= 0) {
        diagnostics_add(reading->d, &at, "column '%s' stands twice in the header", name);
        reading->failed = true;
    }
    column->name = name;
    table->column_count++;
}

static void on_cell(void *bytes, size_t length, void *context)
{
    struct csv_reading *reading = context;
    struct table *table = reading->table;
    const char *text = bytes ? bytes : "";
    struct column *column;
    uint32_t code;

    if (reading->header) {
        header_cell(reading, text, length);
    } else if (reading->cell < table->column_count) {
        column = &table->columns[reading->cell];
        code = words_find(&column->words, text, length);
        if (code == WORDS_NONE) {
            // the value is shown up to a NUL byte
            const struct place at = {table->file, reading->line, column->name, text};

            if (!cell_decode(reading, reading->rows, &at, &text, &length)) {
                reading->row_bad = true;
                code = 0;
            } else {
                code = words_add(&column->words, text, length);
                reading->failed = reading->failed || code == WORDS_NONE;
            }
        }
        column->code[table->rows] = code;
    }
    reading->cell++;
}

static void on_row(int ending, void *context)
{
    struct csv_reading *reading = context;
    struct table *table = reading->table;
    const struct place at = {.file = table->file, .line = reading->line};

    (void)ending;
    reading->row_ended = true;
    if (!reading->header && !reading->failed) {
        if (reading->cell != table->column_count) {
            diagnostics_add(reading->rows, &at,
                            "%zu cells in a row under a header of %zu; a cell that holds the "
                            "separator must stand in double quotes",
                            reading->cell, table->column_count);
            reading->row_bad = true;
        }
        if (reading->row_bad)
            table->bad_rows++;
        else
            table->line[table->rows++] = (uint32_t)reading->line;
        reading->row_bad = false;
    }
    reading->cell = 0;
}

// Length of the physical line at `bytes` with its end: LF, CRLF or CR.
static size_t line_length(const unsigned char *bytes, size_t size)
{
    const unsigned char *lf = memchr(bytes, '\n', size);
    const size_t length = lf ? (size_t)(lf - bytes) + 1 : size;
    const unsigned char *cr = memchr(bytes, '\r', length);

    if (!cr || (lf && cr + 1 == lf))
        return length;
    return (size_t)(cr - bytes) + 1;
}

// The one of , and ; that stands more often outside quotes in the header; 0: neither, but tabs.
static unsigned char delimiter_of(const unsigned char *bytes, size_t size)
{
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;

    for (size_t i = 0; i < size && (quoted || (bytes[i] != '\n' && bytes[i] != '\r')); i++) {
        quoted = quoted != (bytes[i] == '"');
        commas += !quoted && bytes[i] == ',';
        semicolons += !quoted && bytes[i] == ';';
        tabs += !quoted && bytes[i] == '\t';
    }
    if (commas == 0 && semicolons == 0 && tabs > 0)
        return 0;
    return semicolons > commas ? ';' : ',';
}

static bool is_blank_line(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (!strchr(" \t\r\n", bytes[i]) || bytes[i] == 0)
            return false;
    }
    return true;
}

// Reads on from byte *at on *line, to the end or, of a header, until it has ended.
static bool csv_lines(struct csv_reading *reading, struct csv_parser *parser,
                      const unsigned char *bytes, size_t size, size_t *at, uint64_t *line)
{
    struct place place = {.file = reading->table->file};
    bool header_begun = false;

    reading->row_ended = true;
    for (; *at < size && !(header_begun && reading->row_ended); ++*line) {
        const size_t length = line_length(bytes + *at, size - *at);

        place.line = *line;
        if (length > CSV_LINE_MAX) {
            diagnostics_add(reading->d, &place, "a line of %zu bytes; at most %d (1 MiB) are read",
                            length, CSV_LINE_MAX);
            return false;
        }
        if (reading->row_ended)
            reading->line = *line;
        if (!reading->row_ended || !is_blank_line(bytes + *at, length)) {
            reading->row_ended = false;
            header_begun = reading->header;
            if (csv_parse(parser, bytes + *at, length, on_cell, on_row, reading) != length) {
                if (csv_error(parser) == CSV_EPARSE)
                    diagnostics_add(reading->d, &place,
                                    "a double quote inside a cell: the whole cell must stand in "
                                    "double quotes, with those inside doubled");
                else
                    diagnostics_fail(reading->d, &place, "%s", csv_strerror(csv_error(parser)));
                return false;
            }
        }
        if (reading->failed)
            return false;
        *at += length;
    }
    place.line = reading->line;
    if (csv_fini(parser, on_cell, on_row, reading) != 0 && csv_error(parser) != CSV_EPARSE) {
        diagnostics_fail(reading->d, &place, "%s", csv_strerror(csv_error(parser)));
        return false;
    }
    if (csv_error(parser) == CSV_EPARSE) {
        diagnostics_add(reading->d, &place, "a double quote is opened and never closed");
        return false;
    }
    return !reading->failed;
}

static bool stretch_read(struct csv_reading *reading, unsigned char delimiter,
                         const unsigned char *bytes, size_t size, size_t *at, uint64_t *line)
{
    struct csv_parser parser;
    bool good;

    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0)
        return false;
    csv_set_delim(&parser, delimiter);
    good = csv_lines(reading, &parser, bytes, size, at, line);
    csv_free(&parser);
    return good;
}

// Rows of a file, read by one thread.
struct stretch {
    struct csv_piece piece;
    struct table table;
    struct arena texts, scratch;
    struct diagnostics *rows, *d;
    bool good;
};

static bool columns_start(struct stretch *s, const struct table *whole)
{
    const size_t capacity = s->piece.line_ends + 2;

    s->rows = diagnostics_new();
    s->d = diagnostics_new();
    s->table = (struct table){.file = whole->file};
    s->table.columns = arena_alloc(&s->scratch, whole->column_count, sizeof *s->table.columns);
    s->table.line = arena_alloc(&s->scratch, capacity, sizeof *s->table.line);
    if (!s->rows || !s->d || !s->table.columns || !s->table.line)
        return false;
    for (; s->table.column_count < whole->column_count; s->table.column_count++) {
        struct column *column = &s->table.columns[s->table.column_count];

        column->name = whole->columns[s->table.column_count].name;
        column->code = arena_alloc(&s->scratch, capacity, sizeof *column->code);
        if (!column->code || !words_start(&column->words, &s->texts, &s->scratch))
            return false;
    }
    return true;
}

static void rows_read(struct stretch *s, const struct table *whole, const struct csv_format *format,
                      unsigned char delimiter, const unsigned char *bytes)
{
    struct csv_reading reading = {.table = &s->table,
                                  .windows_1252 = format->windows_1252,
                                  .remedy = format->remedy,
                                  .texts = &s->texts,
                                  .scratch = &s->scratch};
    size_t at = s->piece.from;
    uint64_t line = s->piece.line;

    if (!columns_start(s, whole))
        return;
    reading.rows = s->rows;
    reading.d = s->d;
    s->good = stretch_read(&reading, delimiter, bytes, s->piece.to, &at, &line);
}

// What reading all at once would have told: nothing behind the first stretch that could not be
// read.
static bool stretches_tell(const struct stretch *stretches, size_t count, struct table *table,
                           struct diagnostics *rows, struct diagnostics *d)
{
    for (size_t i = 0; i < count; i++) {
        const struct stretch *s = &stretches[i];

        if (s->rows)
            diagnostics_append(rows, s->rows);
        if (s->d)
            diagnostics_append(d, s->d);
        table->bad_rows += s->table.bad_rows;
        if (!s->good)
            return false;
    }
    return true;
}

// The rows from byte `at` on, in stretches. False if one could not be read; without a diagnostic,
// if memory is exhausted.
static bool rows_read_all(struct table *table, const struct csv_format *format,
                          unsigned char delimiter, const unsigned char *bytes, size_t size,
                          uint64_t line, struct diagnostics *rows, struct diagnostics *d)
{
    const size_t count = csv_piece_count(size);
    struct stretch *stretches = calloc(count, sizeof *stretches);
    struct csv_piece *pieces = calloc(count, sizeof *pieces);
    const struct table **parts = calloc(count, sizeof *parts);
    bool good =
        stretches && pieces && parts && csv_cut(bytes, size, line, format->threads, pieces, count);

    if (good) {
#pragma omp parallel for schedule(dynamic) num_threads(format->threads)
        for (size_t i = 0; i < count; i++) {
            stretches[i].piece = pieces[i];
            rows_read(&stretches[i], table, format, delimiter, bytes);
        }
        good = stretches_tell(stretches, count, table, rows, d);
    }
    for (size_t i = 0; good && i < count; i++) {
        arena_join(format->texts, &stretches[i].texts);
        parts[i] = &stretches[i].table;
    }
    good = good && csv_join(table, parts, count, format);
    for (size_t i = 0; stretches && i < count; i++) {
        arena_free(&stretches[i].texts);
        arena_free(&stretches[i].scratch);
        diagnostics_free(stretches[i].rows);
        diagnostics_free(stretches[i].d);
    }
    free(stretches);
    free(pieces);
    free(parts);
    return good;
}

// Columns of the header, or more; it may reach over several lines.
static size_t columns_at_most(unsigned char delimiter, const unsigned char *bytes, size_t size)
{
    size_t n = 1;

    for (size_t i = 0; i < size && n < CSV_COLUMNS_MAX; i++)
        n += bytes[i] == delimiter;
    return n;
}

bool csv_read(struct table *table, const char *file, const unsigned char *bytes, size_t size,
              const struct csv_format *format, struct diagnostics *rows, struct diagnostics *d)
{
    struct csv_reading header = {.table = table,
                                 .windows_1252 = format->windows_1252,
                                 .remedy = format->remedy,
                                 .texts = format->texts,
                                 .scratch = format->scratch,
                                 .d = d,
                                 .header = true};
    const struct place at = {.file = file, .line = 1};
    const uint64_t errors = diagnostics_errors(d);
    unsigned char delimiter;
    uint64_t line = 1;
    size_t used = 0;
    bool good;

    *table = (struct table){.file = file};
    if (size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        bytes += 3, size -= 3;
    if (size >= 2 &&
        ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff))) {
        diagnostics_add(d, &at, "the file is UTF-16; save it as CSV UTF-8");
        return false;
    }
    if (is_blank_line(bytes, size)) {
        diagnostics_add(d, &at, "the file is empty: a header row was expected");
        return false;
    }
    delimiter = delimiter_of(bytes, size);
    if (delimiter == 0) {
        diagnostics_add(d, &at, "cells are separated by tabs; save the file with , or ;");
        return false;
    }
    table->columns = arena_alloc(format->scratch, columns_at_most(delimiter, bytes, size),
                                 sizeof *table->columns);
    good = table->columns && stretch_read(&header, delimiter, bytes, size, &used, &line) &&
           rows_read_all(table, format, delimiter, bytes + used, size - used, line, rows, d);
    if (!good && diagnostics_errors(d) == errors)
        diagnostics_fail(d, &at, "memory is exhausted");
    return good;
}
