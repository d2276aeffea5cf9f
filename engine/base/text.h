// Names and numbers as people write them.
#ifndef LOSSMILL_BASE_TEXT_H
#define LOSSMILL_BASE_TEXT_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TEXT_NAME_MAX = 64 }; // longer names are near none

// Insertions, deletions, substitutions and exchanges of neighbours that lead from `a` to `b`, no
// letter being edited twice (optimal string alignment); limit + 1 if more than `limit`, or if one
// is longer than TEXT_NAME_MAX. In bytes.
size_t text_distance(const char *a, size_t a_length, const char *b, size_t b_length, size_t limit);

// The first of the nearest of `names` at a distance of at most `limit` and at most half of the
// length of `word`; case, blanks, hyphens and underscores do not count. NULL if there is none.
const char *text_nearest(const char *word, size_t length, const char *const *names, size_t count,
                         size_t limit);

// That of C, where numbers have a point: a process that the engine is embedded in may have another.
locale_t text_locale(void);

// True, with the correctly rounded value, if the whole cell is one finite number: sign, decimal
// digits with a point (with a comma, and never a point, if `decimal_comma`), exponent. No blanks,
// no hexadecimal, no inf, no nan. At most 400 bytes.
bool text_number(const char *cell, size_t length, bool decimal_comma, double *value);

// For a cell that text_number refuses: if it is a number as spreadsheets and people write it (12,5
// / 15 % / 1 000 000 / 1'000'000 / 1,000,000 / EUR 50k), an error value of a spreadsheet, or a
// date, fills `message` (at least TEXT_HABIT_MAX bytes) with what it is and how the cell should
// read, and returns it. NULL if no habit is recognised.
enum { TEXT_HABIT_MAX = 512 };
const char *text_number_habit(const char *cell, size_t length, bool decimal_comma, char *message);

// Prints `text`, cut behind `limit` bytes (and then "..."), with control characters and what is not
// UTF-8 as \xNN: what a cell holds must not reach a terminal as commands.
void text_print_safely(FILE *stream, const char *text, size_t limit);

#endif
