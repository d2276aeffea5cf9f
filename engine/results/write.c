#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results/cells.h"
#include "results/content.h"
#include "results/conveyor.h"
#include "results/deflater.h"
#include "results/file.h"
#include "results/folder_sync.h"
#include "results/hdf5.h"
#include "results/schema.h"
#include "simulate/address.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "chunks are written as cells stand in memory");

// Every array of the file, in order, is cut into pieces: its chunks, or all of it where it has
// none. Threads make and compress pieces (conveyor.h); one writes and hashes them. Arrays of one
// piece are the most, so that all arrays share one conveyor.
struct array {
    const struct schema_column *column; // NULL: an input
    size_t index;                       // of the grouping, or of the input
    struct hdf5_shape shape;
    uint64_t pieces_before; // in the arrays before this one
};

struct slot {
    unsigned char *cells, *packed;
    size_t packed_size;
};

struct thread {
    struct deflater *deflater;
    unsigned char *shuffled;
};

// Writing and hashing, which one thread does, are a third of the work: few others keep it busy.
enum { THREADS_MAX = 8, SLOTS_PER_THREAD = 3 };

struct writer {
    struct hdf5_file h;
    struct schema_view view;
    const struct results_input *inputs;
    size_t input_count;
    const char *version;
    struct content content;
    char hex[CONTENT_HEX]; // content_sha256

    struct array *arrays;
    size_t array_count;
    struct slot slots[THREADS_MAX * SLOTS_PER_THREAD];
    struct thread threads[THREADS_MAX];
    size_t thread_count;

    // Of the array that is being delivered.
    int64_t dataset;
    char table[SCHEMA_PATH_MAX], path[2 * SCHEMA_PATH_MAX];
    struct sha256_ctx hash;
};

static bool refuse(struct writer *w, const char *message)
{
    if (!w->h.failed)
        snprintf(w->h.message, sizeof w->h.message, "%s", message);
    w->h.failed = true;
    return false;
}

static bool out_of_memory(struct writer *w)
{
    return refuse(w, "out of memory");
}

// The part of an array that is a piece: `count` cells from row and column on, and how many there
// are room for.
struct piece {
    uint64_t row, column, first, count, room;
};

static uint64_t pieces_of(const struct hdf5_shape *shape)
{
    if (shape->chunk[0] == 0)
        return 1;
    return ((shape->extents[0] + shape->chunk[0] - 1) / shape->chunk[0]) *
           ((shape->extents[1] + shape->chunk[1] - 1) / shape->chunk[1]);
}

static struct piece piece_of(const struct hdf5_shape *shape, uint64_t k)
{
    struct piece piece = {.count = shape->extents[0] * shape->extents[1]};
    piece.room = piece.count;
    if (shape->chunk[0] > 0) {
        uint64_t columns = (shape->extents[1] + shape->chunk[1] - 1) / shape->chunk[1];
        piece.row = k / columns * shape->chunk[0];
        piece.column = k % columns * shape->chunk[1];
        piece.first = piece.row * shape->extents[1] + piece.column;
        piece.room = shape->chunk[0] * shape->chunk[1];
        uint64_t end = columns > 1 ? (piece.row + 1) * shape->extents[1] : piece.count;
        piece.count = end - piece.first < piece.room ? end - piece.first : piece.room;
    }
    return piece;
}

static const struct array *array_of(const struct writer *w, size_t piece)
{
    size_t low = 0, high = w->array_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (w->arrays[middle].pieces_before <= piece)
            low = middle;
        else
            high = middle;
    }
    return &w->arrays[low];
}

