// One table from several files that share an id column.
#ifndef LOSSMILL_STUDY_MERGE_H
#define LOSSMILL_STUDY_MERGE_H

#include "study/reading.h"

// Joins the parts by id: a row for every id, a column for every name, each cell from the first part
// that gives it. Two different cells for one are an error naming both places. bad[part] marks the
// rows to leave out. The ids of a part that otherwise fills rows of earlier parts, but are new, are
// counted in a warning: they may be left over from an older export.
bool merge_tables(struct reading *reading, struct table *merged, struct table *parts,
                  unsigned char *const *bad, size_t count, const char *id);

#endif
