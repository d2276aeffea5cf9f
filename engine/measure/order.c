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

// 32 ranges of equal width an octave: the leading bits of the value as a double.
enum { RANGE_BITS = 5, RANGES = 64 << RANGE_BITS };

static size_t range_of(int64_t value)
{
    const double x = (double)value;
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return (size_t)(bits >> (52 - RANGE_BITS)) - ((size_t)1023 << RANGE_BITS);
}

size_t losses_sort_largest(int64_t *values, int64_t *scratch, size_t n, uint64_t k)
{
    uint32_t count[RANGES] = {0};
    size_t range = RANGES, kept = 0;
    uint64_t above = 0;

    if (n > UINT32_MAX || k >= n / 2) {
        losses_sort(values, scratch, n);
        return n;
    }
    for (size_t i = 0; i < n; i++)
        count[range_of(values[i])]++;
    while (range > 0 && above < k)
        above += count[--range];
    for (size_t i = 0; i < n; i++) {
        const int64_t value = values[i];

        values[kept] = value;
        kept += range_of(value) >= range;
    }
    losses_sort(values, scratch, kept);
    return kept;
}
