// The public functions (lossmill.h): whole_run.h with a handle around it.
#include "lossmill.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/machine.h"
#include "base/text.h"
#include "library/whole_run.h"
#include "results/lock.h"

enum { YEARS_MAX = 1000000000, THREADS_MAX = 4096 };

struct lossmill {
    uint64_t years; // 0: the study's
    int64_t seed;   // -1: the study's
    int threads;    // 0: those of the machine

    bool read, done; // whether there is a study, and an outcome
    struct whole_run run;

    struct diagnostics *d; // of the last call that worked; NULL before
    size_t diagnostic_count;
    struct lossmill_diagnostic diagnostics[DIAGNOSTICS_SHOWN_MAX];

    struct lossmill_study study;
    struct lossmill_summary summary; // its arrays, and the scenarios, live in the outcome's arena
    struct lossmill_scenario *scenarios;
};

// HDF5 and the planner's solver keep state of the process, and a run takes all threads anyway.
static pthread_mutex_t working = PTHREAD_MUTEX_INITIALIZER;

// One call of lossmill_read, lossmill_run or lossmill_write.
struct turn {
    struct lossmill *engine;
    struct diagnostics *d;
    locale_t locale; // of the caller's thread
};

static bool turn_begin(struct turn *turn, struct lossmill *engine)
{
    struct diagnostics *d = diagnostics_new();
    if (d == NULL)
        return false;
    diagnostics_free(engine->d);
    engine->d = d;
    engine->diagnostic_count = 0;
    pthread_mutex_lock(&working);
    *turn = (struct turn){.engine = engine, .d = d, .locale = uselocale(text_locale())};
    return true;
}

static enum lossmill_status turn_end(const struct turn *turn, enum lossmill_status status)
{
    struct lossmill *engine = turn->engine;
    uselocale(turn->locale);
    pthread_mutex_unlock(&working);
    engine->diagnostic_count = (size_t)diagnostics_kept(turn->d);
    for (size_t i = 0; i < engine->diagnostic_count; i++) {
        const struct diagnostic *x = diagnostics_get(turn->d, i);
        engine->diagnostics[i] = (struct lossmill_diagnostic){
            .level = x->level == DIAGNOSTIC_ERROR ? LOSSMILL_ERROR : LOSSMILL_WARNING,
            .file = x->place.file,
            .line = x->place.line,
            .column = x->place.column,
            .value = x->place.value,
            .message = x->message};
    }
    return status;
}

static int threads_of(const struct lossmill *engine)
{
    return engine->threads > 0 ? engine->threads : machine_threads();
}

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

const char *lossmill_version(void)
{
    return LOSSMILL_VERSION;
}

struct lossmill *lossmill_new(void)
{
    struct lossmill *engine = calloc(1, sizeof *engine);
    if (engine != NULL)
        engine->seed = -1;
    return engine;
}

void lossmill_free(struct lossmill *engine)
{
    if (engine == NULL)
        return;
    whole_run_free(&engine->run);
    diagnostics_free(engine->d);
    free(engine);
}

enum lossmill_status lossmill_set_years(struct lossmill *engine, uint64_t years)
{
    if (years > YEARS_MAX)
        return LOSSMILL_WRONG_USE;
    engine->years = years;
    return LOSSMILL_DONE;
}

enum lossmill_status lossmill_set_seed(struct lossmill *engine, int64_t seed)
{
    if (seed < -1)
        return LOSSMILL_WRONG_USE;
    engine->seed = seed;
    return LOSSMILL_DONE;
}

enum lossmill_status lossmill_set_threads(struct lossmill *engine, int threads)
{
    if (threads < 0 || threads > THREADS_MAX)
        return LOSSMILL_WRONG_USE;
    engine->threads = threads;
    return LOSSMILL_DONE;
}

size_t lossmill_diagnostic_count(const struct lossmill *engine)
{
    return engine->diagnostic_count;
}

const struct lossmill_diagnostic *lossmill_diagnostic(const struct lossmill *engine, size_t index)
{
    return index < engine->diagnostic_count ? &engine->diagnostics[index] : NULL;
}

uint64_t lossmill_error_count(const struct lossmill *engine)
{
    return engine->d != NULL ? diagnostics_errors(engine->d) : 0;
}

enum lossmill_status lossmill_read(struct lossmill *engine, const char *folder)
{
    struct turn turn;
    if (folder == NULL)
        return LOSSMILL_WRONG_USE;
    engine->read = engine->done = false;
    whole_run_free(&engine->run);
    if (!turn_begin(&turn, engine))
        return LOSSMILL_FAILED;
    const uint64_t seed = (uint64_t)engine->seed;
    const struct study_options options = {.years = engine->years > 0 ? &engine->years : NULL,
                                          .seed = engine->seed >= 0 ? &seed : NULL,
                                          .threads = threads_of(engine)};
    if (!study_read(&engine->run.study, folder, &options, turn.d))
        return turn_end(&turn, LOSSMILL_BAD_INPUT);
    const struct portfolio *p = &engine->run.study.portfolio;
    engine->study = (struct lossmill_study){.title = text_or_empty(p->settings.title),
                                            .currency = text_or_empty(p->settings.currency),
                                            .as_of = text_or_empty(p->settings.as_of),
                                            .years = p->settings.years,
                                            .seed = p->settings.seed,
                                            .asset_count = p->assets.count,
                                            .scenario_count = p->scenario_count,
                                            .event_count = p->event_count,
                                            .treatment_count = p->treatments.count};
    engine->read = true;
    return turn_end(&turn, LOSSMILL_DONE);
}

