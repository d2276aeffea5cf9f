// What the file says of itself: content_sha256, the inputs that it keeps, and its layout.
#ifndef LOSSMILL_VERIFY_CONTENTS_H
#define LOSSMILL_VERIFY_CONTENTS_H

#include "verify/run_file.h"

// The inputs of the run by the attribute input_sha256, beside what the file keeps of them.
struct kept_input {
    const char *name, *sha256; // as recorded
    const char *path;          // in the file; NULL: its name cannot be one
    bool present, intact;
};

struct kept_inputs {
    size_t count;
    struct kept_input *inputs;
    bool intact; // all of them, and at least one
};

// Recomputes the hashes; fills run->content and `inputs`, which lives in the run's arena.
void contents_check(struct run_file *run, struct findings *f, struct kept_inputs *inputs);

#endif
