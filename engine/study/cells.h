// Cells as numbers, words and distributions, with the error that tells what was expected.
#ifndef LOSSMILL_STUDY_CELLS_H
#define LOSSMILL_STUDY_CELLS_H

#include "study/reading.h"

// What the values of a distribution cell are, and so where they must lie.
enum cell_kind {
    CELL_RATE,        // 0 or more
    CELL_PROBABILITY, // 0 to 1
    CELL_CHANCE,      // 0 to 1: the frequency of what happens at most once a year
    CELL_AMOUNT,      // money, hours, fractions of a value: 0 or more, with a finite mean
    CELL_SCORE,       // 0 to 100
    CELL_DIFFERENCE,  // what is added: of either sign, with a finite mean
};

static inline bool cell_given(const struct table *table, size_t row, int column)
{
    return column >= 0 && table->columns[column].code[row] != 0;
}

// The distribution, the same one for equal texts; NULL where the cell is missing, or after a
// diagnostic.
const struct distribution *cell_distribution(struct reading *reading, struct table *table,
                                             size_t row, int column, enum cell_kind kind,
                                             struct diagnostics *d);

// Of a cell whose distribution was read: whether whoever looked found nothing to warn of, in any
// row that has its text.
static inline bool *cell_plausible(struct table *table, size_t row, int column)
{
    return &table->columns[column].plausible[table->columns[column].code[row]];
}

// The cell is given. False after a diagnostic that says the number that was `expected`.
bool cell_number(struct reading *reading, struct table *table, size_t row, int column, double low,
                 double high, const char *expected, double *value, struct diagnostics *d);
bool cell_whole(struct reading *reading, struct table *table, size_t row, int column, uint64_t low,
                uint64_t high, uint64_t *value, struct diagnostics *d);

// The index in `words` (NULL behind the last), `missing` where the cell is, -1 after a diagnostic.
int cell_choice(const struct table *table, size_t row, int column, const char *const *words,
                int missing, struct diagnostics *d);

#endif
