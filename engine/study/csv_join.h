// One table from pieces of a file that were read apart.
#ifndef LOSSMILL_STUDY_CSV_JOIN_H
#define LOSSMILL_STUDY_CSV_JOIN_H

#include "study/csv.h"

// Fills the columns, rows and lines of `table`, whose columns have names, from parts with the same
// columns: one row after the other, with the codes that reading all at once would have given. The
// parts' texts stay in use and live in the format's arena by now. False if memory is exhausted.
bool csv_join(struct table *table, const struct table *const *parts, size_t count,
              const struct csv_format *format);

#endif
