// The distinct texts of a column, each with a code: 0 is "" (missing), others count from 1. What is
// costly is done once for a distinct text, not once for a row.
#ifndef LOSSMILL_STUDY_WORDS_H
#define LOSSMILL_STUDY_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { WORDS_NONE = UINT32_MAX };

struct word_slot {
    uint32_t hash, next_code; // 1 + code, 0 where free
};

struct words {
    struct arena *texts;   // where the texts live
    struct arena *scratch; // everything else
    size_t count, capacity;
    const char **text;
    uint32_t *length;
    struct word_slot *slots; // open addressing, 2 x capacity, a power of two
    double *number;          // of the first `numbered` codes; NaN: no number
    size_t numbered;
    uint32_t *by_number; // the codes of numbers, in ascending order of these; NULL: not sorted yet
    size_t number_count;
};

// False if memory is exhausted.
bool words_start(struct words *words, struct arena *texts, struct arena *scratch);

// Makes room for `count` texts in all. False if memory is exhausted.
bool words_reserve(struct words *words, size_t count);

// The code of a text, new ones are added; WORDS_NONE if memory is exhausted.
uint32_t words_add(struct words *words, const char *text, size_t length);

// The same, where there is room for one more, for a text that lives as long: it is not copied.
uint32_t words_adopt(struct words *words, const char *text, size_t length);

// The code of a text, WORDS_NONE if it is none of these.
uint32_t words_find(const struct words *words, const char *text, size_t length);

// number[code] for every code; NULL if memory is exhausted.
const double *words_numbers(struct words *words, bool decimal_comma);

// The codes of the texts that are this number. False if memory is exhausted.
bool words_of_number(struct words *words, bool decimal_comma, double number, const uint32_t **codes,
                     size_t *count);

#endif
