// Reading a study folder (study.ini and the CSV tables) into a portfolio.
#ifndef LOSSMILL_STUDY_STUDY_H
#define LOSSMILL_STUDY_STUDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diagnostics.h"
#include "models/portfolio.h"

// An input file as it was read: what /study/ keeps and whose hash an auditor compares.
struct study_input {
    const char *name; // relative to the study folder, such as "assets.csv"
    const unsigned char *bytes;
    size_t size;
    char sha256[65]; // lower-case hexadecimal
};

// Assets that no scenario reaches, of one value of a column.
struct unreached_group {
    const char *name;
    size_t assets;
    double value; // value x quantity, where given
};

// What `check` tells beside the errors.
struct study_facts {
    size_t asset_rows, threat_rows, scenario_rows, event_rows, driver_rows, skipped_assets;
    size_t treatment_rows, effect_rows, control_rows, layer_rows, appetite_rows;
    size_t decision_rows, zone_rows;
    double exposures; // sum over scenarios of matched assets
    size_t distinct_selections, distinct_distributions;
    size_t tag_count;         // unknown columns kept as tags
    const char *const *tags;  // "assets.csv: cost_centre"
    size_t unreached_assets;  // that no scenario reaches
    double unreached_value;   // value x quantity of those, where given
    const char *unreached_by; // the column of the groups, NULL if they are not divided
    size_t unreached_group_count;
    const struct unreached_group *unreached_groups;
};

struct study {
    struct arena arena;
    struct portfolio portfolio;
    struct study_facts facts;
    size_t input_count;
    struct study_input *inputs; // in name order
};

// Called now and then while a study is read: what is being done, and how much of it (NAN: not
// known).
typedef void study_progress(void *context, double done, const char *phase);

struct study_options {
    const uint64_t *years, *seed; // instead of those of study.ini; NULL: its own
    study_progress *tell;         // NULL: nobody is told
    void *context;                // of `tell`
    int threads;                  // at least 1
    // The files of the study as they were read once, in any order, instead of those in the folder;
    // NULL: the folder. Names of files below it have a '/'. The study keeps pointing at the bytes.
    const struct study_input *given;
    size_t given_count;
};

// Reads and checks everything (`folder` only names the study where its files are given); all errors
// and warnings of the study go to `d`, in one go. True if there was no error. The study is to be
// freed in either case.
bool study_read(struct study *study, const char *folder, const struct study_options *options,
                struct diagnostics *d);
void study_free(struct study *study);

// What reading it takes, for estimates.
double study_read_seconds(const struct study *study);

#endif
