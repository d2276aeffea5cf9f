// The grammar of distribution cells:
//
//     cell    = dist
//     dist    = plain { ending }
//     ending  = "from" NUMBER | "to" NUMBER | "cap" NUMBER        each at most once
//     plain   = NUMBER | FAMILY NUMBER... | "empirical" FILE:COLUMN | "(" dist ")"
//             | "mixture" NUMBER "(" dist ")" ... | "product" "(" dist ")" "(" dist ")"
//             | "splice" plain "at" NUMBER "with" plain
//
// An ending belongs to the widest distribution before it: that of a splice to the splice, unless
// brackets say otherwise. The parser goes on after an error in a number or a name, and stops at one
// in the structure, where what follows would only be noise.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "models/distribution_tree.h"

enum { CELL_MAX = 4096, DEPTH_MAX = 16, PARTS_MAX = 64, WORD_SHOWN_MAX = 40 };

struct word {
    const char *text;
    size_t length; // 0 at the end of the cell
};

struct parser {
    const struct distribution_reader *reader;
    struct distribution_builder builder;
    const char *next;
    struct word word; // the current one
    int depth;
    bool broken; // the structure: nothing more is read
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void advance(struct parser *p)
{
    while (is_blank(*p->next))
        p->next++;
    p->word.text = p->next;
    p->word.length = 0;
    if (*p->next == '(' || *p->next == ')')
        p->word.length = 1;
    else
        p->word.length = strcspn(p->next, " \t\r\n()");
    p->next += p->word.length;
}

static bool at_end(const struct parser *p)
{
    return p->word.length == 0;
}

static bool word_is(const struct parser *p, const char *expected)
{
    return strlen(expected) == p->word.length &&
           memcmp(expected, p->word.text, p->word.length) == 0;
}

// A word for a message, shortened.
struct shown {
    char text[WORD_SHOWN_MAX + 4];
};

static struct shown show(struct word word)
{
    struct shown shown;

