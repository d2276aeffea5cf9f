#include "study/csv_join.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// Room for all texts and rows of a column. Arenas belong to one thread.
static bool column_start(struct column *column, size_t which, const struct table *const *parts,
                         size_t count, size_t rows, const struct csv_format *format)
{
    size_t texts = 0;

    for (size_t p = 0; p < count; p++)
        texts += parts[p]->columns[which].words.count;
    column->code = arena_alloc(format->scratch, rows + 1, sizeof *column->code);
    return column->code && words_start(&column->words, format->texts, format->scratch) &&
           words_reserve(&column->words, texts);
}

// False if memory is exhausted.
static bool column_fill(struct column *column, size_t which, const struct table *const *parts,
                        size_t count)
{
    uint32_t *to = column->code;

    for (size_t p = 0; p < count; p++) {
        const struct column *from = &parts[p]->columns[which];
        uint32_t *code = malloc(from->words.count * sizeof *code); // of the part's codes

        if (!code)
            return false;
        for (size_t c = 0; c < from->words.count; c++)
            code[c] = words_adopt(&column->words, from->words.text[c], from->words.length[c]);
        for (size_t row = 0; row < parts[p]->rows; row++)
            *to++ = code[from->code[row]];
        free(code);
    }
    return true;
}

bool csv_join(struct table *table, const struct table *const *parts, size_t count,
              const struct csv_format *format)
{
    atomic_bool good = true;

    table->rows = 0;
    for (size_t p = 0; p < count; p++)
        table->rows += parts[p]->rows;
    table->line = arena_alloc(format->scratch, table->rows + 1, sizeof *table->line);
    if (!table->line)
        return false;
    for (size_t p = 0, row = 0; p < count; row += parts[p++]->rows)
        memcpy(table->line + row, parts[p]->line, parts[p]->rows * sizeof *table->line);
    for (size_t i = 0; i < table->column_count; i++)
        if (!column_start(&table->columns[i], i, parts, count, table->rows, format))
            return false;
#pragma omp parallel for schedule(dynamic) num_threads(format->threads)
    for (size_t i = 0; i < table->column_count; i++)
        if (!column_fill(&table->columns[i], i, parts, count))
            good = false;
    return good;
}
