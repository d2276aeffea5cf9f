#include "simulate/driver_years.h"

#include <stdlib.h>

#include "simulate/event_kernels.h"
#include "simulate/schedule.h"

static void block_fill(struct driver_years *d, uint64_t key, uint32_t block)
{
    const size_t base = (size_t)block * BLOCK_YEARS;
    uint64_t year[EVENT_BATCH];
    double other[EVENT_BATCH], sum = 0;
    uint32_t at = 0;

    for (uint32_t first = 0; first < BLOCK_YEARS; first += EVENT_BATCH) {
        for (uint32_t i = 0; i < EVENT_BATCH; i++)
            year[i] = first + i;
        event_kernels()->tails(key, block, address_of(PURPOSE_DRIVER, 0), EVENT_BATCH, year,
                               d->tail + base + first, other);
        distribution_quantile(d->driver->frequency, EVENT_BATCH, d->tail + base + first,
                              d->multiplier + base + first);
    }
    for (size_t y = 0; y < BLOCK_YEARS; y++) {
        sum += d->multiplier[base + y];
        d->sum[base + y] = sum;
    }
    // The first year whose sum reaches the part's beginning: no year of the part lies before it,
    // because a product with u is rounded in the order of u.
    for (uint32_t part = 0; part < BLOCK_YEARS; part++) {
        while (at < BLOCK_YEARS - 1 && d->sum[base + at] < (double)part / BLOCK_YEARS * sum)
            at++;
        d->guide[base + part] = (uint16_t)at;
    }
}

void driver_years_free(struct driver_years *years, size_t count)
{
    for (size_t i = 0; years && i < count; i++) {
        free(years[i].tail);
        free(years[i].multiplier);
        free(years[i].sum);
        free(years[i].guide);
    }
    free(years);
}

struct driver_years *driver_years_make(const struct portfolio *portfolio, int threads)
{
    const size_t count = portfolio->driver_count;
    const uint32_t blocks = block_count(portfolio->settings.years);
    const size_t room = (size_t)blocks * BLOCK_YEARS;
    struct driver_years *years = calloc(count + 1, sizeof *years);

    for (size_t i = 0; years && i < count; i++) {
        struct driver_years *d = &years[i];
        const struct driver *driver = &portfolio->drivers[i];
        const uint64_t key =
            address_key(portfolio->settings.seed, driver->id_hash, 0, PURPOSE_DRIVER);

        d->driver = driver;
        d->tail = malloc(room * sizeof *d->tail);
        d->multiplier = malloc(room * sizeof *d->multiplier);
        d->sum = malloc(room * sizeof *d->sum);
        d->guide = malloc(room * sizeof *d->guide);
        if (!d->tail || !d->multiplier || !d->sum || !d->guide) {
            driver_years_free(years, count);
            return NULL;
        }
#pragma omp parallel for schedule(static) num_threads(threads)
        for (uint32_t block = 0; block < blocks; block++)
            block_fill(d, key, block);
    }
    return years;
}
