// Whatever a snapshot may hold is refused or comes to an end: checkpoint.c keeps damage out, this
// is about one that was made on purpose. resume.c is about those that runs make.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "library/whole_run.h"

// Shared events that cost something themselves and hit what grouping knows, a driver, existing
// controls, insurance that there is and insurance that could be bought.
static const struct {
    const char *name, *text;
} files[] = {
    {"study.ini", "[study]\ntitle = T\ncurrency = EUR\nas_of = 2026-01-01\nyears = 100\nseed = 1\n"
                  "[groups]\nby = class\n[report]\ndetail = 2\nreturn_periods = 2, 10\n"
                  "quantiles = 0.5, 0.9\n"},
    {"assets.csv", "asset_id,class,value,quantity\na1,server,1000,1\na2,server,2000,2\n"
                   "a3,laptop,300,10\n"},
    {"threats.csv", "threat_id,name\ncrime,Crime\n"},
    {"events.csv", "event_id,name,frequency,primary_response\nworm,A worm,0.2,uniform 500 1500\n"},
    {"drivers.csv", "driver,frequency,severity_correlation\nbusy,uniform 0.5 1.5,\n"},
    {"scenarios.csv",
     "scenario_id,threat_id,assets,frequency,susceptibility,primary_response,event,"
     "hit_probability,driver\n"
     "s1,crime,class=server,0.5,0.2,uniform 100 1000,,,busy\n"
     "s2,crime,*,2,,50,,,\n"
     "s3,crime,*,,,uniform 10 100,worm,0.3,\n"},
    {"treatments.csv", "treatment_id,option,state,cost_annual\nlock,,,10\ncheck,,mandatory,5\n"
                       "cover,share,,20\n"},
    {"effects.csv", "treatment_id,scenarios,factor,operation,amount\n"
                    "lock,scenario_id=s2,frequency,multiply,0.5\n"
                    "check,scenario_id=s1,primary,multiply,0.9\n"},
    {"insurance.csv", "treatment_id,policy,layer,retention,limit\ncurrent,own,1,500,1000\n"
                      "cover,more,1,200,2000\n"},
    {"appetite.csv", "scope,loss,probability\nportfolio,1000,0.1\nclass=server,500,0.2\n"},
};
enum { FILES = sizeof files / sizeof *files, PIECES_MOST = 2000, SNAPSHOTS_MOST = 64 };

static struct study study;

// Bytes as they were passed, piece by piece.
struct kept {
    struct snapshot_place place;
    unsigned char *bytes;
    size_t size, pieces;
    size_t start[PIECES_MOST + 1];
};

static struct kept snapshots[SNAPSHOTS_MOST];
static size_t snapshot_count;

static bool piece_keep(void *context, void *bytes, size_t size)
{
    struct kept *kept = context;

    assert_true(kept->pieces < PIECES_MOST);
    kept->bytes = realloc(kept->bytes, kept->size + size);
    assert_non_null(kept->bytes);
    memcpy(kept->bytes + kept->size, bytes, size);
    kept->start[kept->pieces++] = kept->size;
    kept->start[kept->pieces] = kept->size += size;
    return true;
}

static bool piece_refuse(void *context, void *bytes, size_t size)
{
    size_t *left = context;

    (void)bytes;
    (void)size;
    return (*left)-- > 0;
}

static bool snapshot_keep(void *keeper, struct snapshot *snapshot)
{
    struct kept *kept = &snapshots[snapshot_count++];

    (void)keeper;
    assert_true(snapshot_count <= SNAPSHOTS_MOST);
    kept->place = snapshot_place(snapshot);
    assert_true(snapshot_save(snapshot, piece_keep, kept));
    // where the n-th piece cannot be written, it is said so
    for (size_t n = 0; n < kept->pieces; n++) {
        size_t left = n;

        assert_false(snapshot_save(snapshot, piece_refuse, &left));
    }
    return true;
}

static bool snapshot_ignore(void *keeper, struct snapshot *snapshot)
{
    (void)keeper;
    (void)snapshot;
    return true;
}

static bool go_on(void *context, double done, const char *phase)
{
    (void)context;
    (void)done;
    (void)phase;
    return true;
}

// The pieces of one, of which the last is missing and a word of another is not what it was.
struct given {
    const struct kept *kept;
    size_t at, end;
    size_t damaged, word; // SIZE_MAX: none
};

