#include <string.h>

#include "study/csv.h"

int table_column(const struct table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++) {
        if (strcmp(table->columns[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

bool column_index(struct column *column, size_t rows)
{
    const size_t codes = column->words.count;
    uint32_t *first = column->first, *row;

    if (first)
        return true;
    first = arena_alloc(column->words.scratch, codes + 2, sizeof *first);
    row = arena_alloc(column->words.scratch, rows, sizeof *row);
    if (!first || !row)
        return false;
    // counted two places up, then summed to where each code's rows begin, one place up; filling
    // moves that on to where the next code's begin
    for (size_t i = 0; i < rows; i++)
        first[column->code[i] + 2]++;
    for (size_t c = 2; c < codes + 1; c++)
        first[c + 1] += first[c];
    for (size_t i = 0; i < rows; i++)
        row[first[column->code[i] + 1]++] = (uint32_t)i;
    column->first = first;
    column->row = row;
    return true;
}

const char *table_cell(const struct table *table, size_t row, int column)
{
    const struct column *c;

    if (column < 0)
        return "";
    c = &table->columns[column];
    return c->words.text[c->code[row]];
}

struct place table_place(const struct table *table, size_t row, int column)
{
    const char *name = column < 0 ? NULL : table->columns[column].name;
    const char *value = column < 0 ? NULL : table_cell(table, row, column);
    struct place at = {table->file, table->line ? table->line[row] : 0, name, value};

    if (column >= 0 && table->columns[column].default_line &&
        table->columns[column].default_line[row] > 0) {
        at.file = "defaults.csv";
        at.line = table->columns[column].default_line[row];
        return at;
    }
    for (size_t i = table->part_count; i-- > 0;) { // the first that has the cell, else the row
        const struct table_part *part = &table->parts[i];
        const uint32_t there = part->row[row];
        const int same = name && there != UINT32_MAX ? table_column(&part->table, name) : -1;

        if (there == UINT32_MAX)
            continue;
        if (column < 0 || *value == '\0' || *table_cell(&part->table, there, same) != '\0') {
            at.file = part->table.file;
            at.line = part->table.line[there];
        }
    }
    return at;
}

static bool arrange(uint32_t **values, const uint32_t *order, size_t rows, struct arena *scratch)
{
    uint32_t *moved;

    if (!*values)
        return true;
    moved = arena_alloc(scratch, rows, sizeof *moved);
    if (!moved)
        return false;
    for (size_t i = 0; i < rows; i++)
        moved[i] = (*values)[order[i]];
    *values = moved;
    return true;
}

bool table_arrange(struct table *table, const uint32_t *order, size_t rows, struct arena *scratch)
{
    bool same = rows == table->rows;

    for (size_t i = 0; i < rows && same; i++)
        same = order[i] == i;
    if (same)
        return true;
    for (size_t i = 0; i < table->column_count; i++) {
        table->columns[i].first = table->columns[i].row = NULL;
        if (!arrange(&table->columns[i].code, order, rows, scratch) ||
            !arrange(&table->columns[i].default_line, order, rows, scratch))
            return false;
    }
    for (size_t i = 0; i < table->part_count; i++) {
        struct table_part *part = (struct table_part *)&table->parts[i];

        if (!arrange(&part->row, order, rows, scratch))
            return false;
    }
    table->rows = rows;
    return arrange(&table->line, order, rows, scratch);
}
