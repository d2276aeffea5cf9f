#include "results/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output_lock {
    int descriptor;
    char *path;
};

// Of an open file description (F_OFD): unlike a lock of flock it is nothing to HDF5, and unlike
// POSIX's it is not lost when some other descriptor of the file is closed.
static bool lock_set(int descriptor)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(descriptor, F_OFD_SETLK, &whole) == 0;
}

// False if the file was removed, or another put in its place, before it was locked.
static bool still_there(int descriptor, const char *path)
{
    struct stat locked, named;
    return fstat(descriptor, &locked) == 0 && stat(path, &named) == 0 &&
           locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

// The number of the process that has it, for whoever wonders; 0 if it cannot be told.
static long holder_of(int descriptor)
{
    char text[24] = {0};
    return pread(descriptor, text, sizeof text - 1, 0) > 0 ? strtol(text, NULL, 10) : 0;
}

static void holder_set(int descriptor)
{
    char text[24];
    const int size = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    // only told to people
    if (ftruncate(descriptor, 0) == 0 && pwrite(descriptor, text, (size_t)size, 0) != size)
        return;
}

struct output_lock *output_lock_take(const char *path, struct diagnostics *d)
{
    const struct place at = {.file = path};
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    struct output_lock *lock = calloc(1, sizeof *lock);
    if (lock == NULL || asprintf(&lock->path, "%.*s.%s.lock", (int)(name - path), path, name) < 0) {
        free(lock);
        diagnostics_fail(d, &at, "out of memory");
        return NULL;
    }
    for (;;) {
        lock->descriptor = open(lock->path, O_CREAT | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (lock->descriptor < 0) {
            diagnostics_add(d, &at, "cannot be written: %s: %s", lock->path, strerror(errno));
            break;
        }
        if (!lock_set(lock->descriptor)) {
            const bool taken = errno == EAGAIN || errno == EACCES;
            const long holder = holder_of(lock->descriptor);
            if (!taken)
                diagnostics_add(d, &at, "cannot be locked: %s: %s", lock->path, strerror(errno));
            else if (holder > 0)
                diagnostics_add(d, &at, "is being written by another run, process %ld", holder);
            else
                diagnostics_add(d, &at, "is being written by another run");
            close(lock->descriptor);
            break;
        }
        if (still_there(lock->descriptor, lock->path)) {
            holder_set(lock->descriptor);
            return lock;
        }
        close(lock->descriptor);
    }
    free(lock->path);
    free(lock);
    return NULL;
}

const char *output_lock_path(const struct output_lock *lock)
{
    return lock->path;
}

void output_lock_release(struct output_lock *lock)
{
    if (lock == NULL)
        return;
    // first the name: whoever opened the file before finds out that it is no longer there
    unlink(lock->path);
    close(lock->descriptor);
    free(lock->path);
    free(lock);
}
