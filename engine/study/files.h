// The files of a study, in a folder or given in memory: each is read once, whole, and kept with its
// hash.
#ifndef LOSSMILL_STUDY_FILES_H
#define LOSSMILL_STUDY_FILES_H

#include "study/reading.h"

// Opens the folder (where files are given: none) and lists it into reading->files. False after a
// diagnostic.
bool files_open(struct reading *reading, const char *folder);
void files_close(struct reading *reading);

bool files_have(const struct reading *reading, const char *name);

// The bytes of a file of the study, NULL after a diagnostic at `at` (or at the file itself where
// `at` is NULL). `name` is relative to the folder and may not lead out of it.
const struct study_input *files_read(struct reading *reading, const char *name,
                                     const struct place *at, struct diagnostics *d);

// Puts study->inputs in the order of their names.
void files_finish_inputs(struct reading *reading);

#endif
