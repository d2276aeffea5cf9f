// What the files of `lossmill fit` share: its options, what was read, and what was found.
#ifndef LOSSMILL_COMMANDS_FIT_H
#define LOSSMILL_COMMANDS_FIT_H

#include <stdbool.h>
#include <stdio.h>

#include "fit/counts.h"
#include "fit/fit.h"
#include "fit/tail.h"

struct fit_options {
    const char *file, *column;
    const char *below, *above; // where records begin and end: an amount, or a column; or NULL
    const char *censored, *exposure, *threshold, *laws, *cap;
    bool counts, decimal_comma, windows_1252, json;
    uint64_t periods; // in a year
};

// ---- fit_data.c

struct fit_data {
    struct loss *losses; // unless counts
    struct count *counts;
    size_t rows;
    size_t left_out; // rows without a value
};

// False after diagnostics, each at its cell. What was read lives in `arena`.
bool fit_data_read(struct fit_data *data, const struct fit_options *options, struct arena *arena,
                   struct diagnostics *d);

// ---- what was found

enum { FIT_LAWS_MAX = 16, FIT_LEVELS = 5 };
extern const double fit_tails[FIT_LEVELS]; // exceedance probabilities that tables have

// A law of what was recorded, as it is pasted into a cell.
struct fit_cell {
    const char *text;
    const struct distribution *law; // NULL where a cell may not say this
    double mean, quantile[FIT_LEVELS];
};

struct fit_found {
    const struct fit_options *options;
    const struct fit_data *data;
    struct losses losses;
    struct arena *arena;

    size_t count; // of laws fitted, by AIC
    struct fit fits[FIT_LAWS_MAX];
    struct fit_cell cells[FIT_LAWS_MAX]; // where fits[i].state == FIT_FOUND
    size_t found;                        // how many are: the first ones

    bool has_tail;
    struct tail tail;
    struct fit_cell tail_cell, spliced, mixed; // law NULL, text NULL where there is none
    struct tail_point shapes[TAIL_POINTS_MAX];
    size_t shape_count;

    const char *empirical; // the cell of the data themselves; NULL where there is none

    size_t note_count;
    const char *notes[4 * FIT_LAWS_MAX]; // sentences for people
};

// ---- fit_cells.c

// Fills what a cell says: found->cells, tail_cell, spliced, mixed and empirical.
void fit_cells_fill(struct fit_found *found);

// ---- fit_notes.c

// The sentence that says which law describes the losses best.
const char *fit_verdict(const struct fit_found *found);

// Fills found->notes: what to be careful with.
void fit_notes_fill(struct fit_found *found);

// ---- fit_print.c, fit_json.c

void fit_print(const struct fit_found *found);

// "0.78695 ± 0.015": five digits, and the standard error where there is one.
const char *fit_estimate_text(double value, double error);

void fit_json(const struct fit_found *found, FILE *out);

// ---- fit_counts.c

void fit_counts_print(const struct fit_options *options, const struct fit_data *data,
                      const struct counts *counts);
void fit_counts_json(const struct fit_options *options, const struct fit_data *data,
                     const struct counts *counts, FILE *out);

// ---- fit_plot.c

// The picture as SVG, in light and dark.
void fit_plot(const struct fit_found *found, FILE *out);

// The file's name without its folder.
const char *fit_file_name(const struct fit_options *options);

#endif
