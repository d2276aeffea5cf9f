// What a target of the fuzzer is: one function that takes any bytes and must come back.
//
// Each file beside this one, but for replay.c, is one target. With clang's libFuzzer it becomes
// build/fuzz/fuzz_NAME (scripts/fuzz); with replay.c instead, in any build, the test of the corpus
// and of the inputs that once did harm (regressions/NAME).
#ifndef LOSSMILL_TESTS_FUZZ_H
#define LOSSMILL_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// The bytes as a text, to be freed.
static inline char *fuzz_text(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);

    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    return text;
}

// What must hold whatever the bytes are.
static inline void fuzz_claim(int truth, const char *claim)
{
    if (!truth) {
        fprintf(stderr, "not so: %s\n", claim);
        abort();
    }
}

#endif
