// Reading what someone else may have written: first every dataset's type and extents are compared
// with the table of schema.c, each bounded by what its stored bytes can hold; only then is memory
// allocated and filled.
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "results/reader.h"

enum { LEVELS_MAX = 1000, INPUTS_MAX = 10000, SLAB_CELLS = 131072 };
enum { BUDGET_RATIO = 1032 }; // of deflate: see hdf5.c

static const char *const kept_attributes[] = {
    "title", "engine",           "engine_version",    "currency",
    "as_of", "rate_uncertainty", "annual_loss_basis", "content_sha256"};
enum { KEPT = sizeof kept_attributes / sizeof *kept_attributes };
_Static_assert((int)KEPT <= (int)RESULTS_ATTRIBUTES, "there is room for each");

bool reader_budget(const char *path, uint64_t *budget, struct diagnostics *d)
{
    const struct place at = {.file = path};
    struct stat file;

    if (stat(path, &file) != 0) {
        diagnostics_add(d, &at, "cannot be read: %s", strerror(errno));
        diagnostics_blame(d, errno);
        return false;
    }
    if (!S_ISREG(file.st_mode)) {
        diagnostics_add(d, &at, "cannot be read: not a regular file");
        return false;
    }
    if (__builtin_mul_overflow((uint64_t)file.st_size, (uint64_t)BUDGET_RATIO, budget))
        *budget = UINT64_MAX;
    return true;
}

bool reader_refuse(struct hdf5_file *h, const char *format, ...)
{
    va_list list;
    if (!h->failed) {
        va_start(list, format);
        vsnprintf(h->message, sizeof h->message, format, list);
        va_end(list);
    }
    h->failed = true;
    return false;
}

bool reader_out_of_memory(struct hdf5_file *h)
{
    h->system = h->system || !h->failed;
    return reader_refuse(h, "out of memory");
}

void reader_tell(const struct hdf5_file *h, const char *path, const char *refused,
                 struct diagnostics *d)
{
    const struct place at = {.file = path};
    if (h->system)
        diagnostics_fail(d, &at, "cannot be read: %s", h->message);
    else
        diagnostics_add(d, &at, "%s: %s", refused, h->message);
}

uint64_t reader_whole(struct hdf5_file *h, const char *name)
{
    int64_t value = 0;
    if (hdf5_get_whole(h, "/", name, &value) && value < 0)
        reader_refuse(h, "attribute %s is negative", name);
    return h->failed ? 0 : (uint64_t)value;
}

void *reader_room(struct results *r, size_t count, size_t size)
{
    void *memory = r->h.failed ? NULL : arena_alloc(&r->outcome.arena, count, size);
    if (memory == NULL)
        reader_out_of_memory(&r->h);
    return memory;
}

static const char *text_keep(struct results *r, const char *text, size_t limit)
{
    const char *copy = arena_text(&r->outcome.arena, text, strnlen(text, limit));
    if (copy == NULL)
        reader_out_of_memory(&r->h);
    return copy;
}

static const double *reals_keep(struct results *r, const char *name, size_t *count)
{
    double *values = NULL, *kept = NULL;
    *count = 0;
    if (!hdf5_has_attribute(&r->h, "/", name) ||
        !hdf5_get_reals(&r->h, "/", name, LEVELS_MAX, &values, count))
        return NULL;
    kept = reader_room(r, *count, sizeof *kept);
    if (kept != NULL)
        memcpy(kept, values, *count * sizeof *kept);
    free(values);
    return kept;
}

