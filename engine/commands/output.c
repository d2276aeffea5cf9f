#include "commands/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/print.h"

enum { MAGIC_MAX = 64 };

static const char *beside(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    return text_format("%.*s%s", slash != NULL ? (int)(slash - path + 1) : 0, path, name);
}

bool output_possible(const char *command, const char *path, const char *magic, size_t size,
                     const char *kind)
{
    struct stat file;
    if (stat(path, &file) == 0) {
        char head[MAGIC_MAX] = {0};
        if (!S_ISREG(file.st_mode)) {
            fprintf(stderr, "lossmill %s: %s is not a regular file\n", command,
                    text_shown(path, 200));
            return false;
        }
        FILE *stream = fopen(path, "rb");
        size_t got = stream != NULL ? fread(head, 1, size, stream) : 0;
        if (stream != NULL)
            fclose(stream);
        if (file.st_size > 0 && (got < size || memcmp(head, magic, size) != 0)) {
            fprintf(stderr, "lossmill %s: %s exists and is not %s: not replaced\n", command,
                    text_shown(path, 200), kind);
            return false;
        }
    }
    // without a name nothing stays if the program is killed here; not all file systems know that
    int descriptor = open(beside(path, "."), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    const char *probe = NULL;
    if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        probe = beside(path, ".lossmill-probe-XXXXXX");
        descriptor = mkostemp((char *)probe, O_CLOEXEC);
    }
    if (descriptor < 0) {
        fprintf(stderr, "lossmill %s: cannot write into the folder of %s: %s\n", command,
                text_shown(path, 200), strerror(errno));
        return false;
    }
    close(descriptor);
    if (probe != NULL)
        unlink(probe);
    return true;
}

static bool failed(const char *command, const char *path, const char *what)
{
    fprintf(stderr, "lossmill %s: %s cannot be %s: %s\n", command, text_shown(path, 200), what,
            strerror(errno));
    return false;
}

static const char *unfinished; // removed where the program ends before it is complete

static void remove_unfinished(void)
{
    if (unfinished != NULL)
        unlink(unfinished);
}

bool output_open(struct output_file *file, const char *command, const char *path)
{
    file->path = path;
    file->temporary = beside(path, ".lossmill-XXXXXX");
    atexit(remove_unfinished);
    int descriptor = mkostemp((char *)file->temporary, O_CLOEXEC);
    if (descriptor < 0)
        return failed(command, path, "written");
    unfinished = file->temporary;
    file->stream = fdopen(descriptor, "wb");
    if (file->stream != NULL) {
        errno = 0;
        return true;
    }
    failed(command, path, "written");
    close(descriptor);
    unlink(file->temporary);
    return false;
}

void output_abandon(struct output_file *file)
{
    fclose(file->stream);
    unlink(file->temporary);
}

// Where the C library has no memory to format a text it leaves it out, and only errno tells.
bool output_commit(struct output_file *file, const char *command)
{
    const bool unformatted = errno == ENOMEM;
    errno = unformatted ? ENOMEM : EIO; // where an earlier write failed, its reason is gone
    if (unformatted || ferror(file->stream) != 0 || fflush(file->stream) != 0 ||
        fsync(fileno(file->stream)) != 0) {
        failed(command, file->path, "written");
        output_abandon(file);
        return false;
    }
    if (fclose(file->stream) != 0 || rename(file->temporary, file->path) != 0) {
        failed(command, file->path, "put in place");
        unlink(file->temporary);
        return false;
    }
    // Some file systems cannot sync folders; the file itself is safe by now.
    const char *folder = beside(file->path, ".");
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    return true;
}
