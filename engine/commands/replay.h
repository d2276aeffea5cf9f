// A run's treatments, to be asked again: the study is read from the run's file, and what treatments
// touch is drawn again, to the same bits.
#ifndef LOSSMILL_COMMANDS_REPLAY_H
#define LOSSMILL_COMMANDS_REPLAY_H

#include "commands/progress.h"
#include "results/file.h"
#include "study/study.h"
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

// Opens the run at `path`, which must have treatments, and prices them. The exit status, with
// everything said on stderr where it is not STATUS_DONE. To be closed in any case.
int replay_open(struct replay_run *run, const char *command, const char *path, int threads,
                bool quiet);
void replay_close(struct replay_run *run);

#endif
