// The subcommands of lossmill, and what every one of them keeps to.
//
// A command parses its options (options.h), calls the floors below, prints its result on stdout
// (print.h, json.h, csv.h) and returns an exit status. Errors and progress go to stderr.
#ifndef LOSSMILL_COMMANDS_COMMANDS_H
#define LOSSMILL_COMMANDS_COMMANDS_H

enum exit_status {
    STATUS_DONE = 0,
    STATUS_NO = 1,      // the answer is no
    STATUS_USAGE = 2,   // wrong command line
    STATUS_INPUT = 3,   // the study or the file is not in order
    STATUS_SYSTEM = 4,  // disk, memory
    STATUS_STOPPED = 5, // by a signal or a time limit
};

typedef int command_main(int argc, char **argv); // argv[0] is the subcommand's name

struct command {
    const char *name;
    const char *summary; // the line in `lossmill --help`
    command_main *run;
};

int command_new(int argc, char **argv);
int command_fit(int argc, char **argv);
int command_import(int argc, char **argv);
int command_generate(int argc, char **argv);
int command_check(int argc, char **argv);
int command_run(int argc, char **argv);
int command_show(int argc, char **argv);
int command_rank(int argc, char **argv);
int command_plan(int argc, char **argv);
int command_report(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_export(int argc, char **argv);

#endif
