// A selector, on a table that has a bit of everything.
#include "study/selector.h"

#include "fuzz.h"

static const char csv[] = "id,class,value,owner,2nd name\n"
                          "a,server,100,Retail Banking,x\n"
                          "b,server,1e3,Lab,\n"
                          "c,laptop,\"1,5\",O'Brien,y\n"
                          "d,Laptop,,Lab,z\n"
                          "e,,-5,\xc3\x84rzte,x\n"
                          "f,in,0100,and,*\n";
enum { ROWS = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    struct diagnostics *d = diagnostics_new();
    struct arena arena = {0};
    const struct csv_format format = {
        .threads = 1, .texts = &arena, .scratch = &arena, .remedy = NULL};
    const struct place at = {.file = "scenarios.csv", .line = 2, .value = text};
    const struct selector *selector;
    struct table table;
    uint32_t rows[ROWS];
    size_t count = 0;

    csv_read(&table, "assets.csv", (const unsigned char *)csv, strlen(csv), &format, d, d);
    selector = selector_parse(&at, &arena, d);
    fuzz_claim((selector != NULL) == (diagnostics_errors(d) == 0), "refused is refused aloud");
    if (selector && selector_columns_check(selector, &table, &at, d)) {
        for (int comma = 0; comma < 2; comma++) {
            fuzz_claim(selector_match(selector, &table, comma != 0, &arena, rows, &count, &at, d),
                       "there is memory");
            fuzz_claim(count <= ROWS, "no more rows than there are");
            for (size_t i = 1; i < count; i++)
                fuzz_claim(rows[i - 1] < rows[i], "rows ascend");
        }
    }
    diagnostics_free(d);
    arena_free(&arena);
    free(text);
    return 0;
}