static void piece_make(void *context, size_t index, size_t slot_index, size_t thread_index)
{
    struct writer *w = context;
    const struct array *array = array_of(w, index);
    const struct hdf5_shape *shape = &array->shape;
    const struct piece piece = piece_of(shape, index - array->pieces_before);
    const size_t size = hdf5_cell_size(shape);
    struct slot *slot = &w->slots[slot_index];
    struct thread *thread = &w->threads[thread_index];
    // A view of its own: w->view follows the array that is being delivered.
    const struct schema_view view = {w->view.outcome, w->view.portfolio, array->index,
                                     w->view.treated, w->view.treatment_years};

    if (array->column == NULL) {
        memcpy(slot->cells, w->inputs[array->index].bytes + piece.first, piece.count);
    } else {
        cells_fill(array->column, &view, shape, piece.first, piece.count, slot->cells);
    }
    if (shape->chunk[0] == 0)
        return;
    const unsigned char *cells = slot->cells;
    memset(slot->cells + piece.count * size, 0, (piece.room - piece.count) * size);
    if (shape->shuffled) {
        cells_shuffle(thread->shuffled, slot->cells, piece.room, size);
        cells = thread->shuffled;
    }
    slot->packed_size = deflater_run(thread->deflater, cells, piece.room * size, slot->packed);
}

static bool array_create(struct writer *w, const struct array *array)
{
    if (array->column == NULL) {
        memcpy(w->table, "/study", sizeof "/study");
        memcpy(w->path, "/study/", sizeof "/study/");
        if (!schema_name_encode(w->inputs[array->index].name, w->path + 7, SCHEMA_PATH_MAX - 7))
            return refuse(w, "the name of an input file is too long");
    } else {
        w->view.grouping = array->index;
        if (!schema_table_path(array->column, &w->view, w->table))
            return refuse(w, "the name of a group column is too long");
        snprintf(w->path, sizeof w->path, "%s/%s", w->table, array->column->name);
    }
    sha256_init(&w->hash);
    return hdf5_group(&w->h, w->table) &&
           hdf5_dataset_create(&w->h, w->path, &array->shape, &w->dataset);
}

// The bytes of an input are a dimension scale of their own, since netCDF knows no unnamed
// dimension.
static bool input_finish(struct writer *w, const struct results_input *input)
{
    hdf5_put_text(&w->h, w->path, "long_name", "bytes of an input file");
    hdf5_put_text(&w->h, w->path, "units", "1");
    hdf5_put_text(&w->h, w->path, "file", input->name);
    hdf5_put_text(&w->h, w->path, "sha256", input->sha256);
    return hdf5_scale_set(&w->h, w->path, w->path + 7);
}

static bool column_finish(struct writer *w, const struct schema_column *column,
                          const struct hdf5_shape *shape)
{
    const char *currency = w->view.portfolio->settings.currency;
    const char *units = schema_unit_text(column, currency != NULL ? currency : "");
    char scale[2 * SCHEMA_PATH_MAX];
    static const double missing = NAN;

    hdf5_put_text(&w->h, w->path, "long_name", column->long_name);
    if (units != NULL)
        hdf5_put_text(&w->h, w->path, "units", units);
    if (schema_is_coordinate(column))
        return hdf5_scale_set(&w->h, w->path, column->name);
    if (shape->type == HDF5_FLOAT64)
        hdf5_put_reals(&w->h, w->path, "_FillValue", &missing, 1);
    for (unsigned a = 0; a < shape->rank; a++) {
        snprintf(scale, sizeof scale, "%s/%s", w->table, schema_axis_name(column->axes[a]));
        hdf5_scale_attach(&w->h, w->path, scale, a);
    }
    return !w->h.failed;
}

static bool piece_deliver(void *context, size_t index, size_t slot_index)
{
    struct writer *w = context;
    const struct slot *slot = &w->slots[slot_index];
    const struct array *array = array_of(w, index);
    const struct hdf5_shape *shape = &array->shape;
    const uint64_t k = index - array->pieces_before;
    const struct piece piece = piece_of(shape, k);
    const size_t size = hdf5_cell_size(shape);

    if (k == 0 && !array_create(w, array))
        return false;
    if (shape->type == HDF5_TEXT)
        content_cells(&w->hash, slot->cells, piece.count * size, 1);
    else
        content_cells(&w->hash, slot->cells, piece.count, size);
    if (shape->chunk[0] == 0)
        hdf5_rows_write(&w->h, w->dataset, shape, 0, shape->extents[0], slot->cells);
    else
        hdf5_chunk_write(&w->h, w->dataset, piece.row, piece.column, slot->packed,
                         slot->packed_size);
    if (k + 1 < pieces_of(shape))
        return !w->h.failed;
    hdf5_dataset_close(&w->h, w->dataset);
    if (!w->h.failed && !content_add(&w->content, w->path, &w->hash))
        return out_of_memory(w);
    return array->column == NULL ? input_finish(w, &w->inputs[array->index])
                                 : column_finish(w, array->column, shape);
}

