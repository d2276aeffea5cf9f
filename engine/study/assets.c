#include "study/assets.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "study/cells.h"
#include "study/files.h"
#include "study/ids.h"
#include "study/merge.h"

enum {
    ASSET_ID,
    NAME,
    CLASS,
    BUSINESS_UNIT,
    OWNER,
    SITE,
    ZONE,
    VALUE,
    QUANTITY,
    RESISTANCE,
    CONFIDENTIALITY,
    INTEGRITY,
    AVAILABILITY,
    ASSET_COLUMNS
};
static const char *const columns[ASSET_COLUMNS] = {
    "asset_id", "name",     "class",      "business_unit",   "owner",     "site",         "zone",
    "value",    "quantity", "resistance", "confidentiality", "integrity", "availability",
};
static const struct table_shape shape = {ASSET_COLUMNS, 1, columns, true};

// One unit of quantity may be any; together they must stay exact as float64.
static const uint64_t quantity_max = 1000000000;

static bool is_asset_file(const char *name)
{
    const size_t length = strlen(name);

    return strncmp(name, "assets", 6) == 0 && length >= 10 &&
           strcmp(name + length - 4, ".csv") == 0;
}

// Reads the parts; rows[p][r] becomes 1 where the id is bad.
static bool parts_read(struct reading *reading, struct table *parts, unsigned char **bad,
                       size_t *count, struct diagnostics *rows)
{
    const struct csv_format format = reading_format(reading);
    bool good = true;

    *count = 0;
    for (size_t i = 0; i < reading->file_count; i++) {
        const struct study_input *input;
        struct table *part = &parts[*count];

        if (!is_asset_file(reading->files[i]))
            continue;
        input = files_read(reading, reading->files[i], NULL, reading->d);
        if (!input ||
            !csv_read(part, input->name, input->bytes, input->size, &format, rows, reading->d) ||
            !columns_check(part, &shape, reading->d)) {
            good = false;
            continue;
        }
        bad[*count] = arena_alloc(&reading->scratch, part->rows + 1, 1);
        if (!bad[*count])
            return reading_out_of_memory(reading);
        if (!ids_check(reading, part, table_column(part, columns[ASSET_ID]), bad[*count], rows) ||
            !columns_note_tags(reading, part, &shape))
            return false;
        ++*count;
    }
    return good;
}

// The cells of one row; false after a diagnostic.
static bool row_check(struct reading *reading, struct table *table, const int *at, size_t row,
                      double *value, uint64_t *quantity, const struct distribution **resistance,
                      struct diagnostics *rows)
{
    bool good = true;
    uint64_t level;

    *value = NAN;
    *quantity = 1;
    if (cell_given(table, row, at[VALUE]))
        good = cell_number(reading, table, row, at[VALUE], 0, 1e15,
                           "an amount of money from 0 to 1e15", value, rows);
    if (cell_given(table, row, at[QUANTITY]))
        good =
            cell_whole(reading, table, row, at[QUANTITY], 1, quantity_max, quantity, rows) && good;
    *resistance = cell_distribution(reading, table, row, at[RESISTANCE], CELL_SCORE, rows);
    if (!*resistance && cell_given(table, row, at[RESISTANCE]))
        good = false;
    for (int i = CONFIDENTIALITY; i <= AVAILABILITY; i++) {
        if (cell_given(table, row, at[i]))
            good = cell_whole(reading, table, row, at[i], 0, 4, &level, rows) && good;
    }
    return good;
}

// Rows that are left out are errors or, within the limit of bad_assets, warnings.
static void bad_rows_report(struct reading *reading, const struct diagnostics *rows,
                            uint64_t bad_rows)
{
    const struct rules *rules = &reading->rules;
    const struct place at = {.file = "assets.csv"};
    const bool skip = rules->bad_assets_skipped && bad_rows <= rules->bad_assets_limit;

    if (bad_rows == 0 && diagnostics_errors(rows) == 0)
        return;
    if (!skip) {
        diagnostics_append(reading->d, rows);
        reading->assets_complete = false;
        if (rules->bad_assets_skipped)
            diagnostics_add(reading->d, &at,
                            "%llu bad rows are more than [study] bad_assets = skip %llu allows",
                            (unsigned long long)bad_rows,
                            (unsigned long long)rules->bad_assets_limit);
        return;
    }
    for (uint64_t i = 0; i < diagnostics_kept(rows); i++) {
        const struct diagnostic *x = diagnostics_get(rows, i);

        diagnostics_warn(reading->d, &x->place, "row skipped: %s", x->message);
    }
    reading->study->facts.skipped_assets = (size_t)bad_rows;
}

