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
