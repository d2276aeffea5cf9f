// The part of the schema that every run fills: what `struct outcome` holds.
#include "results/schema_parts.h"

static void *year_annual_loss_gross(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return &v->outcome->annual_loss_gross[i];
}

static void *year_annual_loss(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return &v->outcome->annual_loss[i];
}

static void *year_largest_event(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return &v->outcome->largest_event[i];
}

static void *year_event_count(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return &v->outcome->event_count[i];
}

static void *portfolio_form_share(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return &v->outcome->form_share[i];
}

static void *portfolio_effect_share(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return &v->outcome->effect_share[i];
}

static void *setting_quantile(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return (void *)&v->portfolio->settings.quantiles[i];
}

static void *setting_return_period(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return (void *)&v->portfolio->settings.return_periods[i];
}

static void *group_name(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return (void *)&v->portfolio->groupings[v->grouping].names[i];
}

static void *group_annual_loss(const struct schema_view *v, size_t i, size_t j)
{
    return &v->outcome->groups[v->grouping].annual_loss[i * v->portfolio->settings.years + j];
}

static const char *form_label(const struct schema_view *v, size_t i, char *buffer)
{
    (void)v, (void)buffer;
    return loss_form_names[i];
}

static const char *effect_label(const struct schema_view *v, size_t i, char *buffer)
{
    static const char *const names[EFFECTS] = {"confidentiality", "integrity", "availability",
                                               "not_given"};
    (void)v, (void)buffer;
    return names[i];
}

static const char *scenario_effect(const struct schema_view *v, size_t i, char *buffer)
{
    static const char *const texts[8] = {"", "C", "I", "C|I", "A", "C|A", "I|A", "C|I|A"};
    (void)buffer;
    return texts[v->portfolio->scenarios[i].effect & 7];
}

// Row 0 is the portfolio: false. Otherwise true, with the grouping and the group in it.
static bool row_group(const struct schema_view *v, size_t row, size_t *grouping, size_t *group)
{
    if (row == 0)
        return false;
    for (row--, *grouping = 0; row >= v->portfolio->groupings[*grouping].count; ++*grouping)
        row -= v->portfolio->groupings[*grouping].count;
    *group = row;
    return true;
}

static const char *row_label(const struct schema_view *v, size_t i, char *buffer)
{
    size_t g, k;
    if (!row_group(v, i, &g, &k))
        return "portfolio";
    int length = snprintf(buffer, SCHEMA_TEXT_MAX + 1, "%s=%s", v->portfolio->groupings[g].name,
                          v->portfolio->groupings[g].names[k]);
    if (length > SCHEMA_TEXT_MAX) // snprintf may have cut inside a character
        buffer[schema_text_cut(buffer, SCHEMA_TEXT_MAX - 4)] = '\0';
    return buffer;
}

static const char *row_grouping(const struct schema_view *v, size_t i, char *buffer)
{
    size_t g, k;
    (void)buffer;
    return row_group(v, i, &g, &k) ? v->portfolio->groupings[g].name : "";
}

static const char *row_name(const struct schema_view *v, size_t i, char *buffer)
{
    size_t g, k;
    (void)buffer;
    return row_group(v, i, &g, &k) ? v->portfolio->groupings[g].names[k] : "";
}

static struct summary *row_summary(const struct schema_view *v, size_t i)
{
    size_t g, k;
    return row_group(v, i, &g, &k) ? &v->outcome->groups[g].summary[k] : &v->outcome->summary;
}

static struct exceedance *row_exceedance(const struct schema_view *v, size_t i)
{
    size_t g, k;
    if (!row_group(v, i, &g, &k))
        return &v->outcome->exceedance;
    return v->outcome->groups[g].exceedance == NULL ? NULL : &v->outcome->groups[g].exceedance[k];
}

