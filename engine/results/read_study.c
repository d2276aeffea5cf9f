// The study that a run was made of, out of the file that someone else may have written.
#include "results/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "results/content.h"

enum { INPUTS_MAX = 100000, HEX = CONTENT_HEX - 1 };

// A line of the attribute input_sha256 is "HEX  NAME".
static bool line_cut(struct study_reading *r, const char *line, struct results_input *input)
{
    if (strspn(line, "0123456789abcdef") != HEX || strncmp(line + HEX, "  ", 2) != 0)
        return reader_refuse(&r->h, "attribute input_sha256 is not of lines 'HASH  NAME'");
    input->sha256 = arena_text(&r->arena, line, HEX);
    input->name = arena_text(&r->arena, line + HEX + 2, strlen(line + HEX + 2));
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
    else if ((bytes = arena_alloc(&r->arena, shape.extents[0], 1)) == NULL)
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

static bool inputs_read(struct study_reading *r)
{
    struct results_input *inputs;
    char **lines = NULL;
    size_t count = 0;

    if (!hdf5_has_link(&r->h, "/study") || !hdf5_has_attribute(&r->h, "/", "input_sha256"))
        return reader_refuse(&r->h, "there is no study in it");
    if (!hdf5_get_texts(&r->h, "/", "input_sha256", INPUTS_MAX, &lines, &count))
        return false;
    inputs = arena_alloc(&r->arena, count, sizeof *inputs);
    if (inputs == NULL)
        reader_out_of_memory(&r->h);
    else if (count == 0)
        reader_refuse(&r->h, "there is no study in it");
    for (size_t i = 0; i < count && !r->h.failed; i++)
        input_read(r, lines[i], &inputs[i]);
    hdf5_texts_free(lines, count);
    r->study.inputs = inputs;
    r->study.input_count = count;
    return !r->h.failed;
}

bool reader_study_read(void *study_reading)
{
    struct study_reading *r = study_reading;
    bool good = hdf5_open(&r->h, r->path);

    if (reader_whole(&r->h, "schema_version") != SCHEMA_VERSION)
        reader_refuse(&r->h, "the file is of another schema version than %d", SCHEMA_VERSION);
    r->study.years = reader_whole(&r->h, "years");
    r->study.seed = reader_whole(&r->h, "seed");
    r->study.sampling_version = reader_whole(&r->h, "sampling_version");
    good = inputs_read(r) && good;
    return hdf5_close(&r->h) && good;
}

// False if memory is exhausted.
static bool study_copy(const struct results_study *from, struct arena *arena,
                       struct results_study *to)
{
    struct results_input *inputs = arena_alloc(arena, from->input_count, sizeof *inputs);
    bool good = inputs != NULL;

    for (size_t i = 0; good && i < from->input_count; i++) {
        const struct results_input *input = &from->inputs[i];

        inputs[i] = (struct results_input){
            .name = arena_text(arena, input->name, strlen(input->name)),
            .bytes = (unsigned char *)arena_text(arena, (const char *)input->bytes, input->size),
            .size = input->size,
            .sha256 = arena_text(arena, input->sha256, strlen(input->sha256))};
        good = inputs[i].name != NULL && inputs[i].bytes != NULL && inputs[i].sha256 != NULL;
    }
    *to = *from;
    to->inputs = inputs;
    return good;
}

bool results_study_read(const char *path, struct arena *arena, struct results_study *study,
                        struct diagnostics *d)
{
    const struct place at = {.file = path};
    struct study_reading *r = NULL;
    struct apart apart = {0};
    struct arena shared;
    uint64_t budget;
    bool good;

    *study = (struct results_study){0};
    if (!reader_budget(path, &budget, d))
        return false;
    if (apart_open(&apart, &shared))
        r = arena_alloc(&shared, 1, sizeof *r);
    good = r != NULL;
    if (good) {
        *r = (struct study_reading){.path = path, .arena = shared, .budget = budget};
        good =
            reader_apart(&apart, &r->arena, reader_study_read, r, &r->h, reader_limits(budget)) &&
            (study_copy(&r->study, arena, study) || reader_out_of_memory(&r->h));
    }
    if (!good) {
        if (r != NULL)
            reader_tell(&r->h, path, "cannot be run again", d);
        else
            diagnostics_fail(d, &at, "cannot be run again: %s", strerror(ENOMEM));
        *study = (struct results_study){0};
    }
    apart_close(&apart);
    return good;
}
