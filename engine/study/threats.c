#include "study/threats.h"

#include "study/cells.h"
#include "study/files.h"
#include "study/ids.h"

enum { THREAT_ID, NAME, ACTOR, ACTION, TECHNIQUE, CAPABILITY, THREAT_COLUMNS };
static const char *const columns[THREAT_COLUMNS] = {"threat_id", "name",      "actor",
                                                    "action",    "technique", "capability"};
static const struct table_shape shape = {THREAT_COLUMNS, 1, columns, true};

const struct distribution *threat_capability(struct reading *reading, size_t row)
{
    struct table *table = &reading->threats;

    return cell_distribution(reading, table, row, table_column(table, columns[CAPABILITY]),
                             CELL_SCORE, reading->d);
}

// "0 to 1? multiply by 100": capabilities that are all at most 1, and not all 0.
static void scale_check(struct reading *reading)
{
    struct table *table = &reading->threats;
    const int column = table_column(table, columns[CAPABILITY]);
    size_t first = SIZE_MAX;
    double highest = 0;

    for (size_t row = 0; row < table->rows; row++) {
        const struct distribution *capability = threat_capability(reading, row);
        double low, high;

        if (!capability)
            continue;
        first = first == SIZE_MAX ? row : first;
        distribution_support(capability, &low, &high);
        highest = high > highest ? high : highest;
    }
    if (highest > 0 && highest <= 1) {
        const struct place place = table_place(table, first, column);

        diagnostics_add(reading->d, &place,
                        "no capability is above 1, but the scale ends at 100. 0 to 1? multiply by "
                        "100");
    }
}

bool threats_read(struct reading *reading, const struct defaults *defaults)
{
    const struct csv_format format = reading_format(reading);
    struct table *table = &reading->threats;
    const struct study_input *input;
    unsigned char *bad;

    reading->threat_id = -1;
    if (!files_have(reading, "threats.csv"))
        return true;
    input = files_read(reading, "threats.csv", NULL, reading->d);
    if (!input ||
        !csv_read(table, input->name, input->bytes, input->size, &format, reading->d, reading->d) ||
        !columns_check(table, &shape, reading->d)) {
        table->rows = 0;
        return false;
    }
    reading->study->facts.threat_rows = table->rows;
    bad = arena_alloc(&reading->scratch, table->rows + 1, 1);
    if (!bad)
        return reading_out_of_memory(reading);
    reading->threat_id = table_column(table, columns[THREAT_ID]);
    defaults_apply(reading, defaults, "threats", table, &shape);
    if (!columns_note_tags(reading, table, &shape) ||
        !ids_check(reading, table, reading->threat_id, bad, reading->d) ||
        !ids_sort(reading, table, reading->threat_id, bad))
        return false;
    scale_check(reading);
    return true;
}

void threats_check_use(struct reading *reading)
{
    struct table *table = &reading->threats;
    const int column = table_column(table, columns[CAPABILITY]);

    for (size_t row = 0; row < table->rows; row++) {
        const struct place place = table_place(table, row, column);

        if (!cell_given(table, row, column))
            continue;
        diagnostics_add(reading->d, &place,
                        "no scenario compares a capability with a resistance: "
                        "the column has no effect");
        return;
    }
}
