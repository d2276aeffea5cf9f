#include "models/portfolio.h"

#include <string.h>

const char *const loss_form_names[LOSS_FORMS] = {
    "productivity",          "response",   "replacement", "fines",
    "competitive_advantage", "reputation", "total",
};

const char *const stage_names[STAGES] = {"primary", "secondary"};

bool grouping_is_events(const char *name)
{
    return strcmp(name, "event") == 0 || strcmp(name, "scenario.event") == 0;
}

const struct distribution *severity_follower(const struct severity *severity, enum stage stage,
                                             enum loss_form form)
{
    const struct distribution *law = severity->loss[stage][form];

    return law && form == FORM_PRODUCTIVITY && severity->outage_hours ? severity->outage_hours
                                                                      : law;
}

bool severity_varies(const struct severity *severity)
{
    double constant;

    for (int stage = 0; stage < STAGES; stage++)
        for (int form = 0; form < LOSS_FORMS; form++) {
            const struct distribution *law = severity_follower(severity, stage, form);

            if (law && !distribution_is_constant(law, &constant))
                return true;
        }
    return false;
}
