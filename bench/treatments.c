// What do treatments cost on top of the run? 1,000 scenarios x 100,000 years, rates 0.01 to 3 by
// equal ratios, lognormal losses; 100 treatments that each touch a tenth of the scenarios, and
// 1,000 that each touch a hundredth: either way ten treatments on every event. Half of them thin
// frequencies, the others make losses smaller.
//
// Timed are the run (both passes, statistics) and, in the same process and in turn, pricing every
// treatment alone on the very events of the run, its figures with paired errors, and the ranks.
// Plans are not: bench_plan times their search.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "night.h"
#include "simulate/scenario_plan.h"
#include "simulate/simulate.h"
#include "study/study.h"
#include "timing.h"
#include "treat/forecast.h"
#include "treat/session.h"

enum { SCENARIOS = 1000, YEARS = 100000 };

static FILE *table(const char *folder, const char *name)
{
    char path[300];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    out = fopen(path, "w");
    need(out != NULL, path);
    return out;
}

static void base_write(const char *folder)
{
    FILE *out = table(folder, "study.ini");

    fprintf(out, "[study]\ntitle = treatments\ncurrency = EUR\nyears = %d\nseed = 1\n", YEARS);
    need(fclose(out) == 0, "the disk is full");
    out = table(folder, "assets.csv");
    fprintf(out, "asset_id\nA\n");
    need(fclose(out) == 0, "the disk is full");
    out = table(folder, "scenarios.csv");
    fprintf(out, "scenario_id,assets,frequency,primary_total\n");
    for (size_t s = 0; s < SCENARIOS; s++)
        fprintf(out, "S%zu,*,%.6g,lognormal %d %g\n", s,
                0.01 * pow(300, ((double)s + 0.5) / SCENARIOS), NIGHT_MU, NIGHT_SIGMA);
    need(fclose(out) == 0, "the disk is full");
}

// Treatment t touches every scenario in `step`, from a place of its own: all scenarios are touched
// by as many.
static void treatments_write(const char *folder, size_t count, size_t step)
{
    FILE *out = table(folder, "treatments.csv"), *effects = table(folder, "effects.csv");

    fprintf(out, "treatment_id,name,option,state,cost_upfront,cost_annual,lifetime_years\n");
    fprintf(effects, "treatment_id,scenarios,factor,operation,amount\n");
    for (size_t t = 0; t < count; t++) {
        fprintf(out, "T%zu,Treatment %zu,modify,candidate,%zu,%zu,5\n", t, t,
                5000 + t * 7919 % 70000, 1000 + t * 104729 % 19000);
        fprintf(effects, "T%zu,scenario_id in", t);
        for (size_t s = t % step; s < SCENARIOS; s += step)
            fprintf(effects, " S%zu", s);
        fprintf(effects, ",%s,multiply,%.2f\n", t / step % 2 == 0 ? "frequency" : "primary",
                0.4 + 0.05 * (double)(t * 31 % 12));
    }
    need(fclose(out) == 0 && fclose(effects) == 0, "the disk is full");
}

static void check(bool good, const struct diagnostics *d)
{
    if (good)
        return;
    diagnostics_print(d, stderr);
    exit(4);
}

static struct question {
    const char *what, *target;
    size_t count, step;
    struct times run, price;
    double pairs;
} questions[] = {
    {.what = "100 treatments, each on a tenth",
     .target = "100 treatments: run and pricing / run, 1 thread",
     .count = 100,
     .step = 10},
    {.what = "1,000 treatments, each on a hundredth",
     .target = "1,000 treatments: run and pricing / run, 1 thread",
     .count = 1000,
     .step = 100},
};

enum { QUESTIONS = sizeof questions / sizeof *questions };

static void question_ask(struct question *q, const char *folder)
{
    struct diagnostics *d = diagnostics_new();
    struct study study;
    struct scenario_plans plans;
    struct treat_forecast forecast;
    struct outcome outcome;
    struct treatment_outcome treated = {0};
    struct treat_session *session;
    double start;

    need(d != NULL, "memory is exhausted");
    treatments_write(folder, q->count, q->step);
    check(study_read(&study, folder, &(struct study_options){.threads = 1}, d), d);
    start = seconds_of(1);
    check(scenario_plans_make(&study.portfolio, 1, &plans, d) &&
              simulate_planned(&study.portfolio, &plans, 1, NULL, NULL, &outcome, d) ==
                  SIMULATION_DONE,
          d);
    times_add(&q->run, seconds_of(1) - start);
    start = seconds_of(1);
    session =
        treat_session_new(&study.portfolio, &plans, &outcome, 1, NULL, NULL, NULL, &treated, d);
    check(session != NULL, d);
    times_add(&q->price, seconds_of(1) - start);
    treat_session_free(session);
    check(treat_forecast(&study.portfolio, &plans, 1, &forecast, d), d);
    q->pairs = forecast.pairs;
    arena_free(&treated.arena);
    outcome_free(&outcome);
    scenario_plans_free(&plans);
    study_free(&study);
    diagnostics_free(d);
}

int main(int argc, char **argv)
{
    const size_t rounds = repetitions(argc, argv, 3);
    char folder[] = "/tmp/lossmill-bench-XXXXXX", command[100];

    need(mkdtemp(folder) != NULL, "no temporary folder");
    base_write(folder);
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < QUESTIONS; i++)
            question_ask(&questions[i], folder);
    printf("Treatments on top of the run, %d scenarios x %d years, %zu rounds, 1 thread\n\n",
           SCENARIOS, YEARS, rounds);
    printf("  %-40s %8s %9s %8s %9s %8s %16s\n", "", "run CPU", "pricing", "spread", "pairs",
           "ns/pair", "run+pricing/run");
    for (size_t i = 0; i < QUESTIONS; i++) {
        const struct question *q = &questions[i];
        const double run = times_median(&q->run), price = times_median(&q->price);

        printf("  %-40s %8.3f %9.3f %7.0f%% %9.3g %8.2f %16.2f\n", q->what, run, price,
               100 * times_spread(&q->price), q->pairs, 1e9 * price / q->pairs,
               (run + price) / run);
    }
    for (size_t i = 0; i < QUESTIONS; i++)
        target_print(questions[i].target,
                     1 + times_median(&questions[i].price) / times_median(&questions[i].run),
                     AT_MOST, 3, "");

    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 4;
}