    if (word.length > WORD_SHOWN_MAX)
        snprintf(shown.text, sizeof shown.text, "%.*s...", WORD_SHOWN_MAX, word.text);
    else
        snprintf(shown.text, sizeof shown.text, "%.*s", (int)word.length, word.text);
    return shown;
}

#define ADD(p, ...) diagnostics_add((p)->builder.d, (p)->builder.at, __VA_ARGS__)

// Of the structure: what stands here instead of what is expected.
static void break_off(struct parser *p, const char *expected)
{
    if (!p->broken && at_end(p))
        ADD(p, "%s expected, but the cell ends", expected);
    else if (!p->broken)
        ADD(p, "%s expected, found '%s'", expected, show(p->word).text);
    p->broken = true;
}

// Words that no number can be.
static bool word_is_structure(const struct parser *p)
{
    static const char *const structure[] = {"(", ")", "from", "to", "cap", "at", "with"};

    for (size_t i = 0; i < sizeof structure / sizeof structure[0]; i++) {
        if (word_is(p, structure[i]))
            return true;
    }
    return at_end(p);
}

// The current word as a number, and on to the next. False after adding what is wrong with it.
static bool take_number(struct parser *p, double *value)
{
    static const char *const keywords[] = {"from", "to", "cap", "at", "with"};
    const struct word word = p->word;
    char habit[TEXT_HABIT_MAX];
    const char *near;

    advance(p);
    if (text_number(word.text, word.length, p->reader->decimal_comma, value))
        return true;
    if (word.length == 1 && word.text[0] == '%')
        ADD(p, "'%%' is a percentage: write 0.15 for 15 %%");
    else if (word.length > 1 && strchr(",;", word.text[word.length - 1]) &&
             text_number(word.text, word.length - 1, p->reader->decimal_comma, value))
        ADD(p, "numbers are separated by blanks, without the '%c' of '%s'",
            word.text[word.length - 1], show(word).text);
    else if (text_number_habit(word.text, word.length, p->reader->decimal_comma, habit))
        ADD(p, "%s", habit);
    else if (word.length > 1 && (near = text_nearest(word.text, word.length, keywords, 5, 1)))
        ADD(p, "'%s' is not a number; did you mean '%s'?", show(word).text, near);
    else
        ADD(p, "'%s' is not a number", show(word).text);
    return false;
}

// After a keyword: a number must stand here.
static bool expect_number(struct parser *p, const char *what, double *value)
{
    if (p->broken)
        return false;
    if (word_is_structure(p)) {
        break_off(p, what);
        return false;
    }
    return take_number(p, value);
}

static bool expect_word(struct parser *p, const char *word, const char *what)
{
    if (p->broken)
        return false;
    if (!word_is(p, word)) {
        break_off(p, what);
        return false;
    }
    advance(p);
    return true;
}

static const struct distribution *parse_ended(struct parser *p);
static const struct distribution *parse_plain(struct parser *p);

static const struct distribution *parse_bracketed(struct parser *p)
{
    const struct distribution *x;

    if (!expect_word(p, "(", "'(' and a distribution"))
        return NULL;
    if (p->depth == DEPTH_MAX) {
        ADD(p, "brackets and distributions are nested more than %d deep", DEPTH_MAX);
        p->broken = true;
        return NULL;
    }
    p->depth++;
    x = parse_ended(p);
    p->depth--;
    return expect_word(p, ")", "')'") ? x : NULL;
}

// "MIN MODE MAX [LAMBDA]"
static void parameter_names(const struct distribution_family *family, int count, char out[128])
{
    size_t n = 0;

    out[0] = '\0';
    for (int i = 0; i < count; i++) {
        const bool optional = i >= count - family->optional;

        n += (size_t)snprintf(out + n, 128 - n, "%s%s%s%s", i > 0 ? " " : "", optional ? "[" : "",
                              family->parameters[i], optional ? "]" : "");
    }
}

static void wrong_count(struct parser *p, const struct distribution_family *family, int parameters,
                        int found, bool groups)
{
    char names[128];

    parameter_names(family, parameters, names);
    ADD(p, "%s takes %s, found %d number%s%s", family->name, names, found, found == 1 ? "" : "s",
        found > parameters && groups ? "; thousands must not be separated by blanks" : "");
}

static const struct distribution *parse_family(struct parser *p,
                                               const struct distribution_family *family)
{
    double numbers[DISTRIBUTION_PARAMETERS_MAX] = {0};
    int found = 0, parameters = 0;
    bool good = true, groups = false;
    char names[128];

    while (family->parameters[parameters])
        parameters++;
    if (word_is(p, "(")) {
        parameter_names(family, parameters, names);
        ADD(p, "write %s %s, without brackets and commas", family->name, names);
        p->broken = true;
        return NULL;
    }
    while (!word_is_structure(p)) {
        double number = 0;
        // 5 000: the second word of a grouped number
        const bool three = p->word.length == 3 && strspn(p->word.text, "0123456789") >= 3;

        good = take_number(p, &number) && good;
        groups = groups || (found > 0 && three);
        if (found < parameters)
            numbers[found] = number;
        found++;
    }
    if (found > parameters && !good)
        return NULL; // words that are no numbers are reported: how many there are says nothing
    if (found > parameters || found < parameters - family->optional) {
        wrong_count(p, family, parameters, found, groups);
        return NULL;
    }
    for (int i = found; i < parameters; i++)
        numbers[i] = family->defaults[i];
    return good ? distribution_of_family(&p->builder, family, numbers) : NULL;
}

static void unknown_family(struct parser *p, struct word word)
{
    static const char *const composites[] = {"empirical", "mixture", "splice", "product"};
    const char *names[64];
    const char *near;
    size_t count = 0;

    for (; distribution_family_at(count) && count < 60; count++)
        names[count] = distribution_family_at(count)->name;
    for (size_t i = 0; i < sizeof composites / sizeof composites[0]; i++)
        names[count++] = composites[i];
    near = text_nearest(word.text, word.length, names, count, 2);
    if (near)
        ADD(p, "unknown distribution '%s'; did you mean '%s'?", show(word).text, near);
    else
        ADD(p, "unknown distribution '%s'", show(word).text);
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// A constant, a family, or a name that is none.
static const struct distribution *parse_simple(struct parser *p)
{
    const struct word word = p->word;
    char name[24], habit[TEXT_HABIT_MAX];
    const struct distribution_family *family;
    double value[DISTRIBUTION_PARAMETERS_MAX] = {0};

    if (!is_name_start(word.text[0]) ||
        text_number_habit(word.text, word.length, p->reader->decimal_comma, habit)) {
        const bool good = take_number(p, &value[0]);
        int more = 0;

        for (; !word_is_structure(p); more++)
            advance(p);
        if (more > 0) {
            ADD(p,
                "a bare number stands alone, found %d words behind '%s'; a distribution starts "
                "with its name",
                more, show(word).text);
            return NULL;
        }
        return good ? distribution_of_family(&p->builder, distribution_family_find("constant"),
                                             value)
                    : NULL;
    }
    snprintf(name, sizeof name, "%.*s", word.length < sizeof name ? (int)word.length : 0,
             word.text);
    family = distribution_family_find(name);
    advance(p);
    if (family)
        return parse_family(p, family);
    unknown_family(p, word);
    while (!word_is_structure(p))
        advance(p);
    p->broken = p->broken || word_is(p, "("); // brackets of what is not known cannot be read
    return NULL;
}

static const struct distribution *parse_empirical(struct parser *p)
{
    const struct word word = p->word;
    const char *colon = word.length > 0 ? memrchr(word.text, ':', word.length) : NULL;
    char *file, *column;
    const double *values;
    size_t count = 0;

    if (word_is_structure(p) || !colon || colon == word.text ||
        colon + 1 == word.text + word.length) {
        break_off(p, "FILE:COLUMN");
        return NULL;
    }
    advance(p);
    if (!p->reader->empirical) {
        ADD(p, "empirical cannot be used here");
        return NULL;
    }
    file = arena_text(p->builder.arena, word.text, (size_t)(colon - word.text));
    column = arena_text(p->builder.arena, colon + 1, (size_t)(word.text + word.length - colon - 1));
    if (!file || !column) {
        distribution_out_of_memory(&p->builder);
        return NULL;
    }
    values = p->reader->empirical(p->reader->context, file, column, p->builder.at, p->builder.arena,
                                  &count, p->builder.d);
    if (!values)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            ADD(p, "empirical: %s holds a value that is not finite", word.text);
            return NULL;
        }
    }
    if (count == 0) {
        ADD(p, "empirical: column %s of %s holds no numbers", column, file);
        return NULL;
    }
    return distribution_of_values(&p->builder, values, count);
}

