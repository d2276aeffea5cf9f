#include "commands/stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands/commands.h"

static volatile sig_atomic_t stopped_by, soft;
static const char *_Atomic hard_message, *_Atomic hard_removes[STOP_REMOVES_MAX];
static double limit, wanted_since; // on the monotonic clock; 0: none, and not yet

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Of functions that a handler may call, as the next two are.
static void remove_unfinished(void)
{
    for (size_t i = 0; i < STOP_REMOVES_MAX; i++) {
        const char *path = hard_removes[i];
        if (path != NULL && unlink(path) != 0)
            rmdir(path);
    }
}

static void end_at_once(int status, const char *message)
{
    remove_unfinished();
    if (message != NULL) {
        ssize_t ignored = write(STDERR_FILENO, message, strlen(message));
        (void)ignored;
    }
    _exit(status);
}

static void on_abort(int number)
{
    (void)number;
    end_at_once(STATUS_SYSTEM, "lossmill: a library gave up, for want of memory most likely\n");
}

void stop_guard(void)
{
    struct sigaction action = {.sa_handler = on_abort};
    sigaction(SIGABRT, &action, NULL);
    signal(SIGXFSZ, SIG_IGN);
}

static const char *_Atomic crash_message;

static void on_crash(int number)
{
    (void)number;
    end_at_once(STATUS_SYSTEM, crash_message);
}

void stop_crashes(const char *message)
{
    static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE};
    // libhdf5 can call itself until its stack is full: by its list of errors, which has no memory
    static unsigned char room[1 << 16];
    const stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
    stack_t there;
    if (sigaltstack(NULL, &there) == 0 && (there.ss_flags & SS_DISABLE) != 0)
        sigaltstack(&stack, NULL);
    crash_message = message;
    for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++) {
        struct sigaction before,
            action = {.sa_handler = message != NULL ? on_crash : SIG_DFL, .sa_flags = SA_ONSTACK};
        if (sigaction(crashes[i], NULL, &before) == 0 &&
            (before.sa_handler == SIG_DFL || before.sa_handler == on_crash))
            sigaction(crashes[i], &action, NULL);
    }
}

static void on_signal(int number)
{
    if (!soft)
        end_at_once(STATUS_STOPPED, hard_message);
    stopped_by = number;
    alarm(1);
}

static void on_alarm(int number)
{
    (void)number;
    if (soft)
        end_at_once(STATUS_STOPPED, hard_message);
}

void stop_catch(const char *message)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    hard_message = message;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        struct sigaction before;
        // Under nohup a hang-up is ignored, and stays so. A shell also has its background jobs
        // ignore SIGINT, but who sends it to us by name means it.
        if (caught[i] != SIGHUP ||
            (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler != SIG_IGN))
            sigaction(caught[i], &action, NULL);
    }
    action.sa_handler = on_alarm;
    sigaction(SIGALRM, &action, NULL);
}

void stop_softly(const char *message)
{
    hard_message = message;
    soft = true;
}

void stop_removes(const char *const *paths)
{
    static bool registered;
    if (!registered)
        atexit(remove_unfinished);
    registered = true;
    for (size_t i = 0; i < STOP_REMOVES_MAX; i++)
        hard_removes[i] = *paths != NULL ? *paths++ : NULL;
}

void stop_done(const char *message)
{
    soft = false;
    alarm(0);
    hard_message = message;
    stop_removes((const char *[]){NULL});
}

void stop_after(double seconds)
{
    limit = seconds_now() + seconds;
}

bool stop_wanted(void)
{
    const bool wanted = stopped_by != 0 || (limit > 0 && seconds_now() >= limit);
    if (wanted && wanted_since == 0)
        wanted_since = seconds_now();
    return wanted;
}

double stop_waited(void)
{
    return stop_wanted() ? seconds_now() - wanted_since : 0;
}

const char *stop_reason(void)
{
    return stopped_by != 0 ? strsignal(stopped_by) : "the time limit";
}
