#include "study/terms.h"

#include <string.h>

#include "base/text.h"
#include "study/files.h"
#include "study/ids.h"
#include "study/plausibility.h"

bool terms_given(const struct terms *t, int which)
{
    return which >= 0 && cell_given(t->table, t->row, t->at[which]);
}

const char *terms_text(const struct terms *t, int which)
{
    return table_cell(t->table, t->row, t->at[which]);
}

struct place terms_place(const struct terms *t, int which)
{
    struct place at = table_place(t->table, t->row, t->at[which]);

    at.column = t->names[which]; // where the table lacks it, too
    return at;
}

void terms_error(const struct terms *t, int which, const char *message)
{
    const struct place at = terms_place(t, which);

    diagnostics_add(t->reading->d, &at, "%s", message);
}

const struct distribution *terms_distribution(const struct terms *t, int which, enum cell_kind kind)
{
    return which < 0
               ? NULL
               : cell_distribution(t->reading, t->table, t->row, t->at[which], kind, t->reading->d);
}

const struct distribution *terms_frequency(const struct terms *t, int which, enum counts counts,
                                           const char *missing)
{
    const struct place at = terms_place(t, which);
    const bool once = counts == COUNTS_AT_MOST_ONCE;
    const struct distribution *frequency =
        terms_distribution(t, which, once ? CELL_CHANCE : CELL_RATE);

    if (t->table->columns_good && !terms_given(t, which))
        diagnostics_add(t->reading->d, &at, "is missing: %s", missing);
    if (frequency && !once)
        plausibility_frequency(frequency, &at, t->reading->d);
    return frequency;
}

void terms_loading(const struct terms *t, int which, double *loading)
{
    if (terms_given(t, which))
        cell_number(t->reading, t->table, t->row, t->at[which], -1, 1, "a loading from -1 to 1",
                    loading, t->reading->d);
}

void terms_counts(const struct terms *t, int which, enum counts *counts, double *negbinomial_k)
{
    const char *cell = terms_text(t, which);
    double k;

    *counts = COUNTS_POISSON;
    if (*cell == '\0' || strcmp(cell, "poisson") == 0)
        return;
    if (strcmp(cell, "at_most_once") == 0) {
        *counts = COUNTS_AT_MOST_ONCE;
        return;
    }
    if (strncmp(cell, "negbinomial ", 12) == 0 &&
        text_number(cell + 12, strlen(cell + 12), t->reading->rules.decimal_comma, &k) &&
        k >= 1e-3 && k <= 1e6) {
        *counts = COUNTS_NEGBINOMIAL;
        *negbinomial_k = k;
        return;
    }
    terms_error(t, which,
                "must be poisson, at_most_once, or negbinomial and its shape from 0.001 to "
                "1000000, such as negbinomial 2");
}

enum stated terms_stated(const struct terms *t, int which)
{
    static const char *const words[] = {"current", "inherent", NULL};
    const int stated = cell_choice(t->table, t->row, t->at[which], words,
                                   t->reading->rules.stated == STATED_INHERENT, t->reading->d);

    return stated == 1 ? STATED_INHERENT : STATED_CURRENT;
}

uint32_t terms_reference(const struct terms *t, int which, const struct table *table, int id,
                         const char *file, const char *what)
{
    struct reading *reading = t->reading;
    const struct place at = terms_place(t, which);
    size_t row;

    if (!terms_given(t, which))
        return NO_ROW;
    if (id < 0) {
        if (!files_have(reading, file))
            diagnostics_add(reading->d, &at, "no such %s: there is no %s", what, file);
        return NO_ROW;
    }
    row = ids_row(table, id, at.value);
    if (row == SIZE_MAX && strchr(at.value, '|'))
        diagnostics_add(reading->d, &at, "one %s expected, not a list", what);
    else if (row == SIZE_MAX && table->bad_rows == 0) // else it may stand in a row left out
        ids_unknown(reading, table, id, what, &at);
    return row == SIZE_MAX ? NO_ROW : (uint32_t)row;
}

// Of the stage's first form.
static int loss_column(const struct loss_columns *columns, int stage)
{
    return stage == STAGE_PRIMARY ? columns->primary : columns->secondary;
}

static bool stage_has_forms(const struct severity *severity, enum stage stage)
{
    for (int form = 0; form < LOSS_FORMS; form++) {
        if (severity->loss[stage][form])
            return true;
    }
    return false;
}

bool terms_loss_given(const struct terms *t, const struct loss_columns *columns, enum stage stage)
{
    for (int form = 0; form < LOSS_FORMS; form++) {
        if (terms_given(t, loss_column(columns, stage) + form))
            return true;
    }
    return false;
}