// The accessors of members with equal shape differ in the member only.
#define SUMMARY_CELL(member)                                                                       \
    static void *summary_##member(const struct schema_view *v, size_t i, size_t j)                 \
    {                                                                                              \
        (void)j;                                                                                   \
        return &row_summary(v, i)->member;                                                         \
    }
SUMMARY_CELL(aal)
SUMMARY_CELL(aal_error)
SUMMARY_CELL(aal_exact)
SUMMARY_CELL(sd)
SUMMARY_CELL(probability_of_loss)
SUMMARY_CELL(probability_of_loss_error)

#define ESTIMATE_CELL(table, array, member)                                                        \
    static void *table##_##array##_##member(const struct schema_view *v, size_t i, size_t j)       \
    {                                                                                              \
        struct table *row = row_##table(v, i);                                                     \
        return row == NULL || row->array == NULL ? NULL : &row->array[j].member;                   \
    }
ESTIMATE_CELL(summary, var, value)
ESTIMATE_CELL(summary, var, lower)
ESTIMATE_CELL(summary, var, upper)
ESTIMATE_CELL(exceedance, aep, value)
ESTIMATE_CELL(exceedance, aep, lower)
ESTIMATE_CELL(exceedance, aep, upper)
ESTIMATE_CELL(exceedance, oep, value)
ESTIMATE_CELL(exceedance, oep, lower)
ESTIMATE_CELL(exceedance, oep, upper)

static void *summary_tvar(const struct schema_view *v, size_t i, size_t j)
{
    return row_summary(v, i)->tvar == NULL ? NULL : &row_summary(v, i)->tvar[j];
}

static void *summary_tvar_error(const struct schema_view *v, size_t i, size_t j)
{
    return row_summary(v, i)->tvar_error == NULL ? NULL : &row_summary(v, i)->tvar_error[j];
}

#define CONTRIBUTOR_CELL(member)                                                                   \
    static void *scenario_##member(const struct schema_view *v, size_t i, size_t j)                \
    {                                                                                              \
        (void)j;                                                                                   \
        return &v->outcome->scenarios[i].member;                                                   \
    }                                                                                              \
    static void *asset_##member(const struct schema_view *v, size_t i, size_t j)                   \
    {                                                                                              \
        (void)j;                                                                                   \
        return &v->outcome->assets[i].member;                                                      \
    }
CONTRIBUTOR_CELL(event_rate)
CONTRIBUTOR_CELL(aal)
CONTRIBUTOR_CELL(aal_error)
CONTRIBUTOR_CELL(aal_exact)
CONTRIBUTOR_CELL(sd)

#define CONTRIBUTOR_LEVEL(array)                                                                   \
    static void *scenario_##array(const struct schema_view *v, size_t i, size_t j)                 \
    {                                                                                              \
        double *row = v->outcome->scenarios[i].array;                                              \
        return row == NULL ? NULL : &row[j];                                                       \
    }                                                                                              \
    static void *asset_##array(const struct schema_view *v, size_t i, size_t j)                    \
    {                                                                                              \
        double *row = v->outcome->assets[i].array;                                                 \
        return row == NULL ? NULL : &row[j];                                                       \
    }
CONTRIBUTOR_LEVEL(var)
CONTRIBUTOR_LEVEL(tvar)
CONTRIBUTOR_LEVEL(tvar_contribution)

static void *scenario_form_share(const struct schema_view *v, size_t i, size_t j)
{
    return &v->outcome->scenarios[i].form_share[j];
}

#define SCENARIO_TEXT(member)                                                                      \
    static void *scenario_##member(const struct schema_view *v, size_t i, size_t j)                \
    {                                                                                              \
        (void)j;                                                                                   \
        return (void *)&v->portfolio->scenarios[i].member;                                         \
    }
SCENARIO_TEXT(id)
SCENARIO_TEXT(name)
SCENARIO_TEXT(owner)
SCENARIO_TEXT(threat_id)

static void *asset_id(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return (void *)&v->portfolio->assets.id[i];
}

static void *asset_name(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return (void *)&v->portfolio->assets.name[i];
}