static bool settings_read(struct results *r)
{
    struct settings *s = &r->portfolio.settings;
    double *resolution = NULL;
    size_t count;
    char *text;

    if (reader_whole(&r->h, "schema_version") != SCHEMA_VERSION)
        return reader_refuse(&r->h, "the file is of another schema version than %d",
                             SCHEMA_VERSION);
    for (size_t i = 0; i < KEPT; i++) {
        if (!hdf5_get_text(&r->h, "/", kept_attributes[i], &text))
            return false;
        r->attributes[i] = text_keep(r, text, strlen(text));
        free(text);
    }
    s->title = results_attribute(r, "title");
    s->currency = results_attribute(r, "currency");
    s->as_of = results_attribute(r, "as_of");
    s->years = reader_whole(&r->h, "years");
    s->seed = reader_whole(&r->h, "seed");
    s->detail = reader_whole(&r->h, "detail");
    r->outcome.capped_events = reader_whole(&r->h, "capped_events");
    if (r->h.failed)
        return false;
    s->rate_uncertainty = strcmp(results_attribute(r, "rate_uncertainty"), "none") == 0
                              ? RATE_UNCERTAINTY_NONE
                              : RATE_UNCERTAINTY_YEAR;
    s->annual_loss = strcmp(results_attribute(r, "annual_loss_basis"), "product") == 0
                         ? ANNUAL_LOSS_PRODUCT
                         : ANNUAL_LOSS_EVENTS;
    if (!hdf5_get_reals(&r->h, "/", "resolution", 1, &resolution, &count))
        return false;
    s->resolution = count == 1 ? *resolution : NAN;
    free(resolution);
    if (!(s->resolution > 0 && s->resolution < HUGE_VAL))
        return reader_refuse(&r->h, "attribute resolution is not a positive number");
    s->return_periods = reals_keep(r, "return_periods", &s->return_period_count);
    s->quantiles = reals_keep(r, "quantiles", &s->quantile_count);
    return !r->h.failed;
}

static bool groupings_read(struct results *r)
{
    char **names = NULL;
    size_t count = 0;
    if (!hdf5_has_attribute(&r->h, "/", "groups"))
        return !r->h.failed;
    if (!hdf5_get_texts(&r->h, "/", "groups", SCHEMA_GROUPINGS_MAX, &names, &count))
        return false;
    r->groupings = reader_room(r, count, sizeof *r->groupings);
    for (size_t g = 0; g < count && !r->h.failed; g++)
        r->groupings[g].name = text_keep(r, names[g], strlen(names[g]));
    hdf5_texts_free(names, count);
    r->portfolio.groupings = r->groupings;
    r->portfolio.grouping_count = r->h.failed ? 0 : count;
    return !r->h.failed;
}

static bool input_hashes_read(struct results *r)
{
    char **lines = NULL;
    size_t count = 0;
    if (!hdf5_has_attribute(&r->h, "/", "input_sha256"))
        return !r->h.failed;
    if (!hdf5_get_texts(&r->h, "/", "input_sha256", INPUTS_MAX, &lines, &count))
        return false;
    r->input_hashes = reader_room(r, count, sizeof *r->input_hashes);
    for (size_t i = 0; i < count && !r->h.failed; i++)
        r->input_hashes[i] = text_keep(r, lines[i], strlen(lines[i]));
    hdf5_texts_free(lines, count);
    r->input_count = r->h.failed ? 0 : count;
    return !r->h.failed;
}

static bool column_open(struct results *r, const struct schema_column *column,
                        struct hdf5_shape *shape, int64_t *dataset)
{
    char table[SCHEMA_PATH_MAX], path[2 * SCHEMA_PATH_MAX];
    if (!schema_table_path(column, &r->view, table))
        return reader_refuse(&r->h, "the name of a group column is empty or too long");
    snprintf(path, sizeof path, "%s/%s", table, column->name);
    return hdf5_dataset_open(&r->h, path, shape, r->budget, dataset);
}

