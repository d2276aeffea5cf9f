#include "commands/commands.h"
int command_plan(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}
