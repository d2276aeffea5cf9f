#include "results/schema.h"

#include <string.h>

#include "results/schema_parts.h"

size_t schema_column_count(void)
{
    return schema_outcome.count + schema_treatment.count;
}

const struct schema_column *schema_column_at(size_t c)
{
    return c < schema_outcome.count ? &schema_outcome.columns[c]
                                    : &schema_treatment.columns[c - schema_outcome.count];
}

const char *schema_axis_name(enum schema_axis axis)
{
    static const char *const names[AXES] = {[AXIS_YEAR] = "year",
                                            [AXIS_FORM] = "form",
                                            [AXIS_EFFECT] = "effect",
                                            [AXIS_ROW] = "row",
                                            [AXIS_QUANTILE] = "quantile",
                                            [AXIS_RETURN_PERIOD] = "return_period",
                                            [AXIS_GROUP] = "group",
                                            [AXIS_SCENARIO] = "scenario_id",
                                            [AXIS_ASSET] = "asset_id",
                                            [AXIS_WORST_YEAR] = "rank",
                                            [AXIS_WORST_EVENT] = "rank",
                                            [AXIS_EVENT] = "event_id",
                                            [AXIS_TREATMENT] = "treatment_id",
                                            [AXIS_PLAN] = "plan",
                                            [AXIS_POINT] = "point"};
    return names[axis];
}

size_t schema_axis_extent(const struct schema_view *v, enum schema_axis axis)
{
    const struct portfolio *p = v->portfolio;
    size_t rows = 1;
    switch (axis) {
    case AXIS_YEAR:
        return p->settings.years;
    case AXIS_FORM:
        return LOSS_FORMS;
    case AXIS_EFFECT:
        return EFFECTS;
    case AXIS_ROW:
        for (size_t g = 0; g < p->grouping_count; g++)
            rows += p->groupings[g].count;
        return rows;
    case AXIS_QUANTILE:
        return p->settings.quantile_count;
    case AXIS_RETURN_PERIOD:
        return p->settings.return_period_count;
    case AXIS_GROUP:
        return p->groupings[v->grouping].count;
    case AXIS_SCENARIO:
        return p->scenario_count;
    case AXIS_ASSET:
        return p->assets.count;
    case AXIS_EVENT:
        return p->event_count;
    case AXIS_WORST_YEAR:
        return v->outcome->worst_year_count;
    case AXIS_WORST_EVENT:
        return v->outcome->worst_event_count;
    case AXIS_TREATMENT:
        return p->treatments.count;
    case AXIS_PLAN:
        return v->treated->plan_count;
    case AXIS_POINT:
        return p->treatments.appetite_count;
    case AXIS_NONE:
    case AXES:
        break;
    }
    return 1;
}

size_t schema_rank(const struct schema_column *column)
{
    return column->axes[1] == AXIS_NONE ? 1 : 2;
}

bool schema_is_text(const struct schema_column *column)
{
    return column->type >= SCHEMA_TEXT;
}

bool schema_is_coordinate(const struct schema_column *column)
{
    return schema_rank(column) == 1 && strcmp(column->name, schema_axis_name(column->axes[0])) == 0;
}

bool schema_is_grouped(const struct schema_column *column)
{
    return strcmp(column->table, "/group") == 0;
}

bool schema_is_setting(const struct schema_column *column)
{
    return schema_is_coordinate(column) &&
           (column->axes[0] == AXIS_QUANTILE || column->axes[0] == AXIS_RETURN_PERIOD);
}

bool schema_is_present(const struct schema_column *column, const struct schema_view *v)
{
    const struct treatments *treatments = &v->portfolio->treatments;
    const bool of_treatments = strcmp(column->table, "/treatment") == 0;
    const bool of_plans = strcmp(column->table, "/plan") == 0;
    const bool of_points = column->axes[0] == AXIS_POINT || column->axes[1] == AXIS_POINT;
    const bool of_years = column->axes[0] == AXIS_YEAR || column->axes[1] == AXIS_YEAR;

    if (strcmp(column->name, "annual_loss_gross") == 0)
        return v->outcome->annual_loss_gross != NULL;
    if (!of_treatments && !of_plans && !of_points)
        return true;
    if (v->treated == NULL || (of_points && treatments->appetite_count == 0))
        return false;
    // all of /appetite is of points
    return !(of_treatments || of_plans) ||
           (treatments->count > 0 && (!of_years || v->treatment_years));
}

const char *schema_unit_text(const struct schema_column *column, const char *currency)
{
    if (schema_is_text(column))
        return NULL;
    switch (column->unit) {
    case UNIT_CURRENCY:
        return *currency != '\0' ? currency : "currency";
    case UNIT_PER_YEAR:
        return "1/year";
    case UNIT_YEARS:
        return "year";
    case UNIT_NONE:
        break;
    }
    return "1";
}

bool schema_table_path(const struct schema_column *column, const struct schema_view *view,
                       char path[SCHEMA_PATH_MAX])
{
    size_t length = strlen(column->table);
    memcpy(path, column->table, length + 1);
    if (!schema_is_grouped(column))
        return true;
    path[length++] = '/';
    return schema_name_encode(view->portfolio->groupings[view->grouping].name, path + length,
                              SCHEMA_PATH_MAX - length - 64); // room for the dataset's name
}

bool schema_name_encode(const char *name, char *encoded, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    size_t used = 0;
    for (const char *c = name; *c != '\0'; c++) {
        if (used + 4 > size)
            return false;
        if (strchr(plain, *c) != NULL && !(*c == '.' && c == name))
            encoded[used++] = *c;
        else
            used += (size_t)snprintf(encoded + used, 4, "%%%02X", (unsigned char)*c);
    }
    if (used < size)
        encoded[used] = '\0';
    return used > 0 && used < size;
}

size_t schema_text_cut(const char *text, size_t limit)
{
    size_t length = strnlen(text, limit + 1);
    if (length <= limit)
        return length;
    for (length = limit; length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80; length--)
        ;
    return length;
}

void results_schema_print(FILE *stream)
{
    static const char *const types[] = {
        [SCHEMA_REAL] = "float64", [SCHEMA_MONEY] = "float64", [SCHEMA_COUNT] = "int32",
        [SCHEMA_YEAR] = "int32",   [SCHEMA_ORDINAL] = "int32", [SCHEMA_RANK] = "int32",
        [SCHEMA_PLACE] = "int32",  [SCHEMA_FLAG] = "uint8",
    };
    fprintf(stream, "| path | type | dimensions | units | meaning |\n|---|---|---|---|---|\n");
    for (size_t c = 0; c < schema_column_count(); c++) {
        const struct schema_column *column = schema_column_at(c);
        const char *unit = schema_unit_text(column, "currency");
        fprintf(stream, "| `%s%s/%s` | %s | %s%s%s | %s | %s |\n", column->table,
                schema_is_grouped(column) ? "/COLUMN" : "", column->name,
                schema_is_text(column) ? "text" : types[column->type],
                schema_axis_name(column->axes[0]), schema_rank(column) == 2 ? ", " : "",
                schema_rank(column) == 2 ? schema_axis_name(column->axes[1]) : "",
                unit != NULL ? unit : "", column->long_name);
    }
}
