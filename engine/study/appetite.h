// appetite.csv: how much may be lost how often.
#ifndef LOSSMILL_STUDY_APPETITE_H
#define LOSSMILL_STUDY_APPETITE_H

#include "study/treatments.h"

// Fills the portfolio's appetite; groups are read. False if memory is exhausted or there is no
// table to be had from the file.
bool appetite_read(struct treatment_reading *treatments);

#endif
