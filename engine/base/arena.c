#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Chunks grow with the arena, so that a large study takes few allocations and a small one no more
// than this.
static const size_t first_capacity = 16 * 1024;
static const size_t largest_capacity = 4 * 1024 * 1024;

struct arena_chunk {
    struct arena_chunk *older;
    size_t used, capacity; // bytes of `memory`
    bool lent;             // the only one, and not ours
    alignas(max_align_t) unsigned char memory[];
};

static struct arena_chunk *chunk_new(size_t capacity)
{
    // calloc: large chunks come zeroed from the system at no cost
    struct arena_chunk *chunk = calloc(1, sizeof *chunk + capacity);

    if (chunk)
        chunk->capacity = capacity;
    return chunk;
}

// `bytes` > 0 at a multiple of the alignment.
static void *take(struct arena *arena, size_t bytes, size_t alignment)
{
    struct arena_chunk *chunk = arena->newest;
    size_t begin = chunk ? (chunk->used + alignment - 1) / alignment * alignment : 0;

    if (!chunk || begin > chunk->capacity || bytes > chunk->capacity - begin) {
        size_t capacity = chunk ? chunk->capacity : first_capacity / 2;

        capacity = capacity < largest_capacity / 2 ? 2 * capacity : largest_capacity;
        chunk = chunk && chunk->lent ? NULL : chunk_new(bytes > capacity ? bytes : capacity);
        if (!chunk)
            return NULL;
        if (bytes > capacity && arena->newest) { // full at once: keep filling the chunk before it
            chunk->older = arena->newest->older;
            arena->newest->older = chunk;
        } else {
            chunk->older = arena->newest;
            arena->newest = chunk;
        }
        begin = 0;
    }
    chunk->used = begin + bytes;
    return chunk->memory + begin;
}

void *arena_alloc(struct arena *arena, size_t count, size_t size)
{
    size_t bytes;

    // no object can be larger than PTRDIFF_MAX, and the rest leaves room for a chunk's own fields
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX / 2)
        return NULL;
    return take(arena, bytes > 0 ? bytes : 1, alignof(max_align_t));
}

char *arena_text(struct arena *arena, const char *text, size_t length)
{
    char *copy = length >= PTRDIFF_MAX / 2 ? NULL : take(arena, length + 1, 1);

    if (copy && length > 0)
        memcpy(copy, text, length);
    return copy;
}

void arena_clear(struct arena *arena)
{
    struct arena rest = {0};

    if (!arena->newest)
        return;
    rest.newest = arena->newest->older;
    arena_free(&rest);
    arena->newest->older = NULL;
    memset(arena->newest->memory, 0, arena->newest->used);
    arena->newest->used = 0;
}

void arena_join(struct arena *to, struct arena *from)
{
    struct arena_chunk *oldest = from->newest;

    if (!oldest)
        return;
    while (oldest->older)
        oldest = oldest->older;
    if (to->newest) { // behind the chunk that is being filled
        oldest->older = to->newest->older;
        to->newest->older = from->newest;
    } else {
        to->newest = from->newest;
    }
    from->newest = NULL;
}

void arena_free(struct arena *arena)
{
    while (arena->newest) {
        struct arena_chunk *older = arena->newest->older;

        if (!arena->newest->lent)
            free(arena->newest);
        arena->newest = older;
    }
}

void arena_lend(struct arena *arena, void *memory, size_t size)
{
    struct arena_chunk *chunk = memory;

    chunk->capacity = size - sizeof *chunk;
    chunk->lent = true;
    arena->newest = chunk;
}

size_t arena_settle(struct arena *arena)
{
    struct arena_chunk *chunk = arena->newest;

    chunk->capacity = chunk->used;
    return sizeof *chunk + chunk->used;
}
