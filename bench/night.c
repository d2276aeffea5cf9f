#include "night.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "results/file.h"
#include "simulate/simulate.h"
#include "timing.h"

static void *array(struct night *night, size_t count, size_t size)
{
    void *memory = arena_alloc(&night->arena, count + 1, size);

    need(memory != NULL, "memory is exhausted");
    return memory;
}

static const struct distribution *parse(struct night *night, const char *cell)
{
    const struct distribution_reader reader = {.arena = &night->arena};
    const struct distribution *x =
        distribution_parse(cell, &(struct place){.value = cell}, &reader, night->d);

    need(x != NULL, cell);
    return x;
}

static struct assets assets_make(struct night *night, size_t count, struct selection *all)
{
    const char **id = array(night, count, sizeof *id), **name = array(night, count, sizeof *name);
    uint64_t *hash = array(night, count, sizeof *hash);
    uint64_t *quantity = array(night, count, sizeof *quantity);
    uint32_t *selected = array(night, count, sizeof *selected);
    double *value = array(night, count, sizeof *value);
    const struct distribution **resistance = array(night, count, sizeof *resistance);

    for (size_t a = 0; a < count; a++) {
        id[a] = name[a] = "";
        hash[a] = (a + 1) * UINT64_C(0x9e3779b97f4a7c15);
        quantity[a] = 1;
        selected[a] = (uint32_t)a;
        value[a] = NAN;
    }
    *all = (struct selection){count, selected, (double)count};
    return (struct assets){count, id, name, hash, value, quantity, resistance};
}

static void groups_make(struct night *night, size_t scenarios, size_t count)
{
    struct grouping *grouping = array(night, 1, sizeof *grouping);
    const char **names = array(night, count, sizeof *names);
    uint32_t *part = array(night, scenarios, sizeof *part);
    uint32_t *code = array(night, count, sizeof *code);

    for (size_t s = 0; s < scenarios; s++)
        part[s] = (uint32_t)(s % count);
    for (size_t g = 0; g < count; g++) {
        names[g] = "";
        code[g] = (uint32_t)g;
    }
    *grouping = (struct grouping){.name = "group",
                                  .count = count,
                                  .names = names,
                                  .scenario_part = part,
                                  .asset_parts = 1,
                                  .code = code};
    night->portfolio.grouping_count = 1;
    night->portfolio.groupings = grouping;
}

static void scenarios_make(struct night *night, const struct night_shape *shape,
                           const struct selection *all)
{
    struct scenario *scenarios = array(night, shape->scenarios, sizeof *scenarios);
    const struct distribution *severity;
    char cell[100];

    night->rate = array(night, shape->scenarios, sizeof *night->rate);
    snprintf(cell, sizeof cell, "lognormal %g %g", (double)NIGHT_MU, NIGHT_SIGMA);
    severity = parse(night, cell);
    for (size_t s = 0; s < shape->scenarios; s++) {
        night->rate[s] = shape->low * pow(shape->high / shape->low,
                                          ((double)s + 0.5) / (double)shape->scenarios);
        snprintf(cell, sizeof cell, "%.17g", night->rate[s]);
        scenarios[s] = (struct scenario){.id = "",
                                         .name = "",
                                         .owner = "",
                                         .threat_id = "",
                                         .id_hash = 1000 + (uint64_t)s,
                                         .event = NO_ROW,
                                         .driver = NO_ROW,
                                         .selection = all,
                                         .frequency = parse(night, cell)};
        scenarios[s].severity.loss[STAGE_PRIMARY][FORM_TOTAL] = severity;
    }
    night->portfolio.scenario_count = shape->scenarios;
    night->portfolio.scenarios = scenarios;
}

struct night *night_make(const struct night_shape *shape)
{
    static const double quantiles[] = {0.9, 0.95, 0.99, 0.995, 0.999},
                        periods[] = {2, 5, 10, 20, 50, 100, 200, 500, 1000};
    struct night *night = calloc(1, sizeof *night);
    struct selection *all;

    need(night != NULL, "memory is exhausted");
    night->d = diagnostics_new();
    need(night->d != NULL, "memory is exhausted");
    night->portfolio.settings =
        (struct settings){.title = "bench",
                          .currency = "EUR",
                          .as_of = "",
                          .resolution = 0.01,
                          .years = shape->years,
                          .seed = 1,
                          .quantile_count = sizeof quantiles / sizeof *quantiles,
                          .quantiles = quantiles,
                          .return_period_count = sizeof periods / sizeof *periods,
                          .return_periods = periods,
                          .detail = 1000};
    all = array(night, 1, sizeof *all);
    night->portfolio.assets = assets_make(night, shape->assets, all);
    scenarios_make(night, shape, all);
    if (shape->groups > 0)
        groups_make(night, shape->scenarios, shape->groups);
    return night;
}

void night_free(struct night *night)
{
    arena_free(&night->arena);
    diagnostics_free(night->d);
    free(night);
}

static void check(bool good, const struct night *night)
{
    if (good)
        return;
    diagnostics_print(night->d, stderr);
    exit(4);
}

// When the second pass first tells of itself.
struct watched {
    int threads;
    double second_pass; // 0: not yet
};

static bool watch(void *context, double done, const char *phase)
{
    struct watched *watched = context;

    (void)done;
    if (watched->second_pass == 0 && *phase == 'a') // attributing
        watched->second_pass = seconds_of(watched->threads);
    return true;
}

static double events_of(const struct outcome *o)
{
    double sum = 0;

    for (uint64_t y = 0; y < o->portfolio->settings.years; y++)
        sum += o->event_count[y];
    return sum;
}

struct night_seconds night_run(const struct night *night, int threads, const char *path)
{
    struct outcome o;
    struct watched watched = {threads, 0};
    struct night_seconds seconds;
    const double start = seconds_of(threads), wall = seconds_now(), used = seconds_of(1);

    check(simulate_run(&night->portfolio, threads, watch, &watched, &o, night->d) ==
              SIMULATION_DONE,
          night);
    seconds.all = seconds.written = seconds_of(threads) - start;
    seconds.share = (seconds_of(1) - used) / (seconds_now() - wall) / threads;
    seconds.simulation = watched.second_pass - start;
    if (path) {
        check(results_write(path, &o, NULL, NULL, 0, "bench", (size_t)threads, night->d), night);
        seconds.written = seconds_of(threads) - start;
    }
    seconds.events = events_of(&o);
    outcome_free(&o);
    return seconds;
}
