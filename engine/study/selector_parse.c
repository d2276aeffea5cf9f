#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "study/selector_tree.h"

// Bound the recursion of the parser and of the evaluation.
enum { DEPTH_MAX = 100, TERMS_MAX = 1000, VALUES_MAX = 10000 };

struct parsing {
    const char *text, *next;
    const struct place *at;
    struct arena *arena;
    struct diagnostics *d;
    int depth, terms;
};

static const struct selector *parse_or(struct parsing *p);

static void *wrong(struct parsing *p, const char *what)
{
    diagnostics_add(p->d, p->at, "at character %zu: %s", (size_t)(p->next - p->text) + 1, what);
    return NULL;
}

static void *out_of_memory(struct parsing *p)
{
    diagnostics_fail(p->d, p->at, "memory is exhausted");
    return NULL;
}

static void blanks(struct parsing *p)
{
    p->next += strspn(p->next, " \t\r\n");
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80 || (c && strchr("_-.:/", c));
}

static size_t word_length(const char *text)
{
    size_t length = 0;

    while (is_word_byte(text[length]))
        length++;
    return length;
}

// Steps over the keyword if it stands next.
static bool keyword(struct parsing *p, const char *word)
{
    const size_t length = strlen(word);

    blanks(p);
    if (word_length(p->next) != length || strncmp(p->next, word, length) != 0)
        return false;
    p->next += length;
    return true;
}

static bool at_keyword(struct parsing *p)
{
    static const char *const keywords[] = {"and", "or", "not", "in"};
    const size_t length = word_length(p->next);

    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        if (strlen(keywords[i]) == length && strncmp(p->next, keywords[i], length) == 0)
            return true;
    }
    return false;
}

// 'text with ''quotes''', from the opening quote.
static const char *quoted(struct parsing *p)
{
    char *text = arena_alloc(p->arena, strlen(p->next) + 1, 1);
    size_t length = 0;

    if (!text)
        return out_of_memory(p);
    for (const char *c = p->next + 1; *c; c++) {
        if (*c != '\'') {
            text[length++] = *c;
        } else if (c[1] == '\'') {
            text[length++] = *c++;
        } else {
            p->next = c + 1;
            return text;
        }
    }
    return wrong(p, "the single quote is never closed");
}

// A column or a value, NULL after a diagnostic that `expected` it.
static const char *word(struct parsing *p, const char *expected)
{
    const char *text;
    size_t length;

    blanks(p);
    if (*p->next == '\'')
        return quoted(p);
    if (*p->next == '"')
        return wrong(p, "a double quote; texts stand in single quotes");
    length = word_length(p->next);
    if (length == 0 || at_keyword(p))
        return wrong(p, expected);
    text = arena_text(p->arena, p->next, length);
    p->next += length;
    return text ? text : out_of_memory(p);
}

static struct selector *node(struct parsing *p, enum selector_kind kind)
{
    struct selector *selector = arena_alloc(p->arena, 1, sizeof *selector);

    if (!selector)
        return out_of_memory(p);
    selector->kind = kind;
    return selector;
}

static bool value_follows(struct parsing *p)
{
    blanks(p);
    return *p->next == '\'' || *p->next == '"' || (word_length(p->next) > 0 && !at_keyword(p));
}

// The values behind `in`.
static const struct selector *parse_in(struct parsing *p, struct selector *selector)
{
    const char *const start = p->next;
    const char **values;
    size_t count = 0;

    do { // once to count, so that the array fits
        if (!word(p, "a value expected"))
            return NULL;
        count++;
    } while (value_follows(p));
    if (count > VALUES_MAX)
        return wrong(p, "more than 10000 values in one list");
    values = arena_alloc(p->arena, count, sizeof *values);
    if (!values)
        return out_of_memory(p);
    p->next = start;
    for (size_t i = 0; i < count; i++)
        values[i] = word(p, "a value expected");
    selector->values = values;
    selector->value_count = count;
    return selector;
}

