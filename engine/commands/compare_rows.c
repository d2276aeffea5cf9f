// Two inputs row by row: which were added, removed, changed, and in which cells.
//
// A row is what its key cells say, wherever it stands. Keys and cells of both sides are numbered in
// common, so that what is compared, a column at a time, are numbers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/compare.h"
#include "study/csv.h"
#include "study/ini.h"

enum { KEYS_MAX = 7, CELLS_KEPT_MAX = 1 << 21 };

const char *const compare_table_names[COMPARE_TABLES] = {
    "study.ini",     "assets.csv",   "threats.csv",   "scenarios.csv",  "events.csv",
    "drivers.csv",   "defaults.csv", "controls.csv",  "treatments.csv", "effects.csv",
    "insurance.csv", "appetite.csv", "decisions.csv", "zones.csv",      "other files"};
const char *const row_kind_names[ROW_KINDS] = {"added", "removed", "changed", "source changed"};

// What identifies a row. Where this is no id, rows may be alike: they are counted through.
static const char *const keys_of[COMPARE_TABLES][KEYS_MAX + 1] = {
    [TABLE_ASSETS] = {"asset_id"},
    [TABLE_THREATS] = {"threat_id"},
    [TABLE_SCENARIOS] = {"scenario_id"},
    [TABLE_EVENTS] = {"event_id"},
    [TABLE_DRIVERS] = {"driver"},
    [TABLE_DEFAULTS] = {"table", "where", "column"},
    [TABLE_CONTROLS] = {"control_id"},
    [TABLE_TREATMENTS] = {"treatment_id"},
    [TABLE_EFFECTS] = {"treatment_id", "scenarios", "assets", "events", "factor", "operation"},
    [TABLE_INSURANCE] = {"treatment_id", "policy", "layer"},
    [TABLE_APPETITE] = {"scope", "loss"},
    [TABLE_DECISIONS] = {"scenarios", "treatment_id", "decided_on"},
    [TABLE_ZONES] = {"zone", "from", "to"},
};

static bool has_id(enum compare_table which)
{
    return keys_of[which][1] == NULL;
}

static bool is_asset_file(const char *name)
{
    const size_t length = strlen(name);

    return strncmp(name, "assets", 6) == 0 && length >= 10 &&
           strcmp(name + length - 4, ".csv") == 0 && strchr(name, '/') == NULL;
}

// The table that a file belongs to.
static enum compare_table table_of_file(const char *name)
{
    for (int t = 0; t < TABLE_FILES; t++)
        if (strcmp(name, compare_table_names[t]) == 0)
            return (enum compare_table)t;
    return is_asset_file(name) ? TABLE_ASSETS : TABLE_FILES;
}

struct record { // a cell that differs
    uint32_t key, column, before, after;
};

struct matching {
    enum compare_table which;
    const struct compare_side *sides;
    struct arena *arena; // what stays
    struct arena scratch;
    struct table_changes *changes;
    struct diagnostics *d;
    int threads;
    const char *const *sources; // other files that changed
    size_t source_count;

    size_t parts[SIDES];
    struct table *part[SIDES];
    uint32_t **row[SIDES]; // [part][key]: 1 + row, 0: none
    uint32_t **key[SIDES]; // [part][row]: key
    struct words keys, columns;
    struct words cells; // of one column, but never forgotten
    const char **id;    // [key]
    size_t id_room;
    unsigned char *kind; // [key]: 1 + row_kind, 0: as before
    struct record *records;
    size_t record_count, record_room;
};

static bool no_memory(struct matching *m)
{
    const struct place nowhere = {0};

    diagnostics_fail(m->d, &nowhere, "memory is exhausted");
    return false;
}

static const struct results_input *input_named(const struct compare_side *side, const char *name)
{
    for (size_t i = 0; i < side->kept.input_count; i++)
        if (strcmp(side->kept.inputs[i].name, name) == 0)
            return &side->kept.inputs[i];
    return NULL;
}

static bool same_file(const struct results_input *a, const struct results_input *b)
{
    return a != NULL && b != NULL && strcmp(a->sha256, b->sha256) == 0;
}

static bool ini_of(const struct compare_side *side, struct ini *ini, struct diagnostics *d)
{
    const struct results_input *input = input_named(side, "study.ini");

    return input == NULL || ini_read(ini, side->path, input->bytes, input->size, d);
}

static bool windows_1252(const struct compare_side *side, struct arena *arena,
                         struct diagnostics *d)
{
    struct ini ini = {.arena = arena};

