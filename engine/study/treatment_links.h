// What treatments need each other, and which exclude each other: requires and excludes of
// treatments.csv.
#ifndef LOSSMILL_STUDY_TREATMENT_LINKS_H
#define LOSSMILL_STUDY_TREATMENT_LINKS_H

#include "study/terms.h"

// The rows of another table (as terms_reference) whose ids the cell lists, separated by '|':
// ascending, each once. Ids that are unknown or stand twice are reported and left out. False if
// memory is exhausted.
bool treatment_links_read(const struct terms *t, int which, const struct table *table, int id,
                          const char *file, const char *what, const uint32_t **rows, size_t *count);

// Makes `excludes` symmetric, and reports what contradicts itself: a treatment that needs or
// excludes itself, or excludes what it needs; one that is decided upon and needs a forbidden one;
// two such that exclude each other. `t` is of treatments.csv, whose rows `treatments` are.
bool treatment_links_check(struct terms *t, int requires, int excludes,
                           struct treatment *treatments);

#endif
