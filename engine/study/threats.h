// threats.csv: who or what acts, with its capability.
#ifndef LOSSMILL_STUDY_THREATS_H
#define LOSSMILL_STUDY_THREATS_H

#include "study/defaults.h"

// Fills reading->threats; there may be no such file. False after an error that leaves no table.
bool threats_read(struct reading *reading, const struct defaults *defaults);

// The capability of a threat, NULL where it has none.
const struct distribution *threat_capability(struct reading *reading, size_t row);

// To be called where no scenario compares a capability with a resistance: the column, if there is
// one, is then an error.
void threats_check_use(struct reading *reading);

#endif
