#include "study/appetite.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/optional.h"

enum { SCOPE, LOSS, PROBABILITY, APPETITE_COLUMNS };
static const char *const columns[APPETITE_COLUMNS] = {"scope", "loss", "probability"};
static const struct table_shape shape = {APPETITE_COLUMNS, 3, columns, false};

static const char portfolio_scope[] = "portfolio";
enum { CHOICES_SHOWN_MAX = 8 };

// A point, and the row it was read from.
struct point_row {
    struct appetite_point point;
    size_t row;
    bool good;
};

// "'a', 'b' or 'c'", cut where there are many.
static const char *names_text(const char *const *names, size_t count, char text[640])
{
    size_t used = 0;

    *text = '\0';
    for (size_t i = 0; i < count && i < CHOICES_SHOWN_MAX; i++)
        used += (size_t)snprintf(text + used, 640 - used, "%s'%.64s'",
                                 i == 0           ? ""
                                 : i + 1 == count ? " or "
                                                  : ", ",
                                 names[i]);
    if (count > CHOICES_SHOWN_MAX)
        snprintf(text + used, 640 - used, " or %zu more", count - CHOICES_SHOWN_MAX);
    return text;
}

static void grouping_unknown(const struct terms *t, const struct place *at)
{
    const struct portfolio *portfolio = &t->reading->study->portfolio;
    const char *names[CHOICES_SHOWN_MAX + 1];
    const size_t count = portfolio->grouping_count;
    const size_t length = strcspn(at->value, "=");
    const char *value = at->value + length + (at->value[length] == '=');
    const char *near = text_nearest(at->value, length, &(const char *){portfolio_scope}, 1, 2);
    char text[640];

    for (size_t i = 0; i < count; i++) {
        const char *name = portfolio->groupings[i].name;
        const char *closer = text_nearest(at->value, length, &name, 1, near ? 1 : 2);

        near = closer ? closer : near;
        if (i <= CHOICES_SHOWN_MAX)
            names[i] = name;
    }
    if (near && strcmp(near, portfolio_scope) == 0)
        diagnostics_add(t->reading->d, at, "no such scope; did you mean 'portfolio'?");
    else if (near)
        diagnostics_add(t->reading->d, at, "no such scope; did you mean '%s=%s'?", near,
                        value + strspn(value, " "));
    else if (count == 0)
        diagnostics_add(t->reading->d, at,
                        "no such scope: portfolio expected, as [groups] by has no grouping");
    else
        diagnostics_add(t->reading->d, at,
                        "no such scope: portfolio expected, or GROUPING=GROUP for a grouping of "
                        "[groups] by: %s",
                        names_text(names, count, text));
}

