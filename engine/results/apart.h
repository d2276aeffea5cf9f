// Reading what may be hostile in a process of its own.
//
// libhdf5 (1.10 of Debian 12, and every later one so far) can be made to crash, to write where it
// must not, to allocate without end and to loop by a few bytes in a file's metadata. No check of
// ours comes before it: what there is to check, it has to parse. So the library reads in a child
// process, with limits on its time and memory, and what was read comes back by way of memory that
// both share: it is read once and copied never, the cost is that of starting a process. Whatever
// the file does to the child, this process only sees that it did not end well. Nothing in this
// process has been through the library.
//
// The child has only the thread that started it, so that it may start none and must not wait for
// others: it reads, and ends. It may be started at any time, also when other threads exist.
#ifndef LOSSMILL_RESULTS_APART_H
#define LOSSMILL_RESULTS_APART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

// Of processor time, and of memory that is taken beside what is shared.
struct apart_limits {
    uint64_t seconds, bytes;
};

// For a file that is read once: 10 seconds and one more for each megabyte, 2 GiB. Reading takes
// 0.01 seconds and 20 MB for each megabyte of a run.
struct apart_limits apart_limits(uint64_t file_size);

struct apart {
    void *memory;
    size_t size;
};

// Memory that the child will fill: `arena` is made of it, as much as the machine has (it takes none
// before it is used). False if there is none. To be closed in either case.
bool apart_open(struct apart *apart, struct arena *arena);

enum apart_end {
    APART_TRUE,
    APART_FALSE,
    APART_CRASHED,
    APART_SLOW,   // its time was over
    APART_KILLED, // as the system does where memory is short
    APART_FAILED  // no process could be started; errno says why
};

// What read(state) returned in a child process, or how that ended. `state` and all that is to come
// back is in the arena, which gives out no more afterwards.
enum apart_end apart_run(struct apart *apart, struct arena *arena, bool (*read)(void *state),
                         void *state, struct apart_limits limits);

// For a message: "the HDF5 library crashes on it".
const char *apart_reason(enum apart_end end);

void apart_close(struct apart *apart);

#endif
