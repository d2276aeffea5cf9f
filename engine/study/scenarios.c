#include "study/scenarios.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "study/cells.h"
#include "study/files.h"
#include "study/ids.h"
#include "study/plausibility.h"
#include "study/selections.h"
#include "study/threats.h"

// Columns of one form stand at FIRST + form (enum loss_form).
enum {
    SCENARIO_ID,
    ASSETS,
    FREQUENCY,
    NAME,
    OWNER,
    THREAT_ID,
    EFFECT,
    FREQUENCY_PER,
    STATED,
    COUNTS,
    SUSCEPTIBILITY,
    EVENT,
    HIT_PROBABILITY,
    DRIVER,
    SECONDARY_PROBABILITY,
    FORM_CORRELATION,
    LOSS_BASIS,
    OUTAGE_HOURS,
    PRIMARY,
    SECONDARY = PRIMARY + LOSS_FORMS,
    FORM_PROBABILITY = SECONDARY + LOSS_FORMS,
    SCENARIO_COLUMNS = FORM_PROBABILITY + LOSS_FORMS
};
#define FORMS(prefix, suffix)                                                                      \
    prefix "productivity" suffix, prefix "response" suffix, prefix "replacement" suffix,           \
        prefix "fines" suffix, prefix "competitive_advantage" suffix, prefix "reputation" suffix,  \
        prefix "total" suffix
static const char *const columns[SCENARIO_COLUMNS] = {
    "scenario_id",
    "assets",
    "frequency",
    "name",
    "owner",
    "threat_id",
    "effect",
    "frequency_per",
    "stated",
    "counts",
    "susceptibility",
    "event",
    "hit_probability",
    "driver",
    "secondary_probability",
    "form_correlation",
    "loss_basis",
    "outage_hours",
    FORMS("primary_", ""),
    FORMS("secondary_", ""),
    FORMS("secondary_", "_probability"),
};
static const struct table_shape shape = {SCENARIO_COLUMNS, 3, columns, true};

struct scenario_reading {
    struct reading *reading;
    struct table *table;
    int at[SCENARIO_COLUMNS];
    size_t row;
    struct scenario *scenario;
    struct selections selections;
    const struct selected *selected;
    bool capability_used, resistance_used;
    bool columns_good; // else what seems to be missing may stand in a misspelt column
};

static bool given(const struct scenario_reading *s, int which)
{
    return cell_given(s->table, s->row, s->at[which]);
}

static struct place place_of(const struct scenario_reading *s, int which)
{
    struct place at = table_place(s->table, s->row, s->at[which]);

    at.column = columns[which]; // where the table lacks it, too
    return at;
}

static const struct distribution *distribution(struct scenario_reading *s, int which,
                                               enum cell_kind kind)
{
    return cell_distribution(s->reading, s->table, s->row, s->at[which], kind, s->reading->d);
}

static const char *text(const struct scenario_reading *s, int which)
{
    return table_cell(s->table, s->row, s->at[which]);
}

static void error_at(struct scenario_reading *s, int which, const char *message)
{
    const struct place at = place_of(s, which);

    diagnostics_add(s->reading->d, &at, "%s", message);
}

// C, I and A separated by |.
static void effect_read(struct scenario_reading *s)
{
    const char *c = text(s, EFFECT);
    unsigned effect = 0;

    if (*c == '\0')
        return;
    for (;; c++) {
        const char *letters = "CIA", *letter = *c ? strchr(letters, *c) : NULL;

        if (!letter || (effect & 1u << (letter - letters)))
            break;
        effect |= 1u << (letter - letters);
        if (*++c == '\0') {
            s->scenario->effect = (uint8_t)effect;
            return;
        }
        if (*c != '|')
            break;
    }
    error_at(s, EFFECT, "must be C, I and A, each at most once and separated by |, such as C|A");
}

static void counts_read(struct scenario_reading *s)
{
    const char *cell = text(s, COUNTS);
    double k;

    if (*cell == '\0' || strcmp(cell, "poisson") == 0)
        return;
    if (strcmp(cell, "at_most_once") == 0) {
        s->scenario->counts = COUNTS_AT_MOST_ONCE;
        return;
    }
    if (strncmp(cell, "negbinomial ", 12) == 0 &&
        text_number(cell + 12, strlen(cell + 12), s->reading->rules.decimal_comma, &k) &&
        k >= 1e-3 && k <= 1e6) {
        s->scenario->counts = COUNTS_NEGBINOMIAL;
        s->scenario->negbinomial_k = k;
        return;
    }
    error_at(s, COUNTS,
             "must be poisson, at_most_once, or negbinomial and its shape from 0.001 to "
             "1000000, such as negbinomial 2");
}

