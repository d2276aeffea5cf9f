// Writing CSV (RFC 4180, LF) that a spreadsheet may open: no cell is taken for a formula.
#ifndef LOSSMILL_COMMANDS_CSV_H
#define LOSSMILL_COMMANDS_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct csv {
    FILE *out;
    bool behind_cell;
};

// A cell that begins with = + - @ tab or CR and is not a number gets an apostrophe in front. NULL:
// empty.
void csv_text(struct csv *csv, const char *text);
void csv_plain(struct csv *csv, const char *text); // as it is, for a program to read
void csv_number(struct csv *csv, double number);   // shortest; empty for NaN
void csv_whole(struct csv *csv, uint64_t number);
void csv_end(struct csv *csv); // of the row

#endif
