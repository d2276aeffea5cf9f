// insurance.csv: the layers of policies.
#ifndef LOSSMILL_STUDY_INSURANCE_H
#define LOSSMILL_STUDY_INSURANCE_H

#include "study/treatments.h"

// Fills the portfolio's layers. False if memory is exhausted or there is no table to be had from
// the file.
bool insurance_read(struct treatment_reading *treatments);

#endif