// The extents on which all others depend, each from the coordinate of its axis.
static bool extents_read(struct results *r)
{
    size_t groupings = r->portfolio.grouping_count;
    for (size_t c = 0; c < schema_column_count(); c++) {
        const struct schema_column *column = schema_column_at(c);
        enum schema_axis axis = column->axes[0];
        struct hdf5_shape shape = {0};
        int64_t dataset = -1;
        if (!schema_is_coordinate(column) ||
            (axis != AXIS_SCENARIO && axis != AXIS_ASSET && axis != AXIS_EVENT &&
             axis != AXIS_GROUP && axis != AXIS_WORST_YEAR && axis != AXIS_WORST_EVENT))
            continue;
        for (size_t g = 0; g < (axis == AXIS_GROUP ? groupings : 1); g++) {
            r->view.grouping = g;
            if (!column_open(r, column, &shape, &dataset) || !hdf5_dataset_close(&r->h, dataset))
                return false;
            size_t extent = shape.extents[0];
            if (extent > UINT32_MAX)
                return reader_refuse(&r->h, "%s/%s has too many cells", column->table,
                                     column->name);
            if (axis == AXIS_SCENARIO)
                r->portfolio.scenario_count = extent;
            else if (axis == AXIS_ASSET)
                r->portfolio.assets.count = extent;
            else if (axis == AXIS_EVENT)
                r->portfolio.event_count = extent;
            else if (axis == AXIS_GROUP)
                r->groupings[g].count = extent;
            else if (axis == AXIS_WORST_YEAR)
                r->outcome.worst_year_count = extent;
            else
                r->outcome.worst_event_count = extent;
        }
    }
    return true;
}

static bool shape_expected(const struct schema_column *column, const struct schema_view *v,
                           const struct hdf5_shape *shape)
{
    if (shape->rank != schema_rank(column))
        return false;
    for (size_t a = 0; a < shape->rank; a++)
        if (shape->extents[a] != schema_axis_extent(v, column->axes[a]))
            return false;
    switch (column->type) {
    case SCHEMA_REAL:
    case SCHEMA_MONEY:
        return shape->type == HDF5_FLOAT64;
    case SCHEMA_COUNT:
    case SCHEMA_RANK:
    case SCHEMA_PLACE:
        return shape->type == HDF5_INT32;
    case SCHEMA_FLAG:
        return shape->type == HDF5_UINT8;
    case SCHEMA_YEAR:
    case SCHEMA_ORDINAL:
        return shape->type == HDF5_INT32 || shape->type == HDF5_INT64;
    default:
        return shape->type == HDF5_TEXT && shape->text_size <= SCHEMA_TEXT_MAX + 1;
    }
}

static void estimates_room(struct results *r, struct summary *s, struct exceedance *e)
{
    size_t levels = r->portfolio.settings.quantile_count;
    size_t periods = r->portfolio.settings.return_period_count;
    s->var = reader_room(r, levels, sizeof *s->var);
    s->tvar = reader_room(r, levels, sizeof *s->tvar);
    s->tvar_error = reader_room(r, levels, sizeof *s->tvar_error);
    e->aep = reader_room(r, periods, sizeof *e->aep);
    e->oep = reader_room(r, periods, sizeof *e->oep);
}

static void contributor_lend(struct contributor *row, double *cells, size_t levels)
{
    row->var = cells;
    row->tvar = cells + levels;
    row->tvar_contribution = cells + 2 * levels;
}

static struct contributor *contributors_room(struct results *r, size_t count)
{
    size_t levels = r->portfolio.settings.quantile_count;
    struct contributor *rows = reader_room(r, count, sizeof *rows);
    double *cells = reader_room(r, count * 3, levels * sizeof *cells);
    if (cells == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++, cells += 3 * levels)
        contributor_lend(&rows[i], cells, levels);
    return rows;
}

static struct event_outcome *events_room(struct results *r)
{
    size_t levels = r->portfolio.settings.quantile_count, count = r->portfolio.event_count;
    struct event_outcome *rows = reader_room(r, count, sizeof *rows);
    double *cells = reader_room(r, count * 4, levels * sizeof *cells);
    if (cells == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++, cells += 4 * levels) {
        contributor_lend(&rows[i].all, cells, levels);
        rows[i].own_tvar_contribution = cells + 3 * levels;
    }
    return rows;
}

