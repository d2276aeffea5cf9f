// A run's file, as show, compare and the others read it, in this process: apart.h keeps what the
// library does from theirs, so that what is looked for here is what our own readers do with what
// the library makes of the bytes. Inputs on which the library itself dies are its findings, not
// ours (scripts/fuzz goes on after them).
#include "command.h"
#include "commands/show.h"
#include "results/reader.h"

// The library loses memory when it gives up on a damaged file.
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static void group_read(const char *path, const struct results *r)
{
    const struct portfolio *portfolio = &r->portfolio;
    struct group_reading reading = {.path = path, .portfolio = portfolio, .budget = r->budget};

    if (portfolio->grouping_count == 0 || portfolio->groupings[0].count == 0)
        return;
    reading.units = calloc(portfolio->settings.years + 1, sizeof *reading.units);
    reader_group_read(&reading);
    free(reading.units);
}

static void study_read_back(const char *path, uint64_t budget)
{
    struct study_reading reading = {.path = path, .budget = budget};

    reader_study_read(&reading);
    arena_free(&reading.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct diagnostics *d = diagnostics_new();
    struct results *r = calloc(1, sizeof *r);
    char path[FUZZ_PATH_MAX];
    fuzz_file(bytes, size, path);

    fuzz_silence();
    r->path = path;
    fuzz_claim(reader_budget(path, &r->budget, d), "there is a file");
    study_read_back(path, r->budget);
    if (reader_run_read(r)) {
        group_read(path, r);
        show_text(r, 10);
        show_json(r, 10);
    }
    arena_free(&r->outcome.arena);
    free(r);
    diagnostics_free(d);
    unlink(path);
    return 0;
}
