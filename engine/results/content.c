#include "results/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct content_line {
    char *path;
    char hex[CONTENT_HEX];
};

void sha256_hex(struct sha256_ctx *hash, char hex[CONTENT_HEX])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(hash, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void content_cells(struct sha256_ctx *hash, const void *cells, size_t count, size_t cell)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    sha256_update(hash, count * cell, cells);
#else
    const unsigned char *byte = cells;
    for (size_t i = 0; i < count; i++, byte += cell)
        for (size_t k = cell; k-- > 0;)
            sha256_update(hash, 1, byte + k);
#endif
}

bool content_add(struct content *content, const char *path, struct sha256_ctx *hash)
{
    char hex[CONTENT_HEX];

    sha256_hex(hash, hex);
    return content_add_hex(content, path, hex);
}

bool content_add_hex(struct content *content, const char *path, const char *hex)
{
    struct content_line *lines =
        reallocarray(content->lines, content->count + 1, sizeof *content->lines);
    if (lines == NULL)
        return false;
    content->lines = lines;
    struct content_line *line = &lines[content->count];
    line->path = strdup(path);
    if (line->path == NULL)
        return false;
    snprintf(line->hex, sizeof line->hex, "%s", hex);
    content->count++;
    return true;
}

static int line_compare(const void *a, const void *b)
{
    return strcmp(((const struct content_line *)a)->path, ((const struct content_line *)b)->path);
}

void content_hex(struct content *content, char hex[CONTENT_HEX])
{
    struct sha256_ctx hash;
    sha256_init(&hash);
    if (content->count > 0)
        qsort(content->lines, content->count, sizeof *content->lines, line_compare);
    for (size_t i = 0; i < content->count; i++) {
        const struct content_line *line = &content->lines[i];
        sha256_update(&hash, CONTENT_HEX - 1, (const uint8_t *)line->hex);
        sha256_update(&hash, 2, (const uint8_t *)"  ");
        sha256_update(&hash, strlen(line->path), (const uint8_t *)line->path);
        sha256_update(&hash, 1, (const uint8_t *)"\n");
    }
    sha256_hex(&hash, hex);
}

void content_free(struct content *content)
{
    for (size_t i = 0; i < content->count; i++)
        free(content->lines[i].path);
    free(content->lines);
    *content = (struct content){0};
}
