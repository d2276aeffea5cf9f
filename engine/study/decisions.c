#include "study/decisions.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/optional.h"
#include "study/settings.h"

enum {
    OPTION,
    DECIDED_BY,
    DECIDED_ON,
    SCENARIOS,
    TREATMENT_ID,
    REVIEW_BY,
    MAXIMUM_AAL,
    REASON,
    DECISION_COLUMNS
};
static const char *const columns[DECISION_COLUMNS] = {
    "option",       "decided_by", "decided_on",  "scenarios",
    "treatment_id", "review_by",  "maximum_aal", "reason",
};
static const struct table_shape shape = {DECISION_COLUMNS, 3, columns, false};

// A decision, and the row it was read from.
struct decision_row {
    struct decision decision;
    size_t row;
};

static void date_read(const struct terms *t, int which, const char **date)
{
    *date = terms_text(t, which);
    if (!terms_given(t, which) || settings_date(*date))
        return;
    terms_error(t, which, "must be a date such as 2026-01-31");
    *date = "";
}

// Exactly one of the two. False after a diagnostic, and where the rows cannot be known.
static bool subject_read(struct treatment_reading *r, const struct terms *t,
                         struct decision *decision)
{
    const struct treatment *treatment;
    const struct choice *chosen;

    decision->treatment = NO_ROW;
    if (terms_given(t, SCENARIOS) && terms_given(t, TREATMENT_ID)) {
        terms_error(t, TREATMENT_ID,
                    "a decision is about scenarios or about a treatment: leave one of the two "
                    "empty");
        return false;
    }
    if (terms_given(t, TREATMENT_ID)) {
        decision->subject = terms_text(t, TREATMENT_ID);
        treatment = treatment_named(t, TREATMENT_ID);
        if (treatment)
            decision->treatment =
                (uint32_t)(treatment - r->reading->study->portfolio.treatments.rows);
        return treatment != NULL;
    }
    if (!treatment_cell_required(t, SCENARIOS, "the scenarios decided upon, or else treatment_id"))
        return false;
    decision->subject = terms_text(t, SCENARIOS);
    chosen = choices_match(&r->scenarios, t, SCENARIOS);
    if (!chosen)
        return false;
    decision->scenarios = chosen->rows;
    decision->scenario_count = chosen->count;
    return true;
}

static void dates_check(const struct terms *t, const struct decision *x)
{
    const char *as_of = t->reading->study->portfolio.settings.as_of;
    const struct place on = terms_place(t, DECIDED_ON), review = terms_place(t, REVIEW_BY);

    if (*x->decided_on != '\0' && *x->review_by != '\0' && strcmp(x->review_by, x->decided_on) < 0)
        diagnostics_add(t->reading->d, &review, "lies before the decision, %s", x->decided_on);
    if (*as_of != '\0' && strcmp(x->decided_on, as_of) > 0)
        diagnostics_warn(t->reading->d, &on, "lies after the study's as_of, %s", as_of);
}

// False where the row is not to be kept.
static bool decision_read(struct treatment_reading *r, const struct terms *t,
                          struct decision *decision)
{
    static const char *const options[] = {"modify", "share", "avoid", "retain", NULL};
    const bool chosen = subject_read(r, t, decision);
    int option = 0;

    decision->line = t->table->line[t->row];
    decision->decided_by = terms_text(t, DECIDED_BY);
    decision->reason = terms_text(t, REASON);
    decision->maximum_aal = NAN;
    if (treatment_cell_required(t, OPTION, "modify, share, avoid or retain"))
        option = cell_choice(t->table, t->row, t->at[OPTION], options, 0, t->reading->d);
    decision->option = (enum treatment_option)(option < 0 ? 0 : option);
    treatment_cell_required(t, DECIDED_BY, "whoever answers for the decision");
    treatment_cell_required(t, DECIDED_ON, "a date such as 2026-01-31");
    date_read(t, DECIDED_ON, &decision->decided_on);
    date_read(t, REVIEW_BY, &decision->review_by);
    dates_check(t, decision);
    treatment_number(t, MAXIMUM_AAL, 0, DBL_MAX, "money a year, 0 or more", &decision->maximum_aal);
    if (terms_given(t, MAXIMUM_AAL) && terms_given(t, TREATMENT_ID) && !terms_given(t, SCENARIOS))
        terms_error(t, MAXIMUM_AAL,
                    "has no effect: it limits the loss of scenarios, and this decision is about a "
                    "treatment");
    return chosen;
}

static int compare_texts(const char *a, const char *b)
{
    const int order = strcmp(a, b);

    return (order > 0) - (order < 0);
}

