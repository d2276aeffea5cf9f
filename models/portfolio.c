#include "models/portfolio.h"

const char *const loss_form_names[LOSS_FORMS] = {
    "productivity",          "response",   "replacement", "fines",
    "competitive_advantage", "reputation", "total",
};

const char *const stage_names[STAGES] = {"primary", "secondary"};
