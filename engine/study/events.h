// events.csv and drivers.csv: what makes losses strike together.
#ifndef LOSSMILL_STUDY_EVENTS_H
#define LOSSMILL_STUDY_EVENTS_H

#include "study/reading.h"

// Both may be missing. False if a table could not be read, or memory is exhausted.
bool drivers_read(struct reading *reading);
bool events_read(struct reading *reading); // after the drivers

// Gives every event its scenarios. In a study without errors so far, warns of events and drivers
// that no row names, and of a hit_correlation that nothing follows.
bool events_finish(struct reading *reading);

#endif
