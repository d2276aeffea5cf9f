// A table. The first byte chooses the encoding, and, seldom, that two threads must find what one
// does: starting them takes much longer than most tables.
#include "study/csv.h"

#include "fuzz.h"

static bool read(struct table *table, const uint8_t *bytes, size_t size, bool windows_1252,
                 int threads, struct arena *arena, struct diagnostics *d)
{
    const struct csv_format format = {.windows_1252 = windows_1252,
                                      .threads = threads,
                                      .texts = arena,
                                      .scratch = arena,
                                      .remedy = NULL};

    return csv_read(table, "t.csv", bytes, size, &format, d, d);
}

static void tables_compare(const struct table *a, const struct table *b)
{
    fuzz_claim(a->rows == b->rows && a->column_count == b->column_count &&
                   a->bad_rows == b->bad_rows,
               "any number of threads finds as many rows");
    for (size_t r = 0; r < a->rows; r++) {
        fuzz_claim(a->line[r] == b->line[r], "on the same lines");
        for (int c = 0; c < (int)a->column_count; c++)
            fuzz_claim(strcmp(table_cell(a, r, c), table_cell(b, r, c)) == 0, "of the same cells");
    }
}

// `one` and its diagnostics are what one thread makes of the bytes.
static void two_compare(const uint8_t *bytes, size_t size, const struct table *one, bool good,
                        const struct diagnostics *d)
{
    struct diagnostics *e = diagnostics_new();
    struct arena arena = {0};
    struct table two;

    fuzz_claim(good == read(&two, bytes + 1, size - 1, (bytes[0] & 1) != 0, 2, &arena, e),
               "any number of threads says the same of the file");
    fuzz_claim(diagnostics_errors(d) == diagnostics_errors(e), "and the same of its rows");
    if (good)
        tables_compare(one, &two);
    diagnostics_free(e);
    arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct diagnostics *d;
    struct arena arena = {0};
    struct table one;
    const bool windows_1252 = size > 0 && (bytes[0] & 1) != 0;

    if (size == 0)
        return 0;
    d = diagnostics_new();
    const bool good = read(&one, bytes + 1, size - 1, windows_1252, 1, &arena, d);
    fuzz_claim(good || diagnostics_errors(d) > 0, "refused is refused aloud");
    if (bytes[0] == 0xff)
        two_compare(bytes, size, &one, good, d);
    diagnostics_free(d);
    arena_free(&arena);
    return 0;
}
