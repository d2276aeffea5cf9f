#include "base/text.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t text_distance(const char *a, size_t a_length, const char *b, size_t b_length, size_t limit)
{
    size_t rows[3][TEXT_NAME_MAX + 1]; // of the distances between the prefixes; the last three

    if (a_length > TEXT_NAME_MAX || b_length > TEXT_NAME_MAX)
        return limit + 1;
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3], *two_above = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

            best = smaller(best, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = smaller(best, two_above[j - 2] + 1);
            row[j] = best;
        }
    }
    return smaller(rows[a_length % 3][b_length], limit + 1);
}

// What counts of a name when names are compared; SIZE_MAX if it is too long.
static size_t folded(const char *name, size_t length, char out[TEXT_NAME_MAX])
{
    size_t n = 0;

    for (size_t i = 0; i < length; i++) {
        if (name[i] == ' ' || name[i] == '-' || name[i] == '_' || name[i] == '\t')
            continue;
        if (n == TEXT_NAME_MAX)
            return SIZE_MAX;
        out[n++] = lower(name[i]);
    }
    return n;
}

const char *text_nearest(const char *word, size_t length, const char *const *names, size_t count,
                         size_t limit)
{
    char a[TEXT_NAME_MAX], b[TEXT_NAME_MAX];
    const size_t a_length = folded(word, length, a);
    const char *nearest = NULL;
    size_t allowed = limit + 1;

    if (a_length == SIZE_MAX || a_length == 0)
        return NULL;
    allowed = smaller(allowed, a_length / 2 + 1);
    for (size_t i = 0; i < count; i++) {
        const size_t b_length = folded(names[i], strlen(names[i]), b);
        size_t distance;

        if (b_length == SIZE_MAX)
            continue;
        distance = text_distance(a, a_length, b, b_length, limit);
        if (distance < allowed) {
            allowed = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

static pthread_once_t locale_once = PTHREAD_ONCE_INIT;
static locale_t locale;

static void locale_make(void)
{
    // cannot fail: libc has this one at hand
    locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

locale_t text_locale(void)
{
    pthread_once(&locale_once, locale_make);
    return locale;
}

bool text_number(const char *cell, size_t length, bool decimal_comma, double *value)
{
    char copy[401];
    const char separator = decimal_comma ? ',' : '.';
    size_t i = 0, digits = 0;
    double number;

    if (length == 0 || length >= sizeof copy)
        return false;
    if (cell[i] == '+' || cell[i] == '-')
        i++;
    for (; i < length && is_digit(cell[i]); i++)
        digits++;
    if (i < length && cell[i] == separator) {
        for (i++; i < length && is_digit(cell[i]); i++)
            digits++;
    }
    if (digits == 0)
        return false;
    if (i < length && (cell[i] == 'e' || cell[i] == 'E')) {
        i++;
        if (i < length && (cell[i] == '+' || cell[i] == '-'))
            i++;
        if (i == length)
            return false;
        while (i < length && is_digit(cell[i]))
            i++;
    }
    if (i != length)
        return false;
    memcpy(copy, cell, length);
    copy[length] = '\0';
    for (char *c = copy; *c; c++)
        *c = *c == ',' ? '.' : *c;
    number = strtod_l(copy, NULL, text_locale());
    if (!isfinite(number))
        return false;
    *value = number;
    return true;
}

// The length of the character at `text`, 0 if it is none or one that must not be printed.
static size_t printable(const char *text)
{
    uint32_t code;
    const size_t length = utf8_decode(text, 4, &code);

    return code == UTF8_INVALID || utf8_is_control(code) ? 0 : length;
}

void text_print_safely(FILE *stream, const char *text, size_t limit)
{
    size_t used = 0;

    while (*text) {
        const size_t length = printable(text);
        const size_t step = length > 0 ? length : 1;

        if (step > limit - used) {
            fputs("...", stream);
            return;
        }
        if (length > 0)
            fwrite(text, 1, length, stream);
        else
            fprintf(stream, "\\x%02X", (unsigned char)*text);
        text += step;
        used += step;
    }
}

// ---- Habits. A cell is first spelt in ASCII, then taken apart: sign, currency, digits with
// separators, unit, currency, percent sign. Text is edited rather than computed, so that what is
// suggested has the digits that the cell has.

enum { HABIT_CELL_MAX = 48 };

struct written_number {
    char digits[HABIT_CELL_MAX + 8]; // sign, digits, '.' where the decimal separator is
    bool comma_decimal, point_decimal, ambiguous;
    char group;   // the separator of thousands, 0 if none
    bool money;   // a currency's name or sign
    double scale; // of a unit such as k; 1 if none
    bool percent;
};

// Special blanks, apostrophes, minus and currency signs to ASCII ('~' is a currency sign), trimmed.
static bool spell_in_ascii(const char *cell, size_t length, char out[HABIT_CELL_MAX + 1])
{
    static const struct {
        const char *from;
        char to;
    } spellings[] = {
        {"\xC2\xA0", ' '},     {"\xE2\x80\xAF", ' '},
        {"\xE2\x80\x89", ' '}, {"\xE2\x80\x99", '\''},
        {"\xE2\x88\x92", '-'}, {"\xE2\x80\x93", '-'},
        {"\xE2\x82\xAC", '~'}, {"\xC2\xA3", '~'},
        {"\xC2\xA5", '~'},     {"$", '~'},
        {"\t", ' '},
    };
    const size_t count = sizeof spellings / sizeof spellings[0];
    size_t n = 0;

    for (size_t i = 0; i < length;) {
        char c = cell[i];
        size_t step = 1;

        for (size_t k = 0; k < count; k++) {
            const size_t size = strlen(spellings[k].from);

            if (size <= length - i && memcmp(cell + i, spellings[k].from, size) == 0) {
                c = spellings[k].to;
                step = size;
            }
        }
        if (c < ' ' || c > '~' || n == HABIT_CELL_MAX)
            return false;
        if (c != ' ' || n > 0)
            out[n++] = c;
        i += step;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    return n > 0;
}

static bool same_word(const char *a, size_t length, const char *b)
{
    if (strlen(b) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (lower(a[i]) != b[i])
            return false;
    }
    return true;
}

// A month's name, or its first three letters and more of it, in English; `length` letters.
static bool is_month(const char *word, size_t length)
{
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    char name[12];

    if (length < 3 || length > 9)
        return false;
    for (size_t i = 0; i < length; i++)
        name[i] = lower(word[i]);
    for (size_t i = 0; i < sizeof months / sizeof months[0]; i++) {
        if (strncmp(months[i], name, length) == 0)
            return true;
    }
    return false;
}

// Two whole numbers with a / between them.
static bool is_fraction(const char *text, double *value)
{
    const char *slash = strchr(text, '/');
    double above, below;

    if (!slash || !text_number(text, (size_t)(slash - text), false, &above) ||
        !text_number(slash + 1, strlen(slash + 1), false, &below) || below == 0)
        return false;
    *value = above / below;
    return true;
}

// 2024-05-12, 12.05.2024, 5/12/24, 12-May, May 24, 1. Mar 2024, 12.05. and the like.
static bool is_date(const char *text)
{
    size_t numbers = 0, months = 0;
    size_t number_digits[4] = {0};
    char separators[4] = {0};
    size_t separator_count = 0;

    for (const char *c = text; *c;) {
        size_t n = 0;

        if (is_digit(*c)) {
            while (is_digit(c[n]))
                n++;
            if (numbers == 3 || n > 4)
                return false;
            number_digits[numbers++] = n;
        } else if (is_letter(*c)) {
            while (is_letter(c[n]))
                n++;
            if (*c == 'T' && n == 1 && numbers == 3)
                return true; // a time follows
            if (!is_month(c, n))
                return false;
            months++;
        } else if (strchr("-/. ", *c)) {
            n = 1;
            if (*c != ' ' && separator_count < 4)
                separators[separator_count++] = *c;
            else if (*c == ' ' && numbers == 3)
                return separator_count >= 2;
        } else {
            return false;
        }
        c += n;
    }
    if (months == 1)
        return numbers >= 1;
    if (months > 1 || text[0] == '-' || separator_count < 1 || separator_count > 3)
        return false;
    if (separators[0] == '.') // 1.000.000 is none, 12.05.2024 is
        return numbers == 3 && separator_count == 2 && number_digits[0] <= 2 &&
               number_digits[1] <= 2 && number_digits[2] != 3;
    if (separator_count > 1 && separators[0] != separators[1])
        return false;
    return numbers == 3 || (numbers == 2 && separators[0] == '/');
}

// The digits and separators at *at, taken apart. False if they make no number.
static bool take_digits(const char **at, struct written_number *x)
{
    const char *c = *at;
    size_t n = strlen(x->digits), group_digits = 0, run = 0;
    size_t commas = 0, points = 0;
    const char *last_comma = NULL, *last_point = NULL, *end = c;
    char decimal = 0, group = 0;

    for (; is_digit(*c) || (*c && strchr(",. '", *c)); c++) {
        if (*c == ',') {
            commas++;
            last_comma = c;
        } else if (*c == '.') {
            points++;
            last_point = c;
        }
        if (*c == ' ' && !is_digit(c[1]))
            break;
        end = c + 1;
    }
    if (commas > 0 && points > 0)
        decimal = last_comma > last_point ? ',' : '.';
    else if (commas == 1 || points == 1)
        decimal = commas == 1 ? ',' : '.';
    for (c = *at; c < end; c++) {
        if (is_digit(*c)) {
            x->digits[n++] = *c;
            run++;
        } else if (*c == decimal && (decimal == ',' ? last_comma : last_point) == c) {
            if (group && run != 3)
                return false;
            x->ambiguous = !group && run >= 1 && run <= 3 && c[-(ptrdiff_t)run] != '0';
            x->digits[n++] = '.';
            x->comma_decimal = decimal == ',';
            x->point_decimal = decimal == '.';
            run = 0;
            group_digits = 1; // behind the decimal separator
        } else {
            if (group_digits || (group && (group != *c || run != 3)) || run == 0 || run > 3)
                return false;
            group = *c;
            run = 0;
        }
    }
    if (decimal) {
        x->ambiguous = x->ambiguous && run == 3;
    } else if (group && run != 3) {
        return false;
    }
    x->digits[n] = '\0';
    x->group = group;
    *at = end;
    return n > 0 && is_digit(x->digits[n - 1]);
}

// The exponent of 1,5e3, if there is one.
static void take_exponent(const char **at, struct written_number *x)
{
    const char *c = *at;
    size_t n = strlen(x->digits);

    if (lower(*c) != 'e' || !(is_digit(c[1]) || ((c[1] == '-' || c[1] == '+') && is_digit(c[2]))))
        return;
    x->digits[n++] = *c++;
    while ((is_digit(*c) || x->digits[n - 1] == 'e' || x->digits[n - 1] == 'E') &&
           n + 1 < sizeof x->digits)
        x->digits[n++] = *c++;
    x->digits[n] = '\0';
    x->ambiguous = false;
    *at = c;
}

// A word such as EUR, k or Mio, or a currency sign, at *at. False if there is another word.
static bool take_words(const char **at, struct written_number *x, bool before)
{
    static const char *const currencies[] = {
        "eur", "usd", "gbp", "chf", "jpy", "cny", "sek",  "nok",   "dkk",    "pln",
        "czk", "huf", "cad", "aud", "nzd", "inr", "euro", "euros", "dollar", "dollars"};
    static const struct {
        const char *name;
        double scale;
    } units[] = {{"k", 1e3},        {"thousand", 1e3}, {"tsd", 1e3},  {"m", 1e6},
                 {"mn", 1e6},       {"mm", 1e6},       {"mio", 1e6},  {"million", 1e6},
                 {"millions", 1e6}, {"b", 1e9},        {"bn", 1e9},   {"mrd", 1e9},
                 {"billion", 1e9},  {"billions", 1e9}, {"teur", 1e3}, {"keur", 1e3},
                 {"kusd", 1e3},     {"meur", 1e6},     {"musd", 1e6}};
    const char *c = *at;

    for (;;) {
        size_t n = 0;
        bool known = false;

        while (*c == ' ' || (*c == '.' && !is_digit(c[1])))
            c++;
        if (*c == '~') {
            x->money = true;
            c++;
            continue;
        }
        while (is_letter(c[n]))
            n++;
        if (n == 0)
            break;
        for (size_t i = 0; i < sizeof currencies / sizeof currencies[0] && !known; i++)
            known = same_word(c, n, currencies[i]);
        x->money = x->money || known;
        for (size_t i = 0; i < sizeof units / sizeof units[0] && !known && !before; i++) {
            if (same_word(c, n, units[i].name) && x->scale == 1) {
                x->scale = units[i].scale;
                known = true;
            }
        }
        if (!known)
            return false;
        c += n;
    }
    *at = c;
    return true;
}

static bool take_apart(const char *text, struct written_number *x)
{
    size_t n = 0;

    x->scale = 1;
    for (int side = 0; side < 2; side++) {
        if (n == 0 && (*text == '-' || *text == '+')) {
            if (*text == '-')
                x->digits[n++] = '-';
            text++;
        }
        if (side == 0 && !take_words(&text, x, true))
            return false;
    }
    if (!take_digits(&text, x))
        return false;
    take_exponent(&text, x);
    if (!take_words(&text, x, false))
        return false;
    if (*text == '%') {
        x->percent = true;
        text++;
    }
    return *text == '\0';
}

// Writes the number as the study wants it. `decimal`: whether x's decimal separator is one.
static void respell(const struct written_number *x, bool decimal, bool decimal_comma, char out[64])
{
    double value;

    snprintf(out, 64, "%s", x->digits);
    if (!decimal) {
        char *point = strchr(out, '.');

        if (point)
            memmove(point, point + 1, strlen(point));
    }
    if ((x->scale != 1 || x->percent) && text_number(out, strlen(out), false, &value))
        snprintf(out, 64, "%.15g", x->percent ? value * x->scale / 100 : value * x->scale);
    if (decimal_comma) {
        char *point = strchr(out, '.');

        if (point)
            *point = ',';
    }
}

static const char *habit_of_number(const struct written_number *x, const char *cell,
                                   bool decimal_comma, char *message)
{
    const bool wrong_decimal = decimal_comma ? x->point_decimal : x->comma_decimal;
    char good[64], other[64];
    double value;

    respell(x, true, decimal_comma, good);
    respell(x, false, decimal_comma, other);
    if (!text_number(good, strlen(good), decimal_comma, &value))
        return NULL; // 1e999
    if (x->percent)
        snprintf(message, TEXT_HABIT_MAX, "'%s' is a percentage: write %s", cell, good);
    else if ((x->money || x->scale != 1) && wrong_decimal && x->ambiguous)
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' has a currency or unit: write the plain number, %s or %s", cell, other,
                 good);
    else if (x->money || x->scale != 1)
        snprintf(message, TEXT_HABIT_MAX, "'%s' has a currency or unit: write the plain number, %s",
                 cell, good);
    else if (wrong_decimal && x->ambiguous && !decimal_comma)
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' has a comma: write %s if it separates thousands, %s if it is a decimal "
                 "comma ([csv] decimal = comma in study.ini would accept that)",
                 cell, other, good);
    else if (wrong_decimal && x->ambiguous)
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' has a point, but study.ini says [csv] decimal = comma: write %s if it "
                 "separates thousands, %s if it is a decimal point",
                 cell, other, good);
    else if (x->group)
        snprintf(message, TEXT_HABIT_MAX, "'%s' has separators of thousands: write %s", cell, good);
    else if (wrong_decimal && !decimal_comma)
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' has a decimal comma: write %s, or declare [csv] decimal = comma in "
                 "study.ini",
                 cell, good);
    else if (wrong_decimal)
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' has a decimal point, but study.ini says [csv] decimal = comma: write %s",
                 cell, good);
    else
        snprintf(message, TEXT_HABIT_MAX, "'%s' has characters beside the number: write %s", cell,
                 good);
    return message;
}

