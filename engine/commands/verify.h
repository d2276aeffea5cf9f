// What `verify` says, to people and to programs.
#ifndef LOSSMILL_COMMANDS_VERIFY_H
#define LOSSMILL_COMMANDS_VERIFY_H

#include "verify/verify.h"

// `top`: objects to list of each check.
void verify_print(const struct verify_request *request, const struct verification *v, size_t top);
void verify_json(const struct verify_request *request, const struct verification *v, size_t top);

#endif
