#include "models/isa.h"

#include <string.h>

#include "models/quantile_kernels.h"

static enum isa best(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return ISA_V4;
    // Every CPU with AVX2 and FMA has the rest of v3 (BMI, F16C, LZCNT, MOVBE).
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2"))
        return ISA_V3;
    return ISA_V2;
#else
    return ISA_GENERIC;
#endif
}

static enum isa chosen;
static bool is_chosen;

enum isa isa_current(void)
{
    if (!is_chosen) {
        chosen = best();
        is_chosen = true;
    }
    return chosen;
}

static const char *const names[] = {"generic", "v2", "v3", "v4"};

const char *isa_name(enum isa isa)
{
    return names[isa];
}

bool isa_choose(const char *name)
{
    const enum isa most = best();

    for (enum isa isa = ISA_GENERIC; isa <= ISA_V4; isa++) {
        const bool exists = most == ISA_GENERIC ? isa == ISA_GENERIC : isa >= ISA_V2 && isa <= most;

        if (exists && strcmp(names[isa], name) == 0) {
            chosen = isa;
            is_chosen = true;
            return true;
        }
    }
    return false;
}

#if defined(__x86_64__)
extern const struct quantile_kernels quantile_kernels_v2, quantile_kernels_v3, quantile_kernels_v4;

const struct quantile_kernels *quantile_kernels(void)
{
    const enum isa isa = isa_current();

    return isa == ISA_V4   ? &quantile_kernels_v4
           : isa == ISA_V3 ? &quantile_kernels_v3
                           : &quantile_kernels_v2;
}
#else
extern const struct quantile_kernels quantile_kernels_generic;

const struct quantile_kernels *quantile_kernels(void)
{
    return &quantile_kernels_generic;
}
#endif
