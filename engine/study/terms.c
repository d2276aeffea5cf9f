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
    if (row == SIZE_MAX)
        ids_unknown(reading, table, id, what, &at);
    return row == SIZE_MAX ? NO_ROW : (uint32_t)row;
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
        if (terms_given(t, (stage == STAGE_PRIMARY ? columns->primary : columns->secondary) + form))
            return true;
    }
    return false;
}

static void forms_read(const struct terms *t, const struct loss_columns *columns,
                       struct severity *severity)
{
    for (int stage = 0; stage < STAGES; stage++) {
        const int first = stage == STAGE_PRIMARY ? columns->primary : columns->secondary;

        for (int form = 0; form < LOSS_FORMS; form++) {
            const struct place at = terms_place(t, first + form);

            severity->loss[stage][form] = terms_distribution(t, first + form, CELL_AMOUNT);
            if (severity->loss[stage][form])
                plausibility_loss(severity->loss[stage][form], &at, t->reading->d);
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
    if (t->columns_good && terms_given(t, columns->outage_hours) &&
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
        if (t->columns_good && terms_given(t, coin) && !terms_given(t, loss))
            terms_error(t, coin, "has no effect: that form of loss is not given");
        needed = needed || (terms_given(t, loss) && !terms_given(t, coin));
    }
    severity->secondary_probability = terms_distribution(t, common, CELL_PROBABILITY);
    if (t->columns_good && needed && !terms_given(t, common))
        terms_error(t, common,
                    "is missing: the probability that the secondary losses "
                    "happen at all (1: always)");
    if (t->columns_good && !needed && terms_given(t, common))
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
            const struct distribution *law = severity->loss[stage][form], *factors[8];
            const int which =
                hourly ? columns->outage_hours
                       : (stage == STAGE_PRIMARY ? columns->primary : columns->secondary) + form;
            const struct place at = terms_place(t, which);

            if (hourly && law)
                law = severity->outage_hours; // which follow, not what an hour costs

            if (law && distribution_factors(law, factors, 8) == 0)
                diagnostics_add(t->reading->d, &at,
                                "cannot be correlated with %s: a product is followed in its first "
                                "factor, so that only its factors may be truncated, capped or "
                                "mixed, not the product",
                                with);
        }
}
