// What stands in the HDF5 file of a run: one table of all datasets, that the writer, the reader,
// the tests and the documentation share.
//
// Every HDF5 group is a table of its own: it holds its datasets and, under the name of each
// dimension they use, that dimension's coordinates as an HDF5 dimension scale, which is what
// netCDF-4 and xarray call a coordinate variable.
//
// content_sha256: for every dataset of the file (those of /study too), in the byte order of their
// paths, a line "HEX  /PATH\n", HEX being the SHA-256 of the decoded array: row by row, float64 and
// int32 (int64) little-endian, text padded with NUL to the dataset's fixed size. content_sha256 is
// the SHA-256 of these lines.
#ifndef LOSSMILL_RESULTS_SCHEMA_H
#define LOSSMILL_RESULTS_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "simulate/outcome.h"

enum {
    SCHEMA_VERSION = 1,
    SCHEMA_TEXT_MAX = 128, // bytes of a name; longer ones are cut, whole in /study
    SCHEMA_RANK_MAX = 2,
    SCHEMA_GROUPINGS_MAX = 4096,
    SCHEMA_PATH_MAX = 1024
};

enum schema_type {
    SCHEMA_REAL,     // double -> float64; NaN is missing
    SCHEMA_MONEY,    // int64_t units of resolution -> float64 currency
    SCHEMA_COUNT,    // int32_t -> int32
    SCHEMA_YEAR,     // uint64_t -> int32, int64 where years do not fit
    SCHEMA_ORDINAL,  // 0, 1, 2, ... (a coordinate); stored like SCHEMA_YEAR
    SCHEMA_RANK,     // 1, 2, 3, ... (a coordinate); stored like SCHEMA_COUNT
    SCHEMA_TEXT,     // const char * -> fixed-length UTF-8
    SCHEMA_LABEL,    // text made by `label`; never read back
    SCHEMA_SCENARIO, // uint32_t index of a scenario -> its id, "" for none
    SCHEMA_ASSET,    // the same of an asset
    SCHEMA_EVENT     // the same of a shared event
};

enum schema_axis {
    AXIS_NONE,
    AXIS_YEAR,
    AXIS_FORM,
    AXIS_EFFECT,
    AXIS_ROW, // the portfolio, then each group of each grouping
    AXIS_QUANTILE,
    AXIS_RETURN_PERIOD,
    AXIS_GROUP,
    AXIS_SCENARIO,
    AXIS_ASSET,
    AXIS_EVENT,
    AXIS_WORST_YEAR,
    AXIS_WORST_EVENT,
    AXES
};

enum schema_unit { UNIT_NONE, UNIT_CURRENCY, UNIT_PER_YEAR, UNIT_YEARS };

// An outcome seen through the table. The reader fills the outcome through the same pointers, so the
// view is of one that may be written.
struct schema_view {
    struct outcome *outcome;
    struct portfolio *portfolio;
    size_t grouping; // which one, for /group/COLUMN
};

struct schema_column {
    const char *table; // "/summary"; "/group" stands for each /group/COLUMN
    const char *name;
    enum schema_type type;
    enum schema_axis axes[SCHEMA_RANK_MAX]; // AXIS_NONE: no second dimension
    enum schema_unit unit;
    const char *long_name;
    // Where the cell stands in the outcome, of the type above; NULL: missing, or made by `label`.
    // Cells of successive years stand one after the other.
    void *(*at)(const struct schema_view *view, size_t i, size_t j);
    // SCHEMA_LABEL: the text, in `buffer` (SCHEMA_TEXT_MAX + 1 bytes) or elsewhere.
    const char *(*label)(const struct schema_view *view, size_t i, char *buffer);
    bool written_only; // results_read leaves it out
};

extern const struct schema_column schema_columns[];
extern const size_t schema_column_count;

const char *schema_axis_name(enum schema_axis axis);
size_t schema_axis_extent(const struct schema_view *view, enum schema_axis axis);
size_t schema_rank(const struct schema_column *column);
bool schema_is_text(const struct schema_column *column);
bool schema_is_coordinate(const struct schema_column *column);
bool schema_is_grouped(const struct schema_column *column); // once per grouping
bool schema_is_setting(const struct schema_column *column); // also a root attribute, read there

// The unit as an attribute: "1" for pure numbers, NULL for text.
const char *schema_unit_text(const struct schema_column *column, const char *currency);

// The HDF5 group of the column's table, such as "/group/business_unit"; false if longer than
// SCHEMA_PATH_MAX.
bool schema_table_path(const struct schema_column *column, const struct schema_view *view,
                       char path[SCHEMA_PATH_MAX]);

// `name` with every byte but letters, digits, "_", "-" and "." (not in front) as %XX; false if it
// is empty or does not fit.
bool schema_name_encode(const char *name, char *encoded, size_t size);

// The length of `text` cut to at most `limit` bytes between two characters.
size_t schema_text_cut(const char *text, size_t limit);

// The table as a Markdown table.
void results_schema_print(FILE *stream);

#endif
