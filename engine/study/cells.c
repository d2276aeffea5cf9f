#include "study/cells.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "study/files.h"

// The table of FILE in an `empirical FILE:COLUMN` cell.
static bool empirical_table(struct reading *reading, const char *file, const struct place *at,
                            struct table *table, struct diagnostics *d)
{
    const struct study_input *input = files_read(reading, file, at, d);
    const struct csv_format format = reading_format(reading);

    if (!input)
        return false;
    return csv_read(table, input->name, input->bytes, input->size, &format, d, d);
}

static void empirical_value_wrong(const struct table *table, size_t row, int column,
                                  bool decimal_comma, struct diagnostics *d)
{
    const struct place at = table_place(table, row, column);
    char message[TEXT_HABIT_MAX];
    const char *habit = text_number_habit(at.value, strlen(at.value), decimal_comma, message);

    diagnostics_add(d, &at, "%s", habit ? habit : "a number expected");
}

static const double *empirical_values(void *context, const char *file, const char *column,
                                      const struct place *at, struct arena *arena, size_t *count,
                                      struct diagnostics *d)
{
    struct reading *reading = context;
    const uint64_t errors = diagnostics_errors(d);
    const bool comma = reading->rules.decimal_comma;
    struct table table;
    double *values;
    int which;

    if (!empirical_table(reading, file, at, &table, d))
        return NULL;
    which = table_column(&table, column);
    if (which < 0) {
        diagnostics_add(d, at, "'%s' has no column '%s'", file, column);
        return NULL;
    }
    values = arena_alloc(arena, table.rows + 1, sizeof *values);
    if (!values) {
        reading_out_of_memory(reading);
        return NULL;
    }
    *count = 0;
    for (size_t row = 0; row < table.rows; row++) {
        const char *text = table_cell(&table, row, which);

        if (*text == '\0')
            continue;
        if (text_number(text, strlen(text), comma, &values[*count]))
            ++*count;
        else
            empirical_value_wrong(&table, row, which, comma, d);
    }
    if (*count == 0 && diagnostics_errors(d) == errors)
        diagnostics_add(d, at, "column '%s' of '%s' has no values", column, file);
    return diagnostics_errors(d) == errors ? values : NULL;
}

static bool distributions_grow(struct reading *reading)
{
    const size_t capacity =
        reading->distribution_capacity ? 2 * reading->distribution_capacity : 64;
    const struct distribution **moved;

    if (reading->cells.count <= reading->distribution_capacity)
        return true;
    moved = arena_alloc(&reading->scratch, capacity, sizeof *moved);
    if (!moved)
        return false;
    if (reading->distribution_capacity > 0)
        memcpy(moved, reading->distributions, reading->distribution_capacity * sizeof *moved);
    reading->distributions = moved;
    reading->distribution_capacity = capacity;
    return true;
}

// One distribution for equal texts, wherever they stand.
static const struct distribution *interned(struct reading *reading, const char *text,
                                           const struct place *at, struct diagnostics *d)
{
    const struct distribution_reader reader = {reading->kept, empirical_values, reading,
                                               reading->rules.decimal_comma, &reading->shelf};
    const uint32_t code = words_add(&reading->cells, text, strlen(text));

    if (code == WORDS_NONE || !distributions_grow(reading)) {
        reading_out_of_memory(reading);
        return NULL;
    }
    if (!reading->distributions[code]) {
        reading->distributions[code] = distribution_parse(text, at, &reader, d);
        reading->study->facts.distinct_distributions += reading->distributions[code] != NULL;
    }
    return reading->distributions[code];
}

static bool support_check(const struct distribution *x, enum cell_kind kind, const struct place *at,
                          struct diagnostics *d)
{
    static const double highest_of[] = {
        [CELL_RATE] = HUGE_VAL,   [CELL_PROBABILITY] = 1, [CELL_CHANCE] = 1,
        [CELL_AMOUNT] = HUGE_VAL, [CELL_SCORE] = 100,     [CELL_DIFFERENCE] = HUGE_VAL};
    const double highest = highest_of[kind], lowest = kind == CELL_DIFFERENCE ? -HUGE_VAL : 0;
    double low, high, constant;
    const bool is_constant = distribution_is_constant(x, &constant);

