#include "study/defaults.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/cells.h"
#include "study/files.h"
#include "study/selector.h"

static const char *const columns[] = {"table", "where", "column", "value"};
static const struct table_shape shape_of_defaults = {4, 4, columns, false};
static const char *const tables[] = {"assets", "threats", "scenarios", NULL};

bool defaults_read(struct reading *reading, struct defaults *defaults)
{
    const struct csv_format format = reading_format(reading);
    const struct study_input *input;
    int at[4];
    bool good = true;

    *defaults = (struct defaults){.name = -1, .where = -1, .column = -1, .value = -1};
    if (!files_have(reading, "defaults.csv"))
        return true;
    input = files_read(reading, "defaults.csv", NULL, reading->d);
    if (!input ||
        !csv_read(&defaults->table, input->name, input->bytes, input->size, &format, reading->d,
                  reading->d) ||
        !columns_check(&defaults->table, &shape_of_defaults, reading->d)) {
        defaults->table.rows = 0;
        return false;
    }
    columns_find(&defaults->table, &shape_of_defaults, at);
    defaults->name = at[0];
    defaults->where = at[1];
    defaults->column = at[2];
    defaults->value = at[3];
    for (size_t row = 0; row < defaults->table.rows; row++) {
        for (int i = 0; i < 4; i++) {
            const struct place place = table_place(&defaults->table, row, at[i]);

            if (cell_given(&defaults->table, row, at[i]))
                continue;
            diagnostics_add(reading->d, &place, "is missing");
            good = false;
        }
        if (cell_given(&defaults->table, row, at[0]) &&
            cell_choice(&defaults->table, row, at[0], tables, -1, reading->d) < 0)
            good = false;
    }
    return good;
}

// The column that a row fills, added where the table has none; NULL after a diagnostic.
static struct column *column_to_fill(struct reading *reading, const struct defaults *defaults,
                                     size_t row, struct table *table,
                                     const struct table_shape *shape)
{
    const struct place at = table_place(&defaults->table, row, defaults->column);
    int which = table_column(table, at.value);
    struct column *column;

    if (strcmp(at.value, shape->columns[0]) == 0) {
        diagnostics_add(reading->d, &at, "an id has no default");
        return NULL;
    }
    if (which < 0 && !columns_known(shape, at.value)) {
        const char *near =
            text_nearest(at.value, strlen(at.value), shape->columns, shape->count, 2);

        diagnostics_add(reading->d, &at, "%s has no such column%s%s%s", table->file,
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        return NULL;
    }
    if (which < 0) {
        struct column *wider =
            arena_alloc(&reading->scratch, table->column_count + 1, sizeof *wider);

        if (!wider) {
            reading_out_of_memory(reading);
            return NULL;
        }
        memcpy(wider, table->columns, table->column_count * sizeof *wider);
        table->columns = wider;
        column = &wider[table->column_count];
        column->name = at.value;
        column->code = arena_alloc(&reading->scratch, table->rows + 1, sizeof *column->code);
        if (!column->code || !words_start(&column->words, reading->kept, &reading->scratch)) {
            reading_out_of_memory(reading);
            return NULL;
        }
        which = (int)table->column_count++;
    }
    column = &table->columns[which];
    if (!column->default_line)
        column->default_line =
            arena_alloc(&reading->scratch, table->rows + 1, sizeof *column->default_line);
    if (!column->default_line)
        reading_out_of_memory(reading);
    return column->default_line ? column : NULL;
}

static bool default_apply(struct reading *reading, const struct defaults *defaults, size_t row,
                          const struct table *before, struct table *table,
                          const struct table_shape *shape, uint32_t *rows)
{
    const struct place at = table_place(&defaults->table, row, defaults->where);
    const char *value = table_cell(&defaults->table, row, defaults->value);
    const struct selector *selector = selector_parse(&at, &reading->scratch, reading->d);
    struct column *column;
    uint32_t code;
    size_t count;

    if (!selector || !selector_columns_check(selector, before, &at, reading->d))
        return false;
    column = column_to_fill(reading, defaults, row, table, shape);
    if (!column)
        return false;
    code = words_add(&column->words, value, strlen(value));
    if (code == WORDS_NONE || !selector_match(selector, before, reading->rules.decimal_comma,
                                              &reading->scratch, rows, &count, &at, reading->d))
        return reading_out_of_memory(reading);
    for (size_t i = 0; i < count; i++) {
        if (column->code[rows[i]] != 0 && column->default_line[rows[i]] == 0)
            continue;
        column->code[rows[i]] = code;
        column->default_line[rows[i]] = defaults->table.line[row];
    }
    return true;
}

// A copy whose cells stay as they are while defaults fill those of `table`.
static bool table_snapshot(struct reading *reading, const struct table *table,
                           struct table *snapshot)
{
    *snapshot = *table;
    snapshot->columns =
        arena_alloc(&reading->scratch, table->column_count, sizeof *snapshot->columns);
    if (!snapshot->columns)
        return reading_out_of_memory(reading);
    memcpy(snapshot->columns, table->columns, table->column_count * sizeof *table->columns);
    for (size_t i = 0; i < table->column_count; i++) {
        uint32_t *code = arena_alloc(&reading->scratch, table->rows + 1, sizeof *code);

        if (!code)
            return reading_out_of_memory(reading);
        memcpy(code, table->columns[i].code, table->rows * sizeof *code);
        snapshot->columns[i].code = code;
    }
    return true;
}

bool defaults_apply(struct reading *reading, const struct defaults *defaults, const char *name,
                    struct table *table, const struct table_shape *shape)
{
    struct table before;
    uint32_t *rows = NULL;
    bool good = true;

    for (size_t row = 0; row < defaults->table.rows; row++) {
        if (strcmp(table_cell(&defaults->table, row, defaults->name), name) != 0)
            continue;
        if (!rows) {
            rows = arena_alloc(&reading->scratch, table->rows + 1, sizeof *rows);
            if (!rows || !table_snapshot(reading, table, &before))
                return reading_out_of_memory(reading);
        }
        good = default_apply(reading, defaults, row, &before, table, shape, rows) && good;
    }
    return good;
}
