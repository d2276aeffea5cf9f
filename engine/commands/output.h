// Files that a command writes: complete under their name, or not at all.
#ifndef LOSSMILL_COMMANDS_OUTPUT_H
#define LOSSMILL_COMMANDS_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// Found out before the work rather than behind it: false, after explaining, if `command` cannot
// write a file there, or if something stands there that is not of its own kind: `kind` (such as "an
// HDF5 file"), whose first bytes are the `size` of `magic`. An empty file is of any kind.
bool output_possible(const char *command, const char *path, const char *magic, size_t size,
                     const char *kind);

// A file beside its final name, readable by its owner only.
struct output_file {
    FILE *stream; // to be written to, not to be closed
    const char *path, *temporary;
};

// False after explaining. What has been opened must be ended by one of the two below.
bool output_open(struct output_file *file, const char *command, const char *path);

// Syncs it and puts it in place; false after explaining, and then there is no file.
bool output_commit(struct output_file *file, const char *command);
void output_abandon(struct output_file *file);

#endif
