#include "study/choices.h"

#include <string.h>

#include "study/selector.h"

bool choices_start(struct choices *choices, struct reading *reading, const struct table *table,
                   const char *what, bool complete)
{
    *choices =
        (struct choices){.reading = reading, .table = table, .what = what, .complete = complete};
    if (table)
        choices->rows = arena_alloc(&reading->scratch, table->rows + 1, sizeof *choices->rows);
    if (!words_start(&choices->texts, &reading->scratch, &reading->scratch) ||
        (table && !choices->rows))
        return reading_out_of_memory(reading);
    return true;
}

void choices_end(struct choices *choices)
{
    arena_free(&choices->scratch);
}

static struct choice *collect(struct arena *kept, const uint32_t *chosen, size_t count)
{
    struct choice *choice = arena_alloc(kept, 1, sizeof *choice);
    uint32_t *rows = arena_alloc(kept, count + 1, sizeof *rows);

    if (!choice || !rows)
        return NULL;
    if (count > 0)
        memcpy(rows, chosen, count * sizeof *rows);
    *choice = (struct choice){.count = count, .rows = rows};
    return choice;
}

static bool grow(struct choices *choices)
{
    const size_t capacity = choices->capacity ? 2 * choices->capacity : 64;
    struct choice **moved;

    if (choices->texts.count <= choices->capacity)
        return true;
    moved = arena_alloc(&choices->reading->scratch, capacity, sizeof(struct choice *));
    if (!moved)
        return false;
    if (choices->capacity > 0)
        memcpy(moved, choices->of, choices->capacity * sizeof(struct choice *));
    choices->of = moved;
    choices->capacity = capacity;
    return true;
}

static struct choice *match(struct choices *choices, const struct place *at)
{
    struct reading *reading = choices->reading;
    struct choice *choice = NULL;
    const struct selector *selector;
    size_t count;

    arena_clear(&choices->scratch);
    selector = selector_parse(at, &choices->scratch, reading->d);
    if (!selector || !choices->table ||
        !selector_columns_check(selector, choices->table, at, reading->d))
        return NULL;
    if (selector_match(selector, choices->table, reading->rules.decimal_comma, &choices->scratch,
                       choices->rows, &count, at, reading->d))
        choice = collect(reading->kept, choices->rows, count);
    if (!choice)
        reading_out_of_memory(reading);
    return choice;
}

static void empty_tell(const struct choices *choices, const struct place *at)
{
    struct reading *reading = choices->reading;

    if (!choices->complete)
        return;
    if (reading->rules.empty_selection_allowed)
        diagnostics_warn(reading->d, at, "matches no %s: the row has no effect", choices->what);
    else
        diagnostics_add(reading->d, at,
                        "matches no %s; [study] empty_selection = warn would accept that",
                        choices->what);
}

struct choice *choices_match(struct choices *choices, const struct terms *t, int which)
{
    const struct place at = terms_place(t, which);
    uint32_t code;

    if (!terms_given(t, which))
        return NULL;
    code = words_add(&choices->texts, at.value, strlen(at.value));
    if (code == WORDS_NONE || !grow(choices)) {
        reading_out_of_memory(choices->reading);
        return NULL;
    }
    // a bad selector is read anew for every row that has it: each has its own place to report
    if (!choices->of[code])
        choices->of[code] = match(choices, &at);
    if (choices->of[code] && choices->of[code]->count == 0)
        empty_tell(choices, &at);
    return choices->of[code];
}

const uint64_t *choices_bits(struct choices *choices, struct choice *choice)
{
    uint64_t *bits;

    if (choice->bits)
        return choice->bits;
    bits = arena_alloc(choices->reading->kept, choices->table->rows / 64 + 1, sizeof *bits);
    if (!bits) {
        reading_out_of_memory(choices->reading);
        return NULL;
    }
    for (size_t i = 0; i < choice->count; i++)
        bits[choice->rows[i] / 64] |= (uint64_t)1 << choice->rows[i] % 64;
    choice->bits = bits;
    return bits;
}

struct choice *choices_part(struct choices *choices, struct choice *choice, int part,
                            bool (*passes)(const void *context, uint32_t row, int part),
                            const void *context)
{
    size_t count = 0;

    if (choice->parts[part])
        return choice->parts[part];
    for (size_t i = 0; i < choice->count; i++)
        if (passes(context, choice->rows[i], part))
            choices->rows[count++] = choice->rows[i];
    choice->parts[part] =
        count == choice->count ? choice : collect(choices->reading->kept, choices->rows, count);
    if (!choice->parts[part])
        reading_out_of_memory(choices->reading);
    return choice->parts[part];
}
