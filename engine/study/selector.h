// Selectors choose rows of a table by its columns:
//
//     *    class=server    zone in dmz ot    value>=1e6    business_unit!=lab    name~'srv-*'
//
// joined with and, or, not, and brackets; `not` binds closest, then `and`, then `or`. A value (or a
// column) with anything but letters, digits and _ - . : / stands in single quotes, doubled inside.
// Comparison is numeric if both sides are numbers, else byte by byte. A missing cell equals '' and
// is neither below nor above anything. In a glob * is any text and ? any one character.
#ifndef LOSSMILL_STUDY_SELECTOR_H
#define LOSSMILL_STUDY_SELECTOR_H

#include <stdbool.h>

#include "base/arena.h"
#include "study/csv.h"

struct selector;

// NULL after a diagnostic at `at` that shows where in at->value the error is and what was expected.
const struct selector *selector_parse(const struct place *at, struct arena *arena,
                                      struct diagnostics *d);

// True if the table has all columns that the selector names; else an error at `at` with the
// nearest names.
bool selector_columns_check(const struct selector *selector, const struct table *table,
                            const struct place *at, struct diagnostics *d);

// Fills `rows`, which has room for all of the table, with those chosen, ascending; all columns are
// known. Threads may match on one table. What is in `scratch` is not needed afterwards. False if
// memory is exhausted. A value that no row has is warned of, with the nearest that there is.
bool selector_match(const struct selector *selector, const struct table *table, bool decimal_comma,
                    struct arena *scratch, uint32_t *rows, size_t *count, const struct place *at,
                    struct diagnostics *d);

#endif
