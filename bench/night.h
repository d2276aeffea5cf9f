// The studies that are timed, made in memory: lognormal losses, rates by equal ratios.
#ifndef LOSSMILL_BENCH_NIGHT_H
#define LOSSMILL_BENCH_NIGHT_H

#include "base/arena.h"
#include "base/diagnostics.h"
#include "models/portfolio.h"

struct night_shape {
    size_t scenarios, assets; // every scenario selects all assets
    uint64_t years;
    double low, high; // rates per year of the first scenario and the last, nearly
    size_t groups;    // of scenarios; 0: no grouping
};

struct night {
    struct arena arena;
    struct portfolio portfolio;
    double *rate; // [scenario]
    struct diagnostics *d;
};

#define NIGHT_MU    11
#define NIGHT_SIGMA 1.5

struct night *
night_make(const struct night_shape *shape); // ends the process if memory is exhausted
void night_free(struct night *night);

// Seconds (seconds_of) of one run with everything in memory.
struct night_seconds {
    double simulation; // plans, first pass, statistics of portfolio, groups and scenarios
    double all;        // and the second pass: contributions to the tail, assets, worst events
    double written;    // and the HDF5 file at `path`; `all` if it is NULL
    double events;
    double share; // of its threads' processors that the process had: well below 1 on a busy machine
};

struct night_seconds night_run(const struct night *night, int threads, const char *path);

#endif
