// `report`: a run as one page of HTML that needs nothing else.
//
// Everything that the page says stands in it as HTML, tables and bars included, so that it can be
// read where scripts are off. The curves and the budget slider are drawn by engine/report/report.js
// from the data that report_data.c writes.
#ifndef LOSSMILL_COMMANDS_REPORT_H
#define LOSSMILL_COMMANDS_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "commands/replay.h"
#include "commands/shares.h"
#include "commands/years.h"

struct report {
    FILE *out;
    const char *path; // of the run
    const struct results *results;
    const struct outcome *outcome;
    const struct portfolio *portfolio;
    const struct settings *settings;
    const struct treatment_outcome *treated; // NULL: neither treatments nor an appetite
    struct portfolio_years years;            // in order
    struct ordered_losses largest;           // the largest events of the years
    bool insured;                            // the total is net of current insurance
    const int64_t *gross_loss;               // the years before it, in their own order
    struct totals totals;
    const struct plan_figures **plans; // stops of the slider, by cost: the run's own, and the asked
    size_t plan_count;
    size_t plan;       // that the page starts with; plan_count if there is none
    size_t plan_best;  // of the largest net benefit
    size_t plan_good;  // the cheapest surely within the appetite; plan_count: none
    double budget;     // that was asked for, or NaN
    size_t plan_asked; // the best for it, as `plan` finds it; plan_count: none fits
    bool asked_apart;  // which is none of the run's own
    const struct replay_run *run;
    const struct residual *residual; // of `run`, for the registers; NULL: without them
    struct diagnostics *d;
};

enum { REPORT_ROWS = 50, REPORT_TREATMENTS = 200 }; // listed at most

// What the page says of a plan at T years; NaN where the run has no figure for it.
double report_plan_year_in(const struct report *r, const struct world_figures *plan, double period);
double report_net_benefit(const struct plan_figures *plan);

const char *report_level_text(const struct report *r); // "99 %"
const char *report_worst_text(const struct report *r); // "worst 1 %"
const char *report_money(double amount, double error); // money_text with a proper minus
const char *report_error_text(double standard_error);  // "± 13 k"
const char *report_verdict_html(enum verdict verdict);

// report_page.c, report_drivers.c, report_treatments.c, report_registers.c: sections of the page.
void report_headline(const struct report *r);
void report_exceedance(const struct report *r);
void report_method(const struct report *r);
void report_registers(const struct report *r); // r->residual is not NULL
bool report_drivers(const struct report *r);   // false after a diagnostic
void report_treatments(const struct report *r);
void report_plans(const struct report *r);

// report_data.c: what the scripts draw, as JSON.
void report_data(const struct report *r);

#endif
