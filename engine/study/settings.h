// study.ini: the settings of the run and the rules of reading.
#ifndef LOSSMILL_STUDY_SETTINGS_H
#define LOSSMILL_STUDY_SETTINGS_H

#include "study/reading.h"

// Fills the portfolio's settings and reading->rules; every error goes to reading->d. What is
// missing or wrong keeps its default, so that reading can go on to find the other errors.
void settings_read(struct reading *reading);

// A whole number from `low` to `high` in decimal digits.
bool settings_whole(const char *text, uint64_t low, uint64_t high, uint64_t *value);

// A date such as 2026-01-31 that the calendar has.
bool settings_date(const char *text);

#endif
