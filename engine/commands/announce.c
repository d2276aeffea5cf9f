#include "commands/announce.h"

#include <math.h>
#include <stdio.h>

#include "base/machine.h"
#include "commands/print.h"
#include "results/file.h"
#include "treat/alone.h"

// Cells of the file that there are one of for each year.
static double yearly_cells(const struct portfolio *portfolio)
{
    const struct treatments *t = &portfolio->treatments;
    const double years = (double)portfolio->settings.years;
    double rows = 3 + (double)portfolio->event_count + (double)t->layer_count;

    for (size_t g = 0; g < portfolio->grouping_count; g++)
        rows += (double)portfolio->groupings[g].count;
    if ((double)t->count * years <= TREATMENT_CELLS_MOST)
        rows += (double)t->count;
    return rows * years;
}

bool announcement_make(const struct study *study, const struct scenario_plans *plans, int threads,
                       struct announcement *a, struct scenario_forecast *each,
                       struct event_forecast *events, struct diagnostics *d)
{
    const struct portfolio *portfolio = &study->portfolio;
    // before anything else is allocated
    const double now = machine_memory_now(), reading = machine_memory_peak();
    const double rows = (double)portfolio->assets.count + (double)portfolio->scenario_count;
    const double write_seconds = results_write_seconds(yearly_cells(portfolio), rows);
    const double read_seconds = study_read_seconds(study);
    double parallel;

    *a = (struct announcement){.threads = threads};
    const bool good = simulate_forecast(portfolio, plans, threads, &a->simulation, each, events, d);
    // all that would be refused, at once
    if (!treat_forecast(portfolio, plans, threads, &a->treatments, d) || !good)
        return false;
    const double outcome = a->simulation.outcome_bytes;
    const double treating = outcome + a->treatments.memory_bytes;
    const double writing =
        outcome + a->treatments.kept_bytes + results_write_memory((size_t)threads);
    a->memory_bytes =
        fmax(reading, now + fmax(a->simulation.memory_bytes, fmax(treating, writing)));
    parallel = a->simulation.seconds + a->treatments.seconds;
    a->seconds = parallel + read_seconds + write_seconds;
    // one thread parses, and one writes and hashes: a third of what there is to do
    a->seconds_threads = parallel / threads + read_seconds + write_seconds / fmin(threads, 3);
    return true;
}

void announcement_print(const struct portfolio *portfolio, const struct announcement *a)
{
    const struct settings *settings = &portfolio->settings;
    const struct treat_forecast *t = &a->treatments;

    heading("The run");
    printf("  %s years, %s loss events%s: %s on %d thread%s, %s of memory\n",
           whole_text(settings->years),
           number_text(a->simulation.loss_events_per_year * (double)settings->years),
           portfolio->event_count > 0 ? " (hits of shared events counted singly)" : "",
           duration_text(a->seconds_threads), a->threads, a->threads == 1 ? "" : "s",
           bytes_text(a->memory_bytes));
    if (portfolio->treatments.count == 0)
        return;
    printf("  of this the treatments, %s pairs of a loss event and a treatment: %s, %s\n",
           number_text(t->pairs), duration_text(t->seconds / a->threads),
           bytes_text(t->memory_bytes));
    if (t->searched)
        printf("  the search for plans comes on top: seconds, or minutes where many treatments "
               "meet\n");
    printf("  each of them as the last one, which rank tells: %s, %s\n",
           duration_text(t->last_in_seconds / a->threads), bytes_text(t->last_in_bytes));
}

void announcement_json(struct json *json, const struct announcement *a)
{
    const struct treat_forecast *t = &a->treatments;

    json_number(json, "memory_bytes", a->memory_bytes);
    json_number(json, "seconds_one_thread", a->seconds);
    json_open(json, "treatments", '{');
    json_number(json, "pairs", t->pairs);
    json_number(json, "memory_bytes", t->memory_bytes);
    json_number(json, "seconds_one_thread", t->seconds);
    json_whole(json, "plans_searched", t->searched);
    json_number(json, "last_in_memory_bytes", t->last_in_bytes);
    json_number(json, "last_in_seconds_one_thread", t->last_in_seconds);
    json_close(json, '}');
}
