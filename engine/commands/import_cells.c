// What cells of an export become: once for each distinct one of a column, and reported so.
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "commands/import.h"
#include "study/csv.h"
#include "study/ids.h"
#include "study/settings.h"

const char import_left_out[] = "left_out";

enum { LEVELS_SHOWN = 8 };

// A distinct cell: where it stands first, and in how many rows.
struct cell {
    struct place at;
    unsigned long long rows;
    const char *text; // without what surrounds the value
};

static const char *blank(struct import *import, const struct cell *cell, const char *why)
{
    if (cell->rows == 1)
        diagnostics_warn(import->d, &cell->at, "%s; left blank", why);
    else
        diagnostics_warn(import->d, &cell->at, "%s; left blank in %llu rows", why, cell->rows);
    return "";
}

// Without blanks around it, and without the apostrophe by which exports keep a spreadsheet from
// taking a cell for a formula.
static const char *unwrapped(struct import *import, const char *text)
{
    size_t length;

    text += strspn(text, " ");
    if (*text == '\'' && text[1] != '\0' && strchr("=+-@\t\r", text[1]))
        text++;
    length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    text = import_text(import, text, length);
    return *import->tool->missing && strcmp(text, import->tool->missing) == 0 ? "" : text;
}

// The rule of ids: at most 64 bytes, no control characters, no bar. What breaks it is replaced by
// a hyphen; a longer one is cut and ends in the hash of the whole. The same id always becomes the
// same.
static const char *safe_id(struct import *import, const char *text)
{
    char *id = (char *)import_text(import, text, strlen(text));
    const size_t length = strlen(id);
    size_t cut = ID_MAX - 9;

    for (char *c = id; *c;) {
        uint32_t code;
        const size_t size = utf8_decode(c, strlen(c), &code);

        if (*c == '|' || utf8_is_control(code))
            memset(c, '-', size);
        c += size;
    }
    if (length <= ID_MAX)
        return id;
    while (((unsigned char)id[cut] & 0xc0) == 0x80) // not within a character
        cut--;
    return import_format(import, "%.*s-%08x", (int)cut, id,
                         (unsigned)(ids_hash_of(text) & 0xffffffff));
}

static const char *id_of(struct import *import, const struct cell *cell)
{
    const char *id = safe_id(import, cell->text);

    if (strcmp(id, cell->text) != 0)
        diagnostics_warn(import->d, &cell->at, "cannot be an id as it stands: becomes '%s'", id);
    return id;
}

static bool separates(const struct import *import, char c)
{
    const char *lists = import->tool->lists;

    return (c == ',' && strstr(lists, "comma")) || (c == '\n' && strstr(lists, "newline")) ||
           (c == '|' && strstr(lists, "bar"));
}

// The next item of a list, NULL behind the last. Double quotes keep one together.
static const char *item_next(struct import *import, const char **rest)
{
    const bool lists = *import->tool->lists != '\0';
    const char *c = *rest;

    while (*c) {
        const char *begin = c += strspn(c, " \r\n\t");
        bool quoted = false;
        size_t length = 0;
        char *item;

        for (; *c && (quoted || !separates(import, *c)); c++)
            quoted = quoted != (lists && *c == '"');
        item = import_memory(import, (size_t)(c - begin) + 1, 1);
        for (; begin < c; begin++)
            if (!lists || *begin != '"')
                item[length++] = *begin;
        c += *c != '\0';
        *rest = c;
        while (length > 0 && strchr(" \r\n\t", item[length - 1]))
            item[--length] = '\0';
        if (length > 0)
            return item;
    }
    return NULL;
}

// As a value of a selector: quoted where it has other than letters, digits and _-.:/
static char *selector_value(char *end, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-.:/";

    if (text[strspn(text, plain)] == '\0' && strcmp(text, "and") != 0 && strcmp(text, "or") != 0 &&
        strcmp(text, "not") != 0 && strcmp(text, "in") != 0)
        return stpcpy(end, text);
    *end++ = '\'';
    for (; *text; text++) {
        if (*text == '\'')
            *end++ = '\'';
        *end++ = *text;
    }
    return stpcpy(end, "'");
}

