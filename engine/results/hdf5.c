#include "results/hdf5.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>
#include <hdf5_hl.h>

#include "base/diagnostics.h"

// Told to readers, who need not know: chunks come compressed (deflater.h).
static const unsigned deflate_level = 1;

// Deflate's best is 258 bytes for 2 bits; headers and shuffled rests stay far below the slack.
static const uint64_t deflate_ratio_max = 1032;

static const uint64_t attribute_bytes_max = 1 << 20;

struct reason {
    char text[HDF5_MESSAGE_MAX];
    bool system;
};

// Only what the library says tells that a call of the system failed, and how.
static bool is_of_system(const H5E_error2_t *error)
{
    static const char before[] = "errno = ";
    const char *number = error->desc != NULL ? strstr(error->desc, before) : NULL;
    if (number != NULL)
        return diagnostics_blames_system((int)strtol(number + strlen(before), NULL, 10));
    return error->min_num == H5E_NOSPACE || error->min_num == H5E_CANTALLOC;
}

// The innermost entry of the error stack is the one that knows why.
static herr_t on_error(unsigned n, const H5E_error2_t *error, void *context)
{
    struct reason *reason = context;
    (void)n;
    if (error->desc != NULL)
        snprintf(reason->text, sizeof reason->text, "%s", error->desc);
    reason->system = reason->system || is_of_system(error);
    return 0;
}

static bool fail(struct hdf5_file *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool fail(struct hdf5_file *h, const char *format, ...)
{
    struct reason reason = {0};
    char what[HDF5_MESSAGE_MAX];
    va_list list;
    if (h->failed)
        return false;
    h->failed = true;
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, on_error, &reason);
    h->system = reason.system;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    snprintf(h->message, sizeof h->message, "%.240s%s%.240s", what,
             *reason.text != '\0' ? ": " : "", reason.text);
    return false;
}

static bool out_of_memory(struct hdf5_file *h)
{
    fail(h, "out of memory");
    h->system = true;
    return false;
}

static void library_open(struct hdf5_file *h)
{
    static bool done;
    *h = (struct hdf5_file){.file = -1};
    if (!done) {
        // After a full disk or a damaged file the library's clean-up at exit tries again, and
        // crashes.
        H5dont_atexit();
        // A file may ask for a filter that the library would load as code.
        H5PLset_loading_state(0);
        done = true;
    }
    H5open();
    H5Eget_auto2(H5E_DEFAULT, &h->told_by, &h->told_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5Eclear2(H5E_DEFAULT);
}

// Fixed bounds: a newer library must not choose newer structures. V18 for creation order and for
// attributes beyond 64 kB.
static hid_t access_list(void)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access >= 0 && (H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_V18) < 0 ||
                        H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) < 0)) {
        H5Pclose(access);
        return -1;
    }
    return access;
}

static bool creation_ordered(hid_t list)
{
    return list >= 0 && H5Pset_obj_track_times(list, false) >= 0 &&
           H5Pset_link_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0 &&
           H5Pset_attr_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0;
}

// Closing an invalid id is not an error here: it was reported where it was made.
static void list_close(hid_t list)
{
    if (list >= 0)
        H5Pclose(list);
}

bool hdf5_create(struct hdf5_file *h, const char *path)
{
    library_open(h);
    hid_t access = access_list(), creation = H5Pcreate(H5P_FILE_CREATE);
    if (access >= 0 && creation_ordered(creation))
        h->file = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
    if (h->file < 0)
        fail(h, "cannot create");
    list_close(creation);
    list_close(access);
    return !h->failed;
}

bool hdf5_open(struct hdf5_file *h, const char *path)
{
    library_open(h);
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    errno = 0; // not all of its calls tell what failed
    if (access >= 0 && H5Pset_fclose_degree(access, H5F_CLOSE_STRONG) >= 0)
        h->file = H5Fopen(path, H5F_ACC_RDONLY, access);
    const int error = errno;
    if (h->file < 0) {
        fail(h, "not a readable HDF5 file");
        h->system = h->system || diagnostics_blames_system(error);
    }
    list_close(access);
    return !h->failed;
}

bool hdf5_close(struct hdf5_file *h)
{
    if (h->file >= 0 && H5Fclose(h->file) < 0)
        fail(h, "cannot write the rest of the file");
    h->file = -1;
    H5Eclear2(H5E_DEFAULT);
    H5Eset_auto2(H5E_DEFAULT, h->told_by, h->told_data);
    return !h->failed;
}

