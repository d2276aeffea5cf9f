#include "verify/contents.h"

#include <stdlib.h>
#include <string.h>

#include "results/reader.h"

static const char section[] = "The file";

enum { SLAB_BYTES = 1 << 20, INPUTS_MAX = 100000 };

// The hash of a dataset's decoded cells, by the rule of schema.h.
static bool dataset_hash(struct run_file *run, const char *path, struct sha256_ctx *hash)
{
    struct hdf5_shape shape;
    int64_t dataset;

    if (!hdf5_dataset_open(&run->h, path, &shape, run->budget, &dataset))
        return false;
    const size_t size = hdf5_cell_size(&shape);
    const uint64_t row = shape.extents[1] * size;
    const uint64_t slab = row < SLAB_BYTES ? SLAB_BYTES / (row > 0 ? row : 1) : 1;
    unsigned char *cells = malloc(slab * (row > 0 ? row : 1));
    bool good = cells != NULL;

    sha256_init(hash);
    for (uint64_t first = 0; good && first < shape.extents[0]; first += slab) {
        const uint64_t left = shape.extents[0] - first, rows = left < slab ? left : slab;

        good = hdf5_rows_read(&run->h, dataset, &shape, first, rows, cells);
        if (good && shape.type == HDF5_TEXT)
            content_cells(hash, cells, rows * row, 1);
        else if (good)
            content_cells(hash, cells, rows * shape.extents[1], size);
    }
    if (cells == NULL)
        reader_out_of_memory(&run->h);
    free(cells);
    hdf5_dataset_close(&run->h, dataset);
    return good;
}

static void input_cut(struct run_file *run, struct findings *f, const char *line,
                      struct kept_input *input)
{
    char path[SCHEMA_PATH_MAX] = "/study/";
    const size_t length = strlen(path);

    if (strspn(line, "0123456789abcdef") != CONTENT_HEX - 1 ||
        strncmp(line + CONTENT_HEX - 1, "  ", 2) != 0) {
        input->name = findings_text(f, "%s", line);
        input->sha256 = "";
        return;
    }
    input->sha256 = findings_text(f, "%.*s", CONTENT_HEX - 1, line);
    input->name = findings_text(f, "%s", line + CONTENT_HEX + 1);
    if (schema_name_encode(input->name, path + length, sizeof path - length)) {
        input->path = findings_text(f, "%s", path);
        input->present = run_file_has(run, path);
    }
}

static void inputs_list(struct run_file *run, struct findings *f, struct kept_inputs *inputs)
{
    char **lines = NULL;
    size_t count = 0;

    if (hdf5_has_attribute(&run->h, "/", "input_sha256") &&
        hdf5_get_texts(&run->h, "/", "input_sha256", INPUTS_MAX, &lines, &count)) {
        inputs->inputs = arena_alloc(run->arena, count + 1, sizeof *inputs->inputs);
        inputs->count = inputs->inputs != NULL ? count : 0;
        f->out_of_memory = f->out_of_memory || inputs->inputs == NULL;
    }
    for (size_t i = 0; lines != NULL && i < inputs->count; i++)
        input_cut(run, f, lines[i], &inputs->inputs[i]);
    hdf5_texts_free(lines, count);
    run_file_forget(run);
}

// The line of a kept input is that of its file: the hash of its bytes.
static void input_compare(struct run_file *run, struct findings *f, struct check *check,
                          struct kept_inputs *inputs, const char *path, const char *hex)
{
    const char *own = run_file_text(run, path, "sha256");

    for (size_t i = 0; i < inputs->count; i++) {
        struct kept_input *input = &inputs->inputs[i];

        if (input->path == NULL || strcmp(input->path, path) != 0)
            continue;
        input->intact = strcmp(hex, input->sha256) == 0;
        if (!input->intact)
            finding_add(f, check, input->name, "changed: its SHA-256 is %s, recorded is %s", hex,
                        input->sha256);
        else if (own == NULL || strcmp(own, hex) != 0)
            finding_add(f, check, input->name, "its attribute sha256 is %s, not %s",
                        own != NULL ? own : "missing", hex);
        return;
    }
    finding_add(f, check, path, "added: input_sha256 knows of no such file");
}

