#include "gsl_peer.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdlib.h>

double gsl_peer(size_t scenarios, const double *rate, double mu, double sigma, size_t years,
                int threads, double *annual)
{
    double events = 0;

#pragma omp parallel num_threads(threads) reduction(+ : events)
    {
        double *own = calloc(years, sizeof *own);

        if (!own)
            abort();
#pragma omp for schedule(dynamic)
        for (size_t s = 0; s < scenarios; s++) {
            gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

            gsl_rng_set(rng, s + 1);
            for (size_t y = 0; y < years; y++) {
                const unsigned n = gsl_ran_poisson(rng, rate[s]);

                for (unsigned k = 0; k < n; k++)
                    own[y] += gsl_ran_lognormal(rng, mu, sigma);
                events += n;
            }
            gsl_rng_free(rng);
        }
#pragma omp critical
        for (size_t y = 0; y < years; y++)
            annual[y] += own[y];
        free(own);
    }
    return events;
}
