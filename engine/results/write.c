#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/content.h"
#include "results/file.h"
#include "results/hdf5.h"
#include "results/schema.h"
#include "simulate/address.h"

// Cells of a chunk: 1 MB of float64, the size of the library's chunk cache. Arrays below
// `plain_bytes` stand uncompressed.
static const uint64_t chunk_cells = 131072;
static const uint64_t plain_bytes = 8192;

struct writer {
    struct hdf5_file h;
    struct schema_view view;
    const struct results_input *inputs;
    size_t input_count;
    const char *version;
    struct content content;
    char hex[CONTENT_HEX]; // content_sha256
};

static bool out_of_memory(struct writer *w)
{
    if (!w->h.failed)
        memcpy(w->h.message, "out of memory", sizeof "out of memory");
    w->h.failed = true;
    return false;
}

static void chunk_choose(struct hdf5_shape *shape)
{
    uint64_t last = shape->rank == 2 ? shape->extents[1] : shape->extents[0];
    uint64_t rows = shape->rank == 2 ? shape->extents[0] : 1;
    if (last * rows * hdf5_cell_size(shape) <= plain_bytes)
        return;
    uint64_t across = last < chunk_cells ? last : chunk_cells;
    if (shape->rank == 1) {
        shape->chunk[0] = across;
        return;
    }
    uint64_t down = chunk_cells / across;
    shape->chunk[0] = down < rows ? down : rows;
    shape->chunk[1] = across;
}

// "" for what is missing.
static const char *cell_text(const struct schema_column *column, const struct schema_view *v,
                             size_t i, char *buffer)
{
    const char *text = NULL;
    if (column->type == SCHEMA_LABEL)
        return column->label(v, i, buffer);
    const void *at = column->at(v, i, 0);
    if (at == NULL)
        return "";
    if (column->type == SCHEMA_TEXT)
        text = *(const char *const *)at;
    else if (column->type == SCHEMA_SCENARIO &&
             *(const uint32_t *)at < v->portfolio->scenario_count)
        text = v->portfolio->scenarios[*(const uint32_t *)at].id;
    else if (column->type == SCHEMA_ASSET && *(const uint32_t *)at < v->portfolio->assets.count)
        text = v->portfolio->assets.id[*(const uint32_t *)at];
    else if (column->type == SCHEMA_EVENT && *(const uint32_t *)at < v->portfolio->event_count)
        text = v->portfolio->events[*(const uint32_t *)at].id;
    return text != NULL ? text : "";
}

static size_t text_size(const struct schema_column *column, const struct schema_view *v,
                        size_t count)
{
    char buffer[SCHEMA_TEXT_MAX + 1];
    size_t longest = 1; // netCDF takes strings of one byte for characters
    for (size_t i = 0; i < count; i++) {
        size_t length = schema_text_cut(cell_text(column, v, i, buffer), SCHEMA_TEXT_MAX);
        longest = length > longest ? length : longest;
    }
    return longest + 1;
}

static struct hdf5_shape shape_of(const struct schema_column *column, const struct schema_view *v)
{
    struct hdf5_shape shape = {.rank = schema_rank(column), .extents = {1, 1}};
    for (size_t a = 0; a < shape.rank; a++)
        shape.extents[a] = schema_axis_extent(v, column->axes[a]);
    switch (column->type) {
    case SCHEMA_REAL:
    case SCHEMA_MONEY:
        shape.type = HDF5_FLOAT64;
        break;
    case SCHEMA_COUNT:
    case SCHEMA_RANK:
        shape.type = HDF5_INT32;
        break;
    case SCHEMA_YEAR:
    case SCHEMA_ORDINAL:
        shape.type = v->portfolio->settings.years > INT32_MAX ? HDF5_INT64 : HDF5_INT32;
        break;
    default:
        shape.type = HDF5_TEXT;
        shape.text_size = text_size(column, v, shape.extents[0]);
    }
    chunk_choose(&shape);
    return shape;
}

static void whole_store(const struct hdf5_shape *shape, void *cell, uint64_t value)
{
    if (shape->type == HDF5_INT64)
        *(int64_t *)cell = (int64_t)value;
    else
        *(int32_t *)cell = (int32_t)value;
}

