// A run that goes on from a snapshot is the run that was never stopped: whatever the snapshot's
// place, in every phase, and on any number of threads.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "library/whole_run.h"
#include "simulate/address.h"

// All that a snapshot holds some of: groups, a driver, shared events, scenarios of one asset and of
// several, insurance that there is and that there may be, a treatment that is at work, an appetite,
// and a last block of years that is not whole.
static const struct {
    const char *name, *text;
} files[] = {
    {"study.ini",
     "[study]\ntitle = T\ncurrency = EUR\nas_of = 2026-01-01\nyears = 9000\nseed = 3\n"
     "stated = inherent\n[groups]\nby = class, event\n[report]\nreturn_periods = 10, 100\n"
     "quantiles = 0.9, 0.99\n"},
    {"assets.csv", "asset_id,class,quantity\nlaptops,laptop,50\nserver,server,10\n"
                   "shop,application,1\n"},
    {"drivers.csv", "driver,frequency,severity_correlation\nbad,lognormal -0.125 0.5,0.3\n"},
    {"events.csv", "event_id,frequency,driver,hit_correlation,primary_response\n"
                   "worm,0.1,bad,0.5,lognormal90 20000 200000\npower,0.3,,,1000\n"},
    {"scenarios.csv",
     "scenario_id,assets,event,hit_probability,frequency,frequency_per,driver,primary_response,"
     "secondary_probability,secondary_fines\n"
     "theft,class=laptop,,,0.02,unit,,lognormal90 500 4000,,\n"
     "fraud,class=application,,,2,,bad,lognormal90 1000 60000,0.1,5000\n"
     "outbreak,class in laptop server,worm,0.5,,,,lognormal90 5000 50000,,\n"
     "loss,*,,,1.5,,,lognormal90 100 9000,,\n"
     "outage,class=server,power,0.2,,,,exponential 3000,,\n"},
    {"treatments.csv", "treatment_id,option,state,cost_upfront,cost_annual\n"
                       "lock,modify,candidate,5000,300\ncheck,modify,approved,500,2000\n"
                       "patch,modify,existing,0,1000\ncover,share,candidate,0,600\n"},
    {"effects.csv", "treatment_id,scenarios,factor,operation,amount\n"
                    "lock,scenario_id=theft,frequency,multiply,0.5\n"
                    "check,scenario_id=fraud,frequency,multiply,0.5\n"
                    "patch,scenario_id=outbreak,hit_probability,multiply,0.6\n"},
    {"insurance.csv", "treatment_id,policy,layer,scenarios,basis,retention,limit,share\n"
                      "cover,cyber,1,,event,50000,500000,0.9\n"
                      "current,crime,1,scenario_id=fraud,year,20000,100000,1\n"},
    {"appetite.csv", "scope,loss,probability\nportfolio,100000,0.25\nclass=laptop,20000,0.1\n"},
};
enum { FILES = sizeof files / sizeof *files };

// A snapshot's bytes.
struct kept {
    struct snapshot_place place;
    unsigned char *bytes;
    size_t size, room, read;
};

// Keeps the snapshot of every range, or stops at the first.
enum { KEPT_MOST = 200 };
struct all_kept {
    struct kept kept[KEPT_MOST];
    size_t count;
    bool stops;
};

static bool bytes_keep(void *context, void *bytes, size_t size)
{
    struct kept *k = context;

    while (k->room - k->size < size) {
        k->room = 2 * k->room + 4096;
        k->bytes = realloc(k->bytes, k->room);
        assert_non_null(k->bytes);
    }
    memcpy(k->bytes + k->size, bytes, size);
    k->size += size;
    return true;
}

static bool bytes_restore(void *context, void *bytes, size_t size)
{
    struct kept *k = context;

    if (size > k->size - k->read)
        return false;
    memcpy(bytes, k->bytes + k->read, size);
    k->read += size;
    return true;
}

static bool range_keep(void *context, struct snapshot *snapshot)
{
    struct all_kept *all = context;
    struct kept *k = &all->kept[all->count++];

    assert_true(all->count <= KEPT_MOST);
    k->place = snapshot_place(snapshot);
    assert_true(snapshot_save(snapshot, bytes_keep, k));
    return !all->stops;
}

static bool range_pass_by(void *context, struct snapshot *snapshot)
{
    (void)context;
    (void)snapshot;
    return true;
}

static void kept_free(struct kept *k)
{
    free(k->bytes);
    *k = (struct kept){0};
}

static bool tell(void *context, double done, const char *phase)
{
    (void)context;
    (void)done;
    (void)phase;
    return true;
}