// By what they speak of.
static int compare_subjects(const struct decision *x, const struct decision *y)
{
    const uint32_t first = x->treatment + 1, second = y->treatment + 1; // scenarios are 0
    const size_t least =
        x->scenario_count < y->scenario_count ? x->scenario_count : y->scenario_count;

    if (first != second)
        return first < second ? -1 : 1;
    for (size_t i = 0; i < least; i++)
        if (x->scenarios[i] != y->scenarios[i])
            return x->scenarios[i] < y->scenarios[i] ? -1 : 1;
    return (x->scenario_count > y->scenario_count) - (x->scenario_count < y->scenario_count);
}

static int compare_decisions(const void *a, const void *b)
{
    const struct decision_row *x = a, *y = b;
    int order = compare_subjects(&x->decision, &y->decision);

    if (order == 0)
        order = compare_texts(x->decision.decided_on, y->decision.decided_on);
    if (order == 0)
        order = (x->row > y->row) - (x->row < y->row);
    return order;
}

// Two about the same on one day: nobody can tell which is in force. `rows` are sorted.
static void twins_tell(struct terms *t, const struct decision_row *rows, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct decision *one = &rows[i - 1].decision, *other = &rows[i].decision;
        struct place at;

        if (compare_subjects(one, other) != 0 || *one->decided_on == '\0' ||
            strcmp(one->decided_on, other->decided_on) != 0)
            continue;
        t->row = rows[i].row;
        at = terms_place(t, DECIDED_ON);
        diagnostics_add(t->reading->d, &at,
                        "line %llu has a decision of this day about the same already",
                        (unsigned long long)one->line);
    }
}

// Whether x is in force rather than y, where both are about one scenario.
static bool decision_beats(const struct decision *x, const struct decision *y)
{
    const int order = strcmp(x->decided_on, y->decided_on);

    return order != 0 ? order > 0 : x->scenario_count < y->scenario_count;
}

static void force_into(const struct decision *decisions, uint32_t which, uint32_t *of)
{
    if (*of == NO_ROW || decision_beats(&decisions[which], &decisions[*of]))
        *of = which;
}

static bool force_find(struct reading *reading, struct governance *g)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    const size_t scenarios = portfolio->scenario_count, treatments = portfolio->treatments.count;
    uint32_t *of_scenario = arena_alloc(reading->kept, scenarios + 1, sizeof *of_scenario);
    uint32_t *of_treatment = arena_alloc(reading->kept, treatments + 1, sizeof *of_treatment);

    if (!of_scenario || !of_treatment)
        return reading_out_of_memory(reading);
    for (size_t s = 0; s < scenarios; s++)
        of_scenario[s] = NO_ROW;
    for (size_t i = 0; i < treatments; i++)
        of_treatment[i] = NO_ROW;
    for (uint32_t i = 0; i < g->decision_count; i++) {
        const struct decision *x = &g->decisions[i];

        if (x->treatment != NO_ROW)
            force_into(g->decisions, i, &of_treatment[x->treatment]);
        for (size_t k = 0; k < x->scenario_count; k++)
            force_into(g->decisions, i, &of_scenario[x->scenarios[k]]);
    }
    g->of_scenario = of_scenario;
    g->of_treatment = of_treatment;
    return true;
}

bool decisions_read(struct treatment_reading *treatments)
{
    struct reading *reading = treatments->reading;
    struct governance *g = &reading->study->portfolio.governance;
    struct table table = {0};
    struct decision_row *rows;
    struct decision *decisions;
    int at[DECISION_COLUMNS];
    size_t count = 0;
    struct terms t = {reading, &table, 0, columns, at};

    if (!optional_read(reading, "decisions.csv", &shape, &table))
        return force_find(reading, g) && false;
    rows = arena_alloc(&reading->scratch, table.rows + 1, sizeof *rows);
    decisions = arena_alloc(reading->kept, table.rows + 1, sizeof *decisions);
    if (!rows || !decisions)
        return reading_out_of_memory(reading);
    columns_find(&table, &shape, at);
    for (t.row = 0; t.row < table.rows; t.row++) {
        rows[count].row = t.row;
        count += decision_read(treatments, &t, &rows[count].decision);
    }
    qsort(rows, count, sizeof *rows, compare_decisions);
    for (size_t i = 0; i < count; i++)
        decisions[i] = rows[i].decision;
    twins_tell(&t, rows, count);
    reading->study->facts.decision_rows = table.rows;
    g->decisions = decisions;
    g->decision_count = count;
    return force_find(reading, g);
}
