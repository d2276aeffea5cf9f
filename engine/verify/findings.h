// What was checked, and what was found: a list of checks, each with the objects that are not as
// they should be and, for arrays, the first few cells of each.
#ifndef LOSSMILL_VERIFY_FINDINGS_H
#define LOSSMILL_VERIFY_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { CELLS_SHOWN = 3, FINDINGS_KEPT = 1000 };

// A cell of an array.
struct difference {
    const char *where; // such as "year 17", "" where there is but one
    const char *found, *expected;
};

struct finding {
    const char *object; // path of a dataset, its attribute, or the name of an input file
    const char *text;   // what is wrong with it; NULL: its cells differ
    uint64_t cells, differing;
    size_t shown;
    struct difference first[CELLS_SHOWN];
    struct finding *next;
};

enum check_state {
    CHECK_OK,
    CHECK_FAILED,
    CHECK_IMPOSSIBLE, // what was asked for cannot be done: no proof
    CHECK_SKIPPED     // not asked for, or nothing to check
};

struct check {
    const char *section, *what;
    enum check_state state;
    const char *detail;       // what was looked at, or why not
    uint64_t finding_count;   // of which at most FINDINGS_KEPT are kept
    struct finding *findings; // in the order found
    struct finding *last;
};

enum { CHECKS_MAX = 48 };

// All zero is empty. Everything that it says lives in its arena.
struct findings {
    struct arena arena;
    size_t count;
    struct check checks[CHECKS_MAX];
    bool out_of_memory; // whatever is missing then
};

// A new check, in order until something is found. `section` and `what` outlive it.
struct check *check_start(struct findings *f, const char *section, const char *what);
void check_tell(struct findings *f, struct check *check, const char *format, ...)
    __attribute__((format(printf, 3, 4))); // its detail
void check_skip(struct findings *f, struct check *check, enum check_state state, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

// Something is wrong with `object`.
void finding_add(struct findings *f, struct check *check, const char *object, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

// Cells of an array that differ: the finding is begun by its first difference. Then every cell
// that differs is told; only for the first few are texts needed.
struct cells_finding {
    struct findings *f;
    struct check *check;
    const char *object;
    uint64_t cells; // of the array
    bool begun;
    struct finding *finding; // NULL: there are too many to keep
};
bool cells_differ(struct cells_finding *c); // whether this one's texts are wanted
void cells_show(struct cells_finding *c, const char *where, const char *found,
                const char *expected);

// Whether nothing failed and nothing was impossible; for lack of memory false.
bool findings_good(const struct findings *f);
void findings_free(struct findings *f);

const char *findings_text(struct findings *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// The shortest of %.15g, %.16g and %.17g that reads back as `number`.
const char *findings_real(struct findings *f, double number);
const char *findings_whole(struct findings *f, uint64_t number); // "1,230,000"

#endif