static void frequency_read(struct scenario_reading *s)
{
    static const char *const per[] = {"scenario", "unit", NULL};
    const struct place at = place_of(s, FREQUENCY);
    const int which = cell_choice(s->table, s->row, s->at[FREQUENCY_PER], per, 0, s->reading->d);

    s->scenario->frequency_per = which == 1 ? FREQUENCY_PER_UNIT : FREQUENCY_PER_SCENARIO;
    if (!given(s, FREQUENCY))
        error_at(s, FREQUENCY, "is missing: threat events per year");
    s->scenario->frequency = distribution(
        s, FREQUENCY, s->scenario->counts == COUNTS_AT_MOST_ONCE ? CELL_PROBABILITY : CELL_RATE);
    if (s->scenario->frequency && s->scenario->counts != COUNTS_AT_MOST_ONCE)
        plausibility_frequency(s->scenario->frequency, &at, s->reading->d);
}

// Whether threats.csv is not there or was read: else nothing can be said of what it lacks.
static bool threats_known(const struct reading *reading)
{
    return reading->threat_id >= 0 || !files_have(reading, "threats.csv");
}

// Row of the scenario's threat, SIZE_MAX where it names none or one that is not there.
static size_t threat_read(struct scenario_reading *s)
{
    struct reading *reading = s->reading;
    const struct place at = place_of(s, THREAT_ID);
    size_t row;

    s->scenario->threat_id = text(s, THREAT_ID);
    if (!given(s, THREAT_ID))
        return SIZE_MAX;
    if (reading->threat_id < 0) {
        if (threats_known(reading))
            diagnostics_add(reading->d, &at, "no such threat: there is no threats.csv");
        return SIZE_MAX;
    }
    row = ids_row(&reading->threats, reading->threat_id, at.value);
    if (row == SIZE_MAX)
        ids_unknown(reading, &reading->threats, reading->threat_id, "threat", &at);
    return row;
}

// Given; or capability against resistance, which need each other; or 1.
static void susceptibility_read(struct scenario_reading *s, size_t threat)
{
    struct reading *reading = s->reading;
    const struct assets *assets = &reading->study->portfolio.assets;
    const struct selected *selected = s->selected;
    const struct distribution *capability =
        threat == SIZE_MAX ? NULL : threat_capability(reading, threat);
    struct place at = place_of(s, ASSETS);

    s->scenario->susceptibility = distribution(s, SUSCEPTIBILITY, CELL_PROBABILITY);
    if (given(s, SUSCEPTIBILITY) || !selected || !threats_known(reading))
        return;
    if (capability && selected->resistant == selected->selection.count) {
        s->scenario->capability = capability;
        s->capability_used = true;
        s->resistance_used = s->resistance_used || selected->selection.count > 0;
    } else if (capability) {
        s->capability_used = true; // one message is enough
        diagnostics_add(reading->d, &at,
                        "threat '%s' has a capability, but %zu of the %zu assets selected have no "
                        "resistance (first '%s'): give them one, or the scenario a susceptibility",
                        s->scenario->threat_id, selected->selection.count - selected->resistant,
                        selected->selection.count, assets->id[selected->unresistant]);
    } else if (selected->resistant > 0) {
        s->resistance_used = true;
        diagnostics_add(reading->d, &at,
                        "%zu of the %zu assets selected have a resistance, but the scenario has no "
                        "threat with a capability: give it one, or a susceptibility",
                        selected->resistant, selected->selection.count);
    }
}

static bool stage_has_forms(const struct scenario *scenario, enum stage stage)
{
    for (int form = 0; form < LOSS_FORMS; form++) {
        if (scenario->severity.loss[stage][form])
            return true;
    }
    return false;
}

// A cell of any form of the stage, right or wrong.
static bool stage_given(const struct scenario_reading *s, enum stage stage)
{
    for (int form = 0; form < LOSS_FORMS; form++) {
        if (given(s, (stage == STAGE_PRIMARY ? PRIMARY : SECONDARY) + form))
            return true;
    }
    return false;
}

