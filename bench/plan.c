// How long does the proof take that a set of treatments is the best for its budget? Random
// problems: 15 % of the treatments need another, 12 % stand in groups of which one may be chosen,
// the budget is a fifth of what all cost. Each problem is another one; all are the same everywhere.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "timing.h"
#include "treat/planner.h"

static const struct question {
    const char *what;
    size_t count, terms;
    double density;
    double strongest; // a treatment takes away between 5 % of a loss and this
    struct planner_effort effort;
    double seconds; // aimed at; 0: the gap is the answer
} questions[] = {
    {"20 treatments, 30 terms, exactly", 20, 30, 0.2, 0.6, {0, 1000}, 0.1},
    {"100 treatments, 100 terms, to 0.01 %", 100, 100, 0.08, 0.6, {1e-4, 1000000}, 10},
    {"1,000 treatments, 300 terms, to 0.2 %", 1000, 300, 0.02, 0.35, {2e-3, 1000000}, 120},
    {"the same, stronger ones: 1,500 nodes", 1000, 300, 0.02, 0.6, {2e-3, 1500}, 0},
};

static uint64_t state;

// In (0, 1): xorshift64* (Vigna 2016).
static double random_unit(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return ((double)(state * UINT64_C(0x2545F4914F6CDD1D) >> 11) + 0.5) * 0x1p-53;
}

static double random_lognormal(double sigma)
{
    const double radius = sqrt(-2 * log(random_unit()));

    return exp(sigma * radius * cos(6.283185307179586 * random_unit()));
}

// What is allocated here lives as long as the process.
static void problem_make(const struct question *question, struct planner_problem *problem,
                         double *budget)
{
    const size_t n = question->count;
    double *cost = calloc(n, sizeof *cost), *charge = calloc(n, sizeof *charge);
    enum planner_state *states = calloc(n, sizeof *states);
    struct planner_pair *requires = calloc(n, sizeof *requires);
    struct planner_pair *excludes = calloc(n, sizeof *excludes);
    struct planner_term *terms = calloc(question->terms, sizeof *terms);

    need(cost && charge && states && requires && excludes && terms, "memory");
    *problem = (struct planner_problem){.count = n,
                                        .cost = cost,
                                        .charge = charge,
                                        .state = states,
                                        .requires = requires,
                                        .excludes = excludes,
                                        .term_count = question->terms,
                                        .terms = terms};
    *budget = 0;
    for (size_t j = 0; j < n; j++) {
        cost[j] = 50000 * random_lognormal(0.8);
        *budget += 0.2 * cost[j];
        if (j > 0 && random_unit() < 0.15)
        requires[problem->requires_count++] =
            (struct planner_pair){(uint32_t)j, (uint32_t)((double)j * random_unit())};
        if (j > 0 && random_unit() < 0.06)
            excludes[problem->excludes_count++] =
                (struct planner_pair){(uint32_t)(j - 1), (uint32_t)j};
    }
    for (size_t t = 0; t < question->terms; t++) {
        uint32_t *treatment = calloc(n, sizeof *treatment);
        double *strength = calloc(n, sizeof *strength);

        need(treatment && strength, "memory");
        terms[t].weight = 200000 * random_lognormal(1.2);
        terms[t].treatment = treatment;
        terms[t].strength = strength;
        for (size_t j = 0; j < n; j++)
            if (random_unit() < question->density) {
                treatment[terms[t].count] = (uint32_t)j;
                strength[terms[t].count++] =
                    -log1p(-(0.05 + (question->strongest - 0.05) * random_unit()));
            }
    }
}

int main(int argc, char **argv)
{
    const size_t rounds = repetitions(argc, argv, 3);

    printf("  %-40s %9s %9s %9s %9s %8s\n", "", "fastest", "median", "slowest", "chosen", "gap");
    for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
        const struct question *question = &questions[q];
        struct times times = {0};
        double fastest = HUGE_VAL, slowest = 0, gap = 0;
        size_t chosen = 0;

        state = 88172645463325252 + q;
        for (size_t round = 0; round < rounds; round++) {
            struct planner_problem problem;
            struct planner_plan plan = {.chosen = calloc(question->count, sizeof *plan.chosen)};
            double budget;

            problem_make(question, &problem, &budget);
            need(plan.chosen != NULL, "memory");
            const double begin = seconds_of(1);

            need(planner_solve(&problem, budget, &question->effort, &plan), "memory");
            const double seconds = seconds_of(1) - begin;

            times_add(&times, seconds);
            fastest = fmin(fastest, seconds);
            slowest = fmax(slowest, seconds);
            gap = fmax(gap, (plan.value - plan.bound) / plan.value);
            chosen = 0;
            for (size_t j = 0; j < question->count; j++)
                chosen += plan.chosen[j];
            free(plan.chosen);
        }
        printf("  %-40s %9.3f %9.3f %9.3f %9zu %8.1e\n", question->what, fastest,
               times_median(&times), slowest, chosen, gap);
        if (question->seconds > 0) {
            target_print(question->what, slowest, AT_MOST, question->seconds, "s");
            need(gap <= question->effort.gap, "a proof within the nodes allowed");
        }
    }
    return 0;
}
