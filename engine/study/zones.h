// zones.csv: zones and conduits of an industrial network, with their security levels.
#ifndef LOSSMILL_STUDY_ZONES_H
#define LOSSMILL_STUDY_ZONES_H

#include "study/reading.h"

// Fills the portfolio's zones; assets are read. False if memory is exhausted, or after an error
// that leaves no table.
bool zones_read(struct reading *reading);

#endif
