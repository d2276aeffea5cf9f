// The library as a program sees it that uses HDF5 too: lossmill.h and nothing else of the engine.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
//
#include <cmocka.h>
#include <hdf5.h>
#include <locale.h>
#include <lossmill.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { YEARS = 10000 };

static const char example[] = DATASETS "/midsize-manufacturer";
static char folder[] = "/tmp/lossmill-library-XXXXXX"; // of a study of our own

static void write_file(const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

// Three scenarios of which one has uncertain rates: their multipliers go through a cell as well.
static void write_study(const char *loss)
{
    char scenarios[1000];
    write_file("study.ini", "[study]\ntitle = Small\ncurrency = EUR\nyears = 20000\nseed = 7\n"
                            "[report]\nreturn_periods = 10, 100\nquantiles = 0.95, 0.99\n");
    write_file("assets.csv", "asset_id,class,quantity\nweb,server,2\nlaptop,client,50\n");
    snprintf(scenarios, sizeof scenarios,
             "scenario_id,name,assets,frequency,counts,susceptibility,"
             "primary_response\n"
             "a-theft,Theft,class=client,lognormal90 0.5 4,poisson,0.75,lognormal90 1200.5 9000\n"
             "b-outage,,asset_id=web,2.5,negbinomial 1.5,,pert 100 %s 2500\n"
             "c-fraud,,asset_id=web,0.25,poisson,0.5,gamma 1.5 20000\n",
             loss);
    write_file("scenarios.csv", scenarios);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    static const char *const names[] = {"study.ini", "assets.csv", "scenarios.csv", "a.h5", "b.h5"};
    char path[200];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static struct lossmill *engine_of(const char *study)
{
    struct lossmill *engine = lossmill_new();
    assert_non_null(engine);
    assert_int_equal(lossmill_read(engine, study), LOSSMILL_DONE);
    return engine;
}

static void the_library_is_of_the_header(void **state)
{
    int major, minor, patch;
    (void)state;
    assert_string_equal(lossmill_version(), LOSSMILL_VERSION);
    assert_int_equal(sscanf(LOSSMILL_VERSION, "%d.%d.%d", &major, &minor, &patch), 3);
    assert_int_equal(10000 * major + 100 * minor + patch, LOSSMILL_VERSION_NUMBER);
}

static void calls_out_of_turn_are_refused(void **state)
{
    struct lossmill *engine = lossmill_new();
    double loss;
    (void)state;
    assert_non_null(engine);
    assert_int_equal(lossmill_run(engine, NULL, NULL), LOSSMILL_WRONG_USE);
    assert_int_equal(lossmill_write(engine, "/tmp/never.h5"), LOSSMILL_WRONG_USE);
    assert_int_equal(lossmill_read(engine, NULL), LOSSMILL_WRONG_USE);
    assert_null(lossmill_study(engine));
    assert_null(lossmill_summary(engine));
    assert_null(lossmill_scenario(engine, 0));
    assert_false(lossmill_annual_loss(engine, &loss));
    assert_int_equal(lossmill_diagnostic_count(engine), 0);
    assert_null(lossmill_diagnostic(engine, 0));
    assert_int_equal(lossmill_error_count(engine), 0);
    assert_int_equal(lossmill_set_years(engine, 1000000001), LOSSMILL_WRONG_USE);
    assert_int_equal(lossmill_set_seed(engine, -2), LOSSMILL_WRONG_USE);
    assert_int_equal(lossmill_set_threads(engine, 4097), LOSSMILL_WRONG_USE);
    assert_int_equal(lossmill_set_threads(engine, -1), LOSSMILL_WRONG_USE);
    lossmill_free(engine);
    lossmill_free(NULL);
}

static void all_errors_come_with_their_places(void **state)
{
    struct lossmill *engine = lossmill_new();
    (void)state;
    assert_non_null(engine);
    write_study("15 %");
    write_file("assets.csv", "asset_id,class,quantity\nweb,server,2\nlaptop,client,1.5\n");
    assert_int_equal(lossmill_read(engine, folder), LOSSMILL_BAD_INPUT);
    assert_null(lossmill_study(engine));
    assert_true(lossmill_error_count(engine) >= 2);
    bool asset = false, loss = false;
    for (size_t i = 0; i < lossmill_diagnostic_count(engine); i++) {
        const struct lossmill_diagnostic *x = lossmill_diagnostic(engine, i);
        assert_non_null(x->message);
        if (x->level != LOSSMILL_ERROR || x->file == NULL || x->column == NULL)
            continue;
        asset = asset || (strcmp(x->file, "assets.csv") == 0 && x->line == 3 &&
                          strcmp(x->column, "quantity") == 0 && strcmp(x->value, "1.5") == 0);
        loss = loss || (strcmp(x->file, "scenarios.csv") == 0 && x->line == 3 &&
                        strcmp(x->column, "primary_response") == 0);
    }
    assert_true(asset && loss);
    // what is put right is read by the same engine
    write_study("500");
    assert_int_equal(lossmill_read(engine, folder), LOSSMILL_DONE);
    assert_int_equal(lossmill_error_count(engine), 0);
    assert_int_equal(lossmill_study(engine)->scenario_count, 3);
    lossmill_free(engine);
}

static void figures_belong_together(void **state)
{
    (void)state;
    struct lossmill *engine = lossmill_new();
    assert_non_null(engine);
    assert_int_equal(lossmill_set_years(engine, YEARS), LOSSMILL_DONE);
    assert_int_equal(lossmill_set_seed(engine, 11), LOSSMILL_DONE);
    write_study("500");
    assert_int_equal(lossmill_read(engine, folder), LOSSMILL_DONE);
    assert_int_equal(lossmill_study(engine)->years, YEARS);
    assert_int_equal(lossmill_study(engine)->seed, 11);
    assert_string_equal(lossmill_study(engine)->title, "Small");
    assert_int_equal(lossmill_run(engine, NULL, NULL), LOSSMILL_DONE);

    const struct lossmill_summary *s = lossmill_summary(engine);
    static double loss[YEARS];
    double sum = 0, scenarios = 0;
    assert_true(lossmill_annual_loss(engine, loss));
    for (size_t y = 0; y < YEARS; y++)
        sum += loss[y];
    assert_true(fabs(sum / YEARS - s->aal) <= 1e-9 * s->aal);
    assert_true(fabs(s->aal - s->aal_exact) < 5 * s->aal_error);
    for (size_t i = 0; i < lossmill_study(engine)->scenario_count; i++)
        scenarios += lossmill_scenario(engine, i)->aal;
    assert_true(fabs(scenarios - s->aal) <= 1e-9 * s->aal);
    assert_null(lossmill_scenario(engine, 3));
    assert_string_equal(lossmill_scenario(engine, 0)->id, "a-theft");
    assert_string_equal(lossmill_scenario(engine, 0)->name, "Theft");

    assert_int_equal(s->level_count, 2);
    for (size_t l = 0; l < s->level_count; l++) {
        size_t above = 0;
        double contributions = 0;
        for (size_t y = 0; y < YEARS; y++)
            above += loss[y] > s->var[l].value;
        assert_true(above <= (size_t)lround(YEARS * (1 - s->level[l])));
        assert_true(s->var[l].lower <= s->var[l].value && s->var[l].value <= s->var[l].upper);
        assert_true(s->tvar[l] >= s->var[l].value);
        for (size_t i = 0; i < 3; i++)
            contributions += lossmill_scenario(engine, i)->tvar_contribution[l];
        assert_true(fabs(contributions - s->tvar[l]) < 0.05);
    }
    assert_int_equal(s->return_period_count, 2);
    assert_true(s->return_period[1] == 100 && s->aep[1].value == s->var[1].value);
    assert_true(s->oep[1].value <= s->aep[1].value);
    lossmill_free(engine);
}

static bool stop_in_the_middle(void *context, double done, const char *phase)
{
    double *most = context;
    assert_non_null(phase);
    assert_true(done >= 0 && done <= 1);
    *most = done > *most ? done : *most;
    return *most < 0.1;
}

static void a_run_that_is_stopped_leaves_nothing_and_may_be_run_again(void **state)
{
    struct lossmill *engine = engine_of(example);
    double most = 0;
    (void)state;
    assert_int_equal(lossmill_set_threads(engine, 2), LOSSMILL_DONE);
    assert_int_equal(lossmill_run(engine, stop_in_the_middle, &most), LOSSMILL_STOPPED);
    assert_true(most >= 0.1);
    assert_null(lossmill_summary(engine));
    assert_int_equal(lossmill_error_count(engine), 0);
    assert_int_equal(lossmill_write(engine, "/tmp/never.h5"), LOSSMILL_WRONG_USE);
    write_study("500");
    assert_int_equal(lossmill_read(engine, folder), LOSSMILL_DONE);
    assert_int_equal(lossmill_run(engine, NULL, NULL), LOSSMILL_DONE);
    const double aal = lossmill_summary(engine)->aal;
    assert_int_equal(lossmill_run(engine, NULL, NULL), LOSSMILL_DONE);
    assert_true(lossmill_summary(engine)->aal == aal);
    lossmill_free(engine);
}

static void a_file_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    write_study("500");
    struct lossmill *engine = engine_of(folder);
    assert_int_equal(lossmill_run(engine, NULL, NULL), LOSSMILL_DONE);
    assert_int_equal(lossmill_write(engine, ""), LOSSMILL_WRONG_USE);
    assert_int_equal(lossmill_write(engine, "/nowhere/at/all.h5"), LOSSMILL_FAILED);
    assert_int_equal(lossmill_error_count(engine), 1);
    assert_string_equal(lossmill_diagnostic(engine, 0)->file, "/nowhere/at/all.h5");
    assert_non_null(lossmill_summary(engine));
    lossmill_free(engine);
}

static void written_to(const char *name)
{
    char path[200];
    struct lossmill *engine = engine_of(folder);
    assert_int_equal(lossmill_run(engine, NULL, NULL), LOSSMILL_DONE);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(lossmill_write(engine, path), LOSSMILL_DONE);
    lossmill_free(engine);
}

static void *run_a(void *unused)
{
    (void)unused;
    written_to("a.h5");
    return NULL;
}

static herr_t own_errors(hid_t stack, void *told)
{
    (void)stack;
    (void)told;
    return 0;
}

static void hdf5_tells_its_errors_as_before(void **state)
{
    H5E_auto2_t told_by;
    void *told;
    (void)state;
    write_study("500");
    assert_true(H5Eset_auto2(H5E_DEFAULT, own_errors, folder) >= 0);
    written_to("a.h5");
    assert_true(H5Eget_auto2(H5E_DEFAULT, &told_by, &told) >= 0);
    assert_true(told_by == own_errors && told == folder);
}

static bool same_files(void)
{
    char command[200];
    snprintf(command, sizeof command, "cmp %s/a.h5 %s/b.h5", folder, folder);
    return system(command) == 0;
}

static void engines_in_two_threads_do_not_disturb_each_other(void **state)
{
    pthread_t thread;
    (void)state;
    write_study("500");
    assert_int_equal(pthread_create(&thread, NULL, run_a, NULL), 0);
    written_to("b.h5");
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(same_files());
}

// A locale whose numbers have a comma, if this machine has one or can make one.
static void the_locale_does_not_matter(void **state)
{
    (void)state;
    write_study("500.25");
    written_to("a.h5");
    if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL) {
        char command[200], made[100];
        snprintf(made, sizeof made, "%s/de_DE.UTF-8", folder);
        snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s >/dev/null 2>&1", made);
        if (system(command) > 1 || setenv("LOCPATH", folder, 1) != 0 ||
            setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
            skip();
    }
    char number[16];
    snprintf(number, sizeof number, "%.1f", 0.5);
    assert_string_equal(number, "0,5");
    written_to("b.h5");
    setlocale(LC_ALL, "C");
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s/de_DE.UTF-8", folder);
    assert_int_equal(system(command), 0);
    assert_true(same_files());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_is_of_the_header),
        cmocka_unit_test(calls_out_of_turn_are_refused),
        cmocka_unit_test(all_errors_come_with_their_places),
        cmocka_unit_test(figures_belong_together),
        cmocka_unit_test(a_run_that_is_stopped_leaves_nothing_and_may_be_run_again),
        cmocka_unit_test(a_file_that_cannot_be_written_is_told),
        cmocka_unit_test(hdf5_tells_its_errors_as_before),
        cmocka_unit_test(engines_in_two_threads_do_not_disturb_each_other),
        cmocka_unit_test(the_locale_does_not_matter),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
