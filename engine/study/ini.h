// The INI syntax: sections of `key = value`. Only ini.c knows inih.
#ifndef LOSSMILL_STUDY_INI_H
#define LOSSMILL_STUDY_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/diagnostics.h"

struct ini_entry {
    const char *section, *key, *value; // indented lines that follow are joined to value by a blank
    uint64_t line;
};

struct ini {
    struct arena *arena;
    size_t count, capacity;
    struct ini_entry *entries;
};

// False after diagnostics about the syntax; then `entries` holds what could be read.
bool ini_read(struct ini *ini, const char *file, const unsigned char *bytes, size_t size,
              struct diagnostics *d);

#endif
