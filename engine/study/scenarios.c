#include "study/scenarios.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "study/cells.h"
#include "study/files.h"
#include "study/ids.h"
#include "study/plausibility.h"
#include "study/selections.h"
#include "study/terms.h"
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
// Without shared events every scenario has a frequency.
static const struct table_shape shape = {SCENARIO_COLUMNS, 3, columns, true};
static const struct table_shape shape_with_events = {SCENARIO_COLUMNS, 2, columns, true};
static const struct loss_columns loss_columns = {PRIMARY, SECONDARY, FORM_PROBABILITY,
                                                 SECONDARY_PROBABILITY, OUTAGE_HOURS};

struct scenario_reading {
    struct terms terms;
    struct reading *reading;
    int at[SCENARIO_COLUMNS];
    struct scenario *scenario;
    struct selections selections;
    const struct selected *selected;
    bool capability_used, resistance_used;
};

static bool given(const struct scenario_reading *s, int which)
{
    return terms_given(&s->terms, which);
}

static struct place place_of(const struct scenario_reading *s, int which)
{
    return terms_place(&s->terms, which);
}

static const struct distribution *distribution(const struct scenario_reading *s, int which,
                                               enum cell_kind kind)
{
    return terms_distribution(&s->terms, which, kind);
}

static const char *text(const struct scenario_reading *s, int which)
{
    return terms_text(&s->terms, which);
}

