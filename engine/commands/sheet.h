// A register: rows of named cells, as CSV for spreadsheets, as JSON for programs, or as a table in
// a page.
#ifndef LOSSMILL_COMMANDS_SHEET_H
#define LOSSMILL_COMMANDS_SHEET_H

#include "commands/csv.h"
#include "commands/json.h"
#include "models/portfolio.h"

enum sheet_kind { SHEET_CSV, SHEET_JSON, SHEET_HTML };

enum shown_as { SHOWN_TEXT, SHOWN_DATE, SHOWN_NUMBER, SHOWN_MONEY, SHOWN_SHARE };

// A column that a page has room for.
struct sheet_shown {
    const char *column, *heading;
    enum shown_as as;
};

struct sheet_form {
    enum sheet_kind kind;
    // Of SHEET_HTML: what is shown, in the order of the register's columns, and of how many rows.
    size_t shown_count, rows_most;
    const struct sheet_shown *shown;
};

struct sheet {
    const struct sheet_form *form;
    struct csv csv;
    struct json json;
    FILE *out;
    const char *const *columns;
    size_t count, at;      // columns, and the next cell's
    size_t shown_at, rows; // the next shown column; rows that are complete
    const char *as_of;
};

// `name` is what the register is called in JSON and to screen readers. Every row of a CSV ends in
// the study's as_of.
void sheet_start(struct sheet *sheet, FILE *out, const struct sheet_form *form, const char *name,
                 const struct settings *settings, const char *const *columns, size_t count);
void sheet_end(struct sheet *sheet);

// The cells of a row, in the order of the columns; the last one ends it.
void sheet_text(struct sheet *sheet, const char *text); // NULL: missing
void sheet_number(struct sheet *sheet, double number);  // NaN: missing
void sheet_whole(struct sheet *sheet, uint64_t number);
void sheet_answer(struct sheet *sheet, enum answer answer); // yes, no, or missing
void sheet_list(struct sheet *sheet, const char *const *texts, size_t count);
void sheet_missing(struct sheet *sheet);

#endif