// Behind this every accessor of a column that is read points to a cell.
static bool memory_allocate(struct results *r)
{
    struct portfolio *p = &r->portfolio;
    struct outcome *o = &r->outcome;
    struct exceedance unused;
    o->annual_loss = reader_room(r, p->settings.years, sizeof *o->annual_loss);
    if (hdf5_has_link(&r->h, "/portfolio/annual_loss_gross"))
        o->annual_loss_gross = reader_room(r, p->settings.years, sizeof *o->annual_loss_gross);
    o->largest_event = reader_room(r, p->settings.years, sizeof *o->largest_event);
    o->event_count = reader_room(r, p->settings.years, sizeof *o->event_count);
    estimates_room(r, &o->summary, &o->exceedance);
    o->groups = reader_room(r, p->grouping_count, sizeof *o->groups);
    for (size_t g = 0; g < p->grouping_count && !r->h.failed; g++) {
        size_t count = r->groupings[g].count;
        r->groupings[g].names = reader_room(r, count, sizeof *r->groupings[g].names);
        o->groups[g].summary = reader_room(r, count, sizeof *o->groups[g].summary);
        o->groups[g].exceedance = reader_room(r, count, sizeof *o->groups[g].exceedance);
        for (size_t k = 0; k < count && !r->h.failed; k++)
            estimates_room(r, &o->groups[g].summary[k], &o->groups[g].exceedance[k]);
    }
    r->scenarios = reader_room(r, p->scenario_count, sizeof *r->scenarios);
    p->scenarios = r->scenarios;
    r->events = reader_room(r, p->event_count, sizeof *r->events);
    p->events = r->events;
    p->assets.id = reader_room(r, p->assets.count, sizeof *p->assets.id);
    p->assets.name = reader_room(r, p->assets.count, sizeof *p->assets.name);
    o->scenarios = contributors_room(r, p->scenario_count);
    o->assets = contributors_room(r, p->assets.count);
    o->events = events_room(r);
    estimates_room(r, &o->independence.summary, &unused);
    o->independence.event_share =
        reader_room(r, p->settings.quantile_count, sizeof *o->independence.event_share);
    o->worst_years = reader_room(r, o->worst_year_count, sizeof *o->worst_years);
    o->worst_events = reader_room(r, o->worst_event_count, sizeof *o->worst_events);
    reader_treatments_room(r);
    return !r->h.failed;
}

static const char *id_of(const struct results *r, enum schema_type type, size_t i)
{
    return type == SCHEMA_SCENARIO ? r->scenarios[i].id
           : type == SCHEMA_EVENT  ? r->events[i].id
                                   : r->portfolio.assets.id[i];
}

// Ids ascend; NO_ROW if there is none such.
static uint32_t id_find(const struct results *r, enum schema_type type, const char *id)
{
    size_t low = 0, high = type == SCHEMA_SCENARIO ? r->portfolio.scenario_count
                           : type == SCHEMA_EVENT  ? r->portfolio.event_count
                                                   : r->portfolio.assets.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(id, id_of(r, type, middle));
        if (order == 0)
            return (uint32_t)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NO_ROW;
}

static bool money_store(struct results *r, double money, int64_t *units)
{
    double resolution = r->portfolio.settings.resolution, inverse = rint(1 / resolution);
    double value =
        fabs(inverse * resolution - 1) < 1e-9 ? rint(money * inverse) : rint(money / resolution);
    if (!(value >= 0 && value <= 0x1p62))
        return reader_refuse(&r->h, "an amount of money is out of range");
    *units = (int64_t)value;
    return true;
}

static bool word_store(struct results *r, enum schema_type type, const char *text, void *at)
{
    size_t count;
    const char *const *words = schema_words(type, &count);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0) {
            *(unsigned *)at = i;
            return true;
        }
    return reader_refuse(&r->h, "'%.40s' is none of the words that stand there", text);
}

