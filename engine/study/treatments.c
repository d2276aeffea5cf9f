#include "study/treatments.h"

#include <float.h>
#include <string.h>

#include "study/appetite.h"
#include "study/decisions.h"
#include "study/effects.h"
#include "study/insurance.h"
#include "study/optional.h"
#include "study/settings.h"
#include "study/treatment_links.h"
#include "study/zones.h"

enum {
    CONTROL_ID,
    CONTROL_NAME,
    FRAMEWORK,
    REFERENCE,
    STATUS,
    JUSTIFICATION,
    CONTROL_OWNER,
    CONTROL_SCENARIOS,
    CAPABILITY,
    COVERAGE,
    RELIABILITY,
    CONTROL_COLUMNS
};
static const char *const control_columns[CONTROL_COLUMNS] = {
    "control_id", "name",      "framework",  "reference", "status",      "justification",
    "owner",      "scenarios", "capability", "coverage",  "reliability",
};
static const struct table_shape control_shape = {CONTROL_COLUMNS, 1, control_columns, false};

enum {
    TREATMENT_ID,
    NAME,
    OPTION,
    OWNER,
    DUE,
    STATE,
    CONTROLS,
    COST_UPFRONT,
    COST_ANNUAL,
    LIFETIME_YEARS,
    REQUIRES,
    EXCLUDES,
    TREATMENT_COLUMNS
};
static const char *const treatment_columns[TREATMENT_COLUMNS] = {
    "treatment_id", "name",         "option",      "owner",          "due",      "state",
    "controls",     "cost_upfront", "cost_annual", "lifetime_years", "requires", "excludes",
};
static const struct table_shape treatment_shape = {TREATMENT_COLUMNS, 1, treatment_columns, false};

const struct treatment *treatment_named(const struct terms *t, int which)
{
    const struct reading *reading = t->reading;
    const uint32_t row = terms_reference(t, which, &reading->treatments, reading->treatment_id,
                                         "treatments.csv", "treatment");

    return row == NO_ROW ? NULL : &reading->study->portfolio.treatments.rows[row];
}

void treatment_number(const struct terms *t, int which, double low, double high,
                      const char *expected, double *value)
{
    double x;

    if (terms_given(t, which) && cell_number(t->reading, t->table, t->row, t->at[which], low, high,
                                             expected, &x, t->reading->d))
        *value = x;
}

bool treatment_cell_required(const struct terms *t, int which, const char *missing)
{
    const struct place at = terms_place(t, which);

    if (terms_given(t, which))
        return true;
    if (t->table->columns_good)
        diagnostics_add(t->reading->d, &at, "is missing: %s", missing);
    return false;
}

static void control_read(struct treatment_reading *r, const struct terms *t,
                         struct control *control)
{
    const struct choice *chosen;
    static const char *const statuses[] = {"implemented", "planned", "absent", "not_applicable",
                                           NULL};
    static const int shares[] = {CAPABILITY, COVERAGE, RELIABILITY};
    double share;

    *control = (struct control){
        .id = terms_text(t, CONTROL_ID),
        .name = terms_text(t, CONTROL_NAME),
        .framework = terms_text(t, FRAMEWORK),
        .reference = terms_text(t, REFERENCE),
        .status = terms_text(t, STATUS),
        .justification = terms_text(t, JUSTIFICATION),
        .owner = terms_text(t, CONTROL_OWNER),
    };
    cell_choice(t->table, t->row, t->at[STATUS], statuses, -1, t->reading->d);
    chosen = choices_match(&r->scenarios, t, CONTROL_SCENARIOS);
    if (chosen) {
        control->scenario_count = chosen->count;
        control->scenarios = chosen->rows;
    }
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
        treatment_number(t, shares[i], 0, 1, "a number from 0 to 1", &share);
}

