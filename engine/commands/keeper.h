// A run's checkpoint: when it is written, and what is said of it when the run stops.
#ifndef LOSSMILL_COMMANDS_KEEPER_H
#define LOSSMILL_COMMANDS_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "results/checkpoint.h"
#include "study/study.h"

struct keeper {
    char *path; // of the checkpoint
    char *identity;
    double every; // seconds between two checkpoints, at least
    int threads;
    struct checkpoint *found;
    struct snapshot_keeper hooks; // for simulate_resumable
    struct diagnostics *d;
    double started, saved_at, cost; // seconds: of the clock; what the last one took
    struct snapshot_place saved;    // the last one
    bool any, failed;
    char notes[2][400]; // what a hard end says, in turn
    unsigned note;
};

// The checkpoint's place beside `output`; to be freed. NULL if memory is exhausted.
char *keeper_path(const char *output);

// Opens the checkpoint beside `output`, unless `fresh`, which discards it. False after a
// diagnostic: it is another run's, damaged, or cannot be read; *status is the exit status then. To
// be closed in any case.
bool keeper_open(struct keeper *keeper, const char *output, const struct study *study, bool fresh,
                 double every, int threads, struct diagnostics *d, int *status);
bool keeper_resumes(const struct keeper *keeper);

// How far a resumed or stopped run is, such as "43 % of the simulation"; and a line for who stopped
// it.
const char *keeper_progress(const struct keeper *keeper);
const char *keeper_note(const struct keeper *keeper);

// The output is complete: removes the checkpoint.
void keeper_finish(struct keeper *keeper);
void keeper_close(struct keeper *keeper);

#endif