static const struct distribution *parse_mixture(struct parser *p)
{
    const struct distribution *parts[PARTS_MAX];
    double weights[PARTS_MAX];
    size_t count = 0;
    bool good = true;

    do {
        double weight = 0;

        if (count == PARTS_MAX) {
            ADD(p, "a mixture can have at most %d parts", PARTS_MAX);
            p->broken = true;
            return NULL;
        }
        if (!expect_number(p, "a weight, as in mixture 0.9 (lognormal 10 1) 0.1 (pareto 1e5 1.5),",
                           &weight))
            good = false;
        else if (!(weight >= 0 && weight <= 1)) {
            ADD(p, "a weight of a mixture must lie in [0, 1], found %g", weight);
            good = false;
        }
        weights[count] = weight;
        parts[count] = parse_bracketed(p);
        good = good && parts[count];
        count++;
    } while (!p->broken && !word_is_structure(p));
    return good && !p->broken ? distribution_mixture(&p->builder, count, weights, parts) : NULL;
}

static const struct distribution *parse_splice(struct parser *p)
{
    const struct distribution *body, *tail;
    double at;
    bool good;

    body = parse_plain(p);
    good = expect_word(p, "at", "'at' and the value where the tail begins") &&
           expect_number(p, "a number behind 'at'", &at);
    if (p->broken || !expect_word(p, "with", "'with' and the tail"))
        return NULL;
    tail = parse_plain(p);
    return good && body && tail && !p->broken ? distribution_splice(&p->builder, body, at, tail)
                                              : NULL;
}

static const struct distribution *parse_product(struct parser *p)
{
    const struct distribution *first = parse_bracketed(p);
    const struct distribution *second = p->broken ? NULL : parse_bracketed(p);

    if (!p->broken && word_is(p, "(")) {
        ADD(p, "product takes two factors; for three write product (A) (product (B) (C))");
        p->broken = true;
    }
    return first && second && !p->broken ? distribution_product(&p->builder, first, second) : NULL;
}

