// What asks a command to stop: a signal, or its time limit.
//
// Whoever works asks stop_wanted now and then, and has moments to put things in order; a second
// after a signal the process ends all the same.
#ifndef LOSSMILL_COMMANDS_STOP_H
#define LOSSMILL_COMMANDS_STOP_H

#include <stdbool.h>

// Catches SIGINT, SIGTERM and SIGHUP (this one unless it is ignored). Until stop_softly they end
// the process at once, with status STATUS_STOPPED and `message` on stderr.
void stop_catch(const char *message);

// Where a library aborts, as the solver of plans does without memory, the process ends with
// STATUS_SYSTEM; and a file that may not grow further (ulimit -f) fails to be written, as on a full
// disk, instead of ending the process.
void stop_guard(void);

// Likewise from now on where the process crashes, as libhdf5 can where it gets no memory:
// `message`, which stays the caller's, says what it was at. To be called by the thread that may.
// NULL: crashes are the system's again. Who catches them already, as a sanitizer does, keeps them.
void stop_crashes(const char *message);

// From now on stop_wanted tells. `message` is for the case that nobody asks for a second; it stays
// the caller's, and may be replaced by another call.
void stop_softly(const char *message);

// Files, and folders behind what is in them, to be removed at a hard end, and when the program
// exits: at most STOP_REMOVES_MAX, then NULL. The names stay the caller's.
enum { STOP_REMOVES_MAX = 3 };
void stop_removes(const char *const *paths);

// Nothing is left to be stopped: the next signal ends the process with this message.
void stop_done(const char *message);

void stop_after(double seconds); // the time limit, from now

bool stop_wanted(void);
double stop_waited(void);      // seconds since it was first wanted, as far as asked
const char *stop_reason(void); // such as "Interrupt", once it is wanted

#endif
