// What a long command is doing, on one line of the terminal that is written over and over.
//
// Nothing is shown where standard error is no terminal, and nothing in the first moments.
#ifndef LOSSMILL_COMMANDS_PROGRESS_H
#define LOSSMILL_COMMANDS_PROGRESS_H

#include <stdbool.h>

struct progress_line {
    bool shown;
    double years; // of the study; 0: no rate is shown
    double started, phase_started, phase_done, last_shown;
    const char *phase;
};

struct progress_line progress_line_start(bool quiet);

// A study_progress; `context` is a struct progress_line. `done` is the part of the whole that is
// done, NAN where it is not known. Shows it a few times a second.
void progress_line_tell(void *context, double done, const char *phase);

void progress_line_clear(const struct progress_line *line);

double progress_line_seconds(const struct progress_line *line); // since the start

#endif
