// What stands in the HDF5 file of a run: one table of all datasets, that the writer, the reader,
// the tests and the documentation share. Its rows stand in schema_outcome.c and schema_treatment.c.
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
#include "treat/figures.h"

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
    SCHEMA_PLACE,    // uint32_t, a place among the treatments from 1 on -> int32
    SCHEMA_FLAG,     // bool -> uint8
    SCHEMA_TEXT,     // const char * -> fixed-length UTF-8
    SCHEMA_LABEL,    // text made by `label`; never read back
    SCHEMA_SCENARIO, // uint32_t index of a scenario -> its id, "" for none
    SCHEMA_ASSET,    // the same of an asset
    SCHEMA_EVENT,    // the same of a shared event
    SCHEMA_OPTION,   // enum treatment_option -> its word
    SCHEMA_STATE,    // the same of enum treatment_state
    SCHEMA_VERDICT   // the same of enum verdict
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
    AXIS_TREATMENT,
    AXIS_PLAN,
    AXIS_POINT, // of the appetite
    AXES
};

enum schema_unit { UNIT_NONE, UNIT_CURRENCY, UNIT_PER_YEAR, UNIT_YEARS };

// An outcome seen through the table. The reader fills the outcome through the same pointers, so the
// view is of one that may be written.
struct schema_view {
    struct outcome *outcome;
    struct portfolio *portfolio;
    size_t grouping;                   // which one, for /group/COLUMN
    struct treatment_outcome *treated; // NULL: there are neither treatments nor an appetite
    bool treatment_years;              // whether there is /treatment/annual_loss
};

struct schema_column {
    const char *table; // "/summary"; "/group" stands for each /group/COLUMN
    const char *name;
    enum schema_type type;
    enum schema_axis axes[SCHEMA_RANK_MAX]; // AXIS_NONE: no second dimension
    enum schema_unit unit;
    const char *long_name;
    // Where the cell stands in the outcomes, of the type above; NULL: missing, or made by `label`.
    // Cells of successive years stand one after the other.
    void *(*at)(const struct schema_view *view, size_t i, size_t j);
    // SCHEMA_LABEL: the text, in `buffer` (SCHEMA_TEXT_MAX + 1 bytes) or elsewhere.
    const char *(*label)(const struct schema_view *view, size_t i, char *buffer);
    bool written_only; // results_read leaves it out
};

// In the order of the file: a coordinate stands before what uses it, and ids before what refers to
// them.
size_t schema_column_count(void);
const struct schema_column *schema_column_at(size_t c);

const char *schema_axis_name(enum schema_axis axis);
size_t schema_axis_extent(const struct schema_view *view, enum schema_axis axis);
size_t schema_rank(const struct schema_column *column);
bool schema_is_text(const struct schema_column *column);
bool schema_is_coordinate(const struct schema_column *column);
bool schema_is_grouped(const struct schema_column *column); // once per grouping
bool schema_is_setting(const struct schema_column *column); // also a root attribute, read there

// Whether the column is in a file of this outcome: those of treatments and of the appetite are
// where there are any.
bool schema_is_present(const struct schema_column *column, const struct schema_view *view);

// What the values 0, 1, ... of an enumeration are called in the file; NULL and 0 for other types.
const char *const *schema_words(enum schema_type type, size_t *count);

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
