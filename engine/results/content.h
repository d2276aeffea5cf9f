// content_sha256: the hash of what a file says, whatever the version of the library that wrote it
// (the rule stands in schema.h).
#ifndef LOSSMILL_RESULTS_CONTENT_H
#define LOSSMILL_RESULTS_CONTENT_H

#include <stdbool.h>
#include <stddef.h>

#include <nettle/sha2.h>

enum { CONTENT_HEX = 2 * SHA256_DIGEST_SIZE + 1 };

struct content_line;

// All zero is empty.
struct content {
    struct content_line *lines;
    size_t count;
};

// Bytes of an array, added to `hash` as they stand in memory (little-endian machines) or turned
// around, `cell` bytes each; text and bytes have cell = 1.
void content_cells(struct sha256_ctx *hash, const void *cells, size_t count, size_t cell);

bool content_add(struct content *content, const char *path,
                 struct sha256_ctx *hash);                                        // false: memory
bool content_add_hex(struct content *content, const char *path, const char *hex); // likewise
void content_hex(struct content *content, char hex[CONTENT_HEX]);
void content_free(struct content *content);

void sha256_hex(struct sha256_ctx *hash, char hex[CONTENT_HEX]);

#endif
