#include "study/selections.h"

#include <math.h>
#include <stdlib.h>

#include "study/selector.h"

// NULL if memory is exhausted.
static struct selected *collect(const struct assets *assets, struct arena *kept,
                                const uint32_t *chosen, size_t count)
{
    struct selected *selected = arena_alloc(kept, 1, sizeof *selected);
    uint32_t *rows = arena_alloc(kept, count, sizeof *rows);

    if (!selected || !rows)
        return NULL;
    *selected = (struct selected){.selection = {.count = count, .assets = rows},
                                  .unresistant = UINT32_MAX,
                                  .without_value = UINT32_MAX};
    for (size_t i = 0; i < count; i++) {
        const uint32_t row = chosen[i];

        rows[i] = row;
        selected->selection.units += (double)assets->quantity[row];
        if (assets->resistance[row])
            selected->resistant++;
        else if (selected->unresistant == UINT32_MAX)
            selected->unresistant = row;
        if (!isnan(assets->value[row])) {
            selected->valued++;
            selected->most_value = fmax(selected->most_value, assets->value[row]);
        } else if (selected->without_value == UINT32_MAX)
            selected->without_value = row;
    }
    return selected;
}

// What one thread matches with.
struct matching_thread {
    struct arena kept, scratch;
    uint32_t *rows;
    struct diagnostics *d; // what there is to tell is told later, in its place
};

static struct selected *match_silently(const struct reading *reading, struct matching_thread *t,
                                       const char *text)
{
    const struct place at = {.value = text};
    const uint64_t told = diagnostics_errors(t->d) + diagnostics_warnings(t->d);
    const struct selector *selector;
    size_t count;

    arena_clear(&t->scratch);
    selector = selector_parse(&at, &t->scratch, t->d);
    if (!selector || !selector_columns_check(selector, &reading->assets, &at, t->d) ||
        !selector_match(selector, &reading->assets, reading->rules.decimal_comma, &t->scratch,
                        t->rows, &count, &at, t->d) ||
        diagnostics_errors(t->d) + diagnostics_warnings(t->d) > told)
        return NULL;
    return collect(&reading->study->portfolio.assets, &t->kept, t->rows, count);
}

static void match_all(struct reading *reading, struct selections *selections,
                      const struct words *texts)
{
#pragma omp parallel num_threads(reading->options->threads)
    {
        struct matching_thread t = {.rows = malloc((reading->assets.rows + 1) * sizeof *t.rows),
                                    .d = diagnostics_new()};

#pragma omp for schedule(dynamic, 16)
        for (size_t code = 1; code < texts->count; code++)
            if (t.rows && t.d)
                selections->of[code] = match_silently(reading, &t, texts->text[code]);
#pragma omp critical(selections_kept)
        arena_join(reading->kept, &t.kept);
        arena_free(&t.scratch);
        diagnostics_free(t.d);
        free(t.rows);
    }
}

bool selections_start(struct reading *reading, struct selections *selections, int column)
{
    const struct words *texts = &reading->scenarios.columns[column].words;

    selections->of = arena_alloc(&reading->scratch, texts->count, sizeof *selections->of);
    selections->rows =
        arena_alloc(&reading->scratch, reading->assets.rows + 1, sizeof *selections->rows);
    if (!selections->of || !selections->rows)
        return reading_out_of_memory(reading);
    if (reading->study->portfolio.assets.count > 0)
        match_all(reading, selections, texts);
    return true;
}

void selections_end(struct selections *selections)
{
    arena_free(&selections->scratch);
}

static struct selected *match(struct reading *reading, struct selections *selections,
                              const struct place *at)
{
    struct selected *selected = NULL;
    const struct selector *selector;
    size_t count;

    arena_clear(&selections->scratch);
    selector = selector_parse(at, &selections->scratch, reading->d);
    if (reading->study->portfolio.assets.count == 0)
        return NULL; // the assets could not be read: nothing is known of their columns
    if (!selector || !selector_columns_check(selector, &reading->assets, at, reading->d))
        return NULL;
    if (selector_match(selector, &reading->assets, reading->rules.decimal_comma,
                       &selections->scratch, selections->rows, &count, at, reading->d))
        selected =
            collect(&reading->study->portfolio.assets, reading->kept, selections->rows, count);
    if (!selected)
        reading_out_of_memory(reading);
    return selected;
}

const struct selected *selections_match(struct reading *reading, struct selections *selections,
                                        size_t row, int column)
{
    const uint32_t code = reading->scenarios.columns[column].code[row];
    struct selected **selected = &selections->of[code];

    if (!*selected) {
        const struct place at = table_place(&reading->scenarios, row, column);

        if (code == 0)
            diagnostics_add(reading->d, &at, "is missing: * selects all assets");
        else
            *selected = match(reading, selections, &at);
    }
    if (*selected && !(*selected)->used) {
        (*selected)->used = true;
        reading->study->facts.distinct_selections++;
    }
    return *selected;
}
