#include "verify/arrays.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/cells.h"
#include "simulate/address.h"

enum { SLAB_CELLS = 131072 };

// ---- what a cell is called, and what it says

static const char *text_on_axis(struct findings *f, const struct schema_view *v,
                                enum schema_axis axis, uint64_t i)
{
    const struct portfolio *p = v->portfolio;
    const char *name = schema_axis_name(axis), *id = NULL;

    switch (axis) {
    case AXIS_SCENARIO:
        id = i < p->scenario_count ? p->scenarios[i].id : NULL;
        break;
    case AXIS_ASSET:
        id = i < p->assets.count ? p->assets.id[i] : NULL;
        break;
    case AXIS_EVENT:
        id = i < p->event_count ? p->events[i].id : NULL;
        break;
    case AXIS_TREATMENT:
        id = i < p->treatments.count ? p->treatments.rows[i].id : NULL;
        break;
    case AXIS_GROUP:
        id = v->grouping < p->grouping_count && i < p->groupings[v->grouping].count
                 ? p->groupings[v->grouping].names[i]
                 : NULL;
        break;
    case AXIS_ROW:
        if (i == 0)
            return findings_text(f, "row portfolio");
        i--;
        for (size_t g = 0; g < p->grouping_count; g++) {
            if (i < p->groupings[g].count)
                return findings_text(f, "row %s=%s", p->groupings[g].name,
                                     p->groupings[g].names[i]);
            i -= p->groupings[g].count;
        }
        break;
    case AXIS_QUANTILE:
        if (i < p->settings.quantile_count)
            return findings_text(f, "%s %.6g", name, p->settings.quantiles[i]);
        break;
    case AXIS_RETURN_PERIOD:
        if (i < p->settings.return_period_count)
            return findings_text(f, "%s %.6g", name, p->settings.return_periods[i]);
        break;
    case AXIS_WORST_YEAR:
    case AXIS_WORST_EVENT:
    case AXIS_PLAN:
    case AXIS_POINT:
        return findings_text(f, "%s %llu", name, (unsigned long long)i + 1);
    case AXIS_FORM:
        id = i < LOSS_FORMS ? loss_form_names[i] : NULL;
        break;
    default:
        break;
    }
    if (id != NULL)
        return findings_text(f, "%s %s", name, *id != '\0' ? id : "(empty)");
    return findings_text(f, "%s %llu", name, (unsigned long long)i);
}

const char *array_where(struct findings *f, const struct schema_view *view,
                        const struct schema_column *column, size_t rank, uint64_t i, uint64_t j)
{
    if (column != NULL && view != NULL && schema_rank(column) == rank)
        return rank == 1 ? text_on_axis(f, view, column->axes[0], i)
                         : findings_text(f, "%s, %s", text_on_axis(f, view, column->axes[0], i),
                                         text_on_axis(f, view, column->axes[1], j));
    if (rank == 2)
        return findings_text(f, "cell %llu, %llu", (unsigned long long)i, (unsigned long long)j);
    return findings_text(f, "cell %llu", (unsigned long long)i);
}

static const char *text_of_cell(struct findings *f, const struct hdf5_shape *shape,
                                const void *cell)
{
    double real;
    int64_t whole;
    int32_t small;

    switch (shape->type) {
    case HDF5_FLOAT64:
        memcpy(&real, cell, sizeof real);
        return findings_real(f, real);
    case HDF5_INT64:
        memcpy(&whole, cell, sizeof whole);
        return findings_text(f, "%lld", (long long)whole);
    case HDF5_INT32:
        memcpy(&small, cell, sizeof small);
        return findings_text(f, "%d", (int)small);
    case HDF5_UINT8:
        return findings_text(f, "%d", *(const unsigned char *)cell);
    case HDF5_TEXT:
        break;
    }
    return findings_text(f, "\"%.*s\"", (int)strnlen(cell, shape->text_size), (const char *)cell);
}

// ---- comparing

struct comparing {
    struct cells_finding cells;
    const struct schema_view *view; // of labels; NULL: there are none
    const struct schema_column *column;
    const struct hdf5_shape *found, *expected;
    const uint8_t *blocks;
};

