// Arrays of a run's file, compared bit by bit with what should stand there.
#ifndef LOSSMILL_VERIFY_ARRAYS_H
#define LOSSMILL_VERIFY_ARRAYS_H

#include "verify/run_file.h"

// The cells of `column` in `run`, against those of `expected`; its grouping says which group's.
// `blocks` (a byte for every block) tells which years of an array by year are looked at; NULL: all.
void array_check(struct run_file *run, struct findings *f, struct check *check,
                 const struct schema_column *column, const struct schema_view *expected,
                 const uint8_t *blocks);

// The dataset at `path` in both files: type, extents and cells.
void array_compare(struct run_file *found, struct run_file *expected, struct findings *f,
                   struct check *check, const char *path);

// Where a cell stands: "year 17", "scenario_id S05, quantile 0.99". Of a dataset that the schema
// does not know (`column` NULL): "cell 17", "cell 3, 17".
const char *array_where(struct findings *f, const struct schema_view *view,
                        const struct schema_column *column, size_t rank, uint64_t i, uint64_t j);

// Numbers of the dataset at `path`: float64 of `rows` x `across` (1: of rank 1). A row at a time is
// handed to `take` until that returns false. False too after a finding.
bool array_rows(struct run_file *run, struct findings *f, struct check *check, const char *path,
                uint64_t rows, uint64_t across,
                bool (*take)(void *context, uint64_t row, const double *cells), void *context);

#endif
