// defaults.csv (table, where, column, value): fills cells that are empty.
#ifndef LOSSMILL_STUDY_DEFAULTS_H
#define LOSSMILL_STUDY_DEFAULTS_H

#include "study/columns.h"

struct defaults {
    struct table table; // no rows where there is no file
    int name, where, column, value;
};

// Reads defaults.csv if the folder has one. False after a diagnostic.
bool defaults_read(struct reading *reading, struct defaults *defaults);

// Fills the empty cells of a table, called `name` in the file ("assets"). The conditions see the
// cells as they were before; the last row that matches wins.
bool defaults_apply(struct reading *reading, const struct defaults *defaults, const char *name,
                    struct table *table, const struct table_shape *shape);

#endif
