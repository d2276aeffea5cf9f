#include "study/effects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"
#include "study/effect_check.h"
#include "study/files.h"
#include "study/ids.h"
#include "study/optional.h"

// In the order in which row_hash takes them: another order would be other draws.
static const char *const columns[EFFECT_COLUMNS] = {
    "treatment_id", "scenarios", "assets",   "events",      "factor",
    "operation",    "amount",    "coverage", "reliability", "overlap",
};
static const struct table_shape shape = {EFFECT_COLUMNS, 1, columns, false};

// Groups of rows whose successes go together, as they come up.
struct groups {
    struct words names;
    size_t capacity;
    double *correlation; // per code of `names`
    uint64_t *line;      // where it was said first
    size_t *members;
};

#define FORMS(prefix)                                                                              \
    prefix "productivity", prefix "response", prefix "replacement", prefix "fines",                \
        prefix "competitive_advantage", prefix "reputation", prefix "total"
// Those before FACTOR_LOSS are factors; then come the stages, then the forms of each.
static const char *const factor_names[] = {
    "frequency", "susceptibility", "resistance",      "hit_probability",   "secondary_probability",
    "primary",   "secondary",      FORMS("primary_"), FORMS("secondary_"),
};
enum { FACTOR_NAMES = sizeof factor_names / sizeof *factor_names, WHOLE_STAGE = FACTOR_LOSS };

