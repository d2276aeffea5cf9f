// A whole study from memory: files one behind the other, each below a line "=== NAME". Refused with
// reasons, or planned and forecast as `check` does.
#include "study/study.h"

#include "fuzz.h"
#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"

enum { FILES_MAX = 24 };

// Cuts `text` where it stands. Names end at their line.
static size_t files_cut(char *text, size_t size, struct study_input *files)
{
    static const char mark[] = "=== ";
    char *at = text, *end = text + size;
    size_t count = 0;

    while (count < FILES_MAX && end - at > 4 && memcmp(at, mark, 4) == 0) {
        char *name = at + 4, *line = memchr(name, '\n', (size_t)(end - name));

        if (!line)
            break;
        *line = '\0';
        at = memmem(line + 1, (size_t)(end - line - 1), "\n=== ", 5);
        at = at ? at + 1 : end;
        files[count++] = (struct study_input){
            .name = name, .bytes = (unsigned char *)line + 1, .size = (size_t)(at - line - 1)};
    }
    return count;
}

// What it would take, unless that is refused.
static void forecast(const struct portfolio *portfolio, struct diagnostics *d)
{
    struct scenario_plans plans = {0};
    struct forecast total;
    struct scenario_forecast *each = calloc(portfolio->scenario_count + 1, sizeof *each);
    struct event_forecast *events = calloc(portfolio->event_count + 1, sizeof *events);

    if (scenario_plans_make(portfolio, 1, &plans, d))
        simulate_forecast(portfolio, &plans, 1, &total, each, events, d);
    scenario_plans_free(&plans);
    free(each);
    free(events);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    struct study_input files[FILES_MAX];
    const struct study_options options = {
        .threads = 1, .given = files, .given_count = files_cut(text, size, files)};
    struct diagnostics *d = diagnostics_new();
    struct study study;
    const bool good = study_read(&study, "study", &options, d);

    fuzz_claim(good == (diagnostics_errors(d) == 0), "refused is refused aloud");
    for (uint64_t i = 0; i < diagnostics_kept(d); i++)
        fuzz_claim(diagnostics_get(d, i)->place.file != NULL, "every word on it names the file");
    if (good)
        forecast(&study.portfolio, d);
    study_free(&study);
    diagnostics_free(d);
    free(text);
    return 0;
}
