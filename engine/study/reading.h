// What the files of this folder share while they fill a `struct study`.
#ifndef LOSSMILL_STUDY_READING_H
#define LOSSMILL_STUDY_READING_H

#include "study/csv.h"
#include "study/study.h"

// What study.ini says about reading; the settings of the run itself go to the portfolio.
struct rules {
    bool decimal_comma, windows_1252;
    enum stated stated;
    bool empty_selection_allowed;
    bool bad_assets_skipped;
    uint64_t bad_assets_limit;
    size_t grouping_count;
    const char *const *groupings;              // as written
    uint64_t groupings_line, annual_loss_line; // of study.ini
};

struct reading {
    struct study *study; // being filled
    const struct study_options *options;
    struct arena *kept;   // the study's own
    struct arena scratch; // freed when the study has been read
    struct rules rules;
    struct diagnostics *d;

    int folder; // descriptor of the study folder
    size_t file_count;
    const char *const *files; // names in the folder, in the order of their stems
    size_t input_capacity;

    struct words cells;                        // distinct distribution cells
    const struct distribution **distributions; // [cells.count]; NULL: not read yet
    size_t distribution_capacity;
    struct quantile_shelf shelf; // their tables

    // In the order of ids, with the columns of these; -1 where there is no such table.
    struct table assets, threats, scenarios, events, drivers, treatments, controls;
    int asset_id, threat_id, event_id, driver_id, treatment_id, control_id;
    bool assets_complete; // else a selector that matches nothing may be right
};

// How the study's tables are written and who reads them.
struct csv_format reading_format(struct reading *reading);

// Tells whoever waits what is being done; `done` is NAN where it is not known.
void reading_tell(const struct reading *reading, double done, const char *phase);

// Adds "memory is exhausted" and returns false.
bool reading_out_of_memory(struct reading *reading);

#endif