const char *text_number_habit(const char *cell, size_t length, bool decimal_comma, char *message)
{
    struct written_number number = {.scale = 1};
    char text[HABIT_CELL_MAX + 1], original[3 * HABIT_CELL_MAX + 1], decimal[64];
    double value;

    if (length >= sizeof original || text_number(cell, length, decimal_comma, &value) ||
        !spell_in_ascii(cell, length, text))
        return NULL;
    memcpy(original, cell, length);
    original[length] = '\0';
    if (text[0] == '#' && is_letter(text[1])) {
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' is an error value of a spreadsheet: mend the formula, or leave the cell "
                 "empty",
                 original);
        return message;
    }
    if (same_word(text, strlen(text), "n/a") || same_word(text, strlen(text), "na") ||
        strcmp(text, "-") == 0) {
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' is not a number: leave the cell empty if it is "
                 "not known",
                 original);
        return message;
    }
    if (is_fraction(text, &value)) {
        snprintf(number.digits, sizeof number.digits, "%.6g", value);
        respell(&number, true, decimal_comma, decimal);
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' is a fraction or a date: write the number, such as %s", original, decimal);
        return message;
    }
    if (is_date(text)) {
        snprintf(message, TEXT_HABIT_MAX,
                 "'%s' is a date where a number belongs (spreadsheets turn 1.5 or 3/4 into dates): "
                 "write the number, such as 1.5",
                 original);
        return message;
    }
    if (!take_apart(text, &number))
        return NULL;
    return habit_of_number(&number, original, decimal_comma, message);
}
