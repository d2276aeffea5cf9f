#include "study/optional.h"

#include "study/files.h"
#include "study/ids.h"

bool optional_read(struct reading *reading, const char *file, const struct table_shape *shape,
                   struct table *table)
{
    const struct csv_format format = reading_format(reading);
    const struct study_input *input;

    if (!files_have(reading, file))
        return true;
    input = files_read(reading, file, NULL, reading->d);
    if (!input ||
        !csv_read(table, input->name, input->bytes, input->size, &format, reading->d, reading->d) ||
        !columns_check(table, shape, reading->d)) {
        table->rows = 0;
        return false;
    }
    return true;
}

bool optional_read_ids(struct reading *reading, const char *file, const struct table_shape *shape,
                       struct table *table, int *id, uint64_t **hash)
{
    unsigned char *bad;

    *id = -1;
    if (!optional_read(reading, file, shape, table))
        return false;
    if (!files_have(reading, file))
        return true;
    bad = arena_alloc(&reading->scratch, table->rows + 1, 1);
    *hash = arena_alloc(&reading->scratch, table->rows + 1, sizeof **hash);
    if (!bad || !*hash)
        return reading_out_of_memory(reading);
    *id = table_column(table, shape->columns[0]);
    return ids_check(reading, table, *id, bad, reading->d) && ids_sort(reading, table, *id, bad) &&
           ids_hash(reading, table, *id, *hash);
}
