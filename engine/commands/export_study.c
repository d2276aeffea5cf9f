#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/folder.h"
#include "commands/print.h"
#include "commands/registers.h"

// Whether a name leads to a file below the folder, whatever the run's file says.
static bool name_is_inside(const char *name)
{
    for (const char *part = name;; part++) {
        size_t length = strcspn(part, "/");
        if (length == 0 || (length == 1 && part[0] == '.') ||
            (length == 2 && part[0] == '.' && part[1] == '.'))
            return false;
        part += length;
        if (*part == '\0')
            return true;
    }
}

// Makes the folders that the name passes through.
static bool folders_make(const char *folder, const char *name)
{
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
        if (!folder_inner(text_format("%s/%.*s", folder, (int)(slash - name), name)))
            return false;
    return true;
}

static bool input_write(const char *folder, const struct results_input *input)
{
    struct new_file file;
    if (!folders_make(folder, input->name) || !file_begin(&file, folder, input->name))
        return false;
    fwrite(input->bytes, 1, input->size, file.stream);
    return file_end(&file);
}

static int inputs_write(const struct results_study *study, const char *path, const char *folder)
{
    for (size_t i = 0; i < study->input_count; i++) {
        if (name_is_inside(study->inputs[i].name))
            continue;
        fprintf(stderr,
                "lossmill export: %s has an input named '%s', which leads out of the study: "
                "nothing was written\n",
                text_shown(path, 200), text_shown(study->inputs[i].name, 80));
        return STATUS_INPUT;
    }
    umask(077); // as a run's file: what it says is for its owner
    int status = folder_prepare(folder);
    if (status != STATUS_DONE)
        return status;
    for (size_t i = 0; i < study->input_count; i++)
        if (!input_write(folder, &study->inputs[i]))
            return STATUS_SYSTEM;
    folder_done();
    return STATUS_DONE;
}

int export_study(const char *path, const char *folder)
{
    struct arena arena = {0};
    struct results_study study;
    struct diagnostics *d = must_have(diagnostics_new());
    int status = results_study_read(path, &arena, &study, d) ? inputs_write(&study, path, folder)
                                                             : input_status(d);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    if (status == STATUS_DONE)
        printf("%s file%s written. The same run again:\n\n"
               "  lossmill run %s -o again.h5 --years %llu --seed %llu\n",
               whole_text(study.input_count), study.input_count == 1 ? "" : "s",
               text_shown(folder, 200), (unsigned long long)study.years,
               (unsigned long long)study.seed);
    arena_free(&arena);
    return status;
}