static bool controls_read(struct treatment_reading *r)
{
    struct reading *reading = r->reading;
    struct table *table = &reading->controls;
    struct control *controls;
    int at[CONTROL_COLUMNS], id;
    uint64_t *hash = NULL;

    if (!optional_read_ids(reading, "controls.csv", &control_shape, table, &id, &hash))
        return false;
    controls = arena_alloc(reading->kept, table->rows + 1, sizeof *controls);
    if (!controls)
        return reading_out_of_memory(reading);
    columns_find(table, &control_shape, at);
    for (size_t row = 0; row < table->rows; row++) {
        const struct terms t = {reading, table, row, control_columns, at};

        control_read(r, &t, &controls[row]);
    }
    reading->control_id = id;
    reading->study->facts.control_rows = table->rows;
    reading->study->portfolio.treatments.controls = controls;
    reading->study->portfolio.treatments.control_count = table->rows;
    return true;
}

// The option or state that the cell names: `missing` where there is none, `count` after a
// diagnostic.
static int word_read(const struct terms *t, int which, const char *const *names, int count,
                     int missing)
{
    const char *words[OPTIONS + TREATMENT_STATES] = {NULL};
    int found;

    for (int i = 0; i < count; i++)
        words[i] = names[i];
    found = cell_choice(t->table, t->row, t->at[which], words, missing, t->reading->d);
    return found < 0 ? count : found;
}

static bool treatment_read(const struct terms *t, struct treatment *treatment)
{
    struct reading *reading = t->reading;

    treatment->id = terms_text(t, TREATMENT_ID);
    treatment->name = terms_text(t, NAME);
    treatment->owner = terms_text(t, OWNER);
    treatment->due = terms_text(t, DUE);
    if (strcmp(treatment->id, "current") == 0)
        terms_error(t, TREATMENT_ID,
                    "insurance.csv calls the insurance that there is 'current': a treatment needs "
                    "another id");
    if (terms_given(t, DUE) && !settings_date(treatment->due))
        terms_error(t, DUE, "must be a date such as 2026-01-31");
    treatment->option =
        (enum treatment_option)word_read(t, OPTION, treatment_option_names, OPTIONS, OPTION_MODIFY);
    treatment->state = (enum treatment_state)word_read(t, STATE, treatment_state_names,
                                                       TREATMENT_STATES, TREATMENT_CANDIDATE);
    treatment->cost_upfront = terms_distribution(t, COST_UPFRONT, CELL_AMOUNT);
    treatment->cost_annual = terms_distribution(t, COST_ANNUAL, CELL_AMOUNT);
    treatment->lifetime_years = reading->study->portfolio.treatments.settings.horizon_years;
    treatment_number(t, LIFETIME_YEARS, DBL_MIN, DBL_MAX, "years above 0",
                     &treatment->lifetime_years);
    return treatment_links_read(t, CONTROLS, &reading->controls, reading->control_id,
                                "controls.csv", "control", &treatment->controls,
                                &treatment->control_count) &&
           treatment_links_read(t, REQUIRES, t->table, t->at[TREATMENT_ID], "treatments.csv",
                                "treatment", &treatment->requires, &treatment->requires_count) &&
           treatment_links_read(t, EXCLUDES, t->table, t->at[TREATMENT_ID], "treatments.csv",
                                "treatment", &treatment->excludes, &treatment->excludes_count);
}

static bool rows_read(struct reading *reading)
{
    struct table *table = &reading->treatments;
    struct treatment *treatments;
    int at[TREATMENT_COLUMNS], id;
    uint64_t *hash = NULL;
    struct terms t = {reading, table, 0, treatment_columns, at};

    if (!optional_read_ids(reading, "treatments.csv", &treatment_shape, table, &id, &hash))
        return false;
    treatments = arena_alloc(reading->kept, table->rows + 1, sizeof *treatments);
    if (!treatments)
        return reading_out_of_memory(reading);
    columns_find(table, &treatment_shape, at);
    for (t.row = 0; t.row < table->rows; t.row++) {
        treatments[t.row].id_hash = hash[t.row];
        if (!treatment_read(&t, &treatments[t.row]))
            return false;
    }
    if (!treatment_links_check(&t, REQUIRES, EXCLUDES, treatments))
        return false;
    reading->treatment_id = id;
    reading->study->facts.treatment_rows = table->rows;
    reading->study->portfolio.treatments.rows = treatments;
    reading->study->portfolio.treatments.count = table->rows;
    return true;
}

