// What `lossmill import` makes of any export, short of writing it. The first byte chooses the table
// and whose export it is.
#include "commands/import.h"

#include "command.h"

// As the command does.
static void import_all(struct import *import)
{
    char *text = NULL;
    size_t length;

    import->export = import_file_read(import, import->export_file, NULL, 0);
    if (import->export == NULL || !import_header_check(import) || !import_detect(import) ||
        !import_plan(import))
        return;
    import_cells(import);
    if (!import_rows(import) || diagnostics_errors(import->d) > 0)
        return;
    FILE *out = open_memstream(&text, &length);
    import_write(import, out);
    fclose(out);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct import import = {.threads = 1};
    char path[FUZZ_PATH_MAX];

    if (size == 0)
        return 0;
    fuzz_file(bytes + 1, size - 1, path);
    import.d = diagnostics_new();
    import.export_file = path;
    import.skip = bytes[0] & 1;
    import.decimal_comma = (bytes[0] & 2) != 0;
    import.windows_1252 = (bytes[0] & 4) != 0;
    import.target = &import_targets[(bytes[0] >> 3) % IMPORT_TARGETS];
    fuzz_claim(import_catalogue_read(&import), "the tools are known");
    import_all(&import);
    diagnostics_free(import.d);
    arena_free(&import.arena);
    unlink(path);
    return 0;
}
