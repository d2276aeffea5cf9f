#include "treat/mip.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <coin/Cbc_C_Interface.h>
#include <coin/Clp_C_Interface.h>

static bool room_make(void *array, size_t count, size_t size)
{
    void **at = array, *larger = reallocarray(*at, count, size);

    if (larger)
        *at = larger;
    return larger;
}

bool mip_row_add(struct mip_rows *rows, int entries, const int *column, const double *value,
                 double lower, double upper)
{
    // the solver counts entries in an int
    if (rows->entries + (size_t)entries > INT_MAX || rows->count + 1 >= INT_MAX)
        return false;
    if (rows->count == rows->count_room) {
        const size_t room = rows->count_room ? 2 * rows->count_room : 256;

        if (!room_make(&rows->start, room + 1, sizeof *rows->start) ||
            !room_make(&rows->lower, room, sizeof *rows->lower) ||
            !room_make(&rows->upper, room, sizeof *rows->upper))
            return false;
        rows->count_room = room;
        rows->start[0] = 0;
    }
    if (rows->entries + (size_t)entries > rows->entry_room) {
        const size_t room = 2 * (rows->entries + (size_t)entries) + 1024;

        if (!room_make(&rows->column, room, sizeof *rows->column) ||
            !room_make(&rows->value, room, sizeof *rows->value))
            return false;
        rows->entry_room = room;
    }
    for (int e = 0; e < entries; e++) {
        rows->column[rows->entries] = column[e];
        rows->value[rows->entries++] = value[e];
    }
    rows->lower[rows->count] = lower;
    rows->upper[rows->count++] = upper;
    rows->start[rows->count] = (int)rows->entries;
    return true;
}

void mip_rows_free(struct mip_rows *rows)
{
    free(rows->start);
    free(rows->column);
    free(rows->value);
    free(rows->lower);
    free(rows->upper);
    *rows = (struct mip_rows){0};
}

struct mip_relaxation {
    Clp_Simplex *clp;
    size_t rows; // that it has taken over
    bool solved;
};

struct mip_relaxation *mip_relaxation_new(const struct mip_program *program)
{
    struct mip_relaxation *relaxation = calloc(1, sizeof *relaxation);
    int *start = calloc((size_t)program->columns + 1, sizeof *start);

    if (!relaxation || !start) {
        free(relaxation);
        free(start);
        return NULL;
    }
    relaxation->clp = Clp_newModel();
    Clp_setLogLevel(relaxation->clp, 0);
    Clp_loadProblem(relaxation->clp, program->columns, 0, start, NULL, NULL, program->lower,
                    program->upper, program->objective, NULL, NULL);
    free(start);
    return relaxation;
}

void mip_relaxation_free(struct mip_relaxation *relaxation)
{
    if (!relaxation)
        return;
    Clp_deleteModel(relaxation->clp);
    free(relaxation);
}

bool mip_relaxation_solve(struct mip_relaxation *relaxation, const struct mip_program *program)
{
    const struct mip_rows *rows = &program->rows;

    if (relaxation->rows < rows->count) {
        const int more = (int)(rows->count - relaxation->rows);
        const int first = rows->start[relaxation->rows];
        int *start = calloc((size_t)more + 1, sizeof *start);

        if (!start)
            return false;
        for (int r = 0; r <= more; r++)
            start[r] = rows->start[relaxation->rows + (size_t)r] - first;
        Clp_addRows(relaxation->clp, more, rows->lower + relaxation->rows,
                    rows->upper + relaxation->rows, start, rows->column + first,
                    rows->value + first);
        free(start);
        relaxation->rows = rows->count;
    }
    if (relaxation->solved)
        Clp_dual(relaxation->clp, 0);
    else
        Clp_initialSolve(relaxation->clp);
    relaxation->solved = Clp_status(relaxation->clp) == 0;
    return relaxation->solved;
}

double mip_relaxation_value(struct mip_relaxation *relaxation)
{
    return Clp_objectiveValue(relaxation->clp);
}

const double *mip_relaxation_solution(struct mip_relaxation *relaxation)
{
    return Clp_getColSolution(relaxation->clp);
}

const double *mip_relaxation_reduced_cost(struct mip_relaxation *relaxation)
{
    return Clp_getReducedCost(relaxation->clp);
}