    if (!ini_of(side, &ini, d))
        return false;
    for (size_t i = 0; i < ini.count; i++)
        if (strcmp(ini.entries[i].section, "csv") == 0 &&
            strcmp(ini.entries[i].key, "encoding") == 0)
            return strcmp(ini.entries[i].value, "windows-1252") == 0;
    return false;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct results_input *const *)a)->name,
                  (*(const struct results_input *const *)b)->name);
}

// The files of the table, in the order of their names: assets.csv first, as '.' < any letter.
static bool parts_read(struct matching *m, int side)
{
    const struct compare_side *of = &m->sides[side];
    const struct results_input **inputs =
        arena_alloc(&m->scratch, of->kept.input_count, sizeof *inputs);
    struct csv_format format = {windows_1252(of, &m->scratch, m->d), m->threads, m->arena,
                                &m->scratch, NULL};
    size_t count = 0;

    if (!inputs)
        return no_memory(m);
    for (size_t i = 0; i < of->kept.input_count; i++)
        if (table_of_file(of->kept.inputs[i].name) == m->which)
            inputs[count++] = &of->kept.inputs[i];
    qsort(inputs, count, sizeof *inputs, by_name);
    m->part[side] = arena_alloc(&m->scratch, count, sizeof *m->part[side]);
    m->row[side] = arena_alloc(&m->scratch, count, sizeof *m->row[side]);
    m->key[side] = arena_alloc(&m->scratch, count, sizeof *m->key[side]);
    if (!m->part[side] || !m->row[side] || !m->key[side])
        return no_memory(m);
    for (size_t p = 0; p < count; p++) {
        // rows that the run left out, too, are left out here in silence
        struct diagnostics *rows = diagnostics_new();
        bool good = rows && csv_read(&m->part[side][p], inputs[p]->name, inputs[p]->bytes,
                                     inputs[p]->size, &format, rows, m->d);

        diagnostics_free(rows);
        if (!good)
            return diagnostics_errors(m->d) > 0 ? false : no_memory(m);
        m->parts[side]++;
    }
    return true;
}

// The key cells of a row, joined; NULL if memory is exhausted.
static const char *key_text(struct matching *m, const struct table *table, size_t row,
                            const int *columns)
{
    size_t size = 1, used = 0;
    char *text;

    if (has_id(m->which))
        return table_cell(table, row, columns[0]);
    for (size_t k = 0; keys_of[m->which][k]; k++)
        size += strlen(table_cell(table, row, columns[k])) + 1;
    text = arena_alloc(&m->scratch, size, 1);
    for (size_t k = 0; text && keys_of[m->which][k]; k++) {
        const char *cell = table_cell(table, row, columns[k]);

        if (*cell != '\0')
            used += (size_t)sprintf(text + used, "%s%s", used > 0 ? " " : "", cell);
    }
    return text;
}

static bool id_note(struct matching *m, uint32_t key, const char *id)
{
    if (key >= m->id_room) {
        const size_t room = 2 * (size_t)key + 64;
        const char **wider = arena_alloc(&m->scratch, room, sizeof *wider);

        if (!wider)
            return no_memory(m);
        if (m->id_room > 0)
            memcpy(wider, m->id, m->id_room * sizeof *wider);
        m->id = wider;
        m->id_room = room;
    }
    if (m->id[key] == NULL)
        m->id[key] = id;
    return true;
}

// Numbers the rows of one part. Of rows alike the second is "KEY #2", and so on.
static bool rows_number(struct matching *m, int side, size_t p)
{
    const struct table *table = &m->part[side][p];
    uint32_t *of_row = arena_alloc(&m->scratch, table->rows, sizeof *of_row);
    uint32_t *seen = NULL; // [base]: rows with that key so far
    int columns[KEYS_MAX] = {0};
    struct words bases;

    if (!of_row || !words_start(&bases, &m->scratch, &m->scratch))
        return no_memory(m);
    if (!has_id(m->which) && !(seen = arena_alloc(&m->scratch, table->rows + 2, sizeof *seen)))
        return no_memory(m);
    for (size_t k = 0; keys_of[m->which][k]; k++)
        columns[k] = table_column(table, keys_of[m->which][k]);
    for (size_t row = 0; row < table->rows; row++) {
        const char *text = key_text(m, table, row, columns);

        if (!text)
            return no_memory(m);
        if (seen) {
            const uint32_t base = words_add(&bases, text, strlen(text));

            if (base == WORDS_NONE)
                return no_memory(m);
            if (++seen[base] > 1) {
                char *counted = arena_alloc(&m->scratch, strlen(text) + 16, 1);

                if (!counted)
                    return no_memory(m);
                sprintf(counted, "%s #%u", text, seen[base]);
                text = counted;
            }
        }
        of_row[row] = words_add(&m->keys, text, strlen(text));
        if (of_row[row] == WORDS_NONE)
            return no_memory(m);
        if (!id_note(m, of_row[row], table_cell(table, row, columns[0])))
            return false;
    }
    m->key[side][p] = of_row;
    return true;
}