static void losses_read(struct scenario_reading *s)
{
    struct scenario *scenario = s->scenario;

    for (int stage = 0; stage < STAGES; stage++) {
        const int first = stage == STAGE_PRIMARY ? PRIMARY : SECONDARY;

        for (int form = 0; form < LOSS_FORMS; form++) {
            const struct place at = place_of(s, first + form);

            scenario->severity.loss[stage][form] = distribution(s, first + form, CELL_AMOUNT);
            if (scenario->severity.loss[stage][form])
                plausibility_loss(scenario->severity.loss[stage][form], &at, s->reading->d);
        }
        for (int form = 0; form < FORM_TOTAL && given(s, first + FORM_TOTAL); form++) {
            if (given(s, first + form))
                error_at(s, first + form,
                         "stands beside the total of the same stage: give either "
                         "the total or single forms");
        }
    }
    if (s->columns_good && !stage_given(s, STAGE_PRIMARY) && !stage_given(s, STAGE_SECONDARY)) {
        struct place at = place_of(s, SCENARIO_ID);

        diagnostics_add(s->reading->d, &at,
                        "a scenario without any loss: one of the columns "
                        "primary_... or secondary_... must be given");
    }
    scenario->severity.outage_hours = distribution(s, OUTAGE_HOURS, CELL_AMOUNT);
    if (s->columns_good && given(s, OUTAGE_HOURS) && !given(s, PRIMARY + FORM_PRODUCTIVITY) &&
        !given(s, SECONDARY + FORM_PRODUCTIVITY))
        error_at(s, OUTAGE_HOURS, "has no effect without a productivity loss per hour");
}

static void secondary_read(struct scenario_reading *s)
{
    struct scenario *scenario = s->scenario;
    bool needed = false;

    for (int form = 0; form < LOSS_FORMS; form++) {
        const int coin = FORM_PROBABILITY + form;

        scenario->severity.secondary_form_probability[form] = distribution(s, coin, CELL_PROBABILITY);
        if (s->columns_good && given(s, coin) && !given(s, SECONDARY + form))
            error_at(s, coin, "has no effect: that form of loss is not given");
        needed = needed || (given(s, SECONDARY + form) && !given(s, coin));
    }
    scenario->severity.secondary_probability = distribution(s, SECONDARY_PROBABILITY, CELL_PROBABILITY);
    if (s->columns_good && needed && !given(s, SECONDARY_PROBABILITY)) {
        const struct place at = place_of(s, SECONDARY_PROBABILITY);

        diagnostics_add(s->reading->d, &at,
                        "is missing: the probability that the secondary losses "
                        "happen at all (1: always)");
    }
    if (s->columns_good && !needed && given(s, SECONDARY_PROBABILITY))
        error_at(s, SECONDARY_PROBABILITY,
                 stage_has_forms(scenario, STAGE_SECONDARY)
                     ? "has no effect: every secondary loss has a probability of its own"
                     : "has no effect: no secondary loss is given");
}

static void basis_read(struct scenario_reading *s)
{
    static const char *const bases[] = {"money", "value", NULL};
    const struct assets *assets = &s->reading->study->portfolio.assets;
    const struct selected *selected = s->selected;
    const int which = cell_choice(s->table, s->row, s->at[LOSS_BASIS], bases, 0, s->reading->d);
    const struct place at = place_of(s, LOSS_BASIS);

    s->scenario->severity.loss_basis = which == 1 ? LOSS_BASIS_VALUE : LOSS_BASIS_MONEY;
    if (which == 1 && selected && selected->valued < selected->selection.count)
        diagnostics_add(
            s->reading->d, &at,
            "%zu of the %zu assets selected have no value (first '%s') for the losses to be "
            "fractions of",
            selected->selection.count - selected->valued, selected->selection.count,
            assets->id[selected->without_value]);
    if (given(s, FORM_CORRELATION))
        cell_number(s->reading, s->table, s->row, s->at[FORM_CORRELATION], -1, 1,
                    "a loading from -1 to 1", &s->scenario->severity.form_correlation, s->reading->d);
}

static void stated_read(struct scenario_reading *s)
{
    static const char *const words[] = {"current", "inherent", NULL};
    const int which = cell_choice(s->table, s->row, s->at[STATED], words,
                                  s->reading->rules.stated == STATED_INHERENT, s->reading->d);

    s->scenario->stated = which == 1 ? STATED_INHERENT : STATED_CURRENT;
}

static void later_columns_check(struct scenario_reading *s)
{
    static const int later[] = {EVENT, HIT_PROBABILITY, DRIVER};

    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        if (given(s, later[i]))
            error_at(s, later[i], "is not modelled by this version of lossmill");
    }
}

