#include "study/zones.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/ids.h"
#include "study/optional.h"
#include "study/terms.h"

enum {
    ZONE,
    FROM,
    TO,
    TARGET,
    ACHIEVED = TARGET + FOUNDATIONAL_REQUIREMENTS,
    ZONE_COLUMNS = ACHIEVED + FOUNDATIONAL_REQUIREMENTS
};
static const char *const columns[ZONE_COLUMNS] = {
    "zone",     "from",     "to",       "sl_t_fr1", "sl_t_fr2", "sl_t_fr3",
    "sl_t_fr4", "sl_t_fr5", "sl_t_fr6", "sl_t_fr7", "sl_a_fr1", "sl_a_fr2",
    "sl_a_fr3", "sl_a_fr4", "sl_a_fr5", "sl_a_fr6", "sl_a_fr7",
};
static const struct table_shape shape = {ZONE_COLUMNS, 1, columns, false};

// A zone or conduit, and the row it was read from.
struct zone_row {
    struct zone zone;
    size_t row;
};

static void level_read(const struct terms *t, int which, int8_t *level)
{
    uint64_t whole;

    *level = SECURITY_LEVEL_NOT_STATED;
    if (terms_given(t, which) && cell_whole(t->reading, t->table, t->row, t->at[which], 0,
                                            SECURITY_LEVEL_MOST, &whole, t->reading->d))
        *level = (int8_t)whole;
}

// A zone, or two ends. False after a diagnostic.
static bool place_read(const struct terms *t, struct zone *zone)
{
    const bool one = terms_given(t, ZONE), from = terms_given(t, FROM), to = terms_given(t, TO);

    zone->id = terms_text(t, ZONE);
    zone->from = terms_text(t, FROM);
    zone->to = terms_text(t, TO);
    if (one && (from || to))
        terms_error(t, from ? FROM : TO,
                    "a row is a zone or a conduit: leave 'zone' empty, or both 'from' and 'to'");
    else if (!one && !from && !to)
        terms_error(t, ZONE, "is missing: a zone, or else both ends of a conduit, from and to");
    else if (!one && !(from && to))
        terms_error(t, from ? TO : FROM, "is missing: a conduit has two ends");
    else if (!one && strcmp(zone->from, zone->to) == 0)
        terms_error(t, TO, "a conduit joins two zones, and this is the same at both ends");
    else
        return true;
    return false;
}

// The assets of which the column `zone` says so. False if memory is exhausted.
static bool assets_find(const struct terms *t, int column, struct zone *zone)
{
    struct reading *reading = t->reading;
    const struct table *assets = &reading->assets;
    const struct place at = terms_place(t, ZONE);
    struct column *of = &assets->columns[column];
    const uint32_t code = words_find(&of->words, zone->id, strlen(zone->id));
    const char *near;

    if (!of->row && !column_index(of, assets->rows))
        return reading_out_of_memory(reading);
    if (code != WORDS_NONE) {
        const size_t count = of->first[code + 1] - of->first[code];
        uint32_t *rows = arena_alloc(reading->kept, count + 1, sizeof *rows);

        if (!rows)
            return reading_out_of_memory(reading);
        if (count > 0)
            memcpy(rows, of->row + of->first[code], count * sizeof *rows);
        zone->assets = rows;
        zone->asset_count = count;
        if (count > 0)
            return true;
    }
    near = text_nearest(zone->id, strlen(zone->id), of->words.text, of->words.count, 2);
    if (reading->rules.empty_selection_allowed)
        diagnostics_warn(reading->d, &at, "no asset is in this zone");
    else if (near && *near != '\0' && strcmp(near, zone->id) != 0)
        diagnostics_add(reading->d, &at, "no asset is in this zone; did you mean '%s'?", near);
    else
        diagnostics_add(reading->d, &at,
                        "no asset is in this zone; [study] empty_selection = warn would accept "
                        "that");
    return true;
}

