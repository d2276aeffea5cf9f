#include "results/hdf5_walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hdf5.h>
#include <hdf5_hl.h>

enum { OBJECTS_MAX = 1000000, PATH_MOST = 4096, TEXT_MOST = 120, VALUE_MOST = 1 << 20 };

static bool fail(struct hdf5_file *h, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool fail(struct hdf5_file *h, const char *format, ...)
{
    va_list list;
    if (!h->failed) {
        va_start(list, format);
        vsnprintf(h->message, sizeof h->message, format, list);
        va_end(list);
    }
    h->failed = true;
    return false;
}

static bool out_of_memory(struct hdf5_file *h)
{
    h->system = h->system || !h->failed;
    return fail(h, "out of memory");
}

// ---- objects

struct walk {
    struct hdf5_file *h;
    struct arena *arena;
    struct hdf5_object *objects; // malloc'd while it grows
    size_t count, room;
};

static bool room_for_one(struct walk *w)
{
    if (w->count < w->room)
        return true;
    size_t room = 2 * w->room + 64;
    struct hdf5_object *objects = reallocarray(w->objects, room, sizeof *objects);
    if (objects == NULL)
        return out_of_memory(w->h);
    w->objects = objects;
    w->room = room;
    return true;
}

static enum hdf5_kind kind_of(hid_t group, const char *name)
{
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    H5I_type_t type = object < 0 ? H5I_BADID : H5Iget_type(object);
    if (object >= 0)
        H5Oclose(object);
    return type == H5I_GROUP     ? HDF5_KIND_GROUP
           : type == H5I_DATASET ? HDF5_KIND_DATASET
                                 : HDF5_KIND_OTHER;
}

static herr_t on_link(hid_t group, const char *name, const H5L_info_t *info, void *context)
{
    struct walk *w = context;
    const size_t length = strnlen(name, PATH_MOST);
    if (w->count == OBJECTS_MAX || length == PATH_MOST) {
        fail(w->h, "there are more than %d objects in it, or names of more than %d bytes",
             OBJECTS_MAX, PATH_MOST);
        return -1;
    }
    if (!room_for_one(w))
        return -1;
    char *path = arena_alloc(w->arena, length + 2, 1);
    if (path == NULL) {
        out_of_memory(w->h);
        return -1;
    }
    path[0] = '/';
    memcpy(path + 1, name, length);
    w->objects[w->count++] = (struct hdf5_object){
        path, info->type == H5L_TYPE_HARD ? kind_of(group, name) : HDF5_KIND_OTHER};
    return 0;
}

static int compare_objects(const void *a, const void *b)
{
    return strcmp(((const struct hdf5_object *)a)->path, ((const struct hdf5_object *)b)->path);
}

bool hdf5_objects(struct hdf5_file *h, struct arena *arena, struct hdf5_object **objects,
                  size_t *count)
{
    struct walk w = {.h = h, .arena = arena};
    *objects = NULL;
    *count = 0;
    if (h->failed)
        return false;
    // In any other order HDF5 1.10 makes a table first, and crashes where a link in it is damaged.
    if (H5Lvisit(h->file, H5_INDEX_NAME, H5_ITER_NATIVE, on_link, &w) < 0)
        fail(h, "its objects cannot be listed");
    *objects = h->failed ? NULL : arena_alloc(arena, w.count + 1, sizeof **objects);
    if (*objects == NULL)
        out_of_memory(h);
    if (!h->failed && w.count > 0) {
        memcpy(*objects, w.objects, w.count * sizeof *w.objects);
        qsort(*objects, w.count, sizeof **objects, compare_objects);
        *count = w.count;
    }
    free(w.objects);
    return !h->failed;
}

// ---- attributes

// Bytes that grow.
struct bytes {
    struct hdf5_file *h;
    char *at;
    size_t size, room;
};

static void bytes_add(struct bytes *b, const void *from, size_t size)
{
    if (b->h->failed || size == 0)
        return;
    if (size > b->room - b->size) {
        size_t room = 2 * b->room + size + 64;
        char *at = realloc(b->at, room);
        if (at == NULL) {
            out_of_memory(b->h);
            return;
        }
        b->at = at;
        b->room = room;
    }
    memcpy(b->at + b->size, from, size);
    b->size += size;
}

static herr_t on_scale(hid_t dataset, unsigned axis, hid_t scale, void *bytes)
{
    char name[PATH_MOST];
    (void)dataset, (void)axis;
    if (H5Iget_name(scale, name, sizeof name) <= 0)
        snprintf(name, sizeof name, "?");
    bytes_add(bytes, name, strlen(name));
    bytes_add(bytes, " ", 1);
    return 0;
}

// The dimension scales of a dataset, axis by axis.
static void scales_list(struct hdf5_file *h, const char *path, struct bytes *bytes)
{
    hid_t dataset = H5Dopen2(h->file, path, H5P_DEFAULT);
    hid_t space = dataset < 0 ? -1 : H5Dget_space(dataset);
    int rank = space < 0 ? 0 : H5Sget_simple_extent_ndims(space);
    for (int axis = 0; axis < rank; axis++) {
        bytes_add(bytes, axis > 0 ? "| " : "", axis > 0 ? 2 : 0);
        if (H5DSiterate_scales(dataset, (unsigned)axis, NULL, on_scale, bytes) < 0)
            bytes_add(bytes, "? ", 2);
    }
    if (space >= 0)
        H5Sclose(space);
    if (dataset >= 0)
        H5Dclose(dataset);
}

// What its cells are called where this file's words are not enough.
static void head_write(struct bytes *bytes, H5T_class_t class, size_t cell, H5S_class_t space,
                       size_t count)
{
    char head[80];
    int length = snprintf(head, sizeof head, "%d %zu %d %zu ", (int)class, cell, (int)space, count);
    bytes_add(bytes, head, (size_t)length);
}

static const char *text_make(struct arena *arena, H5T_class_t class, const char *cells, size_t cell,
                             size_t count)
{
    char text[TEXT_MOST + 64];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count && used < TEXT_MOST; i++) {
        const char *comma = i > 0 ? ", " : "";
        const size_t room = sizeof text - used;
        int64_t whole;
        double real;
        if (class == H5T_STRING) {
            snprintf(text + used, room, "%s%.*s", comma,
                     (int)(cell < TEXT_MOST - used ? cell : TEXT_MOST - used), cells + i * cell);
        } else if (class == H5T_INTEGER) {
            memcpy(&whole, cells + i * cell, sizeof whole);
            snprintf(text + used, room, "%s%lld", comma, (long long)whole);
        } else {
            memcpy(&real, cells + i * cell, sizeof real);
            snprintf(text + used, room, "%s%.17g", comma, real);
        }
        used += strlen(text + used);
    }
    return arena_text(arena, text, used);
}

