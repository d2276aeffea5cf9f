// The engine of lossmill in a program: read a study, simulate it, look at what was found, write it.
//
//     struct lossmill *engine = lossmill_new();
//     if (lossmill_read(engine, "study") == LOSSMILL_DONE &&
//         lossmill_run(engine, NULL, NULL) == LOSSMILL_DONE)
//         printf("%.0f a year\n", lossmill_summary(engine)->aal);
//     lossmill_free(engine);
//
// What a study holds and what is computed from it is told in lossmill's README. The same study,
// years and seed give the same figures and the same bytes as the program `lossmill run`, for any
// number of threads.
//
// Units. Money is in the study's currency, rates are per year, probabilities lie in [0, 1]. What
// is not known is NaN, what diverges is infinite. Text is UTF-8 and ends in NUL.
//
// Ownership. All that a function returns a pointer to belongs to the engine. What lossmill_read
// finds (lossmill_study) lives until the next lossmill_read, what lossmill_run finds until the
// next lossmill_read or lossmill_run, diagnostics until the next call of any of lossmill_read,
// lossmill_run and lossmill_write; all of it no longer than until lossmill_free. Only the library
// makes structs: a later version may append members, and p + 1 then is not the next one.
//
// Threads. An engine is used by one thread at a time; functions that take a const one may be called
// by several. Different engines may be used by different threads at once, where lossmill_read,
// lossmill_run and lossmill_write wait for each other: each of them uses all the threads that it
// was given.
//
// The process. Nothing is printed, no signal is caught, the locale does not matter, and the process
// is never ended, but by the solver of plans where that runs out of memory. Files are written with
// HDF5: unless that was built thread-safe, a program that uses it itself must not while
// lossmill_write is at work; and it must close its own HDF5 files before it ends, since HDF5's
// clean-up at exit is switched off.
//
// Needs C99 or C++11.
#ifndef LOSSMILL_H
#define LOSSMILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Of this header. Programs built with one version run with the library of a later one as long as
// its file is called the same (liblossmill.so.0).
#define LOSSMILL_VERSION        "0.1.0"
#define LOSSMILL_VERSION_NUMBER 100 // 10000 x major + 100 x minor + patch

#define LOSSMILL_API __attribute__((visibility("default")))

// Of the library that is there when the program runs, such as "0.1.0"; never NULL.
LOSSMILL_API const char *lossmill_version(void);

// ---- an engine

struct lossmill;

// NULL if memory is exhausted. To be freed.
LOSSMILL_API struct lossmill *lossmill_new(void);
LOSSMILL_API void lossmill_free(struct lossmill *engine); // NULL is allowed

// How the three functions that work end. The numbers are those of the program's exit status.
enum lossmill_status {
    LOSSMILL_DONE = 0,
    LOSSMILL_WRONG_USE = 2, // a value out of range, or a call out of turn: nothing was done
    LOSSMILL_BAD_INPUT = 3, // the study is not in order, or asks for more than the stated limits
    LOSSMILL_FAILED = 4,    // disk or memory
    LOSSMILL_STOPPED = 5    // by the program's own lossmill_progress
};

// What to do otherwise than the study says. All three may be called at any time; years and seed
// count from the next lossmill_read on, threads from the next call. LOSSMILL_WRONG_USE where the
// value is out of range, and then what was set before stays.
//
// years: 1 to 10^9; 0: those of the study. seed: 0 to 2^63 - 1; -1: that of the study. threads: 1
// to 4096; 0: as many as this process may use processors, by its affinity and control group.
LOSSMILL_API enum lossmill_status lossmill_set_years(struct lossmill *engine, uint64_t years);
LOSSMILL_API enum lossmill_status lossmill_set_seed(struct lossmill *engine, int64_t seed);
LOSSMILL_API enum lossmill_status lossmill_set_threads(struct lossmill *engine, int threads);

// ---- what was found wrong

enum lossmill_level { LOSSMILL_WARNING = 0, LOSSMILL_ERROR = 1 };

// One finding. Text may be NULL, and `line` 0, where that is not known or does not apply.
struct lossmill_diagnostic {
    enum lossmill_level level;
    const char *file;    // relative to the study's folder, such as "scenarios.csv"
    uint64_t line;       // on which the row starts, from 1
    const char *column;  // the column's name in a CSV, "section.key" in study.ini
    const char *value;   // the cell, whole: anything may stand in it
    const char *message; // one sentence: what is wrong and what was expected; never NULL
};

// Of the last lossmill_read, lossmill_run or lossmill_write, in the order in which they were found.
// A study's errors come all at once, not one per attempt; of more than 100 the first are kept.
// Warnings come also where all is done. index < lossmill_diagnostic_count; NULL beyond.
LOSSMILL_API size_t lossmill_diagnostic_count(const struct lossmill *engine);
LOSSMILL_API const struct lossmill_diagnostic *lossmill_diagnostic(const struct lossmill *engine,
                                                                   size_t index);

