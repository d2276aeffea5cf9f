#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/print.h"
#include "commands/stop.h"

static const struct command commands[] = {
    {"new", "write a first study that runs, to start from", command_new},
    {"check", "read a study, report every error, and say what would be simulated", command_check},
    {"run", "simulate a study into an HDF5 file", command_run},
    {"show", "print what a run found", command_show},
    {"rank", "rank the treatments of a run by what they are worth", command_rank},
    {"plan", "find the best treatments for a budget", command_plan},
    {"report", "write a run as one page for those who decide", command_report},
    {"compare", "say what changed from one run to the next, and why", command_compare},
    {"verify", "prove that a run is what it says, or say what differs", command_verify},
    {"export", "write the registers of a management system, or a run's study", command_export},
    {"fit", "fit distributions to your own losses or incident counts", command_fit},
    {"import", "turn an export of another tool into a table of a study", command_import},
    {"generate", "write a synthetic study of any size", command_generate},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static int print_help(void)
{
    printf("Usage: lossmill COMMAND ...\n\n"
           "Simulates years of security incidents and says how much they could cost.\n\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-10s %s\n", commands[i].name, commands[i].summary);
    printf(
        "\nStart with\n\n"
        "  lossmill new first-study\n"
        "  lossmill check first-study\n"
        "  lossmill run first-study -o first.h5\n"
        "  lossmill show first.h5\n\n"
        "lossmill COMMAND --help tells more about each. Exit status: 0 done, 1 the answer is no,\n"
        "2 wrong usage, 3 bad input, 4 the system failed (disk, memory), 5 stopped by a signal or "
        "by\n"
        "--time-limit.\n");
    return output_finish(STATUS_DONE);
}

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++)
        names[i] = commands[i].name;
    const char *nearest = nearest_name(name, names, COMMANDS);
    fprintf(stderr, "lossmill: there is no command \"%s\"", text_shown(name, 60));
    if (nearest != NULL)
        fprintf(stderr, ": did you mean \"%s\"?", nearest);
    fprintf(stderr, "\nlossmill --help lists the commands.\n");
    return STATUS_USAGE;
}

static int command_line(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "Usage: lossmill COMMAND ...    (lossmill --help lists the commands)\n");
        return STATUS_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("lossmill %s\n", LOSSMILL_VERSION);
        return output_finish(STATUS_DONE);
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return print_help();
    if (strcmp(word, "help") == 0) {
        if (argc == 2)
            return print_help();
        const struct command *command = command_find(argv[2]);
        char *help[] = {argv[2], "--help", NULL};
        return command != NULL ? command->run(2, help) : unknown_command(argv[2]);
    }
    const struct command *command = command_find(word);
    return command != NULL ? command->run(argc - 1, argv + 1) : unknown_command(word);
}

int main(int argc, char **argv)
{
    print_start();
    stop_guard();
    return print_end(command_line(argc, argv));
}
