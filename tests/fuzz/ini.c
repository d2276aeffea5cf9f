// The INI syntax. What study.ini means is part of the target study.
#include "study/ini.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct diagnostics *d = diagnostics_new();
    struct arena arena = {0};
    struct ini ini = {.arena = &arena};
    const bool good = ini_read(&ini, "study.ini", bytes, size, d);

    fuzz_claim(good == (diagnostics_errors(d) == 0), "refused is refused aloud");
    for (size_t i = 0; i < ini.count; i++)
        fuzz_claim(ini.entries[i].section && ini.entries[i].key && ini.entries[i].value &&
                       ini.entries[i].line > 0,
                   "an entry is whole");
    diagnostics_free(d);
    arena_free(&arena);
    return 0;
}