// All that were found, those not kept included.
LOSSMILL_API uint64_t lossmill_error_count(const struct lossmill *engine);

// ---- the study

// Reads the study in `folder` and checks all of it. What the engine had read and found before is
// gone, also where this fails. DONE, BAD_INPUT (with at least one error among the diagnostics; also
// where a file cannot be read), FAILED (memory), or WRONG_USE (`folder` is NULL).
LOSSMILL_API enum lossmill_status lossmill_read(struct lossmill *engine, const char *folder);

struct lossmill_study {
    const char *title, *currency; // "" where the study does not say
    const char *as_of;            // the date that it describes, YYYY-MM-DD; "" likewise
    uint64_t years, seed;         // with which it will be run
    size_t asset_count, scenario_count, event_count, treatment_count;
};

// NULL unless the last lossmill_read was done.
LOSSMILL_API const struct lossmill_study *lossmill_study(const struct lossmill *engine);

// ---- the run

// Called now and then, in the thread that called lossmill_run, with a phase in words and the part
// of it that is done, in [0, 1]. Returning false stops the run: within a fraction of a second as a
// rule, but a search for plans that has begun is finished first. It may call functions that take a
// const engine, and must not leave by longjmp or an exception.
typedef bool lossmill_progress(void *context, double done, const char *phase);

// Simulates the study that was read, and prices its treatments and plans. May be called again.
// `progress` may be NULL. What an earlier run found is gone, also where this one is not done.
// DONE, BAD_INPUT (out of the stated limits; a diagnostic names the setting that helps), FAILED,
// STOPPED, or WRONG_USE (no study was read).
LOSSMILL_API enum lossmill_status lossmill_run(struct lossmill *engine, lossmill_progress *progress,
                                               void *context);

// A sampled figure with the 95 % interval of its simulation error (not of the inputs' uncertainty);
// limits are NaN where so few years do not tell. This struct never grows.
struct lossmill_estimate {
    double value, lower, upper;
};

// The annual loss of the whole portfolio: net of the insurance that the study has as `current`.
// L levels, those of the study's [report] quantiles; T return periods, of its return_periods.
struct lossmill_summary {
    double aal, aal_error; // average annual loss, sampled, and its standard error
    double aal_exact;      // the same without simulation; NaN where there is no closed form
    double sd;             // of the annual loss
    double probability_of_loss, probability_of_loss_error; // that a year has any; standard error

    size_t level_count;
    const double *level;                 // [L], ascending, such as 0.99
    const struct lossmill_estimate *var; // [L]: value at risk, the quantile at that level
    const double *tvar, *tvar_error;     // [L]: mean of the quantiles from there up; standard error

    size_t return_period_count;
    const double *return_period;         // [T], in years, ascending
    const struct lossmill_estimate *aep; // [T]: annual loss exceeded once in so many years
    const struct lossmill_estimate
        *oep; // [T]: likewise, the year's largest event, before insurance
};

// NULL unless the last lossmill_run was done.
LOSSMILL_API const struct lossmill_summary *lossmill_summary(const struct lossmill *engine);

// The annual loss of every simulated year, net as above: fills losses[years], years being those of
// lossmill_study. False, and then nothing is filled, unless the last lossmill_run was done.
LOSSMILL_API bool lossmill_annual_loss(const struct lossmill *engine, double *losses);

// A scenario, over all the assets that it strikes; before insurance. L as above.
struct lossmill_scenario {
    const char *id, *name;           // name: "" where it has none
    double event_rate;               // loss events per year, expected
    double aal, aal_error;           // sampled, and its standard error
    double aal_exact;                // NaN where there is no closed form
    double sd;                       // of its annual loss
    const double *var, *tvar;        // [L], of its own annual loss
    const double *tvar_contribution; // [L]: its part in the portfolio's TVaR before insurance
};

// In the order of their ids, by bytes: index < scenario_count of lossmill_study. NULL beyond, and
// unless the last lossmill_run was done. The aal of all of them, and what shared events cost by
// themselves, add up to the portfolio's before insurance.
LOSSMILL_API const struct lossmill_scenario *lossmill_scenario(const struct lossmill *engine,
                                                               size_t index);

// Writes everything that was found into one HDF5 file, which every command of the program reads.
// It appears at `path` complete and synced, or not at all, readable by its owner only; what stood
// there is replaced. DONE, FAILED, or WRONG_USE (`path` is NULL or empty, or the last lossmill_run
// was not done).
LOSSMILL_API enum lossmill_status lossmill_write(struct lossmill *engine, const char *path);

#ifdef __cplusplus
}
#endif

#endif
