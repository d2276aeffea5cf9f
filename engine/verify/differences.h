// Two files of one run, compared object by object.
#ifndef LOSSMILL_VERIFY_DIFFERENCES_H
#define LOSSMILL_VERIFY_DIFFERENCES_H

#include "verify/run_file.h"
#include "verify/verify.h"

// Compares `run` with the file at `path`, which is as it should be: every dataset's cells, every
// attribute. What names the version of the engine that wrote it may differ: that is told elsewhere.
// False, after a diagnostic, if `path` cannot be read.
bool differences_find(struct run_file *run, const char *path, struct verification *out,
                      struct check *of_cells, struct check *of_attributes, struct diagnostics *d);

#endif