static void selection_read(struct scenario_reading *s)
{
    struct reading *reading = s->reading;
    const struct place at = place_of(s, ASSETS);

    s->selected = selections_match(reading, &s->selections, s->row, s->at[ASSETS]);
    if (!s->selected)
        return;
    s->scenario->selection = &s->selected->selection;
    reading->study->facts.exposures += (double)s->selected->selection.count;
    if (s->selected->selection.count > 0 || !reading->assets_complete)
        return;
    if (reading->rules.empty_selection_allowed)
        diagnostics_warn(reading->d, &at, "matches no asset: the scenario has no events");
    else
        diagnostics_add(reading->d, &at,
                        "matches no asset; [study] empty_selection = warn would "
                        "accept that");
}

static void scenario_read(struct scenario_reading *s)
{
    struct scenario *scenario = s->scenario;
    size_t threat;

    scenario->id = text(s, SCENARIO_ID);
    scenario->name = text(s, NAME);
    scenario->owner = text(s, OWNER);
    selection_read(s);
    threat = threat_read(s);
    effect_read(s);
    counts_read(s);
    frequency_read(s);
    susceptibility_read(s, threat);
    losses_read(s);
    secondary_read(s);
    basis_read(s);
    stated_read(s);
    later_columns_check(s);
}

// "Every column supplied is used or is an error."
static void use_check(struct scenario_reading *s)
{
    struct reading *reading = s->reading;
    const struct assets *assets = &reading->study->portfolio.assets;

    if (assets->count == 0 || !threats_known(reading))
        return;
    if (!s->capability_used)
        threats_check_use(reading);
    for (size_t row = 0; row < assets->count && !s->resistance_used; row++) {
        if (assets->resistance[row]) {
            const struct place at =
                table_place(&reading->assets, row, table_column(&reading->assets, "resistance"));

            diagnostics_add(reading->d, &at,
                            "no scenario compares a resistance with a capability: "
                            "the column has no effect");
            return;
        }
    }
}

static bool scenarios_fill(struct reading *reading, bool columns_good)
{
    struct table *table = &reading->scenarios;
    struct portfolio *portfolio = &reading->study->portfolio;
    struct scenario *scenarios = arena_alloc(reading->kept, table->rows + 1, sizeof *scenarios);
    uint64_t *hash = arena_alloc(&reading->scratch, table->rows + 1, sizeof *hash);
    struct scenario_reading s = {.reading = reading, .table = table, .columns_good = columns_good};

    columns_find(table, &shape, s.at);
    if (!scenarios || !hash || !selections_start(reading, &s.selections, s.at[ASSETS]))
        return reading_out_of_memory(reading);
    if (!ids_hash(reading, table, s.at[SCENARIO_ID], hash))
        return false;
    for (s.row = 0; s.row < table->rows; s.row++) {
        reading_tell(reading, (double)s.row / (double)table->rows, "matching scenarios");
        s.scenario = &scenarios[s.row];
        s.scenario->id_hash = hash[s.row];
        s.scenario->event = s.scenario->driver = NO_ROW;
        scenario_read(&s);
    }
    use_check(&s);
    portfolio->scenarios = scenarios;
    portfolio->scenario_count = table->rows;
    return plausibility_twins(reading);
}

bool scenarios_read(struct reading *reading, const struct defaults *defaults)
{
    const struct csv_format format = {reading->rules.windows_1252, reading->kept,
                                      &reading->scratch};
    const struct place missing = {.file = "scenarios.csv"};
    struct table *table = &reading->scenarios;
    const struct study_input *input;
    uint64_t errors;
    unsigned char *bad;
    bool columns_good;
    int id;

    if (!files_have(reading, "scenarios.csv")) {
        diagnostics_add(reading->d, &missing, "the file is missing");
        return false;
    }
    input = files_read(reading, "scenarios.csv", NULL, reading->d);
    if (!input ||
        !csv_read(table, input->name, input->bytes, input->size, &format, reading->d, reading->d))
        return false;
    errors = diagnostics_errors(reading->d);
    if (!columns_check(table, &shape, reading->d))
        return false;
    columns_good = diagnostics_errors(reading->d) == errors;
    reading->study->facts.scenario_rows = table->rows;
    if (table->rows == 0 && table->bad_rows == 0)
        diagnostics_add(reading->d, &missing, "there is no scenario in it");
    bad = arena_alloc(&reading->scratch, table->rows + 1, 1);
    id = table_column(table, columns[SCENARIO_ID]);
    if (!bad)
        return reading_out_of_memory(reading);
    defaults_apply(reading, defaults, "scenarios", table, &shape);
    return columns_note_tags(reading, table, &shape) &&
           ids_check(reading, table, id, bad, reading->d) && ids_sort(reading, table, id, bad) &&
           scenarios_fill(reading, columns_good);
}
