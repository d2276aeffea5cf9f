#include "study/study.h"

#include <string.h>

#include "base/text.h"
#include "study/assets.h"
#include "study/defaults.h"
#include "study/events.h"
#include "study/files.h"
#include "study/groups.h"
#include "study/scenarios.h"
#include "study/settings.h"
#include "study/threats.h"
#include "study/treatments.h"

static const char *const tables_read[] = {
    "assets.csv",   "threats.csv",   "scenarios.csv",  "events.csv",  "drivers.csv",
    "defaults.csv", "controls.csv",  "treatments.csv", "effects.csv", "insurance.csv",
    "appetite.csv", "decisions.csv", "zones.csv"};
enum { TABLES_READ = sizeof tables_read / sizeof *tables_read };

bool reading_out_of_memory(struct reading *reading)
{
    const struct place nowhere = {0};

    diagnostics_fail(reading->d, &nowhere, "memory is exhausted");
    return false;
}

struct csv_format reading_format(struct reading *reading)
{
    return (struct csv_format){reading->rules.windows_1252, reading->options->threads,
                               reading->kept, &reading->scratch, NULL};
}

void reading_tell(const struct reading *reading, double done, const char *phase)
{
    if (reading->options->tell)
        reading->options->tell(reading->options->context, done, phase);
}

static bool was_read(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->study->input_count; i++) {
        if (strcmp(reading->study->inputs[i].name, name) == 0)
            return true;
    }
    return false;
}

// events-2.csv and the like. Not assets-2.csv: assets may be several files.
static bool looks_like_a_part(const char *name)
{
    for (size_t t = 1; t < TABLES_READ; t++) {
        const size_t stem = strlen(tables_read[t]) - strlen(".csv");

        if (strncmp(name, tables_read[t], stem) == 0 && strchr("-_ (", name[stem]))
            return true;
    }
    return false;
}

// A table that would be passed over in silence is an error: one whose name is nearly that of a
// table. One that may be a part of a table, or an old one, is warned of.
static void other_files_check(struct reading *reading)
{
    for (size_t i = 0; i < reading->file_count; i++) {
        const char *name = reading->files[i];
        const struct place at = {.file = name};
        const size_t length = strlen(name);
        const char *near;

        if (length < 5 || strcmp(name + length - 4, ".csv") != 0 || was_read(reading, name))
            continue;
        near = text_nearest(name, length, tables_read, TABLES_READ, 2);
        if (near && strcmp(near, name) != 0)
            diagnostics_add(reading->d, &at,
                            "no table has this name, and nothing reads it; did you mean '%s'?",
                            near);
        else if (looks_like_a_part(name))
            diagnostics_warn(reading->d, &at,
                             "nothing reads this file: only assets may be several files");
    }
}

// One loss a year has no events to strike together, and no years that are worse than others.
static void product_check(struct reading *reading)
{
    const struct portfolio *portfolio = &reading->study->portfolio;
    const struct place at = {"study.ini", reading->rules.annual_loss_line, "study.annual_loss",
                             "product"};

    if (portfolio->settings.annual_loss == ANNUAL_LOSS_PRODUCT &&
        portfolio->event_count + portfolio->driver_count > 0)
        diagnostics_add(reading->d, &at,
                        "does not go with shared events or drivers: annual_loss = events, or take "
                        "events.csv and drivers.csv out");
}

static void tables_read_all(struct reading *reading)
{
    struct defaults defaults;
    bool good;

    defaults_read(reading, &defaults);
    good = assets_read(reading, &defaults);
    good = threats_read(reading, &defaults) && good;
    good = drivers_read(reading) && good;
    good = events_read(reading) && good;
    product_check(reading);
    // whatever the others are like: all errors of a study are reported in one go
    if (scenarios_read(reading, &defaults) && good) {
        if (!events_finish(reading))
            return;
        groups_read(reading);
        groups_find_unreached(reading);
    }
    treatments_read(reading);
}

bool study_read(struct study *study, const char *folder, const struct study_options *options,
                struct diagnostics *d)
{
    const uint64_t errors = diagnostics_errors(d);
    struct reading reading = {.study = study,
                              .kept = &study->arena,
                              .shelf = {.arena = &study->arena},
                              .options = options,
                              .d = d,
                              .folder = -1,
                              .event_id = -1,
                              .driver_id = -1,
                              .treatment_id = -1,
                              .control_id = -1};

    *study = (struct study){0};
    if (!words_start(&reading.cells, reading.kept, &reading.scratch)) {
        reading_out_of_memory(&reading);
    } else if (files_open(&reading, folder)) {
        settings_read(&reading);
        tables_read_all(&reading);
        other_files_check(&reading);
        files_finish_inputs(&reading);
    }
    files_close(&reading);
    arena_free(&reading.scratch);
    return diagnostics_errors(d) == errors;
}

void study_free(struct study *study)
{
    arena_free(&study->arena);
    *study = (struct study){0};
}

// On a server core of 2022: by the bytes of its tables, and its distributions.
double study_read_seconds(const struct study *study)
{
    double bytes = 0;

    for (size_t i = 0; i < study->input_count; i++)
        bytes += (double)study->inputs[i].size;
    return bytes * 25e-9 + (double)study->facts.distinct_distributions * 5e-6;
}
