#include "commands/import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/machine.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/print.h"

static const struct manual manual = {
    .command = "import",
    .operands = "EXPORT.csv --as TABLE -o DIR",
    .summary = "Turns an export of another tool into a table of a study.",
    .text =
        "TABLE is assets, scenarios, controls, treatments or decisions; DIR/TABLE.csv is written,\n"
        "whole or not at all. Which tool the export is of is told by its columns, or by --from.\n"
        "--list shows the tools; with --from, what becomes of each column.\n"
        "\n"
        "Nothing is invented. Columns that are not taken, values that are not known and rows that\n"
        "are left out are reported with line, column and value, and what has no figure stays\n"
        "blank: lossmill check then says what is missing. A row without an id, or with one that\n"
        "stands already, is an error, unless --skip allows for it.\n"
        "\n"
        "Levels of ordinal scales (likelihood 1 to 5) are no figures. --bands gives them yours:\n"
        "\n"
        "  scale,level,distribution\n"
        "  likelihood,4,lognormal90 0.5 2\n"
        "  impact,Major,lognormal90 50000 900000\n"
        "\n"
        "--columns says what fills what, where the tool's columns are named otherwise; what the\n"
        "table does not know becomes a tag, in assets and scenarios:\n"
        "\n"
        "  source,target\n"
        "  Cost centre,cost_centre\n"
        "\n"
        "Example:\n"
        "  lossmill import cmdb.csv --as assets -o plant\n"
        "  lossmill import risks.csv --as scenarios --bands bands.csv -o plant\n",
    .operands_min = 0,
    .operands_max = 1,
};

void *import_memory(struct import *import, size_t count, size_t size)
{
    return must_have(arena_alloc(&import->arena, count, size));
}

const char *import_text(struct import *import, const char *text, size_t length)
{
    return must_have(arena_text(&import->arena, text, length));
}

const char *import_format(struct import *import, const char *format, ...)
{
    va_list arguments;
    char *text;
    int length;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    text = import_memory(import, (size_t)(length < 0 ? 0 : length) + 1, 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)(length < 0 ? 0 : length) + 1, format, arguments);
    va_end(arguments);
    return text;
}

struct request {
    const char *table, *from, *bands, *columns, *folder, *decimal, *encoding;
    bool list, force;
};

// What a tool can be imported as.
static const char *tables_of(struct import *import, const char *tool)
{
    const char *tables = "";
    for (size_t t = 0; t < IMPORT_TARGETS; t++)
        for (size_t i = 0; i < import->catalogue.column_count; i++) {
            const struct import_column *map = &import->catalogue.columns[i];
            if (strcmp(map->tool, tool) == 0 && strcmp(map->table, import_targets[t].name) == 0) {
                tables = import_format(import, "%s%s%s", tables, *tables != '\0' ? ", " : "",
                                       import_targets[t].name);
                break;
            }
        }
    return tables;
}

static void list_tools(struct import *import)
{
    static const struct column columns[] = {{"--from", ALIGN_LEFT, 0},
                                            {"Exports of", ALIGN_LEFT, 0},
                                            {"--as", ALIGN_LEFT, 0},
                                            {"Known from", ALIGN_LEFT, 0}};
    struct listing *listing = listing_new(columns, 4);
    for (size_t i = 0; i < import->catalogue.tool_count; i++) {
        const struct import_tool *tool = &import->catalogue.tools[i];
        listing_cell(listing, tool->id);
        listing_cell(listing, tool->name);
        listing_cell(listing, tables_of(import, tool->id));
        listing_cell(listing, *tool->source != '\0' ? tool->source : tool->evidence);
    }
    listing_print(listing, 0);
}

static void list_columns(struct import *import, const char *tool)
{
    static const struct column columns[] = {{"--as", ALIGN_LEFT, 0},
                                            {"Column", ALIGN_LEFT, 0},
                                            {"becomes", ALIGN_LEFT, 0},
                                            {"as", ALIGN_LEFT, 0}};
    struct listing *listing = listing_new(columns, 4);
    for (size_t i = 0; i < import->catalogue.column_count; i++) {
        const struct import_column *map = &import->catalogue.columns[i];
        if (strcmp(map->tool, tool) != 0)
            continue;
        listing_cell(listing, map->table);
        listing_cell(listing, map->source);
        listing_cell(listing, map->target);
        listing_cell(listing, map->as);
    }
    listing_print(listing, 0);
}

