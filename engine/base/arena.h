// Memory that is given out piece by piece and returned all at once.
#ifndef LOSSMILL_BASE_ARENA_H
#define LOSSMILL_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

// All zero is an empty arena. Owned by one thread at a time.
struct arena {
    struct arena_chunk *newest;
};

// `count` objects of `size` bytes, zeroed, aligned for any type. NULL if memory is exhausted or the
// product overflows. Lives until arena_free.
void *arena_alloc(struct arena *arena, size_t count, size_t size);

// A copy of the `length` bytes at `text`, with a NUL behind them; NULL if memory is exhausted.
char *arena_text(struct arena *arena, const char *text, size_t length);

// Gives back everything but the newest chunk, to be filled anew.
void arena_clear(struct arena *arena);

// Hands all that `from` holds to `to`; `from` is empty then.
void arena_join(struct arena *to, struct arena *from);

void arena_free(struct arena *arena);

// Makes an arena of the `size` bytes at `memory`, which are zero, aligned for any type, and stay
// the caller's: it gives out these and no others.
void arena_lend(struct arena *arena, void *memory, size_t size);

// Ends a lent arena: how many of its bytes, from the first one on, are in use. It gives out no
// more.
size_t arena_settle(struct arena *arena);

#endif
