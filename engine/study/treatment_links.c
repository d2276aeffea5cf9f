#include "study/treatment_links.h"

#include <stdlib.h>
#include <string.h>

#include "study/files.h"
#include "study/ids.h"

static int compare_rows(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

// The row of one id of a list, NO_ROW after a diagnostic.
static uint32_t link_read(const struct terms *t, const struct place *at, const struct table *table,
                          int id, const char *what)
{
    struct diagnostics *d = t->reading->d;
    size_t row;

    row = ids_row(table, id, at->value);
    if (row != SIZE_MAX)
        return (uint32_t)row;
    if (strpbrk(at->value, ",;"))
        diagnostics_add(d, at, "no such %s: the ids of a list are separated by |", what);
    else if (table->bad_rows == 0) // else it may stand in a row left out
        ids_unknown(t->reading, table, id, what, at);
    return NO_ROW;
}

static size_t link_count(const char *cell)
{
    size_t count = 1;

    while ((cell = strchr(cell, '|')) != NULL) {
        cell++;
        count++;
    }
    return count;
}

// The id that starts at `from`, without blanks around it.
static const char *link_text(const struct terms *t, const char *from)
{
    size_t length = strcspn(from, "|");

    while (length > 0 && *from == ' ') {
        from++;
        length--;
    }
    while (length > 0 && from[length - 1] == ' ')
        length--;
    return arena_text(&t->reading->scratch, from, length);
}

static bool contains(const uint32_t *rows, size_t count, uint32_t row)
{
    return count > 0 && bsearch(&row, rows, count, sizeof row, compare_rows) != NULL;
}

bool treatment_links_read(const struct terms *t, int which, const struct table *table, int id,
                          const char *file, const char *what, const uint32_t **rows, size_t *count)
{
    struct place at = terms_place(t, which);
    const char *from = at.value;
    uint32_t *found;

    *count = 0;
    if (!terms_given(t, which))
        return true;
    if (id < 0) {
        if (!files_have(t->reading, file))
            diagnostics_add(t->reading->d, &at, "no such %s: there is no %s", what, file);
        return true;
    }
    found = arena_alloc(t->reading->kept, link_count(from), sizeof *found);
    if (!found)
        return reading_out_of_memory(t->reading);
    for (; from; from = strchr(from, '|') ? strchr(from, '|') + 1 : NULL) {
        uint32_t row;
        bool twice = false;

        at.value = link_text(t, from);
        if (!at.value)
            return reading_out_of_memory(t->reading);
        if (*at.value == '\0') {
            terms_error(t, which, "the list has an empty id");
            continue;
        }
        row = link_read(t, &at, table, id, what);
        for (size_t i = 0; i < *count && row != NO_ROW; i++)
            twice = twice || found[i] == row;
        if (twice)
            diagnostics_add(t->reading->d, &at, "stands twice in the list");
        else if (row != NO_ROW)
            found[(*count)++] = row;
    }
    if (*count > 0)
        qsort(found, *count, sizeof *found, compare_rows);
    *rows = found;
    return true;
}

// Reports a treatment that names itself, or needs what it excludes.
static void own_check(struct terms *t, int requires, int excludes, const struct treatment *all)
{
    const struct treatment *self = &all[t->row];
    struct place at = terms_place(t, requires);

    if (contains(self->requires, self->requires_count, (uint32_t)t->row))
        diagnostics_add(t->reading->d, &at, "the treatment requires itself");
    at = terms_place(t, excludes);
    if (contains(self->excludes, self->excludes_count, (uint32_t)t->row))
        diagnostics_add(t->reading->d, &at, "the treatment excludes itself");
    for (size_t i = 0; i < self->requires_count; i++)
        if (self->requires[i] != t->row &&
            contains(self->excludes, self->excludes_count, self->requires[i]))
            diagnostics_add(t->reading->d, &at,
                            "the treatment requires '%s' too: it could never be chosen",
                            all[self->requires[i]].id);
}

struct pair {
    uint32_t a, b;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    return x->a != y->a ? (x->a > y->a) - (x->a < y->a) : (x->b > y->b) - (x->b < y->b);
}

// Each pair of `excludes`, named by either or both, is then named by both.
static bool excludes_mirror(const struct terms *t, struct treatment *all)
{
    const size_t n = t->table->rows;
    size_t count = 0, named = 0;
    struct pair *pairs;
    uint32_t *rows;

    for (size_t i = 0; i < n; i++)
        named += all[i].excludes_count;
    pairs = arena_alloc(&t->reading->scratch, 2 * named + 1, sizeof *pairs);
    rows = arena_alloc(t->reading->kept, 2 * named + 1, sizeof *rows);
    if (!pairs || !rows)
        return reading_out_of_memory(t->reading);
    for (uint32_t i = 0; i < n; i++)
        for (size_t k = 0; k < all[i].excludes_count; k++) {
            pairs[count++] = (struct pair){i, all[i].excludes[k]};
            pairs[count++] = (struct pair){all[i].excludes[k], i};
        }
    qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < n; i++)
        all[i].excludes_count = 0;
    for (size_t i = 0, kept = 0; i < count; i++) {
        struct treatment *treatment = &all[pairs[i].a];

        if (i > 0 && compare_pairs(&pairs[i - 1], &pairs[i]) == 0)
            continue;
        if (treatment->excludes_count++ == 0)
            treatment->excludes = rows + kept;
        rows[kept++] = pairs[i].b;
    }
    return true;
}

