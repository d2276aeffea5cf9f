// Linear programs and their mixed-integer kin: the one door to CBC and Clp. Nothing is printed, one
// thread computes, and only node counts and gaps end a search, so that a program has one answer.
//
// The solver's own code is C++ and ends the process where it runs out of memory; what is allocated
// here is reported.
#ifndef LOSSMILL_TREAT_MIP_H
#define LOSSMILL_TREAT_MIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// lower <= sum of value x column <= upper, one row after the other
struct mip_rows {
    size_t count, entries, count_room, entry_room;
    int *start; // [count + 1]
    int *column;
    double *value, *lower, *upper;
};

// Minimise objective x over `lower` <= x <= `upper` and the rows. HUGE_VAL: no limit.
struct mip_program {
    int columns;
    int integers; // the first so many columns are 0 or 1
    double *lower, *upper, *objective;
    struct mip_rows rows;
};

// False if memory is exhausted; the rows are as they were.
bool mip_row_add(struct mip_rows *rows, int entries, const int *column, const double *value,
                 double lower, double upper);
void mip_rows_free(struct mip_rows *rows);

// The program with all columns continuous, solved again from where it stood when rows were added.
struct mip_relaxation;

struct mip_relaxation *mip_relaxation_new(const struct mip_program *program); // NULL: no memory
void mip_relaxation_free(struct mip_relaxation *relaxation);
// Takes over the rows that the program has got since, then solves. False: no solution was found, or
// memory is exhausted.
bool mip_relaxation_solve(struct mip_relaxation *relaxation, const struct mip_program *program);
double mip_relaxation_value(struct mip_relaxation *relaxation);
const double *mip_relaxation_solution(struct mip_relaxation *relaxation); // [columns]
const double *mip_relaxation_reduced_cost(struct mip_relaxation *relaxation);

enum mip_state {
    MIP_NONE,   // proven: nothing lies below the cutoff
    MIP_SOLVED, // solutions, and a bound within the gap
    MIP_LIMIT,  // stopped at the node limit, with or without solutions
    MIP_MEMORY
};

struct mip_limits {
    double cutoff; // only solutions below are wanted
    double gap;    // absolute
    uint64_t nodes;
};

struct mip_answer {
    size_t found;   // solutions, the best first
    double value;   // of the best
    double bound;   // no solution is below it; within the solver's tolerances (1e-7 of a row)
    uint64_t nodes; // that were looked at
};

// `solutions` has room for most x columns.
enum mip_state mip_solve(const struct mip_program *program, const struct mip_limits *limits,
                         size_t most, double *solutions, struct mip_answer *answer);

#endif
