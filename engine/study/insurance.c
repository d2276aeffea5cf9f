#include "study/insurance.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "models/insurance.h"
#include "study/optional.h"

enum {
    TREATMENT_ID,
    POLICY,
    LAYER,
    SCENARIOS,
    ASSETS,
    LOSS_FORM_NAMES,
    BASIS,
    RETENTION,
    LIMIT,
    SHARE,
    AGGREGATE_RETENTION,
    AGGREGATE_LIMIT,
    WAITING,
    INSURANCE_COLUMNS
};
static const char *const columns[INSURANCE_COLUMNS] = {
    "treatment_id", "policy", "layer", "scenarios",           "assets",          "forms",   "basis",
    "retention",    "limit",  "share", "aggregate_retention", "aggregate_limit", "waiting",
};
static const struct table_shape shape = {INSURANCE_COLUMNS, 2, columns, false};

enum { ALL_FORMS = (1u << LOSS_FORMS) - 1 };

// The order of a layer whose number, or whose treatment, could not be read.
static const double no_place = -1;

// A layer, and the row it was read from.
struct layer_row {
    struct insurance_layer layer;
    double policy_layer; // the first of its policy's
    size_t row;
};

// NO_ROW for `current`. False after a diagnostic, and where the cell names no treatment.
static bool insured_read(struct treatment_reading *r, const struct terms *t, uint32_t *row)
{
    const struct place at = terms_place(t, TREATMENT_ID);
    const struct treatment *treatment;

    *row = NO_ROW;
    if (!treatment_cell_required(t, TREATMENT_ID,
                                 "a treatment whose option is share, or current for the insurance "
                                 "that there is"))
        return false;
    if (strcmp(at.value, "current") == 0)
        return true;
    treatment = treatment_named(t, TREATMENT_ID);
    if (!treatment)
        return false;
    *row = (uint32_t)(treatment - r->reading->study->portfolio.treatments.rows);
    r->has_layers[*row] = true;
    if (treatment->option != OPTION_SHARE && treatment->option != OPTIONS) {
        diagnostics_add(t->reading->d, &at,
                        "its option is %s: a treatment whose option is share expected, or current "
                        "for the insurance that there is",
                        treatment_option_names[treatment->option]);
        return false;
    }
    return true;
}

static unsigned form_of(const char *name, size_t length)
{
    for (int form = 0; form < LOSS_FORMS; form++)
        if (strlen(loss_form_names[form]) == length &&
            memcmp(loss_form_names[form], name, length) == 0)
            return 1u << form;
    return 0;
}

static void forms_read(const struct terms *t, unsigned *forms)
{
    const struct place at = terms_place(t, LOSS_FORM_NAMES);
    unsigned all = 0;

    *forms = ALL_FORMS;
    if (!terms_given(t, LOSS_FORM_NAMES))
        return;
    for (const char *from = at.value; from;) {
        const size_t length = strcspn(from, "|");
        const unsigned form = form_of(from, length);
        const char *near = text_nearest(from, length, loss_form_names, LOSS_FORMS, 2);

        if (form == 0 || all & form) {
            diagnostics_add(t->reading->d, &at,
                            "must be productivity, response, replacement, fines, "
                            "competitive_advantage, reputation and total, each at most once and "
                            "separated by |%s%s%s",
                            near && form == 0 ? "; did you mean '" : "",
                            near && form == 0 ? near : "", near && form == 0 ? "'?" : "");
            return;
        }
        all |= form;
        from = from[length] == '|' ? from + length + 1 : NULL;
    }
    *forms = all;
}

static void money_read(const struct terms *t, struct insurance_layer *layer)
{
    static const char money[] = "money, 0 or more", most[] = "money above 0";

    treatment_number(t, RETENTION, 0, DBL_MAX, money, &layer->retention);
    treatment_number(t, LIMIT, DBL_MIN, DBL_MAX, most, &layer->limit);
    treatment_number(t, SHARE, DBL_MIN, 1, "the insurer's share, above 0 and at most 1",
                     &layer->share);
    treatment_number(t, AGGREGATE_RETENTION, 0, DBL_MAX, money, &layer->aggregate_retention);
    treatment_number(t, AGGREGATE_LIMIT, DBL_MIN, DBL_MAX, most, &layer->aggregate_limit);
    treatment_number(t, WAITING, 0, DBL_MAX, "hours, 0 or more", &layer->waiting_hours);
}

static unsigned forms_of(const struct severity *severity)
{
    unsigned forms = 0;

    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++)
            if (severity->loss[stage][form])
                forms |= 1u << form;
    return forms;
}

// The layer held against the scenarios that it covers; `chosen` NULL: all.
static void use_check(const struct terms *t, const struct insurance_layer *layer,
                      const struct choice *chosen)
{
    const struct portfolio *portfolio = &t->reading->study->portfolio;
    const size_t count = chosen ? chosen->count : portfolio->scenario_count;
    const struct place forms = terms_place(t, LOSS_FORM_NAMES), waiting = terms_place(t, WAITING);
    bool lost = count == 0, hours = count == 0;

    for (size_t i = 0; i < count && !(lost && hours); i++) {
        const struct severity *severity =
            &portfolio->scenarios[chosen ? chosen->rows[i] : i].severity;

        lost = lost || (forms_of(severity) & layer->forms);
        hours = hours || severity->outage_hours;
    }
    for (size_t e = 0; e < portfolio->event_count && !chosen && !lost; e++)
        lost = forms_of(&portfolio->events[e].severity) & layer->forms;
    if (!lost)
        diagnostics_warn(t->reading->d, &forms,
                         "has no effect: no scenario selected has a loss of such a form");
    if (layer->waiting_hours > 0 && !(layer->forms & 1u << FORM_PRODUCTIVITY))
        diagnostics_add(t->reading->d, &waiting,
                        "has no effect: it counts hours of lost productivity, which the forms do "
                        "not include");
    else if (layer->waiting_hours > 0 && !hours)
        diagnostics_add(t->reading->d, &waiting,
                        "has no effect: no scenario selected has outage_hours");
}

