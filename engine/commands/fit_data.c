// The data of `lossmill fit`: one column of a CSV file, and what other columns say of its rows.
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/fit.h"
#include "commands/options.h"
#include "study/csv.h"

// Beyond these no cell of a study could say it, and logarithms of products could overflow.
#define LOSS_LEAST 1e-9
#define LOSS_MOST  1e15

struct source {
    const struct fit_options *options;
    struct arena *arena;
    struct diagnostics *d;
    struct table table;
    int value, below, above, censored, exposure; // columns; -1: none
    double below_amount, above_amount;           // where no column
};

static unsigned char *file_read(const char *path, size_t *size, struct arena *arena,
                                struct diagnostics *d)
{
    const struct place at = {.file = path};
    FILE *stream = fopen(path, "rb");
    size_t room = 1 << 16, used = 0;
    unsigned char *bytes = stream != NULL ? arena_alloc(arena, room, 1) : NULL;
    while (bytes != NULL) {
        used += fread(bytes + used, 1, room - used, stream);
        if (used < room)
            break;
        unsigned char *wider = arena_alloc(arena, 2 * room, 1);
        if (wider != NULL)
            memcpy(wider, bytes, used);
        bytes = wider;
        room *= 2;
    }
    if (stream == NULL || ferror(stream)) {
        diagnostics_add(d, &at, "cannot be read: %s", strerror(errno));
        diagnostics_blame(d, errno);
        bytes = NULL;
    } else if (bytes == NULL) {
        diagnostics_fail(d, &at, "memory is exhausted");
    }
    if (stream != NULL)
        fclose(stream);
    *size = used;
    return bytes;
}

static const char *column_near(const struct source *source, const char *wanted)
{
    const struct table *table = &source->table;
    const char **names = arena_alloc(source->arena, table->column_count + 1, sizeof *names);
    if (names == NULL)
        return NULL;
    for (size_t i = 0; i < table->column_count; i++)
        names[i] = table->columns[i].name;
    return nearest_name(wanted, names, table->column_count);
}

// A column that must be there.
static int column_find(struct source *source, const char *name)
{
    if (name == NULL)
        return -1;
    int column = table_column(&source->table, name);
    if (column < 0) {
        const struct place at = {.file = source->options->file, .line = 1};
        const char *near = column_near(source, name);
        diagnostics_add(source->d, &at, "there is no column '%s'%s%s%s", name,
                        near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                        near != NULL ? "'?" : "");
    }
    return column;
}

// A column, else an amount.
static int bound_find(struct source *source, const char *text, const char *option, double *amount)
{
    if (text == NULL)
        return -1;
    int column = table_column(&source->table, text);
    if (column < 0 && (!amount_parse(text, strlen(text), amount) || !(*amount > 0))) {
        const struct place at = {.file = source->options->file, .line = 1};
        diagnostics_add(source->d, &at, "--%s takes an amount above 0 or a column: '%s' is neither",
                        option, text);
    }
    return column;
}

static bool columns_find(struct source *source)
{
    const struct fit_options *options = source->options;
    const uint64_t errors = diagnostics_errors(source->d);
    source->value = column_find(source, options->column);
    source->censored = column_find(source, options->censored);
    source->exposure = column_find(source, options->exposure);
    source->below_amount = 0;
    source->above_amount = HUGE_VAL;
    source->below = bound_find(source, options->below, "truncated-below", &source->below_amount);
    source->above = bound_find(source, options->above, "truncated-above", &source->above_amount);
    return diagnostics_errors(source->d) == errors;
}

// A number, or a diagnostic that says what was `expected`.
static bool number_read(struct source *source, size_t row, int column, const char *expected,
                        double *value)
{
    const bool comma = source->options->decimal_comma;
    const char *text = table_cell(&source->table, row, column);
    char message[TEXT_HABIT_MAX];
    if (text_number(text, strlen(text), comma, value))
        return true;
    const struct place at = table_place(&source->table, row, column);
    const char *habit = text_number_habit(text, strlen(text), comma, message);
    diagnostics_add(source->d, &at, "%s%s%s expected", habit != NULL ? habit : "",
                    habit != NULL ? "; " : "", expected);
    return false;
}

static bool cell_wrong(struct source *source, size_t row, int column, const char *what)
{
    const struct place at = table_place(&source->table, row, column);
    diagnostics_add(source->d, &at, "%s", what);
    return false;
}

static bool value_read(struct source *source, size_t row, double *value)
{
    if (!number_read(source, row, source->value, "a loss above 0", value))
        return false;
    if (!(*value > 0))
        return cell_wrong(source, row, source->value,
                          "a loss above 0 expected: an incident without loss is no draw of a "
                          "severity; leave its cell empty, and let susceptibility say how often "
                          "that happens");
    if (*value < LOSS_LEAST || *value > LOSS_MOST)
        return cell_wrong(source, row, source->value, "a loss from 1e-9 to 1e15 expected");
    return true;
}

