#include "study/events.h"

#include <math.h>

#include "study/optional.h"
#include "study/terms.h"

// Columns of one form stand at FIRST + form (enum loss_form).
enum {
    EVENT_ID,
    FREQUENCY,
    NAME,
    OWNER,
    STATED,
    COUNTS,
    SECONDARY_PROBABILITY,
    HIT_CORRELATION,
    EVENT_DRIVER,
    PRIMARY,
    SECONDARY = PRIMARY + LOSS_FORMS,
    EVENT_COLUMNS = SECONDARY + LOSS_FORMS
};
#define FORMS(prefix)                                                                              \
    prefix "productivity", prefix "response", prefix "replacement", prefix "fines",                \
        prefix "competitive_advantage", prefix "reputation", prefix "total"
static const char *const event_columns[EVENT_COLUMNS] = {
    "event_id",
    "frequency",
    "name",
    "owner",
    "stated",
    "counts",
    "secondary_probability",
    "hit_correlation",
    "driver",
    FORMS("primary_"),
    FORMS("secondary_"),
};
static const struct table_shape event_shape = {EVENT_COLUMNS, 2, event_columns, false};
static const struct loss_columns loss_columns = {PRIMARY, SECONDARY, -1, SECONDARY_PROBABILITY, -1};

enum { DRIVER, MULTIPLIER, SEVERITY_CORRELATION, DRIVER_COLUMNS };
static const char *const driver_columns[DRIVER_COLUMNS] = {"driver", "frequency",
                                                           "severity_correlation"};
static const struct table_shape driver_shape = {DRIVER_COLUMNS, 1, driver_columns, false};

// How far the mean of a multiplier may lie from 1: people write three digits.
static const double mean_tolerance = 1e-3;

static void multiplier_read(const struct terms *t, struct driver *driver)
{
    static const char one[] = "1";
    const struct distribution_reader reader = {.arena = t->reading->kept};
    const struct place at = terms_place(t, MULTIPLIER);
    double constant;

    driver->frequency = terms_given(t, MULTIPLIER)
                            ? terms_distribution(t, MULTIPLIER, CELL_RATE)
                            : distribution_parse(one, &at, &reader, t->reading->d);
    if (!driver->frequency)
        return;
    if (distribution_draws(driver->frequency) > 1)
        diagnostics_add(t->reading->d, &at,
                        "a driver's multiplier follows one Z per year: it cannot be a product");
    else if (fabs(distribution_mean(driver->frequency) - 1) > mean_tolerance)
        diagnostics_add(t->reading->d, &at,
                        "its mean is %.6g: a multiplier of mean 1 is expected, so that the "
                        "frequencies stay the average year's (a lognormal of mean 1 has MU = "
                        "-SIGMA^2/2, a gamma SCALE = 1/SHAPE)",
                        distribution_mean(driver->frequency));
    else if (t->table->columns_good && driver->severity_correlation == 0 &&
             distribution_is_constant(driver->frequency, &constant))
        diagnostics_add(t->reading->d, &at,
                        "the driver has no effect: a multiplier of mean 1 that varies from year to "
                        "year is expected, or a severity_correlation");
}

static void driver_read(const struct terms *t, struct driver *driver)
{
    driver->id = terms_text(t, DRIVER);
    terms_loading(t, SEVERITY_CORRELATION, &driver->severity_correlation);
    multiplier_read(t, driver);
}

bool drivers_read(struct reading *reading)
{
    struct table *table = &reading->drivers;
    int at[DRIVER_COLUMNS], id;
    struct driver *drivers;
    uint64_t *hash = NULL;

    if (!optional_read_ids(reading, "drivers.csv", &driver_shape, table, &id, &hash))
        return false;
    drivers = arena_alloc(reading->kept, table->rows + 1, sizeof *drivers);
    if (!drivers)
        return reading_out_of_memory(reading);
    columns_find(table, &driver_shape, at);
    for (size_t row = 0; row < table->rows; row++) {
        const struct terms t = {reading, table, row, driver_columns, at};

        drivers[row].id_hash = hash[row];
        driver_read(&t, &drivers[row]);
    }
    reading->driver_id = id; // only now: who names a driver finds it
    reading->study->facts.driver_rows = table->rows;
    reading->study->portfolio.drivers = drivers;
    reading->study->portfolio.driver_count = table->rows;
    return true;
}

