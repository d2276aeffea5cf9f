// A distribution cell: refused with a reason, or a law whose figures and quantiles are in order.
#include "models/distribution.h"

#include <math.h>

#include "fuzz.h"

static const double tails[] = {1, 0.999999, 0.9, 0.5, 0.1, 1e-3, 1e-9, 0x1p-65};
enum { TAILS = sizeof tails / sizeof *tails };

static void law_check(const struct distribution *law)
{
    double low, high, value[TAILS], constant;

    distribution_support(law, &low, &high);
    fuzz_claim(low <= high, "the support has two ends in order");
    fuzz_claim(!isnan(distribution_mean(law)), "there is a mean, or it is infinite");
    fuzz_claim(!(distribution_variance(law) < 0), "no variance is negative");
    distribution_is_constant(law, &constant);
    if (distribution_draws(law) != 1)
        return;
    distribution_quantile(law, TAILS, tails, value);
    for (size_t i = 0; i < TAILS; i++)
        fuzz_claim(!isnan(value[i]), "every tail has a value");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = fuzz_text(bytes, size);
    struct diagnostics *d = diagnostics_new();
    struct arena arena = {0};
    const struct place at = {.file = "scenarios.csv", .line = 2, .value = text};

    for (int comma = 0; comma < 2; comma++) {
        const struct distribution_reader reader = {.arena = &arena, .decimal_comma = comma != 0};
        const uint64_t errors = diagnostics_errors(d);
        const struct distribution *law = distribution_parse(text, &at, &reader, d);

        fuzz_claim((law != NULL) == (diagnostics_errors(d) == errors), "refused is refused aloud");
        if (law)
            law_check(law);
    }
    arena_free(&arena);
    diagnostics_free(d);
    free(text);
    return 0;
}