// Items are no longer than in the cell, ids no longer than items, and each comes with what
// separated it.
static const char *list_of(struct import *import, const char *text, bool ids)
{
    char *list = import_memory(import, strlen(text) + 2, 1), *end = list;
    const char *item;

    while ((item = item_next(import, &text))) {
        end = stpcpy(end, end > list ? "|" : "");
        end = stpcpy(end, ids ? safe_id(import, item) : item);
    }
    return list;
}

// The rows whose column is one of the items. An item of n bytes, with what separated it, has
// become at most 2 n + 3 bytes.
static const char *selector_of(struct import *import, const char *text, const char *column,
                               bool ids)
{
    char *values = import_memory(import, 3 * strlen(text) + 4, 1), *end = values;
    const char *item;
    size_t count = 0;

    for (; (item = item_next(import, &text)); count++) {
        end = stpcpy(end, end > values ? " " : "");
        end = selector_value(end, ids ? safe_id(import, item) : item);
    }
    if (count == 0)
        return "";
    return import_format(import, count == 1 ? "%s=%s" : "%s in %s", column, values);
}

static const char *scenario_of(struct import *import, const char *id)
{
    char *value = import_memory(import, 2 * ID_MAX + 3, 1);

    selector_value(value, safe_id(import, id));
    return import_format(import, "scenario_id=%s", value);
}

static const char *number_of(struct import *import, const struct cell *cell)
{
    const size_t length = strlen(cell->text);
    char message[TEXT_HABIT_MAX];
    const char *habit;
    double number;

    if (text_number(cell->text, length, import->decimal_comma, &number)) {
        char *point = (char *)import_text(import, cell->text, length), *comma = strchr(point, ',');

        if (comma)
            *comma = '.';
        return point;
    }
    if (!import->decimal_comma && text_number(cell->text, length, true, &number))
        return blank(import, cell, "a decimal comma: --decimal comma reads it");
    habit = text_number_habit(cell->text, length, import->decimal_comma, message);
    return blank(import, cell, habit && !strstr(habit, "[csv]") ? habit : "a number expected");
}

static const char *date_of(struct import *import, const struct cell *cell)
{
    const size_t length = strlen(cell->text);
    const char *day = import_text(import, cell->text, length < 10 ? length : 10);

    if (settings_date(day) && (length == 10 || cell->text[10] == ' ' || cell->text[10] == 'T'))
        return day;
    return blank(import, cell, "a date such as 2026-01-31 expected");
}

static bool value_matches(const char *pattern, const char *text)
{
    const size_t length = strlen(pattern);

    if (length == 0)
        return *text == '\0';
    if (pattern[length - 1] == '*')
        return *text && strncasecmp(pattern, text, length - 1) == 0;
    return import_alike(pattern, length, text);
}

static const struct import_value *value_of(const struct import *import, const char *tool,
                                           const char *choice, const char *text)
{
    for (size_t i = 0; i < import->catalogue.value_count; i++) {
        const struct import_value *value = &import->catalogue.values[i];

        if (strcmp(value->tool, tool) == 0 && strcmp(value->choice, choice) == 0 &&
            value_matches(value->value, text))
            return value;
    }
    return NULL;
}

// What a choice may say, in the tool's words and in ours, each once.
static const char *values_expected(struct import *import, const char *choice)
{
    const char *all = "a value that is not known; expected";

    for (size_t i = 0; i < import->catalogue.value_count; i++) {
        const struct import_value *value = &import->catalogue.values[i];
        const char *quoted = import_format(import, " '%s'", value->value);

        if (strcmp(value->choice, choice) == 0 && *value->value && !strstr(all, quoted) &&
            (strcmp(value->tool, import->tool->id) == 0 || strcmp(value->tool, "lossmill") == 0))
            all = import_format(import, "%s%s", all, quoted);
    }
    return all;
}

// Said in the tool's words, or else in ours.
static const char *choice_of(struct import *import, const char *choice, const struct cell *cell)
{
    const struct import_value *value = value_of(import, import->tool->id, choice, cell->text);

    if (!value)
        value = value_of(import, "lossmill", choice, cell->text);
    if (!value)
        return *cell->text ? blank(import, cell, values_expected(import, choice)) : "";
    if (strcmp(value->becomes, import_left_out) == 0)
        return import_left_out;
    return strcmp(value->becomes, "*") == 0 ? cell->text : value->becomes;
}

