// What a run will take, as a whole: reading, simulating, treatments, the file.
#ifndef LOSSMILL_COMMANDS_ANNOUNCE_H
#define LOSSMILL_COMMANDS_ANNOUNCE_H

#include "commands/json.h"
#include "simulate/simulate.h"
#include "study/study.h"
#include "treat/forecast.h"

struct announcement {
    struct forecast simulation;
    struct treat_forecast treatments;
    int threads;
    double memory_bytes; // of the whole process at its peak
    double seconds;      // of the whole run, on one thread; on `threads`
    double seconds_threads;
};

// To be made by a process that has just read the study and holds the plans: what it uses is part of
// the announcement. False, with diagnostics, if the run would be refused. `each` and `events` as in
// simulate_forecast.
bool announcement_make(const struct study *study, const struct scenario_plans *plans, int threads,
                       struct announcement *a, struct scenario_forecast *each,
                       struct event_forecast *events, struct diagnostics *d);

void announcement_print(const struct portfolio *portfolio, const struct announcement *a);

// Into the object that is open.
void announcement_json(struct json *json, const struct announcement *a);

#endif
