#include "study/words.h"

#include <math.h>
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
    return words->slots[words_slot(words, text, length, (uint32_t)XXH3_64bits(text, length))];
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
    return words->number;
}