static void study_of_all(struct study *study)
{
    struct study_input given[FILES];
    const struct study_options options = {.threads = 1, .given = given, .given_count = FILES};
    struct diagnostics *d = diagnostics_new();

    for (size_t i = 0; i < FILES; i++)
        given[i] = (struct study_input){.name = files[i].name,
                                        .bytes = (const unsigned char *)files[i].text,
                                        .size = strlen(files[i].text)};
    if (!study_read(study, "study", &options, d))
        diagnostics_print(d, stderr);
    assert_int_equal(diagnostics_errors(d), 0);
    diagnostics_free(d);
}

// The whole file that the run would be written to: whatever differs, differs there. NULL: it was
// stopped.
static unsigned char *run_to_bytes(int threads, const struct snapshot_keeper *keeper, size_t *size)
{
    char path[] = "/tmp/lossmill-resume-XXXXXX";
    const int file = mkstemp(path);
    struct diagnostics *d = diagnostics_new();
    struct whole_run run = {0};
    unsigned char *bytes = NULL;

    assert_true(file >= 0);
    study_of_all(&run.study);
    if (whole_run_simulate(&run, NULL, threads, keeper, tell, NULL, d) == SIMULATION_DONE) {
        assert_true(whole_run_write(&run, path, threads, d));

        FILE *stream = fopen(path, "rb");

        assert_non_null(stream);
        assert_int_equal(fseek(stream, 0, SEEK_END), 0);
        *size = (size_t)ftell(stream);
        rewind(stream);
        bytes = malloc(*size);
        assert_int_equal(fread(bytes, 1, *size, stream), *size);
        fclose(stream);
    }
    diagnostics_print(d, stderr);
    assert_int_equal(diagnostics_errors(d), 0);
    whole_run_free(&run);
    diagnostics_free(d);
    close(file);
    unlink(path);
    return bytes;
}

static unsigned char *whole;
static size_t whole_size;

static int whole_make(void **state)
{
    (void)state;
    whole = run_to_bytes(2, NULL, &whole_size);
    return whole == NULL;
}

static int whole_free(void **state)
{
    (void)state;
    free(whole);
    return 0;
}

static void assert_whole(unsigned char *bytes, size_t size)
{
    assert_int_equal(size, whole_size);
    assert_memory_equal(bytes, whole, size);
    free(bytes);
}

// Each phase has been seen in the midst, where it has one, and at its end.
static void assert_every_phase(const struct all_kept *all)
{
    for (uint32_t phase = 0; phase < SNAPSHOT_PHASES; phase++) {
        size_t within = 0, ended = 0;

        for (size_t k = 0; k < all->count; k++)
            if (all->kept[k].place.phase == phase) {
                within += all->kept[k].place.next < all->kept[k].place.all;
                ended += all->kept[k].place.next == all->kept[k].place.all;
            }
        assert_true(within > 0);
        assert_int_equal(ended, 1);
    }
}

static void a_run_goes_on_from_every_range_to_the_same_bytes(void **state)
{
    struct all_kept *all = calloc(1, sizeof *all);
    const struct snapshot_keeper keeps = {
        .range_over = range_keep, .keeper = all, .shortest = true};
    size_t size;
    unsigned char *bytes = run_to_bytes(2, &keeps, &size);

    (void)state;
    assert_whole(bytes, size);
    assert_every_phase(all);
    for (size_t k = 0; k < all->count; k++) {
        struct kept *from = &all->kept[k];
        const struct snapshot_keeper restores = {.range_over = range_pass_by,
                                                 .shortest = true,
                                                 .restore = bytes_restore,
                                                 .context = from,
                                                 .start = from->place};

        bytes = run_to_bytes(1 + (int)(k % 3), &restores, &size);
        assert_non_null(bytes);
        assert_int_equal(from->read, from->size);
        assert_whole(bytes, size);
        kept_free(from);
    }
    free(all);
}

static void a_run_that_is_stopped_behind_every_range_ends_in_the_same_bytes(void **state)
{
    struct kept last = {0};
    struct all_kept *all = calloc(1, sizeof *all);
    unsigned char *bytes = NULL;
    size_t size, stops = 0;

    (void)state;
    for (; bytes == NULL; stops++) {
        const struct snapshot_keeper keeper = {.range_over = range_keep,
                                               .keeper = all,
                                               .shortest = true,
                                               .restore = stops > 0 ? bytes_restore : NULL,
                                               .context = &last,
                                               .start = last.place};

        all->stops = true;
        bytes = run_to_bytes(1 + (int)(stops % 3), &keeper, &size);
        kept_free(&last);
        if (bytes == NULL) {
            assert_int_equal(all->count, 1);
            last = all->kept[0];
            *all = (struct all_kept){0};
        }
        assert_true(stops < KEPT_MOST);
    }
    assert_whole(bytes, size);
    assert_true(stops > 15);
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_goes_on_from_every_range_to_the_same_bytes),
        cmocka_unit_test(a_run_that_is_stopped_behind_every_range_ends_in_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, whole_make, whole_free);
}
