#include "commands/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands/print.h"

static const double silent_seconds = 0.3, between_seconds = 0.2;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

struct progress_line progress_line_start(bool quiet)
{
    return (struct progress_line){.shown = !quiet && isatty(STDERR_FILENO),
                                  .started = seconds_now()};
}

double progress_line_seconds(const struct progress_line *line)
{
    return seconds_now() - line->started;
}

void progress_line_tell(void *context, double done, const char *phase)
{
    struct progress_line *line = context;
    if (!line->shown)
        return;
    double now = seconds_now();
    bool changed = line->phase == NULL || strcmp(line->phase, phase) != 0;
    if (changed) {
        line->phase = phase;
        line->phase_started = now;
        line->phase_done = done;
    }
    if (now - line->started < silent_seconds ||
        (!changed && now - line->last_shown < between_seconds))
        return;
    line->last_shown = now;
    double rate = (done - line->phase_done) / (now - line->phase_started);
    fprintf(stderr, "\r\033[K%s", phase);
    if (!isnan(done))
        fprintf(stderr, "  %3.0f %%", 100 * done);
    if (rate > 0 && line->years > 0)
        fprintf(stderr, "   %s years/s   %s left", money_text(rate * line->years, NAN),
                duration_text((1 - done) / rate));
    fflush(stderr);
}

void progress_line_clear(const struct progress_line *line)
{
    if (line->shown)
        fprintf(stderr, "\r\033[K");
}
