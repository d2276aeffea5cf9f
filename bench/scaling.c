// How time grows with each thing that a study can have more of, one at a time.
//
// Every row is a study in memory, lognormal losses, one thread unless said; all rows of a table are
// run in turn, again and again. `simulation` is everything up to the statistics of portfolio,
// groups and scenarios, `replay` also the second pass with its contributions to the tail.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "models/isa.h"
#include "night.h"
#include "timing.h"

enum { ROWS_MAX = 8 };

struct row {
    const char *name;
    struct night_shape shape;
    int threads; // 0: 1
};

struct table {
    const char *title;
    struct row rows[ROWS_MAX];
};

static const struct table tables[] = {
    {"Threads: 1,000 scenarios x 100,000 years, rates 0.01 to 3",
     {{"1", {1000, 1, 100000, 0.01, 3, 0}, 1}, {"2", {1000, 1, 100000, 0.01, 3, 0}, 2}}},
    {"Years: 300 scenarios, rates 0.01 to 0.3",
     {{"1,000", {300, 1, 1000, 0.01, 0.3, 0}, 0},
      {"10,000", {300, 1, 10000, 0.01, 0.3, 0}, 0},
      {"100,000", {300, 1, 100000, 0.01, 0.3, 0}, 0},
      {"1,000,000", {300, 1, 1000000, 0.01, 0.3, 0}, 0}}},
    {"Scenarios, together 30 events a year: 100,000 years",
     {{"100", {100, 1, 100000, 0.3, 0.3, 0}, 0},
      {"1,000", {1000, 1, 100000, 0.03, 0.03, 0}, 0},
      {"10,000", {10000, 1, 100000, 0.003, 0.003, 0}, 0},
      {"100,000", {100000, 1, 100000, 0.0003, 0.0003, 0}, 0}}},
    {"Assets that each scenario selects: 100 scenarios x 100,000 years, rate 0.3",
     {{"1", {100, 1, 100000, 0.3, 0.3, 0}, 0},
      {"100", {100, 100, 100000, 0.3, 0.3, 0}, 0},
      {"10,000", {100, 10000, 100000, 0.3, 0.3, 0}, 0},
      {"1,000,000", {100, 1000000, 100000, 0.3, 0.3, 0}, 0}}},
    {"Rate of each scenario: 1,000 scenarios x 100,000 years",
     {{"0.0001", {1000, 1, 100000, 0.0001, 0.0001, 0}, 0},
      {"0.001", {1000, 1, 100000, 0.001, 0.001, 0}, 0},
      {"0.01", {1000, 1, 100000, 0.01, 0.01, 0}, 0},
      {"0.1", {1000, 1, 100000, 0.1, 0.1, 0}, 0},
      {"1", {1000, 1, 100000, 1, 1, 0}, 0}}},
    {"Groups of scenarios: 1,000 scenarios x 100,000 years, rate 0.1",
     {{"none", {1000, 1, 100000, 0.1, 0.1, 0}, 0},
      {"1", {1000, 1, 100000, 0.1, 0.1, 1}, 0},
      {"10", {1000, 1, 100000, 0.1, 0.1, 10}, 0},
      {"100", {1000, 1, 100000, 0.1, 0.1, 100}, 0}}},
};

enum { TABLES = sizeof tables / sizeof *tables };

struct measured {
    struct times simulation, all, share;
    double events;
};

static void table_run(const struct table *table, size_t rounds, struct measured *m)
{
    struct night *nights[ROWS_MAX];
    size_t n = 0;

    for (; n < ROWS_MAX && table->rows[n].name; n++)
        nights[n] = night_make(&table->rows[n].shape);
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < n; i++) {
            const int threads = table->rows[i].threads > 0 ? table->rows[i].threads : 1;
            const struct night_seconds s = night_run(nights[i], threads, NULL);

            times_add(&m[i].simulation, s.simulation);
            times_add(&m[i].all, s.all);
            times_add(&m[i].share, s.share);
            m[i].events = s.events;
        }
    printf("\n%s\n  %-12s %10s %21s %21s %21s\n", table->title, "", "", "simulation", "replay",
           "simulation, replay");
    printf("  %-12s %10s %11s %9s %11s %9s %21s\n", "", "events", "seconds", "ns/event", "seconds",
           "ns/event", "times the first row");
    for (size_t i = 0; i < n; i++) {
        const double s = times_median(&m[i].simulation), a = times_median(&m[i].all);

        printf("  %-12s %10.3g %11.4f %9.2f %11.4f %9.2f %11.2f %9.2f\n", table->rows[i].name,
               m[i].events, s, 1e9 * s / m[i].events, a, 1e9 * a / m[i].events,
               s / times_median(&m[0].simulation), a / times_median(&m[0].all));
        night_free(nights[i]);
    }
    fflush(stdout);
}

// Both runs need processors of their own: a figure from a busy machine says nothing.
static void threads_targets(const struct measured *m)
{
    const bool quiet = fmin(times_median(&m[0].share), times_median(&m[1].share)) > 0.93;

    if (!quiet)
        printf("  The machine was busy: the process had %.0f %% and %.0f %% of its processors.\n",
               100 * times_median(&m[0].share), 100 * times_median(&m[1].share));
    target_print("2 threads / 1 thread, simulation",
                 quiet ? times_median(&m[0].simulation) / times_median(&m[1].simulation) : NAN,
                 AT_LEAST, 1.9, "");
    target_print("2 threads / 1 thread, with replay",
                 quiet ? times_median(&m[0].all) / times_median(&m[1].all) : NAN, AT_LEAST, 1.9,
                 "");
}

int main(int argc, char **argv)
{
    const size_t rounds = repetitions(argc, argv, 3);

    printf("What more of one thing costs, %zu rounds, kernels %s\n", rounds,
           isa_name(isa_current()));
    for (size_t t = 0; t < TABLES; t++) {
        struct measured m[ROWS_MAX] = {{.events = 0}};

        table_run(&tables[t], rounds, m);
        if (t > 0)
            continue;
        threads_targets(m);
    }
    return 0;
}
