// One run at a time on one output.
#ifndef LOSSMILL_RESULTS_LOCK_H
#define LOSSMILL_RESULTS_LOCK_H

#include "base/diagnostics.h"

struct output_lock;

// Locks the output at PATH against other runs, by the file .NAME.lock beside it; the lock dies with
// the process, whatever becomes of the file. NULL after a diagnostic: another process has it, or
// the folder cannot be written to.
struct output_lock *output_lock_take(const char *path, struct diagnostics *d);
const char *output_lock_path(const struct output_lock *lock);
void output_lock_release(struct output_lock *lock); // and removes the file

#endif
