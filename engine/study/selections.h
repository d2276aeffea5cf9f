// The assets that scenarios select: matched once per distinct selector.
#ifndef LOSSMILL_STUDY_SELECTIONS_H
#define LOSSMILL_STUDY_SELECTIONS_H

#include "study/reading.h"

struct selected {
    bool used; // by a scenario
    struct selection selection;
    size_t resistant, valued;            // how many have a resistance, a value
    uint32_t unresistant, without_value; // the first asset without
    double most_value;                   // of those that have one; 0 if none has
};

struct selections {
    struct selected **of; // per code of the scenarios' column `assets`
    uint32_t *rows;       // of one selector
    struct arena scratch; // likewise
};

// Matches all selectors, on all threads, but those that have something to tell.
bool selections_start(struct reading *reading, struct selections *selections, int column);

// What the cell of a scenario selects, NULL after a diagnostic.
const struct selected *selections_match(struct reading *reading, struct selections *selections,
                                        size_t row, int column);

void selections_end(struct selections *selections);

#endif