static const struct selector *parse_comparison(struct parsing *p)
{
    static const struct {
        const char *sign;
        enum selector_kind kind;
    } signs[] = {
        {"!=", SELECT_UNEQUAL}, {"<=", SELECT_AT_MOST}, {">=", SELECT_AT_LEAST},
        {"=", SELECT_EQUAL},    {"<", SELECT_BELOW},    {">", SELECT_ABOVE},
        {"~", SELECT_GLOB},
    };
    const char *column = word(p, "a column, *, not or ( expected");
    struct selector *selector = column ? node(p, SELECT_EQUAL) : NULL;
    const char **value;

    if (!selector)
        return NULL;
    selector->column = column;
    if (keyword(p, "in"))
        return parse_in(p, selector);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (strncmp(p->next, signs[i].sign, strlen(signs[i].sign)) != 0)
            continue;
        p->next += strlen(signs[i].sign);
        if (*p->next == '=' && signs[i].kind == SELECT_EQUAL)
            return wrong(p, "a single = compares");
        selector->kind = signs[i].kind;
        value = arena_alloc(p->arena, 1, sizeof *value);
        if (!value)
            return out_of_memory(p);
        *value = word(p, "a value expected ('' is empty; anything but letters, digits and _-.:/ "
                         "stands in single quotes)");
        selector->values = value;
        selector->value_count = 1;
        return *value ? selector : NULL;
    }
    return wrong(p, "one of = != < <= > >= ~ in expected behind the column");
}

static const struct selector *parse_not(struct parsing *p)
{
    const struct selector *inner;
    struct selector *selector;

    if (p->depth >= DEPTH_MAX)
        return wrong(p, "brackets and nots nested more than 100 deep");
    p->depth++;
    if (keyword(p, "not")) {
        selector = node(p, SELECT_NOT);
        inner = selector ? parse_not(p) : NULL;
        if (selector)
            selector->left = inner;
        inner = inner ? selector : NULL;
    } else if (*p->next == '(') {
        p->next++;
        inner = parse_or(p);
        blanks(p);
        if (inner && *p->next != ')')
            inner = wrong(p, "and, or or ) expected");
        p->next += inner != NULL;
    } else if (*p->next == '*') {
        p->next++;
        inner = node(p, SELECT_ALL);
    } else {
        inner = parse_comparison(p);
    }
    p->depth--;
    return inner;
}

// Operands joined by one keyword, from the left.
static const struct selector *parse_joined(struct parsing *p, const char *joint,
                                           enum selector_kind kind,
                                           const struct selector *(*operand)(struct parsing *))
{
    const struct selector *left = operand(p);

    while (left && keyword(p, joint)) {
        struct selector *selector = node(p, kind);

        if (!selector)
            return NULL;
        if (++p->terms >= TERMS_MAX)
            return wrong(p, "more than 1000 conditions; `column in a b c` takes many values");
        selector->left = left;
        selector->right = operand(p);
        left = selector->right ? selector : NULL;
    }
    return left;
}

static const struct selector *parse_and(struct parsing *p)
{
    return parse_joined(p, "and", SELECT_AND, parse_not);
}

static const struct selector *parse_or(struct parsing *p)
{
    return parse_joined(p, "or", SELECT_OR, parse_and);
}

static const struct selector *wrong_end(struct parsing *p)
{
    const size_t length = word_length(p->next);

    if (*p->next == ')')
        return wrong(p, "a ) without its (");
    if (*p->next == '&' || (length == 3 && strncasecmp(p->next, "and", length) == 0))
        return wrong(p, "write and in small letters");
    if (*p->next == '|' || (length == 2 && strncasecmp(p->next, "or", length) == 0))
        return wrong(p, "write or in small letters");
    return wrong(p, "and, or or the end expected; a value with anything but letters, digits and "
                    "_-.:/ stands in single quotes");
}

const struct selector *selector_parse(const struct place *at, struct arena *arena,
                                      struct diagnostics *d)
{
    struct parsing p = {.text = at->value, .next = at->value, .at = at, .arena = arena, .d = d};
    const struct selector *selector = parse_or(&p);

    blanks(&p);
    return selector && *p.next ? wrong_end(&p) : selector;
}
