// scenarios.csv: what can happen to which assets, how often, and what it costs.
#ifndef LOSSMILL_STUDY_SCENARIOS_H
#define LOSSMILL_STUDY_SCENARIOS_H

#include "study/defaults.h"

// Fills reading->scenarios and the portfolio's scenarios; assets and threats are read.
bool scenarios_read(struct reading *reading, const struct defaults *defaults);

#endif
