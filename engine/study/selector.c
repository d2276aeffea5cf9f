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
    struct arena *scratch;
    const struct place *at;
    struct diagnostics *d;
    const struct matcher *candidates; // the comparison that every candidate is known to pass
};

// A selector made ready for the texts of a table.
struct matcher {
    const struct selector *selector;
    struct matcher *left, *right;
    struct column *column;
    uint32_t *codes; // `=` and `in`: the texts chosen, ascending
    size_t code_count, code_capacity;
    size_t rows;           // that have one of them
    unsigned char *member; // per code: whether it is chosen; made where it is needed
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

static bool members_start(struct matching *m, struct matcher *x)
{
    x->member = arena_alloc(m->scratch, x->column->words.count, 1);
    return x->member != NULL;
}

// The value as a number, NaN if it is none.
static double value_number(const struct matching *m, const char *value)
{
    double number = NAN;

    if (!text_number(value, strlen(value), m->decimal_comma, &number))
        text_number(value, strlen(value), false, &number);
    return number;
}

// What a table makes when it is first asked for, whichever thread asks.
static bool index_made(const struct matching *m, struct column *column)
{
    bool made;

#pragma omp critical(table_made)
    made = column_index(column, m->table->rows);
    return made;
}

static const double *numbers_made(const struct matching *m, struct words *words)
{
    const double *numbers;

#pragma omp critical(table_made)
    numbers = words_numbers(words, m->decimal_comma);
    return numbers;
}

static bool codes_of_number(const struct matching *m, struct words *words, double number,
                            const uint32_t **codes, size_t *count)
{
    bool made;

#pragma omp critical(table_made)
    made = words_of_number(words, m->decimal_comma, number, codes, count);
    return made;
}

// Whether a cell of each text satisfies the comparison.
static bool compare_texts(struct matching *m, struct matcher *x)
{
    const struct selector *selector = x->selector;
    const char *value = selector->values[0];
    const double number = value_number(m, value);
    struct words *words = &x->column->words;
    const double *numbers = isnan(number) ? NULL : numbers_made(m, words);

    if (!members_start(m, x) || (!isnan(number) && !numbers))
        return false;
    for (size_t code = 0; code < words->count; code++) {
        int order;

        if (code == 0 && selector->kind != SELECT_UNEQUAL && *value)
            continue; // a missing cell has no order
        if (numbers && !isnan(numbers[code]))
            order = (numbers[code] > number) - (numbers[code] < number);
        else
            order = strcmp(words->text[code], value);
        x->member[code] = satisfies(selector->kind, order);
    }
    return true;
}

static bool glob_texts(struct matching *m, struct matcher *x)
{
    const struct words *words = &x->column->words;

    if (!members_start(m, x))
        return false;
    for (size_t code = 0; code < words->count; code++)
        x->member[code] = glob_matches(x->selector->values[0], words->text[code]);
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

static bool codes_add(struct matching *m, struct matcher *x, const uint32_t *codes, size_t count)
{
    if (x->code_capacity - x->code_count < count) {
        const size_t capacity = 2 * x->code_count + count;
        uint32_t *moved = arena_alloc(m->scratch, capacity, sizeof *moved);

        if (!moved)
            return false;
        if (x->code_count > 0)
            memcpy(moved, x->codes, x->code_count * sizeof *moved);
        x->codes = moved;
        x->code_capacity = capacity;
    }
    if (count > 0)
        memcpy(x->codes + x->code_count, codes, count * sizeof *codes);
    x->code_count += count;
    return true;
}

static int compare_codes(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void codes_sort(uint32_t *codes, size_t *count)
{
    size_t distinct = 0;

    if (*count < 2)
        return;
    qsort(codes, *count, sizeof *codes, compare_codes);
    for (size_t i = 0; i < *count; i++)
        if (distinct == 0 || codes[i] != codes[distinct - 1])
            codes[distinct++] = codes[i];
    *count = distinct;
}

// `=` and `in`: the code of a text is looked up; only numbers have several spellings.
static bool equal_texts(struct matching *m, struct matcher *x)
{
    struct column *column = x->column;
    struct words *words = &column->words;

    if (!index_made(m, column))
        return false;
    for (size_t i = 0; i < x->selector->value_count; i++) {
        const char *value = x->selector->values[i];
        const size_t length = strlen(value);
        const uint32_t code = words_find(words, value, length);
        const double number = value_number(m, value);
        const uint32_t *same = NULL;
        size_t count = 0;

        if ((!isnan(number) && !codes_of_number(m, words, number, &same, &count)) ||
            !codes_add(m, x, same, count) || !codes_add(m, x, &code, code != WORDS_NONE))
            return false;
        // a number is not missed where an earlier one of the list is there
        if (length > 0 && code == WORDS_NONE && (isnan(number) || x->code_count == 0)) {
            const char *near =
                diagnostics_keeps(m->d, DIAGNOSTIC_WARNING) ? nearest_text(words, value) : NULL;

            diagnostics_warn(m->d, m->at, "no row has %s '%s'%s%s%s", x->selector->column, value,
                             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
    }
    codes_sort(x->codes, &x->code_count);
    for (size_t i = 0; i < x->code_count; i++)
        x->rows += column->first[x->codes[i] + 1] - column->first[x->codes[i]];
    return true;
}

// NULL if memory is exhausted.
static struct matcher *matcher_make(struct matching *m, const struct selector *selector)
{
    struct matcher *x = arena_alloc(m->scratch, 1, sizeof *x);
    bool good = x != NULL;

    if (!good)
        return NULL;
    x->selector = selector;
    if (selector->left) {
        x->left = matcher_make(m, selector->left);
        good = x->left != NULL;
    }
    if (good && selector->right) {
        x->right = matcher_make(m, selector->right);
        good = x->right != NULL;
    }
    if (good && selector->column) {
        x->column = &m->table->columns[table_column(m->table, selector->column)];
        good = selector->kind == SELECT_EQUAL  ? equal_texts(m, x)
               : selector->kind == SELECT_GLOB ? glob_texts(m, x)
                                               : compare_texts(m, x);
    }
    return good ? x : NULL;
}

// Of the comparisons that every chosen row passes, the one that the column's index answers with
// the fewest rows; NULL if there is none.
static const struct matcher *rarest(const struct matcher *x)
{
    const struct matcher *left, *right;

    if (x->selector->kind != SELECT_AND)
        return x->selector->kind == SELECT_EQUAL ? x : NULL;
    left = rarest(x->left);
    right = rarest(x->right);
    return !right || (left && left->rows <= right->rows) ? left : right;
}

// matched[i] = whether row rows[i] (row i where `rows` is NULL) has one of the texts chosen.
static bool match_column(struct matching *m, struct matcher *x, const uint32_t *rows, size_t n,
                         unsigned char *matched)
{
    const uint32_t *code = x->column->code;

    if (!x->member && x->code_count == 1) {
        for (size_t i = 0; i < n; i++)
            matched[i] = code[rows ? rows[i] : i] == x->codes[0];
        return true;
    }
    if (!x->member) {
        if (!members_start(m, x))
            return false;
        for (size_t i = 0; i < x->code_count; i++)
            x->member[x->codes[i]] = 1;
    }
    for (size_t i = 0; i < n; i++)
        matched[i] = x->member[code[rows ? rows[i] : i]];
    return true;
}

static bool match(struct matching *m, struct matcher *x, const uint32_t *rows, size_t n,
                  unsigned char *matched)
{
    unsigned char *right;
    bool good;

    if (x == m->candidates || x->selector->kind == SELECT_ALL) {
        memset(matched, 1, n);
        return true;
    }
    switch (x->selector->kind) {
    case SELECT_NOT:
        good = match(m, x->left, rows, n, matched);
        for (size_t i = 0; i < n; i++)
            matched[i] ^= 1;
        return good;
    case SELECT_AND:
    case SELECT_OR:
        right = arena_alloc(m->scratch, n, 1);
        good = right && match(m, x->left, rows, n, matched) && match(m, x->right, rows, n, right);
        for (size_t i = 0; good && i < n; i++)
            matched[i] =
                x->selector->kind == SELECT_AND ? matched[i] & right[i] : matched[i] | right[i];
        return good;
    default:
        return match_column(m, x, rows, n, matched);
    }
}

// The rows that the column's index has for the texts chosen, ascending.
static void rows_of_codes(const struct matcher *x, uint32_t *rows)
{
    const struct column *column = x->column;
    size_t count = 0;

    for (size_t i = 0; i < x->code_count; i++) {
        const uint32_t *first = column->row + column->first[x->codes[i]];
        const size_t n = column->first[x->codes[i] + 1] - column->first[x->codes[i]];

        memcpy(rows + count, first, n * sizeof *rows);
        count += n;
    }
    if (x->code_count > 1)
        qsort(rows, count, sizeof *rows, compare_codes);
}

bool selector_match(const struct selector *selector, const struct table *table, bool decimal_comma,
                    struct arena *scratch, uint32_t *rows, size_t *count, const struct place *at,
                    struct diagnostics *d)
{
    struct matching m = {table, decimal_comma, scratch, at, d, NULL};
    struct matcher *x = matcher_make(&m, selector);
    const struct matcher *rare = x ? rarest(x) : NULL;
    // several texts have to be sorted: worth it only for few rows
    const bool few = rare && (rare->code_count <= 1 || rare->rows < table->rows / 64);
    const size_t n = few ? rare->rows : table->rows;
    unsigned char *matched;

    *count = 0;
    if (!x)
        return false;
    if (few) {
        rows_of_codes(rare, rows);
        m.candidates = rare;
    }
    if (few && x == rare) {
        *count = n;
        return true;
    }
    matched = arena_alloc(scratch, n, 1);
    if (!matched || !match(&m, x, few ? rows : NULL, n, matched))
        return false;
    for (size_t i = 0; i < n; i++)
        if (matched[i])
            rows[(*count)++] = few ? rows[i] : (uint32_t)i;
    return true;
}
