// Which compilation of the kernels runs. All give the same bits.
#ifndef LOSSMILL_MODELS_ISA_H
#define LOSSMILL_MODELS_ISA_H

#include <stdbool.h>

enum isa { ISA_GENERIC, ISA_V2, ISA_V3, ISA_V4 };

// The best that this CPU supports, or the one chosen.
enum isa isa_current(void);

// For tests and `--isa`: "generic", "v2", "v3" or "v4". False if unknown or not supported here. To
// be called before any other thread starts.
bool isa_choose(const char *name);

const char *isa_name(enum isa isa);

// Names the exported table of a kernel file: ISA_NAME(quantile_kernels) is quantile_kernels_v3.
#define ISA_PASTE_(name, isa) name##_##isa
#define ISA_PASTE(name, isa)  ISA_PASTE_(name, isa)
#define ISA_NAME(name)        ISA_PASTE(name, LOSSMILL_ISA)

#endif
