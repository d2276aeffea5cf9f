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

// The known column that an unknown one was probably meant to be, NULL if it may be a tag, or is
// like none. Short names have many neighbours ("core" is two letters from "zone"), so they must be
// nearer.
static const char *meant(const struct table_shape *shape, const char *name)
{
    const size_t length = strlen(name);
    const char *nearest = text_nearest(name, length, shape->columns, shape->count,
                                       length < (shape->tags ? 6 : 5) ? 1 : 2);

    if (nearest)
        return nearest;
    for (size_t i = 0; i < shape->count; i++) {
        if ((begins_with(name, "primary_") && begins_with(shape->columns[i], "primary_")) ||
            (begins_with(name, "secondary_") && begins_with(shape->columns[i], "secondary_")))
            return text_nearest(name, length, shape->columns, shape->count, 12);
    }
    return NULL;
}

bool columns_have(const struct table *table, const struct table_shape *shape, const char *wanted)
{
    if (table_column(table, wanted) >= 0)
        return true;
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

// Of a table without tags: all that could have been meant.
static void unknown_add(const struct table_shape *shape, const struct place *at,
                        struct diagnostics *d)
{
    char all[1024];
    size_t used = 0;

    for (size_t i = 0; i < shape->count && used < sizeof all; i++)
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
                                 i == 0                  ? ""
                                 : i + 1 == shape->count ? " or "
                                                         : ", ",
                                 shape->columns[i]);
    diagnostics_add(d, at, "unknown column; expected %s", all);
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
            unknown_add(shape, &at, d);
    }
}

bool columns_check(struct table *table, const struct table_shape *shape, struct diagnostics *d)
{
    const struct place at = {.file = table->file, .line = 1};
    const uint64_t errors = diagnostics_errors(d);
    bool complete = true;

    unknown_check(table, shape, d);
    for (size_t i = 0; i < shape->required; i++) {
        if (table_column(table, shape->columns[i]) >= 0)
            continue;
        complete = false;
        if (!columns_have(table, shape, shape->columns[i]))
            diagnostics_add(d, &at, "column '%s' is missing", shape->columns[i]);
    }
    table->columns_good = diagnostics_errors(d) == errors;
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
