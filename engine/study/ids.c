#include "study/ids.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/keyed.h"
#include "base/text.h"
#include "base/utf8.h"

static bool is_printable(const char *text)
{
    uint32_t code;

    while (*text) {
        text += utf8_decode(text, 4, &code);
        if (code == UTF8_INVALID || utf8_is_control(code))
            return false;
    }
    return true;
}

static bool id_check(const struct table *table, size_t row, int column, uint32_t *first,
                     struct diagnostics *d)
{
    const struct column *ids = &table->columns[column];
    const uint32_t code = ids->code[row];
    const struct place at = table_place(table, row, column);

    if (code == 0) {
        diagnostics_add(d, &at, "the id is missing");
    } else if (ids->words.length[code] > ID_MAX) {
        diagnostics_add(d, &at, "an id has at most %d bytes, found %u", ID_MAX,
                        ids->words.length[code]);
    } else if (!is_printable(at.value)) {
        diagnostics_add(d, &at, "the id has a control character");
    } else if (strchr(at.value, '|')) {
        diagnostics_add(d, &at, "an id must not have a '|', which separates the ids of a list");
    } else if (first[code] > 0) {
        diagnostics_add(d, &at, "the id stands already on line %u", table->line[first[code] - 1]);
    } else {
        first[code] = (uint32_t)row + 1;
        return true;
    }
    return false;
}

bool ids_check(struct reading *reading, const struct table *table, int column, unsigned char *bad,
               struct diagnostics *d)
{
    // per code: 1 + the first row that has it
    uint32_t *first =
        arena_alloc(&reading->scratch, table->columns[column].words.count, sizeof *first);

    if (!first)
        return reading_out_of_memory(reading);
    for (size_t row = 0; row < table->rows; row++) {
        if (!id_check(table, row, column, first, d))
            bad[row] = 1;
    }
    return true;
}

static uint64_t prefix_of(const char *id)
{
    uint64_t prefix = 0;

    for (size_t i = 0; i < 8; i++)
        prefix = prefix << 8 | (*id ? (unsigned char)*id++ : 0);
    return prefix;
}

// Of one column of a table.
struct sorting {
    const struct table *table;
    int column;
    struct keyed *rows, *spare;
};

static const char *id_of(const struct sorting *s, size_t i)
{
    return table_cell(s->table, s->rows[i].row, s->column);
}

// Sorts rows first to end - 1, whose ids are alike in the first `depth` bytes, eight bytes at a
// time. No two ids are alike.
static void sort_from(struct sorting *s, size_t first, size_t end, size_t depth)
{
    if (end - first < 2)
        return;
    for (size_t i = first; i < end; i++)
        s->rows[i].key = prefix_of(id_of(s, i) + depth);
    keyed_sort(s->rows + first, s->spare + first, end - first);
    for (size_t next; first < end; first = next) {
        for (next = first + 1; next < end && s->rows[next].key == s->rows[first].key; next++)
            ;
        sort_from(s, first, next, depth + 8);
    }
}

static bool in_order(const struct sorting *s, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (strcmp(id_of(s, i - 1), id_of(s, i)) > 0)
            return false;
    return true;
}

bool ids_sort(struct reading *reading, struct table *table, int column, const unsigned char *bad)
{
    struct keyed *rows = calloc(table->rows + 1, sizeof *rows);
    struct keyed *spare = calloc(table->rows + 1, sizeof *spare);
    uint32_t *order = arena_alloc(&reading->scratch, table->rows + 1, sizeof *order);
    struct sorting s = {table, column, rows, spare};
    size_t count = 0;
    bool good = rows && spare && order;

    for (size_t row = 0; good && row < table->rows; row++)
        if (!bad[row])
            rows[count++].row = (uint32_t)row;
    if (good && !in_order(&s, count))
        sort_from(&s, 0, count, 0);
    for (size_t i = 0; good && i < count; i++)
        order[i] = rows[i].row;
    good = good && table_arrange(table, order, count, &reading->scratch);
    free(rows);
    free(spare);
    return good || reading_out_of_memory(reading);
}

uint64_t ids_hash_of(const char *id)
{
    return XXH3_64bits(id, strlen(id));
}

bool ids_hash(struct reading *reading, const struct table *table, int column, uint64_t *hash)
{
    struct keyed *rows = calloc(table->rows + 1, sizeof *rows);
    struct keyed *spare = calloc(table->rows + 1, sizeof *spare);
    const bool room = rows && spare;
    bool good = true;

    for (size_t row = 0; room && row < table->rows; row++) {
        hash[row] = ids_hash_of(table_cell(table, row, column));
        rows[row] = (struct keyed){hash[row], (uint32_t)row};
    }
    if (room)
        keyed_sort(rows, spare, table->rows);
    for (size_t i = 1; room && i < table->rows; i++) {
        struct place at;

        if (rows[i].key != rows[i - 1].key)
            continue;
        at = table_place(table, rows[i].row, column);
        diagnostics_add(reading->d, &at,
                        "the 64-bit hash of the id equals that of '%s': rename one of them",
                        table_cell(table, rows[i - 1].row, column));
        good = false;
    }
    free(rows);
    free(spare);
    return room ? good : reading_out_of_memory(reading);
}

size_t ids_row(const struct table *table, int column, const char *id)
{
    size_t low = 0, high = table->rows;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(table_cell(table, middle, column), id);

        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

// An id that differs only by what spreadsheets do to ids: leading zeros gone, E notation.
static const char *damaged(const struct table *table, int column, const char *id)
{
    const char *bare = id + strspn(id, "0");
    double number;
    const bool is_number =
        text_number(id, strlen(id), false, &number) || text_number(id, strlen(id), true, &number);

    for (size_t row = 0; row < table->rows; row++) {
        const char *other = table_cell(table, row, column);
        double value;

        if (strcmp(other + strspn(other, "0"), bare) == 0)
            return other;
        // 1.23457E+11 has kept six digits of 123456789012, and 12000 was 12E3
        if (is_number && text_number(other, strlen(other), false, &value) &&
            (strpbrk(id, "eE") || strpbrk(other, "eE")) &&
            fabs(value - number) <= 5e-3 * fabs(number))
            return other;
    }
    return NULL;
}

void ids_unknown(struct reading *reading, const struct table *table, int column, const char *what,
                 const struct place *at)
{
    const bool kept = diagnostics_keeps(reading->d, DIAGNOSTIC_ERROR);
    const char *near = kept ? damaged(table, column, at->value) : NULL;

    if (near) {
        diagnostics_add(reading->d, at,
                        "no such %s; did you mean '%s', and was the cell damaged "
                        "by a spreadsheet?",
                        what, near);
        return;
    }
    for (size_t row = 0; kept && row < table->rows; row++) {
        const char *id = table_cell(table, row, column);
        const char *candidate = text_nearest(at->value, strlen(at->value), &id, 1, near ? 1 : 2);

        near = candidate ? candidate : near;
    }
    diagnostics_add(reading->d, at, "no such %s%s%s%s", what, near ? "; did you mean '" : "",
                    near ? near : "", near ? "'?" : "");
}
