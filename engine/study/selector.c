#include "study/selector.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "study/selector_tree.h"

struct matching {
    const struct table *table;
    bool decimal_comma;
    const struct place *at;
    struct diagnostics *d;
};

bool selector_columns_check(const struct selector *selector, const struct table *table,
                            const struct place *at, struct diagnostics *d)
{
    bool good = true;
    const char *near = NULL;

    if (selector->left)
        good = selector_columns_check(selector->left, table, at, d);
    if (selector->right)
        good = selector_columns_check(selector->right, table, at, d) && good;
    if (!selector->column || table_column(table, selector->column) >= 0)
        return good;
    for (size_t i = 0; i < table->column_count; i++) {
        const char *candidate = text_nearest(selector->column, strlen(selector->column),
                                             &table->columns[i].name, 1, near ? 1 : 2);

        near = candidate ? candidate : near;
    }
    diagnostics_add(d, at, "%s has no column '%s'%s%s%s", table->file, selector->column,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return false;
}

// Whether the whole text has the pattern's shape. On a mismatch only the last * is tried anew, so
// that the time is bounded by the product of the lengths.
static bool glob_matches(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    uint32_t code;

    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == '?') {
            pattern++;
            text += utf8_decode(text, 4, &code);
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

static bool satisfies(enum selector_kind kind, int order)
{
    switch (kind) {
    case SELECT_EQUAL:
        return order == 0;
    case SELECT_UNEQUAL:
        return order != 0;
    case SELECT_BELOW:
        return order < 0;
    case SELECT_AT_MOST:
        return order <= 0;
    case SELECT_ABOVE:
        return order > 0;
    default:
        return order >= 0;
    }
}

static bool is_equality(const struct selector *selector)
{
    return selector->kind == SELECT_EQUAL || selector->kind == SELECT_UNEQUAL;
}

// member[code] |= whether a cell of this text satisfies the comparison with one value. `number` is
// the value as a number, NaN if it is none.
static bool compare_texts(const struct selector *selector, const char *value, double number,
                          struct words *words, bool decimal_comma, unsigned char *member)
{
    const double *numbers = isnan(number) ? NULL : words_numbers(words, decimal_comma);

    if (!isnan(number) && !numbers)
        return false;
    for (size_t code = 0; code < words->count; code++) {
        int order;

        if (code == 0 && !is_equality(selector) && *value)
            continue; // a missing cell has no order
        if (numbers && !isnan(numbers[code]))
            order = (numbers[code] > number) - (numbers[code] < number);
        else
            order = strcmp(words->text[code], value);
        member[code] |= satisfies(selector->kind, order);
    }
    return true;
}

static const char *nearest_text(const struct words *words, const char *value)
{
    const char *near = NULL;

    for (size_t code = 1; code < words->count && code < 100000; code++) {
        const char *candidate =
            text_nearest(value, strlen(value), &words->text[code], 1, near ? 1 : 2);

        near = candidate ? candidate : near;
    }
    return near;
}

// `=` and `in`: the one code of a text is looked up; only numbers have several spellings.
static bool equal_texts(struct matching *m, const struct selector *selector, struct words *words,
                        unsigned char *member)
{
    for (size_t i = 0; i < selector->value_count; i++) {
        const char *value = selector->values[i];
        const size_t length = strlen(value);
        const uint32_t code = words_find(words, value, length);
        double number;
        bool found = code != WORDS_NONE;

        if (text_number(value, length, m->decimal_comma, &number) ||
            text_number(value, length, false, &number)) {
            if (!compare_texts(selector, value, number, words, m->decimal_comma, member))
                return false;
            for (size_t c = 0; c < words->count && !found; c++)
                found = member[c];
        } else if (found) {
            member[code] = 1;
        }
        if (!found && length > 0) {
            const char *near = nearest_text(words, value);

            diagnostics_warn(m->d, m->at, "no row has %s '%s'%s%s%s", selector->column, value,
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
    }
    return true;
}

static bool match_column(struct matching *m, const struct selector *selector,
                         unsigned char *matched)
{
    const struct table *table = m->table;
    struct column *column = &table->columns[table_column(table, selector->column)];
    struct words *words = &column->words;
    unsigned char *member = calloc(words->count, 1);
    bool good = member != NULL;

    if (good && selector->kind == SELECT_EQUAL) {
        good = equal_texts(m, selector, words, member);
    } else if (good && selector->kind == SELECT_GLOB) {
        for (size_t code = 0; code < words->count; code++)
            member[code] = glob_matches(selector->values[0], words->text[code]);
    } else if (good) {
        const char *value = selector->values[0];
        double number = NAN;

        if (!text_number(value, strlen(value), m->decimal_comma, &number))
            text_number(value, strlen(value), false, &number);
        good = compare_texts(selector, value, number, words, m->decimal_comma, member);
    }
    for (size_t row = 0; good && row < table->rows; row++)
        matched[row] = member[column->code[row]];
    free(member);
    return good;
}

static bool match(struct matching *m, const struct selector *selector, unsigned char *matched)
{
    const size_t rows = m->table->rows;
    unsigned char *right;
    bool good;

    switch (selector->kind) {
    case SELECT_ALL:
        memset(matched, 1, rows);
        return true;
    case SELECT_NOT:
        good = match(m, selector->left, matched);
        for (size_t row = 0; row < rows; row++)
            matched[row] ^= 1;
        return good;
    case SELECT_AND:
    case SELECT_OR:
        right = calloc(rows + 1, 1);
        good = right && match(m, selector->left, matched) && match(m, selector->right, right);
        for (size_t row = 0; good && row < rows; row++)
            matched[row] = selector->kind == SELECT_AND ? matched[row] & right[row]
                                                        : matched[row] | right[row];
        free(right);
        return good;
    default:
        return match_column(m, selector, matched);
    }
}

bool selector_match(const struct selector *selector, const struct table *table, bool decimal_comma,
                    unsigned char *matched, const struct place *at, struct diagnostics *d)
{
    struct matching m = {table, decimal_comma, at, d};

    return match(&m, selector, matched);
}
