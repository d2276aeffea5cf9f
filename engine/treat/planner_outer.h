// The program that bounds a plan's value from below: planner_outer.c tells what its cuts are,
// planner_cuts.c what is done with it.
#ifndef LOSSMILL_TREAT_PLANNER_OUTER_H
#define LOSSMILL_TREAT_PLANNER_OUTER_H

#include "treat/mip.h"
#include "treat/planner_parts.h"

enum { PLANNER_SOLUTIONS = 8 }; // that are taken from one search

// Figures of the program to 1e-7: what the solver keeps a row and a reduced cost to.
extern const double planner_row_tolerance;

// theta + sum of entry x >= least; entries are those of the term.
struct planner_cut {
    double *entry;
    double least;
};

// An entry of a term, in the order of a solution.
struct planner_place {
    double v;
    bool in;      // the set a cut is made around
    size_t entry; // from the term's first
};

struct planner_outer {
    const struct planner_reduced *reduced;
    struct mip_program program; // x, then theta
    double scale;               // program per currency
    double slack;               // in the program's figures: what a bound gives up
    bool *few, *chosen;
    int *column;
    double *entry;
    struct planner_cut cut, best; // room for one of each
    struct planner_place *places;
    double *solutions; // [PLANNER_SOLUTIONS * columns]
};

// `chosen`: the best known set of the whole problem. False if memory is exhausted; to be freed
// in either case.
bool planner_outer_make(struct planner_outer *outer, const struct planner_reduced *reduced,
                        const bool *chosen);
void planner_outer_free(struct planner_outer *outer);

double planner_outer_from_value(const struct planner_outer *outer, double value);
double planner_outer_to_value(const struct planner_outer *outer, double value);

// Cuts where `solution` lies below the terms by more than `least`. `below`: in all; `added` counts.
// False if memory is exhausted, as below.
bool planner_outer_cut(struct planner_outer *outer, const double *solution, double least,
                       double *below, size_t *added);

// The row that no set but outer->few breaks.
bool planner_outer_forbid(struct planner_outer *outer);

// What a whole solution says about x: outer->few and outer->chosen.
void planner_outer_round(struct planner_outer *outer, const double *solution);

#endif
