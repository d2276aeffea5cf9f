// Text for people: amounts, shares, tables. Everything goes to stdout.
//
// Memory is taken without limit and never given back: a command prints and ends. Where there is
// none left, the program ends with STATUS_SYSTEM.
#ifndef LOSSMILL_COMMANDS_PRINT_H
#define LOSSMILL_COMMANDS_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diagnostics.h"

// Reads the locale and the terminal; to be called once, first.
void print_start(void);

// Takes the status that main returns, or exit gets. Whatever else ends the program is a failure.
int print_end(int status);

bool print_utf8(void);                                 // else ASCII only for our own signs
const char *sign(const char *utf8, const char *ascii); // the one that the locale can show

// Ends the output: `status`, or STATUS_SYSTEM with a message if anything could not be written.
int output_finish(int status);

void *must_alloc(size_t count, size_t size); // zeroed; to be freed
// Of an error: the status of what cannot be read, by whose fault it is.
int input_status(const struct diagnostics *d);

void *must_have(void *memory); // not NULL

const char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

// As it may be shown on a terminal: control characters and bytes that are no UTF-8 become '?', and
// what is wider than `columns` is cut and ends in an ellipsis. columns = 0: no limit. NULL is
// empty.
const char *text_shown(const char *text, size_t columns);
size_t text_columns(const char *text); // that it takes on a terminal

// An amount, such as "1.23 M": to the digit that `error` (a standard error, in the same unit)
// supports, between one and three digits; three where it is NaN. "-" for NaN.
const char *money_text(double amount, double error);
const char *money_error_text(double half_width); // two digits; "not finite" for an infinite one
const char *plus_minus_text(double error);       // half the 95 % range, from a standard error
const char *share_text(double share);            // "12.3 %"; "-" for NaN
const char *chance_text(double chance);          // to be held against another one: three digits
const char *number_text(double number);          // three digits: "0.00123", "12.3", "1,230,000"
const char *whole_text(uint64_t number);         // "1,230,000"
const char *bytes_text(double bytes);
const char *duration_text(double seconds);

enum align { ALIGN_LEFT, ALIGN_RIGHT };

struct column {
    const char *head;
    enum align align;
    size_t limit; // columns at most; 0: no limit
};

// Printing frees it.
struct listing;
struct listing *listing_new(const struct column *columns, size_t count);
void listing_cell(struct listing *listing, const char *text); // the next one, row by row
void listing_print(struct listing *listing, size_t indent);
void listing_print_bare(struct listing *listing, size_t indent); // without its heads

// Words of `text`, as text_shown shows them, in lines of at most 99 columns: the first one
// indented, those after it by two more.
void paragraph(size_t indent, const char *text);

void heading(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Said wherever annual_loss = product.
extern const char product_warning[];

#endif
