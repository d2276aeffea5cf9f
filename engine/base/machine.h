// What this process may use of the machine.
#ifndef LOSSMILL_BASE_MACHINE_H
#define LOSSMILL_BASE_MACHINE_H

// Processors in the affinity mask, limited by the CPU quota of the control group; at least 1.
int machine_threads(void);

// Bytes of memory that this process holds, and has held at most; 0 if the system does not tell.
double machine_memory_now(void);
double machine_memory_peak(void);

// How many of COUNT threads the system lets this process have now: a limit on processes may allow
// fewer, and OpenMP's run time ends a program that asks for more.
int machine_threads_possible(int count);

#endif
