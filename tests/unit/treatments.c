// What study_read makes of the tables of treatments.
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "study/study.h"

struct file {
    const char *name, *text;
};

static const struct file tables[] = {
    {"study.ini", "[study]\ntitle = T\ncurrency = EUR\nyears = 1000\n[groups]\nby = class\n"
                  "[report]\nreturn_periods = 2\nquantiles = 0.5\n"
                  "[treatment]\nhorizon_years = 4\nobjective = tvar\n"},
    {"assets.csv", "asset_id,class\na1,server\na2,laptop\na3,server\n"},
    {"scenarios.csv", "scenario_id,assets,frequency,primary_response,event,hit_probability,stated\n"
                      "s1,*,1,10,,,inherent\n"
                      "s2,class=server,2,20,,,\n"
                      "s3,*,,30,worm,0.5,inherent\n"},
    {"events.csv", "event_id,frequency,primary_fines\nworm,0.1,100\n"},
};
enum { TABLES = sizeof tables / sizeof *tables };

static const struct file treatments[] = {
    {"controls.csv", "control_id\nc2\nc1\n"},
    {"treatments.csv", "treatment_id,option,state,controls,cost_upfront,lifetime_years,requires,"
                       "excludes\n"
                       "wall,,,c2|c1,100,,,door\n"
                       "door,modify,approved,,50,2,exit,\n"
                       "old,,existing,,,,,\n"
                       "exit,avoid,,,10,,,\n"
                       "cover,share,,,5,,,\n"},
    {"effects.csv", "treatment_id,scenarios,assets,events,factor,operation,amount,overlap\n"
                    "wall,*,class=server,,primary,multiply,0.5,site 0.25\n"
                    "wall,scenario_id in s1 s2,*,,frequency,multiply,0.7,area 1\n"
                    "door,,,event_id=worm,primary_fines,cap,50,site 0.25\n"
                    "door,scenario_id in s1 s2,,,frequency,set,0.1,area 1\n"
                    "old,scenario_id=s2,,,frequency,multiply,0.1,\n"
                    "old,scenario_id in s1 s2,,,frequency,multiply,0.2,\n"
                    "exit,*,,,,,,\n"},
    {"insurance.csv", "treatment_id,policy,layer,scenarios,forms,basis,limit\n"
                      "cover,P,1,*,,,\n"
                      "current,Q,2,scenario_id=s2,response|total,year,10\n"
                      "current,Q,1,,,,\n"},
    {"appetite.csv", "scope,loss,probability\n"
                     "class=server,10,0.5\nportfolio,100,0.1\nportfolio,10,0.2\n"},
};
enum { TREATMENTS = sizeof treatments / sizeof *treatments };

static void write_file(int folder, const char *name, const char *text, size_t length)
{
    const int file = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, length), length);
    close(file);
}

// The table with its rows in the opposite order.
static void write_reversed(int folder, const struct file *file)
{
    const size_t header = strcspn(file->text, "\n") + 1, length = strlen(file->text);
    char *turned = malloc(length), *end = turned + header;

    assert_non_null(turned);
    memcpy(turned, file->text, header);
    for (size_t last = length; last > header;) {
        size_t first = last - 1;

        while (first > header && file->text[first - 1] != '\n')
            first--;
        memcpy(end, file->text + first, last - first);
        end += last - first;
        last = first;
    }
    write_file(folder, file->name, turned, length);
    free(turned);
}

static void read_study(struct study *study, bool reversed)
{
    char path[] = "/tmp/lossmill-treatments-XXXXXX";
    const struct study_options options = {.threads = 1};
    struct diagnostics *d = diagnostics_new();
    int folder;

    assert_non_null(mkdtemp(path));
    folder = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(folder >= 0);
    for (size_t i = 0; i < TABLES; i++)
        write_file(folder, tables[i].name, tables[i].text, strlen(tables[i].text));
    for (size_t i = 0; i < TREATMENTS; i++) {
        if (reversed)
            write_reversed(folder, &treatments[i]);
        else
            write_file(folder, treatments[i].name, treatments[i].text, strlen(treatments[i].text));
    }
    if (!study_read(study, path, &options, d))
        diagnostics_print(d, stderr);
    assert_int_equal(diagnostics_errors(d), 0);
    for (size_t i = 0; i < TABLES; i++)
        unlinkat(folder, tables[i].name, 0);
    for (size_t i = 0; i < TREATMENTS; i++)
        unlinkat(folder, treatments[i].name, 0);
    close(folder);
    rmdir(path);
    diagnostics_free(d);
}

