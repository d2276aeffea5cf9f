// What the files that read a run share (read.c, read_treatment.c, read_study.c).
#ifndef LOSSMILL_RESULTS_READER_H
#define LOSSMILL_RESULTS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/apart.h"
#include "results/file.h"
#include "results/hdf5.h"
#include "results/schema.h"

enum { RESULTS_ATTRIBUTES = 8 }; // root attributes kept as text

struct results {
    struct apart apart; // where all of it stands
    const char *path;
    struct hdf5_file h;
    struct outcome outcome;
    struct portfolio portfolio;
    struct treatment_outcome treated; // view.treated where there is one
    struct schema_view view;
    struct grouping *groupings;
    struct scenario *scenarios;
    struct shared_event *events;
    const char *attributes[RESULTS_ATTRIBUTES];
    const char **input_hashes;
    size_t input_count;
    uint64_t budget; // decoded bytes that the rest of the file may claim
};

// A study on its way from a file.
struct study_reading {
    const char *path;
    struct hdf5_file h;
    struct arena arena;
    uint64_t budget; // decoded bytes that the rest of the inputs may claim
    struct results_study study;
};

// The years of a group on their way.
struct group_reading {
    const char *path;
    struct hdf5_file h;
    const struct portfolio *portfolio;
    uint32_t grouping, group;
    uint64_t budget;
    int64_t *units;
};

// What is done in a process of its own: reads into the arena and the room of a state that is zero
// but for what says where and what to read. False with the reason in its `h`.
bool reader_run_read(void *results);
bool reader_study_read(void *study_reading);
bool reader_group_read(void *group_reading);

// Does that, with the state in the arena; what ended it otherwise stands in `h` too.
bool reader_apart(struct apart *apart, struct arena *arena, bool (*read)(void *state), void *state,
                  struct hdf5_file *h, struct apart_limits limits);

// Of a file with such a budget, read once.
struct apart_limits reader_limits(uint64_t budget);

// The most bytes that all datasets of the regular file at PATH can decode to. False after a
// diagnostic.
bool reader_budget(const char *path, uint64_t *budget, struct diagnostics *d);

// Puts the reason into `h` unless one stands there. False.
bool reader_refuse(struct hdf5_file *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

bool reader_out_of_memory(struct hdf5_file *h); // the same, for want of memory

// Tells what is wrong with the file at PATH, `refused` where it is the file's fault.
void reader_tell(const struct hdf5_file *h, const char *path, const char *refused,
                 struct diagnostics *d);

// A root attribute that is not negative; 0 after a failure.
uint64_t reader_whole(struct hdf5_file *h, const char *name);

// Memory in the outcome's arena, zeroed; NULL after a failure.
void *reader_room(struct results *r, size_t count, size_t size);

// read_treatment.c: what the file has of treatments, plans and the appetite, with its settings;
// then room for it, where every accessor of a column that is read points to a cell; then, when the
// columns have been read, what is not in the file because it stands elsewhere in it.
bool reader_treatments_find(struct results *r);
void reader_treatments_room(struct results *r);
void reader_treatments_finish(struct results *r);

#endif
