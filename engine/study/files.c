#include "study/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Length of the name without the end .csv, if it has that.
static size_t stem_length(const char *name)
{
    const size_t length = strlen(name);

    return length >= 4 && strcmp(name + length - 4, ".csv") == 0 ? length - 4 : length;
}

// By stem: assets.csv stands before assets-cmdb.csv, which fills it.
static int compare_names(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    const size_t m = stem_length(x), n = stem_length(y);
    const int order = memcmp(x, y, m < n ? m : n);

    return order != 0 ? order : m != n ? (m < n ? -1 : 1) : strcmp(x + m, y + n);
}

// The names that a folder of the given files would list: those in it, not those below it.
static bool given_list(struct reading *reading)
{
    const struct study_options *options = reading->options;
    const char **names = arena_alloc(&reading->scratch, options->given_count, sizeof *names);
    size_t count = 0;

    if (!names)
        return reading_out_of_memory(reading);
    for (size_t i = 0; i < options->given_count; i++) {
        if (!strchr(options->given[i].name, '/'))
            names[count++] = options->given[i].name;
    }
    if (count > 0)
        qsort(names, count, sizeof *names, compare_names);
    reading->files = names;
    reading->file_count = count;
    return true;
}

static bool files_list(struct reading *reading, DIR *directory)
{
    const char **names = NULL;
    size_t count = 0, capacity = 0;
    struct dirent *entry;

    for (errno = 0; (entry = readdir(directory)) != NULL; errno = 0) {
        if (count == capacity) {
            const size_t wider = capacity ? 2 * capacity : 16;
            const char **moved = arena_alloc(&reading->scratch, wider, sizeof *moved);

            if (!moved)
                return false;
            if (count > 0)
                memcpy(moved, names, count * sizeof *moved);
            names = moved;
            capacity = wider;
        }
        names[count] = arena_text(reading->kept, entry->d_name, strlen(entry->d_name));
        if (!names[count])
            return false;
        count++;
    }
    if (errno != 0)
        return false;
    if (count > 0)
        qsort(names, count, sizeof *names, compare_names);
    reading->files = names;
    reading->file_count = count;
    return true;
}

bool files_open(struct reading *reading, const char *folder)
{
    const struct place at = {.file = folder};
    DIR *directory;
    bool good;

    if (reading->options->given)
        return given_list(reading);
    reading->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (reading->folder < 0) {
        diagnostics_add(reading->d, &at, "a study is a folder with study.ini in it: %s",
                        strerror(errno));
        diagnostics_blame(reading->d, errno);
        return false;
    }
    directory = opendir(folder);
    good = directory && files_list(reading, directory);
    if (!good) {
        diagnostics_add(reading->d, &at, "the folder cannot be listed: %s", strerror(errno));
        diagnostics_blame(reading->d, errno);
    }
    if (directory)
        closedir(directory);
    return good;
}

void files_close(struct reading *reading)
{
    if (reading->folder >= 0)
        close(reading->folder);
    reading->folder = -1;
}

bool files_have(const struct reading *reading, const char *name)
{
    return reading->file_count > 0 &&
           bsearch(&name, reading->files, reading->file_count, sizeof name, compare_names);
}

static bool leads_out(const char *name)
{
    if (*name == '/')
        return true;
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return false;
}

// Reads to the end; `size` is what the file system promised. False with errno, 0 if it has changed.
static bool read_whole(int file, unsigned char *bytes, size_t size)
{
    size_t done = 0;

    while (done <= size) { // one byte more would be too many
        const ssize_t got = read(file, bytes + done, size + 1 - done);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    errno = 0;
    return done == size;
}

static void hash(struct study_input *input)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx context;

    sha256_init(&context);
    sha256_update(&context, input->size, input->bytes);
    sha256_digest(&context, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        input->sha256[2 * i] = digits[digest[i] >> 4];
        input->sha256[2 * i + 1] = digits[digest[i] & 15];
    }
    input->sha256[2 * sizeof digest] = '\0';
}