#define WORST_CELL(list, member)                                                                   \
    static void *list##_##member(const struct schema_view *v, size_t i, size_t j)                  \
    {                                                                                              \
        (void)j;                                                                                   \
        return &v->outcome->list##s[i].member;                                                     \
    }
WORST_CELL(worst_year, year)
WORST_CELL(worst_year, annual_loss)
WORST_CELL(worst_year, events)

// Of a worst event, and of the largest event of a worst year.
#define EVENT_CELL(member)                                                                         \
    static void *worst_event_##member(const struct schema_view *v, size_t i, size_t j)             \
    {                                                                                              \
        (void)j;                                                                                   \
        return &v->outcome->worst_events[i].member;                                                \
    }                                                                                              \
    static void *worst_year_largest_##member(const struct schema_view *v, size_t i, size_t j)      \
    {                                                                                              \
        (void)j;                                                                                   \
        return &v->outcome->worst_years[i].largest.member;                                         \
    }
EVENT_CELL(loss)
EVENT_CELL(scenario)
EVENT_CELL(asset)
EVENT_CELL(event)
EVENT_CELL(hits)

static void *worst_event_year(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return &v->outcome->worst_events[i].year;
}

#define SHARED_TEXT(member)                                                                        \
    static void *event_##member(const struct schema_view *v, size_t i, size_t j)                   \
    {                                                                                              \
        (void)j;                                                                                   \
        return (void *)&v->portfolio->events[i].member;                                            \
    }
SHARED_TEXT(id)
SHARED_TEXT(name)
SHARED_TEXT(owner)

#define SHARED_CELL(name, member)                                                                  \
    static void *event_##name(const struct schema_view *v, size_t i, size_t j)                     \
    {                                                                                              \
        (void)j;                                                                                   \
        return &v->outcome->events[i].member;                                                      \
    }
SHARED_CELL(occurrences, occurrences_per_year)
SHARED_CELL(hits, hits_per_year)
SHARED_CELL(event_rate, all.event_rate)
SHARED_CELL(aal, all.aal)
SHARED_CELL(aal_error, all.aal_error)
SHARED_CELL(aal_exact, all.aal_exact)
SHARED_CELL(sd, all.sd)
SHARED_CELL(own_aal, own_aal)
SHARED_CELL(own_aal_exact, own_aal_exact)

#define SHARED_LEVEL(name, array)                                                                  \
    static void *event_##name(const struct schema_view *v, size_t i, size_t j)                     \
    {                                                                                              \
        return &v->outcome->events[i].array[j];                                                    \
    }
SHARED_LEVEL(var, all.var)
SHARED_LEVEL(tvar, all.tvar)
SHARED_LEVEL(tvar_contribution, all.tvar_contribution)
SHARED_LEVEL(own_tvar_contribution, own_tvar_contribution)
SHARED_LEVEL(form_share, all.form_share)
SHARED_LEVEL(annual_loss, annual_loss)

static const char *driver_label(const struct schema_view *v, uint32_t driver)
{
    return driver < v->portfolio->driver_count ? v->portfolio->drivers[driver].id : "";
}

static const char *event_driver(const struct schema_view *v, size_t i, char *buffer)
{
    (void)buffer;
    return driver_label(v, v->portfolio->events[i].driver);
}

static const char *scenario_driver(const struct schema_view *v, size_t i, char *buffer)
{
    (void)buffer;
    return driver_label(v, v->portfolio->scenarios[i].driver);
}

static void *scenario_event(const struct schema_view *v, size_t i, size_t j)
{
    (void)j;
    return (void *)&v->portfolio->scenarios[i].event;
}

// The portfolio as it is, and without dependence, per level.
#define DEPENDENCE_CELL(name, cell)                                                                \
    static void *dependence_##name(const struct schema_view *v, size_t i, size_t j)                \
    {                                                                                              \
        (void)j;                                                                                   \
        return &v->outcome->cell;                                                                  \
    }
