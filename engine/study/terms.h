// What rows of scenarios.csv and events.csv say alike: counts, losses, a driver.
#ifndef LOSSMILL_STUDY_TERMS_H
#define LOSSMILL_STUDY_TERMS_H

#include "study/cells.h"

// One row of a table with its known columns.
struct terms {
    struct reading *reading;
    struct table *table;
    size_t row;
    const char *const *names; // of the known columns
    const int *at;            // where each stands in the table, -1 where the table lacks it
    bool columns_good;        // else what seems to be missing may stand in a misspelt column
};

// Which of the known columns hold losses: those of one form stand at FIRST + form; -1: none.
struct loss_columns {
    int primary, secondary, form_probability, secondary_probability, outage_hours;
};

bool terms_given(const struct terms *t, int which);
const char *terms_text(const struct terms *t, int which);
struct place terms_place(const struct terms *t, int which);
void terms_error(const struct terms *t, int which, const char *message);
const struct distribution *terms_distribution(const struct terms *t, int which,
                                              enum cell_kind kind);

void terms_counts(const struct terms *t, int which, enum counts *counts, double *negbinomial_k);
enum stated terms_stated(const struct terms *t, int which);

// A row of another table that the cell names, by its place in the order of ids; NO_ROW after a
// diagnostic, or where the cell is missing. `id` is the other table's column, negative where there
// is none because `file` is not there or could not be read.
uint32_t terms_reference(const struct terms *t, int which, const struct table *table, int id,
                         const char *file, const char *what);

// A cell of any form of the stage, right or wrong.
bool terms_loss_given(const struct terms *t, const struct loss_columns *columns, enum stage stage);

// Losses, their coins and outage hours.
void terms_losses(const struct terms *t, const struct loss_columns *columns,
                  struct severity *severity);

// Reports losses that take several uniforms in a way that no common factor can follow.
void terms_correlated(const struct terms *t, const struct loss_columns *columns,
                      const struct severity *severity, const char *with);

#endif
