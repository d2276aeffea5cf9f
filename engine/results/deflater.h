// Compression into the zlib format (RFC 1950), by libdeflate: every zlib reads it.
#ifndef LOSSMILL_RESULTS_DEFLATER_H
#define LOSSMILL_RESULTS_DEFLATER_H

#include <stddef.h>

struct deflater; // memory to work in, for one thread at a time

struct deflater *deflater_new(void); // NULL: memory
void deflater_free(struct deflater *deflater);

// The most bytes that `size` bytes can become.
size_t deflater_bound(size_t size);

// Compresses `size` bytes into `out`, which has room for deflater_bound(size); returns how many it
// wrote. They depend on the input and the version of libdeflate alone.
size_t deflater_run(struct deflater *deflater, const unsigned char *in, size_t size,
                    unsigned char *out);

#endif