static const uint32_t damage = 0x80808080;

static bool piece_give(void *context, void *bytes, size_t size)
{
    struct given *given = context;
    const size_t at = given->at++;

    if (at == given->end)
        return false;
    assert_true(at < given->kept->pieces);
    if (size != given->kept->start[at + 1] - given->kept->start[at]) { // a count was damaged
        assert_true(given->damaged < at);
        return false;
    }
    memcpy(bytes, given->kept->bytes + given->kept->start[at], size);
    if (at == given->damaged)
        memcpy((unsigned char *)bytes + given->word * sizeof damage, &damage, sizeof damage);
    return true;
}

static int study_drop(void **state)
{
    (void)state;
    study_free(&study);
    for (size_t i = 0; i < snapshot_count; i++)
        free(snapshots[i].bytes);
    return 0;
}

// Whether a run, from the beginning or from where `given` was, is done; else why not is said.
static bool run(struct given *given)
{
    const struct snapshot_keeper keeper = {.range_over = given ? snapshot_ignore : snapshot_keep,
                                           .restore = given ? piece_give : NULL,
                                           .context = given,
                                           .start = given ? given->kept->place
                                                          : (struct snapshot_place){0}};
    struct whole_run whole = {.study = study};
    struct diagnostics *d = diagnostics_new();
    const bool done =
        whole_run_simulate(&whole, NULL, 1, &keeper, go_on, NULL, d) == SIMULATION_DONE;

    assert_int_equal(diagnostics_errors(d), !done);
    if (!done)
        assert_string_equal(diagnostics_get(d, 0)->message, "the checkpoint cannot be restored");
    whole_run_forget(&whole);
    diagnostics_free(d);
    return done;
}

static int study_make(void **state)
{
    struct study_input given[FILES];
    const struct study_options options = {.threads = 1, .given = given, .given_count = FILES};
    struct diagnostics *d = diagnostics_new();

    (void)state;
    for (size_t i = 0; i < FILES; i++)
        given[i] = (struct study_input){.name = files[i].name,
                                        .bytes = (const unsigned char *)files[i].text,
                                        .size = strlen(files[i].text)};
    if (!study_read(&study, "study", &options, d))
        diagnostics_print(d, stderr);
    assert_int_equal(diagnostics_errors(d), 0);
    diagnostics_free(d);
    assert_true(run(NULL));
    return 0;
}

// Of each phase the last.
static const struct kept *kept_of(uint32_t phase)
{
    size_t i = snapshot_count;

    while (snapshots[i - 1].place.phase != phase)
        i--;
    return &snapshots[i - 1];
}

static void a_snapshot_that_ends_early_is_not_gone_on_from(void **state)
{
    (void)state;
    for (uint32_t phase = 0; phase < SNAPSHOT_PHASES; phase++) {
        const struct kept *kept = kept_of(phase);

        for (size_t end = 0; end < kept->pieces; end++) {
            struct given given = {kept, 0, end, SIZE_MAX, 0};

            assert_false(run(&given));
        }
    }
}

// Losses below nothing, years, rows and ranks that there are none of; a mean or a share may be
// anything, and is told as it is.
static void what_a_snapshot_holds_is_refused_or_comes_to_an_end(void **state)
{
    (void)state;
    for (uint32_t phase = 0; phase < SNAPSHOT_PHASES; phase++) {
        const struct kept *kept = kept_of(phase);
        size_t refused = 0, done = 0;

        for (size_t piece = 0; piece < kept->pieces; piece++) {
            const size_t words = (kept->start[piece + 1] - kept->start[piece]) / sizeof damage;

            for (size_t word = 0; word < words && word < (phase > SNAPSHOT_REPLAY ? 1 : 12);
                 word++) {
                struct given given = {kept, 0, SIZE_MAX, piece, word};
                const bool went_on = run(&given);

                refused += !went_on;
                done += went_on;
            }
        }
        print_message("phase %u: %zu pieces, %zu words refused, %zu not\n", phase, kept->pieces,
                      refused, done);
        assert_true(refused > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_that_ends_early_is_not_gone_on_from),
        cmocka_unit_test(what_a_snapshot_holds_is_refused_or_comes_to_an_end),
    };
    return cmocka_run_group_tests(tests, study_make, study_drop);
}