// How the outputs were filled, and what comes next.
static void summary(struct import *import, const struct request *request, const char *path)
{
    static const struct column columns[] = {
        {"Column", ALIGN_LEFT, 0}, {"from", ALIGN_LEFT, 60}, {"Cells filled", ALIGN_RIGHT, 0}};
    const struct import_tool *tool = import->tool;
    const char *as = import_format(import, "%s: %s row%s", path, whole_text(import->rows),
                                   import->rows == 1 ? "" : "s");
    if (import->left_out > 0)
        as = import_format(import, "%s, %s left out", as, whole_text(import->left_out));
    printf("%s\n", text_shown(as, 0));
    paragraph(2, import->detected != NULL
                     ? import_format(import, "Taken for an export of %s (%s): %s.", tool->name,
                                     tool->id, import->detected)
                     : import_format(import, "An export of %s, as --from says.", tool->name));
    if (*tool->source == '\0' && strcmp(tool->evidence, "its own") != 0)
        paragraph(2, import_format(import,
                                   "Its columns are known from %s, not from its source: look at "
                                   "the result.",
                                   tool->evidence));
    putchar('\n');
    struct listing *listing = listing_new(columns, 3);
    for (size_t i = 0; i < import->output_count; i++) {
        const struct import_output *output = &import->outputs[i];
        const char *from = "";
        for (size_t f = 0; f < output->feed_count; f++)
            from = import_format(import, "%s%s%s", from, f > 0 ? ", " : "",
                                 import_header(import, output->feeds[f].column));
        listing_cell(listing, output->name);
        listing_cell(listing, from);
        listing_cell(listing, whole_text(output->filled));
    }
    listing_print(listing, 2);
    if (diagnostics_warnings(import->d) > 0)
        printf("\n%s warning%s above: what was not taken, not known or left out.\n",
               whole_text(diagnostics_warnings(import->d)),
               diagnostics_warnings(import->d) == 1 ? "" : "s");
    printf("\nWhat is still missing:\n\n  lossmill check %s\n", text_shown(request->folder, 200));
}

// The table goes to disk; a folder made for it does not stay without it.
static int table_write(struct import *import, const struct request *request, const char *path)
{
    struct output_file file;
    bool made = mkdir(request->folder, 0777) == 0;
    if (!made && errno != EEXIST) {
        fprintf(stderr, "lossmill import: cannot make the folder %s: %s\n",
                text_shown(request->folder, 200), strerror(errno));
        return STATUS_SYSTEM;
    }
    bool good = output_open(&file, manual.command, path);
    if (good) {
        import_write(import, file.stream);
        good = output_commit(&file, manual.command);
    }
    if (!good && made)
        rmdir(request->folder);
    return good ? STATUS_DONE : STATUS_SYSTEM;
}

// False after diagnostics: nothing is to be written.
static bool import_read(struct import *import, const struct request *request)
{
    bool good = true;
    import->export = import_file_read(import, import->export_file, NULL, 0);
    if (request->bands != NULL)
        good = import_bands_read(import, request->bands);
    if (import->export == NULL)
        return false;
    if (!import_header_check(import) || (import->tool == NULL && !import_detect(import)))
        return false;
    if (request->columns != NULL)
        good = import_own_read(import, request->columns) && good;
    good = import_plan(import) && good;
    if (!good)
        return false;
    import_cells(import);
    return import_rows(import) && diagnostics_errors(import->d) == 0;
}

static int table_import(struct import *import, const struct request *request)
{
    const char *path = import_format(import, "%s/%s.csv", request->folder, import->target->name);
    if (!request->force && access(path, F_OK) == 0) {
        fprintf(stderr, "lossmill import: %s exists; --force replaces it\n", text_shown(path, 200));
        return STATUS_USAGE;
    }
    bool good = import_read(import, request);
    diagnostics_print(import->d, stderr);
    if (!good) {
        fprintf(stderr, "lossmill import: nothing was written\n");
        return input_status(import->d);
    }
    int status = table_write(import, request, path);
    if (status == STATUS_DONE)
        summary(import, request, path);
    return status;
}

static int tool_unknown(struct import *import, const char *name)
{
    const char **names = import_memory(import, import->catalogue.tool_count, sizeof *names);
    const char *all = "";
    for (size_t i = 0; i < import->catalogue.tool_count; i++) {
        names[i] = import->catalogue.tools[i].id;
        all = import_format(import, "%s%s%s", all, i > 0 ? ", " : "", names[i]);
    }
    const char *nearest = nearest_name(name, names, import->catalogue.tool_count);
    if (nearest != NULL)
        return options_wrong(&manual, "there is no tool \"%s\": did you mean \"%s\"?",
                             text_shown(name, 60), nearest);
    return options_wrong(&manual, "there is no tool \"%s\"; there are %s", text_shown(name, 60),
                         all);
}

