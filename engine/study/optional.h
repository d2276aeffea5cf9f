// Tables that a study may lack, and whose unknown columns are errors.
#ifndef LOSSMILL_STUDY_OPTIONAL_H
#define LOSSMILL_STUDY_OPTIONAL_H

#include "study/columns.h"

// Reads a table in the order of its rows; none are there where the folder has no such file. False
// after an error that leaves no table.
bool optional_read(struct reading *reading, const char *file, const struct table_shape *shape,
                   struct table *table);

// The same in the order of its ids, which stand in the first column of the shape: `id` is that
// column, -1 where there is no such file, and hash[row] is what ids_hash makes of it.
bool optional_read_ids(struct reading *reading, const char *file, const struct table_shape *shape,
                       struct table *table, int *id, uint64_t **hash);

#endif