static bool rows_find(struct matching *m)
{
    for (int side = 0; side < SIDES; side++)
        for (size_t p = 0; p < m->parts[side]; p++) {
            const struct table *table = &m->part[side][p];
            uint32_t *row = arena_alloc(&m->scratch, m->keys.count, sizeof *row);

            if (!row)
                return no_memory(m);
            for (size_t i = table->rows; i-- > 0;)
                if (m->key[side][p][i] != 0) // a row without a key was an error, and is left out
                    row[m->key[side][p][i]] = (uint32_t)i + 1;
            m->row[side][p] = row;
        }
    m->kind = arena_alloc(&m->scratch, m->keys.count, 1);
    return m->kind || no_memory(m);
}

static bool present(const struct matching *m, int side, uint32_t key)
{
    for (size_t p = 0; p < m->parts[side]; p++)
        if (m->row[side][p][key] != 0)
            return true;
    return false;
}

static bool is_key(enum compare_table which, const char *column)
{
    for (size_t k = 0; keys_of[which][k]; k++)
        if (strcmp(column, keys_of[which][k]) == 0)
            return true;
    return false;
}

// Per key the cell of the column, as a code of m->cells: of the first part that has one.
static bool column_fill(struct matching *m, int side, const char *name, uint32_t *cell)
{
    for (size_t p = 0; p < m->parts[side]; p++) {
        const struct table *table = &m->part[side][p];
        const int at = table_column(table, name);
        uint32_t *common;

        if (at < 0)
            continue;
        common = calloc(table->columns[at].words.count, sizeof *common);
        if (!common)
            return no_memory(m);
        for (size_t c = 1; c < table->columns[at].words.count; c++) {
            const struct words *words = &table->columns[at].words;

            common[c] = words_add(&m->cells, words->text[c], words->length[c]);
            if (common[c] == WORDS_NONE) {
                free(common);
                return no_memory(m);
            }
        }
        for (uint32_t k = 1; k < m->keys.count; k++)
            if (m->row[side][p][k] != 0 && cell[k] == 0)
                cell[k] = common[table->columns[at].code[m->row[side][p][k] - 1]];
        free(common);
    }
    return true;
}

static bool record_add(struct matching *m, struct record record)
{
    if (m->record_count == m->record_room) {
        const size_t room = m->record_room > 0 ? 2 * m->record_room : 256;
        struct record *wider;

        if (m->record_room >= CELLS_KEPT_MAX)
            return true;
        wider = realloc(m->records, room * sizeof *wider);
        if (!wider)
            return no_memory(m);
        m->records = wider;
        m->record_room = room;
    }
    m->records[m->record_count++] = record;
    return true;
}

// Whether the cell draws from a file that changed.
static bool draws_from(const struct matching *m, const char *cell)
{
    if (!strstr(cell, "empirical"))
        return false;
    for (size_t i = 0; i < m->source_count; i++) {
        const size_t length = strlen(m->sources[i]);

        for (const char *at = cell; (at = strstr(at, m->sources[i])) != NULL; at += length)
            if (at > cell && at[-1] == ' ' && at[length] == ':')
                return true;
    }
    return false;
}

static bool column_compare(struct matching *m, uint32_t column, uint32_t *before, uint32_t *after)
{
    memset(before, 0, m->keys.count * sizeof *before);
    memset(after, 0, m->keys.count * sizeof *after);
    if (!column_fill(m, BEFORE, m->columns.text[column], before) ||
        !column_fill(m, AFTER, m->columns.text[column], after))
        return false;
    for (uint32_t k = 1; k < m->keys.count; k++) {
        const bool differs = before[k] != after[k];

        if (!differs && !(m->source_count > 0 && draws_from(m, m->cells.text[after[k]])))
            continue;
        if (m->kind[k] == 0 || m->kind[k] == 1 + ROW_SOURCE)
            m->kind[k] = 1 + (differs ? ROW_CHANGED : ROW_SOURCE);
        if (!record_add(m, (struct record){k, column, before[k], after[k]}))
            return false;
    }
    return true;
}

