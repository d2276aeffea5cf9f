// Command lines: one table per subcommand, from which both parsing and --help follow.
#ifndef LOSSMILL_COMMANDS_OPTIONS_H
#define LOSSMILL_COMMANDS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_FLAG,  // value: bool
    OPTION_TEXT,  // value: const char *
    OPTION_WHOLE, // value: uint64_t in [low, high]; 1e6 may be written for 1000000
};

struct option_row {
    char letter;          // 0: long only
    const char *name;     // long name, without the dashes
    const char *argument; // as --help names it; NULL for a flag
    const char *help;     // lines separated by \n
    enum option_kind kind;
    void *value;        // untouched where the option is not given
    uint64_t low, high; // OPTION_WHOLE
};

struct manual {
    const char *command;
    const char *operands; // as usage names them, such as "STUDY -o RUN.h5"
    const char *summary;  // one line
    const char *text;     // what it does, and an example; wrapped by hand at 90 columns
    int operands_min, operands_max;
};

enum { OPTIONS_PROCEED = -1 };

// Fills the values of `rows` (`count` of them) and moves the operands to the front of argv: the
// first is argv[1], and *operands says how many there are. Returns OPTIONS_PROCEED; or the exit
// status with which the command is to end at once: 0 after printing --help, 2 after explaining a
// wrong usage. The value of an option "threads" becomes what the system allows, if that is less.
int options_parse(const struct manual *manual, const struct option_row *rows, size_t count,
                  int argc, char **argv, int *operands);

// Explains a wrong usage on stderr and says where help is; returns the exit status.
int options_wrong(const struct manual *manual, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// The `length` bytes at `text` as an amount that is not negative: 250000, 250k, 1.5M, 2bn.
bool amount_parse(const char *text, size_t length, double *amount);

// A time in seconds: 90, 90s, 30m, 6h or 2d.
bool duration_parse(const char *text, double *seconds);

// The one of `names` nearest to `word` that a typing slip could explain, or NULL.
const char *nearest_name(const char *word, const char *const *names, size_t count);

#endif
