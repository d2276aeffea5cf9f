// The rows of an export as rows of a table.
#include <stdio.h>
#include <string.h>

#include "commands/csv.h"
#include "commands/import.h"
#include "study/csv.h"

static const char *feed_text(const struct import *import, const struct import_feed *feed,
                             size_t row)
{
    return feed->text[import->export->columns[feed->column].code[row]];
}

bool import_is_part(const char *as)
{
    return strcmp(as, "p05") == 0 || strcmp(as, "p95") == 0 || strcmp(as, "law") == 0;
}

static const char *part(const struct import *import, const struct import_output *output,
                        const char *as, size_t row)
{
    for (size_t f = 0; f < output->feed_count; f++)
        if (strcmp(output->feeds[f].as, as) == 0)
            return feed_text(import, &output->feeds[f], row);
    return "";
}

// Three columns that together are one distribution.
static const char *joined(struct import *import, const struct import_output *output, size_t row)
{
    const char *law = part(import, output, "law", row);
    const char *low = part(import, output, "p05", row), *high = part(import, output, "p95", row);

    if (*law == '\0' || *low == '\0' || *high == '\0')
        return "";
    return import_format(import, "%s %s %s", law, low, high);
}

static const char *cell_of(struct import *import, const struct import_output *output, size_t row)
{
    for (size_t f = 0; f < output->feed_count; f++) {
        const struct import_feed *feed = &output->feeds[f];
        const char *cell =
            import_is_part(feed->as) ? joined(import, output, row) : feed_text(import, feed, row);

        if (*cell)
            return cell;
    }
    return "";
}

// Where a row has parts of a distribution, but not all.
static void parts_check(struct import *import, const struct import_output *output, size_t row)
{
    const struct import_feed *given = NULL;

    for (size_t f = 0; f < output->feed_count && import_is_part(output->feeds[f].as); f++)
        if (*feed_text(import, &output->feeds[f], row))
            given = &output->feeds[f];
    if (given && *joined(import, output, row) == '\0') {
        const struct place at = table_place(import->export, row, given->column);

        diagnostics_warn(import->d, &at,
                         "%s takes a distribution and its lower and upper bound, of which some are "
                         "missing; left blank",
                         output->name);
    }
}

static bool left_out(struct import *import, size_t row)
{
    for (size_t i = 0; i < import->output_count; i++)
        for (size_t f = 0; f < import->outputs[i].feed_count; f++) {
            const struct import_feed *feed = &import->outputs[i].feeds[f];
            struct place at;

            if (feed_text(import, feed, row) != import_left_out)
                continue;
            at = table_place(import->export, row, feed->column);
            diagnostics_warn(import->d, &at, "row left out: it makes no row of %s.csv",
                             import->target->name);
            return true;
        }
    return false;
}

// The rows that have an id, by the id's code: 1 + the first of them.
struct ids {
    const struct import_output *output;
    struct words words;
    uint32_t *first; // of `words`' codes
};

// False after a diagnostic to `bad`.
static bool id_check(struct import *import, struct ids *ids, size_t row, struct diagnostics *bad)
{
    const struct table *table = import->export;
    const struct import_feed *feed = &ids->output->feeds[0];
    const char *id = cell_of(import, ids->output, row);
    struct place at = table_place(table, row, feed->column);
    uint32_t code;
    size_t first;

    if (*id == '\0') {
        diagnostics_add(bad, &at, "the id is missing; --columns can take it from another column");
        return false;
    }
    code = words_add(&ids->words, id, strlen(id));
    if (code == WORDS_NONE) {
        diagnostics_fail(import->d, &at, "memory is exhausted");
        return false;
    }
    if (ids->first[code] == 0) {
        ids->first[code] = (uint32_t)row + 1;
        return true;
    }
    first = ids->first[code] - 1;
    if (strcmp(table_cell(table, first, feed->column), at.value) == 0)
        diagnostics_add(bad, &at, "the id stands already on line %u", table->line[first]);
    else
        diagnostics_add(bad, &at, "becomes '%s', as '%s' on line %u does", id,
                        table_cell(table, first, feed->column), table->line[first]);
    return false;
}

static bool ids_start(struct import *import, struct ids *ids)
{
    const struct place at = {.file = import->export->file};

    *ids =
        (struct ids){.first = import_memory(import, import->export->rows + 2, sizeof *ids->first)};
    for (size_t i = 0; i < import->output_count; i++)
        if (import->target->id && strcmp(import->outputs[i].name, import->target->id) == 0)
            ids->output = &import->outputs[i];
    if (words_start(&ids->words, &import->arena, &import->arena))
        return true;
    diagnostics_fail(import->d, &at, "memory is exhausted");
    return false;
}

void import_bad_tell(struct import *import, const struct diagnostics *bad, uint64_t count)
{
    if (count > import->skip) {
        diagnostics_append(import->d, bad);
        return;
    }
    for (uint64_t i = 0; i < diagnostics_kept(bad); i++) {
        const struct diagnostic *x = diagnostics_get(bad, i);

        diagnostics_warn(import->d, &x->place, "row left out: %s", x->message);
    }
}

static void rows_choose(struct import *import, struct ids *ids, struct diagnostics *bad)
{
    const struct table *table = import->export;

    import->left_out = table->bad_rows;
    import->kept = import_memory(import, table->rows + 1, sizeof *import->kept);
    for (size_t row = 0; row < table->rows; row++) {
        if (left_out(import, row) || (ids->output && !id_check(import, ids, row, bad))) {
            import->left_out++;
            continue;
        }
        import->kept[import->rows++] = (uint32_t)row;
        for (size_t i = 0; i < import->output_count; i++) {
            parts_check(import, &import->outputs[i], row);
            import->outputs[i].filled += *cell_of(import, &import->outputs[i], row) != '\0';
        }
    }
    import_bad_tell(import, bad, table->bad_rows + diagnostics_errors(bad));
}

bool import_rows(struct import *import)
{
    const struct place at = {.file = import->export->file};
    const uint64_t errors = diagnostics_errors(import->d);
    struct diagnostics *bad = diagnostics_new();
    struct ids ids;

    if (!bad)
        diagnostics_fail(import->d, &at, "memory is exhausted");
    else if (ids_start(import, &ids))
        rows_choose(import, &ids, bad);
    diagnostics_free(bad);
    if (diagnostics_errors(import->d) == errors && import->rows == 0)
        diagnostics_add(import->d, &at, "has no row to import");
    return diagnostics_errors(import->d) == errors;
}

void import_write(struct import *import, FILE *out)
{
    struct csv csv = {.out = out};

    for (size_t i = 0; i < import->output_count; i++)
        csv_plain(&csv, import->outputs[i].name);
    csv_end(&csv);
    for (uint64_t k = 0; k < import->rows; k++) {
        for (size_t i = 0; i < import->output_count; i++)
            csv_plain(&csv, cell_of(import, &import->outputs[i], import->kept[k]));
        csv_end(&csv);
    }
}
