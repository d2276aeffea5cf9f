#include "verify/run_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/reader.h"

// Every alteration that leaves this is told in detail; any other file is no run at all.
static bool is_run(struct run_file *run)
{
    const char *engine = run_file_text(run, "/", "engine");
    const int64_t version = run_file_whole(run, "schema_version");

    if (run->failure[0] != '\0') {
        run->h.system = true;
        return reader_refuse(&run->h, "%s", run->failure);
    }
    if (engine == NULL || strcmp(engine, "lossmill") != 0)
        return reader_refuse(&run->h, "it is not a lossmill run");
    return version == SCHEMA_VERSION ||
           reader_refuse(&run->h,
                         "it is of schema version %lld, not %d: verify it with the lossmill that "
                         "wrote it",
                         (long long)version, SCHEMA_VERSION);
}

bool run_file_start(struct run_file *run, const char *path, struct arena *arena,
                    struct diagnostics *d)
{
    *run = (struct run_file){.path = path, .arena = arena};
    return reader_budget(path, &run->budget, d);
}

// The reason of the reader is kept without the file's name.
void run_file_read(struct run_file *run)
{
    struct diagnostics *d = diagnostics_new();

    if (d != NULL && results_read(run->path, &run->results, d)) {
        run->view = run->results->view;
    } else {
        const char *reason =
            d != NULL && diagnostics_kept(d) > 0 ? diagnostics_get(d, 0)->message : "out of memory";
        if (d == NULL || diagnostics_failed(d))
            snprintf(run->failure, sizeof run->failure, "%s", reason);
        run->unread = arena_text(run->arena, reason, strlen(reason));
        if (run->unread == NULL)
            run->unread = "out of memory";
    }
    diagnostics_free(d);
}

void run_file_free(struct run_file *run)
{
    results_free(run->results);
    run->results = NULL;
}

bool run_file_open(struct run_file *run)
{
    run->h = (struct hdf5_file){.file = -1};
    return hdf5_open(&run->h, run->path) && is_run(run) &&
           hdf5_objects(&run->h, run->arena, &run->objects, &run->object_count);
}

void run_file_close(struct run_file *run)
{
    hdf5_close(&run->h);
}

struct looking {
    struct run_file *run;
    void (*look)(void *state);
    void *state;
};

static bool opened_look(void *looking)
{
    const struct looking *l = looking;
    const bool good = run_file_open(l->run);

    if (good)
        l->look(l->state);
    run_file_close(l->run);
    return good;
}

// Looking takes several times as long as reading, for all cells are hashed, sorted and compared;
// and a dozen arrays of all years.
static struct apart_limits limits_of(const struct run_file *run)
{
    struct apart_limits limits = reader_limits(run->budget);

    limits.seconds *= 10;
    if (run->view.portfolio != NULL)
        limits.bytes += run->view.portfolio->settings.years * 128;
    return limits;
}

bool run_file_apart(struct run_file *run, struct apart *apart, void (*look)(void *state),
                    void *state, struct diagnostics *d)
{
    struct looking looking = {run, look, state};
    const bool good =
        reader_apart(apart, run->arena, opened_look, &looking, &run->h, limits_of(run));

    if (!good)
        reader_tell(&run->h, run->path, "cannot be read", d);
    return good;
}

void run_file_forget(struct run_file *run)
{
    if (run->h.failed && run->h.system && run->failure[0] == '\0')
        snprintf(run->failure, sizeof run->failure, "%s", run->h.message);
    run->h.failed = run->h.system = false;
    run->h.message[0] = '\0';
}

const char *run_file_recover(struct run_file *run, struct findings *f)
{
    const char *message = findings_text(f, "%s", run->h.message);

    run_file_forget(run);
    return message;
}

static int compare_path(const void *path, const void *object)
{
    return strcmp(path, ((const struct hdf5_object *)object)->path);
}

bool run_file_has(const struct run_file *run, const char *path)
{
    return run->object_count > 0 &&
           bsearch(path, run->objects, run->object_count, sizeof *run->objects, compare_path);
}

int64_t run_file_whole(struct run_file *run, const char *name)
{
    int64_t value = 0;

    if (!hdf5_get_whole(&run->h, "/", name, &value))
        value = 0;
    run_file_forget(run);
    return value;
}

const char *run_file_text(struct run_file *run, const char *object, const char *name)
{
    char *text = NULL;
    const char *kept = NULL;

    if (hdf5_has_attribute(&run->h, object, name) && hdf5_get_text(&run->h, object, name, &text))
        kept = arena_text(run->arena, text, strlen(text));
    run_file_forget(run);
    free(text);
    return kept;
}

bool run_file_path(const struct schema_column *column, const struct schema_view *view,
                   char path[2 * SCHEMA_PATH_MAX])
{
    char table[SCHEMA_PATH_MAX];

    if (!schema_table_path(column, view, table))
        return false;
    snprintf(path, 2 * SCHEMA_PATH_MAX, "%s/%s", table, column->name);
    return true;
}

const struct schema_column *run_file_column(const struct schema_view *view, const char *path,
                                            size_t *grouping)
{
    struct schema_view v = *view;
    char own[2 * SCHEMA_PATH_MAX];

    for (size_t c = 0; c < schema_column_count(); c++) {
        const struct schema_column *column = schema_column_at(c);
        const size_t times = schema_is_grouped(column) ? v.portfolio->grouping_count : 1;
        const size_t length = strlen(path), tail = strlen(column->name);

        if (length <= tail || strcmp(path + length - tail, column->name) != 0)
            continue;
        for (v.grouping = 0; v.grouping < times; v.grouping++)
            if (run_file_path(column, &v, own) && strcmp(own, path) == 0) {
                *grouping = v.grouping;
                return column;
            }
    }
    return NULL;
}
