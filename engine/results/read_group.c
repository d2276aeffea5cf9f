// One group's years, out of a run's file: they are not read with the rest, which nobody would wait
// for.
#include "results/reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The row as units of money; false where a cell is no whole number of them that fits.
static bool units_of(const double *money, uint64_t years, double resolution, int64_t *units)
{
    for (uint64_t y = 0; y < years; y++) {
        const double whole = rint(money[y] / resolution);

        if (!(whole >= 0 && whole < 0x1p63))
            return false;
        units[y] = (int64_t)whole;
    }
    return true;
}

static bool row_read(struct hdf5_file *h, const char *path, const struct settings *settings,
                     uint64_t group, uint64_t budget, int64_t *units)
{
    double *money = malloc(settings->years * sizeof *money);
    struct hdf5_shape shape;
    int64_t dataset;

    if (!money)
        return reader_out_of_memory(h);
    if (hdf5_dataset_open(h, path, &shape, budget, &dataset)) {
        if (shape.rank != 2 || shape.type != HDF5_FLOAT64 || shape.extents[0] <= group ||
            shape.extents[1] != settings->years)
            reader_refuse(h, "%s is not of [group, year]", path);
        else if (hdf5_rows_read(h, dataset, &shape, group, 1, money) &&
                 !units_of(money, settings->years, settings->resolution, units))
            reader_refuse(h, "%s has a cell that is no amount of money", path);
        hdf5_dataset_close(h, dataset);
    }
    free(money);
    return !h->failed;
}

bool reader_group_read(void *group_reading)
{
    struct group_reading *r = group_reading;
    const struct portfolio *portfolio = r->portfolio;
    char dataset[SCHEMA_PATH_MAX] = "/group/";
    const size_t length = strlen(dataset);
    bool good = hdf5_open(&r->h, r->path);

    if (!schema_name_encode(portfolio->groupings[r->grouping].name, dataset + length,
                            sizeof dataset - length - sizeof "/annual_loss"))
        reader_refuse(&r->h, "the name of a grouping is too long");
    strcat(dataset, "/annual_loss");
    good = good && row_read(&r->h, dataset, &portfolio->settings, r->group, r->budget, r->units);
    return hdf5_close(&r->h) && good;
}

bool results_group_years(const char *path, const struct portfolio *portfolio, uint32_t grouping,
                         uint32_t group, int64_t *units, struct diagnostics *d)
{
    const struct place at = {.file = path};
    const uint64_t years = portfolio->settings.years;
    struct group_reading *r = NULL;
    struct apart apart = {0};
    struct arena arena;
    uint64_t budget;
    int64_t *room = NULL;
    bool good;

    if (!reader_budget(path, &budget, d))
        return false;
    if (apart_open(&apart, &arena)) {
        r = arena_alloc(&arena, 1, sizeof *r);
        room = arena_alloc(&arena, years, sizeof *room);
    }
    good = r != NULL && room != NULL;
    if (good) {
        *r = (struct group_reading){.path = path,
                                    .portfolio = portfolio,
                                    .grouping = grouping,
                                    .group = group,
                                    .budget = budget,
                                    .units = room};
        good = reader_apart(&apart, &arena, reader_group_read, r, &r->h, reader_limits(budget));
    }
    if (good)
        memcpy(units, room, years * sizeof *units);
    else if (r != NULL && room != NULL)
        reader_tell(&r->h, path, "the years of a group cannot be read", d);
    else
        diagnostics_fail(d, &at, "the years of a group cannot be read: %s", strerror(ENOMEM));
    apart_close(&apart);
    return good;
}