static void inputs_finish(struct findings *f, struct check *check, struct kept_inputs *inputs)
{
    size_t missing = 0;

    inputs->intact = inputs->count > 0;
    for (size_t i = 0; i < inputs->count; i++) {
        inputs->intact = inputs->intact && inputs->inputs[i].intact;
        missing += !inputs->inputs[i].present;
        if (inputs->inputs[i].path == NULL)
            finding_add(f, check, "/ @input_sha256", "is not of lines 'HASH  NAME': %s",
                        inputs->inputs[i].name);
    }
    if (inputs->count == 0) {
        check_skip(f, check, CHECK_FAILED, "the attribute input_sha256 is missing");
    } else if (missing == inputs->count && check->finding_count == 0) {
        check_skip(f, check, CHECK_SKIPPED,
                   "the run keeps none of its %zu inputs, only their hashes", inputs->count);
    } else {
        for (size_t i = 0; i < inputs->count; i++)
            if (!inputs->inputs[i].present)
                finding_add(f, check, inputs->inputs[i].name, "missing");
        check_tell(f, check, "%zu files", inputs->count);
    }
}

// Inputs that are gone are known by their hashes: the rest can still be proven.
static bool missing_add(struct content *content, const struct kept_inputs *inputs)
{
    bool good = true;

    for (size_t i = 0; good && i < inputs->count; i++)
        if (inputs->inputs[i].path != NULL && !inputs->inputs[i].present)
            good = content_add_hex(content, inputs->inputs[i].path, inputs->inputs[i].sha256);
    return good;
}

static void layout_check(struct run_file *run, struct findings *f)
{
    struct check *check = check_start(f, section, "layout of the schema, and nothing else");
    size_t grouping, datasets = 0;

    if (run->results == NULL)
        finding_add(f, check, "/", "not a complete run: %s", run->unread);
    for (size_t i = 0; i < run->object_count; i++) {
        const struct hdf5_object *object = &run->objects[i];

        datasets += object->kind == HDF5_KIND_DATASET;
        if (object->kind == HDF5_KIND_OTHER)
            finding_add(f, check, object->path, "neither a group nor a dataset");
        else if (object->kind == HDF5_KIND_DATASET && run->results != NULL &&
                 strncmp(object->path, "/study/", 7) != 0 &&
                 run_file_column(&run->view, object->path, &grouping) == NULL)
            finding_add(f, check, object->path, "added: the schema knows of no such dataset");
    }
    check_tell(f, check, "%zu datasets", datasets);
}

static void hashes_compare(struct run_file *run, struct findings *f, struct check *check,
                           size_t datasets)
{
    const char *recorded = run_file_text(run, "/", "content_sha256");

    if (recorded == NULL)
        finding_add(f, check, "/ @content_sha256", "missing");
    else if (strcmp(recorded, run->content) != 0)
        finding_add(f, check, "/ @content_sha256", "is %s, the contents have %s", recorded,
                    run->content);
    check_tell(f, check, "%zu datasets", datasets);
}

void contents_check(struct run_file *run, struct findings *f, struct kept_inputs *inputs)
{
    struct check *check = check_start(f, section, "contents against content_sha256");
    struct check *of_inputs = check_start(f, section, "kept inputs against their hashes");
    struct content content = {0};
    size_t datasets = 0;
    bool good = true;

    *inputs = (struct kept_inputs){0};
    inputs_list(run, f, inputs);
    for (size_t i = 0; good && i < run->object_count; i++) {
        const struct hdf5_object *object = &run->objects[i];
        struct sha256_ctx hash;
        char hex[CONTENT_HEX];

        if (object->kind != HDF5_KIND_DATASET)
            continue;
        datasets++;
        if (!dataset_hash(run, object->path, &hash)) {
            finding_add(f, check, object->path, "%s", run_file_recover(run, f));
            continue;
        }
        sha256_hex(&hash, hex);
        good = content_add_hex(&content, object->path, hex);
        if (strncmp(object->path, "/study/", 7) == 0)
            input_compare(run, f, of_inputs, inputs, object->path, hex);
    }
    good = good && missing_add(&content, inputs);
    f->out_of_memory = f->out_of_memory || !good;
    content_hex(&content, run->content);
    content_free(&content);
    hashes_compare(run, f, check, datasets);
    inputs_finish(f, of_inputs, inputs);
    layout_check(run, f);
}
