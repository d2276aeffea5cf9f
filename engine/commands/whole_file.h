// A file that appears under its name complete and synced, or not at all.
#ifndef LOSSMILL_COMMANDS_WHOLE_FILE_H
#define LOSSMILL_COMMANDS_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

struct whole_file {
    const char *path;
    char *temporary;
    FILE *stream;
};

// Opens a stream for what is to become PATH, readable by its owner only; false after explaining.
bool whole_file_begin(struct whole_file *file, const char *path);

// Puts it in place where `good`, else drops it; false after explaining what could not be written.
bool whole_file_end(struct whole_file *file, bool good);

#endif
