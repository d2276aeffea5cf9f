// Feeds files to a target, in builds without libFuzzer: replay FILE_OR_FOLDER...
#include <dirent.h>
#include <limits.h>

#include "fuzz.h"

static size_t fed;

static void file_feed(const char *path)
{
    FILE *stream = fopen(path, "rb");
    uint8_t *bytes;
    long size;

    if (!stream)
        return;
    fseek(stream, 0, SEEK_END);
    size = ftell(stream);
    rewind(stream);
    bytes = malloc(size > 0 ? (size_t)size : 1); // its end is where a sanitizer looks
    if (size >= 0 && fread(bytes, 1, (size_t)size, stream) == (size_t)size) {
        LLVMFuzzerTestOneInput(bytes, (size_t)size);
        fed++;
    }
    free(bytes);
    fclose(stream);
}

static void folder_feed(const char *path, DIR *folder)
{
    char inner[PATH_MAX];

    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        fprintf(stderr, "%s\n", inner); // the last one is the one that did it
        file_feed(inner);
    }
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);

        if (folder) {
            folder_feed(argv[i], folder);
            closedir(folder);
        } else {
            file_feed(argv[i]);
        }
    }
    printf("%zu inputs\n", fed);
    return fed == 0;
}
