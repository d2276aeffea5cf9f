#include "commands/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/print.h"

// Whatever was made, in order.
static const char **made;
static size_t made_count, made_room;
static bool done;

static void made_remove(void)
{
    while (!done && made_count > 0)
        remove(made[--made_count]);
}

// Before it is made, so that there is always room to note it.
static const char *made_reserve(const char *path)
{
    if (made_count == made_room) {
        made_room = 2 * made_room + 8;
        made = must_have(reallocarray(made, made_room, sizeof *made));
    }
    return text_format("%s", path);
}

bool folder_inner(const char *path)
{
    const char *kept = made_reserve(path);
    if (mkdir(path, 0777) == 0) {
        made[made_count++] = kept;
    } else if (errno != EEXIST) {
        fprintf(stderr, "lossmill: cannot make the folder %s: %s\n", text_shown(path, 200),
                strerror(errno));
        return false;
    }
    return true;
}

void folder_done(void)
{
    done = true;
}

static bool folder_empty(const char *path, bool *empty)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return false;
    *empty = true;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            *empty = false;
    closedir(folder);
    return true;
}

int folder_prepare(const char *path)
{
    bool empty = true;
    const char *kept = made_reserve(path);
    atexit(made_remove);
    if (mkdir(path, 0777) == 0) {
        made[made_count++] = kept;
        return STATUS_DONE;
    }
    if (errno == EEXIST && folder_empty(path, &empty)) {
        if (empty)
            return STATUS_DONE;
        fprintf(stderr, "lossmill: %s is not empty; name a folder that is new or empty\n",
                text_shown(path, 200));
        return STATUS_USAGE;
    }
    fprintf(stderr, "lossmill: cannot make the folder %s: %s\n", text_shown(path, 200),
            strerror(errno));
    return STATUS_SYSTEM;
}

bool file_begin(struct new_file *file, const char *folder, const char *name)
{
    file->path = made_reserve(text_format("%s/%s", folder, name));
    file->stream = fopen(file->path, "wxe");
    if (file->stream != NULL)
        made[made_count++] = file->path;
    else
        fprintf(stderr, "lossmill: cannot write %s: %s\n", text_shown(file->path, 200),
                strerror(errno));
    errno = file->stream != NULL ? 0 : errno;
    return file->stream != NULL;
}

bool file_end(struct new_file *file)
{
    bool failed = errno == ENOMEM || ferror(file->stream) != 0; // as output_commit
    errno = errno == ENOMEM ? ENOMEM : 0;
    failed |= fclose(file->stream) != 0;
    if (failed) {
        fprintf(stderr, "lossmill: cannot write %s: %s\n", text_shown(file->path, 200),
                errno != 0 ? strerror(errno) : "an earlier write failed");
    }
    return !failed;
}
