// The registers that `export` and `report` write, each from a run that was read (replay_read).
#ifndef LOSSMILL_COMMANDS_REGISTERS_H
#define LOSSMILL_COMMANDS_REGISTERS_H

#include "commands/replay.h"
#include "commands/sheet.h"
#include "treat/touch.h"

// The risk register. `residual` is what remains after what is decided upon.
void register_risks(const struct replay_run *run, const struct residual *residual, FILE *out,
                    const struct sheet_form *form);

// The treatment plan; results_treatments is not NULL.
void register_plan(const struct replay_run *run, FILE *out, const struct sheet_form *form);

// The Statement of Applicability.
void register_controls(const struct replay_run *run, FILE *out, const struct sheet_form *form);

// Zones and conduits.
void register_zones(const struct replay_run *run, FILE *out, const struct sheet_form *form);

// The study that the run at `path` kept, into a new folder. The exit status.
int export_study(const char *path, const char *folder);

// What these share (registers.c).

// Every scenario's AAL: exact where known, else sampled. To be freed.
double *register_aals(const struct replay_run *run);

// Ids of the treatments that act on the row: those decided upon or at work, or else the candidates.
void register_touching(struct sheet *sheet, const struct portfolio *portfolio,
                       const struct touch *touch, size_t row, bool candidates);

// decided_by, decided_on, review_by, overdue, maximum_aal, exceeded and reason of a decision, or
// seven missing cells (NO_ROW).
#define REGISTER_DECISION_COLUMNS                                                                  \
    "decided_by", "decided_on", "review_by", "overdue", "maximum_aal", "exceeded", "reason"
void register_decision(struct sheet *sheet, const struct portfolio *portfolio, uint32_t decision,
                       const double *scenario_aal);

#endif