DEPENDENCE_CELL(var, summary.var[i].value)
DEPENDENCE_CELL(tvar, summary.tvar[i])
DEPENDENCE_CELL(var_independent, independence.summary.var[i].value)
DEPENDENCE_CELL(var_independent_lower, independence.summary.var[i].lower)
DEPENDENCE_CELL(var_independent_upper, independence.summary.var[i].upper)
DEPENDENCE_CELL(tvar_independent, independence.summary.tvar[i])
DEPENDENCE_CELL(tvar_independent_error, independence.summary.tvar_error[i])
DEPENDENCE_CELL(event_share, independence.event_share[i])

#define YEAR_                                                                                      \
    {                                                                                              \
        AXIS_YEAR, AXIS_NONE                                                                       \
    }
#define ROW_                                                                                       \
    {                                                                                              \
        AXIS_ROW, AXIS_NONE                                                                        \
    }
#define ROW_LEVEL                                                                                  \
    {                                                                                              \
        AXIS_ROW, AXIS_QUANTILE                                                                    \
    }
#define ROW_PERIOD                                                                                 \
    {                                                                                              \
        AXIS_ROW, AXIS_RETURN_PERIOD                                                               \
    }
#define SCEN_                                                                                      \
    {                                                                                              \
        AXIS_SCENARIO, AXIS_NONE                                                                   \
    }
#define SCEN_LEVEL                                                                                 \
    {                                                                                              \
        AXIS_SCENARIO, AXIS_QUANTILE                                                               \
    }
#define ASSET_                                                                                     \
    {                                                                                              \
        AXIS_ASSET, AXIS_NONE                                                                      \
    }
#define ASSET_LEV                                                                                  \
    {                                                                                              \
        AXIS_ASSET, AXIS_QUANTILE                                                                  \
    }
#define EVENT_                                                                                     \
    {                                                                                              \
        AXIS_EVENT, AXIS_NONE                                                                      \
    }
#define EVENT_LEV                                                                                  \
    {                                                                                              \
        AXIS_EVENT, AXIS_QUANTILE                                                                  \
    }
#define LEVEL_                                                                                     \
    {                                                                                              \
        AXIS_QUANTILE, AXIS_NONE                                                                   \
    }
#define WYEAR                                                                                      \
    {                                                                                              \
        AXIS_WORST_YEAR, AXIS_NONE                                                                 \
    }
#define WEVENT                                                                                     \
    {                                                                                              \
        AXIS_WORST_EVENT, AXIS_NONE                                                                \
    }