static const char *band_cell(struct import *import, const struct import_feed *feed,
                             const struct cell *cell)
{
    const struct import_value *value = value_of(import, import->tool->id, feed->scale, cell->text);
    const char *band = import_band(import, feed->scale, cell->text);

    if (band)
        return band;
    if (value && *value->becomes == '\0')
        return ""; // the tool's word for not known
    return blank(import, cell,
                 import_format(import, "the bands have no level of %s for it", feed->scale));
}

static const char *converted(struct import *import, const struct import_feed *feed,
                             const struct cell *cell)
{
    const char *as = feed->as;

    if (strcmp(as, "choice") == 0 || strcmp(as, "law") == 0)
        return choice_of(import, strcmp(as, "law") == 0 ? "law" : feed->scale, cell);
    if (*cell->text == '\0' || strcmp(as, "text") == 0)
        return cell->text;
    if (strcmp(as, "id") == 0)
        return id_of(import, cell);
    if (strcmp(as, "list") == 0 || strcmp(as, "ids") == 0)
        return list_of(import, cell->text, strcmp(as, "ids") == 0);
    if (strcmp(as, "assets") == 0)
        return strcmp(feed->scale, "by id") == 0 ? selector_of(import, cell->text, "asset_id", true)
                                                 : selector_of(import, cell->text, "name", false);
    if (strcmp(as, "scenario") == 0)
        return scenario_of(import, cell->text);
    if (strcmp(as, "date") == 0)
        return date_of(import, cell);
    if (strcmp(as, "band") == 0)
        return band_cell(import, feed, cell);
    return number_of(import, cell);
}

// Without bands no level has a figure: said once, with the levels to give figures to.
static void ordinal_tell(struct import *import, const struct import_feed *feed,
                         const struct cell *cells, size_t codes)
{
    struct place at = {.file = import->export->file,
                       .line = 1,
                       .column = import->export->columns[feed->column].name};
    const char *levels = "";
    unsigned long long rows = 0;
    size_t shown = 0;

    for (size_t code = 1; code < codes; code++) {
        if (*cells[code].text == '\0' || cells[code].rows == 0)
            continue;
        rows += cells[code].rows;
        if (shown++ < LEVELS_SHOWN)
            levels = import_format(import, "%s%s%s", levels, *levels ? ", " : "", cells[code].text);
    }
    if (rows > 0)
        diagnostics_warn(import->d, &at,
                         "levels of an ordinal scale, no figures: %s is left blank (rows: %llu); "
                         "--bands FILE gives the levels of '%s' figures of yours: %s%s",
                         feed->map->target, rows, feed->scale, levels,
                         shown > LEVELS_SHOWN ? ", ..." : "");
}

static bool scale_has_bands(const struct import *import, const char *scale)
{
    for (size_t row = 0; import->bands && row < import->bands->rows; row++)
        if (strcmp(table_cell(import->bands, row, table_column(import->bands, "scale")), scale) ==
            0)
            return true;
    return false;
}

static void feed_convert(struct import *import, struct import_feed *feed)
{
    const struct table *table = import->export;
    const struct column *column = &table->columns[feed->column];
    const size_t codes = column->words.count;
    struct cell *cells = import_memory(import, codes, sizeof *cells);

    for (size_t row = table->rows; row-- > 0;) { // the first one last
        struct cell *cell = &cells[column->code[row]];

        cell->at = table_place(table, row, feed->column);
        cell->rows++;
    }
    feed->text = import_memory(import, codes, sizeof *feed->text);
    for (size_t code = 0; code < codes; code++)
        cells[code].text = unwrapped(import, column->words.text[code]);
    if (strcmp(feed->as, "band") == 0 && !scale_has_bands(import, feed->scale)) {
        ordinal_tell(import, feed, cells, codes);
        for (size_t code = 0; code < codes; code++)
            feed->text[code] = "";
        return;
    }
    for (size_t code = 0; code < codes; code++)
        feed->text[code] = cells[code].rows > 0 ? converted(import, feed, &cells[code]) : "";
}

void import_cells(struct import *import)
{
    for (size_t i = 0; i < import->output_count; i++)
        for (size_t f = 0; f < import->outputs[i].feed_count; f++)
            feed_convert(import, &import->outputs[i].feeds[f]);
}
