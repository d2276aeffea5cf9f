#include "commands/print.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/utf8.h"
#include "commands/commands.h"

static bool locale_utf8, colour;
static bool ending;        // because we will
static struct arena texts; // all that is formatted; it lives as long as the program

const char product_warning[] =
    "ATTENTION: annual_loss = product. A year's rate was multiplied by one magnitude, as some\n"
    "spreadsheets do; no events were added up. The tail is wrong both ways: use it for comparison "
    "only.";

// OpenMP's run time, and HDF5, end the program where they get no memory or no threads, with a
// status that means something else here.
static void on_exit_of_others(void)
{
    if (ending)
        return;
    fprintf(stderr, "lossmill: a library could not go on: out of memory, or of threads\n");
    _exit(STATUS_SYSTEM);
}

int print_end(int status)
{
    ending = true;
    return status;
}

void print_start(void)
{
    atexit(on_exit_of_others);
    setlocale(LC_CTYPE, "");
    locale_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    colour = isatty(STDOUT_FILENO) && (no_colour == NULL || *no_colour == '\0') &&
             terminal != NULL && strcmp(terminal, "dumb") != 0;
}

bool print_utf8(void)
{
    return locale_utf8;
}

const char *sign(const char *utf8, const char *ascii)
{
    return locale_utf8 ? utf8 : ascii;
}

int output_finish(int status)
{
    // where the C library has no memory to format a text it leaves it out, and only errno tells
    const bool unformatted = errno == ENOMEM;
    errno = unformatted ? ENOMEM : 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout) != 0 || unformatted;
    if (!failed)
        return status;
    fprintf(stderr, "lossmill: cannot write the output: %s\n",
            errno != 0 ? strerror(errno) : "an earlier write failed");
    return STATUS_SYSTEM;
}

void *must_have(void *memory)
{
    if (memory != NULL)
        return memory;
    fprintf(stderr, "lossmill: out of memory\n");
    exit(print_end(STATUS_SYSTEM));
}

int input_status(const struct diagnostics *d)
{
    return diagnostics_failed(d) ? STATUS_SYSTEM : STATUS_INPUT;
}

void *must_alloc(size_t count, size_t size)
{
    return must_have(calloc(count > 0 ? count : 1, size));
}

static char *text_alloc(size_t size)
{
    return must_have(arena_alloc(&texts, size, 1));
}