// clang-format off
static const struct schema_column columns[] = {
    {"/event", "event_id", TEXT, EVENT_, NO, "id of the shared event", event_id, NULL, false},
    {"/event", "quantile", REAL, LEVEL_, NO, "level of VaR and TVaR", setting_quantile, NULL, false},
    {"/event", "form", LABEL, {AXIS_FORM, AXIS_NONE}, NO, "form of loss", NULL, form_label, false},
    {"/event", "year", SCHEMA_ORDINAL, YEAR_, NO, "simulated year, from 0", NULL, NULL, false},
    {"/event", "name", TEXT, EVENT_, NO, "name", event_name, NULL, false},
    {"/event", "owner", TEXT, EVENT_, NO, "risk owner", event_owner, NULL, false},
    {"/event", "driver", LABEL, EVENT_, NO, "driver of its years; empty: none", NULL, event_driver, false},
    {"/event", "occurrences", REAL, EVENT_, UNIT_PER_YEAR, "expected occurrences per year, exact", event_occurrences, NULL, false},
    {"/event", "hits", REAL, EVENT_, UNIT_PER_YEAR, "expected hits per year, exact", event_hits, NULL, false},
    {"/event", "event_rate", REAL, EVENT_, UNIT_PER_YEAR, "expected occurrences per year that hit anything, exact; missing where there is no closed form", event_event_rate, NULL, false},
    {"/event", "aal", REAL, EVENT_, CUR, "average annual loss, sampled: its hits and what the occurrence itself costs", event_aal, NULL, false},
    {"/event", "aal_error", REAL, EVENT_, CUR, "standard error of aal", event_aal_error, NULL, false},
    {"/event", "aal_exact", REAL, EVENT_, CUR, "average annual loss, exact; missing where there is no closed form", event_aal_exact, NULL, false},
    {"/event", "sd", REAL, EVENT_, CUR, "standard deviation of annual loss", event_sd, NULL, false},
    {"/event", "var", REAL, EVENT_LEV, CUR, "value at risk of annual loss", event_var, NULL, false},
    {"/event", "tvar", REAL, EVENT_LEV, CUR, "tail value at risk of annual loss", event_tvar, NULL, false},
    {"/event", "tvar_contribution", REAL, EVENT_LEV, CUR, "part of the portfolio's TVaR, with its scenarios'", event_tvar_contribution, NULL, false},
    {"/event", "form_share", REAL, {AXIS_EVENT, AXIS_FORM}, NO, "share of the sampled AAL by form, primary and secondary together", event_form_share, NULL, false},
    {"/event", "own_aal", REAL, EVENT_, CUR, "average annual loss, sampled, of what the occurrence itself costs", event_own_aal, NULL, false},
    {"/event", "own_aal_exact", REAL, EVENT_, CUR, "the same, exact; missing where there is no closed form", event_own_aal_exact, NULL, false},
    {"/event", "own_tvar_contribution", REAL, EVENT_LEV, CUR, "part of the portfolio's TVaR of what the occurrence itself costs; with all scenarios' it adds up to it", event_own_tvar_contribution, NULL, false},
    {"/event", "annual_loss", MONEY, {AXIS_EVENT, AXIS_YEAR}, CUR, "loss of the shared event in the year", event_annual_loss, NULL, true},

    {"/scenario", "scenario_id", TEXT, SCEN_, NO, "scenario id", scenario_id, NULL, false},
    {"/scenario", "quantile", REAL, {AXIS_QUANTILE, AXIS_NONE}, NO, "level of VaR and TVaR", setting_quantile, NULL, false},
    {"/scenario", "form", LABEL, {AXIS_FORM, AXIS_NONE}, NO, "form of loss", NULL, form_label, false},
    {"/scenario", "name", TEXT, SCEN_, NO, "name", scenario_name, NULL, false},
    {"/scenario", "owner", TEXT, SCEN_, NO, "risk owner", scenario_owner, NULL, false},
    {"/scenario", "threat_id", TEXT, SCEN_, NO, "threat id", scenario_threat_id, NULL, false},
    {"/scenario", "effect", LABEL, SCEN_, NO, "what it harms: confidentiality, integrity, availability", NULL, scenario_effect, false},
    {"/scenario", "event", SCHEMA_EVENT, SCEN_, NO, "shared event that strikes; empty: a stream of its own", scenario_event, NULL, false},
    {"/scenario", "driver", LABEL, SCEN_, NO, "driver of its years; empty: none", NULL, scenario_driver, false},
    {"/scenario", "event_rate", REAL, SCEN_, UNIT_PER_YEAR, "expected loss events per year (of a shared event: hits), exact", scenario_event_rate, NULL, false},
    {"/scenario", "aal", REAL, SCEN_, CUR, "average annual loss, sampled", scenario_aal, NULL, false},
    {"/scenario", "aal_error", REAL, SCEN_, CUR, "standard error of aal", scenario_aal_error, NULL, false},
    {"/scenario", "aal_exact", REAL, SCEN_, CUR, "average annual loss, exact; missing where there is no closed form", scenario_aal_exact, NULL, false},
    {"/scenario", "sd", REAL, SCEN_, CUR, "standard deviation of annual loss", scenario_sd, NULL, false},
    {"/scenario", "var", REAL, SCEN_LEVEL, CUR, "value at risk of annual loss", scenario_var, NULL, false},
    {"/scenario", "tvar", REAL, SCEN_LEVEL, CUR, "tail value at risk of annual loss", scenario_tvar, NULL, false},
    {"/scenario", "tvar_contribution", REAL, SCEN_LEVEL, CUR, "part of the portfolio's TVaR; with /event/own_tvar_contribution all add up to it", scenario_tvar_contribution, NULL, false},
    {"/scenario", "form_share", REAL, {AXIS_SCENARIO, AXIS_FORM}, NO, "share of the sampled AAL by form, primary and secondary together", scenario_form_share, NULL, false},

    {"/asset", "asset_id", TEXT, ASSET_, NO, "asset id", asset_id, NULL, false},
    {"/asset", "quantile", REAL, {AXIS_QUANTILE, AXIS_NONE}, NO, "level of VaR and TVaR", setting_quantile, NULL, false},
    {"/asset", "name", TEXT, ASSET_, NO, "name", asset_name, NULL, false},
    {"/asset", "event_rate", REAL, ASSET_, UNIT_PER_YEAR, "expected loss events per year (of a shared event: hits), exact", asset_event_rate, NULL, false},
    {"/asset", "aal", REAL, ASSET_, CUR, "average annual loss, sampled", asset_aal, NULL, false},
    {"/asset", "aal_error", REAL, ASSET_, CUR, "standard error of aal; missing beyond `detail` assets where shared events or drivers reach them", asset_aal_error, NULL, false},
    {"/asset", "aal_exact", REAL, ASSET_, CUR, "average annual loss, exact; missing where there is no closed form", asset_aal_exact, NULL, false},
    {"/asset", "sd", REAL, ASSET_, CUR, "standard deviation of annual loss; missing likewise", asset_sd, NULL, false},
    {"/asset", "var", REAL, ASSET_LEV, CUR, "value at risk of annual loss; missing beyond `detail` assets", asset_var, NULL, false},
    {"/asset", "tvar", REAL, ASSET_LEV, CUR, "tail value at risk of annual loss; missing beyond `detail` assets", asset_tvar, NULL, false},
    {"/asset", "tvar_contribution", REAL, ASSET_LEV, CUR, "part of the portfolio's TVaR; with /event/own_tvar_contribution all add up to it", asset_tvar_contribution, NULL, false},

    {"/portfolio", "year", SCHEMA_ORDINAL, YEAR_, NO, "simulated year, from 0", NULL, NULL, false},
    {"/portfolio", "form", LABEL, {AXIS_FORM, AXIS_NONE}, NO, "form of loss", NULL, form_label, false},
    {"/portfolio", "effect", LABEL, {AXIS_EFFECT, AXIS_NONE}, NO, "effect of the scenario", NULL, effect_label, false},
    {"/portfolio", "annual_loss", MONEY, YEAR_, CUR, "loss of the year, net of `current` insurance", year_annual_loss, NULL, false},
    {"/portfolio", "annual_loss_gross", MONEY, YEAR_, CUR, "loss of the year before insurance; only where there is `current` insurance", year_annual_loss_gross, NULL, false},
    {"/portfolio", "largest_event", MONEY, YEAR_, CUR, "loss of the year's largest event", year_largest_event, NULL, false},
    {"/portfolio", "event_count", SCHEMA_COUNT, YEAR_, NO, "loss events in the year; a shared event's hits are one", year_event_count, NULL, false},
    {"/portfolio", "form_share", REAL, {AXIS_FORM, AXIS_NONE}, NO, "share of the sampled AAL by form", portfolio_form_share, NULL, false},
    {"/portfolio", "effect_share", REAL, {AXIS_EFFECT, AXIS_NONE}, NO, "share of the sampled AAL by effect", portfolio_effect_share, NULL, false},

    {"/group", "group", TEXT, {AXIS_GROUP, AXIS_NONE}, NO, "group; empty where the column is", group_name, NULL, false},
    {"/group", "year", SCHEMA_ORDINAL, YEAR_, NO, "simulated year, from 0", NULL, NULL, false},
    {"/group", "annual_loss", MONEY, {AXIS_GROUP, AXIS_YEAR}, CUR, "loss of the group in the year", group_annual_loss, NULL, true},

    {"/summary", "row", LABEL, ROW_, NO, "portfolio, or COLUMN=GROUP", NULL, row_label, false},
    {"/summary", "quantile", REAL, {AXIS_QUANTILE, AXIS_NONE}, NO, "level of VaR and TVaR", setting_quantile, NULL, false},
    {"/summary", "grouping", LABEL, ROW_, NO, "column that groups; empty for the portfolio", NULL, row_grouping, false},
    {"/summary", "name", LABEL, ROW_, NO, "group; empty for the portfolio", NULL, row_name, false},
    {"/summary", "aal", REAL, ROW_, CUR, "average annual loss, sampled", summary_aal, NULL, false},
    {"/summary", "aal_error", REAL, ROW_, CUR, "standard error of aal; infinite where the law has no variance", summary_aal_error, NULL, false},
    {"/summary", "aal_exact", REAL, ROW_, CUR, "average annual loss, exact; missing where there is no closed form", summary_aal_exact, NULL, false},
    {"/summary", "sd", REAL, ROW_, CUR, "standard deviation of annual loss", summary_sd, NULL, false},
    {"/summary", "probability_of_loss", REAL, ROW_, NO, "probability of any loss in a year", summary_probability_of_loss, NULL, false},
    {"/summary", "probability_of_loss_error", REAL, ROW_, NO, "standard error of probability_of_loss", summary_probability_of_loss_error, NULL, false},
    {"/summary", "var", REAL, ROW_LEVEL, CUR, "value at risk of annual loss", summary_var_value, NULL, false},
    {"/summary", "var_lower", REAL, ROW_LEVEL, CUR, "lower 95 % limit of var", summary_var_lower, NULL, false},
    {"/summary", "var_upper", REAL, ROW_LEVEL, CUR, "upper 95 % limit of var", summary_var_upper, NULL, false},
    {"/summary", "tvar", REAL, ROW_LEVEL, CUR, "tail value at risk of annual loss", summary_tvar, NULL, false},
    {"/summary", "tvar_error", REAL, ROW_LEVEL, CUR, "standard error of tvar", summary_tvar_error, NULL, false},

    {"/dependence", "quantile", REAL, LEVEL_, NO, "level of VaR and TVaR", setting_quantile, NULL, false},
    {"/dependence", "var", REAL, LEVEL_, CUR, "the portfolio's value at risk", dependence_var, NULL, true},
    {"/dependence", "tvar", REAL, LEVEL_, CUR, "the portfolio's tail value at risk", dependence_tvar, NULL, true},
    {"/dependence", "var_independent", REAL, LEVEL_, CUR, "the same if every scenario, and every unit hit by a shared event, had its losses in years of its own", dependence_var_independent, NULL, false},
    {"/dependence", "var_independent_lower", REAL, LEVEL_, CUR, "lower 95 % limit of var_independent", dependence_var_independent_lower, NULL, false},
    {"/dependence", "var_independent_upper", REAL, LEVEL_, CUR, "upper 95 % limit of var_independent", dependence_var_independent_upper, NULL, false},
    {"/dependence", "tvar_independent", REAL, LEVEL_, CUR, "tail value at risk, likewise", dependence_tvar_independent, NULL, false},
    {"/dependence", "tvar_independent_error", REAL, LEVEL_, CUR, "standard error of tvar_independent", dependence_tvar_independent_error, NULL, false},
    {"/dependence", "event_share", REAL, LEVEL_, NO, "share of the portfolio's TVaR that comes from shared events", dependence_event_share, NULL, false},

    {"/exceedance", "row", LABEL, ROW_, NO, "portfolio, or COLUMN=GROUP", NULL, row_label, false},
    {"/exceedance", "return_period", REAL, {AXIS_RETURN_PERIOD, AXIS_NONE}, UNIT_YEARS, "return period", setting_return_period, NULL, false},
    {"/exceedance", "aep", REAL, ROW_PERIOD, CUR, "annual loss exceeded once per return period", exceedance_aep_value, NULL, false},
    {"/exceedance", "aep_lower", REAL, ROW_PERIOD, CUR, "lower 95 % limit of aep", exceedance_aep_lower, NULL, false},
    {"/exceedance", "aep_upper", REAL, ROW_PERIOD, CUR, "upper 95 % limit of aep", exceedance_aep_upper, NULL, false},
    {"/exceedance", "oep", REAL, ROW_PERIOD, CUR, "largest event of a year exceeded once per return period", exceedance_oep_value, NULL, false},
    {"/exceedance", "oep_lower", REAL, ROW_PERIOD, CUR, "lower 95 % limit of oep", exceedance_oep_lower, NULL, false},
    {"/exceedance", "oep_upper", REAL, ROW_PERIOD, CUR, "upper 95 % limit of oep", exceedance_oep_upper, NULL, false},

    {"/tail/worst_years", "rank", SCHEMA_RANK, WYEAR, NO, "rank by annual loss, 1 the worst", NULL, NULL, false},
    {"/tail/worst_years", "year", SCHEMA_YEAR, WYEAR, NO, "simulated year, from 0", worst_year_year, NULL, false},
    {"/tail/worst_years", "annual_loss", MONEY, WYEAR, CUR, "loss of the year", worst_year_annual_loss, NULL, false},
    {"/tail/worst_years", "event_count", SCHEMA_COUNT, WYEAR, NO, "loss events in the year; a shared event's hits are one", worst_year_events, NULL, false},
    {"/tail/worst_years", "largest_event", MONEY, WYEAR, CUR, "loss of the year's largest event", worst_year_largest_loss, NULL, false},
    {"/tail/worst_years", "scenario_id", SCHEMA_SCENARIO, WYEAR, NO, "scenario of the year's largest event, or of its largest hit", worst_year_largest_scenario, NULL, false},
    {"/tail/worst_years", "asset_id", SCHEMA_ASSET, WYEAR, NO, "asset of the year's largest event; of a shared event, of its largest hit", worst_year_largest_asset, NULL, false},
    {"/tail/worst_years", "event_id", SCHEMA_EVENT, WYEAR, NO, "shared event that the year's largest event was; empty: none", worst_year_largest_event, NULL, false},
    {"/tail/worst_years", "hits", SCHEMA_COUNT, WYEAR, NO, "units that the year's largest event hit", worst_year_largest_hits, NULL, false},

    {"/tail/worst_events", "rank", SCHEMA_RANK, WEVENT, NO, "rank by loss, 1 the worst", NULL, NULL, false},
    {"/tail/worst_events", "year", SCHEMA_YEAR, WEVENT, NO, "simulated year, from 0", worst_event_year, NULL, false},
    {"/tail/worst_events", "loss", MONEY, WEVENT, CUR, "loss of the event", worst_event_loss, NULL, false},
    {"/tail/worst_events", "scenario_id", SCHEMA_SCENARIO, WEVENT, NO, "scenario of the event, or of its largest hit", worst_event_scenario, NULL, false},
    {"/tail/worst_events", "asset_id", SCHEMA_ASSET, WEVENT, NO, "asset of the event; of a shared event, of its largest hit", worst_event_asset, NULL, false},
    {"/tail/worst_events", "event_id", SCHEMA_EVENT, WEVENT, NO, "shared event that it was; empty: none", worst_event_event, NULL, false},
    {"/tail/worst_events", "hits", SCHEMA_COUNT, WEVENT, NO, "units hit", worst_event_hits, NULL, false},
};
// clang-format on
const struct schema_part schema_outcome = {columns, sizeof columns / sizeof *columns};