static bool columns_compare(struct matching *m)
{
    uint32_t *before = arena_alloc(&m->scratch, m->keys.count, sizeof *before);
    uint32_t *after = arena_alloc(&m->scratch, m->keys.count, sizeof *after);

    if (!before || !after)
        return no_memory(m);
    for (uint32_t k = 1; k < m->keys.count; k++) {
        const bool was = present(m, BEFORE, k), is = present(m, AFTER, k);

        m->kind[k] = was && is ? 0 : was ? 1 + ROW_REMOVED : is ? 1 + ROW_ADDED : 0;
        m->changes->rows[BEFORE] += was;
        m->changes->rows[AFTER] += is;
    }
    for (int side = AFTER; side >= BEFORE; side--) // in tonight's order
        for (size_t p = 0; p < m->parts[side]; p++)
            for (size_t c = 0; c < m->part[side][p].column_count; c++) {
                const char *name = m->part[side][p].columns[c].name;

                if (words_add(&m->columns, name, strlen(name)) == WORDS_NONE)
                    return no_memory(m);
            }
    for (uint32_t c = 1; c < m->columns.count; c++)
        if (!is_key(m->which, m->columns.text[c]) && !column_compare(m, c, before, after))
            return false;
    return true;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct row_change *)a)->key, ((const struct row_change *)b)->key);
}

// A column at a time becomes a row at a time.
static bool changes_keep(struct matching *m)
{
    struct table_changes *t = m->changes;
    size_t *first = arena_alloc(&m->scratch, m->keys.count + 1, sizeof *first);
    struct cell_change *cells =
        arena_alloc(m->arena, m->record_count > 0 ? m->record_count : 1, sizeof *cells);
    size_t rows = 0;

    if (!first || !cells)
        return no_memory(m);
    for (uint32_t k = 1; k < m->keys.count; k++)
        if (m->kind[k] != 0) {
            t->counts[m->kind[k] - 1]++;
            rows++;
        }
    t->kept = arena_alloc(m->arena, rows > 0 ? rows : 1, sizeof *t->kept);
    if (!t->kept)
        return no_memory(m);
    for (size_t i = 0; i < m->record_count; i++)
        first[m->records[i].key + 1]++;
    for (size_t k = 1; k <= m->keys.count; k++)
        first[k] += first[k - 1];
    for (uint32_t k = 1; k < m->keys.count; k++)
        if (m->kind[k] != 0)
            t->kept[t->count++] = (struct row_change){.kind = m->kind[k] - 1,
                                                      .key = m->keys.text[k],
                                                      .id = m->id[k],
                                                      .cell_count = first[k + 1] - first[k],
                                                      .cells = cells + first[k],
                                                      .aal_difference = __builtin_nan("")};
    for (size_t i = 0; i < m->record_count; i++) {
        const struct record *r = &m->records[i];

        cells[first[r->key]++] = (struct cell_change){
            m->columns.text[r->column], m->cells.text[r->before], m->cells.text[r->after]};
    }
    qsort(t->kept, t->count, sizeof *t->kept, by_key);
    return true;
}

static bool table_compare(struct matching *m)
{
    bool good = words_start(&m->keys, m->arena, &m->scratch) &&
                words_start(&m->columns, m->arena, &m->scratch) &&
                words_start(&m->cells, m->arena, &m->scratch);

    if (!good)
        return no_memory(m);
    for (int side = 0; side < SIDES; side++)
        if (!parts_read(m, side))
            return false;
    for (int side = 0; side < SIDES; side++)
        for (size_t p = 0; p < m->parts[side]; p++)
            if (!rows_number(m, side, p))
                return false;
    return rows_find(m) && columns_compare(m) && changes_keep(m);
}

// Keys are "section.key"; a key given twice counts by what is said last.
static const char *setting_of(const struct ini *ini, const struct ini_entry *entry)
{
    for (size_t i = ini->count; i-- > 0;)
        if (strcmp(ini->entries[i].section, entry->section) == 0 &&
            strcmp(ini->entries[i].key, entry->key) == 0)
            return ini->entries[i].value;
    return NULL;
}