const char *text_format(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = text_alloc((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

size_t text_columns(const char *text)
{
    size_t columns = 0;
    while (*text != '\0') {
        uint32_t code;
        text += utf8_decode(text, 4, &code);
        columns += utf8_columns(code);
    }
    return columns;
}

const char *text_shown(const char *text, size_t columns)
{
    if (text == NULL)
        return "";
    const char *ellipsis = sign("\u2026", "...");
    size_t room = columns;
    if (columns > 0 && text_columns(text) > columns)
        room = columns > text_columns(ellipsis) ? columns - text_columns(ellipsis) : 1;
    else
        room = SIZE_MAX;
    char *shown = text_alloc(strlen(text) + strlen(ellipsis) + 1);
    size_t used = 0, width = 0;
    while (*text != '\0') {
        uint32_t code;
        size_t length = utf8_decode(text, 4, &code);
        if (width + utf8_columns(code) > room) {
            strcpy(shown + used, ellipsis);
            return shown;
        }
        width += utf8_columns(code);
        if (code == UTF8_INVALID || utf8_is_control(code)) {
            shown[used++] = '?';
        } else {
            memcpy(shown + used, text, length);
            used += length;
        }
        text += length;
    }
    return shown;
}

// `digits` significant ones with a unit of thousands; rounding first, so that 999.6 k is 1.00 M.
static const char *scaled_text(double amount, int digits)
{
    static const char *const units[] = {"", " k", " M", " bn", " tn"};
    char rounded[40];
    snprintf(rounded, sizeof rounded, "%.*e", digits - 1, amount);
    int exponent = atoi(strchr(rounded, 'e') + 1);
    int group = exponent < 3 ? 0 : exponent / 3;
    if (group > 4)
        return text_format("%.*e", digits - 1, amount);
    int decimals = digits - 1 - (exponent - 3 * group);
    if (decimals < 0)
        decimals = 0;
    if (group == 0 && decimals > 2)
        decimals = 2; // no less than a hundredth
    return text_format("%.*f%s", decimals, strtod(rounded, NULL) / pow(1000, group), units[group]);
}

const char *money_text(double amount, double error)
{
    if (isnan(amount))
        return "-";
    if (isinf(amount))
        return "not finite";
    if (amount == 0)
        return "0";
    int digits = 3;
    if (error > 0 && isfinite(error)) {
        // The last digit shown stands where the 95 % half-width has its first.
        double place = pow(10, floor(log10(2 * error)));
        double rounded = fmax(round(fabs(amount) / place), 1); // 9.98 M to 10.0 M gains a digit
        int supported = (int)floor(log10(rounded)) + 1;
        digits = supported < 1 ? 1 : supported > 3 ? 3 : supported;
    }
    return scaled_text(amount, digits);
}

const char *money_error_text(double half_width)
{
    if (isnan(half_width))
        return "-";
    if (isinf(half_width))
        return "not finite";
    return half_width == 0 ? "0" : scaled_text(half_width, 2);
}

const char *plus_minus_text(double error)
{
    return text_format("%s %s", sign("\u00b1", "+/-"), money_error_text(1.96 * error));
}

const char *share_text(double share)
{
    double percent = 100 * share;
    if (isnan(percent))
        return "-";
    if (percent == 0)
        return "0 %";
    if (percent < 100 && percent >= 99.95)
        return "> 99.9 %";
    if (fabs(percent) >= 99.95)
        return text_format("%.0f %%", percent);
    if (fabs(percent) < 0.001)
        return text_format("%.1e %%", percent);
    int decimals = fabs(percent) >= 0.1 ? 1 : fabs(percent) >= 0.01 ? 2 : 3;
    return text_format("%.*f %%", decimals, percent);
}

const char *chance_text(double chance)
{
    return isnan(chance) ? "-" : text_format("%.3g %%", 100 * chance);
}

const char *whole_text(uint64_t number)
{
    char digits[24];
    char *text = text_alloc(32);
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    size_t used = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    return text;
}

const char *number_text(double number)
{
    if (isnan(number))
        return "-";
    if (isinf(number))
        return "not finite";
    if (fabs(number) >= 1e15 || (number != 0 && fabs(number) < 1e-4))
        return text_format("%.2e", number);
    if (number >= 999.5)
        return whole_text((uint64_t)(number + 0.5));
    return text_format("%.3g", number);
}

const char *bytes_text(double bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    int unit = 0;
    for (; bytes >= 999.5 && unit < 4; unit++)
        bytes /= 1000;
    return text_format("%.*f %s", bytes < 9.95 && unit > 0 ? 1 : 0, bytes, units[unit]);
}

const char *duration_text(double seconds)
{
    if (seconds < 1)
        return "under a second";
    if (seconds < 99.5)
        return text_format("about %.0f s", seconds);
    if (seconds < 99.5 * 60)
        return text_format("about %.0f min", seconds / 60);
    return text_format("about %.1f h", seconds / 3600);
}

struct listing {
    const struct column *columns;
    size_t count; // of columns
    size_t cells, room;
    const char **cell;
};

struct listing *listing_new(const struct column *columns, size_t count)
{
    struct listing *listing = must_alloc(1, sizeof *listing);
    listing->columns = columns;
    listing->count = count;
    return listing;
}

void listing_cell(struct listing *listing, const char *text)
{
    if (listing->cells == listing->room) {
        listing->room = listing->room > 0 ? 2 * listing->room : 64;
        const char **wider = must_alloc(listing->room, sizeof *wider);
        if (listing->cells > 0)
            memcpy(wider, listing->cell, listing->cells * sizeof *wider);
        free(listing->cell);
        listing->cell = wider;
    }
    size_t limit = listing->columns[listing->cells % listing->count].limit;
    listing->cell[listing->cells++] = text_shown(text, limit);
}

static void print_padded(const char *text, size_t width, enum align align, bool last)
{
    int blanks = (int)(width - text_columns(text));
    if (align == ALIGN_RIGHT)
        printf("%*s%s", blanks, "", text);
    else
        printf("%s%*s", text, last ? 0 : blanks, "");
}

static void print_heads(const struct listing *listing, const size_t *width, size_t indent)
{
    printf("%*s%s", (int)indent, "", colour ? "\033[2m" : "");
    for (size_t c = 0; c < listing->count; c++) {
        bool last = c + 1 == listing->count;
        print_padded(listing->columns[c].head, width[c], listing->columns[c].align, last);
        fputs(last ? "" : "  ", stdout);
    }
    puts(colour ? "\033[0m" : "");
}

static void print_rows(struct listing *listing, size_t indent, bool heads)
{
    size_t *width = must_alloc(listing->count, sizeof *width);
    for (size_t c = 0; heads && c < listing->count; c++)
        width[c] = text_columns(listing->columns[c].head);
    for (size_t i = 0; i < listing->cells; i++) {
        size_t columns = text_columns(listing->cell[i]);
        if (columns > width[i % listing->count])
            width[i % listing->count] = columns;
    }
    if (heads)
        print_heads(listing, width, indent);
    for (size_t first = 0; first < listing->cells; first += listing->count) {
        size_t last = listing->count; // blanks at the end of a line are not printed
        while (last > 1 && *listing->cell[first + last - 1] == '\0')
            last--;
        printf("%*s", (int)indent, "");
        for (size_t c = 0; c < last; c++) {
            print_padded(listing->cell[first + c], width[c], listing->columns[c].align,
                         c + 1 == last);
            fputs(c + 1 == last ? "\n" : "  ", stdout);
        }
    }
    free(width);
    free(listing->cell);
    free(listing);
}

void listing_print(struct listing *listing, size_t indent)
{
    print_rows(listing, indent, true);
}

void listing_print_bare(struct listing *listing, size_t indent)
{
    print_rows(listing, indent, false);
}

// Up to the next blank at which a line may end: an amount's unit stays with it.
static int word_length(const char *word)
{
    size_t length = strcspn(word, " ");
    while (length > 0 && word[length] == ' ' && strchr("0123456789", word[length - 1]) != NULL &&
           strcspn(word + length + 1, " ,.:;") <= 2)
        length += 1 + strcspn(word + length + 1, " ");
    return (int)length;
}

void paragraph(size_t indent, const char *text)
{
    enum { LINE_COLUMNS = 99 };
    const char *shown = text_shown(text, 0);
    size_t used = indent;
    printf("%*s", (int)indent, "");
    for (const char *word = shown; *word != '\0';) {
        int length = word_length(word);
        size_t columns = text_columns(text_format("%.*s", length, word));
        if (used + 1 + columns > LINE_COLUMNS && used > indent) {
            printf("\n%*s", (int)indent + 2, "");
            used = indent + 2;
        } else if (word != shown) {
            putchar(' ');
            used++;
        }
        printf("%.*s", length, word);
        used += columns;
        word += length;
        word += *word == ' ';
    }
    putchar('\n');
}

void heading(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs(colour ? "\n\033[1m" : "\n", stdout);
    vprintf(format, arguments);
    puts(colour ? "\033[0m" : "");
    va_end(arguments);
}
