// A register: rows of named cells, as CSV for spreadsheets or as JSON for programs.
#ifndef LOSSMILL_COMMANDS_SHEET_H
#define LOSSMILL_COMMANDS_SHEET_H

#include "commands/csv.h"
#include "commands/json.h"
#include "models/portfolio.h"

struct sheet {
    bool as_json;
    struct csv csv;
    struct json json;
    const char *const *columns;
    size_t count, at; // columns, and the next cell's
    const char *as_of;
};

// `name` is what the register is called in JSON. Every row of a CSV ends in the study's as_of.
void sheet_start(struct sheet *sheet, FILE *out, bool as_json, const char *name,
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
