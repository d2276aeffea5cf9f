// The parts of the table of all datasets (schema.h), in the order of the file, and the words that
// their rows are written in.
#ifndef LOSSMILL_RESULTS_SCHEMA_PARTS_H
#define LOSSMILL_RESULTS_SCHEMA_PARTS_H

#include "results/schema.h"

struct schema_part {
    const struct schema_column *columns;
    size_t count;
};

extern const struct schema_part schema_outcome, schema_treatment;

#define REAL  SCHEMA_REAL
#define MONEY SCHEMA_MONEY
#define TEXT  SCHEMA_TEXT
#define LABEL SCHEMA_LABEL
#define CUR   UNIT_CURRENCY
#define NO    UNIT_NONE

#endif
