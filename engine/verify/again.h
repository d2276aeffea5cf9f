// A run's study, simulated again.
#ifndef LOSSMILL_VERIFY_AGAIN_H
#define LOSSMILL_VERIFY_AGAIN_H

#include "library/whole_run.h"
#include "verify/contents.h"
#include "verify/verify.h"

struct again {
    struct arena arena; // of the bytes that the run keeps
    struct whole_run run;
};

// Reads the study, for the years and the seed of the run: from the run itself where it keeps all
// inputs, else from the folder, whose files must then be those of the run (`folder_intact`). False
// after putting the reason into the check; *failed: for lack of memory, after a diagnostic.
bool again_read(const struct verify_request *request, const struct kept_inputs *inputs,
                bool folder_intact, struct verification *out, struct check *check,
                struct again *again, struct diagnostics *d);
void again_free(struct again *again);

// All of it, written into the scratch file, compared with the run's.
enum verified again_all(const struct verify_request *request, struct run_file *run,
                        struct verification *out, struct check *of_cells,
                        struct check *of_attributes, struct again *again, struct diagnostics *d);

// The years of some blocks (a byte for each block).
enum verified again_blocks(const struct verify_request *request, struct run_file *run,
                           struct verification *out, struct check *check, const uint8_t *blocks,
                           struct again *again, struct diagnostics *d);

#endif
