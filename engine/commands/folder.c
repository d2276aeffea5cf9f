#include "commands/folder.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/print.h"

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
    if (mkdir(path, 0777) == 0)
        return STATUS_DONE;
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
    file->path = text_format("%s/%s", folder, name);
    file->stream = fopen(file->path, "wxe");
    if (file->stream == NULL)
        fprintf(stderr, "lossmill: cannot write %s: %s\n", text_shown(file->path, 200),
                strerror(errno));
    return file->stream != NULL;
}

bool file_end(struct new_file *file)
{
    errno = 0;
    bool failed = ferror(file->stream) != 0;
    failed |= fclose(file->stream) != 0;
    if (failed) {
        fprintf(stderr, "lossmill: cannot write %s: %s\n", text_shown(file->path, 200),
                errno != 0 ? strerror(errno) : "an earlier write failed");
        unlink(file->path);
    }
    return !failed;
}
