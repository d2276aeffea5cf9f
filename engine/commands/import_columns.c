// Which columns of an export fill which columns of a table.
#include <string.h>

#include "commands/import.h"
#include "study/csv.h"

const struct import_target import_targets[IMPORT_TARGETS] = {
    {"assets", "asset_id", true},      {"scenarios", "scenario_id", true},
    {"controls", "control_id", false}, {"treatments", "treatment_id", false},
    {"decisions", NULL, false},
};

// Where the user says what fills a column, or what becomes of one, the tool's own mapping does not
// count.
static bool overruled(const struct import *import, const struct import_column *map)
{
    const int column = import_source(import, map);

    for (size_t i = 0; i < import->own_count; i++)
        if (strcmp(import->own[i].target, map->target) == 0 ||
            import_source(import, &import->own[i]) == column)
            return true;
    return false;
}

static struct import_output *output_of(struct import *import, const char *name)
{
    for (size_t i = 0; i < import->output_count; i++)
        if (strcmp(import->outputs[i].name, name) == 0)
            return &import->outputs[i];
    import->outputs[import->output_count] = (struct import_output){.name = name};
    return &import->outputs[import->output_count++];
}

static void feed_add(struct import *import, const struct import_column *map, size_t most)
{
    const int column = import_source(import, map);
    const char *blank = strchr(map->as, ' ');
    struct import_output *output;

    if (column < 0)
        return;
    output = output_of(import, map->target);
    if (!output->feeds)
        output->feeds = import_memory(import, most, sizeof *output->feeds);
    output->feeds[output->feed_count++] = (struct import_feed){
        .map = map,
        .column = column,
        .as = blank ? import_text(import, map->as, (size_t)(blank - map->as)) : map->as,
        .scale = blank ? blank + 1 : "",
    };
}

// What the user says fills the column, or any that nothing fills so far: in the place that the
// column has in the tool's own mapping.
static void own_add(struct import *import, const char *target, size_t most)
{
    const size_t outputs = import->output_count;

    for (size_t i = 0; i < import->own_count; i++) {
        const struct import_column *map = &import->own[i];
        bool taken = target && strcmp(map->target, target) != 0;

        for (size_t k = 0; k < outputs; k++)
            taken = taken || strcmp(import->outputs[k].name, map->target) == 0;
        if (!taken)
            feed_add(import, map, most);
    }
}

bool import_header_check(struct import *import)
{
    const struct table *table = import->export;
    const uint64_t errors = diagnostics_errors(import->d);

    for (size_t i = 0; i < table->column_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct place at = {
                .file = table->file, .line = 1, .column = table->columns[i].name};

            if (import_alike(at.column, strlen(at.column), table->columns[j].name))
                diagnostics_add(import->d, &at,
                                "the header has '%s', too: case, blanks, hyphens and underscores "
                                "do not tell columns apart",
                                table->columns[j].name);
        }
    return diagnostics_errors(import->d) == errors;
}

static uint64_t cells_given(const struct table *table, size_t column)
{
    uint64_t given = 0;

    for (size_t row = 0; row < table->rows; row++)
        given += table->columns[column].code[row] != 0;
    return given;
}

// The column that is taken instead of this one, which has another name for the same; or NULL.
static const char *taken_instead(const struct import *import, const char *name)
{
    const struct import_catalogue *catalogue = &import->catalogue;

    for (size_t i = 0; i < catalogue->column_count; i++) {
        const struct import_column *map = &catalogue->columns[i];

        if (strcmp(map->tool, import->tool->id) != 0 ||
            strcmp(map->table, import->target->name) != 0)
            continue;
        for (const char *alias = map->source; *alias;) {
            const size_t length = strcspn(alias, "|");
            const int column = import_source(import, map);

            if (import_alike(alias, length, name) && column >= 0)
                return import->export->columns[column].name;
            alias += length;
            alias += *alias == '|';
        }
    }
    return NULL;
}

static void rest_tell(struct import *import)
{
    const struct table *table = import->export;

    for (size_t c = 0; c < table->column_count; c++) {
        const struct place at = {.file = table->file, .line = 1, .column = table->columns[c].name};
        const unsigned long long given = cells_given(table, c);
        const char *instead = taken_instead(import, at.column);
        bool used = false;

        for (size_t i = 0; i < import->output_count; i++)
            for (size_t f = 0; f < import->outputs[i].feed_count; f++)
                used = used || import->outputs[i].feeds[f].column == (int)c;
        if (used)
            continue;
        if (instead && strcmp(instead, at.column) != 0)
            diagnostics_warn(import->d, &at, "not taken: '%s' stands for the same; cells: %llu",
                             instead, given);
        else
            diagnostics_warn(import->d, &at, "not taken: %s.csv has nothing for it%s; cells: %llu",
                             import->target->name,
                             import->target->tags ? " (--columns can keep it as a tag)" : "",
                             given);
    }
}

// What the rows of a table cannot be without: their id, or what they decide.
static void key_check(struct import *import)
{
    const struct import_catalogue *catalogue = &import->catalogue;
    const char *key = import->target->id ? import->target->id : "option";
    const struct place at = {.file = import->export->file, .line = 1};

    for (size_t i = 0; i < import->output_count; i++)
        if (strcmp(import->outputs[i].name, key) == 0)
            return;
    for (size_t i = 0; i < catalogue->column_count; i++) {
        const struct import_column *map = &catalogue->columns[i];

        if (strcmp(map->tool, import->tool->id) == 0 && strcmp(map->target, key) == 0 &&
            strcmp(map->table, import->target->name) == 0) {
            diagnostics_add(import->d, &at,
                            "column '%s' is missing: %s is made of it; --columns can name another",
                            map->source, key);
            return;
        }
    }
    diagnostics_add(import->d, &at, "%s exports no %s that lossmill knows of", import->tool->name,
                    import->target->name);
}

bool import_plan(struct import *import)
{
    const struct import_catalogue *catalogue = &import->catalogue;
    const size_t most = catalogue->column_count + import->own_count;
    const uint64_t errors = diagnostics_errors(import->d);

    import->outputs = import_memory(import, most, sizeof *import->outputs);
    for (size_t i = 0; i < catalogue->column_count; i++) {
        const struct import_column *map = &catalogue->columns[i];

        if (strcmp(map->tool, import->tool->id) != 0 ||
            strcmp(map->table, import->target->name) != 0)
            continue;
        own_add(import, map->target, most);
        if (!overruled(import, map))
            feed_add(import, map, most);
    }
    own_add(import, NULL, most);
    key_check(import);
    rest_tell(import);
    import_bands_check(import);
    return diagnostics_errors(import->d) == errors;
}
