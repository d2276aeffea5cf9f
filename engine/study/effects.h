// effects.csv: what treatments change.
#ifndef LOSSMILL_STUDY_EFFECTS_H
#define LOSSMILL_STUDY_EFFECTS_H

#include "study/treatments.h"

// Fills the portfolio's effects and overlaps. False if memory is exhausted or there is no table to
// be had from the file.
bool effects_read(struct treatment_reading *treatments);

#endif