// An empty cell: no bound for this row.
static bool bound_read(struct source *source, size_t row, int column, double amount, double *bound)
{
    *bound = amount;
    if (column < 0 || *table_cell(&source->table, row, column) == '\0')
        return true;
    if (!number_read(source, row, column, "an amount, 0 or more", bound))
        return false;
    return *bound >= 0 || cell_wrong(source, row, column, "an amount, 0 or more, expected");
}

static bool flag_read(struct source *source, size_t row, bool *flag)
{
    static const char *const yes[] = {"1", "yes", "true", "TRUE", "True", "Yes", "y"};
    static const char *const no[] = {"", "0", "no", "false", "FALSE", "False", "No", "n"};
    const char *text = table_cell(&source->table, row, source->censored);
    *flag = false;
    if (source->censored < 0)
        return true;
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        if (strcmp(text, no[i]) == 0)
            return true;
    *flag = true;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        if (strcmp(text, yes[i]) == 0)
            return true;
    return cell_wrong(
        source, row, source->censored,
        "yes (or 1, true) if the loss was at least this, else no (0, false) expected");
}

static bool loss_read(struct source *source, size_t row, struct loss *loss)
{
    bool good = value_read(source, row, &loss->value);
    good = bound_read(source, row, source->below, source->below_amount, &loss->low) && good;
    good = bound_read(source, row, source->above, source->above_amount, &loss->high) && good;
    good = flag_read(source, row, &loss->censored) && good;
    if (!good)
        return false;
    if (loss->value < loss->low)
        return cell_wrong(source, row, source->value,
                          "lies below --truncated-below, under which nothing is recorded");
    if (loss->value > loss->high)
        return cell_wrong(source, row, source->value,
                          "lies above --truncated-above, beyond which nothing is recorded");
    if (!(loss->low < loss->high))
        return cell_wrong(source, row, source->value, "there is no room between its two bounds");
    return true;
}

static bool count_read(struct source *source, size_t row, struct count *count)
{
    const char *wanted = "a whole number of incidents";
    bool good = number_read(source, row, source->value, wanted, &count->number);
    if (good &&
        !(count->number >= 0 && count->number <= 1e9 && count->number == floor(count->number)))
        good = cell_wrong(source, row, source->value, "a whole number of incidents expected");
    count->exposure = 1;
    if (source->exposure >= 0) {
        wanted = "an exposure above 0";
        if (!number_read(source, row, source->exposure, wanted, &count->exposure))
            return false;
        if (!(count->exposure >= LOSS_LEAST && count->exposure <= LOSS_MOST))
            return cell_wrong(source, row, source->exposure,
                              "an exposure above 0 expected: how much was at risk");
    }
    return good;
}

static void rows_read(struct source *source, struct fit_data *data)
{
    for (size_t row = 0; row < source->table.rows; row++) {
        if (*table_cell(&source->table, row, source->value) == '\0')
            data->left_out++;
        else if (data->losses != NULL)
            data->rows += loss_read(source, row, &data->losses[data->rows]);
        else
            data->rows += count_read(source, row, &data->counts[data->rows]);
    }
}

static void enough_check(const struct source *source, const struct fit_data *data)
{
    const struct place at = {.file = source->options->file, .column = source->options->column};
    double total = 0;
    if (data->rows < 2)
        diagnostics_add(source->d, &at, "at least 2 %s are needed, found %zu",
                        data->counts != NULL ? "periods" : "losses", data->rows);
    for (size_t i = 0; data->counts != NULL && i < data->rows; i++)
        total += data->counts[i].number;
    if (data->counts != NULL && data->rows >= 2 && total == 0)
        diagnostics_add(source->d, &at,
                        "no period has an incident: a rate of 0 would be the best, and no "
                        "forecast");
}

bool fit_data_read(struct fit_data *data, const struct fit_options *options, struct arena *arena,
                   struct diagnostics *d)
{
    const uint64_t errors = diagnostics_errors(d);
    struct source source = {.options = options, .arena = arena, .d = d};
    const struct csv_format format = {.windows_1252 = options->windows_1252,
                                      .threads = 1,
                                      .texts = arena,
                                      .scratch = arena,
                                      .remedy = "--encoding windows-1252 reads it"};
    size_t size;
    unsigned char *bytes = file_read(options->file, &size, arena, d);
    *data = (struct fit_data){0};
    if (bytes == NULL || !csv_read(&source.table, options->file, bytes, size, &format, d, d) ||
        !columns_find(&source))
        return false;
    if (options->counts)
        data->counts = arena_alloc(arena, source.table.rows + 1, sizeof *data->counts);
    else
        data->losses = arena_alloc(arena, source.table.rows + 1, sizeof *data->losses);
    if (data->counts == NULL && data->losses == NULL) {
        diagnostics_fail(d, &(struct place){.file = options->file}, "memory is exhausted");
        return false;
    }
    rows_read(&source, data);
    if (diagnostics_errors(d) == errors)
        enough_check(&source, data);
    return diagnostics_errors(d) == errors;
}
