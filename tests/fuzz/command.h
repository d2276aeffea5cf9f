// Targets that are a whole command with a file made of the bytes; what it prints goes nowhere.
#ifndef LOSSMILL_TESTS_FUZZ_COMMAND_H
#define LOSSMILL_TESTS_FUZZ_COMMAND_H

#include <stdbool.h>
#include <unistd.h>

#include "commands/commands.h"
#include "fuzz.h"

enum { FUZZ_PATH_MAX = 64 };

// Writes the bytes to a file in memory, one for each process, and says its path. (Not a memfd: the
// HDF5 library wants to know its folder.)
static inline void fuzz_file(const uint8_t *bytes, size_t size, char path[FUZZ_PATH_MAX])
{
    snprintf(path, FUZZ_PATH_MAX, "/dev/shm/lossmill-fuzz-%d", (int)getpid());
    FILE *stream = fopen(path, "wb");
    fuzz_claim(stream && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0,
               "there is memory");
}

// What would be printed is not, but for messages.
static inline void fuzz_silence(void)
{
    static bool silent;

    if (!silent && getenv("FUZZ_ALOUD") == NULL)
        silent = freopen("/dev/null", "w", stdout) != NULL;
}

#endif
