// The file beside an unfinished output: a snapshot of the run (simulate/snapshot.h), and of which
// run it is.
//
// It holds the memory of the very program that wrote it, and is of use to no other. A digest over
// all of it tells whether it is whole.
#ifndef LOSSMILL_RESULTS_CHECKPOINT_H
#define LOSSMILL_RESULTS_CHECKPOINT_H

#include "base/diagnostics.h"
#include "simulate/snapshot.h"

// Writes PATH: complete, synced and renamed into place, or left as it was, by way of
// checkpoint_partial(PATH). Readable by its owner only. `identity` are the lines "WHAT: VALUE" in
// which two runs must agree for one to go on where the other stopped. False after a diagnostic.
bool checkpoint_write(const char *path, const char *identity, struct snapshot *snapshot,
                      int threads, struct diagnostics *d);

// Where a checkpoint is until it is complete; to be freed. NULL if memory is exhausted.
char *checkpoint_partial(const char *path);

enum checkpoint_found {
    CHECKPOINT_NONE,
    CHECKPOINT_GOOD,
    CHECKPOINT_REFUSED, // it is damaged, or another run's: a diagnostic says which
    CHECKPOINT_FAILED   // it cannot be read: likewise
};

struct checkpoint;

// Opens PATH and reads all of it once. `checkpoint` is set where it is good, and to be closed.
enum checkpoint_found checkpoint_open(const char *path, const char *identity,
                                      struct checkpoint **checkpoint, struct diagnostics *d);
struct snapshot_place checkpoint_place(const struct checkpoint *checkpoint);
bool checkpoint_read(void *checkpoint, void *bytes, size_t size); // the snapshot: snapshot_bytes
void checkpoint_close(struct checkpoint *checkpoint);

// Removes PATH, and what a killed program has left of a newer one. Where there is none, nothing is
// done.
void checkpoint_remove(const char *path);

#endif