static void cell_fill(const struct schema_column *column, const struct schema_view *v,
                      const struct hdf5_shape *shape, size_t i, size_t j, void *cell)
{
    const void *at = column->at != NULL ? column->at(v, i, j) : NULL;
    char buffer[SCHEMA_TEXT_MAX + 1];
    const char *text;
    double real;
    switch (column->type) {
    case SCHEMA_REAL:
    case SCHEMA_MONEY:
        if (at == NULL)
            real = NAN;
        else if (column->type == SCHEMA_REAL)
            real = *(const double *)at;
        else
            real = money_of_units((double)*(const int64_t *)at, v->portfolio->settings.resolution);
        *(double *)cell = isnan(real) ? (double)NAN : real; // one NaN of the many
        break;
    case SCHEMA_COUNT:
        *(int32_t *)cell = *(const int32_t *)at;
        break;
    case SCHEMA_YEAR:
        whole_store(shape, cell, *(const uint64_t *)at);
        break;
    case SCHEMA_ORDINAL:
        whole_store(shape, cell, i);
        break;
    case SCHEMA_RANK:
        whole_store(shape, cell, i + 1);
        break;
    default:
        text = cell_text(column, v, i, buffer);
        memset(cell, 0, shape->text_size);
        memcpy(cell, text, schema_text_cut(text, SCHEMA_TEXT_MAX));
    }
}

// Writes and hashes the cells, one chunk at a time; a chunk is a run of whole rows, or part of one.
static bool cells_write(struct writer *w, const struct schema_column *column, const char *path,
                        const struct hdf5_shape *shape, int64_t dataset)
{
    const size_t size = hdf5_cell_size(shape);
    const uint64_t total = shape->extents[0] * shape->extents[1];
    const uint64_t rows = shape->rank == 1                  ? chunk_cells
                          : shape->extents[1] == 0          ? 1
                          : shape->extents[1] < chunk_cells ? chunk_cells / shape->extents[1]
                                                            : 1;
    struct sha256_ctx hash;
    sha256_init(&hash);
    uint64_t slab = rows < shape->extents[0] ? rows : shape->extents[0];
    unsigned char *cells = calloc(slab * shape->extents[1] + 1, size);
    if (cells == NULL)
        return out_of_memory(w);
    for (uint64_t first = 0; total > 0 && first < shape->extents[0] && !w->h.failed;
         first += slab) {
        uint64_t left = shape->extents[0] - first, count = left < slab ? left : slab;
        unsigned char *cell = cells;
        for (uint64_t i = first; i < first + count; i++)
            for (uint64_t j = 0; j < shape->extents[1]; j++, cell += size)
                cell_fill(column, &w->view, shape, i, j, cell);
        if (shape->type == HDF5_TEXT)
            content_cells(&hash, cells, count * size, 1);
        else
            content_cells(&hash, cells, count * shape->extents[1], size);
        hdf5_rows_write(&w->h, dataset, shape, first, count, cells);
    }
    free(cells);
    if (!w->h.failed && !content_add(&w->content, path, &hash))
        return out_of_memory(w);
    return !w->h.failed;
}

static bool column_write(struct writer *w, const struct schema_column *column)
{
    const char *currency = w->view.portfolio->settings.currency;
    const char *units = schema_unit_text(column, currency != NULL ? currency : "");
    char table[SCHEMA_PATH_MAX], path[2 * SCHEMA_PATH_MAX], scale[2 * SCHEMA_PATH_MAX];
    static const double missing = NAN;
    int64_t dataset;

    if (!schema_table_path(column, &w->view, table)) {
        snprintf(w->h.message, sizeof w->h.message, "the name of a group column is too long");
        w->h.failed = true;
        return false;
    }
    snprintf(path, sizeof path, "%s/%s", table, column->name);
    struct hdf5_shape shape = shape_of(column, &w->view);
    hdf5_group(&w->h, table);
    if (!hdf5_dataset_create(&w->h, path, &shape, &dataset))
        return false;
    cells_write(w, column, path, &shape, dataset);
    hdf5_dataset_close(&w->h, dataset);
    hdf5_put_text(&w->h, path, "long_name", column->long_name);
    if (units != NULL)
        hdf5_put_text(&w->h, path, "units", units);
    if (schema_is_coordinate(column))
        return hdf5_scale_set(&w->h, path, column->name);
    if (shape.type == HDF5_FLOAT64)
        hdf5_put_reals(&w->h, path, "_FillValue", &missing, 1);
    for (unsigned a = 0; a < shape.rank; a++) {
        snprintf(scale, sizeof scale, "%s/%s", table, schema_axis_name(column->axes[a]));
        hdf5_scale_attach(&w->h, path, scale, a);
    }
    return !w->h.failed;
}

