// The files that an import reads: the export, and two that say what its user knows about it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "commands/import.h"
#include "models/distribution.h"
#include "study/csv.h"

// The bytes of the file, to be freed; NULL after a diagnostic.
static unsigned char *bytes_read(struct import *import, const char *path, size_t *size)
{
    const struct place at = {.file = path};
    FILE *stream = fopen(path, "rbe");
    struct stat file;
    unsigned char *bytes = NULL;

    if (!stream || fstat(fileno(stream), &file) != 0) {
        diagnostics_add(import->d, &at, "cannot be read: %s", strerror(errno));
        diagnostics_blame(import->d, errno);
    } else if (!S_ISREG(file.st_mode)) {
        diagnostics_add(import->d, &at, "is not a regular file");
    } else if (!(bytes = malloc((size_t)file.st_size + 1))) {
        diagnostics_fail(import->d, &at, "memory is exhausted");
    } else {
        *size = fread(bytes, 1, (size_t)file.st_size, stream);
        if (ferror(stream) || *size < (size_t)file.st_size) {
            diagnostics_fail(import->d, &at, "cannot be read to its end");
            free(bytes);
            bytes = NULL;
        }
    }
    if (stream)
        fclose(stream);
    return bytes;
}

static bool columns_are(struct import *import, const struct table *table,
                        const char *const *columns, size_t count)
{
    const char *expected = "";
    struct place at = {.file = table->file, .line = 1};
    bool good = true;

    for (size_t i = 0; i < count; i++)
        expected = import_format(import, "%s%s%s", expected, i > 0 ? "," : "", columns[i]);
    for (size_t i = 0; i < count; i++) {
        if (table_column(table, columns[i]) >= 0)
            continue;
        diagnostics_add(import->d, &at, "column '%s' is missing; expected %s", columns[i],
                        expected);
        good = false;
    }
    for (size_t c = 0; c < table->column_count; c++) {
        bool known = false;

        at.column = table->columns[c].name;
        for (size_t i = 0; i < count; i++)
            known = known || strcmp(at.column, columns[i]) == 0;
        if (!known)
            diagnostics_add(import->d, &at, "unknown column; expected %s", expected);
        good = good && known;
    }
    return good;
}

struct table *import_file_read(struct import *import, const char *path, const char *const *columns,
                               size_t count)
{
    struct table *table = import_memory(import, 1, sizeof *table);
    const struct csv_format format = {.windows_1252 = import->windows_1252,
                                      .threads = import->threads,
                                      .texts = &import->arena,
                                      .scratch = &import->arena,
                                      .remedy = "--encoding windows-1252 reads it"};
    struct diagnostics *rows = diagnostics_new();
    size_t size;
    unsigned char *bytes = rows ? bytes_read(import, path, &size) : NULL;
    bool good = bytes && csv_read(table, path, bytes, size, &format, rows, import->d);

    if (!rows)
        diagnostics_fail(import->d, &(struct place){.file = path}, "memory is exhausted");
    else if (columns)
        diagnostics_append(import->d, rows);
    else
        import_bad_tell(import, rows, diagnostics_errors(rows));
    free(bytes);
    diagnostics_free(rows);
    return good && (!columns || columns_are(import, table, columns, count)) ? table : NULL;
}

// How the catalogue turns cells into the column: as the tool's own rows say, else lossmill's.
static const char *conversion_of(const struct import *import, const char *target)
{
    const struct import_catalogue *catalogue = &import->catalogue;
    const char *as = NULL;

    for (size_t i = 0; i < catalogue->column_count; i++) {
        const struct import_column *map = &catalogue->columns[i];
        const bool tools = import->tool && strcmp(map->tool, import->tool->id) == 0;

        if (strcmp(map->table, import->target->name) != 0 || strcmp(map->target, target) != 0 ||
            import_is_part(map->as))
            continue;
        if (tools)
            return map->as;
        if (strcmp(map->tool, "lossmill") == 0)
            as = map->as;
    }
    return as ? as : import->target->tags ? "text" : NULL;
}

static void target_unknown(struct import *import, const struct place *at)
{
    const struct import_catalogue *catalogue = &import->catalogue;
    const char *all = "";

    for (size_t i = 0; i < catalogue->column_count; i++) {
        const struct import_column *map = &catalogue->columns[i];

        if (strcmp(map->tool, "lossmill") == 0 && strcmp(map->table, import->target->name) == 0)
            all = import_format(import, "%s%s%s", all, *all ? ", " : "", map->target);
    }
    diagnostics_add(import->d, at, "%s.csv has no such column; expected one of %s",
                    import->target->name, all);
}

