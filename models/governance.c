#include "models/governance.h"

#include <math.h>
#include <string.h>

const char *const foundational_codes[FOUNDATIONAL_REQUIREMENTS] = {"IAC", "UC",  "SI", "DC",
                                                                   "RDF", "TRE", "RA"};

int zone_gap(const struct zone *zone, size_t requirement)
{
    const int target = zone->target[requirement], achieved = zone->achieved[requirement];

    if (target == SECURITY_LEVEL_NOT_STATED || achieved == SECURITY_LEVEL_NOT_STATED)
        return SECURITY_LEVEL_NOT_STATED;
    return target > achieved ? target - achieved : 0;
}

static bool in_force(const struct governance *g, size_t decision)
{
    const struct decision *x = &g->decisions[decision];

    if (x->treatment != UINT32_MAX)
        return g->of_treatment[x->treatment] == decision;
    for (size_t i = 0; i < x->scenario_count; i++)
        if (g->of_scenario[x->scenarios[i]] == decision)
            return true;
    return false;
}

struct decision_standing decision_standing_of(const struct governance *governance, size_t decision,
                                              const char *as_of, const double *scenario_aal)
{
    const struct decision *x = &governance->decisions[decision];
    struct decision_standing s = {.in_force = in_force(governance, decision),
                                  .aal = x->treatment == UINT32_MAX ? 0 : NAN};

    for (size_t i = 0; i < x->scenario_count; i++)
        if (governance->of_scenario[x->scenarios[i]] == decision)
            s.aal += scenario_aal[x->scenarios[i]];
    if (*x->review_by == '\0')
        s.overdue = ANSWER_NO;
    else if (!as_of || *as_of == '\0')
        s.overdue = ANSWER_UNKNOWN;
    else // dates of this form stand in the order of their bytes
        s.overdue = strcmp(x->review_by, as_of) < 0 ? ANSWER_YES : ANSWER_NO;
    if (isnan(x->maximum_aal))
        s.exceeded = ANSWER_NO;
    else if (isnan(s.aal))
        s.exceeded = ANSWER_UNKNOWN;
    else
        s.exceeded = s.aal > x->maximum_aal ? ANSWER_YES : ANSWER_NO;
    return s;
}