static void tables_write(struct writer *w)
{
    size_t groupings = w->view.portfolio->grouping_count;
    char path[SCHEMA_PATH_MAX];
    for (size_t c = 0; c < schema_column_count && !w->h.failed; c++) {
        const struct schema_column *column = &schema_columns[c];
        if (!schema_is_grouped(column)) {
            column_write(w, column);
            continue;
        }
        for (w->view.grouping = 0; w->view.grouping < groupings; w->view.grouping++)
            column_write(w, column);
    }
    for (w->view.grouping = 0; w->view.grouping < groupings && !w->h.failed; w->view.grouping++)
        for (size_t c = 0; c < schema_column_count; c++)
            if (schema_is_grouped(&schema_columns[c]) &&
                schema_table_path(&schema_columns[c], &w->view, path)) {
                hdf5_put_text(&w->h, path, "column",
                              w->view.portfolio->groupings[w->view.grouping].name);
                break;
            }
}

// The bytes of an input are a dimension scale of their own, since netCDF knows no unnamed
// dimension.
static bool input_write(struct writer *w, const struct results_input *input)
{
    char path[SCHEMA_PATH_MAX] = "/study/";
    struct hdf5_shape shape = {.type = HDF5_UINT8, .rank = 1, .extents = {input->size, 1}};
    struct sha256_ctx hash;
    int64_t dataset;

    if (!schema_name_encode(input->name, path + 7, sizeof path - 7)) {
        snprintf(w->h.message, sizeof w->h.message, "the name of an input file is too long");
        w->h.failed = true;
        return false;
    }
    if (input->size > 512)
        shape.chunk[0] = input->size < 8 * chunk_cells ? input->size : 8 * chunk_cells;
    if (!hdf5_dataset_create(&w->h, path, &shape, &dataset))
        return false;
    hdf5_rows_write(&w->h, dataset, &shape, 0, input->size, input->bytes);
    hdf5_dataset_close(&w->h, dataset);
    hdf5_put_text(&w->h, path, "long_name", "bytes of an input file");
    hdf5_put_text(&w->h, path, "units", "1");
    hdf5_put_text(&w->h, path, "file", input->name);
    hdf5_put_text(&w->h, path, "sha256", input->sha256);
    hdf5_scale_set(&w->h, path, path + 7);
    sha256_init(&hash);
    content_cells(&hash, input->bytes, input->size, 1);
    return content_add(&w->content, path, &hash) || out_of_memory(w);
}

static void inputs_write(struct writer *w)
{
    char **lines = calloc(w->input_count + 1, sizeof *lines);
    bool good = lines != NULL;
    hdf5_group(&w->h, "/study");
    for (size_t i = 0; good && i < w->input_count; i++) {
        input_write(w, &w->inputs[i]);
        good = asprintf(&lines[i], "%s  %s", w->inputs[i].sha256, w->inputs[i].name) >= 0;
        if (!good)
            lines[i] = NULL;
    }
    if (!good)
        out_of_memory(w);
    else if (w->input_count > 0)
        hdf5_put_texts(&w->h, "/", "input_sha256", (const char *const *)lines, w->input_count);
    hdf5_texts_free(lines, w->input_count);
}

static const char *given(const char *text)
{
    return text != NULL ? text : "";
}