static bool inputs_grow(struct reading *reading)
{
    struct study *study = reading->study;
    const size_t capacity = reading->input_capacity ? 2 * reading->input_capacity : 16;
    struct study_input *moved;

    if (study->input_count < reading->input_capacity)
        return true;
    moved = arena_alloc(reading->kept, capacity, sizeof *moved);
    if (!moved)
        return false;
    if (study->input_count > 0)
        memcpy(moved, study->inputs, study->input_count * sizeof *moved);
    study->inputs = moved;
    reading->input_capacity = capacity;
    return true;
}

// Fills `input` from an open file. NULL if all went well, else what did not, and errno.
static const char *input_fill(struct reading *reading, int file, const char *name,
                              struct study_input *input)
{
    struct stat status;
    unsigned char *bytes;

    if (fstat(file, &status) != 0)
        return strerror(errno);
    errno = 0;
    if (!S_ISREG(status.st_mode))
        return "it is not a regular file";
    bytes = arena_alloc(reading->kept, (size_t)status.st_size + 1, 1);
    input->name = arena_text(reading->kept, name, strlen(name));
    if (!bytes || !input->name)
        return "memory is exhausted"; // ENOMEM
    if (!read_whole(file, bytes, (size_t)status.st_size))
        return errno ? strerror(errno) : "it was changed while it was read";
    input->bytes = bytes;
    input->size = (size_t)status.st_size;
    return NULL;
}

// As input_fill.
static const char *input_take(const struct study_options *options, const char *name,
                              struct study_input *input)
{
    for (size_t i = 0; i < options->given_count; i++) {
        if (strcmp(options->given[i].name, name) == 0) {
            *input = options->given[i];
            return NULL;
        }
    }
    return strerror(errno = ENOENT);
}

// Whether an open file is below the study's folder, wherever symbolic links have led to: what a
// study reads becomes part of the result, which may go back to where the study came from.
static bool lies_within(const struct reading *reading, int file)
{
    char folder[PATH_MAX], path[PATH_MAX], link[64];
    ssize_t length, end;

    snprintf(link, sizeof link, "/proc/self/fd/%d", reading->folder);
    length = readlink(link, folder, sizeof folder);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    end = readlink(link, path, sizeof path);
    if (length == 1) // the root, which all is below
        return end > 0;
    return length > 0 && end > length && memcmp(path, folder, (size_t)length) == 0 &&
           path[length] == '/';
}

static const char *input_open(struct reading *reading, const char *name, struct study_input *input)
{
    // O_NONBLOCK: a FIFO must not hang us; regular files do not care
    const int file = openat(reading->folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const char *wrong = file < 0 ? strerror(errno)
                        : !lies_within(reading, file)
                            ? "it is a symbolic link out of the study folder"
                            : input_fill(reading, file, name, input);

    const int error = errno;

    if (file >= 0)
        close(file);
    errno = error;
    return wrong;
}

const struct study_input *files_read(struct reading *reading, const char *name,
                                     const struct place *at, struct diagnostics *d)
{
    const struct place itself = {.file = name};
    struct study *study = reading->study;
    struct study_input input;
    const char *wrong;

    for (size_t i = 0; i < study->input_count; i++) {
        if (strcmp(study->inputs[i].name, name) == 0)
            return &study->inputs[i];
    }
    if (leads_out(name)) {
        diagnostics_add(d, at ? at : &itself, "'%s' lies outside the study folder", name);
        return NULL;
    }
    reading_tell(reading, NAN, "reading the tables");
    wrong = reading->options->given ? input_take(reading->options, name, &input)
                                    : input_open(reading, name, &input);
    if (!wrong && !inputs_grow(reading))
        wrong = "memory is exhausted";
    if (wrong) {
        diagnostics_add(d, at ? at : &itself, "'%s' cannot be read: %s", name, wrong);
        diagnostics_blame(d, errno);
        return NULL;
    }
    study->inputs[study->input_count] = input;
    return &study->inputs[study->input_count++];
}

static int compare_inputs(const void *a, const void *b)
{
    return strcmp(((const struct study_input *)a)->name, ((const struct study_input *)b)->name);
}

void files_finish_inputs(struct reading *reading)
{
    struct study *study = reading->study;

    if (study->input_count > 0)
        qsort(study->inputs, study->input_count, sizeof *study->inputs, compare_inputs);
#pragma omp parallel for schedule(dynamic) num_threads(reading->options->threads)
    for (size_t i = 0; i < study->input_count; i++)
        hash(&study->inputs[i]);
}
