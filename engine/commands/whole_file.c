#include "commands/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/print.h"

static bool explain(const char *path, int error)
{
    fprintf(stderr, "lossmill: cannot write %s: %s\n", text_shown(path, 200),
            error != 0 ? strerror(error) : "an earlier write failed");
    return false;
}

bool whole_file_begin(struct whole_file *file, const char *path)
{
    const char *slash = strrchr(path, '/');
    *file = (struct whole_file){.path = path};
    if (asprintf(&file->temporary, "%.*s.lossmill-XXXXXX",
                 slash != NULL ? (int)(slash - path + 1) : 0, path) < 0) {
        file->temporary = NULL;
        return explain(path, ENOMEM);
    }
    int descriptor = mkostemp(file->temporary, O_CLOEXEC); // 0600
    if (descriptor >= 0)
        file->stream = fdopen(descriptor, "w");
    if (file->stream != NULL)
        return true;
    int error = errno;
    if (descriptor >= 0) {
        close(descriptor);
        unlink(file->temporary);
    }
    free(file->temporary);
    return explain(path, error);
}

// Some file systems cannot sync folders: nothing more can be done there.
static void folder_sync(const char *temporary)
{
    const char *slash = strrchr(temporary, '/');
    char *folder =
        slash != NULL ? strndup(temporary, (size_t)(slash - temporary + 1)) : strdup(".");
    int descriptor = folder != NULL ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

bool whole_file_end(struct whole_file *file, bool good)
{
    errno = 0;
    bool written = good && ferror(file->stream) == 0 && fflush(file->stream) == 0 &&
                   fsync(fileno(file->stream)) == 0;
    int error = errno;
    if (fclose(file->stream) != 0 && written) {
        written = false;
        error = errno;
    }
    if (written && rename(file->temporary, file->path) != 0) {
        written = false;
        error = errno;
    }
    if (written)
        folder_sync(file->temporary);
    else
        unlink(file->temporary);
    free(file->temporary);
    if (good && !written)
        explain(file->path, error);
    return written;
}
