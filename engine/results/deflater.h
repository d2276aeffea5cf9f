// Compression into the zlib format (RFC 1950, RFC 1951), made for arrays of losses: long runs of
// zeros, and amounts in cents, whose binary fractions repeat. What it writes every zlib reads.
//
// The bytes are a function of the input alone, so that files do not depend on which zlib, or which
// of its faster replacements, a machine has.
#ifndef LOSSMILL_RESULTS_DEFLATER_H
#define LOSSMILL_RESULTS_DEFLATER_H

#include <stddef.h>
#include <stdint.h>

struct deflater; // memory to work in, for one thread at a time

struct deflater *deflater_new(void); // NULL: memory
void deflater_free(struct deflater *deflater);

// The most bytes that `size` bytes can become, and the most that can be given.
size_t deflater_bound(size_t size);
enum { DEFLATER_SIZE_MAX = 1 << 30 };

// Compresses `size` bytes into `out`, which has room for deflater_bound(size); returns how many it
// wrote. `stride` is 8 for cells of 8 bytes, whose first bytes are the ones that repeat (or whole
// cells, or runs): only there is anything looked for; else 1.
size_t deflater_run(struct deflater *deflater, const unsigned char *in, size_t size, size_t stride,
                    unsigned char *out);

// The first byte of every cell, then the second of every cell, and so on: HDF5's filter "shuffle".
void cells_shuffle(unsigned char *restrict out, const unsigned char *restrict in, size_t count,
                   size_t cell);

#endif
