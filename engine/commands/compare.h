// What changed from one run to the next, and why: what `compare` finds out before it prints.
//
// Side 0 is the run before, side 1 the run after. Differences are after less before. Everything
// lives in comparison->arena, or in what the sides hold.
#ifndef LOSSMILL_COMMANDS_COMPARE_H
#define LOSSMILL_COMMANDS_COMPARE_H

#include "results/file.h"
#include "study/study.h"

enum { BEFORE, AFTER, SIDES };

struct compare_side {
    const char *path;
    struct results *results;
    const struct outcome *outcome;           // of `results`, as are the next two
    const struct portfolio *portfolio;       // what the file tells of it
    const struct treatment_outcome *treated; // NULL: neither treatments nor an appetite
    struct results_study kept;
    struct study study; // read again from `kept`; its rows are those of `portfolio`, in order
    // Of each year before `current` insurance: what scenarios and groups add up to.
    const int64_t *gross;
};

struct difference {
    double before, after, difference;
    double error; // standard error of the difference
};

// A point of the appetite; what a run has no such point for is NaN.
struct verdict_change {
    const char *scope;
    double loss;
    bool in[SIDES];
    double tolerated[SIDES], exceeds[SIDES];
    enum verdict verdict[SIDES]; // where `in`
    bool worse;
};

// ---- rows of the inputs, by what identifies them (compare_rows.c)

enum compare_table {
    TABLE_SETTINGS, // keys of study.ini
    TABLE_ASSETS,   // all files of it, joined
    TABLE_THREATS,
    TABLE_SCENARIOS,
    TABLE_EVENTS,
    TABLE_DRIVERS,
    TABLE_DEFAULTS,
    TABLE_CONTROLS,
    TABLE_TREATMENTS,
    TABLE_EFFECTS,
    TABLE_INSURANCE,
    TABLE_APPETITE,
    TABLE_DECISIONS,
    TABLE_ZONES,
    TABLE_FILES, // all other files, whole
    COMPARE_TABLES
};
extern const char *const compare_table_names[COMPARE_TABLES]; // "study.ini", "assets.csv", ...

// ROW_SOURCE: no cell changed, but a file that one draws from (`empirical FILE:COLUMN`).
enum row_kind { ROW_ADDED, ROW_REMOVED, ROW_CHANGED, ROW_SOURCE, ROW_KINDS };
extern const char *const row_kind_names[ROW_KINDS];

struct cell_change {
    const char *column, *before, *after; // "": missing
};

struct row_change {
    enum row_kind kind;
    const char *key; // the cells that identify the row, joined by blanks
    const char *id;  // the first of them
    size_t cell_count;
    struct cell_change *cells;
    double
        aal_difference; // of the scenarios that the row reaches, of the asset; NaN: none of these
};

struct table_changes {
    size_t rows[SIDES];
    size_t counts[ROW_KINDS];
    size_t count;            // of those kept: all, unless they are very many
    struct row_change *kept; // by key, byte-wise
};

// The change of a row, NULL if it did not change.
const struct row_change *row_change_find(const struct table_changes *table, const char *key);

// Whether a cell of the column changed.
bool row_change_has(const struct row_change *row, const char *column);

// Fills tables[COMPARE_TABLES] in `arena`. False after a diagnostic: a table is malformed, or
// memory is exhausted.
bool compare_rows(const struct compare_side *sides, struct arena *arena,
                  struct table_changes *tables, int threads, struct diagnostics *d);

// ---- what moved (compare_cause.c)

// Why a scenario's, or an event's own, loss moved: a set of these.
enum cause {
    CAUSE_NEW = 1,
    CAUSE_GONE = 2,
    CAUSE_ROW = 4,          // its own row
    CAUSE_THREAT = 8,       // a row that it names, and so on
    CAUSE_EVENT = 16,       // its shared event
    CAUSE_DRIVER = 32,      // its driver, or its event's
    CAUSE_ASSETS = 64,      // what it selects: added, removed, re-weighted
    CAUSE_TREATMENTS = 128, // an existing treatment
    CAUSE_DEFAULTS = 256,   // defaults.csv: only where nothing else is found
    CAUSE_SETTINGS = 512,   // study.ini, likewise
    CAUSE_SAMPLE = 1024,    // other years, seed or engine, likewise
    CAUSE_UNKNOWN = 2048,
};

