#include "treat/added.h"

#include <math.h>

// Rows that multiply one scenario's frequency by more than 1: 2^6 - 1 streams.
enum { RAISING_MAX = 6 };

// The most that the row may multiply the frequency by, add to it, or set it to.
static double row_most(const struct unit_row *row)
{
    double low, high;

    if (!row->amount.law)
        return row->amount.constant;
    distribution_support(row->amount.law, &low, &high);
    return high;
}

bool added_raises(const struct unit *unit, const struct unit_row *row)
{
    const struct rate *rate = unit->event ? &unit->event->rate : &unit->parts[0].plan->rate;
    double least = rate->frequency.constant, high;

    if (row->effect->factor != FACTOR_FREQUENCY)
        return false;
    if (rate->frequency.law)
        distribution_support(rate->frequency.law, &least, &high);
    switch (row->effect->operation) {
    case OPERATION_MULTIPLY:
        return row_most(row) > 1;
    case OPERATION_ADD:
        return row_most(row) > 0;
    case OPERATION_SET:
        return row_most(row) > least;
    default:
        return false;
    }
}

static bool row_check(const struct unit *unit, const struct unit_row *row, struct diagnostics *d)
{
    const struct place at = {"effects.csv", row->effect->line, "amount", NULL};
    const char *what = NULL;

    if (unit->event)
        what = "the occurrences of a shared event";
    else if (unit->parts[0].plan->scenario->counts == COUNTS_AT_MOST_ONCE)
        what = "what happens at most once";
    if (what)
        diagnostics_add(d, &at, "a treatment cannot raise the frequency of %s%s", what,
                        row->effect->operation == OPERATION_SET ? ": cap it instead of setting it"
                                                                : "");
    else if (isinf(row_most(row)))
        diagnostics_add(d, &at,
                        "a treatment that raises a frequency needs a bound: 'to' or 'cap' ends the "
                        "distribution");
    else
        return true;
    return false;
}

// The rows of subset `bits` of the raising ones.
static bool subset_fill(const struct unit_part *part, const uint32_t *raising, unsigned bits,
                        struct arena *arena, struct added_stream *stream)
{
    uint64_t *multiplied = arena_alloc(arena, part->row_count / 64 + 1, sizeof *multiplied);
    uint64_t salt = 0;
    double bound = 1;

    if (!multiplied)
        return false;
    for (unsigned rest = bits; rest; rest &= rest - 1) {
        const uint32_t r = raising[__builtin_ctz(rest)];

        multiplied[r / 64] |= UINT64_C(1) << r % 64;
        bound *= row_most(&part->rows[r]) - 1;
        salt ^= part->rows[r].effect->row_hash; // hashes are uniform: the set's own
    }
    stream->events = (struct added_events){multiplied, NO_ROW, bound};
    stream->salt = salt;
    stream->rate = part->plan->rate;
    stream->rate.constant *= bound;
    stream->rate.bound *= bound;
    return true;
}

static bool addition_fill(const struct unit_part *part, uint32_t r, struct arena *arena,
                          struct added_stream *stream, struct diagnostics *d)
{
    const double bound = row_most(&part->rows[r]);

    stream->events = (struct added_events){NULL, r, bound};
    stream->salt = part->rows[r].effect->row_hash;
    return rate_with_frequency(&part->plan->rate, bound, arena, &stream->rate, d);
}

bool added_make(const struct unit *unit, struct arena *arena, struct added *added,
                struct diagnostics *d)
{
    const struct unit_part *part = &unit->parts[0];
    uint32_t multiply[RAISING_MAX];
    size_t multiply_count = 0, add_count = 0;
    bool good = true;

    *added = (struct added){0};
    for (size_t p = 0; p < unit->part_count; p++)
        for (size_t r = 0; r < unit->parts[p].row_count; r++) {
            const struct unit_row *row = &unit->parts[p].rows[r];

            if (!added_raises(unit, row))
                continue;
            if (!row_check(unit, row, d))
                return false;
            if (row->effect->operation != OPERATION_MULTIPLY) {
                add_count++;
            } else if (multiply_count == RAISING_MAX) {
                const struct place at = {"effects.csv", row->effect->line, "amount", NULL};

                diagnostics_add(d, &at, "more than %d treatments multiply the frequency of '%s'",
                                (int)RAISING_MAX, part->plan->scenario->id);
                return false;
            } else {
                multiply[multiply_count++] = (uint32_t)r;
            }
        }
    if (multiply_count + add_count == 0)
        return true;
    added->streams =
        arena_alloc(arena, ((size_t)1 << multiply_count) + add_count, sizeof *added->streams);
    good = added->streams != NULL;
    for (unsigned bits = 1; good && bits < 1u << multiply_count; bits++)
        good = subset_fill(part, multiply, bits, arena, &added->streams[added->count++]);
    for (size_t r = 0; good && r < part->row_count; r++)
        if (added_raises(unit, &part->rows[r]) &&
            part->rows[r].effect->operation != OPERATION_MULTIPLY)
            good = addition_fill(part, (uint32_t)r, arena, &added->streams[added->count++], d);
    if (!good)
        diagnostics_fail(d, NULL, "out of memory while preparing the treatments");
    return good;
}
