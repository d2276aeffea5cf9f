// A run's file as it is checked: read as far as it can be, and with everything that stands in it.
//
// Anyone may have written it: libhdf5 looks into it in processes of their own only (apart.h).
#ifndef LOSSMILL_VERIFY_RUN_FILE_H
#define LOSSMILL_VERIFY_RUN_FILE_H

#include "results/apart.h"
#include "results/content.h"
#include "results/file.h"
#include "results/hdf5_walk.h"
#include "results/schema.h"
#include "verify/findings.h"

struct run_file {
    const char *path;
    uint64_t budget;     // decoded bytes that a dataset may claim
    struct arena *arena; // of what is found in it
    // Read as a run; NULL with the reason where it is not a complete one.
    struct results *results;
    const char *unread;
    struct schema_view view;        // of what should stand in it; all zero where that is not known
    char failure[HDF5_MESSAGE_MAX]; // of the system, the first: what was looked at is not all
    // Once it was opened.
    struct hdf5_file h;
    struct hdf5_object *objects; // all but the root
    size_t object_count;
    char content[CONTENT_HEX]; // recomputed of what stands in it
};

// Names the file; nothing is read yet. False after a diagnostic: it is no regular file.
bool run_file_start(struct run_file *run, const char *path, struct arena *arena,
                    struct diagnostics *d);
void run_file_read(struct run_file *run); // fills `results`, to be freed by run_file_free
void run_file_free(struct run_file *run);

// Does look(state) in a process of its own, with the file opened; `run` and all that is to come
// back is in the memory of `apart`, of which run->arena is made. False after a diagnostic: it is no
// HDF5 file, not one that lossmill wrote by this schema, or the process did not come to its end.
bool run_file_apart(struct run_file *run, struct apart *apart, void (*look)(void *state),
                    void *state, struct diagnostics *d);

// For that process, which may open one more: false with the reason in run->h. To be closed in any
// case.
bool run_file_open(struct run_file *run);
void run_file_close(struct run_file *run);

// Forgets a failure of the library, so that the next object can be looked at; what failed.
const char *run_file_recover(struct run_file *run, struct findings *f);
void run_file_forget(struct run_file *run); // whether it failed or not

bool run_file_has(const struct run_file *run, const char *path);

// A root attribute; 0, or NULL, where it is missing. Text is of the run's arena.
int64_t run_file_whole(struct run_file *run, const char *name);
const char *run_file_text(struct run_file *run, const char *object, const char *name);

// The column of the schema that stands at `path`; NULL if there is none. *grouping is of those in
// /group/COLUMN.
const struct schema_column *run_file_column(const struct schema_view *view, const char *path,
                                            size_t *grouping);

// The path of a column's dataset, in `path`; false if its name is too long.
bool run_file_path(const struct schema_column *column, const struct schema_view *view,
                   char path[2 * SCHEMA_PATH_MAX]);

#endif
