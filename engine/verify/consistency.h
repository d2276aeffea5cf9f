// Whether the figures of a run's file follow from one another, without any study: what the engine
// computes from the annual losses is computed from them anew, by the same functions, and compared
// bit by bit; parts add up to the whole.
#ifndef LOSSMILL_VERIFY_CONSISTENCY_H
#define LOSSMILL_VERIFY_CONSISTENCY_H

#include "verify/run_file.h"

// What should stand in the file, as far as that follows from the rest of it; all else is as it
// stands there.
struct expected {
    struct arena arena;
    struct outcome outcome;
    struct treatment_outcome treated;
    struct schema_view view; // of these
    const int64_t *gross;    // [years]: the annual losses that all but insurance is about
};

// All of it. The file must have been read as a run.
void consistency_check(struct run_file *run, struct findings *f);

// Its parts: units.c, years.c, figures.c, parts.c, treated.c.
void units_check(struct findings *f, const struct expected *e);
void years_check(struct run_file *run, struct findings *f, struct expected *e);
void figures_check(struct run_file *run, struct findings *f, struct expected *e);
void parts_check(struct run_file *run, struct findings *f, struct expected *e);
void treated_check(struct run_file *run, struct findings *f, struct expected *e);

// Compares the columns of `table` of which `names` lists some (NULL at its end; NULL: all but the
// annual losses of groups, shared events and treatments) with the expected ones. How many there
// were.
size_t columns_hold(struct run_file *run, struct findings *f, struct check *check,
                    const struct expected *e, const char *table, const char *const *names);

// Memory of the arena; notes where there is none.
void *expected_room(struct findings *f, struct expected *e, size_t count, size_t size);

// Money of a row as units; false, after a finding, where a cell is not an amount as the engine
// writes it. `row` and `column` name the cells.
bool units_read(struct findings *f, struct check *check, const struct run_file *run,
                const char *path, const struct schema_column *column, size_t grouping, uint64_t row,
                const double *money, int64_t *units);

const struct schema_column *column_named(const char *table, const char *name);

#endif
