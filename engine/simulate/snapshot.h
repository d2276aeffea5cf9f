// What an unfinished run has so far, between two ranges of its work: enough to go on from there to
// the same bits.
//
// Both passes of the simulation go through the scenarios in ranges, the pricing of treatments
// behind it through blocks of years. When a range is over, whoever keeps snapshots is asked, and
// may write one down; a run that begins with a restored snapshot starts behind the ranges that it
// holds. What a snapshot holds is written and read by the same lines, which pass each piece of
// memory to a function that saves or fills it.
#ifndef LOSSMILL_SIMULATE_SNAPSHOT_H
#define LOSSMILL_SIMULATE_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum snapshot_phase {
    SNAPSHOT_FIRST_PASS,
    SNAPSHOT_REPLAY,
    SNAPSHOT_COVER,      // what `current` insurance pays
    SNAPSHOT_TREATMENTS, // each alone
    SNAPSHOT_PLANS,      // a store of them after the other, each with all blocks
    SNAPSHOT_PHASES
};

// Where a run stands: of `all` scenarios, or blocks of years, those before `next` have been through
// the phase.
struct snapshot_place {
    uint32_t phase;
    uint64_t next, all;
};

// Saves, or fills, `size` bytes. False: it cannot.
typedef bool snapshot_bytes(void *context, void *bytes, size_t size);

// Memory on its way to a snapshot or from one.
struct snapshot_pass {
    snapshot_bytes *bytes;
    void *context;
    bool restoring;
};

// The state at a place, for a keeper to save.
struct snapshot;
struct snapshot_place snapshot_place(const struct snapshot *snapshot);

// Passes all of it on, without the place. False if `bytes` cannot, or memory is exhausted.
bool snapshot_save(struct snapshot *snapshot, snapshot_bytes *bytes, void *context);

// Who keeps snapshots of a run.
struct snapshot_keeper {
    // Called by one thread when a range is over. False: the run stops, as when it is told to.
    bool (*range_over)(void *keeper, struct snapshot *snapshot);
    void *keeper;
    // Ranges are as short as they can be, a scenario, or a block of years of one plan, instead of
    // some tenths of a second: for tests, which go on from each.
    bool shortest;
    // Of the snapshot that the run begins with, in the order in which it was saved; NULL: it begins
    // at the beginning.
    snapshot_bytes *restore;
    void *context;
    struct snapshot_place start;
};

#endif