bool hdf5_group(struct hdf5_file *h, const char *path)
{
    char part[1024];
    if (h->failed)
        return false;
    if (strlen(path) >= sizeof part)
        return fail(h, "group name too long");
    for (const char *end = path + 1; !h->failed; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        memcpy(part, path, (size_t)(end - path));
        part[end - path] = '\0';
        htri_t exists = H5Lexists(h->file, part, H5P_DEFAULT);
        if (exists == 0) {
            hid_t creation = H5Pcreate(H5P_GROUP_CREATE), group = -1;
            if (creation_ordered(creation))
                group = H5Gcreate2(h->file, part, H5P_DEFAULT, creation, H5P_DEFAULT);
            list_close(creation);
            if (group < 0 || H5Gclose(group) < 0)
                fail(h, "cannot create group %s", part);
        } else if (exists < 0) {
            fail(h, "cannot look up %s", part);
        }
        if (*end == '\0')
            break;
    }
    return !h->failed;
}

static hid_t text_type(size_t size)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0 && (H5Tset_size(type, size) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
                      H5Tset_strpad(type, H5T_STR_NULLTERM) < 0)) {
        H5Tclose(type);
        return -1;
    }
    return type;
}

// A new type to close; in the file's byte order or in this machine's.
static hid_t type_of(const struct hdf5_shape *shape, bool in_file)
{
    switch (shape->type) {
    case HDF5_FLOAT64:
        return H5Tcopy(in_file ? H5T_IEEE_F64LE : H5T_NATIVE_DOUBLE);
    case HDF5_INT32:
        return H5Tcopy(in_file ? H5T_STD_I32LE : H5T_NATIVE_INT32);
    case HDF5_INT64:
        return H5Tcopy(in_file ? H5T_STD_I64LE : H5T_NATIVE_INT64);
    case HDF5_UINT8:
        return H5Tcopy(in_file ? H5T_STD_U8LE : H5T_NATIVE_UINT8);
    case HDF5_TEXT:
        break;
    }
    return text_type(shape->text_size);
}

size_t hdf5_cell_size(const struct hdf5_shape *shape)
{
    static const size_t sizes[] = {8, 4, 8, 1};
    return shape->type == HDF5_TEXT ? shape->text_size : sizes[shape->type];
}

// Scalar if count is SIZE_MAX. Takes `type` over.
static bool attribute_put(struct hdf5_file *h, const char *object, const char *name, hid_t type,
                          hid_t memory, size_t count, const void *value)
{
    hsize_t extent = count;
    hid_t space = -1, attribute = -1;
    if (!h->failed) {
        space = count == SIZE_MAX ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, NULL);
        attribute = type < 0 || space < 0
                        ? -1
                        : H5Acreate_by_name(h->file, object, name, type, space, H5P_DEFAULT,
                                            H5P_DEFAULT, H5P_DEFAULT);
        if (attribute < 0 || H5Awrite(attribute, memory < 0 ? type : memory, value) < 0)
            fail(h, "cannot write attribute %s of %s", name, object);
    }
    if (attribute >= 0 && H5Aclose(attribute) < 0)
        fail(h, "cannot write attribute %s of %s", name, object);
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return !h->failed;
}

bool hdf5_put_text(struct hdf5_file *h, const char *object, const char *name, const char *text)
{
    return attribute_put(h, object, name, text_type(strlen(text) + 1), -1, SIZE_MAX, text);
}

bool hdf5_put_texts(struct hdf5_file *h, const char *object, const char *name,
                    const char *const *texts, size_t count)
{
    size_t longest = 1; // netCDF takes strings of one byte for characters
    for (size_t i = 0; i < count; i++)
        longest = strlen(texts[i]) > longest ? strlen(texts[i]) : longest;
    char *cells = calloc(count + 1, longest + 1);
    if (cells == NULL)
        return out_of_memory(h);
    for (size_t i = 0; i < count; i++)
        memcpy(cells + i * (longest + 1), texts[i], strlen(texts[i]));
    attribute_put(h, object, name, text_type(longest + 1), -1, count, cells);
    free(cells);
    return !h->failed;
}

bool hdf5_put_whole(struct hdf5_file *h, const char *object, const char *name, int64_t value)
{
    bool small = value >= INT32_MIN && value <= INT32_MAX;
    return attribute_put(h, object, name, H5Tcopy(small ? H5T_STD_I32LE : H5T_STD_I64LE),
                         H5T_NATIVE_INT64, SIZE_MAX, &value);
}