static bool costs_nothing(const struct distribution *cost)
{
    double constant;

    return !cost || (distribution_is_constant(cost, &constant) && constant == 0);
}

static void use_warn(const struct treatment_reading *r, const struct terms *t,
                     const struct treatment *treatment)
{
    struct diagnostics *d = t->reading->d;
    const bool effects = r->has_effects[t->row], layers = r->has_layers[t->row];
    const struct place at = terms_place(t, TREATMENT_ID), costs = terms_place(t, COST_UPFRONT);

    if (treatment->option == OPTION_RETAIN)
        return;
    if (treatment->option == OPTION_SHARE) {
        if (!layers)
            diagnostics_warn(d, &at, "insurance.csv has no layer of it: nothing is shared");
        if (effects)
            diagnostics_warn(d, &at,
                             "its option is share, but effects.csv has rows of it: do they belong "
                             "to another treatment?");
    } else if (!effects) {
        diagnostics_warn(d, &at, "effects.csv has no row of it: it changes nothing");
    }
    if (treatment->state != TREATMENT_EXISTING && costs_nothing(treatment->cost_upfront) &&
        costs_nothing(treatment->cost_annual))
        diagnostics_warn(d, &costs, "it costs nothing, neither cost_upfront nor cost_annual");
}

static void treatments_finish(const struct treatment_reading *r)
{
    struct reading *reading = r->reading;
    const struct treatments *treatments = &reading->study->portfolio.treatments;
    int at[TREATMENT_COLUMNS];
    struct terms t = {reading, &reading->treatments, 0, treatment_columns, at};

    columns_find(t.table, &treatment_shape, at);
    for (t.row = 0; t.row < treatments->count; t.row++)
        use_warn(r, &t, &treatments->rows[t.row]);
}

// One loss a year has no events to block, and none to insure.
static void product_check(struct reading *reading)
{
    const struct study_facts *facts = &reading->study->facts;
    const struct place at = {"study.ini", reading->rules.annual_loss_line, "study.annual_loss",
                             "product"};

    if (reading->study->portfolio.settings.annual_loss == ANNUAL_LOSS_PRODUCT &&
        facts->treatment_rows + facts->effect_rows + facts->layer_rows > 0)
        diagnostics_add(reading->d, &at,
                        "does not go with treatments or insurance: annual_loss = events, or take "
                        "treatments.csv, effects.csv and insurance.csv out");
}

static bool tables_read(struct treatment_reading *r)
{
    struct reading *reading = r->reading;
    bool good = controls_read(r);
    size_t count;

    good = rows_read(reading) && good;
    count = reading->study->portfolio.treatments.count;
    r->has_effects = arena_alloc(&reading->scratch, count + 1, sizeof *r->has_effects);
    r->has_layers = arena_alloc(&reading->scratch, count + 1, sizeof *r->has_layers);
    if (!r->has_effects || !r->has_layers)
        return reading_out_of_memory(reading);
    good = effects_read(r) && good;
    good = insurance_read(r) && good;
    good = appetite_read(r) && good;
    good = decisions_read(r) && good;
    return zones_read(reading) && good;
}

void treatments_read(struct reading *reading)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    const bool certain = diagnostics_errors(reading->d) == 0;
    struct treatment_reading r = {.reading = reading, .certain = certain};

    if (choices_start(&r.scenarios, reading,
                      portfolio->scenario_count > 0 ? &reading->scenarios : NULL, "scenario",
                      certain) &&
        choices_start(&r.events, reading, reading->event_id >= 0 ? &reading->events : NULL,
                      "shared event", certain) &&
        choices_start(&r.assets, reading, portfolio->assets.count > 0 ? &reading->assets : NULL,
                      "asset", certain && reading->assets_complete) &&
        tables_read(&r)) {
        product_check(reading);
        // a wrong cell may be the one that names a treatment
        if (diagnostics_errors(reading->d) == 0)
            treatments_finish(&r);
    }
    choices_end(&r.scenarios);
    choices_end(&r.events);
    choices_end(&r.assets);
}