struct moved {
    const char *id;
    bool of_event;         // what the occurrences of a shared event cost themselves
    struct difference aal; // exact where it is known on both sides; error NaN
    bool exact;
    double sampled_difference;
    double tvar_difference; // of the contribution to the portfolio's TVaR; NaN: no common level
    unsigned causes;        // 0: its own loss did not move
    const char *because;    // for people
    size_t assets_added, assets_removed, assets_reweighted;
    bool reseated; // a class of assets changed its size: its events were drawn anew
};

struct moved_group {
    const char *name, *shown; // the latter in words where the former is empty
    bool in[SIDES];
    struct difference aal;
    double tvar_difference; // of its contribution to the portfolio's TVaR; NaN: not looked at
};

struct moved_grouping {
    const char *name;
    size_t count; // those that moved, the largest difference of AAL first
    struct moved_group *groups;
    double rest_aal, rest_tvar; // of the portfolio's difference, beyond the `top` first groups
};

struct cause_sum {
    unsigned causes;
    size_t count;
    double aal, tvar;
};

// ---- treatments

struct treatment_change {
    const char *id;
    bool in[SIDES];
    uint32_t rank[SIDES], lower[SIDES], upper[SIDES];
    double saved[SIDES]; // AAL, alone
    bool certain;        // the ranks' intervals do not overlap
};

struct plan_change {
    double budget;
    const struct plan_figures *plan[SIDES]; // the best within it; NULL: there is none
    const char *dropped, *taken;            // ids, joined
};

enum headline { HEADLINE_AAL, HEADLINE_20, HEADLINE_200, HEADLINE_TVAR, HEADLINES };
extern const char *const headline_keys[HEADLINES]; // "aal", "one_year_in_20", ...

struct comparison {
    struct arena arena;
    struct compare_side sides[SIDES];
    size_t top;                            // that are listed of anything
    bool paired;                           // the same years on both sides
    const char *not_paired;                // why
    double level;                          // of TVaR; NaN: the runs have none in common
    size_t level_at[SIDES];                // its place among the quantiles
    struct difference headline[HEADLINES]; // net of current insurance
    double aal_exact[SIDES];               // NaN: no closed form
    bool insured;                          // on either side
    // Before insurance: what the differences below add up to.
    struct difference gross_aal, gross_tvar;

    size_t verdict_count, verdicts_worse;
    struct verdict_change *verdicts;

    struct table_changes tables[COMPARE_TABLES];
    bool rows_differ;

    size_t moved_count; // of scenarios and events that moved in any figure, largest AAL first
    struct moved *moved;
    size_t cause_count;
    struct cause_sum *causes; // partition of `moved`
    double aal_sum, tvar_sum; // of `moved`
    size_t assets_moved;      // whose own row did not change, though their sampled loss did
    double assets_moved_aal;
    size_t grouping_count;
    struct moved_grouping *groupings;

    size_t treatment_count;
    struct treatment_change *treatments; // those new, gone, or of another rank
    size_t plan_count;
    struct plan_change *plans;
};

// As arena_alloc of comparison->arena, but the program ends where memory is exhausted.
void *compare_room(struct comparison *c, size_t count, size_t size);

// World `after` against world `before`, both of the same years.
struct difference compare_means(struct comparison *c, const int64_t *before, const int64_t *after);

// Fills what stands from moved_count to assets_moved_aal. False after a diagnostic.
bool compare_causes(struct comparison *c, int threads, struct diagnostics *d);

// Fills the groupings (compare_groups.c); the years of the `top` first groups are read. Likewise.
bool compare_groups(struct comparison *c, struct diagnostics *d);

const char *causes_text(unsigned causes); // "its row, its assets"

void compare_text(const struct comparison *c);
void compare_json(const struct comparison *c);

#endif