bool hdf5_put_reals(struct hdf5_file *h, const char *object, const char *name, const double *values,
                    size_t count)
{
    return attribute_put(h, object, name, H5Tcopy(H5T_IEEE_F64LE), H5T_NATIVE_DOUBLE, count,
                         values);
}

static bool creation_set(hid_t list, const struct hdf5_shape *shape)
{
    hsize_t chunk[HDF5_RANK_MAX] = {shape->chunk[0], shape->chunk[1]};
    static const double missing = NAN;
    bool good =
        list >= 0 && H5Pset_obj_track_times(list, false) >= 0 &&
        H5Pset_attr_creation_order(list, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0;
    if (good && shape->type == HDF5_FLOAT64)
        good = H5Pset_fill_value(list, H5T_NATIVE_DOUBLE, &missing) >= 0;
    if (good && chunk[0] > 0)
        good = H5Pset_chunk(list, (int)shape->rank, chunk) >= 0 &&
               (!shape->shuffled || H5Pset_shuffle(list) >= 0) &&
               H5Pset_deflate(list, deflate_level) >= 0;
    return good;
}

bool hdf5_dataset_create(struct hdf5_file *h, const char *path, const struct hdf5_shape *shape,
                         int64_t *dataset)
{
    hsize_t extents[HDF5_RANK_MAX] = {shape->extents[0], shape->extents[1]};
    *dataset = -1;
    if (h->failed)
        return false;
    hid_t space = H5Screate_simple((int)shape->rank, extents, NULL);
    hid_t type = type_of(shape, true), creation = H5Pcreate(H5P_DATASET_CREATE);
    if (space >= 0 && type >= 0 && creation_set(creation, shape))
        *dataset = H5Dcreate2(h->file, path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (*dataset < 0)
        fail(h, "cannot create %s", path);
    list_close(creation);
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return !h->failed;
}

// Type and text size of what is stored; false for anything else than ours.
static bool type_recognise(hid_t type, struct hdf5_shape *shape)
{
    size_t size = H5Tget_size(type);
    switch (H5Tget_class(type)) {
    case H5T_FLOAT:
        shape->type = HDF5_FLOAT64;
        return size == 8;
    case H5T_INTEGER:
        shape->type = size == 8 ? HDF5_INT64 : size == 4 ? HDF5_INT32 : HDF5_UINT8;
        return size == 8 || size == 4 || size == 1;
    case H5T_STRING:
        shape->type = HDF5_TEXT;
        shape->text_size = size;
        return H5Tis_variable_str(type) == 0 && size >= 1 && size <= attribute_bytes_max;
    default:
        return false;
    }
}

// Nothing but this file's own bytes, by the filters that we write with: a dataset of a hostile file
// can be stored in any other file that the reader may open, or be put together from such.
static bool stored_here(hid_t dataset)
{
    hid_t list = H5Dget_create_plist(dataset);
    H5D_layout_t layout = list < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(list);
    int filters = list < 0 ? -1 : H5Pget_nfilters(list);
    bool here = filters >= 0 && H5Pget_external_count(list) == 0 &&
                (layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED);
    for (int i = 0; here && i < filters; i++) {
        unsigned flags;
        H5Z_filter_t filter = H5Pget_filter2(list, (unsigned)i, &flags, NULL, NULL, 0, NULL, NULL);
        here = filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
               filter == H5Z_FILTER_FLETCHER32;
    }
    list_close(list);
    return here;
}

bool hdf5_dataset_open(struct hdf5_file *h, const char *path, struct hdf5_shape *shape,
                       uint64_t limit, int64_t *dataset)
{
    hsize_t extents[HDF5_RANK_MAX] = {0};
    hid_t space = -1, type = -1;
    uint64_t bytes;
    *shape = (struct hdf5_shape){0};
    *dataset = -1;
    if (h->failed)
        return false;
    if (!hdf5_has_link(h, path))
        return fail(h, "%s is missing", path);
    *dataset = H5Dopen2(h->file, path, H5P_DEFAULT);
    if (*dataset < 0)
        return fail(h, "%s is not a dataset", path);
    space = H5Dget_space(*dataset);
    type = H5Dget_type(*dataset);
    int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (rank < 1 || rank > HDF5_RANK_MAX || H5Sget_simple_extent_dims(space, extents, NULL) < 0) {
        fail(h, "%s has neither one nor two dimensions", path);
    } else if (type < 0 || !type_recognise(type, shape)) {
        fail(h, "%s is of an unexpected type", path);
    } else if (!stored_here(*dataset)) {
        fail(h, "%s is not stored in the file, or in a way that lossmill does not write", path);
    } else {
        shape->rank = (size_t)rank;
        shape->extents[0] = extents[0];
        shape->extents[1] = rank == 2 ? extents[1] : 1;
        if (__builtin_mul_overflow(shape->extents[0], shape->extents[1], &bytes) ||
            __builtin_mul_overflow(bytes, (uint64_t)hdf5_cell_size(shape), &bytes) ||
            bytes > limit || bytes / deflate_ratio_max > H5Dget_storage_size(*dataset))
            fail(h, "%s claims more cells than the file can hold", path);
    }
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (h->failed) {
        H5Dclose(*dataset);
        *dataset = -1;
    }
    return !h->failed;
}

static bool rows_transfer(struct hdf5_file *h, int64_t dataset, const struct hdf5_shape *shape,
                          uint64_t first, uint64_t count, void *cells, bool write)
{
    hsize_t start[HDF5_RANK_MAX] = {first, 0}, size[HDF5_RANK_MAX] = {count, shape->extents[1]};
    if (h->failed)
        return false;
    if (count == 0)
        return true;
    hid_t memory = H5Screate_simple((int)shape->rank, size, NULL);
    hid_t space = H5Dget_space(dataset), type = type_of(shape, false);
    bool good = memory >= 0 && space >= 0 && type >= 0 &&
                H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, size, NULL) >= 0 &&
                (write ? H5Dwrite(dataset, type, memory, space, H5P_DEFAULT, cells)
                       : H5Dread(dataset, type, memory, space, H5P_DEFAULT, cells)) >= 0;
    if (!good)
        fail(h, write ? "cannot write a dataset" : "cannot read a dataset");
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (memory >= 0)
        H5Sclose(memory);
    return good;
}

bool hdf5_rows_write(struct hdf5_file *h, int64_t dataset, const struct hdf5_shape *shape,
                     uint64_t first, uint64_t count, const void *cells)
{
    return rows_transfer(h, dataset, shape, first, count, (void *)(uintptr_t)cells, true);
}

bool hdf5_rows_read(struct hdf5_file *h, int64_t dataset, const struct hdf5_shape *shape,
                    uint64_t first, uint64_t count, void *cells)
{
    return rows_transfer(h, dataset, shape, first, count, cells, false);
}

bool hdf5_chunk_write(struct hdf5_file *h, int64_t dataset, uint64_t row, uint64_t column,
                      const void *bytes, size_t size)
{
    const hsize_t first[HDF5_RANK_MAX] = {row, column};
    if (!h->failed && H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, first, size, bytes) < 0)
        fail(h, "cannot write a dataset");
    return !h->failed;
}

