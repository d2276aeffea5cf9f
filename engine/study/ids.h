// Ids: unique, short, and what a mistaken one was probably meant to be.
#ifndef LOSSMILL_STUDY_IDS_H
#define LOSSMILL_STUDY_IDS_H

#include "study/reading.h"

enum { ID_MAX = 64 };

// Checks the ids of a table as it was read: given, at most 64 bytes, printable, unique. bad[row]
// becomes 1 after a diagnostic about the row.
bool ids_check(struct reading *reading, const struct table *table, int column, unsigned char *bad,
               struct diagnostics *d);

// Puts the rows in the byte order of their ids, and leaves out those with bad[row].
bool ids_sort(struct reading *reading, struct table *table, int column, const unsigned char *bad);

// hash[row]: XXH3 of the id. Two ids of the same hash are an error: their draws would be the same.
bool ids_hash(struct reading *reading, const struct table *table, int column, uint64_t *hash);

uint64_t ids_hash_of(const char *id);

// Row of the id in a table that ids_sort has sorted; SIZE_MAX if there is none.
size_t ids_row(const struct table *table, int column, const char *id);

// Adds that `at` names an id that the table does not have, with the nearest that it has.
void ids_unknown(struct reading *reading, const struct table *table, int column, const char *what,
                 const struct place *at);

#endif
