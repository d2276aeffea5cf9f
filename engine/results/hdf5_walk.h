// Everything that stands in an HDF5 file, whoever wrote it: its objects by path, and what is
// attached to each.
#ifndef LOSSMILL_RESULTS_HDF5_WALK_H
#define LOSSMILL_RESULTS_HDF5_WALK_H

#include "base/arena.h"
#include "results/hdf5.h"

enum hdf5_kind {
    HDF5_KIND_GROUP,
    HDF5_KIND_DATASET,
    HDF5_KIND_OTHER // soft and external links, named types, links to nothing
};

struct hdf5_object {
    const char *path; // from "/"
    enum hdf5_kind kind;
};

// All objects but the root, in the byte order of their paths. False after a failure.
bool hdf5_objects(struct hdf5_file *h, struct arena *arena, struct hdf5_object **objects,
                  size_t *count);

// What an attribute says, in bytes that are equal where it says the same, wherever the file keeps
// its objects: references are the paths that they lead to.
struct hdf5_attribute {
    const char *name;
    const char *text; // for people; long ones are cut
    const void *bytes;
    size_t size;
};

// Those of the group or dataset at `path`, in the byte order of their names. The list of what
// refers to a dimension scale is left out: it is the other end of what its datasets say.
bool hdf5_attributes(struct hdf5_file *h, const char *path, struct arena *arena,
                     struct hdf5_attribute **attributes, size_t *count);

#endif