static void group_unknown(const struct terms *t, const struct place *at,
                          const struct grouping *grouping, const char *value)
{
    const char *near = text_nearest(value, strlen(value), grouping->names, grouping->count, 2);
    char text[640];

    if (near)
        diagnostics_add(t->reading->d, at, "no group of '%s' is '%s'; did you mean '%s'?",
                        grouping->name, value, near);
    else
        diagnostics_add(t->reading->d, at, "no group of '%s' is '%s'; %s expected", grouping->name,
                        value, names_text(grouping->names, grouping->count, text));
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// False after a diagnostic, and where the groups are not known.
static bool scope_read(const struct treatment_reading *r, const struct terms *t,
                       struct appetite_point *point)
{
    const struct portfolio *portfolio = &t->reading->study->portfolio;
    const struct place at = terms_place(t, SCOPE);

    point->scope = at.value;
    point->grouping = NO_ROW;
    if (!treatment_cell_required(t, SCOPE, "portfolio, or a group such as business_unit=Retail"))
        return false;
    if (strcmp(at.value, portfolio_scope) == 0)
        return true;
    for (size_t i = 0; i < portfolio->grouping_count; i++) {
        const struct grouping *grouping = &portfolio->groupings[i];
        const size_t length = strlen(grouping->name);
        const char *value = at.value + length + 1, *const * found;

        if (strncmp(at.value, grouping->name, length) != 0 || at.value[length] != '=')
            continue;
        found = bsearch(&value, grouping->names, grouping->count, sizeof *grouping->names,
                        compare_texts);
        if (!found) {
            group_unknown(t, &at, grouping, value);
            return false;
        }
        point->grouping = (uint32_t)i;
        point->group = (uint32_t)(found - grouping->names);
        return true;
    }
    if (r->certain)
        grouping_unknown(t, &at);
    return false;
}

static void point_read(const struct treatment_reading *r, const struct terms *t,
                       struct point_row *row)
{
    struct appetite_point *point = &row->point;

    *row = (struct point_row){.row = t->row, .point = {.loss = -1, .probability = -1}};
    row->good = scope_read(r, t, point);
    if (treatment_cell_required(t, LOSS, "a loss of one year, in the study's currency"))
        treatment_number(t, LOSS, 0, DBL_MAX, "money, 0 or more", &point->loss);
    if (treatment_cell_required(t, PROBABILITY, "how likely a larger loss may be at most"))
        treatment_number(t, PROBABILITY, 0, 1, "a probability a year, from 0 to 1",
                         &point->probability);
    row->good = row->good && point->loss >= 0 && point->probability >= 0;
}

static int compare_points(const void *a, const void *b)
{
    const struct appetite_point *x = &((const struct point_row *)a)->point;
    const struct appetite_point *y = &((const struct point_row *)b)->point;
    const uint32_t first = x->grouping + 1, second = y->grouping + 1; // the portfolio is 0

    if (first != second)
        return first < second ? -1 : 1;
    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return (x->loss > y->loss) - (x->loss < y->loss);
}

// Neighbours of one scope, the second with the larger loss, or both alike.
static void pair_check(const struct terms *t, const struct point_row *one,
                       const struct point_row *other)
{
    const bool later = other->row > one->row;
    const struct terms there = {t->reading, t->table, later ? other->row : one->row, t->names,
                                t->at};
    const unsigned line = t->table->line[later ? one->row : other->row];
    struct place at;

    if (one->point.loss == other->point.loss) {
        at = terms_place(&there, LOSS);
        diagnostics_add(t->reading->d, &at,
                        "scope '%s' has a probability of this loss already on "
                        "line %u",
                        one->point.scope, line);
    } else if (other->point.probability > one->point.probability) {
        at = terms_place(&there, PROBABILITY);
        diagnostics_add(t->reading->d, &at,
                        "larger losses cannot be likelier: scope '%s' has %g beyond %.15g and %g "
                        "beyond %.15g, on line %u",
                        one->point.scope, one->point.probability, one->point.loss,
                        other->point.probability, other->point.loss, line);
    }
}

bool appetite_read(struct treatment_reading *treatments)
{
    struct reading *reading = treatments->reading;
    struct table table = {0};
    struct point_row *rows;
    struct appetite_point *points;
    int at[APPETITE_COLUMNS];
    size_t count = 0;
    struct terms t = {reading, &table, 0, columns, at};

    if (!optional_read(reading, "appetite.csv", &shape, &table))
        return false;
    rows = arena_alloc(&reading->scratch, table.rows + 1, sizeof *rows);
    points = arena_alloc(reading->kept, table.rows + 1, sizeof *points);
    if (!rows || !points)
        return reading_out_of_memory(reading);
    columns_find(&table, &shape, at);
    for (t.row = 0; t.row < table.rows; t.row++) {
        point_read(treatments, &t, &rows[count]);
        count += rows[count].good;
    }
    qsort(rows, count, sizeof *rows, compare_points);
    for (size_t i = 0; i < count; i++) {
        points[i] = rows[i].point;
        if (i > 0 && rows[i - 1].point.grouping == rows[i].point.grouping &&
            rows[i - 1].point.group == rows[i].point.group)
            pair_check(&t, &rows[i - 1], &rows[i]);
    }
    reading->study->facts.appetite_rows = table.rows;
    reading->study->portfolio.treatments.appetite = points;
    reading->study->portfolio.treatments.appetite_count = count;
    return true;
}
