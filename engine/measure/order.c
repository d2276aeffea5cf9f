#include <math.h>
#include <string.h>

#include "measure/statistics.h"

// Digits of 8 or 11 bits: a pass over few values takes less than a pass over many digits.
enum { DIGITS_MAX = 1 << 11, FEW = 4096 };

// Radix sort from the least significant digit: time proportional to n, and no comparison to go
// wrong.
void losses_sort(int64_t *values, int64_t *scratch, size_t n)
{
    const int digit_bits = n < FEW ? 8 : 11;
    const size_t digits = (size_t)1 << digit_bits;
    int64_t all = 0;
    int64_t *from = values, *to = scratch;

    for (size_t i = 0; i < n; i++)
        all |= values[i];
    for (int shift = 0; shift < 63 && all >> shift != 0; shift += digit_bits) {
        size_t start[DIGITS_MAX], sum = 0;

        memset(start, 0, digits * sizeof *start);
        for (size_t i = 0; i < n; i++)
            start[from[i] >> shift & (digits - 1)]++;
        for (size_t digit = 0; digit < digits; digit++) {
            const size_t count = start[digit];

            start[digit] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[start[from[i] >> shift & (digits - 1)]++] = from[i];

        int64_t *const swap = from;

        from = to;
        to = swap;
    }
    if (from != values)
        memcpy(values, from, n * sizeof *values);
}

// 8 or 32 ranges of equal width an octave: the leading bits of the value as a double.
enum { FEW_RANGE_BITS = 3, RANGE_BITS = 5, RANGES_MAX = 64 << RANGE_BITS };

static size_t range_of(int64_t value, int bits)
{
    const double x = (double)value;
    uint64_t word;

    memcpy(&word, &x, sizeof word);
    return (size_t)(word >> (52 - bits)) - ((size_t)1023 << bits);
}

static void range_sort(int64_t *values, int64_t *scratch, size_t n)
{
    enum { INSERTION_MAX = 32 };

    if (n > INSERTION_MAX) {
        losses_sort(values, scratch, n);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        const int64_t value = values[i];
        size_t k = i;

        for (; k > 0 && values[k - 1] > value; k--)
            values[k] = values[k - 1];
        values[k] = value;
    }
}

// A value that about `rank` of n values exceed, rather more than fewer: from SAMPLE of them.
static int64_t nearly_ranked(const int64_t *values, size_t n, uint64_t rank)
{
    enum { SAMPLE = 256 };
    int64_t sample[SAMPLE], scratch[SAMPLE];
    const double share = (double)rank / (double)n;
    const double wanted = SAMPLE * share + 4 * sqrt(SAMPLE * share) + 1;

    if (wanted >= SAMPLE)
        return 0;
    for (size_t i = 0; i < SAMPLE; i++)
        sample[i] = values[n / SAMPLE * i];
    losses_sort(sample, scratch, SAMPLE);
    return sample[SAMPLE - 1 - (size_t)wanted];
}

// Moves the values that can be among the `rank` largest to the front of `kept`. Returns how many.
static size_t largest_keep(const int64_t *values, size_t n, uint64_t rank, int64_t *kept)
{
    const int64_t least = nearly_ranked(values, n, rank);
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        kept[count] = values[i];
        count += values[i] >= least;
    }
    if (count < rank) { // the sample was too large
        memcpy(kept, values, n * sizeof *kept);
        count = n;
    }
    return count;
}

// The values are divided among ranges; those above the lowest that matters stand in the order of
// their ranges then, and only the ranges in which a rank falls need be sorted.
static void largest_find(int64_t *values, int64_t *scratch, size_t n, const uint64_t *rank,
                         size_t count, int64_t *value, unsigned __int128 *sum)
{
    const int bits = n < FEW ? FEW_RANGE_BITS : RANGE_BITS;
    const size_t ranges = (size_t)64 << bits;
    size_t end[RANGES_MAX]; // first how many, then where, then where the range ends
    size_t low = ranges, kept = 0, sorted = ranges, from;
    unsigned __int128 total = 0;

    memset(end, 0, ranges * sizeof *end);
    for (size_t i = 0; i < n; i++)
        end[range_of(values[i], bits)]++;
    while (kept < rank[0])
        kept += end[--low];
    for (size_t range = low, at = 0; range < ranges; range++) {
        const size_t in_range = end[range];

        end[range] = at;
        at += in_range;
    }
    // Which values are kept is unpredictable: the others go, without a branch, behind the last.
    for (size_t range = 0; range < low; range++)
        end[range] = kept;
    for (size_t i = 0; i < n; i++) {
        const size_t range = range_of(values[i], bits);

        scratch[end[range]] = values[i];
        end[range] += range >= low;
    }
    from = kept;
    for (size_t k = count; k-- > 0;) {
        const size_t at = kept - rank[k], range = range_of(scratch[at], bits);
        const size_t begin = range == low ? 0 : end[range - 1];

        if (range != sorted)
            range_sort(scratch + begin, values, end[range] - begin);
        sorted = range;
        while (from > at)
            total += (uint64_t)scratch[--from];
        value[k] = scratch[at];
        sum[k] = total;
    }
}

void losses_largest(int64_t *values, int64_t *scratch, size_t n, const uint64_t *rank, size_t count,
                    int64_t *value, unsigned __int128 *sum)
{
    if (n < FEW)
        largest_find(values, scratch, n, rank, count, value, sum);
    else
        largest_find(scratch, values, largest_keep(values, n, rank[0], scratch), rank, count, value,
                     sum);
}