static bool is_decided(const struct treatment *treatment)
{
    return treatment->state != TREATMENT_CANDIDATE && treatment->state != TREATMENT_FORBIDDEN &&
           treatment->state != TREATMENT_STATES;
}

// root[i]: the decided treatment that needs i, directly or through others, or is i; else NO_ROW.
static bool roots_find(const struct terms *t, const struct treatment *all, uint32_t *root)
{
    const size_t n = t->table->rows;
    uint32_t *queue = arena_alloc(&t->reading->scratch, n + 1, sizeof *queue);
    size_t count = 0;

    if (!queue)
        return reading_out_of_memory(t->reading);
    for (uint32_t i = 0; i < n; i++) {
        root[i] = is_decided(&all[i]) ? i : NO_ROW;
        if (root[i] != NO_ROW)
            queue[count++] = i;
    }
    for (size_t next = 0; next < count; next++) {
        const struct treatment *treatment = &all[queue[next]];

        for (size_t k = 0; k < treatment->requires_count; k++) {
            const uint32_t other = treatment->requires[k];

            if (root[other] != NO_ROW)
                continue;
            root[other] = root[queue[next]];
            queue[count++] = other;
        }
    }
    return true;
}

// "'a' is mandatory", or "'a' is required by 'b', which is mandatory"
static const char *decided_text(const struct treatment *all, uint32_t row, const uint32_t *root,
                                char text[256])
{
    const struct treatment *decided = &all[root[row]];

    if (root[row] == row)
        snprintf(text, 256, "'%s' is %s", all[row].id, treatment_state_names[decided->state]);
    else
        snprintf(text, 256, "'%s' is required by '%s', which is %s", all[row].id, decided->id,
                 treatment_state_names[decided->state]);
    return text;
}

static void contradictions_tell(struct terms *t, int requires, int excludes,
                                const struct treatment *all, const uint32_t *root)
{
    const struct treatment *self = &all[t->row];
    const uint32_t row = (uint32_t)t->row;
    struct place at = terms_place(t, requires);
    char text[256], other_text[256];

    if (root[row] == NO_ROW)
        return;
    for (size_t k = 0; k < self->requires_count; k++)
        if (all[self->requires[k]].state == TREATMENT_FORBIDDEN)
            diagnostics_add(t->reading->d, &at, "'%s' is forbidden, but %s",
                            all[self->requires[k]].id, decided_text(all, row, root, text));
    at = terms_place(t, excludes);
    for (size_t k = 0; k < self->excludes_count; k++) {
        const uint32_t other = self->excludes[k];

        if (other == row || root[other] == NO_ROW)
            continue;
        if (other < row && contains(all[other].excludes, all[other].excludes_count, row))
            continue; // told there
        diagnostics_add(t->reading->d, &at, "the two exclude each other, but %s, and %s",
                        decided_text(all, row, root, text),
                        decided_text(all, other, root, other_text));
    }
}

bool treatment_links_check(struct terms *t, int requires, int excludes,
                           struct treatment *treatments)
{
    const size_t n = t->table->rows;
    uint32_t *root = arena_alloc(&t->reading->scratch, n + 1, sizeof *root);

    for (t->row = 0; t->row < n; t->row++)
        own_check(t, requires, excludes, treatments);
    if (!root)
        return reading_out_of_memory(t->reading);
    if (!roots_find(t, treatments, root))
        return false;
    for (t->row = 0; t->row < n; t->row++)
        contradictions_tell(t, requires, excludes, treatments, root);
    return excludes_mirror(t, treatments);
}
