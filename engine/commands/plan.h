// Pages about plans (plan_print.c), for people and for programs.
#ifndef LOSSMILL_COMMANDS_PLAN_H
#define LOSSMILL_COMMANDS_PLAN_H

#include "commands/json.h"
#include "commands/replay.h"

// Answers to one request with several budgets.
struct plan_page {
    const struct replay_run *run;
    const struct plan_request *asked; // its budget is that of the answer that is added
    bool as_json;
    struct json json;
    size_t count;
};

void plan_page_start(struct plan_page *page, bool as_json);
void plan_page_add(struct plan_page *page, const struct plan_answer *answer);
void plan_page_end(struct plan_page *page);

// The efficient frontier as a run's file has it.
void plan_frontier_text(const struct treatment_outcome *treated, const char *path);
void plan_frontier_json(const struct treatment_outcome *treated);

#endif
