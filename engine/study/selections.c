#include "study/selections.h"

#include <math.h>

#include "study/selector.h"

bool selections_start(struct reading *reading, struct selections *selections, int column)
{
    const size_t codes = reading->scenarios.columns[column].words.count;

    selections->of = arena_alloc(&reading->scratch, codes, sizeof *selections->of);
    selections->matched = arena_alloc(&reading->scratch, reading->assets.rows + 1, 1);
    return (selections->of && selections->matched) || reading_out_of_memory(reading);
}

static struct selected *collect(struct reading *reading, const unsigned char *matched)
{
    const struct assets *assets = &reading->study->portfolio.assets;
    struct selected *selected = arena_alloc(reading->kept, 1, sizeof *selected);
    uint32_t *rows;
    size_t count = 0;

    for (size_t row = 0; row < assets->count; row++)
        count += matched[row];
    rows = arena_alloc(reading->kept, count, sizeof *rows);
    if (!selected || !rows) {
        reading_out_of_memory(reading);
        return NULL;
    }
    *selected = (struct selected){.unresistant = UINT32_MAX, .without_value = UINT32_MAX};
    count = 0;
    for (size_t row = 0; row < assets->count; row++) {
        if (!matched[row])
            continue;
        rows[count++] = (uint32_t)row;
        selected->selection.units += (double)assets->quantity[row];
        if (assets->resistance[row])
            selected->resistant++;
        else if (selected->unresistant == UINT32_MAX)
            selected->unresistant = (uint32_t)row;
        if (!isnan(assets->value[row])) {
            selected->valued++;
            selected->most_value = fmax(selected->most_value, assets->value[row]);
        } else if (selected->without_value == UINT32_MAX)
            selected->without_value = (uint32_t)row;
    }
    selected->selection.count = count;
    selected->selection.assets = rows;
    reading->study->facts.distinct_selections++;
    return selected;
}

const struct selected *selections_match(struct reading *reading, struct selections *selections,
                                        size_t row, int column)
{
    const uint32_t code = reading->scenarios.columns[column].code[row];
    const struct place at = table_place(&reading->scenarios, row, column);
    const struct selector *selector;

    if (selections->of[code])
        return selections->of[code];
    if (code == 0) {
        diagnostics_add(reading->d, &at, "is missing: * selects all assets");
        return NULL;
    }
    selector = selector_parse(&at, &reading->scratch, reading->d);
    if (reading->study->portfolio.assets.count == 0)
        return NULL; // the assets could not be read: nothing is known of their columns
    if (!selector || !selector_columns_check(selector, &reading->assets, &at, reading->d))
        return NULL;
    if (!selector_match(selector, &reading->assets, reading->rules.decimal_comma,
                        selections->matched, &at, reading->d)) {
        reading_out_of_memory(reading);
        return NULL;
    }
    selections->of[code] = collect(reading, selections->matched);
    return selections->of[code];
}
