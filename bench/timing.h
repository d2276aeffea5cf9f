// What every program of bench/ measures and prints with: times, medians of repetitions, and
// targets.
#ifndef LOSSMILL_BENCH_TIMING_H
#define LOSSMILL_BENCH_TIMING_H

#include <stddef.h>

enum { REPETITIONS_MAX = 99 };

double seconds_now(void); // of a clock that only moves forward

// Where only one thread runs, the processor time of this process: what other programs on the
// machine hardly disturb, and on a quiet one the same. Else seconds_now.
double seconds_of(int threads);

// What one thing took, once per repetition. All zero at first.
struct times {
    size_t count;
    double seconds[REPETITIONS_MAX];
};

void times_add(struct times *times, double seconds);
double times_median(const struct times *times); // NaN of none
double times_spread(const struct times *times); // (largest - smallest) / median: how noisy it was

// How often everything is repeated: the program's first argument, else `usual`.
size_t repetitions(int argc, char **argv, size_t usual);

// One line: what was found, what is aimed at, met or not. bench/run collects these lines.
enum target_kind { AT_LEAST, AT_MOST };
void target_print(const char *what, double found, enum target_kind kind, double target,
                  const char *unit);

// Ends the process with a message if something it needs is missing.
void need(int good, const char *what);

#endif
