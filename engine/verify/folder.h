// A study's folder beside the inputs of a run.
#ifndef LOSSMILL_VERIFY_FOLDER_H
#define LOSSMILL_VERIFY_FOLDER_H

#include "verify/contents.h"
#include "verify/verify.h"

// Names the files that are changed, missing and added. True if there are none. False after a
// diagnostic, with *readable false, where the folder cannot be read.
bool folder_check(const struct verify_request *request, struct findings *f,
                  const struct kept_inputs *inputs, bool *readable, struct diagnostics *d);

#endif
