// A run's file as it is checked: opened, with everything that stands in it, and read as far as it
// can be.
#ifndef LOSSMILL_VERIFY_RUN_FILE_H
#define LOSSMILL_VERIFY_RUN_FILE_H

#include "results/content.h"
#include "results/file.h"
#include "results/hdf5_walk.h"
#include "results/schema.h"
#include "verify/findings.h"

struct run_file {
    const char *path;
    struct hdf5_file h;
    uint64_t budget; // decoded bytes that a dataset may claim
    struct arena arena;
    struct hdf5_object *objects; // all but the root
    size_t object_count;
    // Read as a run; NULL with the reason where it is not a complete one.
    struct results *results;
    const char *unread;
    struct schema_view view;   // of results
    char content[CONTENT_HEX]; // recomputed of what stands in it
};

// Opens PATH. False after a diagnostic: it is no HDF5 file, or not one that lossmill wrote by this
// schema. To be closed in any case.
bool run_file_open(struct run_file *run, const char *path, struct diagnostics *d);
void run_file_close(struct run_file *run);

// Forgets a failure of the library, so that the next object can be looked at; what failed.
const char *run_file_recover(struct run_file *run, struct findings *f);

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