static void event_read(const struct terms *t, struct shared_event *event)
{
    event->id = terms_text(t, EVENT_ID);
    event->name = terms_text(t, NAME);
    event->owner = terms_text(t, OWNER);
    event->stated = terms_stated(t, STATED);
    terms_counts(t, COUNTS, &event->counts, &event->negbinomial_k);
    event->frequency = terms_frequency(t, FREQUENCY, event->counts, "occurrences per year");
    terms_losses(t, &loss_columns, &event->severity);
    terms_loading(t, HIT_CORRELATION, &event->hit_correlation);
    event->driver = terms_driver(t, EVENT_DRIVER, &loss_columns, &event->severity, true);
}

bool events_read(struct reading *reading)
{
    struct table *table = &reading->events;
    int at[EVENT_COLUMNS], id;
    struct shared_event *events;
    uint64_t *hash = NULL;

    if (!optional_read_ids(reading, "events.csv", &event_shape, table, &id, &hash))
        return false;
    events = arena_alloc(reading->kept, table->rows + 1, sizeof *events);
    if (!events)
        return reading_out_of_memory(reading);
    columns_find(table, &event_shape, at);
    for (size_t row = 0; row < table->rows; row++) {
        const struct terms t = {reading, table, row, event_columns, at};

        events[row].id_hash = hash[row];
        event_read(&t, &events[row]);
    }
    reading->event_id = id;
    reading->study->facts.event_rows = table->rows;
    reading->study->portfolio.events = events;
    reading->study->portfolio.event_count = table->rows;
    return true;
}

// Rows that nothing names.
static void unused_warn(struct reading *reading, const bool *event_named, const bool *driver_named)
{
    for (size_t row = 0; row < reading->events.rows; row++) {
        const struct place at = table_place(&reading->events, row, reading->event_id);

        if (!event_named[row])
            diagnostics_warn(reading->d, &at, "no scenario names this event: it costs nothing");
    }
    for (size_t row = 0; row < reading->drivers.rows; row++) {
        const struct place at = table_place(&reading->drivers, row, reading->driver_id);

        if (!driver_named[row])
            diagnostics_warn(reading->d, &at, "nothing names this driver: it has no effect");
    }
}

// A correlation of hits whose losses are always the same.
static void hit_correlation_warn(struct reading *reading)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    const int column = table_column(&reading->events, event_columns[HIT_CORRELATION]);

    for (size_t e = 0; e < portfolio->event_count; e++) {
        const struct shared_event *event = &portfolio->events[e];
        const struct place at = table_place(&reading->events, e, column);
        bool varies = event->hit_correlation == 0 || event->scenario_count == 0;

        for (size_t i = 0; i < event->scenario_count && !varies; i++)
            varies = severity_varies(&portfolio->scenarios[event->scenarios[i]].severity);
        if (!varies)
            diagnostics_warn(reading->d, &at, "has no effect: no loss of the event's hits varies");
    }
}

bool events_finish(struct reading *reading)
{
    struct portfolio *portfolio = &reading->study->portfolio;
    const size_t n = portfolio->scenario_count, count = portfolio->event_count;
    struct shared_event *events = arena_alloc(reading->kept, count + 1, sizeof *events);
    uint32_t *scenarios = arena_alloc(reading->kept, n + 1, sizeof *scenarios);
    bool *event_named = arena_alloc(&reading->scratch, count + 1, sizeof *event_named);
    bool *driver_named =
        arena_alloc(&reading->scratch, portfolio->driver_count + 1, sizeof *driver_named);
    size_t *next = arena_alloc(&reading->scratch, count + 1, sizeof *next);

    if (!events || !scenarios || !event_named || !driver_named || !next)
        return reading_out_of_memory(reading);
    for (size_t e = 0; e < count; e++) {
        events[e] = portfolio->events[e];
        if (events[e].driver != NO_ROW)
            driver_named[events[e].driver] = true;
    }
    for (size_t s = 0; s < n; s++) {
        const struct scenario *scenario = &portfolio->scenarios[s];

        if (scenario->event != NO_ROW)
            events[scenario->event].scenario_count++;
        if (scenario->driver != NO_ROW)
            driver_named[scenario->driver] = true;
    }
    for (size_t e = 0, start = 0; e < count; start += events[e++].scenario_count) {
        next[e] = start;
        events[e].scenarios = scenarios + start;
        event_named[e] = events[e].scenario_count > 0;
    }
    for (size_t s = 0; s < n; s++)
        if (portfolio->scenarios[s].event != NO_ROW)
            scenarios[next[portfolio->scenarios[s].event]++] = (uint32_t)s;
    portfolio->events = events;
    if (diagnostics_errors(reading->d) > 0)
        return true; // a wrong cell may be the one that names a row
    unused_warn(reading, event_named, driver_named);
    hit_correlation_warn(reading);
    return true;
}
