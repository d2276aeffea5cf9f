#include "results/cells.h"

#include <math.h>
#include <string.h>

#include "results/schema.h"

// Enumerations are read and stored through it.
_Static_assert(sizeof(enum treatment_option) == sizeof(unsigned) &&
                   sizeof(enum treatment_state) == sizeof(unsigned) &&
                   sizeof(enum verdict) == sizeof(unsigned),
               "enumerations are of the size of unsigned");

// A chunk is what a reader decodes at once, and what one thread makes: small enough for the
// library's chunk cache of 1 MB, large enough that its place in the index costs nothing. Arrays
// below `plain_bytes` stand uncompressed.
static const uint64_t chunk_bytes = 1 << 20, plain_bytes = 8192;

// `extent` divided into as few parts of at most `most` as there can be, of about equal size: the
// last chunk is full or nearly so.
static uint64_t part_size(uint64_t extent, uint64_t most)
{
    uint64_t parts = (extent + most - 1) / most;
    return (extent + parts - 1) / parts;
}

static void chunk_choose(struct hdf5_shape *shape, uint64_t plain)
{
    uint64_t most = chunk_bytes / hdf5_cell_size(shape), across = shape->extents[1];
    if (shape->extents[0] * across * hdf5_cell_size(shape) <= plain)
        return;
    shape->chunk[1] = part_size(across, most);
    shape->chunk[0] = across > most ? 1 : part_size(shape->extents[0], most / across);
    // Years and counts have zeros above; amounts in cents have binary
    // fractions that repeat, which shuffling would hide.
    shape->shuffled = shape->type == HDF5_INT32 || shape->type == HDF5_INT64;
}

// `at` points to the cell, NULL without a label: missing, which is "".
static const char *cell_text(const struct schema_column *column, const struct schema_view *v,
                             size_t i, const void *at, char *buffer)
{
    const char *text = NULL;
    size_t words;
    const char *const *word = schema_words(column->type, &words);
    if (column->type == SCHEMA_LABEL)
        return column->label(v, i, buffer);
    if (at == NULL)
        return "";
    if (word != NULL)
        text = *(const unsigned *)at < words ? word[*(const unsigned *)at] : NULL;
    else if (column->type == SCHEMA_TEXT)
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
    size_t words;
    const char *const *word = schema_words(column->type, &words);
    if (word != NULL)
        count = words;
    for (size_t i = 0; i < count; i++) {
        const void *at = word == NULL && column->at != NULL ? column->at(v, i, 0) : NULL;
        const char *text = word != NULL ? word[i] : cell_text(column, v, i, at, buffer);
        size_t length = schema_text_cut(text, SCHEMA_TEXT_MAX);
        longest = length > longest ? length : longest;
    }
    return longest + 1;
}

struct hdf5_shape cells_shape(const struct schema_column *column, const struct schema_view *v)
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
    case SCHEMA_PLACE:
        shape.type = HDF5_INT32;
        break;
    case SCHEMA_FLAG:
        shape.type = HDF5_UINT8;
        break;
    case SCHEMA_YEAR:
    case SCHEMA_ORDINAL:
        shape.type = v->portfolio->settings.years > INT32_MAX ? HDF5_INT64 : HDF5_INT32;
        break;
    default:
        shape.type = HDF5_TEXT;
        shape.text_size = text_size(column, v, shape.extents[0]);
    }
    chunk_choose(&shape, plain_bytes);
    return shape;
}

struct hdf5_shape cells_shape_of_bytes(size_t size)
{
    struct hdf5_shape shape = {.type = HDF5_UINT8, .rank = 1, .extents = {size, 1}};
    chunk_choose(&shape, 512);
    return shape;
}

static void whole_store(const struct hdf5_shape *shape, void *cell, uint64_t value)
{
    if (shape->type == HDF5_INT64)
        *(int64_t *)cell = (int64_t)value;
    else
        *(int32_t *)cell = (int32_t)value;
}

// `count` cells of which `at` is the first, or which are missing; row i.
static void run_fill(const struct schema_column *column, const struct schema_view *v,
                     const struct hdf5_shape *shape, size_t i, const void *at, size_t count,
                     void *cells)
{
    char buffer[SCHEMA_TEXT_MAX + 1];
    const size_t size = hdf5_cell_size(shape);
    const char *text;
    double *reals = cells;
    switch (column->type) {
    case SCHEMA_REAL: // one NaN of the many
        for (size_t k = 0; k < count; k++)
            reals[k] = at == NULL || isnan(((const double *)at)[k]) ? (double)NAN
                                                                    : ((const double *)at)[k];
        break;
    case SCHEMA_MONEY:
        if (at != NULL)
            money_of_many(at, count, v->portfolio->settings.resolution, reals);
        for (size_t k = 0; at == NULL && k < count; k++)
            reals[k] = (double)NAN;
        break;
    case SCHEMA_COUNT:
    case SCHEMA_PLACE:
        memcpy(cells, at, count * sizeof(int32_t));
        break;
    case SCHEMA_FLAG:
        for (size_t k = 0; k < count; k++)
            ((unsigned char *)cells)[k] = ((const bool *)at)[k];
        break;
    case SCHEMA_YEAR:
        for (size_t k = 0; k < count; k++)
            whole_store(shape, (char *)cells + k * size, ((const uint64_t *)at)[k]);
        break;
    case SCHEMA_ORDINAL:
    case SCHEMA_RANK:
        for (size_t k = 0; k < count; k++)
            whole_store(shape, (char *)cells + k * size, i + k + (column->type == SCHEMA_RANK));
        break;
    default:
        text = cell_text(column, v, i, at, buffer);
        memset(cells, 0, size);
        memcpy(cells, text, schema_text_cut(text, SCHEMA_TEXT_MAX));
    }
}

void cells_fill(const struct schema_column *column, const struct schema_view *v,
                const struct hdf5_shape *shape, uint64_t first, uint64_t count, void *cells)
{
    const bool years = column->axes[shape->rank - 1] == AXIS_YEAR;
    const uint64_t across = shape->extents[1];
    if (count == 0) // across may be 0
        return;
    size_t i = first / across, j = first % across;
    unsigned char *cell = cells;
    while (count > 0) {
        uint64_t left = shape->rank == 2 ? across - j : shape->extents[0] - i;
        uint64_t run = !years ? 1 : left < count ? left : count;
        const void *at = column->at != NULL ? column->at(v, i, j) : NULL;
        run_fill(column, v, shape, i, at, run, cell);
        cell += run * hdf5_cell_size(shape);
        count -= run;
        if (shape->rank == 1) {
            i += run;
        } else if ((j += run) == across) {
            j = 0;
            i++;
        }
    }
}

void cells_shuffle(unsigned char *restrict out, const unsigned char *restrict in, size_t count,
                   size_t cell)
{
    for (size_t k = 0; k < cell; k++)
        for (size_t i = 0; i < count; i++)
            out[k * count + i] = in[i * cell + k];
}
