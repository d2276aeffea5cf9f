// The peer: what an analyst would write with GSL. One generator per thread, one Poisson count per
// (scenario, year), one lognormal per event; OpenMP over scenarios.
#ifndef LOSSMILL_BENCH_GSL_PEER_H
#define LOSSMILL_BENCH_GSL_PEER_H

#include <stddef.h>

// Adds every scenario's losses to annual[year], and returns the events drawn.
double gsl_peer(size_t scenarios, const double *rate, double mu, double sigma, size_t years,
                int threads, double *annual);

#endif