static bool settings_compare(struct matching *m)
{
    struct table_changes *t = m->changes;
    struct ini ini[SIDES] = {{.arena = m->arena}, {.arena = m->arena}};

    for (int side = 0; side < SIDES; side++)
        if (!ini_of(&m->sides[side], &ini[side], m->d))
            return false;
    t->rows[BEFORE] = ini[BEFORE].count;
    t->rows[AFTER] = ini[AFTER].count;
    t->kept = arena_alloc(m->arena, ini[0].count + ini[1].count + 1, sizeof *t->kept);
    if (!t->kept)
        return no_memory(m);
    for (int side = 0; side < SIDES; side++)
        for (size_t i = 0; i < ini[side].count; i++) {
            const struct ini_entry *e = &ini[side].entries[i];
            const char *was = setting_of(&ini[BEFORE], e), *is = setting_of(&ini[AFTER], e);
            const size_t size = strlen(e->section) + strlen(e->key) + 2;
            struct cell_change *cell;
            char *key;

            if ((side == AFTER && was) || (was && is && strcmp(was, is) == 0))
                continue;
            key = arena_alloc(m->arena, size, 1);
            cell = arena_alloc(m->arena, 1, sizeof *cell);
            if (!key || !cell)
                return no_memory(m);
            snprintf(key, size, "%s.%s", e->section, e->key);
            *cell = (struct cell_change){"value", was ? was : "", is ? is : ""};
            t->kept[t->count] = (struct row_change){.kind = !was  ? ROW_ADDED
                                                            : !is ? ROW_REMOVED
                                                                  : ROW_CHANGED,
                                                    .key = key,
                                                    .id = key,
                                                    .cell_count = 1,
                                                    .cells = cell,
                                                    .aal_difference = __builtin_nan("")};
            t->counts[t->kept[t->count++].kind]++;
        }
    qsort(t->kept, t->count, sizeof *t->kept, by_key);
    return true;
}

// Fills m->sources, too.
static bool files_compare(struct matching *m)
{
    struct table_changes *t = m->changes;
    const size_t most = m->sides[0].kept.input_count + m->sides[1].kept.input_count;
    const char **sources = arena_alloc(m->arena, most, sizeof *sources);

    t->kept = arena_alloc(m->arena, most, sizeof *t->kept);
    if (!t->kept || !sources)
        return no_memory(m);
    m->sources = sources;
    for (int side = 0; side < SIDES; side++)
        for (size_t i = 0; i < m->sides[side].kept.input_count; i++) {
            const struct results_input *one = &m->sides[side].kept.inputs[i];
            const struct results_input *other = input_named(&m->sides[!side], one->name);

            if (table_of_file(one->name) != TABLE_FILES)
                continue;
            t->rows[side]++;
            if (same_file(one, other) || (side == AFTER && other))
                continue;
            sources[m->source_count++] = one->name;
            t->kept[t->count] = (struct row_change){.kind = other            ? ROW_CHANGED
                                                            : side == BEFORE ? ROW_REMOVED
                                                                             : ROW_ADDED,
                                                    .key = one->name,
                                                    .id = one->name,
                                                    .aal_difference = __builtin_nan("")};
            t->counts[t->kept[t->count++].kind]++;
        }
    qsort(t->kept, t->count, sizeof *t->kept, by_key);
    return true;
}

bool compare_rows(const struct compare_side *sides, struct arena *arena,
                  struct table_changes *tables, int threads, struct diagnostics *d)
{
    struct matching files = {.which = TABLE_FILES,
                             .sides = sides,
                             .arena = arena,
                             .d = d,
                             .changes = &tables[TABLE_FILES]};
    struct matching settings = files;
    bool good = files_compare(&files);

    settings.changes = &tables[TABLE_SETTINGS];
    good = good && settings_compare(&settings);
    for (int t = TABLE_ASSETS; good && t < TABLE_FILES; t++) {
        struct matching m = {.which = (enum compare_table)t,
                             .sides = sides,
                             .arena = arena,
                             .changes = &tables[t],
                             .d = d,
                             .threads = threads,
                             .sources = files.sources,
                             .source_count = files.source_count};

        good = table_compare(&m);
        free(m.records);
        arena_free(&m.scratch);
    }
    return good;
}

const struct row_change *row_change_find(const struct table_changes *table, const char *key)
{
    const struct row_change wanted = {.key = key};

    return table->count > 0
               ? bsearch(&wanted, table->kept, table->count, sizeof *table->kept, by_key)
               : NULL;
}

bool row_change_has(const struct row_change *row, const char *column)
{
    for (size_t i = 0; row != NULL && i < row->cell_count; i++)
        if (strcmp(row->cells[i].column, column) == 0)
            return true;
    return false;
}