static void attributes_write(struct writer *w)
{
    const struct portfolio *p = w->view.portfolio;
    const struct settings *s = &p->settings;
    struct hdf5_file *h = &w->h;
    hdf5_put_text(h, "/", "title", given(s->title));
    hdf5_put_text(h, "/", "engine", "lossmill");
    hdf5_put_text(h, "/", "engine_version", w->version);
    hdf5_put_whole(h, "/", "schema_version", SCHEMA_VERSION);
    hdf5_put_whole(h, "/", "sampling_version", SAMPLING_VERSION);
    hdf5_put_text(h, "/", "currency", given(s->currency));
    hdf5_put_text(h, "/", "as_of", given(s->as_of));
    hdf5_put_reals(h, "/", "resolution", &s->resolution, 1);
    hdf5_put_whole(h, "/", "years", (int64_t)s->years);
    hdf5_put_whole(h, "/", "seed", (int64_t)s->seed);
    hdf5_put_text(h, "/", "rate_uncertainty",
                  s->rate_uncertainty == RATE_UNCERTAINTY_NONE ? "none" : "year");
    hdf5_put_text(h, "/", "annual_loss_basis",
                  s->annual_loss == ANNUAL_LOSS_PRODUCT ? "product" : "events");
    hdf5_put_whole(h, "/", "detail", s->detail > INT64_MAX ? INT64_MAX : (int64_t)s->detail);
    if (s->return_period_count > 0)
        hdf5_put_reals(h, "/", "return_periods", s->return_periods, s->return_period_count);
    if (s->quantile_count > 0)
        hdf5_put_reals(h, "/", "quantiles", s->quantiles, s->quantile_count);
    if (p->grouping_count > 0) {
        const char **names = calloc(p->grouping_count, sizeof *names);
        for (size_t g = 0; names != NULL && g < p->grouping_count; g++)
            names[g] = p->groupings[g].name;
        if (names == NULL)
            out_of_memory(w);
        else
            hdf5_put_texts(h, "/", "groups", names, p->grouping_count);
        free(names);
    }
    hdf5_put_whole(h, "/", "capped_events", (int64_t)w->view.outcome->capped_events);
}

static bool file_write(struct writer *w, const char *path)
{
    hdf5_create(&w->h, path);
    attributes_write(w);
    inputs_write(w);
    tables_write(w);
    if (!w->h.failed) {
        content_hex(&w->content, w->hex);
        hdf5_put_text(&w->h, "/", "content_sha256", w->hex);
    }
    return hdf5_close(&w->h);
}

// Does the file open, and does it end with what was written last?
static bool file_check(struct writer *w, const char *path)
{
    char *hex = NULL;
    hdf5_open(&w->h, path);
    bool good = hdf5_get_text(&w->h, "/", "content_sha256", &hex) && strcmp(hex, w->hex) == 0;
    free(hex);
    return hdf5_close(&w->h) && good;
}

// "FOLDER/" or "" of PATH.
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strndup(path, slash != NULL ? (size_t)(slash - path + 1) : 0);
}

static bool folder_sync(const char *folder)
{
    int descriptor = open(*folder != '\0' ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    // Some file systems cannot sync folders: EINVAL, and nothing more can be done there.
    bool good = descriptor >= 0 && (fsync(descriptor) == 0 || errno == EINVAL);
    int error = errno;
    if (descriptor >= 0)
        close(descriptor);
    errno = error;
    return good;
}

bool results_write(const char *path, const struct outcome *outcome,
                   const struct results_input *inputs, size_t input_count, const char *version,
                   struct diagnostics *d)
{
    const struct place at = {.file = path};
    // The view is only read from here.
    struct writer w = {.view = {.outcome = (struct outcome *)(uintptr_t)outcome,
                                .portfolio = (struct portfolio *)(uintptr_t)outcome->portfolio},
                       .inputs = inputs,
                       .input_count = input_count,
                       .version = version};
    char *folder = folder_of(path), *temporary = NULL;
    int descriptor = -1;
    bool good = false;

    if (folder == NULL || asprintf(&temporary, "%s.lossmill-XXXXXX", folder) < 0) {
        temporary = NULL;
        diagnostics_add(d, &at, "cannot be written: out of memory");
    } else if ((descriptor = mkostemp(temporary, O_CLOEXEC)) < 0) {
        diagnostics_add(d, &at, "cannot be written: %s", strerror(errno));
    } else {
        if (!file_write(&w, temporary) || !file_check(&w, temporary))
            diagnostics_add(d, &at, "cannot be written: %s",
                            w.h.failed ? w.h.message : "the file does not read back");
        else if (fsync(descriptor) != 0)
            diagnostics_add(d, &at, "cannot be synced to disk: %s", strerror(errno));
        else if (rename(temporary, path) != 0)
            diagnostics_add(d, &at, "cannot be put in place: %s", strerror(errno));
        else
            good = true;
        if (!good)
            unlink(temporary);
        else if (!folder_sync(folder))
            diagnostics_warn(d, &at, "its folder cannot be synced: %s", strerror(errno));
        close(descriptor);
    }
    content_free(&w.content);
    free(temporary);
    free(folder);
    return good;
}
