#include "commands/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/machine.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/print.h"

enum { OPTIONS_MAX = 24, NAME_MAX_LENGTH = 64 };

const char *nearest_name(const char *word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(word) >= 3 && strncmp(word, names[i], strlen(word)) == 0)
            return names[i]; // its beginning
    return text_nearest(word, strlen(word), names, count, 2);
}

int options_wrong(const struct manual *manual, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "lossmill %s: ", manual->command);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\nUsage: lossmill %s %s    (lossmill %s --help tells more)\n", manual->command,
            manual->operands, manual->command);
    va_end(arguments);
    return STATUS_USAGE;
}

static void print_option(const struct option_row *row)
{
    char left[64];
    char letter[8] = "    ";
    if (row->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(left, sizeof left, "  %s--%s%s%s", letter, row->name, row->argument ? " " : "",
             row->argument ? row->argument : "");
    printf("%-26s", left);
    for (const char *c = row->help; *c != '\0'; c++) {
        putchar(*c);
        if (*c == '\n')
            printf("%-26s", "");
    }
    putchar('\n');
}

static void print_help(const struct manual *manual, const struct option_row *rows, size_t count)
{
    printf("Usage: lossmill %s %s\n\n%s\n\n", manual->command, manual->operands, manual->summary);
    for (size_t i = 0; i < count; i++)
        print_option(&rows[i]);
    print_option(&(struct option_row){.letter = 'h', .name = "help", .help = "this text"});
    printf("\n%s", manual->text);
}

// Digits, or digits e digits; false if it is anything else or does not fit.
static bool whole_parse(const char *text, uint64_t *value)
{
    const char *c = text;
    uint64_t number = 0;
    if (!isdigit((unsigned char)*c))
        return false;
    for (; isdigit((unsigned char)*c); c++)
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*c - '0'), &number))
            return false;
    if (*c == 'e' || *c == 'E') {
        int exponent = 0;
        if (!isdigit((unsigned char)*++c))
            return false;
        for (; isdigit((unsigned char)*c) && exponent < 100; c++)
            exponent = 10 * exponent + (*c - '0');
        for (; exponent > 0; exponent--)
            if (__builtin_mul_overflow(number, 10u, &number))
                return false;
    }
    *value = number;
    return *c == '\0';
}

// Stores what the row's option was given; false after explaining.
static bool option_store(const struct manual *manual, const struct option_row *row,
                         const char *argument)
{
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)row->value = true;
        return true;
    case OPTION_TEXT:
        *(const char **)row->value = argument;
        return true;
    case OPTION_WHOLE:
        break;
    }
    uint64_t value;
    if (!whole_parse(argument, &value) || value < row->low || value > row->high) {
        options_wrong(manual,
                      "--%s needs a whole number from %" PRIu64 " to %" PRIu64 ", not \"%s\"",
                      row->name, row->low, row->high, argument);
        return false;
    }
    *(uint64_t *)row->value = value;
    return true;
}

static int unknown_option(const struct manual *manual, const struct option_row *rows, size_t count,
                          const char *word)
{
    if (strncmp(word, "--", 2) != 0)
        return options_wrong(manual, "there is no option -%c", optopt);
    const char *names[OPTIONS_MAX + 1];
    char name[NAME_MAX_LENGTH];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].name;
    names[count] = "help";
    for (size_t i = 0; i <= count; i++)
        if (strcmp(names[i], name) == 0)
            return options_wrong(manual, "--%s takes no value", name);
    size_t beginnings = 0;
    for (size_t i = 0; i <= count; i++)
        beginnings += strncmp(names[i], name, strlen(name)) == 0;
    if (beginnings > 1)
        return options_wrong(manual, "--%s could be several options: write it out", name);
    const char *nearest = nearest_name(name, names, count + 1);
    if (nearest != NULL)
        return options_wrong(manual, "there is no option --%s: did you mean --%s?", name, nearest);
    return options_wrong(manual, "there is no option --%s", name);
}

int options_parse(const struct manual *manual, const struct option_row *rows, size_t count,
                  int argc, char **argv, int *operands)
{
    struct option longs[OPTIONS_MAX + 2] = {{0}};
    char letters[3 + 2 * OPTIONS_MAX];
    size_t used = 0;
    letters[used++] = ':'; // a missing argument is told apart from an unknown option
    letters[used++] = 'h';
    for (size_t i = 0; i < count; i++) {
        longs[i] = (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument,
                                   NULL, 256 + (int)i};
        if (rows[i].letter != 0) {
            letters[used++] = rows[i].letter;
            if (rows[i].argument != NULL)
                letters[used++] = ':';
        }
    }
    letters[used] = '\0';
    longs[count] = (struct option){"help", no_argument, NULL, 'h'};

    opterr = 0;
    optind = 1;
    for (;;) {
        int before = optind;
        int found = getopt_long(argc, argv, letters, longs, NULL);
        if (found == -1)
            break;
        if (found == 'h') {
            print_help(manual, rows, count);
            return output_finish(STATUS_DONE);
        }
        if (found == ':')
            return options_wrong(manual, "%s needs a value", argv[optind - 1]);
        if (found == '?')
            return unknown_option(manual, rows, count, argv[optind > before ? optind - 1 : optind]);
        size_t i = 0;
        if (found >= 256)
            i = (size_t)(found - 256);
        else
            while (rows[i].letter != found)
                i++;
        if (!option_store(manual, &rows[i], optarg))
            return STATUS_USAGE;
    }
    *operands = argc - optind;
    if (*operands < manual->operands_min)
        return options_wrong(manual, "something is missing on the command line");
    if (*operands > manual->operands_max)
        return options_wrong(manual, "\"%s\" is one word too many",
                             argv[optind + manual->operands_max]);
    memmove(argv + 1, argv + optind, (size_t)*operands * sizeof *argv);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, "threads") == 0)
            *(uint64_t *)rows[i].value =
                (uint64_t)machine_threads_possible((int)*(uint64_t *)rows[i].value);
    errno = 0; // output_finish looks at it
    return OPTIONS_PROCEED;
}

struct unit {
    const char *name;
    double factor;
};

// A number that is not negative, and the unit right behind it.
static bool quantity_parse(const char *text, size_t length, const struct unit *units, size_t count,
                           double *quantity)
{
    char copy[40], *end;
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (strspn(copy, "0123456789.") == 0)
        return false;
    *quantity = strtod(copy, &end);
    for (size_t i = 0; i < count; i++)
        if (strcmp(end, units[i].name) == 0) {
            *quantity *= units[i].factor;
            return isfinite(*quantity) && *quantity >= 0;
        }
    return false;
}

bool amount_parse(const char *text, size_t length, double *amount)
{
    static const struct unit units[] = {{"", 1},    {"k", 1e3}, {"K", 1e3},
                                        {"M", 1e6}, {"m", 1e6}, {"bn", 1e9}};
    return quantity_parse(text, length, units, sizeof units / sizeof *units, amount);
}

bool duration_parse(const char *text, double *seconds)
{
    static const struct unit units[] = {{"", 1},     {"s", 1},    {"m", 60},
                                        {"min", 60}, {"h", 3600}, {"d", 86400}};
    return quantity_parse(text, strlen(text), units, sizeof units / sizeof *units, seconds);
}