static int target_unknown(const char *name)
{
    const char *names[IMPORT_TARGETS];
    for (size_t i = 0; i < IMPORT_TARGETS; i++)
        names[i] = import_targets[i].name;
    const char *nearest = nearest_name(name, names, IMPORT_TARGETS);
    return options_wrong(&manual,
                         "--as \"%s\" is none of assets, scenarios, controls, treatments "
                         "and decisions%s%s%s",
                         text_shown(name, 60), nearest != NULL ? ": did you mean \"" : "",
                         nearest != NULL ? nearest : "", nearest != NULL ? "\"?" : "");
}

// What the command line says; OPTIONS_PROCEED, or how it is wrong.
static int request_take(struct import *import, const struct request *request, int operands)
{
    if (request->from != NULL) {
        import->tool = import_tool_find(import, request->from);
        if (import->tool == NULL)
            return tool_unknown(import, request->from);
    }
    if (request->list)
        return operands > 0 ? options_wrong(&manual, "--list reads no export") : OPTIONS_PROCEED;
    if (operands == 0 || request->table == NULL || request->folder == NULL)
        return options_wrong(&manual, "an export, --as TABLE and -o DIR are needed");
    for (size_t i = 0; i < IMPORT_TARGETS; i++)
        if (strcmp(import_targets[i].name, request->table) == 0)
            import->target = &import_targets[i];
    if (import->target == NULL)
        return target_unknown(request->table);
    if (request->decimal != NULL && strcmp(request->decimal, "point") != 0 &&
        strcmp(request->decimal, "comma") != 0)
        return options_wrong(&manual, "--decimal is point or comma, not \"%s\"",
                             text_shown(request->decimal, 60));
    if (request->encoding != NULL && strcmp(request->encoding, "utf-8") != 0 &&
        strcmp(request->encoding, "windows-1252") != 0)
        return options_wrong(&manual, "--encoding is utf-8 or windows-1252, not \"%s\"",
                             text_shown(request->encoding, 60));
    import->decimal_comma = request->decimal != NULL && strcmp(request->decimal, "comma") == 0;
    import->windows_1252 =
        request->encoding != NULL && strcmp(request->encoding, "windows-1252") == 0;
    return OPTIONS_PROCEED;
}

int command_import(int argc, char **argv)
{
    struct import import = {.threads = machine_threads()};
    struct request request = {0};
    const struct option_row rows[] = {
        {'a', "as", "TABLE",
         "what it becomes: assets, scenarios, controls,\ntreatments or decisions", OPTION_TEXT,
         &request.table, 0, 0},
        {'o', "output", "DIR", "the study's folder, made where it is not there", OPTION_TEXT,
         &request.folder, 0, 0},
        {'f', "from", "TOOL", "the tool it comes from, instead of telling by its columns",
         OPTION_TEXT, &request.from, 0, 0},
        {'b', "bands", "FILE", "your figures for ordinal levels: scale,level,distribution",
         OPTION_TEXT, &request.bands, 0, 0},
        {'c', "columns", "FILE", "your own mapping of columns: source,target", OPTION_TEXT,
         &request.columns, 0, 0},
        {0, "decimal", "SIGN", "of the export's numbers: point (default) or comma", OPTION_TEXT,
         &request.decimal, 0, 0},
        {0, "encoding", "NAME", "of the files read: utf-8 (default) or windows-1252", OPTION_TEXT,
         &request.encoding, 0, 0},
        {0, "skip", "N", "leave out up to N bad rows, each reported (0)", OPTION_WHOLE,
         &import.skip, 0, UINT32_MAX},
        {0, "force", NULL, "replace the table where it is there already", OPTION_FLAG,
         &request.force, 0, 0},
        {'l', "list", NULL, "the tools that are known, or the columns of --from TOOL", OPTION_FLAG,
         &request.list, 0, 0},
    };
    int operands;
    int status = options_parse(&manual, rows, sizeof rows / sizeof *rows, argc, argv, &operands);
    if (status != OPTIONS_PROCEED)
        return status;
    import.d = must_have(diagnostics_new());
    if (!import_catalogue_read(&import)) {
        diagnostics_print(import.d, stderr);
        status = STATUS_SYSTEM;
    } else {
        status = request_take(&import, &request, operands);
    }
    if (status == OPTIONS_PROCEED && request.list) {
        if (import.tool != NULL)
            list_columns(&import, import.tool->id);
        else
            list_tools(&import);
        status = STATUS_DONE;
    } else if (status == OPTIONS_PROCEED) {
        import.export_file = argv[1];
        status = table_import(&import, &request);
    }
    diagnostics_free(import.d);
    arena_free(&import.arena);
    return output_finish(status);
}
