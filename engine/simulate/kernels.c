// Chooses the event kernels of the instruction set in use.
#include "models/isa.h"
#include "simulate/event_kernels.h"

#if defined(__x86_64__)
extern const struct event_kernels event_kernels_v2, event_kernels_v3, event_kernels_v4;

const struct event_kernels *event_kernels(void)
{
    const enum isa isa = isa_current();

    return isa == ISA_V4   ? &event_kernels_v4
           : isa == ISA_V3 ? &event_kernels_v3
                           : &event_kernels_v2;
}
#else
extern const struct event_kernels event_kernels_generic;

const struct event_kernels *event_kernels(void)
{
    return &event_kernels_generic;
}
#endif
