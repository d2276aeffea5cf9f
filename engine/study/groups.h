// [groups] by: divisions of the portfolio by columns, also crossed ones.
#ifndef LOSSMILL_STUDY_GROUPS_H
#define LOSSMILL_STUDY_GROUPS_H

#include "study/reading.h"

// Fills the portfolio's groupings from reading->rules; all tables are read. Diagnostics for columns
// that no table has, or that several have.
void groups_read(struct reading *reading);

// Fills study->facts with the assets that no scenario reaches, together and by the first grouping
// that is one column of the assets.
void groups_find_unreached(struct reading *reading);

#endif
