#include "base/keyed.h"

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static unsigned digit(uint64_t key, int shift)
{
    return key >> shift & (DIGITS - 1);
}

// From the least significant digit on, without those in which all keys are alike.
void keyed_sort(struct keyed *keyed, struct keyed *spare, size_t n)
{
    struct keyed *from = keyed, *to = spare;
    uint64_t different = 0;

    for (size_t i = 1; i < n; i++)
        different |= keyed[i].key ^ keyed[0].key;
    for (int shift = 0; shift < 64; shift += DIGIT_BITS) {
        size_t start[DIGITS + 1] = {0};
        struct keyed *const swap = from;

        if (digit(different, shift) == 0)
            continue;
        for (size_t i = 0; i < n; i++)
            start[digit(from[i].key, shift) + 1]++;
        for (size_t i = 0; i < DIGITS; i++)
            start[i + 1] += start[i];
        for (size_t i = 0; i < n; i++)
            to[start[digit(from[i].key, shift)]++] = from[i];
        from = to;
        to = swap;
    }
    if (from != keyed)
        memcpy(keyed, from, n * sizeof *keyed);
}