static int with_study(void **state)
{
    struct study *study = malloc(sizeof *study);

    read_study(study, false);
    *state = study;
    return 0;
}

static int without_study(void **state)
{
    study_free(*state);
    free(*state);
    return 0;
}

enum { COVER, DOOR, EXIT, OLD, WALL };

static const struct treatments *of(void **state)
{
    return &((struct study *)*state)->portfolio.treatments;
}

static void treatments_stand_in_the_order_of_ids(void **state)
{
    static const char *const ids[] = {"cover", "door", "exit", "old", "wall"};
    const struct treatments *t = of(state);

    assert_int_equal(t->count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(t->rows[i].id, ids[i]);
    assert_int_equal(t->rows[EXIT].option, OPTION_AVOID);
    assert_int_equal(t->rows[OLD].state, TREATMENT_EXISTING);
    assert_int_equal(t->rows[WALL].control_count, 2);
    assert_int_equal(t->rows[WALL].controls[0], 0);
    assert_string_equal(t->controls[0].id, "c1");
}

static void a_lifetime_that_is_not_given_is_the_horizon(void **state)
{
    assert_true(of(state)->rows[WALL].lifetime_years == 4);
    assert_true(of(state)->rows[DOOR].lifetime_years == 2);
    assert_int_equal(of(state)->settings.objective, OBJECTIVE_TVAR);
}

static void each_of_two_that_exclude_each_other_names_the_other(void **state)
{
    const struct treatments *t = of(state);

    assert_int_equal(t->rows[DOOR].excludes_count, 1);
    assert_int_equal(t->rows[DOOR].excludes[0], WALL);
    assert_int_equal(t->rows[WALL].excludes[0], DOOR);
    assert_int_equal(t->rows[WALL].requires_count, 0);
    assert_int_equal(t->rows[DOOR].requires[0], EXIT);
}

// The only effect of a treatment with that factor.
static const struct effect *effect_of(const struct treatments *t, uint32_t treatment,
                                      enum effect_factor factor)
{
    const struct effect *found = NULL;

    for (size_t i = 0; i < t->effect_count; i++)
        if (t->effects[i].treatment == treatment && t->effects[i].factor == factor) {
            assert_null(found);
            found = &t->effects[i];
        }
    assert_non_null(found);
    return found;
}

static void effects_ascend_by_treatment_and_hash(void **state)
{
    const struct treatments *t = of(state);

    assert_int_equal(t->effect_count, 6); // without that of `old` which is in the figures
    for (size_t i = 1; i < t->effect_count; i++) {
        const struct effect *x = &t->effects[i - 1], *y = &t->effects[i];

        assert_true(x->treatment < y->treatment ||
                    (x->treatment == y->treatment && x->row_hash < y->row_hash));
    }
}

static void an_effect_knows_what_it_acts_on(void **state)
{
    const struct treatments *t = of(state);
    const struct effect *loss = effect_of(t, WALL, FACTOR_LOSS);
    const struct effect *frequency = effect_of(t, WALL, FACTOR_FREQUENCY);
    const struct effect *of_event = effect_of(t, DOOR, FACTOR_LOSS);

    assert_int_equal(loss->scenario_count, 3);
    assert_int_equal(loss->slots, (1u << LOSS_FORMS) - 1);
    assert_int_equal(loss->assets[0], 5);
    assert_int_equal(frequency->scenario_count, 2);
    assert_null(frequency->assets);
    assert_int_equal(of_event->scenario_count, 0);
    assert_int_equal(of_event->event_count, 1);
    assert_int_equal(of_event->slots, LOSS_SLOT(STAGE_PRIMARY, FORM_FINES));
    assert_int_equal(of_event->operation, OPERATION_CAP);
    assert_ptr_equal(frequency->scenarios, effect_of(t, DOOR, FACTOR_FREQUENCY)->scenarios);
}

static void existing_treatments_act_on_inherent_figures_only(void **state)
{
    const struct effect *effect = effect_of(of(state), OLD, FACTOR_FREQUENCY);

    assert_int_equal(effect->scenario_count, 1);
    assert_int_equal(effect->scenarios[0], 0);
}

static void what_is_avoided_keeps_scenarios_of_shared_events(void **state)
{
    const struct effect *effect = effect_of(of(state), EXIT, FACTOR_FREQUENCY);
    double amount;

    assert_int_equal(effect->scenario_count, 3);
    assert_int_equal(effect->operation, OPERATION_MULTIPLY);
    assert_true(distribution_is_constant(effect->amount, &amount) && amount == 0);
    assert_int_equal(effect->overlap, NO_ROW);
}

static void overlaps_stand_in_the_order_of_names(void **state)
{
    const struct treatments *t = of(state);

    assert_int_equal(t->overlap_count, 2);
    assert_string_equal(t->overlaps[0].name, "area");
    assert_true(t->overlaps[0].correlation == 1 && t->overlaps[1].correlation == 0.25);
    assert_int_equal(effect_of(t, WALL, FACTOR_LOSS)->overlap, 1);
    assert_int_equal(effect_of(t, WALL, FACTOR_FREQUENCY)->overlap, 0);
}

static void layers_of_current_insurance_come_first(void **state)
{
    const struct treatments *t = of(state);

    assert_int_equal(t->layer_count, 3);
    assert_int_equal(t->layers[0].treatment, NO_ROW);
    assert_true(t->layers[0].layer == 1 && t->layers[0].limit == HUGE_VAL);
    assert_null(t->layers[0].scenarios);
    assert_int_equal(t->layers[1].scenarios[0], 2);
    assert_int_equal(t->layers[1].forms, 1u << FORM_RESPONSE | 1u << FORM_TOTAL);
    assert_int_equal(t->layers[1].basis, BASIS_YEAR);
    assert_int_equal(t->layers[2].treatment, COVER);
}

static void appetite_stands_by_scope_and_loss(void **state)
{
    const struct treatments *t = of(state);

    assert_int_equal(t->appetite_count, 3);
    assert_true(t->appetite[0].loss == 10 && t->appetite[1].loss == 100);
    assert_int_equal(t->appetite[0].grouping, NO_ROW);
    assert_int_equal(t->appetite[2].grouping, 0);
    // events that cost something themselves make a group without a name, before all others
    assert_int_equal(t->appetite[2].group, 2);
}

static void the_order_of_rows_changes_nothing(void **state)
{
    const struct treatments *t = of(state), *u;
    struct study turned;

    read_study(&turned, true);
    u = &turned.portfolio.treatments;
    assert_int_equal(u->effect_count, t->effect_count);
    for (size_t i = 0; i < t->count; i++) {
        assert_string_equal(u->rows[i].id, t->rows[i].id);
        assert_int_equal(u->rows[i].id_hash, t->rows[i].id_hash);
    }
    for (size_t i = 0; i < t->effect_count; i++) {
        const struct effect *x = &t->effects[i], *y = &u->effects[i];

        assert_int_equal(x->row_hash, y->row_hash);
        assert_int_equal(x->overlap, y->overlap);
        assert_int_equal(x->scenario_count, y->scenario_count);
        assert_int_equal(x->slots, y->slots);
    }
    for (size_t i = 0; i < t->layer_count; i++)
        assert_string_equal(u->layers[i].policy, t->layers[i].policy);
    for (size_t i = 0; i < t->appetite_count; i++)
        assert_string_equal(u->appetite[i].scope, t->appetite[i].scope);
    study_free(&turned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(treatments_stand_in_the_order_of_ids),
        cmocka_unit_test(a_lifetime_that_is_not_given_is_the_horizon),
        cmocka_unit_test(each_of_two_that_exclude_each_other_names_the_other),
        cmocka_unit_test(effects_ascend_by_treatment_and_hash),
        cmocka_unit_test(an_effect_knows_what_it_acts_on),
        cmocka_unit_test(existing_treatments_act_on_inherent_figures_only),
        cmocka_unit_test(what_is_avoided_keeps_scenarios_of_shared_events),
        cmocka_unit_test(overlaps_stand_in_the_order_of_names),
        cmocka_unit_test(layers_of_current_insurance_come_first),
        cmocka_unit_test(appetite_stands_by_scope_and_loss),
        cmocka_unit_test(the_order_of_rows_changes_nothing),
    };

    return cmocka_run_group_tests(tests, with_study, without_study);
}
