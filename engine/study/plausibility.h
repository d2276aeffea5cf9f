// What is allowed but rarely meant: warnings that an actuary would give.
#ifndef LOSSMILL_STUDY_PLAUSIBILITY_H
#define LOSSMILL_STUDY_PLAUSIBILITY_H

#include "study/reading.h"

// A mean that hangs on the far tail, where no estimate and no simulation is good. True if it does
// not.
bool plausibility_loss(const struct distribution *law, const struct place *at,
                       struct diagnostics *d);

// A replacement that mostly costs more than `value`, that of the dearest asset (1 where losses are
// fractions of it). Other forms of loss may well outgrow an asset.
void plausibility_replacement(const struct distribution *law, double value, const struct place *at,
                              struct diagnostics *d);

// A rate that looks like a probability.
void plausibility_frequency(const struct distribution *law, const struct place *at,
                            struct diagnostics *d);

// Scenarios that look like one event counted twice. All scenarios are read.
bool plausibility_twins(struct reading *reading);

#endif