static const struct distribution *parse_plain(struct parser *p)
{
    const struct distribution *x;

    if (p->broken)
        return NULL;
    if (word_is(p, "("))
        return parse_bracketed(p);
    if (word_is_structure(p)) {
        break_off(p, "a distribution");
        return NULL;
    }
    if (p->depth == DEPTH_MAX) { // splice splice splice ...
        ADD(p, "brackets and distributions are nested more than %d deep", DEPTH_MAX);
        p->broken = true;
        return NULL;
    }
    p->depth++;
    if (word_is(p, "empirical"))
        advance(p), x = parse_empirical(p);
    else if (word_is(p, "mixture"))
        advance(p), x = parse_mixture(p);
    else if (word_is(p, "splice"))
        advance(p), x = parse_splice(p);
    else if (word_is(p, "product"))
        advance(p), x = parse_product(p);
    else
        x = parse_simple(p);
    p->depth--;
    return x;
}

struct endings {
    double from, to, cap;
    bool has_from, has_to, has_cap, good;
};

static void take_ending(struct parser *p, const char *name, bool *has, double *value,
                        struct endings *endings)
{
    char what[40];

    advance(p);
    snprintf(what, sizeof what, "a number behind '%s'", name);
    if (*has) {
        ADD(p, "'%s' is given twice", name);
        endings->good = false;
    }
    *has = true;
    endings->good = expect_number(p, what, value) && endings->good;
}

static void parse_endings(struct parser *p, struct endings *e)
{
    *e = (struct endings){.from = -HUGE_VAL, .to = HUGE_VAL, .cap = HUGE_VAL, .good = true};
    while (!p->broken) {
        if (word_is(p, "from"))
            take_ending(p, "from", &e->has_from, &e->from, e);
        else if (word_is(p, "to"))
            take_ending(p, "to", &e->has_to, &e->to, e);
        else if (word_is(p, "cap"))
            take_ending(p, "cap", &e->has_cap, &e->cap, e);
        else
            break;
    }
    if (!e->good)
        return;
    if (e->has_from && e->has_to && e->from > e->to) {
        ADD(p, "'from' %g is above 'to' %g", e->from, e->to);
        e->good = false;
    }
    if (e->has_from && e->has_cap && e->from > e->cap) {
        ADD(p, "'from' %g is above 'cap' %g", e->from, e->cap);
        e->good = false;
    }
}

static const struct distribution *parse_ended(struct parser *p)
{
    const struct distribution *x = parse_plain(p);
    struct endings endings;

    parse_endings(p, &endings);
    if (!x || !endings.good || p->broken)
        return NULL;
    if (endings.has_from || endings.has_to)
        x = distribution_within(&p->builder, x, endings.from, endings.to);
    return x && endings.has_cap ? distribution_capped(&p->builder, x, endings.cap) : x;
}

// A number written 1 000 000 or 15 % is one cell of several words: looked at as a whole first.
static bool whole_cell_is_habit(struct parser *p, const char *cell)
{
    char habit[TEXT_HABIT_MAX];

    if (!text_number_habit(cell, strlen(cell), p->reader->decimal_comma, habit))
        return false;
    ADD(p, "%s", habit);
    return true;
}

const struct distribution *distribution_parse(const char *cell, const struct place *at,
                                              const struct distribution_reader *reader,
                                              struct diagnostics *d)
{
    struct quantile_shelf own = {.arena = reader->arena};
    struct parser p = {.reader = reader,
                       .builder = {reader->arena, at, d, reader->shelf ? reader->shelf : &own},
                       .next = cell};
    const uint64_t before = diagnostics_errors(d);
    const struct distribution *x;

    if (strnlen(cell, CELL_MAX + 1) > CELL_MAX) {
        ADD(&p, "a distribution can have at most %d bytes", CELL_MAX);
        return NULL;
    }
    if (whole_cell_is_habit(&p, cell))
        return NULL;
    advance(&p);
    x = parse_ended(&p);
    if (!p.broken && !at_end(&p))
        ADD(&p, "%s '%s'",
            word_is(&p, ")") ? "no '(' belongs to the" : "the end of the cell expected, found",
            show(p.word).text);
    return diagnostics_errors(d) == before ? x : NULL;
}
