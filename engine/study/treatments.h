// treatments.csv and controls.csv: what can be done about risk; and the tables that speak of it.
#ifndef LOSSMILL_STUDY_TREATMENTS_H
#define LOSSMILL_STUDY_TREATMENTS_H

#include "study/choices.h"

// What the readers of these tables share.
struct treatment_reading {
    struct reading *reading;
    struct choices scenarios, events, assets;
    // No error in the tables of the scenarios: what these tables say of them can be held against
    // what they are. Else a wrong cell there may be what makes a right one here look wrong.
    bool certain;
    // Per treatment: whether a row of the other tables names it.
    bool *has_effects, *has_layers;
};

// The treatment that the cell names, NULL where it is missing and after a diagnostic.
const struct treatment *treatment_named(const struct terms *t, int which);

// A number of the row in [low, high]; *value stays as it is where the cell is missing or wrong.
void treatment_number(const struct terms *t, int which, double low, double high,
                      const char *expected, double *value);

// Reports a cell that is missing. False if it is.
bool treatment_cell_required(const struct terms *t, int which, const char *missing);

// Fills the portfolio's treatments from all their tables; scenarios and groups are read. Every
// error goes to reading->d.
void treatments_read(struct reading *reading);

#endif