static void error_at(const struct scenario_reading *s, int which, const char *message)
{
    terms_error(&s->terms, which, message);
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

static void frequency_read(struct scenario_reading *s)
{
    static const char *const per[] = {"scenario", "unit", NULL};
    const int which =
        cell_choice(s->terms.table, s->terms.row, s->at[FREQUENCY_PER], per, 0, s->reading->d);

    s->scenario->frequency_per = which == 1 ? FREQUENCY_PER_UNIT : FREQUENCY_PER_SCENARIO;
    s->scenario->frequency =
        terms_frequency(&s->terms, FREQUENCY, s->scenario->counts,
                        s->at[EVENT] < 0 ? "threat events per year"
                                         : "threat events per year, or the shared event that "
                                           "strikes");
}

// Whether threats.csv is not there or was read: else nothing can be said of what it lacks.
static bool threats_known(const struct reading *reading)
{
    return reading->threat_id >= 0 || !files_have(reading, "threats.csv");
}

// Row of the scenario's threat, SIZE_MAX where it names none or one that is not there.
static size_t threat_read(struct scenario_reading *s)
{
    const uint32_t row = terms_reference(&s->terms, THREAT_ID, &s->reading->threats,
                                         s->reading->threat_id, "threats.csv", "threat");

    s->scenario->threat_id = text(s, THREAT_ID);
    s->scenario->threat_name = "";
    if (row != NO_ROW)
        s->scenario->threat_name =
            table_cell(&s->reading->threats, row, table_column(&s->reading->threats, "name"));
    s->scenario->threat_hash = ids_hash_of(s->scenario->threat_id);
    return row == NO_ROW ? SIZE_MAX : row;
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

static void losses_read(struct scenario_reading *s)
{
    terms_losses(&s->terms, &loss_columns, &s->scenario->severity);
    if (s->terms.table->columns_good &&
        !terms_loss_given(&s->terms, &loss_columns, STAGE_PRIMARY) &&
        !terms_loss_given(&s->terms, &loss_columns, STAGE_SECONDARY))
        error_at(s, SCENARIO_ID,
                 "a scenario without any loss: one of the columns "
                 "primary_... or secondary_... must be given");
}

static void basis_read(struct scenario_reading *s)
{
    static const char *const bases[] = {"money", "value", NULL};
    const struct assets *assets = &s->reading->study->portfolio.assets;
    const struct selected *selected = s->selected;
    const int which =
        cell_choice(s->terms.table, s->terms.row, s->at[LOSS_BASIS], bases, 0, s->reading->d);
    const struct place at = place_of(s, LOSS_BASIS);

    s->scenario->severity.loss_basis = which == 1 ? LOSS_BASIS_VALUE : LOSS_BASIS_MONEY;
    if (which == 1 && selected && selected->valued < selected->selection.count)
        diagnostics_add(
            s->reading->d, &at,
            "%zu of the %zu assets selected have no value (first '%s') for the losses to be "
            "fractions of",
            selected->selection.count - selected->valued, selected->selection.count,
            assets->id[selected->without_value]);
    terms_loading(&s->terms, FORM_CORRELATION, &s->scenario->severity.form_correlation);
    if (s->scenario->severity.form_correlation != 0)
        terms_correlated(&s->terms, &loss_columns, &s->scenario->severity, "the other forms");
}

// What strikes each unit by itself replaces that unit at most. An event of the whole scenario may
// well damage what stands around the one it lands on.
static void replacement_check(const struct scenario_reading *s)
{
    static const int column_of[STAGES] = {PRIMARY + FORM_REPLACEMENT, SECONDARY + FORM_REPLACEMENT};
    const struct scenario *scenario = s->scenario;
    const struct severity *severity = &scenario->severity;
    const struct selected *selected = s->selected;
    const bool fraction = severity->loss_basis == LOSS_BASIS_VALUE;

    if (!selected || selected->selection.count == 0 || selected->valued < selected->selection.count)
        return;
    if (!fraction && scenario->event == NO_ROW && scenario->frequency_per != FREQUENCY_PER_UNIT)
        return;
    for (int stage = 0; stage < STAGES; stage++) {
        const struct distribution *law = severity->loss[stage][FORM_REPLACEMENT];
        const struct place at = place_of(s, column_of[stage]);

        if (law)
            plausibility_replacement(law, fraction ? 1 : selected->most_value, &at, s->reading->d);
    }
}

// A scenario takes its rate from a stream of its own, or from the occurrences of a shared event.
static void event_read(struct scenario_reading *s)
{
    static const struct {
        int column;
        const char *instead;
    } of_stream[] = {{FREQUENCY, "how often stands in events.csv"},
                     {COUNTS, "its counts stand in events.csv"},
                     {FREQUENCY_PER, "each unit has its hit_probability"}};
    struct reading *reading = s->reading;
    const bool columns_good = s->terms.table->columns_good;
    const struct place at = place_of(s, HIT_PROBABILITY);

    s->scenario->event = terms_reference(&s->terms, EVENT, &reading->events, reading->event_id,
                                         "events.csv", "shared event");
    s->scenario->hit_probability = distribution(s, HIT_PROBABILITY, CELL_PROBABILITY);
    if (!given(s, EVENT)) {
        if (columns_good && given(s, HIT_PROBABILITY))
            error_at(s, HIT_PROBABILITY,
                     "has no effect: the scenario names no shared event (column 'event')");
        return;
    }
    if (columns_good && !given(s, HIT_PROBABILITY))
        diagnostics_add(reading->d, &at,
                        "is missing: the probability that an occurrence of event '%s' hits each "
                        "unit selected",
                        text(s, EVENT));
    for (size_t i = 0; i < sizeof of_stream / sizeof *of_stream; i++) {
        const struct place stream = place_of(s, of_stream[i].column);

        if (given(s, of_stream[i].column))
            diagnostics_add(reading->d, &stream,
                            "must be empty: the scenario strikes when event '%s' does; %s",
                            text(s, EVENT), of_stream[i].instead);
    }
}

// Of a shared event's scenario the driver moves the losses only: the event's own moves its rate.
static void driver_read(struct scenario_reading *s)
{
    const struct portfolio *portfolio = &s->reading->study->portfolio;

    if (s->scenario->event != NO_ROW && portfolio->events[s->scenario->event].hit_correlation != 0)
        terms_correlated(&s->terms, &loss_columns, &s->scenario->severity,
                         "the other hits of its event");
    s->scenario->driver =
        terms_driver(&s->terms, DRIVER, &loss_columns, &s->scenario->severity, !given(s, EVENT));
}

static void selection_read(struct scenario_reading *s)
{
    struct reading *reading = s->reading;
    const struct place at = place_of(s, ASSETS);

    s->selected = selections_match(reading, &s->selections, s->terms.row, s->at[ASSETS]);
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
    event_read(s);
    if (!given(s, EVENT)) {
        terms_counts(&s->terms, COUNTS, &s->scenario->counts, &s->scenario->negbinomial_k);
        frequency_read(s);
    }
    susceptibility_read(s, threat);
    losses_read(s);
    basis_read(s);
    replacement_check(s);
    driver_read(s);
    s->scenario->stated = terms_stated(&s->terms, STATED);
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

static bool scenarios_fill(struct reading *reading)
{
    struct table *table = &reading->scenarios;
    struct portfolio *portfolio = &reading->study->portfolio;
    struct scenario *scenarios = arena_alloc(reading->kept, table->rows + 1, sizeof *scenarios);
    uint64_t *hash = arena_alloc(&reading->scratch, table->rows + 1, sizeof *hash);
    struct scenario_reading s = {.reading = reading};

    s.terms = (struct terms){reading, table, 0, columns, s.at};

    columns_find(table, &shape, s.at);
    if (!scenarios || !hash || !selections_start(reading, &s.selections, s.at[ASSETS]))
        return reading_out_of_memory(reading);
    if (!ids_hash(reading, table, s.at[SCENARIO_ID], hash))
        return false;
    for (s.terms.row = 0; s.terms.row < table->rows; s.terms.row++) {
        reading_tell(reading, (double)s.terms.row / (double)table->rows, "matching scenarios");
        s.scenario = &scenarios[s.terms.row];
        s.scenario->id_hash = hash[s.terms.row];
        s.scenario->event = s.scenario->driver = NO_ROW;
        scenario_read(&s);
    }
    selections_end(&s.selections);
    use_check(&s);
    portfolio->scenarios = scenarios;
    portfolio->scenario_count = table->rows;
    return plausibility_twins(reading);
}

bool scenarios_read(struct reading *reading, const struct defaults *defaults)
{
    const struct csv_format format = reading_format(reading);
    const struct place missing = {.file = "scenarios.csv"};
    struct table *table = &reading->scenarios;
    const struct study_input *input;
    unsigned char *bad;
    int id;

    if (!files_have(reading, "scenarios.csv")) {
        diagnostics_add(reading->d, &missing, "the file is missing");
        return false;
    }
    input = files_read(reading, "scenarios.csv", NULL, reading->d);
    if (!input ||
        !csv_read(table, input->name, input->bytes, input->size, &format, reading->d, reading->d))
        return false;
    if (!columns_check(table,
                       columns_have(table, &shape, columns[EVENT]) ? &shape_with_events : &shape,
                       reading->d))
        return false;
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
           scenarios_fill(reading);
}
