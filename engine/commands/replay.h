// A run's treatments, to be asked again: the study is read from the run's file, and what treatments
// touch is drawn again, to the same bits.
#ifndef LOSSMILL_COMMANDS_REPLAY_H
#define LOSSMILL_COMMANDS_REPLAY_H

#include "commands/progress.h"
#include "results/file.h"
#include "study/study.h"
#include "treat/residual.h"
#include "treat/treat.h"

struct replay_run {
    const char *path;
    struct results *results;
    struct arena arena; // of the study's bytes
    struct study study;
    struct outcome base; // the portfolio's years, and those of groups that the appetite names
    struct scenario_plans plans;
    struct treatment_outcome treatments;
    struct treat_session *session;
    struct progress_line progress;
};

// Opens the run at `path` without pricing anything: only path, results and study are filled. The
// exit status, with everything said on stderr where it is not STATUS_DONE. To be closed in any
// case.
int replay_read(struct replay_run *run, const char *path, int threads, bool quiet);

// Prices the treatments of a run that was read, and that must have some. The exit status likewise.
int replay_price(struct replay_run *run, const char *command, int threads);

// What remains of a run that was read, after what is decided upon. The exit status likewise. To be
// freed in any case.
int replay_residual(struct replay_run *run, struct residual *residual, int threads);

// Reads and prices.
int replay_open(struct replay_run *run, const char *command, const char *path, int threads,
                bool quiet);

void replay_close(struct replay_run *run);

#endif
