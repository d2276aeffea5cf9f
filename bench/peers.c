// How much faster than other tools, on the same work: 1,000 scenarios x 100,000 years, lognormal
// losses, ten groups of scenarios.
//
// All are timed in turn, again and again, and medians are compared; on one thread processor time,
// on two the clock on the wall. The peers add every scenario's losses to the year and do no more
// than that. lossmill in one run, from less to more:
//
// simulation   annual losses, largest events and counts; statistics of the portfolio, of every
// group
//              and of every scenario
// replay       and the second pass: who contributes to the tail, the assets, the worst events
// everything   and the HDF5 file
//
// Peers in Python run in a process of their own, which times itself without the start of Python.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gsl_peer.h"
#include "models/isa.h"
#include "night.h"
#include "timing.h"

enum { SCENARIOS = 1000, YEARS = 100000, GROUPS = 10, FEW_SCENARIOS = 10 };

enum who { GSL, NUMPY, RISKQUANT, PYFAIR, SIMULATION, REPLAY, EVERYTHING, ALL };

static const char *const names[ALL] = {"GSL loop",   "NumPy",  "riskquant", "pyfair (no events)",
                                       "simulation", "replay", "everything"};

struct contest {
    double low, high;
    int threads;
    double simulation_target, everything_target, numpy_target;
    struct times times[ALL]; // of SCENARIOS x YEARS
};

static double gsl(const struct night *night, int threads)
{
    const double start = seconds_of(threads);
    double *annual = calloc(YEARS, sizeof *annual);

    need(annual != NULL, "memory is exhausted");
    gsl_peer(SCENARIOS, night->rate, NIGHT_MU, NIGHT_SIGMA, YEARS, threads, annual);
    free(annual);
    return seconds_of(threads) - start;
}

// NaN if it is not installed. A slow peer gets few scenarios of the same rates.
static double python(const char *name, const struct contest *contest, int scenarios)
{
    char command[1000];
    double seconds = NAN;
    FILE *out;

    snprintf(command, sizeof command,
             "PYTHONWARNINGS=ignore /usr/bin/python3 " BENCH_FOLDER
             "/peers.py %s %g %g %d %d %d %g",
             name, contest->low, contest->high, scenarios, YEARS, NIGHT_MU, NIGHT_SIGMA);
    fflush(stdout);
    out = popen(command, "r");
    need(out != NULL, "no shell");
    if (fscanf(out, "%lf", &seconds) != 1)
        seconds = NAN;
    pclose(out);
    return seconds * SCENARIOS / scenarios;
}

static void python_add(struct contest *contest, enum who who, const char *name, int scenarios)
{
    const double seconds = python(name, contest, scenarios);

    if (!isnan(seconds))
        times_add(&contest->times[who], seconds);
}

static void contest_print(const struct contest *contest, double events)
{
    const double cells = (double)SCENARIOS * YEARS;

    printf("\nRates %g to %g a year, %d thread%s: %.3g events\n", contest->low, contest->high,
           contest->threads, contest->threads == 1 ? "" : "s", events);
    printf("  %-20s %9s %8s %13s %10s %10s %12s\n", "", contest->threads == 1 ? "CPU s" : "seconds",
           "spread", "ns/scen-year", "ns/event", "GSL / it",
           contest->threads == 1 ? "NumPy / it" : "");
    for (enum who who = 0; who < ALL; who++) {
        const double t = times_median(&contest->times[who]);

        if (isnan(t) && contest->threads == 1)
            printf("  %-20s not installed\n", names[who]);
        if (isnan(t))
            continue;
        printf("  %-20s %9.3f %7.0f%% %13.3f %10.2f %10.2f", names[who], t,
               100 * times_spread(&contest->times[who]), 1e9 * t / cells, 1e9 * t / events,
               times_median(&contest->times[GSL]) / t);
        if (contest->threads == 1)
            printf(" %12.2f", times_median(&contest->times[NUMPY]) / t);
        printf("\n");
    }
    fflush(stdout);
}

static void contest_targets(const struct contest *contest)
{
    const double g = times_median(&contest->times[GSL]);
    char what[100];

    snprintf(what, sizeof what, "GSL / simulation, rates %g to %g, 1 thread", contest->low,
             contest->high);
    target_print(what, g / times_median(&contest->times[SIMULATION]), AT_LEAST,
                 contest->simulation_target, "");
    snprintf(what, sizeof what, "GSL / everything, rates %g to %g, 1 thread", contest->low,
             contest->high);
    target_print(what, g / times_median(&contest->times[EVERYTHING]), AT_LEAST,
                 contest->everything_target, "");
    snprintf(what, sizeof what, "NumPy / simulation, rates %g to %g, 1 thread", contest->low,
             contest->high);
    target_print(what,
                 times_median(&contest->times[NUMPY]) / times_median(&contest->times[SIMULATION]),
                 AT_LEAST, contest->numpy_target, "");
}

static void contest_run(struct contest *contest, size_t rounds, const char *file)
{
    struct night *night = night_make(&(struct night_shape){.scenarios = SCENARIOS,
                                                           .assets = 1,
                                                           .years = YEARS,
                                                           .low = contest->low,
                                                           .high = contest->high,
                                                           .groups = GROUPS});
    double events = 0;

    for (size_t r = 0; r < rounds; r++) {
        const struct night_seconds s = night_run(night, contest->threads, file);

        events = s.events;
        times_add(&contest->times[SIMULATION], s.simulation);
        times_add(&contest->times[REPLAY], s.all);
        times_add(&contest->times[EVERYTHING], s.written);
        times_add(&contest->times[GSL], gsl(night, contest->threads));
        if (contest->threads > 1) // NumPy and the others run on one
            continue;
        python_add(contest, NUMPY, "numpy", SCENARIOS);
        python_add(contest, RISKQUANT, "riskquant", FEW_SCENARIOS);
        python_add(contest, PYFAIR, "pyfair", FEW_SCENARIOS);
    }
    contest_print(contest, events);
    if (contest->threads == 1)
        contest_targets(contest);
    night_free(night);
}

int main(int argc, char **argv)
{
    static struct contest contests[] = {
        {0.01, 3, 1, 25, 12, 20, {{0}}},
        {0.001, 0.1, 1, 120, 60, 100, {{0}}},
        {0.01, 3, 2, 0, 0, 0, {{0}}},
        {0.001, 0.1, 2, 0, 0, 0, {{0}}},
    };
    const size_t rounds = repetitions(argc, argv, 3);
    char file[] = "/tmp/lossmill-bench-XXXXXX";

    need(mkdtemp(file) != NULL, "no temporary folder");
    char run[sizeof file + 10];

    snprintf(run, sizeof run, "%s/run.h5", file);
    printf("lossmill against its peers: %d scenarios x %d years, %zu rounds, kernels %s\n",
           SCENARIOS, YEARS, rounds, isa_name(isa_current()));
    for (size_t c = 0; c < sizeof contests / sizeof *contests; c++)
        contest_run(&contests[c], rounds, run);
    unlink(run);
    rmdir(file);
    return 0;
}
