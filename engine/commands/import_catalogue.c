// What register tools call their columns and values, and whose export a header is.
#include <string.h>

#include "commands/import.h"
#include "study/csv.h"

extern const unsigned char register_tools[], register_columns[], register_values[];
extern const size_t register_tools_size, register_columns_size, register_values_size;

enum { CATALOGUE_COLUMNS = 6 };

static bool embedded_read(struct import *import, const char *file, const unsigned char *bytes,
                          size_t size, struct table *table)
{
    const struct csv_format format = {
        .threads = 1, .texts = &import->arena, .scratch = &import->arena};

    return csv_read(table, file, bytes, size, &format, import->d, import->d);
}

// A file's rows as arrays of texts: cells[row * CATALOGUE_COLUMNS + column].
static const char **cells_of(struct import *import, const struct table *table)
{
    const char **cells = import_memory(import, table->rows * CATALOGUE_COLUMNS + 1, sizeof *cells);

    for (size_t row = 0; row < table->rows; row++)
        for (size_t c = 0; c < table->column_count && c < CATALOGUE_COLUMNS; c++)
            cells[row * CATALOGUE_COLUMNS + c] = table_cell(table, row, (int)c);
    return cells;
}

bool import_catalogue_read(struct import *import)
{
    struct import_catalogue *catalogue = &import->catalogue;
    struct table tools, columns, values;
    struct import_tool *tool;
    struct import_column *column;
    struct import_value *value;
    const char **cell;

    if (!embedded_read(import, "register-tools.csv", register_tools, register_tools_size, &tools) ||
        !embedded_read(import, "register-columns.csv", register_columns, register_columns_size,
                       &columns) ||
        !embedded_read(import, "register-values.csv", register_values, register_values_size,
                       &values))
        return false;
    catalogue->tools = tool = import_memory(import, tools.rows, sizeof *tool);
    cell = cells_of(import, &tools);
    for (size_t i = 0; i < tools.rows; i++, cell += CATALOGUE_COLUMNS)
        tool[i] = (struct import_tool){cell[0], cell[1], cell[2], cell[3], cell[4], cell[5]};
    catalogue->columns = column = import_memory(import, columns.rows, sizeof *column);
    cell = cells_of(import, &columns);
    for (size_t i = 0; i < columns.rows; i++, cell += CATALOGUE_COLUMNS)
        column[i] = (struct import_column){cell[0], cell[1], cell[2], cell[3], cell[4]};
    catalogue->values = value = import_memory(import, values.rows, sizeof *value);
    cell = cells_of(import, &values);
    for (size_t i = 0; i < values.rows; i++, cell += CATALOGUE_COLUMNS)
        value[i] = (struct import_value){cell[0], cell[1], cell[2], cell[3]};
    catalogue->tool_count = tools.rows;
    catalogue->column_count = columns.rows;
    catalogue->value_count = values.rows;
    return true;
}

const struct import_tool *import_tool_find(const struct import *import, const char *id)
{
    for (size_t i = 0; i < import->catalogue.tool_count; i++)
        if (strcmp(import->catalogue.tools[i].id, id) == 0)
            return &import->catalogue.tools[i];
    return NULL;
}

bool import_alike(const char *a, size_t a_length, const char *b)
{
    const char *const end = a + a_length;

    for (;;) {
        while (a < end && strchr(" _-\t", *a))
            a++;
        while (*b && strchr(" _-\t", *b))
            b++;
        if (a == end || !*b)
            return a == end && !*b;
        // ASCII only: what is beyond it must agree byte by byte
        const char x = *a >= 'A' && *a <= 'Z' ? (char)(*a + 32) : *a;
        const char y = *b >= 'A' && *b <= 'Z' ? (char)(*b + 32) : *b;
        if (x != y)
            return false;
        a++, b++;
    }
}

int import_source(const struct import *import, const struct import_column *map)
{
    const struct table *table = import->export;

    for (const char *name = map->source; *name;) {
        const size_t length = strcspn(name, "|");

        for (size_t i = 0; i < table->column_count; i++)
            if (import_alike(name, length, table->columns[i].name))
                return (int)i;
        name += length;
        name += *name == '|';
    }
    return -1;
}

const char *import_header(const struct import *import, int column)
{
    return import->export->columns[column].name;
}

// How well a header fits what a tool exports.
struct fit {
    const struct import_tool *tool;
    size_t columns; // of the header that are known
    bool key;       // the column without which there are no rows
};

static bool knows(const struct import *import, const struct import_tool *tool, size_t column)
{
    const struct import_catalogue *catalogue = &import->catalogue;

    for (size_t i = 0; i < catalogue->column_count; i++) {
        const struct import_column *map = &catalogue->columns[i];

        if (strcmp(map->tool, tool->id) == 0 && strcmp(map->table, import->target->name) == 0 &&
            import_source(import, map) == (int)column)
            return true;
    }
    return false;
}

static struct fit fit_of(const struct import *import, const struct import_tool *tool)
{
    const struct import_catalogue *catalogue = &import->catalogue;
    struct fit fit = {.tool = tool};

    for (size_t i = 0; i < catalogue->column_count; i++) {
        const struct import_column *map = &catalogue->columns[i];

        if (strcmp(map->tool, tool->id) != 0 || strcmp(map->table, import->target->name) != 0)
            continue;
        fit.key = import_source(import, map) >= 0; // the first row of a table is its key
        break;
    }
    for (size_t c = 0; fit.key && c < import->export->column_count; c++)
        fit.columns += knows(import, tool, c);
    return fit;
}

static const char *known_columns(struct import *import, const struct import_tool *tool)
{
    const char *names = "";

    for (size_t c = 0; c < import->export->column_count; c++)
        if (knows(import, tool, c))
            names = import_format(import, "%s%s%s", names, *names ? ", " : "",
                                  import->export->columns[c].name);
    return names;
}

static bool not_detected(struct import *import, const struct fit *best, const struct fit *second)
{
    const struct place at = {.file = import->export->file, .line = 1};

    if (best->columns < 2)
        diagnostics_add(import->d, &at,
                        "no tool is known whose %s have these columns; name it with --from TOOL "
                        "(lossmill import --list), or your columns with --from lossmill --columns "
                        "FILE",
                        import->target->name);
    else
        diagnostics_add(import->d, &at,
                        "could be of %s and of %s: both know %zu of its columns; say which with "
                        "--from TOOL",
                        best->tool->id, second->tool->id, best->columns);
    return false;
}

bool import_detect(struct import *import)
{
    struct fit best = {0}, second = {0};

    for (size_t i = 0; i < import->catalogue.tool_count; i++) {
        const struct fit fit = fit_of(import, &import->catalogue.tools[i]);

        if (fit.columns > best.columns) {
            second = best;
            best = fit;
        } else if (fit.columns > second.columns) {
            second = fit;
        }
    }
    if (best.columns < 2 || best.columns == second.columns)
        return not_detected(import, &best, &second);
    import->tool = best.tool;
    import->detected =
        import_format(import, "it knows %zu of the %zu columns: %s", best.columns,
                      import->export->column_count, known_columns(import, best.tool));
    if (second.columns > 0)
        import->detected = import_format(import, "%s; the next, %s, knows %zu", import->detected,
                                         second.tool->id, second.columns);
    return true;
}
