// Which blocks of years are simulated again where not all are.
#ifndef LOSSMILL_VERIFY_SAMPLE_H
#define LOSSMILL_VERIFY_SAMPLE_H

#include <nettle/sha2.h>

#include "verify/verify.h"

// chosen[block_count(years)], a byte each. False if `request->blocks` is no list of blocks of the
// run; what is wrong with it in `reason`.
bool sample_choose(const struct verify_request *request, uint64_t years, const char *content,
                   uint8_t *chosen, char reason[160]);

// The chosen years, such as "blocks 2 and 7 of 13: years 16384 to 24575, 57344 to 65535".
const char *sample_text(struct findings *f, const uint8_t *chosen, uint64_t years);

#endif