static int compare_zones(const void *a, const void *b)
{
    const struct zone_row *x = a, *y = b;
    int order = (*x->zone.id == '\0') - (*y->zone.id == '\0'); // zones before conduits

    if (order == 0)
        order = strcmp(x->zone.id, y->zone.id);
    if (order == 0)
        order = strcmp(x->zone.from, y->zone.from);
    if (order == 0)
        order = strcmp(x->zone.to, y->zone.to);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static bool zone_known(const struct zone_row *rows, size_t count, const char *id)
{
    for (size_t low = 0, high = count; low < high;) {
        const size_t middle = low + (high - low) / 2;
        const struct zone *zone = &rows[middle].zone;
        const int order = *zone->id == '\0' ? -1 : strcmp(id, zone->id);

        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

// The row of the conduit between the same two zones that is written first; `count` if none is.
static size_t conduit_twin(const struct zone_row *rows, size_t count, size_t which)
{
    const struct zone *x = &rows[which].zone;
    size_t found = count;

    for (size_t i = 0; i < count; i++) {
        const struct zone *y = &rows[i].zone;
        const bool same = (strcmp(x->from, y->from) == 0 && strcmp(x->to, y->to) == 0) ||
                          (strcmp(x->from, y->to) == 0 && strcmp(x->to, y->from) == 0);

        if (same && rows[i].row < rows[which].row &&
            (found == count || rows[i].row < rows[found].row))
            found = i;
    }
    return found;
}

// What is there twice, and conduits that lead nowhere. `rows` are sorted.
static void rows_check(struct terms *t, const struct zone_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct zone *zone = &rows[i].zone;
        size_t twin = count;
        struct place at;

        t->row = rows[i].row;
        if (*zone->id != '\0') {
            twin = i > 0 && strcmp(rows[i - 1].zone.id, zone->id) == 0 ? i - 1 : count;
            at = terms_place(t, ZONE);
        } else {
            for (int end = FROM; end <= TO; end++)
                if (!zone_known(rows, count, terms_text(t, end)) && t->table->bad_rows == 0)
                    terms_error(t, end, "no row of this table is such a zone");
            twin = conduit_twin(rows, count, i);
            at = terms_place(t, FROM);
        }
        if (twin < count)
            diagnostics_add(t->reading->d, &at, "line %u has the same %s already",
                            t->table->line[rows[twin].row], *zone->id ? "zone" : "conduit");
    }
}

static bool row_read(const struct terms *t, int column, struct zone *zone, bool *kept)
{
    *zone = (struct zone){0};
    *kept = place_read(t, zone);
    for (int fr = 0; fr < FOUNDATIONAL_REQUIREMENTS; fr++) {
        level_read(t, TARGET + fr, &zone->target[fr]);
        level_read(t, ACHIEVED + fr, &zone->achieved[fr]);
    }
    return !*kept || *zone->id == '\0' || column < 0 || assets_find(t, column, zone);
}

bool zones_read(struct reading *reading)
{
    struct governance *g = &reading->study->portfolio.governance;
    struct table table = {0};
    struct zone_row *rows;
    struct zone *zones;
    int at[ZONE_COLUMNS];
    size_t count = 0;
    struct terms t = {reading, &table, 0, columns, at};
    const int column = table_column(&reading->assets, "zone");
    const bool assets = reading->study->portfolio.assets.count > 0 && reading->assets_complete;
    const struct place nowhere = {.file = "zones.csv"};

    if (!optional_read(reading, "zones.csv", &shape, &table))
        return false;
    if (table.rows > 0 && assets && column < 0)
        diagnostics_add(reading->d, &nowhere, "assets.csv has no column 'zone'");
    rows = arena_alloc(&reading->scratch, table.rows + 1, sizeof *rows);
    zones = arena_alloc(reading->kept, table.rows + 1, sizeof *zones);
    if (!rows || !zones)
        return reading_out_of_memory(reading);
    columns_find(&table, &shape, at);
    for (t.row = 0; t.row < table.rows; t.row++) {
        bool kept;

        rows[count].row = t.row;
        if (!row_read(&t, assets ? column : -1, &rows[count].zone, &kept))
            return false;
        count += kept;
    }
    qsort(rows, count, sizeof *rows, compare_zones);
    if (count == table.rows) // else a row left out may be what is missing
        rows_check(&t, rows, count);
    for (size_t i = 0; i < count; i++)
        zones[i] = rows[i].zone;
    reading->study->facts.zone_rows = table.rows;
    g->zones = zones;
    g->zone_count = count;
    return true;
}