bool hdf5_dataset_close(struct hdf5_file *h, int64_t dataset)
{
    if (dataset >= 0 && H5Dclose(dataset) < 0)
        fail(h, "cannot close a dataset");
    return !h->failed;
}

bool hdf5_scale_set(struct hdf5_file *h, const char *path, const char *name)
{
    if (h->failed)
        return false;
    hid_t dataset = H5Dopen2(h->file, path, H5P_DEFAULT);
    if (dataset < 0 || H5DSset_scale(dataset, name) < 0)
        fail(h, "cannot make %s a dimension scale", path);
    return hdf5_dataset_close(h, dataset);
}

bool hdf5_scale_attach(struct hdf5_file *h, const char *path, const char *scale, unsigned axis)
{
    if (h->failed)
        return false;
    hid_t dataset = H5Dopen2(h->file, path, H5P_DEFAULT);
    hid_t dimension = H5Dopen2(h->file, scale, H5P_DEFAULT);
    if (dataset < 0 || dimension < 0 || H5DSattach_scale(dataset, dimension, axis) < 0)
        fail(h, "cannot attach %s to %s", scale, path);
    hdf5_dataset_close(h, dimension);
    return hdf5_dataset_close(h, dataset);
}

// The attribute's cells, malloc'd with a NUL behind them: numbers converted to `memory`, text as it
// is.
static void *attribute_get(struct hdf5_file *h, const char *object, const char *name,
                           H5T_class_t class, hid_t memory, size_t *cell, size_t *count)
{
    hid_t attribute, space = -1, type = -1;
    char *cells = NULL;
    if (h->failed)
        return NULL;
    attribute = H5Aopen_by_name(h->file, object, name, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute >= 0) {
        space = H5Aget_space(attribute);
        type = H5Aget_type(attribute);
    }
    hssize_t points = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    *cell = type < 0 ? 0 : H5Tget_size(memory < 0 ? type : memory);
    if (points < 0 || *cell == 0 || H5Tget_class(type) != class ||
        (class == H5T_STRING && H5Tis_variable_str(type) != 0) ||
        (uint64_t)points > attribute_bytes_max || *cell > attribute_bytes_max ||
        (uint64_t)points * *cell > attribute_bytes_max) {
        fail(h, "attribute %s of %s is missing or of an unexpected type", name, object);
    } else {
        *count = (size_t)points;
        cells = calloc(*count * *cell + 1, 1);
        if (cells == NULL)
            out_of_memory(h);
        else if (*count > 0 && H5Aread(attribute, memory < 0 ? type : memory, cells) < 0)
            fail(h, "cannot read attribute %s of %s", name, object);
    }
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (h->failed) {
        free(cells);
        return NULL;
    }
    return cells;
}