const struct lossmill_study *lossmill_study(const struct lossmill *engine)
{
    return engine->read ? &engine->study : NULL;
}

struct watch {
    lossmill_progress *progress; // NULL: nobody looks
    void *context;
    bool stopped;
};

static bool on_progress(void *context, double done, const char *phase)
{
    struct watch *watch = context;
    if (!watch->stopped && watch->progress != NULL)
        watch->stopped = !watch->progress(watch->context, done, phase);
    return !watch->stopped;
}

// NULL if memory is exhausted.
static struct lossmill_estimate *estimates_of(struct arena *arena, const struct estimate *from,
                                              size_t count)
{
    struct lossmill_estimate *to = arena_alloc(arena, count + 1, sizeof *to);
    for (size_t i = 0; to != NULL && i < count; i++)
        to[i] = (struct lossmill_estimate){from[i].value, from[i].lower, from[i].upper};
    return to;
}

// The outcome as the header has it. False if memory is exhausted.
static bool figures_show(struct lossmill *engine)
{
    struct outcome *o = &engine->run.outcome;
    const struct portfolio *p = o->portfolio;
    const struct summary *s = &o->summary;
    const size_t levels = p->settings.quantile_count, periods = p->settings.return_period_count;
    engine->summary =
        (struct lossmill_summary){.aal = s->aal,
                                  .aal_error = s->aal_error,
                                  .aal_exact = s->aal_exact,
                                  .sd = s->sd,
                                  .probability_of_loss = s->probability_of_loss,
                                  .probability_of_loss_error = s->probability_of_loss_error,
                                  .level_count = levels,
                                  .level = p->settings.quantiles,
                                  .var = estimates_of(&o->arena, s->var, levels),
                                  .tvar = s->tvar,
                                  .tvar_error = s->tvar_error,
                                  .return_period_count = periods,
                                  .return_period = p->settings.return_periods,
                                  .aep = estimates_of(&o->arena, o->exceedance.aep, periods),
                                  .oep = estimates_of(&o->arena, o->exceedance.oep, periods)};
    engine->scenarios = arena_alloc(&o->arena, p->scenario_count + 1, sizeof *engine->scenarios);
    if (engine->scenarios == NULL || engine->summary.var == NULL || engine->summary.aep == NULL ||
        engine->summary.oep == NULL)
        return false;
    for (size_t i = 0; i < p->scenario_count; i++) {
        const struct contributor *x = &o->scenarios[i];
        engine->scenarios[i] =
            (struct lossmill_scenario){.id = p->scenarios[i].id,
                                       .name = text_or_empty(p->scenarios[i].name),
                                       .event_rate = x->event_rate,
                                       .aal = x->aal,
                                       .aal_error = x->aal_error,
                                       .aal_exact = x->aal_exact,
                                       .sd = x->sd,
                                       .var = x->var,
                                       .tvar = x->tvar,
                                       .tvar_contribution = x->tvar_contribution};
    }
    return true;
}

enum lossmill_status lossmill_run(struct lossmill *engine, lossmill_progress *progress,
                                  void *context)
{
    struct turn turn;
    struct watch watch = {.progress = progress, .context = context};
    if (!engine->read)
        return LOSSMILL_WRONG_USE;
    engine->done = false;
    whole_run_forget(&engine->run);
    if (!turn_begin(&turn, engine))
        return LOSSMILL_FAILED;
    const enum simulated simulated = whole_run_simulate(&engine->run, NULL, threads_of(engine),
                                                        NULL, on_progress, &watch, turn.d);
    if (!watch.stopped && simulated == SIMULATION_DONE) {
        engine->done = figures_show(engine);
        if (!engine->done)
            diagnostics_fail(turn.d, NULL, "out of memory behind the simulation");
    }
    if (!engine->done)
        whole_run_forget(&engine->run);
    return turn_end(&turn, engine->done                      ? LOSSMILL_DONE
                           : watch.stopped                   ? LOSSMILL_STOPPED
                           : simulated == SIMULATION_REFUSED ? LOSSMILL_BAD_INPUT
                                                             : LOSSMILL_FAILED);
}

const struct lossmill_summary *lossmill_summary(const struct lossmill *engine)
{
    return engine->done ? &engine->summary : NULL;
}

bool lossmill_annual_loss(const struct lossmill *engine, double *losses)
{
    const struct outcome *o = &engine->run.outcome;
    if (!engine->done)
        return false;
    money_of_many(o->annual_loss, (size_t)engine->study.years, o->portfolio->settings.resolution,
                  losses);
    return true;
}

const struct lossmill_scenario *lossmill_scenario(const struct lossmill *engine, size_t index)
{
    return engine->done && index < engine->study.scenario_count ? &engine->scenarios[index] : NULL;
}

enum lossmill_status lossmill_write(struct lossmill *engine, const char *path)
{
    struct turn turn;
    if (!engine->done || path == NULL || *path == '\0')
        return LOSSMILL_WRONG_USE;
    if (!turn_begin(&turn, engine))
        return LOSSMILL_FAILED;
    struct output_lock *lock = output_lock_take(path, turn.d);
    const bool written =
        lock != NULL && whole_run_write(&engine->run, path, threads_of(engine), turn.d);
    output_lock_release(lock);
    return turn_end(&turn, written ? LOSSMILL_DONE : LOSSMILL_FAILED);
}
