// The rows that cells choose by selectors, in tables that speak of scenarios, events and assets.
// Each distinct selector is matched once, and cells with equal ones share what they choose.
#ifndef LOSSMILL_STUDY_CHOICES_H
#define LOSSMILL_STUDY_CHOICES_H

#include "study/terms.h"

enum { CHOICE_PARTS = 3 };

struct choice {
    size_t count;
    const uint32_t *rows; // ascending
    const uint64_t *bits; // a bit per row of the table, once asked for
    struct choice *parts[CHOICE_PARTS];
};

struct choices {
    struct reading *reading;
    const struct table *table; // to choose from; NULL: it could not be read, or is not there
    const char *what;          // a row is: "scenario"
    bool complete;             // no row was left out: a selector that matches none is wrong
    struct words texts;
    struct choice **of; // per code of `texts`
    size_t capacity;
    uint32_t *rows; // of one selector
    struct arena scratch;
};

// False if memory is exhausted.
bool choices_start(struct choices *choices, struct reading *reading, const struct table *table,
                   const char *what, bool complete);
void choices_end(struct choices *choices);

// What the cell chooses; NULL where it is missing, after a diagnostic, and where the table could
// not be read, so that only the syntax can be checked. A choice of no row is reported, as
// [study] empty_selection says, and returned.
struct choice *choices_match(struct choices *choices, const struct terms *t, int which);

// The same as a bit per row; NULL if memory is exhausted.
const uint64_t *choices_bits(struct choices *choices, struct choice *choice);

// Those rows of a choice that pass a condition. `part` is the condition's number, by which equal
// requests share their answer; NULL if memory is exhausted.
struct choice *choices_part(struct choices *choices, struct choice *choice, int part,
                            bool (*passes)(const void *context, uint32_t row, int part),
                            const void *context);

#endif
