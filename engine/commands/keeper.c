#include "commands/keeper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/commands.h"
#include "commands/print.h"
#include "commands/stop.h"
#include "simulate/address.h"

// A checkpoint may cost this part of the time since the last one.
static const double cost_share = 1.0 / 20;

// A simulation that took less is not worth keeping for the sake of what follows it.
static const double short_seconds = 10;

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Everything that a figure depends on; no more, such as threads.
static char *identity_of(const struct study *study)
{
    const struct settings *settings = &study->portfolio.settings;
    size_t size = 0;
    char *text = NULL;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL)
        return NULL;
    fprintf(stream, "version of lossmill: %s\nsampling version: %d\nyears: %llu\nseed: %llu\n",
            LOSSMILL_VERSION, SAMPLING_VERSION, (unsigned long long)settings->years,
            (unsigned long long)settings->seed);
    for (size_t i = 0; i < study->input_count; i++)
        fprintf(stream, "%s: %s\n", study->inputs[i].name, study->inputs[i].sha256);
    if (fclose(stream) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

const char *keeper_progress(const struct keeper *keeper)
{
    // the first pass is the larger part of the simulation
    static const struct {
        double before, share;
        const char *of;
    } phases[] = {[SNAPSHOT_FIRST_PASS] = {0, 80, "simulation"},
                  [SNAPSHOT_REPLAY] = {80, 20, "simulation"},
                  [SNAPSHOT_COVER] = {0, 100, "current insurance"},
                  [SNAPSHOT_TREATMENTS] = {0, 100, "treatments"},
                  [SNAPSHOT_PLANS] = {0, 100, "plans"}};
    const struct snapshot_place at = keeper->saved;
    const double share = (double)at.next / ((double)at.all + 1e-9);
    return text_format("%.0f %% of the %s",
                       phases[at.phase].before + phases[at.phase].share * share,
                       phases[at.phase].of);
}

// Of two buffers, the one that a handler cannot be reading.
static void note_write(struct keeper *keeper)
{
    char *note = keeper->notes[++keeper->note % 2];
    if (keeper->any)
        snprintf(note, sizeof keeper->notes[0],
                 "lossmill run: stopped; %s is kept in %.250s. The same command goes on from "
                 "there\n",
                 keeper_progress(keeper), text_shown(keeper->path, 200));
    else
        snprintf(note, sizeof keeper->notes[0],
                 "lossmill run: stopped; no file was written, and nothing kept\n");
    stop_softly(note);
}

const char *keeper_note(const struct keeper *keeper)
{
    return keeper->notes[keeper->note % 2];
}

static void save(struct keeper *keeper, struct snapshot *snapshot)
{
    const double before = seconds_now();
    struct diagnostics *own = diagnostics_new();
    const bool good = own != NULL && checkpoint_write(keeper->path, keeper->identity, snapshot,
                                                      keeper->threads, own);
    keeper->saved_at = seconds_now();
    keeper->cost = keeper->saved_at - before;
    if (good) {
        keeper->any = true;
        keeper->saved = snapshot_place(snapshot);
        note_write(keeper);
    } else if (!keeper->failed) {
        // The run goes on without: it may well end before anything stops it.
        diagnostics_warn(keeper->d, &(struct place){.file = keeper->path}, "%s",
                         own != NULL && diagnostics_kept(own) > 0
                             ? diagnostics_get(own, 0)->message
                             : "the checkpoint cannot be written: out of memory");
        keeper->failed = true;
    }
    diagnostics_free(own);
}

static bool range_over(void *context, struct snapshot *snapshot)
{
    struct keeper *keeper = context;
    const struct snapshot_place place = snapshot_place(snapshot);
    const bool last = place.phase == SNAPSHOT_REPLAY && place.next == place.all;
    const bool stop = stop_wanted();
    const double since = seconds_now() - keeper->saved_at;
    double least = keeper->every;
    if (last && short_seconds < least)
        least = short_seconds;
    if (stop || (since >= least && since * cost_share >= keeper->cost))
        save(keeper, snapshot);
    return !stop;
}

char *keeper_path(const char *output)
{
    char *path = NULL;
    return asprintf(&path, "%s.checkpoint", output) < 0 ? NULL : path;
}

bool keeper_open(struct keeper *keeper, const char *output, const struct study *study, bool fresh,
                 double every, int threads, struct diagnostics *d, int *status)
{
    *keeper =
        (struct keeper){.every = every, .threads = threads, .d = d, .identity = identity_of(study)};
    *status = STATUS_SYSTEM;
    keeper->path = keeper_path(output);
    if (keeper->identity == NULL || keeper->path == NULL) {
        diagnostics_fail(d, NULL, "out of memory");
        return false;
    }
    keeper->hooks = (struct snapshot_keeper){.range_over = range_over, .keeper = keeper};
    keeper->started = keeper->saved_at = seconds_now();
    if (fresh)
        checkpoint_remove(keeper->path);
    switch (checkpoint_open(keeper->path, keeper->identity, &keeper->found, d)) {
    case CHECKPOINT_NONE:
        break;
    case CHECKPOINT_GOOD:
        keeper->saved = checkpoint_place(keeper->found);
        keeper->any = true;
        keeper->hooks.restore = checkpoint_read;
        keeper->hooks.context = keeper->found;
        keeper->hooks.start = keeper->saved;
        break;
    case CHECKPOINT_REFUSED:
        *status = STATUS_INPUT;
        return false;
    case CHECKPOINT_FAILED:
        return false;
    }
    note_write(keeper);
    return true;
}

bool keeper_resumes(const struct keeper *keeper)
{
    return keeper->found != NULL;
}

void keeper_finish(struct keeper *keeper)
{
    checkpoint_remove(keeper->path);
}

void keeper_close(struct keeper *keeper)
{
    checkpoint_close(keeper->found);
    free(keeper->path);
    free(keeper->identity);
    *keeper = (struct keeper){0};
}
