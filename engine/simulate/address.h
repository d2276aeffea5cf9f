// Where every random number lives.
//
// A draw is a pure function of (seed, id, block of years, purpose, index): Philox with
//
//     key     = hash of the seed and the id (a scenario's, or one of its streams')
//     counter = (index low, index high, block, purpose * 2^16 + sub-draw)
//
// so that more years keep the years already drawn, and no row changes another row's draws. Changing
// anything here changes results: raise SAMPLING_VERSION.
#ifndef LOSSMILL_SIMULATE_ADDRESS_H
#define LOSSMILL_SIMULATE_ADDRESS_H

#include <stdint.h>

#include "random/philox.h"

enum { SAMPLING_VERSION = 1 };

// Years are drawn in blocks, whole, and cut at the study's last year.
enum { BLOCK_BITS = 13, BLOCK_YEARS = 1 << BLOCK_BITS };

enum purpose {
    PURPOSE_SCENARIO,       // key of a scenario
    PURPOSE_STREAM,         // key of one of its streams; index: class and part
    PURPOSE_COUNT,          // events of a block (index 0) or of a year (index: year in the block)
    PURPOSE_PLACE,          // year, seat, acceptance and first tail of a candidate; two first tails
                            // of a stream on one asset
    PURPOSE_TIME,           // when in the year, and which unit
    PURPOSE_SUSCEPTIBLE,    // whether a threat event becomes a loss event (at_most_once)
    PURPOSE_COMMON,         // common factor of a hit's forms
    PURPOSE_COIN,           // whether secondary loss occurs; sub-draw 1 + form: that form's own
    PURPOSE_LOSS,           // sub-draw: pair of loss slots
    PURPOSE_LOSS_MORE,      // further uniforms of one loss slot: 64 slot + sub-draw
    PURPOSE_FREQUENCY,      // per year; index: year in the block
    PURPOSE_SUSCEPTIBILITY, // per year
    PURPOSE_MULTIPLIER,     // per year: negbinomial's gamma
    PURPOSE_SECONDARY,      // per year; 64 (1 + form) for that form's own
    PURPOSE_UNIT,           // product mode: the unit of a year's one loss
    PURPOSE_DRIVER,         // key of a driver; its Z, index: year in the block
    PURPOSE_EVENT,          // key of a shared event
    PURPOSE_RARE,           // gaps between rare years; sub-draw: factor of the rate
    PURPOSE_YEAR,        // the year of a candidate, in proportion to a driver's multipliers; eight
                         // years of a stream on one asset
    PURPOSE_THIN,        // whether a candidate at the bound of an uncertain rate stays
    PURPOSE_HIT,         // gap to the next unit hit, and the hit's first tail
    PURPOSE_HIT_CHANCE,  // per occurrence: hit_probability
    PURPOSE_CAPABILITY,  // key of a threat in an event; per occurrence: its capability
    PURPOSE_RESISTANCE,  // per hit
    PURPOSE_OCCURRENCE,  // per occurrence: common factor of its hits' severities
    PURPOSE_CUT,         // how far a loss moves where dependence is cut
    PURPOSE_TREATMENT,   // key of a treatment; whether it covers a unit in a year
    PURPOSE_EFFECT,      // key of an effect; per year: its amount
    PURPOSE_OVERLAP,     // key of an overlap group on a stream; per event: do its members coincide
    PURPOSE_RELIABLE,    // key of a treatment on a stream; per event: whether it works
    PURPOSE_SURVIVE,     // per event: whether it survives the treatments of a world
    PURPOSE_ADDED,       // key of the stream of events that a treatment adds; per event: stays it
    PURPOSE_COST,        // per year: a treatment's cost_upfront
    PURPOSE_COST_ANNUAL, // per year: its cost_annual
    PURPOSE_PAIR         // per event: capability and resistance, given that it succeeded
};

static inline uint32_t address_of(enum purpose purpose, uint32_t sub_draw)
{
    return (uint32_t)purpose << 16 | sub_draw;
}

// 64 bits of a key derived from another.
static inline uint64_t address_key(uint64_t key, uint64_t id, uint32_t part, enum purpose purpose)
{
    const struct philox_block x =
        philox(key, (uint32_t)id, (uint32_t)(id >> 32), part, address_of(purpose, 0));

    return x.word[0] | (uint64_t)x.word[1] << 32;
}

// One tail in [2^-65, 1].
static inline double address_tail(uint64_t key, uint64_t index, uint32_t block, uint32_t address)
{
    const struct philox_block x =
        philox(key, (uint32_t)index, (uint32_t)(index >> 32), block, address);

    return philox_tail(x.word[0], x.word[1]);
}

#endif