    distribution_support(x, &low, &high);
    if (kind == CELL_CHANCE && (low < 0 || high > highest)) {
        diagnostics_add(d, at,
                        "must lie between 0 and 1: with counts = at_most_once it is the "
                        "probability of the year's only event");
        return false;
    }
    if (is_constant && kind == CELL_PROBABILITY && constant > 1 && constant <= 100) {
        diagnostics_add(d, at, "a probability lies between 0 and 1; is it a percentage? Write %g",
                        constant / 100);
        return false;
    }
    if (is_constant && (constant < lowest || constant > highest)) {
        if (isfinite(highest))
            diagnostics_add(d, at, "must lie between 0 and %g", highest);
        else
            diagnostics_add(d, at, "must not be negative");
        return false;
    }
    if (isfinite(highest) && (low < 0 || high > highest)) {
        diagnostics_add(d, at,
                        "values must lie between 0 and %g, but range from %g to %g; "
                        "'from 0 to %g' at its end would cut it there",
                        highest, low, high, highest);
        return false;
    }
    if (low < lowest) {
        diagnostics_add(d, at,
                        "values must not be negative, but range down to %g; 'from 0' at "
                        "its end would cut it there",
                        low);
        return false;
    }
    if (!isfinite(distribution_mean(x))) {
        diagnostics_add(d, at,
                        "the mean is infinite: 'to HI' (cut off) or 'cap HI' (limited) at "
                        "its end must bound it");
        return false;
    }
    return true;
}

const struct distribution *cell_distribution(struct reading *reading, struct table *table,
                                             size_t row, int column, enum cell_kind kind,
                                             struct diagnostics *d)
{
    struct column *cells;
    struct place at;
    uint32_t code;

    if (!cell_given(table, row, column))
        return NULL;
    cells = &table->columns[column];
    code = cells->code[row];
    if (!cells->good_as) {
        cells->distribution =
            arena_alloc(&reading->scratch, cells->words.count, sizeof *cells->distribution);
        cells->good_as = arena_alloc(&reading->scratch, cells->words.count, 1);
        cells->plausible =
            arena_alloc(&reading->scratch, cells->words.count, sizeof *cells->plausible);
        if (!cells->distribution || !cells->good_as || !cells->plausible) {
            reading_out_of_memory(reading);
            return NULL;
        }
    }
    if (cells->good_as[code] == 1 + kind) // one column may hold rates and, at most once, chances
        return cells->distribution[code];
    // a bad cell is read anew for every row that has it: each has its own place to report
    at = table_place(table, row, column);
    cells->distribution[code] = interned(reading, at.value, &at, d);
    if (cells->distribution[code] && !support_check(cells->distribution[code], kind, &at, d))
        cells->distribution[code] = NULL;
    cells->good_as[code] = cells->distribution[code] ? (uint8_t)(1 + kind) : 0;
    return cells->distribution[code];
}

static void number_wrong(const struct reading *reading, const struct place *at, bool is_text,
                         const char *expected, struct diagnostics *d)
{
    const bool comma = reading->rules.decimal_comma;
    char message[TEXT_HABIT_MAX];
    const char *habit =
        is_text ? text_number_habit(at->value, strlen(at->value), comma, message) : NULL;

    diagnostics_add(d, at, "%s%s%s", habit ? habit : "", habit ? "; expected " : "must be ",
                    expected);
}

bool cell_number(struct reading *reading, struct table *table, size_t row, int column, double low,
                 double high, const char *expected, double *value, struct diagnostics *d)
{
    struct column *cells = &table->columns[column];
    const double *numbers = words_numbers(&cells->words, reading->rules.decimal_comma);
    struct place at;

    if (!numbers)
        return reading_out_of_memory(reading);
    *value = numbers[cells->code[row]];
    if (*value >= low && *value <= high)
        return true;
    at = table_place(table, row, column);
    number_wrong(reading, &at, isnan(*value), expected, d);
    return false;
}

bool cell_whole(struct reading *reading, struct table *table, size_t row, int column, uint64_t low,
                uint64_t high, uint64_t *value, struct diagnostics *d)
{
    const double *numbers =
        words_numbers(&table->columns[column].words, reading->rules.decimal_comma);
    char expected[96];
    struct place at;
    double x;

    if (!numbers)
        return reading_out_of_memory(reading);
    x = numbers[table->columns[column].code[row]];
    if (x >= (double)low && x <= (double)high && x == floor(x)) {
        *value = (uint64_t)x;
        return true;
    }
    snprintf(expected, sizeof expected, "a whole number from %" PRIu64 " to %" PRIu64, low, high);
    at = table_place(table, row, column);
    number_wrong(reading, &at, isnan(x), expected, d);
    return false;
}

int cell_choice(const struct table *table, size_t row, int column, const char *const *words,
                int missing, struct diagnostics *d)
{
    char all[200] = "";
    const struct place at = table_place(table, row, column);
    const char *near;
    size_t used = 0, count = 0;

    if (!cell_given(table, row, column))
        return missing;
    for (; words[count]; count++) {
        if (strcmp(at.value, words[count]) == 0)
            return (int)count;
        used += (size_t)snprintf(all + used, sizeof all - used, "%s%s",
                                 count == 0         ? ""
                                 : words[count + 1] ? ", "
                                                    : " or ",
                                 words[count]);
    }
    near = text_nearest(at.value, strlen(at.value), words, count, 2);
    diagnostics_add(d, &at, "must be %s%s%s%s", all, near ? "; did you mean '" : "",
                    near ? near : "", near ? "'?" : "");
    return -1;
}
