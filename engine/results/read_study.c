// The study that a run was made of, out of the file that someone else may have written.
#include "results/reader.h"

#include <stdlib.h>
#include <string.h>

#include "results/content.h"

enum { INPUTS_MAX = 100000, HEX = CONTENT_HEX - 1 };

struct study_reading {
    struct hdf5_file h;
    struct arena *arena;
    uint64_t budget; // decoded bytes that the rest of the inputs may claim
};

// A line of the attribute input_sha256 is "HEX  NAME".
static bool line_cut(struct study_reading *r, const char *line, struct results_input *input)
{
    if (strspn(line, "0123456789abcdef") != HEX || strncmp(line + HEX, "  ", 2) != 0)
        return reader_refuse(&r->h, "attribute input_sha256 is not of lines 'HASH  NAME'");
    input->sha256 = arena_text(r->arena, line, HEX);
    input->name = arena_text(r->arena, line + HEX + 2, strlen(line + HEX + 2));
    return (input->sha256 != NULL && input->name != NULL) || reader_out_of_memory(&r->h);
}

static bool bytes_read(struct study_reading *r, const char *path, struct results_input *input)
{
    struct hdf5_shape shape;
    unsigned char *bytes = NULL;
    int64_t dataset;

    if (!hdf5_dataset_open(&r->h, path, &shape, r->budget, &dataset))
        return false;
    if (shape.rank != 1 || shape.type != HDF5_UINT8)
        reader_refuse(&r->h, "%s is not a row of bytes", path);
    else if ((bytes = arena_alloc(r->arena, shape.extents[0], 1)) == NULL)
        reader_out_of_memory(&r->h);
    else
        hdf5_rows_read(&r->h, dataset, &shape, 0, shape.extents[0], bytes);
    input->bytes = bytes;
    input->size = shape.extents[0];
    r->budget -= shape.extents[0];
    return hdf5_dataset_close(&r->h, dataset);
}

static bool input_read(struct study_reading *r, const char *line, struct results_input *input)
{
    char path[SCHEMA_PATH_MAX] = "/study/", hex[CONTENT_HEX];
    const size_t length = strlen(path);
    struct sha256_ctx hash;

    if (!line_cut(r, line, input))
        return false;
    if (!schema_name_encode(input->name, path + length, sizeof path - length))
        return reader_refuse(&r->h, "the name of an input file is empty or too long");
    if (!bytes_read(r, path, input))
        return false;
    sha256_init(&hash);
    content_cells(&hash, input->bytes, input->size, 1);
    sha256_hex(&hash, hex);
    return strcmp(hex, input->sha256) == 0 ||
           reader_refuse(&r->h,
                         "the study's '%s' is not the file that was run: its SHA-256 is %s, not %s",
                         input->name, hex, input->sha256);
}

static bool inputs_read(struct study_reading *r, struct results_study *study)
{
    struct results_input *inputs;
    char **lines = NULL;
    size_t count = 0;

    if (!hdf5_has_link(&r->h, "/study") || !hdf5_has_attribute(&r->h, "/", "input_sha256"))
        return reader_refuse(&r->h, "there is no study in it");
    if (!hdf5_get_texts(&r->h, "/", "input_sha256", INPUTS_MAX, &lines, &count))
        return false;
    inputs = arena_alloc(r->arena, count, sizeof *inputs);
    if (inputs == NULL)
        reader_out_of_memory(&r->h);
    else if (count == 0)
        reader_refuse(&r->h, "there is no study in it");
    for (size_t i = 0; i < count && !r->h.failed; i++)
        input_read(r, lines[i], &inputs[i]);
    hdf5_texts_free(lines, count);
    study->inputs = inputs;
    study->input_count = count;
    return !r->h.failed;
}

bool results_study_read(const char *path, struct arena *arena, struct results_study *study,
                        struct diagnostics *d)
{
    struct study_reading r = {.arena = arena};
    bool good;

    *study = (struct results_study){0};
    if (!reader_budget(path, &r.budget, d))
        return false;
    good = hdf5_open(&r.h, path);
    if (reader_whole(&r.h, "schema_version") != SCHEMA_VERSION)
        reader_refuse(&r.h, "the file is of another schema version than %d", SCHEMA_VERSION);
    study->years = reader_whole(&r.h, "years");
    study->seed = reader_whole(&r.h, "seed");
    study->sampling_version = reader_whole(&r.h, "sampling_version");
    good = inputs_read(&r, study) && good;
    good = hdf5_close(&r.h) && good;
    if (!good) {
        reader_tell(&r.h, path, "cannot be run again", d);
        *study = (struct results_study){0};
    }
    return good;
}
