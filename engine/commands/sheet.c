#include "commands/sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/print.h"

void sheet_start(struct sheet *sheet, FILE *out, bool as_json, const char *name,
                 const struct settings *settings, const char *const *columns, size_t count)
{
    *sheet = (struct sheet){.as_json = as_json,
                            .csv = {.out = out},
                            .json = {.out = out},
                            .columns = columns,
                            .count = count,
                            .as_of = settings->as_of};
    if (as_json) {
        json_open(&sheet->json, NULL, '{');
        json_text(&sheet->json, "register", name);
        json_text(&sheet->json, "title", settings->title);
        json_text(&sheet->json, "currency", settings->currency);
        json_text(&sheet->json, "as_of", settings->as_of);
        json_whole(&sheet->json, "years", settings->years);
        json_open(&sheet->json, "rows", '[');
        return;
    }
    for (size_t i = 0; i < count; i++)
        csv_text(&sheet->csv, columns[i]);
    csv_text(&sheet->csv, "as_of");
    csv_end(&sheet->csv);
}

void sheet_end(struct sheet *sheet)
{
    if (!sheet->as_json)
        return;
    json_close(&sheet->json, ']');
    json_close(&sheet->json, '}');
}

// The name of the cell that comes.
static const char *cell_begin(struct sheet *sheet)
{
    if (sheet->at == 0 && sheet->as_json)
        json_open(&sheet->json, NULL, '{');
    return sheet->columns[sheet->at];
}

static void cell_end(struct sheet *sheet)
{
    if (++sheet->at < sheet->count)
        return;
    sheet->at = 0;
    if (sheet->as_json) {
        json_close(&sheet->json, '}');
    } else {
        csv_text(&sheet->csv, sheet->as_of);
        csv_end(&sheet->csv);
    }
}

void sheet_text(struct sheet *sheet, const char *text)
{
    const char *name = cell_begin(sheet);
    if (sheet->as_json)
        json_text(&sheet->json, name, text);
    else
        csv_text(&sheet->csv, text);
    cell_end(sheet);
}

void sheet_number(struct sheet *sheet, double number)
{
    const char *name = cell_begin(sheet);
    if (sheet->as_json)
        json_number(&sheet->json, name, number);
    else
        csv_number(&sheet->csv, number);
    cell_end(sheet);
}

void sheet_whole(struct sheet *sheet, uint64_t number)
{
    const char *name = cell_begin(sheet);
    if (sheet->as_json)
        json_whole(&sheet->json, name, number);
    else
        csv_whole(&sheet->csv, number);
    cell_end(sheet);
}

void sheet_answer(struct sheet *sheet, enum answer answer)
{
    const char *name = cell_begin(sheet);
    if (!sheet->as_json)
        csv_text(&sheet->csv, answer == ANSWER_UNKNOWN ? NULL
                              : answer == ANSWER_YES   ? "yes"
                                                       : "no");
    else if (answer == ANSWER_UNKNOWN)
        json_text(&sheet->json, name, NULL);
    else
        json_bool(&sheet->json, name, answer == ANSWER_YES);
    cell_end(sheet);
}

void sheet_list(struct sheet *sheet, const char *const *texts, size_t count)
{
    const char *name = cell_begin(sheet);
    size_t length = 1;
    char *joined, *end;
    for (size_t i = 0; i < count; i++)
        length += strlen(texts[i]) + 1;
    if (sheet->as_json) {
        json_open(&sheet->json, name, '[');
        for (size_t i = 0; i < count; i++)
            json_text(&sheet->json, NULL, texts[i]);
        json_close(&sheet->json, ']');
    } else {
        end = joined = must_alloc(length, 1);
        for (size_t i = 0; i < count; i++) {
            end = stpcpy(end, i > 0 ? "|" : "");
            end = stpcpy(end, texts[i]);
        }
        csv_text(&sheet->csv, joined);
        free(joined);
    }
    cell_end(sheet);
}

void sheet_missing(struct sheet *sheet)
{
    sheet_text(sheet, NULL);
}
