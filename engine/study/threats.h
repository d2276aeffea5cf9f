// threats.csv: who or what acts, with its capability.
#ifndef LOSSMILL_STUDY_THREATS_H
#define LOSSMILL_STUDY_THREATS_H

#include "study/defaults.h"

// Fills reading->threats; there may be no such file. False after an error that leaves no table.
bool threats_read(struct reading *reading, const struct defaults *defaults);

// The capability of a threat, NULL where it has none.
const struct distribution *threat_capability(struct reading *reading, size_t row);

// Once the scenarios are read: a capability that none of them uses is an error. used[row] != 0
// where a scenario compares the threat's capability with a resistance.
void threats_check_use(struct reading *reading, const unsigned char *used);

#endif
