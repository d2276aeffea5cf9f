#include "study/merge.h"

#include <string.h>

// Row of the merged table for every row of every part, new ids in order of appearance.
static bool rows_assign(struct reading *reading, struct table *merged, struct table_part *parts,
                        const uint32_t *const *row_of, size_t count)
{
    for (size_t p = 0; p < count; p++) {
        parts[p].row = arena_alloc(&reading->scratch, merged->rows + 1, sizeof *parts[p].row);
        if (!parts[p].row)
            return reading_out_of_memory(reading);
        memset(parts[p].row, 0xff, merged->rows * sizeof *parts[p].row);
        for (size_t row = 0; row < parts[p].table.rows; row++) {
            if (row_of[p][row] != UINT32_MAX)
                parts[p].row[row_of[p][row]] = (uint32_t)row;
        }
    }
    return true;
}

// Fills row_of[part][row] and merged->rows.
static bool ids_number(struct reading *reading, struct table *merged, struct table *parts,
                       unsigned char *const *bad, size_t count, const char *id, uint32_t **row_of)
{
    struct words ids;

    if (!words_start(&ids, reading->kept, &reading->scratch))
        return reading_out_of_memory(reading);
    for (size_t p = 0; p < count; p++) {
        const int column = table_column(&parts[p], id);
        const size_t before = ids.count;
        size_t fills = 0, first_new = SIZE_MAX;

        row_of[p] = arena_alloc(&reading->scratch, parts[p].rows + 1, sizeof **row_of);
        if (!row_of[p])
            return reading_out_of_memory(reading);
        for (size_t row = 0; row < parts[p].rows; row++) {
            const char *text = table_cell(&parts[p], row, column);
            uint32_t code;

            row_of[p][row] = UINT32_MAX;
            if (bad[p][row])
                continue;
            code = words_add(&ids, text, strlen(text));
            if (code == WORDS_NONE)
                return reading_out_of_memory(reading);
            row_of[p][row] = code - 1;
            fills += code < before;
            if (code >= before && first_new == SIZE_MAX)
                first_new = row;
        }
        if (fills > 0 && ids.count > before) {
            const struct place at = table_place(&parts[p], first_new, column);

            diagnostics_warn(reading->d, &at,
                             "ids that stand in this file but not in those that it adds to: %zu; "
                             "they count as assets",
                             ids.count - before);
        }
    }
    merged->rows = ids.count - 1;
    return true;
}

static bool column_fill(struct reading *reading, struct column *to, const struct table *merged,
                        const struct table_part *part, const struct column *from)
{
    uint32_t *code = arena_alloc(&reading->scratch, from->words.count, sizeof *code);

    if (!code)
        return reading_out_of_memory(reading);
    for (size_t c = 1; c < from->words.count; c++) {
        code[c] = words_add(&to->words, from->words.text[c], from->words.length[c]);
        if (code[c] == WORDS_NONE)
            return reading_out_of_memory(reading);
    }
    for (size_t row = 0; row < merged->rows; row++) {
        const uint32_t there = part->row[row];
        const uint32_t value = there == UINT32_MAX ? 0 : code[from->code[there]];

        if (value == 0 || to->code[row] == value)
            continue;
        if (to->code[row] == 0) {
            to->code[row] = value;
        } else {
            const int which = table_column(&part->table, from->name);
            const struct place at = table_place(&part->table, there, which);
            const struct place first = table_place(merged, row, (int)(to - merged->columns));

            diagnostics_add(reading->d, &at, "%s, line %llu, says '%s'", first.file,
                            (unsigned long long)first.line, first.value);
        }
    }
    return true;
}

static struct column *column_of(struct reading *reading, struct table *merged, const char *name)
{
    const int known = table_column(merged, name);
    struct column *column;

    if (known >= 0)
        return &merged->columns[known];
    column = &merged->columns[merged->column_count];
    column->name = name;
    column->code = arena_alloc(&reading->scratch, merged->rows + 1, sizeof *column->code);
    if (!column->code || !words_start(&column->words, reading->kept, &reading->scratch)) {
        reading_out_of_memory(reading);
        return NULL;
    }
    merged->column_count++;
    return column;
}

bool merge_tables(struct reading *reading, struct table *merged, struct table *parts,
                  unsigned char *const *bad, size_t count, const char *id)
{
    struct table_part *held = arena_alloc(&reading->scratch, count, sizeof *held);
    uint32_t **row_of = arena_alloc(&reading->scratch, count, sizeof *row_of);
    size_t columns = 0;

    if (!held || !row_of)
        return reading_out_of_memory(reading);
    *merged = (struct table){.file = parts[0].file, .part_count = count, .parts = held};
    for (size_t p = 0; p < count; p++) {
        held[p].table = parts[p];
        columns += parts[p].column_count;
    }
    merged->columns = arena_alloc(&reading->scratch, columns, sizeof *merged->columns);
    if (!merged->columns || !ids_number(reading, merged, parts, bad, count, id, row_of) ||
        !rows_assign(reading, merged, held, (const uint32_t *const *)row_of, count))
        return reading_out_of_memory(reading);
    for (size_t p = 0; p < count; p++) {
        for (size_t i = 0; i < parts[p].column_count; i++) {
            struct column *to = column_of(reading, merged, parts[p].columns[i].name);

            if (!to || !column_fill(reading, to, merged, &held[p], &parts[p].columns[i]))
                return false;
        }
    }
    return true;
}
