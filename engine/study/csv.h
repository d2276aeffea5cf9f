// CSV files as columns. The only file that knows libcsv is csv.c.
#ifndef LOSSMILL_STUDY_CSV_H
#define LOSSMILL_STUDY_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diagnostics.h"
#include "study/words.h"

enum { CSV_COLUMNS_MAX = 4096, CSV_LINE_MAX = 1 << 20 };

struct column {
    const char *name;
    struct words words;
    uint32_t *code;         // per row
    uint32_t *default_line; // per row: line of defaults.csv that filled the cell, else 0; or NULL
    uint32_t *first, *row;  // see column_index
    const struct distribution **distribution; // per code, once asked for; see cells.h
    uint8_t *good_as;                         // per code: 1 + enum cell_kind, 0: of no kind yet
    bool *plausible;                          // per code; see cell_plausible
};

struct table_part; // of a table merged from several files

struct table {
    const char *file;
    size_t rows, column_count;
    struct column *columns;
    uint32_t *line;    // per row: physical line on which it starts
    size_t bad_rows;   // rows left out because of an error
    bool columns_good; // else what seems to be missing may stand in a misspelt column
    size_t part_count;
    const struct table_part *parts; // none unless merged
};

struct table_part {
    struct table table;
    uint32_t *row; // row of the merged table -> row of `table`, UINT32_MAX where it has none
};

struct csv_format {
    bool windows_1252; // else UTF-8
    int threads;
    struct arena *texts, *scratch;
    const char *remedy; // what reads windows-1252; NULL: the setting in study.ini
};

// Reads the bytes of `file`: header, then rows; the same for any number of threads. What is wrong
// with single rows goes to `rows`, and they are left out; what is wrong with the file goes to `d`,
// and false is returned.
bool csv_read(struct table *table, const char *file, const unsigned char *bytes, size_t size,
              const struct csv_format *format, struct diagnostics *rows, struct diagnostics *d);

// Index of a column, -1 if there is none.
int table_column(const struct table *table, const char *name);

// Makes the rows of code c known: column->row[column->first[c]] and on, before first[c + 1],
// ascending. Cells that change from then on make it wrong. False if memory is exhausted.
bool column_index(struct column *column, size_t rows);

// The text of a cell, "" where it is missing or column is -1.
const char *table_cell(const struct table *table, size_t row, int column);

// Where a cell was written; `column` -1: the row.
struct place table_place(const struct table *table, size_t row, int column);

// Row i becomes the former row order[i]; rows that `order` leaves out are gone. False: no memory.
bool table_arrange(struct table *table, const uint32_t *order, size_t rows, struct arena *scratch);

#endif
