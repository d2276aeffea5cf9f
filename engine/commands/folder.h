// Writing a folder of new files, all or none.
#ifndef LOSSMILL_COMMANDS_FOLDER_H
#define LOSSMILL_COMMANDS_FOLDER_H

#include <stdbool.h>
#include <stdio.h>

// What was made is taken back where the program exits before folder_done.

// Makes PATH, or accepts it if it is there and empty; parent folders must exist. Returns
// STATUS_DONE, or another status after explaining on stderr.
int folder_prepare(const char *path);

// Makes PATH within it, a folder; false after explaining. One that was made already is accepted.
bool folder_inner(const char *path);

struct new_file {
    const char *path;
    FILE *stream;
};

// Opens a file that must not exist; false after explaining.
bool file_begin(struct new_file *file, const char *folder, const char *name);

// Closes it; false, after explaining, if not all of it could be written.
bool file_end(struct new_file *file);

// The folder is complete, and stays.
void folder_done(void);

#endif
