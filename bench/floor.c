// How near the simulation comes to what it is made of: the bare loops that a lognormal event on one
// asset passes through, each timed by itself over buffers of EVENT_BATCH events, and their sum; the
// same loops one after the other, batch by batch; and the simulation of a dense study, per event,
// in the same process and in turn. It also finds each event's place, and the statistics of
// portfolio and scenarios.
//
// The loops are the engine's own kernels. The scatter is plain: what a year needs to know.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "models/isa.h"
#include "models/quantile_kernels.h"
#include "night.h"
#include "simulate/address.h"
#include "simulate/event_kernels.h"
#include "timing.h"

enum {
    BATCHES = 4096,
    APART = 32
}; // APART: batches of years that the scatter by itself goes through

enum bare { GENERATOR, QUANTILE, MONEY, SCATTER, BARE };

static const char *const names[BARE] = {"generator: year and tail", "quantile: normal score, exp",
                                        "round to cents", "scatter: sum, largest, count"};
static const char *const isas[] = {"generic", "v2", "v3", "v4"};
enum { ISAS = sizeof isas / sizeof *isas };

static uint64_t at[EVENT_BATCH];
static uint32_t year[APART][EVENT_BATCH];
static double tail[EVENT_BATCH], amount[EVENT_BATCH], units[EVENT_BATCH];
static int64_t loss[EVENT_BATCH];
static struct {
    int64_t total, largest;
} sums[BLOCK_YEARS];
static int32_t events[BLOCK_YEARS];

static const struct quantile_form form = {.kernel = QUANTILE_LOGNORMAL,
                                          .c = {NIGHT_MU, NIGHT_SIGMA}};

static inline void generate(size_t batch)
{
    event_kernels()->lone(77, 0, batch * EVENT_BATCH, EVENT_BATCH, at, year[batch % APART], tail);
}

static inline void quantiles(void)
{
    quantile_kernels()->of[QUANTILE_LOGNORMAL](&form, EVENT_BATCH, tail, amount);
}

static inline void round_to_cents(void)
{
    event_kernels()->money(100, EVENT_BATCH, amount, units);
    event_kernels()->whole(EVENT_BATCH, units, loss);
}

static inline void scatter(size_t batch)
{
    for (size_t i = 0; i < EVENT_BATCH; i++) {
        const uint32_t y = year[batch % APART][i];

        sums[y].total += loss[i];
        if (loss[i] > sums[y].largest)
            sums[y].largest = loss[i];
        events[y]++;
    }
}

static void clear(void)
{
    memset(sums, 0, sizeof sums);
    memset(events, 0, sizeof events);
}

static double alone_seconds(enum bare bare)
{
    const double start = seconds_of(1);

    clear();
    for (size_t b = 0; b < BATCHES; b++) {
        if (bare == GENERATOR)
            generate(b);
        else if (bare == QUANTILE)
            quantiles();
        else if (bare == MONEY)
            round_to_cents();
        else
            scatter(b);
    }
    return seconds_of(1) - start;
}

static double together_seconds(void)
{
    const double start = seconds_of(1);

    clear();
    for (size_t b = 0; b < BATCHES; b++) {
        generate(b);
        quantiles();
        round_to_cents();
        scatter(b);
    }
    return seconds_of(1) - start;
}

static struct times alone[BARE][ISAS], together[ISAS], simulation;

static double ns(const struct times *times)
{
    return 1e9 * times_median(times) / BATCHES / EVENT_BATCH;
}

static void row_print(const char *name, const struct times *times)
{
    printf("  %-40s", name);
    for (size_t i = 0; i < ISAS; i++)
        if (times[i].count > 0)
            printf(" %8.2f", ns(&times[i]));
    printf("\n");
}

static double sum_of(size_t isa)
{
    double sum = 0;

    for (enum bare bare = 0; bare < BARE; bare++)
        sum += ns(&alone[bare][isa]);
    return sum;
}

static void tables_print(void)
{
    printf("\n  %-40s", "ns per event, one core");
    for (size_t i = 0; i < ISAS; i++)
        if (together[i].count > 0)
            printf(" %8s", isas[i]);
    printf("\n");
    for (enum bare bare = 0; bare < BARE; bare++)
        row_print(names[bare], alone[bare]);
    printf("  %-40s", "their sum: the floor");
    for (size_t i = 0; i < ISAS; i++)
        if (together[i].count > 0)
            printf(" %8.2f", sum_of(i));
    printf("\n");
    row_print("one after the other, batch by batch", together);
}

int main(int argc, char **argv)
{
    const size_t rounds = repetitions(argc, argv, 5);
    const enum isa best = isa_current();
    struct night *night = night_make(&(struct night_shape){
        .scenarios = 1000, .assets = 1, .years = 100000, .low = 0.01, .high = 3});
    double count = 0;

    for (size_t r = 0; r < rounds; r++) {
        for (size_t i = 0; i < ISAS; i++) {
            if (!isa_choose(isas[i]))
                continue;
            for (enum bare bare = 0; bare < BARE; bare++)
                times_add(&alone[bare][i], alone_seconds(bare));
            times_add(&together[i], together_seconds());
        }
        isa_choose(isa_name(best));
        const struct night_seconds s = night_run(night, 1, NULL);

        times_add(&simulation, s.simulation);
        count = s.events;
    }
    printf("The simulation and the loops it is made of, %zu rounds\n", rounds);
    tables_print();

    const double per_event = 1e9 * times_median(&simulation) / count;

    printf(
        "\n  simulation, 1,000 scenarios x 100,000 years, rates 0.01 to 3, %s, 1 thread: %.2f ns "
        "per event\n",
        isa_name(best), per_event);
    target_print("time per event / floor, dense study, 1 thread", per_event / sum_of(best), AT_MOST,
                 1.3, "");
    if (together[ISA_V4].count > 0)
        target_print("lognormal event, generator to scatter, AVX-512", ns(&together[ISA_V4]),
                     AT_MOST, 3.0, "ns");
    if (together[ISA_V3].count > 0)
        target_print("lognormal event, generator to scatter, AVX2", ns(&together[ISA_V3]), AT_MOST,
                     5.5, "ns");
    night_free(night);
    return 0;
}
