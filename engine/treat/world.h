// A world: the base with some treatments at work that are not, and some existing ones that are left
// out: it names both. Its years are the base's very years, with some
// events removed, added or changed in size.
#ifndef LOSSMILL_TREAT_WORLD_H
#define LOSSMILL_TREAT_WORLD_H

#include <stddef.h>
#include <stdint.h>

struct world {
    size_t count;
    const uint32_t *treatments; // ascending
};

#endif
