// The parts of a snapshot, for the passes that have them.
#ifndef LOSSMILL_SIMULATE_SNAPSHOT_STATE_H
#define LOSSMILL_SIMULATE_SNAPSHOT_STATE_H

#include "simulate/first_pass.h"
#include "simulate/snapshot.h"

struct snapshot {
    struct snapshot_place place;
    struct outcome *outcome;
    struct carried *carried; // of the simulation's phases
    // of those behind it: passes on what they have beside the outcome, which is finished
    bool (*rest)(const struct snapshot_pass *pass, void *state);
    void *state;
};

// An array; there may be none.
bool snapshot_bytes_pass(const struct snapshot_pass *pass, void *bytes, size_t count, size_t size);

// What the first pass leaves when the scenarios before `next` are done. False if the bytes cannot
// be passed, or memory is exhausted.
bool snapshot_first_pass(const struct snapshot_pass *pass, size_t next, struct outcome *outcome,
                         struct carried *carried);

// Likewise what the replay adds to it.
bool snapshot_replay(const struct snapshot_pass *pass, size_t next, struct outcome *outcome,
                     struct carried *carried);

// The outcome of a finished simulation. False likewise.
bool snapshot_outcome(const struct snapshot_pass *pass, struct outcome *outcome);

// Tells the keeper, if there is one, where the run stands. False: stop.
bool snapshot_offer(const struct snapshot_keeper *keeper, enum snapshot_phase phase, size_t next,
                    struct outcome *outcome, struct carried *carried);

#endif