static bool cell_store(struct results *r, const struct schema_column *column,
                       const struct hdf5_shape *shape, void *at, const void *cell)
{
    char text[SCHEMA_TEXT_MAX + 2];
    int64_t whole;
    switch (column->type) {
    case SCHEMA_REAL:
        *(double *)at = *(const double *)cell;
        return true;
    case SCHEMA_MONEY:
        return money_store(r, *(const double *)cell, at);
    case SCHEMA_COUNT:
        *(int32_t *)at = *(const int32_t *)cell;
        return *(int32_t *)at >= 0 || reader_refuse(&r->h, "a count is negative");
    case SCHEMA_YEAR:
        whole = shape->type == HDF5_INT64 ? *(const int64_t *)cell : *(const int32_t *)cell;
        *(uint64_t *)at = (uint64_t)whole;
        return (whole >= 0 && (uint64_t)whole < r->portfolio.settings.years) ||
               reader_refuse(&r->h, "a year is out of range");
    case SCHEMA_PLACE:
        memcpy(at, cell, sizeof(uint32_t));
        return (*(uint32_t *)at >= 1 && *(uint32_t *)at <= r->portfolio.treatments.count) ||
               reader_refuse(&r->h, "a rank is out of range");
    case SCHEMA_FLAG:
        *(bool *)at = *(const unsigned char *)cell == 1;
        return *(const unsigned char *)cell <= 1 ||
               reader_refuse(&r->h, "a flag is neither 0 nor 1");
    case SCHEMA_OPTION:
    case SCHEMA_STATE:
    case SCHEMA_VERDICT:
        memcpy(text, cell, shape->text_size);
        text[shape->text_size] = '\0';
        return word_store(r, column->type, text, at);
    case SCHEMA_TEXT:
        *(const char **)at = text_keep(r, cell, shape->text_size);
        return !r->h.failed;
    case SCHEMA_SCENARIO:
    case SCHEMA_ASSET:
    case SCHEMA_EVENT:
        memcpy(text, cell, shape->text_size);
        text[shape->text_size] = '\0';
        *(uint32_t *)at = id_find(r, column->type, text);
        return true;
    case SCHEMA_ORDINAL:
    case SCHEMA_RANK:
    case SCHEMA_LABEL:
        break;
    }
    return true;
}

static bool cells_read(struct results *r, const struct schema_column *column,
                       const struct hdf5_shape *shape, int64_t dataset)
{
    size_t size = hdf5_cell_size(shape), across = shape->extents[1];
    uint64_t slab = across < SLAB_CELLS ? SLAB_CELLS / (across > 0 ? across : 1) : 1;
    if (shape->extents[0] == 0 || across == 0)
        return true;
    if (slab > shape->extents[0])
        slab = shape->extents[0];
    unsigned char *cells = calloc(slab * across, size);
    if (cells == NULL)
        return reader_out_of_memory(&r->h);
    for (uint64_t first = 0; first < shape->extents[0] && !r->h.failed; first += slab) {
        uint64_t left = shape->extents[0] - first, count = left < slab ? left : slab;
        const unsigned char *cell = cells;
        if (!hdf5_rows_read(&r->h, dataset, shape, first, count, cells))
            break;
        for (uint64_t i = first; i < first + count && !r->h.failed; i++)
            for (uint64_t j = 0; j < across && !r->h.failed; j++, cell += size) {
                void *at = column->at(&r->view, i, j);
                if (at != NULL) // the largest event of groups is not kept
                    cell_store(r, column, shape, at, cell);
            }
    }
    free(cells);
    return !r->h.failed;
}

