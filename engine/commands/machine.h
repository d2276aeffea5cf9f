// What this process may use of the machine.
#ifndef LOSSMILL_COMMANDS_MACHINE_H
#define LOSSMILL_COMMANDS_MACHINE_H

// Processors in the affinity mask, limited by the CPU quota of the control group; at least 1.
int machine_threads(void);

#endif
