// assets*.csv: what can lose money.
#ifndef LOSSMILL_STUDY_ASSETS_H
#define LOSSMILL_STUDY_ASSETS_H

#include "study/defaults.h"

// Fills reading->assets and the portfolio's assets. False if nothing can be selected from.
bool assets_read(struct reading *reading, const struct defaults *defaults);

#endif
