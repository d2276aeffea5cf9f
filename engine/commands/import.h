// `lossmill import`: an export of another tool becomes a table of a study.
//
// What the tools call their columns and values is data: datasets/catalogues/register-*.csv, built
// into the program and read by import_catalogue.c. import_columns.c says which columns of the
// export fill which columns of the table, import_cells.c what each distinct value becomes,
// import_rows.c goes through the rows. import.c is the command.
#ifndef LOSSMILL_COMMANDS_IMPORT_H
#define LOSSMILL_COMMANDS_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/diagnostics.h"

struct table; // of study/csv.h

// Rows of register-tools.csv, register-columns.csv and register-values.csv.
struct import_tool {
    const char *id, *name;
    const char *lists; // what separates the items of a list in a cell: comma, newline, bar
    const char *missing;
    const char *evidence, *source;
};
struct import_column {
    const char *tool, *table;
    const char *source; // names separated by |, the first one that the export has counts
    const char *target, *as;
};
struct import_value {
    const char *tool, *choice;
    const char *value;   // * at its end: whatever follows
    const char *becomes; // "" missing, * as it stands, left_out: the row is
};

struct import_catalogue {
    size_t tool_count, column_count, value_count;
    const struct import_tool *tools;
    const struct import_column *columns;
    const struct import_value *values;
};

// A table of a study that can be imported.
struct import_target {
    const char *name;
    const char *id; // column; NULL: rows have none
    bool tags;      // further columns may be there
};
enum { IMPORT_TARGETS = 5 };
extern const struct import_target import_targets[IMPORT_TARGETS];

// A column of the export on its way to one of the table.
struct import_feed {
    const struct import_column *map;
    int column;        // of the export
    const char *as;    // what `map->as` begins with: "text", "band"
    const char *scale; // and goes on with: "likelihood"; or ""
    // Per code of the column's words: what the cell becomes; import_left_out: the row goes.
    const char **text;
};
extern const char import_left_out[];

struct import_output {
    const char *name;
    size_t feed_count; // the first one with a text fills the cell
    struct import_feed *feeds;
    uint64_t filled; // cells
};

struct import {
    // asked for
    const struct import_target *target;
    const char *export_file;
    bool decimal_comma, windows_1252;
    uint64_t skip; // bad rows that may be left out
    int threads;

    struct import_catalogue catalogue;
    struct table *export, *bands; // bands: NULL where no file was given
    size_t own_count;             // mappings of the user's own file
    const struct import_column *own;
    const struct import_tool *tool;
    const char *detected; // why it was taken for that; NULL: it was named

    size_t output_count;
    struct import_output *outputs;
    uint64_t rows, left_out; // written, and not
    uint32_t *kept;          // rows of the export that are written

    struct arena arena;
    struct diagnostics *d;
};

// Zeroed; never NULL: without memory the command ends.
void *import_memory(struct import *import, size_t count, size_t size);
const char *import_text(struct import *import, const char *text, size_t length);
const char *import_format(struct import *import, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Every function below reports to import->d; false: nothing can be gone on with.

bool import_catalogue_read(struct import *import);
const struct import_tool *import_tool_find(const struct import *import, const char *id);

// The table of a file, which must have exactly the `count` columns named, in any order, where
// `columns` is not NULL.
struct table *import_file_read(struct import *import, const char *path, const char *const *columns,
                               size_t count);

// Names of columns are alike without case, blanks, hyphens and underscores.
bool import_alike(const char *a, size_t a_length, const char *b);

// The export's column that a mapping takes, -1 if there is none.
int import_source(const struct import *import, const struct import_column *map);

const char *import_header(const struct import *import, int column); // the export's name for it

// No two of the export's columns are alike: which one is meant could not be known.
bool import_header_check(struct import *import);

// Whose export it is, by its columns.
bool import_detect(struct import *import);

// The user's own mapping of columns (source,target).
bool import_own_read(struct import *import, const char *path);

// The user's own figures for the levels of ordinal scales (scale,level,distribution).
bool import_bands_read(struct import *import, const char *path);
// Reports bands of scales that this import does not have.
void import_bands_check(struct import *import);
// The figure for a level, NULL if there is none.
const char *import_band(const struct import *import, const char *scale, const char *level);

// Which column goes where; reports what goes nowhere.
bool import_plan(struct import *import);

// What every distinct cell becomes.
void import_cells(struct import *import);

// Of a distribution that several columns make together.
bool import_is_part(const char *as);

// Bad rows are errors, unless there are no more (`count`) than may be left out.
void import_bad_tell(struct import *import, const struct diagnostics *bad, uint64_t count);

// Which rows are written.
bool import_rows(struct import *import);
void import_write(struct import *import, FILE *out);

#endif
