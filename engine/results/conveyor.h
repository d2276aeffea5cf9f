// Pieces of work made by many threads in any order, and delivered by the calling thread in theirs.
#ifndef LOSSMILL_RESULTS_CONVEYOR_H
#define LOSSMILL_RESULTS_CONVEYOR_H

#include <stdbool.h>
#include <stddef.h>

// Slots hold pieces that are made but not delivered; threads and slots are numbered from 0, the
// calling thread is 0. Each function gets its own numbers to itself: what stands under a slot or a
// thread needs no lock.
struct conveyor {
    size_t threads, slots; // at least 1
    size_t count;          // pieces
    void *context;
    void (*make)(void *context, size_t piece, size_t slot, size_t thread);
    bool (*deliver)(void *context, size_t piece, size_t slot); // false: stop
};

// False if a delivery was. Threads that cannot be started are done without.
bool conveyor_run(const struct conveyor *conveyor);

#endif