// Fills the portfolio's assets from the sorted table.
static bool portfolio_fill(struct reading *reading, struct table *table, const int *at)
{
    struct assets *assets = &reading->study->portfolio.assets;
    const size_t n = table->rows;
    const char **id = arena_alloc(reading->kept, n + 1, sizeof *id);
    const char **name = arena_alloc(reading->kept, n + 1, sizeof *name);
    uint64_t *hash = arena_alloc(reading->kept, n + 1, sizeof *hash);
    double *value = arena_alloc(reading->kept, n + 1, sizeof *value);
    uint64_t *quantity = arena_alloc(reading->kept, n + 1, sizeof *quantity);
    const struct distribution **resistance = arena_alloc(reading->kept, n + 1, sizeof *resistance);

    if (!id || !name || !hash || !value || !quantity || !resistance)
        return reading_out_of_memory(reading);
    for (size_t row = 0; row < n; row++) {
        id[row] = table_cell(table, row, at[ASSET_ID]);
        name[row] = table_cell(table, row, at[NAME]);
        // checked before: no further diagnostics
        row_check(reading, table, at, row, &value[row], &quantity[row], &resistance[row],
                  reading->d);
    }
    *assets = (struct assets){n, id, name, hash, value, quantity, resistance};
    return ids_hash(reading, table, at[ASSET_ID], hash);
}

// "0 to 1? multiply by 100": resistances that are all at most 1, and not all 0.
static void scale_check(struct reading *reading, const struct table *table, const int *at)
{
    const struct assets *assets = &reading->study->portfolio.assets;
    double highest = 0;
    size_t first = SIZE_MAX;

    for (size_t row = 0; row < assets->count; row++) {
        double low, high;

        if (!assets->resistance[row])
            continue;
        first = first == SIZE_MAX ? row : first;
        distribution_support(assets->resistance[row], &low, &high);
        highest = high > highest ? high : highest;
    }
    if (highest > 0 && highest <= 1) {
        const struct place place = table_place(table, first, at[RESISTANCE]);

        diagnostics_add(reading->d, &place,
                        "no resistance is above 1, but the scale ends at 100. 0 to 1? multiply by "
                        "100");
    }
}

static bool rows_read(struct reading *reading, struct table *table, unsigned char *bad,
                      uint64_t *bad_rows, struct diagnostics *rows)
{
    int at[ASSET_COLUMNS];
    uint64_t quantity;
    double value;
    const struct distribution *resistance;

    columns_find(table, &shape, at);
    reading->asset_id = at[ASSET_ID];
    for (size_t row = 0; row < table->rows; row++) {
        if (!bad[row] && !row_check(reading, table, at, row, &value, &quantity, &resistance, rows))
            bad[row] = 1;
        *bad_rows += bad[row];
    }
    if (!ids_sort(reading, table, at[ASSET_ID], bad) || !portfolio_fill(reading, table, at))
        return false;
    scale_check(reading, table, at);
    return true;
}

static bool assets_fill(struct reading *reading, const struct defaults *defaults,
                        struct diagnostics *rows)
{
    const struct place missing = {.file = "assets.csv"};
    struct table *parts = arena_alloc(&reading->scratch, reading->file_count + 1, sizeof *parts);
    unsigned char **bad = arena_alloc(&reading->scratch, reading->file_count + 1, sizeof *bad);
    struct table *table = &reading->assets;
    uint64_t bad_rows = 0;
    size_t count = 0;
    bool good;

    if (!parts || !bad)
        return reading_out_of_memory(reading);
    good = parts_read(reading, parts, bad, &count, rows);
    if (count == 0) {
        diagnostics_append(reading->d, rows);
        if (good)
            diagnostics_add(reading->d, &missing, "the file is missing");
        return false;
    }
    for (size_t p = 0; p < count; p++) {
        bad_rows += parts[p].bad_rows;
        reading->study->facts.asset_rows += parts[p].bad_rows;
    }
    *table = parts[0];
    if (count > 1) {
        for (size_t p = 0; p < count; p++) {
            for (size_t row = 0; row < parts[p].rows; row++)
                bad_rows += bad[p][row];
        }
        if (!merge_tables(reading, table, parts, bad, count, columns[ASSET_ID]))
            return false;
        bad[0] = arena_alloc(&reading->scratch, table->rows + 1, 1);
        if (!bad[0])
            return reading_out_of_memory(reading);
    }
    reading->study->facts.asset_rows += table->rows;
    reading->assets_complete = good;
    defaults_apply(reading, defaults, "assets", table, &shape);
    if (!rows_read(reading, table, bad[0], &bad_rows, rows))
        return false;
    bad_rows_report(reading, rows, bad_rows);
    if (table->rows == 0 && reading->assets_complete) {
        diagnostics_add(reading->d, &missing, "there is no asset in it");
        return false;
    }
    return true;
}

bool assets_read(struct reading *reading, const struct defaults *defaults)
{
    struct diagnostics *rows = diagnostics_new();
    bool good;

    if (!rows)
        return reading_out_of_memory(reading);
    good = assets_fill(reading, defaults, rows);
    diagnostics_free(rows);
    return good;
}