// The rows column by column, as the solver takes them.
static bool columns_of(const struct mip_program *program, int **start, int **row, double **value)
{
    const struct mip_rows *rows = &program->rows;
    int *at = calloc((size_t)program->columns + 2, sizeof *at);

    *start = at;
    *row = calloc(rows->entries + 1, sizeof **row);
    *value = calloc(rows->entries + 1, sizeof **value);
    if (!at || !*row || !*value)
        return false;
    // at[c + 1] is where column c is filled next, and its end when all is filled
    for (size_t e = 0; e < rows->entries; e++)
        at[rows->column[e] + 2]++;
    for (int c = 0; c < program->columns; c++)
        at[c + 2] += at[c + 1];
    for (size_t r = 0; r < rows->count; r++)
        for (int e = rows->start[r]; e < rows->start[r + 1]; e++) {
            const int to = at[rows->column[e] + 1]++;

            (*row)[to] = (int)r;
            (*value)[to] = rows->value[e];
        }
    return true;
}

static void parameter_set(Cbc_Model *cbc, const char *name, double value)
{
    char text[32];

    snprintf(text, sizeof text, "%.17g", value);
    Cbc_setParameter(cbc, name, text);
}

static Cbc_Model *cbc_new(const struct mip_program *program, const struct mip_limits *limits)
{
    Cbc_Model *cbc = NULL;
    int *start, *row;
    double *value;

    if (columns_of(program, &start, &row, &value)) {
        cbc = Cbc_newModel();
        Cbc_loadProblem(cbc, program->columns, (int)program->rows.count, start, row, value,
                        program->lower, program->upper, program->objective, program->rows.lower,
                        program->rows.upper);
        for (int c = 0; c < program->integers; c++)
            Cbc_setInteger(cbc, c);
        Cbc_setLogLevel(cbc, 0);
        Cbc_setParameter(cbc, "log", "0");
        Cbc_setParameter(cbc, "threads", "0");
        Cbc_setParameter(cbc, "randomCbcSeed", "1234567");
        Cbc_setParameter(cbc, "randomSeed", "1234567");
        // its heuristics and cuts cost more than they save here: sets are searched, and cuts made,
        // by the caller
        Cbc_setParameter(cbc, "heuristicsOnOff", "off");
        Cbc_setParameter(cbc, "cutsOnOff", "off");
        parameter_set(cbc, "cutoff", limits->cutoff);
        parameter_set(cbc, "allowableGap", limits->gap);
        Cbc_setParameter(cbc, "ratioGap", "0");
        parameter_set(cbc, "maxNodes", (double)(limits->nodes < INT_MAX ? limits->nodes : INT_MAX));
    }
    free(start);
    free(row);
    free(value);
    return cbc;
}

enum mip_state mip_solve(const struct mip_program *program, const struct mip_limits *limits,
                         size_t most, double *solutions, struct mip_answer *answer)
{
    const size_t columns = (size_t)program->columns;
    Cbc_Model *cbc = cbc_new(program, limits);
    enum mip_state state = MIP_LIMIT;

    if (!cbc)
        return MIP_MEMORY;
    Cbc_solve(cbc);
    *answer = (struct mip_answer){.value = HUGE_VAL,
                                  .bound = Cbc_getBestPossibleObjValue(cbc),
                                  .nodes = (uint64_t)Cbc_getNodeCount(cbc)};
    if (Cbc_bestSolution(cbc)) {
        const int saved = Cbc_numberSavedSolutions(cbc);

        answer->value = Cbc_getObjValue(cbc);
        memcpy(solutions, Cbc_bestSolution(cbc), columns * sizeof *solutions);
        answer->found = 1;
        for (int s = 1; s < saved && answer->found < most; s++)
            memcpy(solutions + answer->found++ * columns, Cbc_savedSolution(cbc, s),
                   columns * sizeof *solutions);
    }
    if (Cbc_isProvenInfeasible(cbc))
        state = MIP_NONE;
    else if (Cbc_isProvenOptimal(cbc))
        state = answer->found ? MIP_SOLVED : MIP_NONE;
    Cbc_deleteModel(cbc);
    return state;
}
