// The cells of a column as they stand in the file, and how they are divided.
#ifndef LOSSMILL_RESULTS_CELLS_H
#define LOSSMILL_RESULTS_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "results/hdf5.h"
#include "results/schema.h"

// Type, extents and chunks of a column; of an input file. A chunk is a run of whole rows, or part
// of one: its cells follow one another in the array.
struct hdf5_shape cells_shape(const struct schema_column *column, const struct schema_view *view);
struct hdf5_shape cells_shape_of_bytes(size_t size);

// `count` cells from the `first` on, counted row by row.
void cells_fill(const struct schema_column *column, const struct schema_view *view,
                const struct hdf5_shape *shape, uint64_t first, uint64_t count, void *cells);

// The first byte of every cell, then the second of every cell, and so on: HDF5's filter "shuffle".
void cells_shuffle(unsigned char *restrict out, const unsigned char *restrict in, size_t count,
                   size_t cell);

#endif
