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

// Reports a frequency that is missing, as the `missing` thing that it is.
const struct distribution *terms_frequency(const struct terms *t, int which, enum counts counts,
                                           const char *missing);

// A correlation; *loading stays as it is where the cell is missing.
void terms_loading(const struct terms *t, int which, double *loading);

void terms_counts(const struct terms *t, int which, enum counts *counts, double *negbinomial_k);
enum stated terms_stated(const struct terms *t, int which);

// A row of another table that the cell names, by its place in the order of ids; NO_ROW where the
// cell is missing, and after a diagnostic: about it, or about a row left out of the other table,
// which it may have named. `id` is the other table's column, negative where there is none because
// `file` is not there or could not be read.
uint32_t terms_reference(const struct terms *t, int which, const struct table *table, int id,
                         const char *file, const char *what);

// A cell of any form of the stage, right or wrong.
bool terms_loss_given(const struct terms *t, const struct loss_columns *columns, enum stage stage);

// Losses, their coins and outage hours.
void terms_losses(const struct terms *t, const struct loss_columns *columns,
                  struct severity *severity);

// The driver that the cell names, as terms_reference. Reports one that can move nothing: no rate of
// the row's own, and no loss; and warns of one that moves losses where none varies.
uint32_t terms_driver(const struct terms *t, int which, const struct loss_columns *columns,
                      const struct severity *severity, bool own_rate);

// Reports losses that take several uniforms in a way that no common factor can follow.
void terms_correlated(const struct terms *t, const struct loss_columns *columns,
                      const struct severity *severity, const char *with);

#endif
