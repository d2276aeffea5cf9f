// Selectors choose rows of a table by its columns:
//
//     *    class=server    zone in dmz ot    value>=1e6    business_unit!=lab    name~'srv-*'
//     joined with and, or, not, and brackets
//
// A value with anything but letters, digits and _ - . : / stands in single quotes, doubled inside.
// `class=''` is empty. Comparison is numeric if both sides are numbers, else byte by byte.
#ifndef LOSSMILL_STUDY_SELECTOR_H
#define LOSSMILL_STUDY_SELECTOR_H

#include <stdbool.h>

#include "base/arena.h"
#include "study/table.h"

struct selector;

// NULL after a diagnostic at `at` that shows where in the text the error is and what was expected.
const struct selector *selector_parse(const char *text, const struct place *at, struct arena *arena,
                                      struct diagnostics *d);

// matched[row] = 1 where the row is chosen, else 0. An unknown column is an error at `at` with the nearest name;
// false then.
bool selector_match(const struct selector *selector, const struct table *table, bool decimal_comma,
                    unsigned char *matched, const struct place *at, struct diagnostics *d);

#endif