// Labels are padded to the longest: what the padding's length is matters only between files.
static bool same_cell(const struct comparing *c, const unsigned char *x, const unsigned char *y)
{
    const size_t size = hdf5_cell_size(c->found), other = hdf5_cell_size(c->expected);
    size_t of_x, of_y;

    if (size == other)
        return memcmp(x, y, size) == 0;
    of_x = strnlen((const char *)x, size);
    of_y = strnlen((const char *)y, other);
    return of_x == of_y && memcmp(x, y, of_x) == 0;
}

static void rows_compare(struct comparing *c, uint64_t first, uint64_t rows,
                         const unsigned char *found, const unsigned char *expected)
{
    const size_t size = hdf5_cell_size(c->found), other = hdf5_cell_size(c->expected);
    const uint64_t across = c->found->extents[1];

    if (size == other && c->blocks == NULL && memcmp(found, expected, rows * across * size) == 0)
        return;
    for (uint64_t i = first; i < first + rows; i++)
        for (uint64_t j = 0; j < across; j++, found += size, expected += other) {
            const uint64_t year = c->found->rank == 2 ? j : i;

            if ((c->blocks != NULL && !c->blocks[year / BLOCK_YEARS]) ||
                same_cell(c, found, expected) || !cells_differ(&c->cells))
                continue;
            cells_show(&c->cells, array_where(c->cells.f, c->view, c->column, c->found->rank, i, j),
                       text_of_cell(c->cells.f, c->found, found),
                       text_of_cell(c->cells.f, c->expected, expected));
        }
}

static const char *shape_text(struct findings *f, const struct hdf5_shape *shape)
{
    static const char *const names[] = {"float64", "int32", "int64", "uint8"};
    const char *type = shape->type == HDF5_TEXT
                           ? findings_text(f, "text of %zu bytes", shape->text_size)
                           : names[shape->type];

    if (shape->rank == 2)
        return findings_text(f, "%s [%llu, %llu]", type, (unsigned long long)shape->extents[0],
                             (unsigned long long)shape->extents[1]);
    return findings_text(f, "%s [%llu]", type, (unsigned long long)shape->extents[0]);
}

static bool same_shape(const struct hdf5_shape *x, const struct hdf5_shape *y)
{
    return x->type == y->type && x->rank == y->rank && x->extents[0] == y->extents[0] &&
           x->extents[1] == y->extents[1];
}

// `count` rows of what should stand there, from `first` on.
struct source {
    bool (*read)(struct source *source, uint64_t first, uint64_t count, void *cells);
    const struct hdf5_shape *shape;
    struct run_file *run; // of a file
    int64_t dataset;
    const struct schema_view *view; // of a view
    const struct schema_column *column;
};

static bool source_of_file(struct source *s, uint64_t first, uint64_t count, void *cells)
{
    return hdf5_rows_read(&s->run->h, s->dataset, s->shape, first, count, cells);
}

static bool source_of_view(struct source *s, uint64_t first, uint64_t count, void *cells)
{
    const uint64_t across = s->shape->extents[1];

    cells_fill(s->column, s->view, s->shape, first * across, count * across, cells);
    return true;
}

// Slab by slab. The dataset is open.
static void cells_compare(struct run_file *run, int64_t dataset, struct comparing *c,
                          struct source *source)
{
    const uint64_t rows = c->found->extents[0], across = c->found->extents[1];
    uint64_t slab = across < SLAB_CELLS ? SLAB_CELLS / (across > 0 ? across : 1) : 1;
    struct findings *f = c->cells.f;

    if (rows == 0 || across == 0)
        return;
    slab = slab < rows ? slab : rows;
    unsigned char *found = calloc(slab * across, hdf5_cell_size(c->found));
    unsigned char *expected = calloc(slab * across, hdf5_cell_size(c->expected));
    if (found == NULL || expected == NULL)
        f->out_of_memory = true;
    for (uint64_t first = 0; found && expected && first < rows; first += slab) {
        const uint64_t n = rows - first < slab ? rows - first : slab;

        if (!hdf5_rows_read(&run->h, dataset, c->found, first, n, found) ||
            !source->read(source, first, n, expected)) {
            finding_add(f, c->cells.check, c->cells.object, "cannot be read");
            break;
        }
        rows_compare(c, first, n, found, expected);
    }
    free(found);
    free(expected);
}

