#include <string.h>

#include "measure/statistics.h"

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

// Radix sort from the least significant digit: time proportional to n, and no comparison to go
// wrong.
void losses_sort(int64_t *values, int64_t *scratch, size_t n)
{
    int64_t all = 0;
    int64_t *from = values, *to = scratch;

    for (size_t i = 0; i < n; i++)
        all |= values[i];
    for (int shift = 0; shift < 63 && all >> shift != 0; shift += DIGIT_BITS) {
        size_t start[DIGITS] = {0}, sum = 0;

        for (size_t i = 0; i < n; i++)
            start[from[i] >> shift & (DIGITS - 1)]++;
        for (size_t digit = 0; digit < DIGITS; digit++) {
            const size_t count = start[digit];

            start[digit] = sum;
            sum += count;
        }
        for (size_t i = 0; i < n; i++)
            to[start[from[i] >> shift & (DIGITS - 1)]++] = from[i];

        int64_t *const swap = from;

        from = to;
        to = swap;
    }
    if (from != values)
        memcpy(values, from, n * sizeof *values);
}
