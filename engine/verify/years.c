// The simulated years: amounts are whole units of money, losses, largest events and counts agree
// with one another, and the worst of them are those that are listed.
#include <stdlib.h>
#include <string.h>

#include "simulate/worst.h"
#include "verify/arrays.h"
#include "verify/consistency.h"

static const char section[] = "Consistency";

struct years {
    struct findings *f;
    struct cells_finding cells;
};

static void year_refuse(struct years *y, uint64_t year, const char *found, int64_t amount,
                        const char *expected, double resolution)
{
    struct findings *f = y->f;

    if (cells_differ(&y->cells))
        cells_show(&y->cells, findings_text(f, "year %llu", (unsigned long long)year),
                   findings_text(f, "%s %s", found,
                                 findings_real(f, money_of_units((double)amount, resolution))),
                   expected);
}

static struct years years_start(struct findings *f, struct check *check, const char *object,
                                uint64_t years)
{
    return (struct years){f, {.f = f, .check = check, .object = object, .cells = years}};
}

static void amounts_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {"annual_loss", "annual_loss_gross", "largest_event", NULL};
    static const char *const listed[] = {"annual_loss", "largest_event", "loss", NULL};
    struct check *check = check_start(f, section, "amounts of years are whole units of money");
    // each was read as units: what they are written as stands in the view
    const size_t count = columns_hold(run, f, check, e, "/portfolio", names) +
                         columns_hold(run, f, check, e, "/tail/worst_years", listed) +
                         columns_hold(run, f, check, e, "/tail/worst_events", listed);

    check_tell(f, check, "%zu arrays", count);
}

static void counts_check(struct findings *f, const struct expected *e)
{
    struct check *check = check_start(f, section, "losses, largest events and counts agree");
    const struct outcome *o = &e->outcome;
    const struct settings *settings = &o->portfolio->settings;
    const double unit = settings->resolution;
    struct years loss = years_start(f, check, "/portfolio/annual_loss", settings->years);
    struct years largest = years_start(f, check, "/portfolio/largest_event", settings->years);
    struct years count = years_start(f, check, "/portfolio/event_count", settings->years);

    for (uint64_t y = 0; y < settings->years; y++) {
        if (o->annual_loss[y] > e->gross[y])
            year_refuse(&loss, y, "net", o->annual_loss[y], "no more than the gross loss", unit);
        if (o->largest_event[y] > e->gross[y])
            year_refuse(&largest, y, "event of", o->largest_event[y],
                        "no more than the year's loss", unit);
        else if ((o->largest_event[y] == 0) != (e->gross[y] == 0))
            year_refuse(&largest, y, "event of", o->largest_event[y],
                        "an event where there is a loss", unit);
        if ((__int128)o->largest_event[y] * o->event_count[y] < e->gross[y])
            year_refuse(&count, y, "too few events for", e->gross[y],
                        "largest event x count of no less", unit);
    }
    check_tell(f, check, "%s years", findings_whole(f, settings->years));
}

static void worst_years_check(struct run_file *run, struct findings *f, struct expected *e)
{
    static const char *const names[] = {"year", "annual_loss", "event_count", "largest_event",
                                        NULL};
    struct check *check = check_start(f, section, "worst years are the worst of the years");
    struct outcome *o = &e->outcome;
    const struct outcome *found = run->view.outcome;
    struct worst_year *worst = expected_room(f, e, WORST_MAX, sizeof *worst);

    if (worst == NULL)
        return;
    o->worst_year_count = worst_years_find(e->gross, o->portfolio->settings.years, worst);
    for (size_t i = 0; i < o->worst_year_count; i++) {
        worst[i].events = o->event_count[worst[i].year];
        worst[i].largest.loss = o->largest_event[worst[i].year];
    }
    o->worst_years = worst;
    columns_hold(run, f, check, e, "/tail/worst_years", names);
    check_tell(f, check, "%zu years", o->worst_year_count);
    // what names the largest event's origin is compared elsewhere: as it stands
    o->worst_year_count = found->worst_year_count;
    o->worst_years = found->worst_years;
}

// The largest events of years that reach the list must be in it, and none in it may be larger than
// its year's largest.
static void worst_events_check(struct findings *f, const struct expected *e)
{
    static const char path[] = "/tail/worst_events/loss";
    struct check *check = check_start(f, section, "worst events are the largest of their years");
    const struct outcome *o = &e->outcome;
    const struct settings *settings = &o->portfolio->settings;
    const size_t count = o->worst_event_count;
    const int64_t least = count < WORST_MAX ? 0 : o->worst_events[count - 1].loss;
    struct years cells = years_start(f, check, path, settings->years);
    uint8_t *seen = calloc(settings->years + 1, 1);

    if (seen == NULL) {
        f->out_of_memory = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const struct worst_event *x = &o->worst_events[i];

        if (i > 0 && worst_event_larger(x, &o->worst_events[i - 1]))
            finding_add(f, check, path, "rank %zu is larger than the one before it", i + 1);
        if (x->loss > o->largest_event[x->year])
            year_refuse(&cells, x->year, "listed event of", x->loss,
                        "no more than the year's largest event", settings->resolution);
        seen[x->year] |= x->loss == o->largest_event[x->year];
    }
    for (uint64_t y = 0; y < settings->years; y++)
        if (o->largest_event[y] > least && !seen[y])
            year_refuse(&cells, y, "missing: event of", o->largest_event[y],
                        "in the list, being the year's largest", settings->resolution);
    free(seen);
    check_tell(f, check, "%zu events", count);
}

void years_check(struct run_file *run, struct findings *f, struct expected *e)
{
    amounts_check(run, f, e);
    counts_check(f, e);
    worst_years_check(run, f, e);
    worst_events_check(f, e);
}