// *bits: NULL where all are covered, and where the cell could not be read.
static bool covered_read(struct choices *choices, const struct terms *t, int which,
                         struct choice **chosen, const uint64_t **bits)
{
    const bool all = !terms_given(t, which) || strcmp(terms_text(t, which), "*") == 0;

    *chosen = all ? NULL : choices_match(choices, t, which);
    *bits = *chosen ? choices_bits(choices, *chosen) : NULL;
    return all || *bits;
}

static void layer_read(struct treatment_reading *r, const struct terms *t,
                       struct insurance_layer *layer)
{
    static const char *const bases[] = {"event", "year", NULL};
    struct choice *scenarios, *assets;
    bool named, covered;

    *layer = (struct insurance_layer){.policy = terms_text(t, POLICY),
                                      .layer = 1,
                                      .limit = HUGE_VAL,
                                      .share = 1,
                                      .aggregate_limit = HUGE_VAL};
    named = insured_read(r, t, &layer->treatment);
    treatment_cell_required(t, POLICY, "the name of the policy");
    if (terms_given(t, LAYER))
        layer->layer = no_place;
    treatment_number(t, LAYER, 0, 1e6,
                     "the layer's place in the policy, a number from 0 to 1000000", &layer->layer);
    if (!named)
        layer->layer = no_place;
    forms_read(t, &layer->forms);
    layer->basis = cell_choice(t->table, t->row, t->at[BASIS], bases, 0, t->reading->d) == 1
                       ? BASIS_YEAR
                       : BASIS_EVENT;
    money_read(t, layer);
    covered = covered_read(&r->scenarios, t, SCENARIOS, &scenarios, &layer->scenarios);
    covered_read(&r->assets, t, ASSETS, &assets, &layer->assets);
    if (named && covered && r->certain)
        use_check(t, layer, scenarios);
}

// By treatment; then policies by the first of their layers, so that what stands first in the market
// pays first, and by name; then the layers of one policy.
static int compare_layers(const void *a, const void *b)
{
    const struct layer_row *r = a, *q = b;
    const struct insurance_layer *x = &r->layer, *y = &q->layer;
    const uint32_t first = x->treatment + 1, second = y->treatment + 1; // NO_ROW is 0
    const int policies = strcmp(x->policy, y->policy);

    if (first != second)
        return first < second ? -1 : 1;
    if (policies == 0)
        return (x->layer > y->layer) - (x->layer < y->layer);
    return r->policy_layer != q->policy_layer ? (r->policy_layer < q->policy_layer ? -1 : 1)
                                              : policies;
}

// The first layer of each row's policy.
static void policy_layers_find(struct layer_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        rows[i].policy_layer = rows[i].layer.layer;
        for (size_t k = 0; k < count; k++)
            if (rows[k].layer.treatment == rows[i].layer.treatment &&
                strcmp(rows[k].layer.policy, rows[i].layer.policy) == 0 &&
                rows[k].layer.layer < rows[i].policy_layer)
                rows[i].policy_layer = rows[k].layer.layer;
    }
}

// Layers of one policy whose order nobody can tell. `rows` are sorted.
static void twins_tell(struct terms *t, const struct layer_row *rows)
{
    for (size_t i = 1; i < t->table->rows; i++) {
        const size_t one = rows[i - 1].row, other = rows[i].row;
        const size_t early = one < other ? one : other;
        struct place at;

        if (compare_layers(&rows[i - 1], &rows[i]) != 0 || *rows[i].layer.policy == '\0' ||
            rows[i].layer.layer == no_place)
            continue;
        t->row = one < other ? other : one;
        at = terms_place(t, LAYER);
        diagnostics_add(t->reading->d, &at, "policy '%s' has a layer %g already on line %u",
                        rows[i].layer.policy, rows[i].layer.layer, t->table->line[early]);
    }
}

bool insurance_read(struct treatment_reading *treatments)
{
    struct reading *reading = treatments->reading;
    struct table table = {0};
    struct layer_row *rows;
    struct insurance_layer *layers;
    int at[INSURANCE_COLUMNS];
    struct terms t = {reading, &table, 0, columns, at};

    if (!optional_read(reading, "insurance.csv", &shape, &table))
        return false;
    rows = arena_alloc(&reading->scratch, table.rows + 1, sizeof *rows);
    layers = arena_alloc(reading->kept, table.rows + 1, sizeof *layers);
    if (!rows || !layers)
        return reading_out_of_memory(reading);
    columns_find(&table, &shape, at);
    for (t.row = 0; t.row < table.rows; t.row++) {
        rows[t.row].row = t.row;
        layer_read(treatments, &t, &rows[t.row].layer);
    }
    if (table.rows > INSURANCE_ROWS_MAX) {
        const struct place rest = table_place(&table, INSURANCE_ROWS_MAX, -1);

        diagnostics_add(reading->d, &rest, "at most %d rows of insurance are applied",
                        INSURANCE_ROWS_MAX);
        return false;
    }
    policy_layers_find(rows, table.rows);
    qsort(rows, table.rows, sizeof *rows, compare_layers);
    for (size_t i = 0; i < table.rows; i++)
        layers[i] = rows[i].layer;
    twins_tell(&t, rows);
    reading->study->facts.layer_rows = table.rows;
    reading->study->portfolio.treatments.layers = layers;
    reading->study->portfolio.treatments.layer_count = table.rows;
    return true;
}
