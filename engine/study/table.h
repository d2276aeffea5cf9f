// A CSV table as columns of text.
#ifndef LOSSMILL_STUDY_TABLE_H
#define LOSSMILL_STUDY_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/diagnostics.h"

struct table_column {
    const char *name;         // as the header says, blanks around it removed
    const char *const *cells; // [row]; blanks around removed; "" is missing
};

struct table {
    const char *file; // as the user names it, such as "assets.csv"
    size_t row_count, column_count;
    const struct table_column *columns;
    const uint64_t *lines; // [row]: physical line on which the row starts; header is line 1
};

// NULL if there is none of that name (byte for byte).
const struct table_column *table_find(const struct table *table, const char *name);

static inline struct place table_place(const struct table *table, const struct table_column *column,
                                       size_t row)
{
    return (struct place){table->file, table->lines[row], column ? column->name : NULL,
                          column ? column->cells[row] : NULL};
}

#endif
