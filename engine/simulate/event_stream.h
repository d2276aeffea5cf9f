// The loss events of one scenario in one block of years.
//
// The work is the events, never the (exposure x year) grid. The candidates of a scenario's stream
// in a block are one Poisson draw; candidate k then has its year, its seat and its acceptance at
// its own address, whatever the count. Where the rate differs from year to year, each year has its
// own draw, and the address is (year, k). What is kept is a loss event: its hit gets its losses,
// form by form, each rounded once to whole units of money.
#ifndef LOSSMILL_SIMULATE_EVENT_STREAM_H
#define LOSSMILL_SIMULATE_EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simulate/address.h"
#include "simulate/event_kernels.h"
#include "simulate/scenario_plan.h"

// At most EVENT_BATCH loss events of one stream; entry i of every array is event i.
struct event_batch {
    const struct scenario_plan *plan;
    uint32_t block;
    uint64_t key; // of the stream
    size_t count;
    bool lone_asset;             // all hit asset[0]
    uint64_t index[EVENT_BATCH]; // address in the stream
    uint32_t year[EVENT_BATCH];  // within the block
    uint32_t asset[EVENT_BATCH];
    double tail[EVENT_BATCH];                  // first uniform
    const double *loss;                        // [count] units, whole numbers; the forms' sum
    unsigned forms;                            // bit f: some loss of form f is possible
    double form_loss[LOSS_FORMS][EVENT_BATCH]; // likewise; only where the bit is set
    double form_sum[EVENT_BATCH];              // where `loss` points if there are several forms
    double loss_bound;                         // no event costs more units
    uint64_t capped;                           // how many met MONEY_LIMIT
};

struct event_workspace; // buffers of one thread

struct event_workspace *event_workspace_new(void); // NULL if memory is exhausted
void event_workspace_free(struct event_workspace *w);

// Called with one batch after the other, in an order that depends on the plan and block alone.
typedef void event_consumer(void *context, const struct event_batch *batch);

// All loss events of `plan` in years [block * BLOCK_YEARS, years). False if memory is exhausted
// (at_most_once keeps a block's threat events).
bool event_stream_run(struct event_workspace *w, const struct scenario_plan *plan,
                      enum annual_loss mode, uint32_t block, uint64_t years,
                      event_consumer *consume, void *context);

// A yearly figure for the years of n events; `address` says which.
void yearly_fill(const struct yearly *y, uint64_t key, uint32_t block, enum purpose purpose,
                 uint32_t sub_draw, size_t n, const uint64_t *year, double *value);

// Fills loss, form_loss, forms and capped of a batch whose other entries are set. `factor`
// multiplies every amount before it is rounded; NULL: 1.
void severity_fill(struct event_batch *batch, const double *factor);

#endif
