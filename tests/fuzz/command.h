// Targets that are a whole command with a file made of the bytes; what it prints goes nowhere.
#ifndef LOSSMILL_TESTS_FUZZ_COMMAND_H
#define LOSSMILL_TESTS_FUZZ_COMMAND_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "commands/commands.h"
#include "fuzz.h"

// The bytes as a file in memory, of which `path` becomes a name; to be closed.
static inline int fuzz_file(const uint8_t *bytes, size_t size, char path[64])
{
    const int file = memfd_create("fuzz", MFD_CLOEXEC);

    fuzz_claim(file >= 0 && write(file, bytes, size) == (ssize_t)size, "there is memory");
    snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

// Both streams are pointed at /dev/null once; what tells of a crash is the exit status then.
static inline void fuzz_silence(void)
{
    static bool silent;

    if (!silent && getenv("FUZZ_ALOUD") == NULL)
        silent = freopen("/dev/null", "w", stdout) != NULL;
}

#endif
