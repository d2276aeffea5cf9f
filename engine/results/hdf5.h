// HDF5 in the few calls that writer and reader need. hdf5.c and hdf5_walk.c alone know the
// library.
//
// The first call that fails leaves its reason in the file's `message`; every later one does nothing
// and returns false, so that a caller may check once at the end. Not thread-safe.
#ifndef LOSSMILL_RESULTS_HDF5_H
#define LOSSMILL_RESULTS_HDF5_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HDF5_MESSAGE_MAX = 512, HDF5_RANK_MAX = 2 };

struct hdf5_file {
    int64_t file;
    bool failed;
    bool system; // what failed is memory or the disk, not what stands in the file
    char message[HDF5_MESSAGE_MAX]; // of the first failure
    // How the library told errors before the file was opened, and will again once it is closed: a
    // program that the engine is embedded in may use HDF5 itself.
    int (*told_by)(int64_t stack, void *data);
    void *told_data;
};

enum hdf5_type { HDF5_FLOAT64, HDF5_INT32, HDF5_INT64, HDF5_UINT8, HDF5_TEXT };

struct hdf5_shape {
    enum hdf5_type type;
    size_t text_size; // HDF5_TEXT: bytes of a cell, the closing NUL included
    size_t rank;
    uint64_t extents[HDF5_RANK_MAX];
    uint64_t chunk[HDF5_RANK_MAX]; // chunk[0] == 0: contiguous, uncompressed
    bool shuffled;                 // chunks: bytes of equal place in their cells stand together
};

size_t hdf5_cell_size(const struct hdf5_shape *shape);

// Replaces what stands at `path` (the same inode: its mode stays), or opens it to read.
bool hdf5_create(struct hdf5_file *h, const char *path);
bool hdf5_open(struct hdf5_file *h, const char *path);
// Closes also after a failure; false if anything failed since the file was opened.
bool hdf5_close(struct hdf5_file *h);

// `object` is the path of a group or dataset; "/" is the root. hdf5_group creates those above too.
bool hdf5_group(struct hdf5_file *h, const char *path);
bool hdf5_put_text(struct hdf5_file *h, const char *object, const char *name, const char *text);
bool hdf5_put_texts(struct hdf5_file *h, const char *object, const char *name,
                    const char *const *texts, size_t count);
bool hdf5_put_whole(struct hdf5_file *h, const char *object, const char *name, int64_t value);
bool hdf5_put_reals(struct hdf5_file *h, const char *object, const char *name, const double *values,
                    size_t count);

// Creates a dataset (float64: filled with NaN) and leaves it open in *dataset.
bool hdf5_dataset_create(struct hdf5_file *h, const char *path, const struct hdf5_shape *shape,
                         int64_t *dataset);
// Opens one. Fails unless it is of one of the types above in any byte order, of rank 1 or 2, and of
// no more bytes than its stored size can hold after compression (and `limit`).
bool hdf5_dataset_open(struct hdf5_file *h, const char *path, struct hdf5_shape *shape,
                       uint64_t limit, int64_t *dataset);
// `count` rows from `first` on (elements for rank 1), in the byte order of this machine.
bool hdf5_rows_write(struct hdf5_file *h, int64_t dataset, const struct hdf5_shape *shape,
                     uint64_t first, uint64_t count, const void *cells);
bool hdf5_rows_read(struct hdf5_file *h, int64_t dataset, const struct hdf5_shape *shape,
                    uint64_t first, uint64_t count, void *cells);
// The chunk whose first cell is at (row, column): all its cells, those beyond the extents too,
// little-endian, shuffled where the shape says so, then in zlib's format.
bool hdf5_chunk_write(struct hdf5_file *h, int64_t dataset, uint64_t row, uint64_t column,
                      const void *bytes, size_t size);
bool hdf5_dataset_close(struct hdf5_file *h, int64_t dataset);

// Makes the dataset at `path` the dimension scale `name`; gives dimension `axis` of a dataset its
// scale. A scale must not be attached to itself.
bool hdf5_scale_set(struct hdf5_file *h, const char *path, const char *name);
bool hdf5_scale_attach(struct hdf5_file *h, const char *path, const char *scale, unsigned axis);

// Attributes read back; *text is malloc'd. They fail where type or size is another.
bool hdf5_get_text(struct hdf5_file *h, const char *object, const char *name, char **text);
bool hdf5_get_texts(struct hdf5_file *h, const char *object, const char *name, size_t limit,
                    char ***texts, size_t *count); // free with hdf5_texts_free
void hdf5_texts_free(char **texts, size_t count);
bool hdf5_get_whole(struct hdf5_file *h, const char *object, const char *name, int64_t *value);
bool hdf5_get_reals(struct hdf5_file *h, const char *object, const char *name, size_t limit,
                    double **values, size_t *count);
bool hdf5_has_attribute(struct hdf5_file *h, const char *object, const char *name);
bool hdf5_has_link(struct hdf5_file *h, const char *path); // every part of it

#endif