bool import_own_read(struct import *import, const char *path)
{
    static const char *const columns[] = {"source", "target"};
    const uint64_t errors = diagnostics_errors(import->d);
    const struct table *table = import_file_read(import, path, columns, 2);
    struct import_column *own;

    if (!table)
        return false;
    import->own = own = import_memory(import, table->rows + 1, sizeof *own);
    for (size_t row = 0; row < table->rows; row++) {
        const int at[] = {table_column(table, "source"), table_column(table, "target")};
        struct import_column *map = &own[import->own_count];
        struct place place = table_place(table, row, at[0]);

        *map = (struct import_column){"", import->target->name, table_cell(table, row, at[0]),
                                      table_cell(table, row, at[1]),
                                      conversion_of(import, table_cell(table, row, at[1]))};
        if (*map->source == '\0' || import_source(import, map) < 0)
            diagnostics_add(import->d, &place, "'%s' has no such column", import->export->file);
        place = table_place(table, row, at[1]);
        if (*map->target == '\0')
            diagnostics_add(import->d, &place, "is missing: the column of %s.csv to fill",
                            import->target->name);
        else if (!map->as)
            target_unknown(import, &place);
        import->own_count += map->as != NULL;
    }
    return diagnostics_errors(import->d) == errors;
}

static const char *const band_columns[] = {"scale", "level", "distribution"};

// A figure is checked here, where its line is known, and not first in the table it is copied to.
static void band_check(struct import *import, size_t row)
{
    const struct table *table = import->bands;
    const struct distribution_reader reader = {.arena = &import->arena};

    for (int i = 0; i < 3; i++) {
        const struct place at = table_place(table, row, table_column(table, band_columns[i]));

        if (*at.value == '\0')
            diagnostics_add(import->d, &at, "is missing");
        else if (i == 2)
            distribution_parse(at.value, &at, &reader, import->d);
    }
    for (size_t before = 0; before < row; before++) {
        const struct place at = table_place(table, row, table_column(table, "level"));
        const char *scale = table_cell(table, row, table_column(table, "scale"));
        const char *other = table_cell(table, before, table_column(table, "level"));

        if (strcmp(scale, table_cell(table, before, table_column(table, "scale"))) != 0 ||
            strcasecmp(at.value, other) != 0)
            continue;
        diagnostics_add(import->d, &at, "the level of %s stands already on line %u", scale,
                        table->line[before]);
        break;
    }
}

bool import_bands_read(struct import *import, const char *path)
{
    const uint64_t errors = diagnostics_errors(import->d);

    import->bands = import_file_read(import, path, band_columns, 3);
    for (size_t row = 0; import->bands && row < import->bands->rows; row++)
        band_check(import, row);
    return import->bands && diagnostics_errors(import->d) == errors;
}

void import_bands_check(struct import *import)
{
    const char *scales = "";

    for (size_t i = 0; i < import->output_count; i++)
        for (size_t f = 0; f < import->outputs[i].feed_count; f++)
            if (strcmp(import->outputs[i].feeds[f].as, "band") == 0)
                scales = import_format(import, "%s%s%s", scales, *scales ? ", " : "",
                                       import->outputs[i].feeds[f].scale);
    for (size_t row = 0; import->bands && row < import->bands->rows; row++) {
        const struct place at =
            table_place(import->bands, row, table_column(import->bands, "scale"));
        bool known = false;

        for (size_t i = 0; i < import->output_count; i++)
            for (size_t f = 0; f < import->outputs[i].feed_count; f++)
                known = known || (strcmp(import->outputs[i].feeds[f].as, "band") == 0 &&
                                  strcmp(import->outputs[i].feeds[f].scale, at.value) == 0);
        if (!known && *scales)
            diagnostics_add(import->d, &at, "this import has no such scale; it has %s", scales);
        else if (!known)
            diagnostics_add(import->d, &at, "this import has no ordinal scale to give figures to");
    }
}

static const char *band_of(const struct import *import, const char *scale, const char *level)
{
    const struct table *table = import->bands;

    for (size_t row = 0; row < table->rows; row++)
        if (strcmp(table_cell(table, row, table_column(table, "scale")), scale) == 0 &&
            strcasecmp(table_cell(table, row, table_column(table, "level")), level) == 0)
            return table_cell(table, row, table_column(table, "distribution"));
    return NULL;
}

// Tools name the levels of a scale, or number them, or both: a band may say either.
const char *import_band(const struct import *import, const char *scale, const char *level)
{
    const char *band = import->bands ? band_of(import, scale, level) : NULL;

    for (size_t i = 0; import->bands && !band && i < import->catalogue.value_count; i++) {
        const struct import_value *value = &import->catalogue.values[i];

        if (strcmp(value->tool, import->tool->id) != 0 || strcmp(value->choice, scale) != 0)
            continue;
        if (import_alike(level, strlen(level), value->value) && *value->becomes)
            band = band_of(import, scale, value->becomes);
        else if (strcmp(level, value->becomes) == 0)
            band = band_of(import, scale, value->value);
    }
    return band;
}