static void array_add(struct writer *w, const struct schema_column *column, size_t index,
                      struct hdf5_shape shape, uint64_t *pieces)
{
    w->arrays[w->array_count++] = (struct array){column, index, shape, *pieces};
    *pieces += pieces_of(&shape);
}

// In the order of the file. False if memory is exhausted.
static bool arrays_list(struct writer *w, uint64_t *pieces)
{
    size_t groupings = w->view.portfolio->grouping_count;
    w->arrays = calloc(w->input_count + schema_column_count() * (groupings + 1), sizeof *w->arrays);
    if (w->arrays == NULL)
        return false;
    for (size_t i = 0; i < w->input_count; i++)
        array_add(w, NULL, i, cells_shape_of_bytes(w->inputs[i].size), pieces);
    for (size_t c = 0; c < schema_column_count(); c++) {
        const struct schema_column *column = schema_column_at(c);
        size_t times = schema_is_grouped(column) ? groupings : 1;
        if (!schema_is_present(column, &w->view))
            continue;
        for (w->view.grouping = 0; w->view.grouping < times; w->view.grouping++)
            array_add(w, column, w->view.grouping, cells_shape(column, &w->view), pieces);
    }
    return true;
}

// Room for the largest piece, in every slot and thread that there is work for.
static bool room_make(struct writer *w, uint64_t pieces)
{
    size_t most = 1;
    for (size_t a = 0; a < w->array_count; a++) {
        const struct hdf5_shape *shape = &w->arrays[a].shape;
        size_t size = piece_of(shape, 0).room * hdf5_cell_size(shape);
        most = size > most ? size : most;
    }
    if (w->thread_count > THREADS_MAX)
        w->thread_count = THREADS_MAX;
    if (w->thread_count > pieces || w->thread_count == 0)
        w->thread_count = pieces > 0;
    for (size_t i = 0; i < w->thread_count * SLOTS_PER_THREAD; i++) {
        w->slots[i].cells = malloc(most);
        w->slots[i].packed = malloc(deflater_bound(most));
        if (w->slots[i].cells == NULL || w->slots[i].packed == NULL)
            return false;
    }
    for (size_t i = 0; i < w->thread_count; i++) {
        w->threads[i].shuffled = malloc(most);
        w->threads[i].deflater = deflater_new();
        if (w->threads[i].shuffled == NULL || w->threads[i].deflater == NULL)
            return false;
    }
    return true;
}

static void arrays_free(struct writer *w)
{
    for (size_t i = 0; i < THREADS_MAX * SLOTS_PER_THREAD; i++) {
        free(w->slots[i].cells);
        free(w->slots[i].packed);
    }
    for (size_t i = 0; i < THREADS_MAX; i++) {
        free(w->threads[i].shuffled);
        deflater_free(w->threads[i].deflater);
    }
    free(w->arrays);
}

static void arrays_write(struct writer *w)
{
    uint64_t pieces = 0;
    if (!arrays_list(w, &pieces) || !room_make(w, pieces)) {
        out_of_memory(w);
        return;
    }
    const struct conveyor conveyor = {
        w->thread_count, w->thread_count * SLOTS_PER_THREAD, pieces, w, piece_make, piece_deliver};
    conveyor_run(&conveyor);
}