static void forms_read(const struct terms *t, const struct loss_columns *columns,
                       struct severity *severity)
{
    for (int stage = 0; stage < STAGES; stage++) {
        const int first = loss_column(columns, stage);

        for (int form = 0; form < LOSS_FORMS; form++) {
            const struct distribution *law = terms_distribution(t, first + form, CELL_AMOUNT);

            severity->loss[stage][form] = law;
            if (law && !*cell_plausible(t->table, t->row, t->at[first + form])) {
                const struct place at = terms_place(t, first + form);

                *cell_plausible(t->table, t->row, t->at[first + form]) =
                    plausibility_loss(law, &at, t->reading->d);
            }
        }
        for (int form = 0; form < FORM_TOTAL && terms_given(t, first + FORM_TOTAL); form++) {
            if (terms_given(t, first + form))
                terms_error(t, first + form,
                            "stands beside the total of the same stage: give either "
                            "the total or single forms");
        }
    }
}

static void hours_read(const struct terms *t, const struct loss_columns *columns,
                       struct severity *severity)
{
    severity->outage_hours = terms_distribution(t, columns->outage_hours, CELL_AMOUNT);
    if (t->table->columns_good && terms_given(t, columns->outage_hours) &&
        !terms_given(t, columns->primary + FORM_PRODUCTIVITY) &&
        !terms_given(t, columns->secondary + FORM_PRODUCTIVITY))
        terms_error(t, columns->outage_hours, "has no effect without a productivity loss per hour");
}

// The coins of secondary losses.
static void coins_read(const struct terms *t, const struct loss_columns *columns,
                       struct severity *severity)
{
    const int common = columns->secondary_probability;
    bool needed = false;

    for (int form = 0; form < LOSS_FORMS; form++) {
        const int coin = columns->form_probability < 0 ? -1 : columns->form_probability + form;
        const int loss = columns->secondary + form;

        severity->secondary_form_probability[form] = terms_distribution(t, coin, CELL_PROBABILITY);
        if (t->table->columns_good && terms_given(t, coin) && !terms_given(t, loss))
            terms_error(t, coin, "has no effect: that form of loss is not given");
        needed = needed || (terms_given(t, loss) && !terms_given(t, coin));
    }
    severity->secondary_probability = terms_distribution(t, common, CELL_PROBABILITY);
    if (t->table->columns_good && needed && !terms_given(t, common))
        terms_error(t, common,
                    "is missing: the probability that the secondary losses "
                    "happen at all (1: always)");
    if (t->table->columns_good && !needed && terms_given(t, common))
        terms_error(t, common,
                    stage_has_forms(severity, STAGE_SECONDARY)
                        ? "has no effect: every secondary loss has a probability of its own"
                        : "has no effect: no secondary loss is given");
}

void terms_losses(const struct terms *t, const struct loss_columns *columns,
                  struct severity *severity)
{
    forms_read(t, columns, severity);
    hours_read(t, columns, severity);
    coins_read(t, columns, severity);
}

void terms_correlated(const struct terms *t, const struct loss_columns *columns,
                      const struct severity *severity, const char *with)
{
    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++) {
            const bool hourly = form == FORM_PRODUCTIVITY && severity->outage_hours;
            const struct distribution *law = severity_follower(severity, stage, form), *factors[8];
            const int which = hourly ? columns->outage_hours : loss_column(columns, stage) + form;
            const struct place at = terms_place(t, which);

            if (law && distribution_factors(law, factors, 8) == 0)
                diagnostics_add(t->reading->d, &at,
                                "cannot be correlated with %s: a product is followed in its first "
                                "factor, so that only its factors may be truncated, capped or "
                                "mixed, not the product",
                                with);
        }
}

// One that could not be read may vary.
static bool losses_may_vary(const struct terms *t, const struct loss_columns *columns,
                            const struct severity *severity)
{
    bool read = !terms_given(t, columns->outage_hours) || severity->outage_hours;

    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++) {
            const int which = loss_column(columns, stage) + form;

            read = read && (!terms_given(t, which) || severity->loss[stage][form]);
        }
    return !read || severity_varies(severity);
}

uint32_t terms_driver(const struct terms *t, int which, const struct loss_columns *columns,
                      const struct severity *severity, bool own_rate)
{
    const struct table *drivers = &t->reading->drivers;
    const uint32_t row =
        terms_reference(t, which, drivers, t->reading->driver_id, "drivers.csv", "driver");
    const struct driver *driver;
    const struct place at = terms_place(t, which);
    double constant;
    bool moves_rates;

    if (row == NO_ROW)
        return NO_ROW;
    driver = &t->reading->study->portfolio.drivers[row];
    if (driver->severity_correlation != 0)
        terms_correlated(t, columns, severity, "its driver");
    moves_rates = !driver->frequency || !distribution_is_constant(driver->frequency, &constant);
    if (own_rate && moves_rates)
        return row;
    if (!t->table->columns_good || !drivers->columns_good)
        return row;
    if (driver->severity_correlation != 0 && !losses_may_vary(t, columns, severity))
        diagnostics_warn(t->reading->d, &at,
                         "has no effect: here it moves the losses only, and none of them varies");
    if (driver->severity_correlation == 0 && moves_rates) // else drivers.csv has the error
        terms_error(t, which,
                    "has no effect: the rate is that of the shared event, and this driver has no "
                    "severity_correlation");
    return row;
}
