// decisions.csv: who decided what about which risk, and when it is to be looked at again.
#ifndef LOSSMILL_STUDY_DECISIONS_H
#define LOSSMILL_STUDY_DECISIONS_H

#include "study/treatments.h"

// Fills the portfolio's decisions; scenarios and treatments are read. False if memory is exhausted,
// or after an error that leaves no table.
bool decisions_read(struct treatment_reading *treatments);

#endif
