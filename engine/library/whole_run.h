// A run as a whole: what `lossmill run`, `lossmill verify` and an embedding program do alike.
#ifndef LOSSMILL_LIBRARY_WHOLE_RUN_H
#define LOSSMILL_LIBRARY_WHOLE_RUN_H

#include <stdbool.h>

#include "base/diagnostics.h"
#include "simulate/simulate.h"
#include "study/study.h"
#include "treat/treat.h"

// A study and what was found of it. All zero is empty.
struct whole_run {
    struct study study;
    struct outcome outcome;
    struct treatment_outcome treatments; // all zero where the study has none
};

// Simulates the study that was read, with what treatments make of it and what insurance pays.
// `blocks`: of these blocks of years alone (a byte each), as of simulate_blocks, with no plans;
// NULL: of all. `threads` >= 1; `keeper` as of simulate_resumable; `progress` as of simulate_run,
// and not NULL. Says with diagnostics why it is not done, unless it was stopped. The same bytes for
// any `threads`.
enum simulated whole_run_simulate(struct whole_run *run, const uint8_t *blocks, int threads,
                                  const struct snapshot_keeper *keeper, simulate_progress *progress,
                                  void *context, struct diagnostics *d);

// Writes the HDF5 file of a run that is done; as results_write, with the output locked (lock.h).
bool whole_run_write(const struct whole_run *run, const char *path, int threads,
                     struct diagnostics *d);

// Leaves the study as it was read.
void whole_run_forget(struct whole_run *run);
void whole_run_free(struct whole_run *run);

#endif
