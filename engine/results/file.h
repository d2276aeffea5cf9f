// The HDF5 file of a run (design of the layout: schema.h). Only this folder knows HDF5.
#ifndef LOSSMILL_RESULTS_FILE_H
#define LOSSMILL_RESULTS_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diagnostics.h"
#include "simulate/outcome.h"
#include "treat/figures.h"

// An input file kept in /study/, and its hash in the root attributes.
struct results_input {
    const char *name;
    const unsigned char *bytes;
    size_t size;
    const char *sha256;
};

// Writes PATH: complete, synced and renamed into place, or absent, by way of results_partial(PATH),
// for which the output is to be locked (lock.h). Readable by its owner only. The
// same outcome and inputs give the same bytes for any number of threads. `version` is the engine's.
// `treated` is of the outcome's portfolio; NULL: there are neither treatments nor an appetite.
bool results_write(const char *path, const struct outcome *outcome,
                   const struct treatment_outcome *treated, const struct results_input *inputs,
                   size_t input_count, const char *version, size_t threads, struct diagnostics *d);

// Where PATH is while it is not complete: a killed program leaves it, and the next one overwrites
// it. To be freed; NULL if memory is exhausted.
char *results_partial(const char *path);

// What that takes, for estimates: bytes beside the outcome; and seconds of one thread, for so many
// cells of arrays by year and so many rows of assets and scenarios.
double results_write_memory(size_t threads);
double results_write_seconds(double yearly_cells, double rows);

// What `show` needs, read back from PATH into a freshly allocated outcome and portfolio that own
// their memory through outcome->arena (distributions and selections are not restored: those
// pointers are NULL). Never crashes on a malformed file: every dataset's type and extent is
// checked.
struct results;
bool results_read(const char *path, struct results **results, struct diagnostics *d);
const struct outcome *results_outcome(const struct results *results);
// Treatments, plans and the appetite; NULL if the file has none. Of the portfolio's treatments, id,
// name, owner, due, option, state, settings and the appetite's points (but not their groups) are
// restored; annual losses are not. The figures of the base are those of the portfolio in /summary.
const struct treatment_outcome *results_treatments(const struct results *results);
const char *results_attribute(const struct results *results, const char *name); // NULL if absent
// Lines "HEX  NAME", the hash of each input file; *count is 0 if there are none.
const char *const *results_input_hashes(const struct results *results, size_t *count);
void results_free(struct results *results);

// What it takes to do the run at PATH again: the study that it kept, and how it was simulated.
struct results_study {
    size_t input_count; // at least 1
    const struct results_input *inputs;
    uint64_t years, seed, sampling_version;
};

// Reads that into `arena`. False after a diagnostic: the file has no study, or an input is not the
// one of which the run has the hash. Never crashes on a malformed file.
bool results_study_read(const char *path, struct arena *arena, struct results_study *study,
                        struct diagnostics *d);

// The years of one group of the run at PATH, in units of money: units[years] of `portfolio`, which
// is that of the run. False after a diagnostic.
bool results_group_years(const char *path, const struct portfolio *portfolio, uint32_t grouping,
                         uint32_t group, int64_t *units, struct diagnostics *d);

#endif
