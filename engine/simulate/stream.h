// The candidates of one stream in one block of years.
//
// A stream is a seating of assets, or the occurrences of a shared event. Its candidates in a block
// are one Poisson draw; candidate k then has its year, its seat and its acceptance at its own
// address, whatever the count. Where years have draws of their own (rate.h), the address is
// (year, k).
#ifndef LOSSMILL_SIMULATE_STREAM_H
#define LOSSMILL_SIMULATE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/event_batch.h"
#include "simulate/rate.h"
#include "simulate/seats.h"

// Addresses of the candidates of rare years lie apart from those of a block's draw.
#define STREAM_RARE (UINT64_C(1) << 63)

// Buffers of one thread.
struct stream_workspace {
    uint64_t index[EVENT_BATCH], words[EVENT_BATCH];
    double tail[EVENT_BATCH], other[EVENT_BATCH];
    double rate[BLOCK_YEARS]; // YEARLY: of each year, with the driver
    struct rate_years years;  // THINNED
};

// A row's rate in a block, ready for all its streams.
struct stream_block {
    const struct rate *rate;
    uint32_t block;
    uint32_t years;         // of the block that the study has
    const uint64_t *wanted; // a bit per year: candidates of others are left out; NULL: none is
    struct stream_workspace *w;
    struct event_batch *batch;
    void (*consume)(void *context); // of the batch, by way of its owner
    void *context;
};

// To be called once per row and block, before the row's streams.
void stream_block_start(const struct stream_block *block);

// Fills the batch's count, lone_asset, index, year, asset and tail and calls `consume`, again and
// again, until every candidate of wanted years has been placed; in an order that depends on row and
// block alone.
void stream_run(const struct stream_block *block, uint64_t key, const struct seating *seating);

#endif