bool hdf5_get_text(struct hdf5_file *h, const char *object, const char *name, char **text)
{
    size_t cell, count = 0;
    *text = attribute_get(h, object, name, H5T_STRING, -1, &cell, &count);
    if (*text != NULL && count != 1) {
        free(*text);
        *text = NULL;
        fail(h, "attribute %s of %s is not one text", name, object);
    }
    return *text != NULL;
}

bool hdf5_get_texts(struct hdf5_file *h, const char *object, const char *name, size_t limit,
                    char ***texts, size_t *count)
{
    size_t cell;
    *texts = NULL;
    *count = 0;
    char *cells = attribute_get(h, object, name, H5T_STRING, -1, &cell, count);
    if (cells == NULL)
        return false;
    if (*count > limit) {
        fail(h, "attribute %s of %s has too many values", name, object);
    } else if ((*texts = calloc(*count + 1, sizeof **texts)) == NULL) {
        out_of_memory(h);
    } else {
        for (size_t i = 0; i < *count; i++)
            if (((*texts)[i] = strndup(cells + i * cell, cell)) == NULL)
                out_of_memory(h);
    }
    free(cells);
    if (h->failed && *texts != NULL) {
        hdf5_texts_free(*texts, *count);
        *texts = NULL;
    }
    return !h->failed;
}

void hdf5_texts_free(char **texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++)
        free(texts[i]);
    free(texts);
}

bool hdf5_get_whole(struct hdf5_file *h, const char *object, const char *name, int64_t *value)
{
    size_t cell, count;
    void *cells = attribute_get(h, object, name, H5T_INTEGER, H5T_NATIVE_INT64, &cell, &count);
    if (cells == NULL)
        return false;
    if (count != 1)
        fail(h, "attribute %s of %s is not one number", name, object);
    else
        memcpy(value, cells, sizeof *value);
    free(cells);
    return !h->failed;
}

bool hdf5_get_reals(struct hdf5_file *h, const char *object, const char *name, size_t limit,
                    double **values, size_t *count)
{
    size_t cell;
    *values = attribute_get(h, object, name, H5T_FLOAT, H5T_NATIVE_DOUBLE, &cell, count);
    if (*values != NULL && *count > limit) {
        free(*values);
        *values = NULL;
        fail(h, "attribute %s of %s has too many values", name, object);
    }
    return *values != NULL;
}

bool hdf5_has_attribute(struct hdf5_file *h, const char *object, const char *name)
{
    const htri_t exists = h->failed ? 0 : H5Aexists_by_name(h->file, object, name, H5P_DEFAULT);
    if (exists < 0)
        fail(h, "cannot look up attribute %s of %s", name, object);
    return exists > 0;
}

bool hdf5_has_link(struct hdf5_file *h, const char *path)
{
    char part[1024];
    H5L_info_t link;
    if (h->failed || strlen(path) >= sizeof part)
        return false;
    for (const char *end = path + 1;; end++) {
        if (*end != '/' && *end != '\0')
            continue;
        memcpy(part, path, (size_t)(end - path));
        part[end - path] = '\0';
        // only hard links: the others may lead into another file
        const htri_t exists = H5Lexists(h->file, part, H5P_DEFAULT);
        if (exists < 0 || (exists > 0 && H5Lget_info(h->file, part, &link, H5P_DEFAULT) < 0))
            fail(h, "cannot look up %s", part);
        if (exists <= 0 || h->failed || link.type != H5L_TYPE_HARD)
            return false;
        if (*end == '\0')
            return true;
    }
}