static bool factor_read(const struct terms *t, struct effect *effect)
{
    const struct place at = terms_place(t, EFFECT_FACTOR);
    const char *near;
    int which = 0;

    while (which < FACTOR_NAMES && strcmp(at.value, factor_names[which]) != 0)
        which++;
    if (which == FACTOR_NAMES) {
        near = text_nearest(at.value, strlen(at.value), factor_names, FACTOR_NAMES, 3);
        diagnostics_add(t->reading->d, &at,
                        "must be frequency, susceptibility, resistance, hit_probability, "
                        "secondary_probability, primary, secondary, or one form of loss such as "
                        "primary_response%s%s%s",
                        near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        return false;
    }
    effect->factor = which < FACTOR_LOSS ? (enum effect_factor)which : FACTOR_LOSS;
    if (which >= WHOLE_STAGE + STAGES)
        effect->slots = 1u << (which - WHOLE_STAGE - STAGES);
    else if (which >= WHOLE_STAGE)
        for (int form = 0; form < LOSS_FORMS; form++)
            effect->slots |= LOSS_SLOT(which - WHOLE_STAGE, form);
    return true;
}

static bool operation_read(const struct terms *t, struct effect *effect)
{
    const char *words[OPERATIONS + 1] = {NULL};
    int which;

    for (int i = 0; i < OPERATIONS; i++)
        words[i] = effect_operation_names[i];
    which = cell_choice(t->table, t->row, t->at[EFFECT_OPERATION], words, -1, t->reading->d);
    if (which >= 0)
        effect->operation = (enum effect_operation)which;
    return which >= 0;
}

// What is avoided happens no more.
static void avoid_fill(const struct terms *t, struct effect *effect)
{
    const struct distribution_reader reader = {.arena = t->reading->kept};
    const struct place at = terms_place(t, EFFECT_AMOUNT);

    effect->factor = FACTOR_FREQUENCY;
    effect->operation = OPERATION_MULTIPLY;
    effect->amount = distribution_parse("0", &at, &reader, t->reading->d);
}

// Factor, operation and amount. False after a diagnostic about one of them.
static bool change_read(const struct terms *t, const struct treatment *treatment,
                        struct effect *effect)
{
    const bool none_given = !terms_given(t, EFFECT_FACTOR) && !terms_given(t, EFFECT_OPERATION) &&
                            !terms_given(t, EFFECT_AMOUNT);
    bool good;

    if (none_given && treatment && treatment->option == OPTION_AVOID) {
        avoid_fill(t, effect);
        return effect->amount != NULL;
    }
    if (none_given && (!treatment || treatment->option == OPTIONS))
        return false; // it may be one that is avoided
    good = treatment_cell_required(t, EFFECT_FACTOR, "what the treatment changes") &&
           factor_read(t, effect);
    good = treatment_cell_required(t, EFFECT_OPERATION, "multiply, add, set or cap") &&
           operation_read(t, effect) && good;
    return treatment_cell_required(
               t, EFFECT_AMOUNT,
               "a number or a distribution: what multiply leaves of the factor, "
               "what is added, or what it is set or capped to") &&
           good && effect_amount_read(t, effect);
}

static bool groups_grow(struct reading *reading, struct groups *groups)
{
    const size_t n = groups->capacity, capacity = n ? 2 * n : 16;
    double *correlation;
    uint64_t *line;
    size_t *members;

    if (groups->names.count <= n)
        return true;
    correlation = arena_alloc(&reading->scratch, capacity, sizeof *correlation);
    line = arena_alloc(&reading->scratch, capacity, sizeof *line);
    members = arena_alloc(&reading->scratch, capacity, sizeof *members);
    if (!correlation || !line || !members)
        return reading_out_of_memory(reading);
    if (n > 0) {
        memcpy(correlation, groups->correlation, n * sizeof *correlation);
        memcpy(line, groups->line, n * sizeof *line);
        memcpy(members, groups->members, n * sizeof *members);
    }
    groups->correlation = correlation;
    groups->line = line;
    groups->members = members;
    groups->capacity = capacity;
    return true;
}

// "perimeter 0.5": the name's length, 0 where it is not written so.
static size_t overlap_parse(const struct terms *t, const char *cell, double *correlation)
{
    const char *blank = strrchr(cell, ' ');
    size_t length;

    if (!blank ||
        !text_number(blank + 1, strlen(blank + 1), t->reading->rules.decimal_comma, correlation) ||
        *correlation < 0 || *correlation > 1)
        return 0;
    length = (size_t)(blank - cell);
    while (length > 0 && cell[length - 1] == ' ')
        length--;
    return length <= ID_MAX ? length : 0;
}

static bool overlap_read(const struct terms *t, struct groups *groups, struct effect *effect)
{
    const struct place at = terms_place(t, EFFECT_OVERLAP);
    double correlation;
    size_t length;
    uint32_t code;

    effect->overlap = NO_ROW;
    if (!terms_given(t, EFFECT_OVERLAP))
        return true;
    length = overlap_parse(t, at.value, &correlation);
    if (length == 0) {
        diagnostics_add(t->reading->d, &at,
                        "must be the name of a group, at most %d bytes, and its correlation from 0 "
                        "to 1, such as perimeter 0.5",
                        ID_MAX);
        return true;
    }
    code = words_add(&groups->names, at.value, length);
    if (code == WORDS_NONE || !groups_grow(t->reading, groups))
        return reading_out_of_memory(t->reading);
    if (groups->members[code]++ == 0) {
        groups->correlation[code] = correlation;
        groups->line[code] = effect->line;
    } else if (groups->correlation[code] != correlation) {
        diagnostics_add(t->reading->d, &at,
                        "the correlation of group '%s' is %g on line %llu: all its rows must "
                        "have the same",
                        groups->names.text[code], groups->correlation[code],
                        (unsigned long long)groups->line[code]);
    }
    effect->overlap = code;
    return true;
}

// The cells as written, each with a byte behind it that no text in UTF-8 has.
static uint64_t row_hash(const struct terms *t)
{
    static const unsigned char separator = 0xff;
    XXH3_state_t state;

    XXH3_64bits_reset(&state);
    for (int i = 0; i < EFFECT_COLUMNS; i++) {
        const char *cell = terms_text(t, i);

        XXH3_64bits_update(&state, cell, strlen(cell));
        XXH3_64bits_update(&state, &separator, 1);
    }
    return XXH3_64bits_digest(&state);
}

// Scenarios or events, and assets. `changes`: factor, operation and amount are known.
static void target_read(struct treatment_reading *r, const struct terms *t, bool changes,
                        const struct treatment *treatment, struct effect *effect)
{
    const bool scenarios = terms_given(t, EFFECT_SCENARIOS);
    const bool events = terms_given(t, EFFECT_EVENTS);
    const bool all_assets = strcmp(terms_text(t, EFFECT_ASSETS), "*") == 0;
    struct choice *chosen, *happening, *assets;

    if (scenarios && events)
        terms_error(t, EFFECT_EVENTS,
                    "a row acts on scenarios or on shared events, not on both: write two rows");
    else if (!scenarios && !events && t->table->columns_good)
        terms_error(t, EFFECT_SCENARIOS,
                    "is missing: what the row acts on, a selector of scenarios (*: all), or one of "
                    "shared events in the column events");
    if (events && !scenarios && terms_given(t, EFFECT_ASSETS))
        terms_error(t, EFFECT_ASSETS,
                    "must be empty: a row that acts on shared events acts on whole occurrences");
    if (events && r->reading->event_id < 0 && !files_have(r->reading, "events.csv"))
        terms_error(t, EFFECT_EVENTS, "there is no events.csv to select from");
    chosen = choices_match(&r->scenarios, t, EFFECT_SCENARIOS);
    happening = choices_match(&r->events, t, EFFECT_EVENTS);
    assets = all_assets ? NULL : choices_match(&r->assets, t, EFFECT_ASSETS);
    if (!changes || !treatment || scenarios == events || (assets && assets->count == 0))
        return;
    if (events)
        effect_events_choose(r, t, treatment, r->certain ? happening : NULL, effect);
    else if (chosen && r->certain)
        effect_scenarios_choose(r, t, treatment, chosen, assets, effect);
}

static void retained_warn(const struct terms *t)
{
    const struct place at = terms_place(t, EFFECT_TREATMENT);

    diagnostics_warn(t->reading->d, &at,
                     "a risk that is retained is left as it is, but this row changes it: is the "
                     "option another?");
}

static bool effect_read(struct treatment_reading *r, const struct terms *t, struct groups *groups,
                        struct effect *effect)
{
    static const char share[] = "a number from 0 to 1";
    const struct treatment *treatment;
    bool changes;

    *effect = (struct effect){.treatment = NO_ROW,
                              .row_hash = row_hash(t),
                              .coverage = 1,
                              .reliability = 1,
                              .line = t->table->line[t->row]};
    treatment_cell_required(t, EFFECT_TREATMENT, "the treatment whose effect it is");
    treatment = treatment_named(t, EFFECT_TREATMENT);
    if (treatment) {
        effect->treatment = (uint32_t)(treatment - r->reading->study->portfolio.treatments.rows);
        r->has_effects[effect->treatment] = true;
    }
    treatment_number(t, EFFECT_COVERAGE, 0, 1, share, &effect->coverage);
    treatment_number(t, EFFECT_RELIABILITY, 0, 1, share, &effect->reliability);
    changes = change_read(t, treatment, effect);
    target_read(r, t, changes, treatment, effect);
    if (changes) {
        effect_idle_warn(t, effect);
        effect_raise_check(t, effect);
    }
    if (treatment && treatment->option == OPTION_RETAIN)
        retained_warn(t);
    return overlap_read(t, groups, effect);
}

static int compare_effects(const void *a, const void *b)
{
    const struct effect *x = a, *y = b;

    if (x->treatment != y->treatment)
        return x->treatment < y->treatment ? -1 : 1;
    if (x->row_hash != y->row_hash)
        return x->row_hash < y->row_hash ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

static void twins_tell(struct reading *reading, const struct effect *effects, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const struct place at = {.file = "effects.csv", .line = effects[i].line};

        if (effects[i].row_hash == effects[i - 1].row_hash &&
            effects[i].treatment == effects[i - 1].treatment)
            diagnostics_add(reading->d, &at, "says the same as line %llu: one effect, twice",
                            (unsigned long long)effects[i - 1].line);
    }
}

static int compare_overlaps(const void *a, const void *b)
{
    return strcmp(((const struct overlap *)a)->name, ((const struct overlap *)b)->name);
}

// Overlaps in the order of their names, and each effect's place among them.
static bool overlaps_finish(struct reading *reading, const struct groups *groups,
                            struct effect *effects, size_t effect_count)
{
    struct treatments *treatments = &reading->study->portfolio.treatments;
    const size_t count = groups->names.count - 1; // code 0 is the empty text
    struct overlap *overlaps = arena_alloc(reading->kept, count + 1, sizeof *overlaps);

    if (!overlaps)
        return reading_out_of_memory(reading);
    for (size_t i = 0; i < count; i++) {
        const char *name = groups->names.text[i + 1];

        overlaps[i] = (struct overlap){name, ids_hash_of(name), groups->correlation[i + 1]};
        if (groups->members[i + 1] == 1) {
            const struct place at = {"effects.csv", groups->line[i + 1], "overlap", name};

            diagnostics_warn(reading->d, &at, "has no effect: no other row is of this group");
        }
    }
    if (count > 0)
        qsort(overlaps, count, sizeof *overlaps, compare_overlaps);
    for (size_t i = 0; i < effect_count; i++) {
        struct overlap wanted;
        const struct overlap *found;

        if (effects[i].overlap == NO_ROW)
            continue;
        wanted.name = groups->names.text[effects[i].overlap];
        found = bsearch(&wanted, overlaps, count, sizeof *overlaps, compare_overlaps);
        effects[i].overlap = (uint32_t)(found - overlaps);
    }
    treatments->overlaps = overlaps;
    treatments->overlap_count = count;
    return true;
}

bool effects_read(struct treatment_reading *treatments)
{
    struct reading *reading = treatments->reading;
    struct table table = {0};
    struct groups groups = {0};
    struct effect *effects;
    int at[EFFECT_COLUMNS];
    size_t kept = 0;
    struct terms t = {reading, &table, 0, columns, at};

    if (!optional_read(reading, "effects.csv", &shape, &table))
        return false;
    effects = arena_alloc(reading->kept, table.rows + 1, sizeof *effects);
    if (!effects || !words_start(&groups.names, reading->kept, &reading->scratch))
        return reading_out_of_memory(reading);
    columns_find(&table, &shape, at);
    for (t.row = 0; t.row < table.rows; t.row++)
        if (!effect_read(treatments, &t, &groups, &effects[t.row]))
            return false;
    qsort(effects, table.rows, sizeof *effects, compare_effects);
    twins_tell(reading, effects, table.rows);
    for (size_t i = 0; i < table.rows; i++)
        if (effects[i].scenario_count + effects[i].event_count > 0)
            effects[kept++] = effects[i];
    reading->study->facts.effect_rows = table.rows;
    reading->study->portfolio.treatments.effects = effects;
    reading->study->portfolio.treatments.effect_count = kept;
    return overlaps_finish(reading, &groups, effects, kept);
}
