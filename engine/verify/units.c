// Figures that can only be certain numbers: a VaR is a loss of some year, an average of losses a
// whole number of units over the years, a frequency of years a whole number of them.
#include <math.h>
#include <string.h>

#include "verify/arrays.h"
#include "verify/consistency.h"

enum grain {
    GRAIN_UNIT,    // whole units of money
    GRAIN_AVERAGE, // a sum of them over the years
    GRAIN_SHARE    // of the years
};

static const struct {
    const char *table, *name;
    enum grain grain;
} grained[] = {
    {"/scenario", "var", GRAIN_UNIT},
    {"/scenario", "tvar_contribution", GRAIN_UNIT},
    {"/scenario", "aal", GRAIN_AVERAGE},
    {"/asset", "var", GRAIN_UNIT},
    {"/asset", "tvar_contribution", GRAIN_UNIT},
    {"/asset", "aal", GRAIN_AVERAGE},
    {"/event", "own_tvar_contribution", GRAIN_UNIT},
    {"/event", "own_aal", GRAIN_AVERAGE},
    {"/dependence", "var_independent", GRAIN_UNIT},
    {"/dependence", "var_independent_lower", GRAIN_UNIT},
    {"/dependence", "var_independent_upper", GRAIN_UNIT},
    {"/exceedance", "oep", GRAIN_UNIT},
    {"/exceedance", "oep_lower", GRAIN_UNIT},
    {"/exceedance", "oep_upper", GRAIN_UNIT},
    {"/plan", "var", GRAIN_UNIT},
    {"/plan", "aep", GRAIN_UNIT},
    {"/plan", "aal", GRAIN_AVERAGE},
    {"/plan", "aal_reduction", GRAIN_AVERAGE},
    {"/plan", "exceeds", GRAIN_SHARE},
    {"/plan", "exceeds_reduction", GRAIN_SHARE},
    {"/treatment", "exceeds", GRAIN_SHARE},
    {"/treatment", "exceeds_reduction", GRAIN_SHARE},
    {"/treatment", "payback_probability", GRAIN_SHARE},
};

// The nearest number that is one; beyond 2^50 units rounding does not tell.
static double nearest(const struct settings *settings, enum grain grain, double x)
{
    const double years = (double)settings->years;
    const double units = x / money_of_units(1, settings->resolution);

    if (!isfinite(x))
        return x;
    if (grain == GRAIN_SHARE)
        return rint(x * years) / years;
    if (fabs(units * (grain == GRAIN_AVERAGE ? years : 1)) > 0x1p50)
        return x;
    return money_of_units(grain == GRAIN_AVERAGE ? rint(units * years) / years : rint(units),
                          settings->resolution);
}

static void column_hold(struct findings *f, struct check *check, const struct schema_view *v,
                        const struct schema_column *column, enum grain grain)
{
    const size_t rows = schema_axis_extent(v, column->axes[0]);
    const size_t across = schema_rank(column) == 2 ? schema_axis_extent(v, column->axes[1]) : 1;
    struct cells_finding cells = {.f = f,
                                  .check = check,
                                  .object = findings_text(f, "%s/%s", column->table, column->name),
                                  .cells = rows * across};

    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < across; j++) {
            const double *at = column->at(v, i, j);
            const double other =
                at != NULL ? nearest(&v->portfolio->settings, grain, *at) : (double)NAN;

            // == : a reduction of nothing may be a negative zero
            if (at == NULL || isnan(*at) || *at == other || !cells_differ(&cells))
                continue;
            cells_show(&cells, array_where(f, v, column, schema_rank(column), i, j),
                       findings_real(f, *at),
                       findings_text(f, "%s or another such number", findings_real(f, other)));
        }
}

void units_check(struct findings *f, const struct expected *e)
{
    struct check *check =
        check_start(f, "Consistency", "amounts and shares are of whole units and years");
    const struct schema_view *v = &e->view;
    size_t count = 0;

    for (size_t k = 0; k < sizeof grained / sizeof *grained; k++) {
        const struct schema_column *column = column_named(grained[k].table, grained[k].name);

        if (column == NULL || !schema_is_present(column, v))
            continue;
        column_hold(f, check, v, column, grained[k].grain);
        count++;
    }
    check_tell(f, check, "%zu arrays", count);
}
