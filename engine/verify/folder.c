#include "verify/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/study.h"

// Names come from the run's file, which anyone may have written: none leads out of the folder.
static bool leads_out(const char *name)
{
    if (*name == '/' || *name == '\0')
        return true;
    for (const char *part = name; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strcmp(part, "..") == 0 || strncmp(part, "../", 3) == 0)
            return true;
    }
    return false;
}

// The hash of a file; NULL in *wrong, or why there is none.
static void file_hash(const char *folder, const char *name, char hex[CONTENT_HEX],
                      const char **wrong)
{
    unsigned char bytes[65536];
    struct sha256_ctx hash;
    char path[8192];
    size_t n;

    *wrong = NULL;
    if (leads_out(name) || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) {
        *wrong = "no name of a file of a study";
        return;
    }
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        *wrong = errno == ENOENT ? "missing" : strerror(errno);
        return;
    }
    sha256_init(&hash);
    while ((n = fread(bytes, 1, sizeof bytes, file)) > 0)
        sha256_update(&hash, n, bytes);
    if (ferror(file) != 0)
        *wrong = strerror(errno);
    fclose(file);
    sha256_hex(&hash, hex);
}

static bool is_recorded(const struct kept_inputs *inputs, const char *name)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (strcmp(inputs->inputs[i].name, name) == 0)
            return true;
    return false;
}

// Files that the study would now be read from, beside those recorded. Whether it is in order is not
// asked: its reader tells what it would read in any case.
static void added_find(const struct verify_request *request, struct findings *f,
                       struct check *check, const struct kept_inputs *inputs)
{
    const struct study_options options = {.threads = request->threads};
    struct diagnostics *ignored = diagnostics_new();
    struct study study = {0};

    if (ignored == NULL) {
        f->out_of_memory = true;
        return;
    }
    study_read(&study, request->folder, &options, ignored);
    for (size_t i = 0; i < study.input_count; i++)
        if (!is_recorded(inputs, study.inputs[i].name))
            finding_add(f, check, study.inputs[i].name, "added: the run was made without it");
    study_free(&study);
    diagnostics_free(ignored);
}

bool folder_check(const struct verify_request *request, struct findings *f,
                  const struct kept_inputs *inputs, bool *readable, struct diagnostics *d)
{
    struct check *check =
        check_start(f, "The study", "files of the folder against the run's hashes");
    const struct place at = {.file = request->folder};
    DIR *folder = opendir(request->folder);

    *readable = folder != NULL;
    if (folder == NULL) {
        diagnostics_add(d, &at, "cannot be read: %s", strerror(errno));
        return false;
    }
    closedir(folder);
    for (size_t i = 0; i < inputs->count; i++) {
        const struct kept_input *input = &inputs->inputs[i];
        char hex[CONTENT_HEX];
        const char *wrong;

        file_hash(request->folder, input->name, hex, &wrong);
        if (wrong != NULL)
            finding_add(f, check, input->name, "%s", wrong);
        else if (strcmp(hex, input->sha256) != 0)
            finding_add(f, check, input->name, "changed: its SHA-256 is %s, the run's %s", hex,
                        input->sha256);
    }
    added_find(request, f, check, inputs);
    if (inputs->count == 0)
        check_skip(f, check, CHECK_FAILED, "the run does not record its inputs");
    else
        check_tell(f, check, "%zu files", inputs->count);
    return check->state == CHECK_OK;
}
