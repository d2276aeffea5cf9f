#include "study/words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/text.h"

static size_t next_slot(const struct words *words, size_t at)
{
    return (at + 1) & (2 * words->capacity - 1);
}

bool words_reserve(struct words *words, size_t count)
{
    const size_t old_slots = words->slots ? 2 * words->capacity : 0;
    const struct word_slot *old = words->slots;
    size_t capacity = words->capacity ? words->capacity : 16;
    const char **text;
    uint32_t *length;
    struct word_slot *slots;

    if (count <= words->capacity)
        return true;
    while (capacity < count)
        capacity *= 2;
    text = arena_alloc(words->scratch, capacity, sizeof *text);
    length = arena_alloc(words->scratch, capacity, sizeof *length);
    slots = arena_alloc(words->scratch, 2 * capacity, sizeof *slots);
    if (!text || !length || !slots)
        return false;
    // written before they are read: else the system hands out each page twice
    memset(slots, 0, 2 * capacity * sizeof *slots);
    if (words->count > 0) {
        memcpy(text, words->text, words->count * sizeof *text);
        memcpy(length, words->length, words->count * sizeof *length);
    }
    words->text = text;
    words->length = length;
    words->slots = slots;
    words->capacity = capacity;
    for (size_t i = 0; i < old_slots; i++) {
        size_t at = old[i].hash & (2 * capacity - 1);

        while (old[i].next_code && slots[at].next_code)
            at = next_slot(words, at);
        if (old[i].next_code)
            slots[at] = old[i];
    }
    return true;
}

bool words_start(struct words *words, struct arena *texts, struct arena *scratch)
{
    *words = (struct words){.texts = texts, .scratch = scratch};
    return words_add(words, "", 0) == 0;
}

static uint32_t words_hash(const char *text, size_t length)
{
    return (uint32_t)XXH3_64bits(text, length);
}

// Where the text stands, or would.
static struct word_slot *words_slot(const struct words *words, const char *text, size_t length,
                                    uint32_t hash)
{
    size_t at = hash & (2 * words->capacity - 1);

    for (; words->slots[at].next_code; at = next_slot(words, at)) {
        const uint32_t code = words->slots[at].next_code - 1;

        if (words->slots[at].hash == hash && words->length[code] == length &&
            (length == 0 || memcmp(words->text[code], text, length) == 0))
            break;
    }
    return &words->slots[at];
}

uint32_t words_find(const struct words *words, const char *text, size_t length)
{
    const uint32_t next_code = words_slot(words, text, length, words_hash(text, length))->next_code;

    // a copy does not have what was added since
    return next_code > 0 && next_code <= words->count ? next_code - 1 : WORDS_NONE;
}

// `kept` is the text where it lives, NULL to copy it.
static uint32_t words_put(struct words *words, const char *text, size_t length, const char *kept)
{
    const uint32_t hash = words_hash(text, length);
    struct word_slot *slot = words_slot(words, text, length, hash);

    if (slot->next_code)
        return slot->next_code - 1;
    if (!kept)
        kept = arena_text(words->texts, text, length);
    if (!kept)
        return WORDS_NONE;
    words->text[words->count] = kept;
    words->length[words->count] = (uint32_t)length;
    *slot = (struct word_slot){hash, (uint32_t)++words->count};
    return slot->next_code - 1;
}

uint32_t words_add(struct words *words, const char *text, size_t length)
{
    if (words->count == words->capacity && !words_reserve(words, words->count + 1))
        return WORDS_NONE;
    return words_put(words, text, length, NULL);
}

uint32_t words_adopt(struct words *words, const char *text, size_t length)
{
    return words_put(words, text, length, text);
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
