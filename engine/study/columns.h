// Which columns a table has, and what a person may have meant by the others.
#ifndef LOSSMILL_STUDY_COLUMNS_H
#define LOSSMILL_STUDY_COLUMNS_H

#include "study/reading.h"

enum { TABLE_COLUMNS_MAX = 48 };

struct table_shape {
    size_t count, required; // the first `required` columns must be there
    const char *const *columns;
    bool tags; // other columns are kept as tags, else an error
};

// Reports missing required columns, near misses of known ones and, without `tags`, unknown ones;
// table->columns_good if there are none. False if a required column is missing.
bool columns_check(struct table *table, const struct table_shape *shape, struct diagnostics *d);

// True if the table has the column, or one that was probably meant to be it.
bool columns_have(const struct table *table, const struct table_shape *shape, const char *wanted);

// at[i]: the index of shape->columns[i], -1 where the table has none.
void columns_find(const struct table *table, const struct table_shape *shape, int *at);

bool columns_known(const struct table_shape *shape, const char *name);

// Adds the tags to study->facts, as "FILE: column". False if memory is exhausted.
bool columns_note_tags(struct reading *reading, const struct table *table,
                       const struct table_shape *shape);

#endif
