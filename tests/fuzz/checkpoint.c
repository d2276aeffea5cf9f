// A checkpoint's bytes below its digest, which would stop nearly all: whatever a snapshot holds,
// the run that goes on from it comes to an end. The first byte says in which phase it was taken,
// the second after how many scenarios or blocks; behind the last byte come zeros.
#include "fuzz.h"
#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"
#include "study/study.h"

static const struct {
    const char *name, *text;
} files[] = {
    {"study.ini", "[study]\ntitle = T\ncurrency = EUR\nas_of = 2026-01-01\nyears = 100\nseed = 1\n"
                  "[groups]\nby = class\n[report]\ndetail = 2\nreturn_periods = 2, 10\n"
                  "quantiles = 0.5, 0.9\n"},
    {"assets.csv", "asset_id,class,value,quantity\na1,server,1000,1\na2,server,2000,2\n"
                   "a3,laptop,300,10\n"},
    {"threats.csv", "threat_id,name\ncrime,Crime\n"},
    {"events.csv", "event_id,name,frequency,primary_response\nworm,A worm,0.2,exponential 1000\n"},
    {"drivers.csv", "driver,frequency,severity_correlation\nbusy,lognormal -0.08 0.4,0.3\n"},
    {"scenarios.csv",
     "scenario_id,threat_id,assets,frequency,susceptibility,primary_response,event,"
     "hit_probability,driver\n"
     "s1,crime,class=server,0.5,0.2,lognormal90 100 1000,,,busy\n"
     "s2,crime,*,2,,50,,,\n"
     "s3,crime,*,,,lognormal90 10 100,worm,0.3,\n"},
};
enum { FILES = sizeof files / sizeof *files };

static struct study study;
static struct scenario_plans plans;

// Made once, kept to the end.
static void study_make(void)
{
    struct study_input given[FILES];
    const struct study_options options = {.threads = 1, .given = given, .given_count = FILES};
    struct diagnostics *d = diagnostics_new();

    for (size_t i = 0; i < FILES; i++)
        given[i] = (struct study_input){.name = files[i].name,
                                        .bytes = (const unsigned char *)files[i].text,
                                        .size = strlen(files[i].text)};
    bool good = study_read(&study, "study", &options, d) &&
                scenario_plans_make(&study.portfolio, 1, &plans, d);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    fuzz_claim(good, "the study can be read");
}

struct source {
    const uint8_t *bytes;
    size_t left;
};

static bool next_bytes(void *context, void *bytes, size_t size)
{
    struct source *source = context;
    const size_t n = size < source->left ? size : source->left;

    memset(bytes, 0, size);
    if (n > 0)
        memcpy(bytes, source->bytes, n);
    source->bytes += n;
    source->left -= n;
    return true;
}

static bool range_over(void *keeper, struct snapshot *snapshot)
{
    (void)keeper;
    (void)snapshot;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct source source;
    struct diagnostics *d;
    struct outcome outcome = {0};

    if (size < 2)
        return 0;
    if (study.input_count == 0)
        study_make();
    source = (struct source){bytes + 2, size - 2};
    const struct snapshot_keeper keeper = {
        .range_over = range_over,
        .restore = next_bytes,
        .context = &source,
        .start = {.phase = bytes[0] % SNAPSHOT_PHASES, .next = bytes[1] % 5}};
    d = diagnostics_new();
    simulate_resumable(&study.portfolio, &plans, 1, &keeper, NULL, NULL, &outcome, d);
    outcome_free(&outcome);
    diagnostics_free(d);
    return 0;
}
