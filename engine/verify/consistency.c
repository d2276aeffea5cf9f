#include "verify/consistency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "verify/arrays.h"

void *expected_room(struct findings *f, struct expected *e, size_t count, size_t size)
{
    void *memory = arena_alloc(&e->arena, count + 1, size);

    f->out_of_memory = f->out_of_memory || memory == NULL;
    return memory;
}

static bool is_listed(const char *const *names, const char *name)
{
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

size_t columns_hold(struct run_file *run, struct findings *f, struct check *check,
                    const struct expected *e, const char *table, const char *const *names)
{
    struct schema_view view = e->view;
    size_t count = 0;

    for (size_t c = 0; c < schema_column_count(); c++) {
        const struct schema_column *column = schema_column_at(c);

        if (strcmp(column->table, table) != 0 || !schema_is_present(column, &view) ||
            (names != NULL && !is_listed(names, column->name)))
            continue;
        array_check(run, f, check, column, &view, NULL);
        count++;
    }
    return count;
}

const struct schema_column *column_named(const char *table, const char *name)
{
    for (size_t c = 0; c < schema_column_count(); c++)
        if (strcmp(schema_column_at(c)->table, table) == 0 &&
            strcmp(schema_column_at(c)->name, name) == 0)
            return schema_column_at(c);
    return NULL;
}

bool units_read(struct findings *f, struct check *check, const struct run_file *run,
                const char *path, const struct schema_column *column, size_t grouping, uint64_t row,
                const double *money, int64_t *units)
{
    const struct settings *settings = &run->view.portfolio->settings;
    const double unit = money_of_units(1, settings->resolution);
    struct cells_finding cells = {.f = f, .check = check, .object = path, .cells = settings->years};
    struct schema_view labels = run->view;

    labels.grouping = grouping;
    for (uint64_t y = 0; y < settings->years; y++) {
        const double whole = rint(money[y] / unit);
        const bool fits = whole >= 0 && whole < 0x1p62;
        const double written = fits ? money_of_units(whole, settings->resolution) : NAN;

        units[y] = fits ? (int64_t)whole : 0;
        if (memcmp(&written, &money[y], sizeof written) != 0 && cells_differ(&cells))
            cells_show(&cells, array_where(f, &labels, column, 2, row, y),
                       findings_real(f, money[y]),
                       fits ? findings_real(f, written) : "an amount of money");
    }
    return !cells.begun;
}

static void labels_check(struct run_file *run, struct findings *f)
{
    struct check *check = check_start(f, "Consistency", "coordinates, labels and settings agree");
    struct schema_view view = run->view;
    size_t count = 0;

    for (size_t c = 0; c < schema_column_count(); c++) {
        const struct schema_column *column = schema_column_at(c);
        const size_t times = schema_is_grouped(column) ? view.portfolio->grouping_count : 1;
        // which driver a row follows, and what it harms, is known from the study only
        const bool told = column->type == SCHEMA_LABEL && strcmp(column->name, "driver") != 0 &&
                          strcmp(column->name, "effect") != 0;
        const bool labels = column->type == SCHEMA_ORDINAL || column->type == SCHEMA_RANK ||
                            column->type == SCHEMA_SCENARIO || column->type == SCHEMA_ASSET ||
                            column->type == SCHEMA_EVENT || schema_is_coordinate(column);

        if ((!told && !labels) || !schema_is_present(column, &view))
            continue;
        for (view.grouping = 0; view.grouping < times; view.grouping++, count++)
            array_check(run, f, check, column, &view, NULL);
    }
    check_tell(f, check, "%zu arrays", count);
}

// A deep enough copy: what is computed anew gets memory of its own where it is.
static void expected_make(struct run_file *run, struct expected *e)
{
    *e = (struct expected){.outcome = *run->view.outcome};
    if (run->view.treated != NULL)
        e->treated = *run->view.treated;
    e->view = run->view;
    e->view.outcome = &e->outcome;
    e->view.treated = run->view.treated != NULL ? &e->treated : NULL;
    e->gross = e->outcome.annual_loss_gross != NULL ? e->outcome.annual_loss_gross
                                                    : e->outcome.annual_loss;
}

// What statistics ask of settings, which the engine never writes otherwise.
static bool settings_check(struct run_file *run, struct findings *f)
{
    struct check *check = check_start(f, "Consistency", "settings are possible ones");
    const struct settings *s = &run->view.portfolio->settings;
    bool good = s->years >= 1 && s->years <= 1000000000 && s->resolution > 0 &&
                isfinite(s->resolution) && s->quantile_count <= QUANTILES_MAX;

    for (size_t l = 0; good && l < s->quantile_count; l++)
        good = s->quantiles[l] > (l > 0 ? s->quantiles[l - 1] : 0) && s->quantiles[l] < 1;
    for (size_t t = 0; good && t < s->return_period_count; t++)
        good = s->return_periods[t] > (t > 0 ? s->return_periods[t - 1] : 1) &&
               isfinite(s->return_periods[t]);
    if (!good)
        finding_add(f, check, "/",
                    "years, resolution, quantiles or return periods are none that a "
                    "run can have");
    return good;
}

void consistency_check(struct run_file *run, struct findings *f)
{
    struct expected e;

    if (!settings_check(run, f))
        return;
    expected_make(run, &e);
    labels_check(run, f);
    units_check(f, &e);
    years_check(run, f, &e);
    figures_check(run, f, &e);
    parts_check(run, f, &e);
    treated_check(run, f, &e);
    arena_free(&e.arena);
}
