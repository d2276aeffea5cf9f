// What is wrong with the input, collected so that all of it is reported in one go.
//
// A function that can fail takes the caller's `struct diagnostics` last, adds to it, and returns
// false. Library code never prints: commands/ does, with diagnostics_print.
#ifndef LOSSMILL_BASE_DIAGNOSTICS_H
#define LOSSMILL_BASE_DIAGNOSTICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// Where in the input. Any part may be NULL or 0: unknown or not applicable.
struct place {
    const char *file;   // path as the user would name it, such as "scenarios.csv"
    uint64_t line;      // 1-based physical line on which the row starts
    const char *column; // column name (CSV) or "section.key" (INI)
    const char *value;  // the offending cell, whole; shown shortened
};

enum diagnostic_level { DIAGNOSTIC_WARNING, DIAGNOSTIC_ERROR };

struct diagnostic {
    enum diagnostic_level level;
    struct place place;
    const char *message;
};

enum { DIAGNOSTICS_SHOWN_MAX = 100 }; // more are counted, not kept

struct diagnostics; // not thread-safe: one per thread, merged with diagnostics_append

struct diagnostics *diagnostics_new(void); // NULL if memory is exhausted
void diagnostics_free(struct diagnostics *d);

// Copies everything it is given. Where memory is exhausted, that is told instead.
void diagnostics_add(struct diagnostics *d, const struct place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnostics_warn(struct diagnostics *d, const struct place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnostics_append(struct diagnostics *d, const struct diagnostics *from);

// An error of the system, not of the input: memory, a disk.
void diagnostics_fail(struct diagnostics *d, const struct place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Of the error that was just added: its errno. It is the system's, unless a name was wrong.
void diagnostics_blame(struct diagnostics *d, int error);
bool diagnostics_blames_system(int error);
// Whether any error was the system's.
bool diagnostics_failed(const struct diagnostics *d);

// Whether one more of that level would be kept: else a costly message need not be made.
bool diagnostics_keeps(const struct diagnostics *d, enum diagnostic_level level);

uint64_t diagnostics_errors(const struct diagnostics *d);
uint64_t diagnostics_warnings(const struct diagnostics *d);
uint64_t diagnostics_kept(const struct diagnostics *d);
const struct diagnostic *diagnostics_get(const struct diagnostics *d, uint64_t index);

// One line each, "file:line: column: error: message (found 'value')", in the order of (file, line),
// then a line with the totals if any were not kept.
void diagnostics_print(const struct diagnostics *d, FILE *stream);

#endif
