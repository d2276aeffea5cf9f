#include "study/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"

static bool words_grow(struct words *words)
{
    const size_t capacity = words->capacity ? 2 * words->capacity : 16;
    const size_t slot_count = 2 * capacity;
    const char **text = arena_alloc(words->scratch, capacity, sizeof *text);
    uint32_t *length = arena_alloc(words->scratch, capacity, sizeof *length);
    uint32_t *hash = arena_alloc(words->scratch, capacity, sizeof *hash);
    uint32_t *slots = arena_alloc(words->scratch, slot_count, sizeof *slots);

    if (!text || !length || !hash || !slots)
        return false;
    if (words->count > 0) {
        memcpy(text, words->text, words->count * sizeof *text);
        memcpy(length, words->length, words->count * sizeof *length);
        memcpy(hash, words->hash, words->count * sizeof *hash);
    }
    memset(slots, 0xff, slot_count * sizeof *slots);
    for (size_t i = 0; i < words->count; i++) {
        size_t at = hash[i] & (slot_count - 1);

        while (slots[at] != WORDS_NONE)
            at = (at + 1) & (slot_count - 1);
        slots[at] = (uint32_t)i;
    }
    words->text = text;
    words->length = length;
    words->hash = hash;
    words->slots = slots;
    words->slot_count = slot_count;
    words->capacity = capacity;
    return true;
}

bool words_start(struct words *words, struct arena *texts, struct arena *scratch)
{
    *words = (struct words){.texts = texts, .scratch = scratch};
    return words_add(words, "", 0) == 0;
}

static size_t words_slot(const struct words *words, const char *text, size_t length, uint32_t hash)
{
    size_t at = hash & (words->slot_count - 1);

    for (; words->slots[at] != WORDS_NONE; at = (at + 1) & (words->slot_count - 1)) {
        const uint32_t code = words->slots[at];

        if (words->hash[code] == hash && words->length[code] == length &&
            (length == 0 || memcmp(words->text[code], text, length) == 0))
            break;
    }
    return at;
}

uint32_t words_find(const struct words *words, const char *text, size_t length)
{
    const uint32_t code =
        words->slots[words_slot(words, text, length, (uint32_t)XXH3_64bits(text, length))];

    return code < words->count ? code : WORDS_NONE; // a copy does not have what was added since
}

uint32_t words_add(struct words *words, const char *text, size_t length)
{
    const uint32_t hash = (uint32_t)XXH3_64bits(text, length);
    size_t at;

    if (words->count == words->capacity && !words_grow(words))
        return WORDS_NONE;
    at = words_slot(words, text, length, hash);
    if (words->slots[at] != WORDS_NONE)
        return words->slots[at];
    words->text[words->count] = arena_text(words->texts, text, length);
    if (!words->text[words->count])
        return WORDS_NONE;
    words->length[words->count] = (uint32_t)length;
    words->hash[words->count] = hash;
    words->slots[at] = (uint32_t)words->count;
    return (uint32_t)words->count++;
}

const double *words_numbers(struct words *words, bool decimal_comma)
{
    if (words->number && words->numbered == words->count)
        return words->number;
    words->number = arena_alloc(words->scratch, words->count, sizeof *words->number);
    if (!words->number)
        return NULL;
    for (size_t i = 0; i < words->count; i++) {
        if (!text_number(words->text[i], words->length[i], decimal_comma, &words->number[i]))
            words->number[i] = NAN;
    }
    words->numbered = words->count;
    words->by_number = NULL;
    return words->number;
}

static int compare_by_number(const void *a, const void *b, void *number)
{
    const double *of = number;
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return of[x] != of[y] ? (of[x] < of[y] ? -1 : 1) : (x > y) - (x < y);
}

static bool numbers_sort(struct words *words)
{
    words->by_number = arena_alloc(words->scratch, words->count, sizeof *words->by_number);
    words->number_count = 0;
    for (size_t i = 0; words->by_number && i < words->count; i++)
        if (!isnan(words->number[i]))
            words->by_number[words->number_count++] = (uint32_t)i;
    if (words->by_number)
        qsort_r(words->by_number, words->number_count, sizeof *words->by_number, compare_by_number,
                words->number);
    return words->by_number != NULL;
}

// How many numbers are less than `number`, or, with `or_equal`, at most that.
static size_t numbers_below(const struct words *words, double number, bool or_equal)
{
    size_t low = 0, high = words->number_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const double x = words->number[words->by_number[middle]];

        if (x < number || (or_equal && x == number))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool words_of_number(struct words *words, bool decimal_comma, double number, const uint32_t **codes,
                     size_t *count)
{
    size_t first;

    if (!words_numbers(words, decimal_comma) || (!words->by_number && !numbers_sort(words)))
        return false;
    first = numbers_below(words, number, false);
    *codes = words->by_number + first;
    *count = numbers_below(words, number, true) - first;
    return true;
}
