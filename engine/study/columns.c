#include "study/columns.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

bool columns_known(const struct table_shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++) {
        if (strcmp(shape->columns[i], name) == 0)
            return true;
    }
    return false;
}

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

// The known column that an unknown one was probably meant to be, NULL if it may be a tag. Short
// names have many neighbours ("core" is two letters from "zone"), so they must be nearer.
static const char *meant(const struct table_shape *shape, const char *name)
{
    const size_t length = strlen(name);
    const char *nearest =
        text_nearest(name, length, shape->columns, shape->count, shape->tags && length < 6 ? 1 : 2);

    if (nearest || !shape->tags)
        return nearest;
    for (size_t i = 0; i < shape->count; i++) {
        if ((begins_with(name, "primary_") && begins_with(shape->columns[i], "primary_")) ||
            (begins_with(name, "secondary_") && begins_with(shape->columns[i], "secondary_")))
            return text_nearest(name, length, shape->columns, shape->count, 12);
    }
    return NULL;
}

static bool any_meant(const struct table *table, const struct table_shape *shape,
                      const char *wanted)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name, *near;

        if (columns_known(shape, name))
            continue;
        near = meant(shape, name);
        if (near && strcmp(near, wanted) == 0)
            return true;
    }
    return false;
}

static void unknown_check(const struct table *table, const struct table_shape *shape,
                          struct diagnostics *d)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        const struct place at = {.file = table->file, .line = 1, .column = name};
        const char *near;

        if (columns_known(shape, name))
            continue;
        near = meant(shape, name);
        if (near && shape->tags)
            diagnostics_add(d, &at,
                            "unknown column; did you mean '%s'? If it is a tag of your "
                            "own, give it a name less alike",
                            near);
        else if (near)
            diagnostics_add(d, &at, "unknown column; did you mean '%s'?", near);
        else if (!shape->tags)
            diagnostics_add(d, &at, "unknown column");
    }
}

bool columns_check(const struct table *table, const struct table_shape *shape,
                   struct diagnostics *d)
{
    const struct place at = {.file = table->file, .line = 1};
    bool complete = true;

    unknown_check(table, shape, d);
    for (size_t i = 0; i < shape->required; i++) {
        if (table_column(table, shape->columns[i]) >= 0)
            continue;
        complete = false;
        if (!any_meant(table, shape, shape->columns[i]))
            diagnostics_add(d, &at, "column '%s' is missing", shape->columns[i]);
    }
    return complete;
}

void columns_find(const struct table *table, const struct table_shape *shape, int *at)
{
    for (size_t i = 0; i < shape->count; i++)
        at[i] = table_column(table, shape->columns[i]);
}

bool columns_note_tags(struct reading *reading, const struct table *table,
                       const struct table_shape *shape)
{
    struct study_facts *facts = &reading->study->facts;
    const char **tags =
        arena_alloc(reading->kept, facts->tag_count + table->column_count, sizeof *tags);

    if (!tags)
        return reading_out_of_memory(reading);
    if (facts->tag_count > 0)
        memcpy(tags, facts->tags, facts->tag_count * sizeof *tags);
    facts->tags = tags;
    for (size_t i = 0; i < table->column_count; i++) {
        const char *name = table->columns[i].name;
        const size_t size = strlen(table->file) + strlen(name) + 3;
        char *text;

        if (columns_known(shape, name))
            continue;
        text = arena_alloc(reading->kept, size, 1);
        if (!text)
            return reading_out_of_memory(reading);
        snprintf(text, size, "%s: %s", table->file, name);
        tags[facts->tag_count++] = text;
    }
    return true;
}
