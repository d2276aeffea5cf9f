#include "commands/groups.h"

#include <math.h>
#include <string.h>

#include "commands/print.h"

double events_own_aal(const struct outcome *outcome)
{
    double own = 0;
    for (size_t e = 0; e < outcome->portfolio->event_count; e++)
        own += outcome->events[e].own_aal;
    return own;
}

// What shared events themselves cost goes to the group without a name, beside the rows that have
// none: are there any that lost something? Both are sums of whole units, divided alike.
static bool only_events_own(const struct outcome *outcome, size_t grouping, size_t group)
{
    const double own = events_own_aal(outcome);
    const double all = outcome->groups[grouping].summary[group].aal;
    return own > 0 && fabs(all - own) <= 1e-12 * own;
}

static size_t parts_count(const char *text, const char *between)
{
    size_t count = 1;
    for (text = strstr(text, between); text != NULL; text = strstr(text + strlen(between), between))
        count++;
    return count;
}

// The name of the first of crossed columns.
static const char *column_shown(const char *columns)
{
    columns += strspn(columns, " \t");
    size_t length = strcspn(columns, "*");
    while (length > 0 && strchr(" \t", columns[length - 1]) != NULL)
        length--;
    return text_format("%.*s", (int)length, columns);
}

// "T01 * " of threat_id*site: "T01 * (no site)". As it is where a value itself holds the sign
// between values, so that nobody knows which is which.
static const char *crossed_shown(const char *columns, const char *name)
{
    static const char between[] = " * ";
    const char *shown = "";
    const size_t count = parts_count(columns, "*");
    if (parts_count(name, between) != count)
        return name;
    for (size_t i = 0; i < count; i++) {
        const char *next = strstr(name, between);
        const size_t length = next != NULL ? (size_t)(next - name) : strlen(name);
        const char *value = length > 0 ? text_format("%.*s", (int)length, name)
                                       : text_format("(no %s)", column_shown(columns));
        shown = text_format("%s%s%s", shown, i > 0 ? between : "", value);
        name += next != NULL ? length + strlen(between) : 0;
        columns += strcspn(columns, "*") + (next != NULL);
    }
    return shown;
}

const char *group_shown(const struct outcome *outcome, size_t grouping, size_t group)
{
    const struct grouping *g = &outcome->portfolio->groupings[grouping];
    const char *name = g->names[group];
    if (strchr(g->name, '*') != NULL && *name != '\0')
        return crossed_shown(g->name, name);
    if (*name != '\0')
        return name;
    if (grouping_is_events(g->name))
        return "(no shared event)";
    return only_events_own(outcome, grouping, group) ? "(shared events' own costs)"
                                                     : text_format("(no %s)", g->name);
}

const char *group_note(const struct outcome *outcome, size_t grouping)
{
    const struct grouping *g = &outcome->portfolio->groupings[grouping];
    const double own = events_own_aal(outcome);
    if (own == 0 || g->count == 0 || *g->names[0] != '\0' || grouping_is_events(g->name) ||
        only_events_own(outcome, grouping, 0))
        return NULL;
    return text_format("%s includes what shared events themselves cost, %s.",
                       group_shown(outcome, grouping, 0), money_text(own, NAN));
}

const char *events_own_note(const struct outcome *outcome)
{
    const struct portfolio *portfolio = outcome->portfolio;
    for (size_t g = 0; g < portfolio->grouping_count; g++)
        if (portfolio->groupings[g].count > 0 && *portfolio->groupings[g].names[0] == '\0' &&
            !grouping_is_events(portfolio->groupings[g].name) && only_events_own(outcome, g, 0))
            return text_format("Shared events' own costs, %s a year, are what an occurrence costs "
                               "besides its hits: no asset's and no scenario's.",
                               money_text(events_own_aal(outcome), NAN));
    return NULL;
}