// One dataset: its shape if `fill` is false, its cells otherwise.
static bool column_read(struct results *r, const struct schema_column *column, bool fill)
{
    struct hdf5_shape shape = {0};
    int64_t dataset = -1;
    uint64_t whole_budget = r->budget;
    if (!column_open(r, column, &shape, &dataset))
        return false;
    if (!shape_expected(column, &r->view, &shape))
        reader_refuse(&r->h, "%s/%s has an unexpected type or extent", column->table, column->name);
    else if (!fill)
        r->budget -= shape.extents[0] * shape.extents[1] * hdf5_cell_size(&shape);
    else if (column->at != NULL && !column->written_only && !schema_is_setting(column))
        cells_read(r, column, &shape, dataset);
    if (fill)
        r->budget = whole_budget;
    return hdf5_dataset_close(&r->h, dataset);
}

static bool columns_read(struct results *r, bool fill)
{
    for (size_t c = 0; c < schema_column_count(); c++) {
        const struct schema_column *column = schema_column_at(c);
        size_t times = schema_is_grouped(column) ? r->portfolio.grouping_count : 1;
        if (!schema_is_present(column, &r->view))
            continue;
        for (r->view.grouping = 0; r->view.grouping < times; r->view.grouping++)
            if (!column_read(r, column, fill))
                return false;
    }
    return true;
}

bool reader_run_read(void *results)
{
    struct results *r = results;
    const uint64_t budget = r->budget;

    r->view = (struct schema_view){.outcome = &r->outcome, .portfolio = &r->portfolio};
    r->outcome.portfolio = &r->portfolio;
    bool good = hdf5_open(&r->h, r->path) && settings_read(r) && input_hashes_read(r) &&
                groupings_read(r) && extents_read(r) && reader_treatments_find(r) &&
                columns_read(r, false);
    r->budget = budget;
    good = good && memory_allocate(r) && columns_read(r, true);
    good = hdf5_close(&r->h) && good;
    if (good)
        reader_treatments_finish(r);
    return good;
}

struct apart_limits reader_limits(uint64_t budget)
{
    return apart_limits(budget / BUDGET_RATIO);
}

bool reader_apart(struct apart *apart, struct arena *arena, bool (*read)(void *state), void *state,
                  struct hdf5_file *h, struct apart_limits limits)
{
    const enum apart_end end = apart_run(apart, arena, read, state, limits);

    if (end > APART_FALSE) {
        h->failed = false; // what the child may have said before does not count
        reader_refuse(h, "%s", apart_reason(end));
        h->system = end >= APART_KILLED; // not the file's fault
    }
    return end == APART_TRUE;
}

bool results_read(const char *path, struct results **results, struct diagnostics *d)
{
    const struct place at = {.file = path};
    struct apart apart = {0};
    struct arena arena;
    struct results *r;
    uint64_t budget;

    *results = NULL;
    if (!reader_budget(path, &budget, d))
        return false;
    if (!apart_open(&apart, &arena) || (r = arena_alloc(&arena, 1, sizeof *r)) == NULL) {
        diagnostics_fail(d, &at, "cannot be read: %s", strerror(ENOMEM));
        apart_close(&apart);
        return false;
    }
    r->path = path;
    r->budget = budget;
    r->outcome.arena = arena;
    const bool good =
        reader_apart(&apart, &r->outcome.arena, reader_run_read, r, &r->h, reader_limits(budget));
    r->apart = apart;
    if (!good) {
        reader_tell(&r->h, path, "is not a complete lossmill run", d);
        results_free(r);
        return false;
    }
    *results = r;
    return true;
}

const struct outcome *results_outcome(const struct results *results)
{
    return &results->outcome;
}

const struct treatment_outcome *results_treatments(const struct results *results)
{
    return results->view.treated;
}

const char *results_attribute(const struct results *results, const char *name)
{
    for (size_t i = 0; i < KEPT; i++)
        if (strcmp(kept_attributes[i], name) == 0)
            return results->attributes[i];
    return NULL;
}

const char *const *results_input_hashes(const struct results *results, size_t *count)
{
    *count = results->input_count;
    return results->input_hashes;
}

void results_free(struct results *results)
{
    if (results != NULL) {
        struct apart apart = results->apart;
        apart_close(&apart);
    }
}
