// Two files of one run, compared object by object.
#ifndef LOSSMILL_VERIFY_DIFFERENCES_H
#define LOSSMILL_VERIFY_DIFFERENCES_H

#include "verify/run_file.h"
#include "verify/verify.h"

// Compares `run`, which is open, with the file as it should be, which will be: every dataset's
// cells, every attribute. What names the version of the engine that wrote it may differ: that is
// told elsewhere.
void differences_find(struct run_file *run, struct run_file *again, struct verification *out,
                      struct check *of_cells, struct check *of_attributes);

#endif