// Numbers and texts; anything else is told by its class and size alone.
static const char *value_read(hid_t attribute, struct arena *arena, struct bytes *bytes)
{
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    const H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    const hssize_t points = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
    const size_t stored = type < 0 ? 0 : H5Tget_size(type);
    const hid_t memory = class == H5T_FLOAT     ? H5T_NATIVE_DOUBLE
                         : class == H5T_INTEGER ? H5T_NATIVE_INT64
                                                : type;
    const size_t cell = class == H5T_STRING ? stored : 8;
    const bool known = class == H5T_FLOAT || class == H5T_INTEGER ||
                       (class == H5T_STRING && H5Tis_variable_str(type) == 0);
    const char *text = "of another type";

    head_write(bytes, class, stored, space < 0 ? H5S_NO_CLASS : H5Sget_simple_extent_type(space),
               points < 0 ? 0 : (size_t)points);
    if (known && points >= 0 && stored > 0 && (uint64_t)points <= VALUE_MOST / cell) {
        char *cells = calloc((size_t)points + 1, cell);
        if (cells == NULL) {
            out_of_memory(bytes->h);
        } else if (points > 0 && H5Aread(attribute, memory, cells) < 0) {
            text = "unreadable";
        } else {
            bytes_add(bytes, cells, (size_t)points * cell);
            text = text_make(arena, class, cells, cell, (size_t)points);
        }
        free(cells);
    }
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return text;
}

static bool attribute_fill(struct hdf5_file *h, const char *path, struct arena *arena,
                           const char *name, hid_t attribute, struct hdf5_attribute *out)
{
    struct bytes bytes = {.h = h};
    const bool scales = strcmp(name, "DIMENSION_LIST") == 0;
    if (scales)
        scales_list(h, path, &bytes);
    else
        out->text = value_read(attribute, arena, &bytes);
    out->name = arena_text(arena, name, strlen(name));
    out->bytes = arena_text(arena, bytes.at != NULL ? bytes.at : "", bytes.size);
    out->size = bytes.size;
    if (scales)
        out->text = out->bytes;
    free(bytes.at);
    if (out->name == NULL || out->bytes == NULL || out->text == NULL)
        out_of_memory(h);
    return !h->failed;
}

bool hdf5_attributes(struct hdf5_file *h, const char *path, struct arena *arena,
                     struct hdf5_attribute **attributes, size_t *count)
{
    H5O_info_t info;
    char name[PATH_MOST];
    *attributes = NULL;
    *count = 0;
    if (h->failed)
        return false;
    hid_t object = H5Oopen(h->file, path, H5P_DEFAULT);
#if H5_VERSION_GE(1, 12, 0)
    bool good = object >= 0 && H5Oget_info3(object, &info, H5O_INFO_NUM_ATTRS) >= 0;
#else
    bool good = object >= 0 && H5Oget_info2(object, &info, H5O_INFO_NUM_ATTRS) >= 0;
#endif
    if (good && (*attributes = arena_alloc(arena, info.num_attrs + 1, sizeof **attributes)) == NULL)
        out_of_memory(h);
    for (hsize_t i = 0; good && !h->failed && i < info.num_attrs; i++) {
        hid_t attribute =
            H5Aopen_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, i, H5P_DEFAULT, H5P_DEFAULT);
        good = attribute >= 0 && H5Aget_name(attribute, sizeof name, name) > 0;
        if (good && strcmp(name, "REFERENCE_LIST") != 0 &&
            attribute_fill(h, path, arena, name, attribute, &(*attributes)[*count]))
            ++*count;
        if (attribute >= 0)
            H5Aclose(attribute);
    }
    if (object >= 0)
        H5Oclose(object);
    if (!good)
        fail(h, "the attributes of %s cannot be read", path);
    return !h->failed;
}
