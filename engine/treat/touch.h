// Which treatments act where: on which scenarios and shared events, and in which zones.
#ifndef LOSSMILL_TREAT_TOUCH_H
#define LOSSMILL_TREAT_TOUCH_H

#include "base/arena.h"
#include "models/portfolio.h"

// A bit per treatment and row of another table.
struct touch {
    size_t rows;
    uint64_t *bits;
};

static inline bool touch_has(const struct touch *touch, size_t treatment, size_t row)
{
    const size_t bit = treatment * touch->rows + row;

    return touch->bits[bit / 64] >> bit % 64 & 1;
}

// By effects and by insurance: scenarios, then shared events. What acts on a shared event acts on
// the scenarios that it hits, and what acts on one of these acts on the event. False if memory is
// exhausted.
bool touch_risks(const struct portfolio *portfolio, struct arena *arena, struct touch *touch);

// By effects on assets in a zone: zones and conduits; nothing acts in a conduit. False likewise.
bool touch_zones(const struct portfolio *portfolio, struct arena *arena, struct touch *touch);

#endif
