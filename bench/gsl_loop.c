// How much faster than a plain GSL loop, on the same work: 1,000 scenarios x 100,000 years,
// lognormal severities, rates log-uniform in [0.01, 3] and in [0.001, 0.1].
//
// Both sides are timed in turn, REPETITIONS times, in this one process; medians are compared.
// `simulate` is the first pass with plans (portfolio's losses, largest events and counts);
// `everything` adds the statistics and the replay with its contributions.
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gsl_peer.h"
#include "models/isa.h"
#include "simulate/first_pass.h"

enum { SCENARIOS = 1000, YEARS = 100000, REPETITIONS = 3 };
static const double mu = 11, sigma = 1.5;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *x)
{
    qsort(x, REPETITIONS, sizeof *x, compare);
    return x[REPETITIONS / 2];
}

struct study {
    struct arena arena;
    struct portfolio portfolio;
    double rate[SCENARIOS];
};

static void check(bool good, const struct diagnostics *d)
{
    if (!good) {
        diagnostics_print(d, stderr);
        exit(4);
    }
}

static void study_make(struct study *study, double low, double high, struct diagnostics *d)
{
    static const uint32_t the_asset = 0;
    static const struct selection selection = {1, &the_asset, 1};
    static const char *const asset_id[] = {"asset"}, *const asset_name[] = {""};
    static const uint64_t asset_hash[] = {1}, quantity[] = {1};
    static const double value[] = {NAN}, quantiles[] = {0.9, 0.95, 0.99, 0.995, 0.999},
                        periods[] = {2, 5, 10, 20, 50, 100, 200, 500, 1000};
    static const struct distribution *const resistance[] = {NULL};
    const struct distribution_reader reader = {.arena = &study->arena};
    const struct place nowhere = {0};
    struct scenario *scenarios = arena_alloc(&study->arena, SCENARIOS, sizeof *scenarios);
    char cell[100];

    check(scenarios != NULL, d);
    study->portfolio = (struct portfolio){
        .settings = {.title = "bench",
                     .currency = "EUR",
                     .as_of = "",
                     .resolution = 0.01,
                     .years = YEARS,
                     .seed = 1,
                     .quantile_count = 5,
                     .quantiles = quantiles,
                     .return_period_count = 9,
                     .return_periods = periods},
        .assets = {1, asset_id, asset_name, asset_hash, value, quantity, resistance},
        .scenario_count = SCENARIOS,
        .scenarios = scenarios,
    };
    snprintf(cell, sizeof cell, "lognormal %g %g", mu, sigma);

    const struct distribution *severity = distribution_parse(cell, &nowhere, &reader, d);

    for (int s = 0; s < SCENARIOS; s++) {
        study->rate[s] = low * pow(high / low, (s + 0.5) / SCENARIOS);
        snprintf(cell, sizeof cell, "%.17g", study->rate[s]);
        scenarios[s] =
            (struct scenario){.id = "",
                              .name = "",
                              .owner = "",
                              .threat_id = "",
                              .id_hash = 1000 + (uint64_t)s,
                              .event = NO_ROW,
                              .driver = NO_ROW,
                              .selection = &selection,
                              .frequency = distribution_parse(cell, &nowhere, &reader, d)};
        scenarios[s].severity.loss[STAGE_PRIMARY][FORM_TOTAL] = severity;
        check(severity && scenarios[s].frequency, d);
    }
}

// Plans and first pass only.
static double time_simulate(struct study *study, int threads, struct diagnostics *d)
{
    const double start = seconds();
    struct progress progress = {.to = 1};
    struct scenario_plans plans;
    struct outcome o = {.portfolio = &study->portfolio};
    struct worst_events worst = {0};

    o.annual_loss = arena_alloc(&o.arena, YEARS, sizeof *o.annual_loss);
    o.largest_event = arena_alloc(&o.arena, YEARS, sizeof *o.largest_event);
    o.event_count = arena_alloc(&o.arena, YEARS, sizeof *o.event_count);
    check(o.annual_loss && o.largest_event && o.event_count &&
              scenario_plans_make(&study->portfolio, threads, &plans, d) &&
              first_pass(&study->portfolio, &plans, threads, &progress, &o, &worst, d),
          d);
    scenario_plans_free(&plans);
    outcome_free(&o);
    return seconds() - start;
}

static double time_everything(struct study *study, int threads, struct diagnostics *d)
{
    const double start = seconds();
    struct outcome o;

    check(simulate_run(&study->portfolio, threads, NULL, NULL, &o, d) == SIMULATION_DONE, d);
    outcome_free(&o);
    return seconds() - start;
}

static double time_peer(struct study *study, int threads, double *events)
{
    const double start = seconds();
    double *annual = calloc(YEARS, sizeof *annual);

    if (!annual)
        exit(4);
    *events = gsl_peer(SCENARIOS, study->rate, mu, sigma, YEARS, threads, annual);
    free(annual);
    return seconds() - start;
}

static void compare_rates(double low, double high, int threads, struct diagnostics *d)
{
    double peer[REPETITIONS], simulate[REPETITIONS], everything[REPETITIONS], events = 0;
    struct study *study = calloc(1, sizeof *study);

    if (!study)
        exit(4);
    study_make(study, low, high, d);
    for (int r = 0; r < REPETITIONS; r++) {
        peer[r] = time_peer(study, threads, &events);
        simulate[r] = time_simulate(study, threads, d);
        everything[r] = time_everything(study, threads, d);
    }

    const double cells = (double)SCENARIOS * YEARS, g = median(peer), s = median(simulate),
                 e = median(everything);

    printf("rates %g to %g, %d thread%s, %.3g events\n", low, high, threads,
           threads == 1 ? "" : "s", events);
    printf("  %-12s %9s %14s %12s %9s\n", "", "seconds", "ns/scen-year", "ns/event", "GSL / it");
    printf("  %-12s %9.3f %14.3f %12.2f %9s\n", "GSL loop", g, 1e9 * g / cells, 1e9 * g / events,
           "1");
    printf("  %-12s %9.3f %14.3f %12.2f %9.1f\n", "simulate", s, 1e9 * s / cells, 1e9 * s / events,
           g / s);
    printf("  %-12s %9.3f %14.3f %12.2f %9.1f\n", "everything", e, 1e9 * e / cells,
           1e9 * e / events, g / e);
    arena_free(&study->arena);
    free(study);
}

int main(void)
{
    struct diagnostics *d = diagnostics_new();

    if (!d)
        return 4;
    printf("lossmill against a plain GSL loop (mt19937, -O3 -march=native); kernels: %s\n",
           isa_name(isa_current()));
    for (int threads = 1; threads <= omp_get_max_threads() && threads <= 2; threads++) {
        compare_rates(0.01, 3, threads, d);
        compare_rates(0.001, 0.1, threads, d);
    }
    diagnostics_free(d);
    return 0;
}
