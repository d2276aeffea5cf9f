#include "study/selections.h"

#include <math.h>

#include "study/selector.h"

bool selections_start(struct reading *reading, struct selections *selections, int column)
{
    const size_t codes = reading->scenarios.columns[column].words.count;

    selections->of = arena_alloc(&reading->scratch, codes, sizeof *selections->of);
    selections->rows =
        arena_alloc(&reading->scratch, reading->assets.rows + 1, sizeof *selections->rows);
    return (selections->of && selections->rows) || reading_out_of_memory(reading);
}

void selections_end(struct selections *selections)
{
    arena_free(&selections->scratch);
}

static struct selected *collect(struct reading *reading, const uint32_t *chosen, size_t count)
{
    const struct assets *assets = &reading->study->portfolio.assets;
    struct selected *selected = arena_alloc(reading->kept, 1, sizeof *selected);
    uint32_t *rows = arena_alloc(reading->kept, count, sizeof *rows);

    if (!selected || !rows) {
        reading_out_of_memory(reading);
        return NULL;
    }
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
    reading->study->facts.distinct_selections++;
    return selected;
}

const struct selected *selections_match(struct reading *reading, struct selections *selections,
                                        size_t row, int column)
{
    const uint32_t code = reading->scenarios.columns[column].code[row];
    const struct place at = table_place(&reading->scenarios, row, column);
    const struct selector *selector;
    size_t count;

    if (selections->of[code])
        return selections->of[code];
    if (code == 0) {
        diagnostics_add(reading->d, &at, "is missing: * selects all assets");
        return NULL;
    }
    arena_clear(&selections->scratch);
    selector = selector_parse(&at, &selections->scratch, reading->d);
    if (reading->study->portfolio.assets.count == 0)
        return NULL; // the assets could not be read: nothing is known of their columns
    if (!selector || !selector_columns_check(selector, &reading->assets, &at, reading->d))
        return NULL;
    if (!selector_match(selector, &reading->assets, reading->rules.decimal_comma,
                        &selections->scratch, selections->rows, &count, &at, reading->d)) {
        reading_out_of_memory(reading);
        return NULL;
    }
    selections->of[code] = collect(reading, selections->rows, count);
    return selections->of[code];
}