void array_check(struct run_file *run, struct findings *f, struct check *check,
                 const struct schema_column *column, const struct schema_view *expected,
                 const uint8_t *blocks)
{
    const struct hdf5_shape shape = cells_shape(column, expected);
    char path[2 * SCHEMA_PATH_MAX];
    struct hdf5_shape found;
    int64_t dataset;
    struct schema_view labels = run->view;

    if (!run_file_path(column, expected, path))
        return;
    labels.grouping = expected->grouping;
    if (!hdf5_dataset_open(&run->h, path, &found, run->budget, &dataset)) {
        finding_add(f, check, path, "%s", run_file_recover(run, f));
        return;
    }
    if (!same_shape(&found, &shape)) {
        finding_add(f, check, path, "is %s, expected %s", shape_text(f, &found),
                    shape_text(f, &shape));
    } else {
        struct comparing c = {.cells = {.f = f,
                                        .check = check,
                                        .object = path,
                                        .cells = found.extents[0] * found.extents[1]},
                              .view = labels.portfolio != NULL ? &labels : NULL,
                              .column = column,
                              .found = &found,
                              .expected = &shape,
                              .blocks = blocks};
        struct source source = {
            .read = source_of_view, .shape = &shape, .view = expected, .column = column};

        cells_compare(run, dataset, &c, &source);
    }
    hdf5_dataset_close(&run->h, dataset);
    run_file_forget(run);
}

void array_compare(struct run_file *found, struct run_file *expected, struct findings *f,
                   struct check *check, const char *path)
{
    struct hdf5_shape of_found, of_expected;
    int64_t dataset = -1, other = -1;

    if (!hdf5_dataset_open(&found->h, path, &of_found, found->budget, &dataset)) {
        finding_add(f, check, path, "%s", run_file_recover(found, f));
    } else if (!hdf5_dataset_open(&expected->h, path, &of_expected, expected->budget, &other)) {
        finding_add(f, check, path, "of the new simulation: %s", run_file_recover(expected, f));
    } else if (!same_shape(&of_found, &of_expected) ||
               (of_found.type == HDF5_TEXT && of_found.text_size != of_expected.text_size)) {
        finding_add(f, check, path, "is %s, expected %s", shape_text(f, &of_found),
                    shape_text(f, &of_expected));
    } else {
        size_t grouping = 0;
        const struct schema_view *view = expected->view.portfolio != NULL ? &expected->view : NULL;
        const struct schema_column *column =
            view != NULL ? run_file_column(view, path, &grouping) : NULL;
        struct schema_view labels = expected->view;
        struct comparing c = {.cells = {.f = f,
                                        .check = check,
                                        .object = path,
                                        .cells = of_found.extents[0] * of_found.extents[1]},
                              .view = view != NULL ? &labels : NULL,
                              .column = column,
                              .found = &of_found,
                              .expected = &of_expected};
        struct source source = {
            .read = source_of_file, .shape = &of_expected, .run = expected, .dataset = other};

        labels.grouping = grouping;
        cells_compare(found, dataset, &c, &source);
    }
    hdf5_dataset_close(&found->h, dataset);
    hdf5_dataset_close(&expected->h, other);
    run_file_forget(found);
    run_file_forget(expected);
}

// ---- reading

bool array_rows(struct run_file *run, struct findings *f, struct check *check, const char *path,
                uint64_t rows, uint64_t across,
                bool (*take)(void *context, uint64_t row, const double *cells), void *context)
{
    struct hdf5_shape shape;
    int64_t dataset;
    bool good = hdf5_dataset_open(&run->h, path, &shape, run->budget, &dataset);

    if (!good) {
        finding_add(f, check, path, "%s", run_file_recover(run, f));
        return false;
    }
    double *cells = malloc((across + 1) * sizeof *cells);
    if (cells == NULL)
        f->out_of_memory = true;
    good = cells != NULL && shape.type == HDF5_FLOAT64 && shape.extents[0] == rows &&
           shape.extents[1] == across;
    if (cells != NULL && !good)
        finding_add(f, check, path, "is %s, expected float64 of %llu x %llu", shape_text(f, &shape),
                    (unsigned long long)rows, (unsigned long long)across);
    for (uint64_t i = 0; good && i < rows; i++) {
        good = hdf5_rows_read(&run->h, dataset, &shape, i, 1, cells);
        if (!good)
            finding_add(f, check, path, "%s", run_file_recover(run, f));
        good = good && take(context, i, cells);
    }
    free(cells);
    hdf5_dataset_close(&run->h, dataset);
    run_file_forget(run);
    return good;
}