// The names of group columns, as attributes.
static void groups_name(struct writer *w)
{
    size_t groupings = w->view.portfolio->grouping_count;
    char path[SCHEMA_PATH_MAX];
    for (w->view.grouping = 0; w->view.grouping < groupings && !w->h.failed; w->view.grouping++)
        for (size_t c = 0; c < schema_column_count(); c++)
            if (schema_is_grouped(schema_column_at(c)) &&
                schema_table_path(schema_column_at(c), &w->view, path)) {
                hdf5_put_text(&w->h, path, "column",
                              w->view.portfolio->groupings[w->view.grouping].name);
                break;
            }
}

// What the figures of treatments and plans depend on.
static void treatment_settings_name(struct writer *w)
{
    const struct portfolio *p = w->view.portfolio;
    const struct treatment_settings *s = &p->treatments.settings;
    const struct treatment_outcome *treated = w->view.treated;

    if (treated == NULL || p->treatments.count == 0)
        return;
    hdf5_put_text(&w->h, "/treatment", "objective", objective_names[s->objective]);
    if (treated->level < p->settings.quantile_count)
        hdf5_put_reals(&w->h, "/treatment", "tvar_level", &p->settings.quantiles[treated->level],
                       1);
    hdf5_put_text(&w->h, "/treatment", "budget_basis",
                  s->budget_basis == BUDGET_ANNUALISED ? "annualised" : "first_year");
    hdf5_put_reals(&w->h, "/treatment", "horizon_years", &s->horizon_years, 1);
    hdf5_put_reals(&w->h, "/treatment", "discount_rate", &s->discount_rate, 1);
}

static void input_hashes_write(struct writer *w)
{
    char **lines = calloc(w->input_count + 1, sizeof *lines);
    bool good = lines != NULL;
    for (size_t i = 0; good && i < w->input_count; i++) {
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
    hdf5_group(&w->h, "/study");
    input_hashes_write(w);
    arrays_write(w);
    groups_name(w);
    treatment_settings_name(w);
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

char *results_partial(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    char *partial;
    return asprintf(&partial, "%.*s.%s.partial", (int)(name - path), path, name) >= 0 ? partial
                                                                                      : NULL;
}

bool results_write(const char *path, const struct outcome *outcome,
                   const struct treatment_outcome *treated, const struct results_input *inputs,
                   size_t input_count, const char *version, size_t threads, struct diagnostics *d)
{
    const struct place at = {.file = path};
    // The view is only read from here.
    struct writer w = {.view = {.outcome = (struct outcome *)(uintptr_t)outcome,
                                .portfolio = (struct portfolio *)(uintptr_t)outcome->portfolio,
                                .treated = (struct treatment_outcome *)(uintptr_t)treated,
                                .treatment_years = treated != NULL && treated->annual_loss != NULL},
                       .inputs = inputs,
                       .input_count = input_count,
                       .version = version,
                       .thread_count = threads};
    char *temporary = results_partial(path);
    int descriptor = -1;
    bool good = false;

    if (temporary == NULL) {
        diagnostics_fail(d, &at, "cannot be written: out of memory");
    } else if ((descriptor = open(temporary, O_CREAT | O_TRUNC | O_RDWR | O_NOFOLLOW | O_CLOEXEC,
                                  0600)) < 0) {
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
        else if (!folder_sync(path))
            diagnostics_warn(d, &at, "its folder cannot be synced: %s", strerror(errno));
        close(descriptor);
    }
    content_free(&w.content);
    arrays_free(&w);
    free(temporary);
    return good;
}

// Pieces are of 1 MB at most (cells.c): made, packed and shuffled.
double results_write_memory(size_t threads)
{
    const double of_thread = (2.0 * SLOTS_PER_THREAD + 1) * (1 << 20);

    return (double)(threads < THREADS_MAX ? threads : THREADS_MAX) * of_thread;
}

// Measured on a server core of 2022.
double results_write_seconds(double yearly_cells, double rows)
{
    return yearly_cells * 42e-9 + rows * 2e-6;
}
