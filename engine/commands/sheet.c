#include "commands/sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/html.h"
#include "commands/print.h"

static void json_start(struct sheet *sheet, const char *name, const struct settings *settings)
{
    json_open(&sheet->json, NULL, '{');
    json_text(&sheet->json, "register", name);
    json_text(&sheet->json, "title", settings->title);
    json_text(&sheet->json, "currency", settings->currency);
    json_text(&sheet->json, "as_of", settings->as_of);
    json_whole(&sheet->json, "years", settings->years);
    json_open(&sheet->json, "rows", '[');
}

static const char *class_of(enum shown_as as)
{
    return as == SHOWN_TEXT ? "" : as == SHOWN_DATE ? " class=\"date\"" : " class=\"num\"";
}

static void html_start(struct sheet *sheet, const char *name)
{
    fprintf(sheet->out,
            "<div class=\"scroll registers\" role=\"region\" aria-label=\"%s\" tabindex=\"0\">"
            "<table class=\"register\">\n<thead><tr>",
            html(name));
    for (size_t i = 0; i < sheet->form->shown_count; i++)
        fprintf(sheet->out, "<th scope=\"col\"%s>%s</th>", class_of(sheet->form->shown[i].as),
                html(sheet->form->shown[i].heading));
    fputs("</tr></thead>\n<tbody>\n", sheet->out);
}

void sheet_start(struct sheet *sheet, FILE *out, const struct sheet_form *form, const char *name,
                 const struct settings *settings, const char *const *columns, size_t count)
{
    *sheet = (struct sheet){.form = form,
                            .csv = {.out = out},
                            .json = {.out = out},
                            .out = out,
                            .columns = columns,
                            .count = count,
                            .as_of = settings->as_of};
    if (form->kind == SHEET_JSON)
        json_start(sheet, name, settings);
    if (form->kind == SHEET_HTML)
        html_start(sheet, name);
    for (size_t i = 0; form->kind == SHEET_CSV && i < count; i++)
        csv_text(&sheet->csv, columns[i]);
    if (form->kind == SHEET_CSV) {
        csv_text(&sheet->csv, "as_of");
        csv_end(&sheet->csv);
    }
}

void sheet_end(struct sheet *sheet)
{
    if (sheet->form->kind == SHEET_JSON) {
        json_close(&sheet->json, ']');
        json_close(&sheet->json, '}');
    }
    if (sheet->form->kind != SHEET_HTML)
        return;
    fputs("</tbody></table></div>\n", sheet->out);
    if (sheet->rows > sheet->form->rows_most)
        fprintf(sheet->out, "<p class=\"note\">%s more: lossmill export writes them all.</p>\n",
                whole_text(sheet->rows - sheet->form->rows_most));
}

// The name of the cell that comes.
static const char *cell_begin(struct sheet *sheet)
{
    if (sheet->at == 0 && sheet->form->kind == SHEET_JSON)
        json_open(&sheet->json, NULL, '{');
    return sheet->columns[sheet->at];
}

static void row_end(struct sheet *sheet)
{
    if (sheet->form->kind == SHEET_JSON)
        json_close(&sheet->json, '}');
    if (sheet->form->kind == SHEET_HTML && sheet->rows < sheet->form->rows_most)
        fputs("</tr>\n", sheet->out);
    if (sheet->form->kind == SHEET_CSV) {
        csv_text(&sheet->csv, sheet->as_of);
        csv_end(&sheet->csv);
    }
    sheet->at = sheet->shown_at = 0;
    sheet->rows++;
}

static void cell_end(struct sheet *sheet)
{
    if (++sheet->at == sheet->count)
        row_end(sheet);
}

// The cell that comes, where the page shows it.
static const struct sheet_shown *shown(struct sheet *sheet)
{
    const struct sheet_shown *next = &sheet->form->shown[sheet->shown_at];
    return sheet->shown_at < sheet->form->shown_count &&
                   strcmp(next->column, sheet->columns[sheet->at]) == 0
               ? next
               : NULL;
}

// `text` is already as it may stand in a page.
static void html_cell(struct sheet *sheet, const char *text)
{
    const struct sheet_shown *cell = shown(sheet);
    if (cell == NULL)
        return;
    const bool first = sheet->shown_at++ == 0;
    if (sheet->rows >= sheet->form->rows_most)
        return;
    fprintf(sheet->out, "%s<%s%s>%s</%s>", first ? "<tr>" : "", first ? "th scope=\"row\"" : "td",
            class_of(cell->as), text, first ? "th" : "td");
}

void sheet_text(struct sheet *sheet, const char *text)
{
    const char *name = cell_begin(sheet);
    if (sheet->form->kind == SHEET_JSON)
        json_text(&sheet->json, name, text);
    else if (sheet->form->kind == SHEET_CSV)
        csv_text(&sheet->csv, text);
    else if (shown(sheet) != NULL)
        html_cell(sheet, text == NULL ? "" : text_format("<bdi>%s</bdi>", html(text)));
    cell_end(sheet);
}

static const char *number_shown(double number, enum shown_as as)
{
    if (isnan(number))
        return "";
    return as == SHOWN_MONEY   ? money_text(number, NAN)
           : as == SHOWN_SHARE ? share_text(number)
                               : number_text(number);
}

void sheet_number(struct sheet *sheet, double number)
{
    const char *name = cell_begin(sheet);
    const struct sheet_shown *cell = shown(sheet);
    if (sheet->form->kind == SHEET_JSON)
        json_number(&sheet->json, name, number);
    else if (sheet->form->kind == SHEET_CSV)
        csv_number(&sheet->csv, number);
    else if (cell != NULL)
        html_cell(sheet, html(number_shown(number, cell->as)));
    cell_end(sheet);
}

void sheet_whole(struct sheet *sheet, uint64_t number)
{
    const char *name = cell_begin(sheet);
    if (sheet->form->kind == SHEET_JSON)
        json_whole(&sheet->json, name, number);
    else if (sheet->form->kind == SHEET_CSV)
        csv_whole(&sheet->csv, number);
    else if (shown(sheet) != NULL)
        html_cell(sheet, whole_text(number));
    cell_end(sheet);
}

void sheet_answer(struct sheet *sheet, enum answer answer)
{
    const char *name = cell_begin(sheet);
    const char *text = answer == ANSWER_UNKNOWN ? NULL : answer == ANSWER_YES ? "yes" : "no";
    if (sheet->form->kind == SHEET_CSV)
        csv_text(&sheet->csv, text);
    else if (sheet->form->kind == SHEET_HTML)
        html_cell(sheet, text == NULL ? "" : text);
    else if (answer == ANSWER_UNKNOWN)
        json_text(&sheet->json, name, NULL);
    else
        json_bool(&sheet->json, name, answer == ANSWER_YES);
    cell_end(sheet);
}

// To be freed.
static char *joined(const char *const *texts, size_t count, const char *between)
{
    size_t length = 1;
    for (size_t i = 0; i < count; i++)
        length += strlen(texts[i]) + strlen(between);
    char *all = must_alloc(length, 1), *end = all;
    for (size_t i = 0; i < count; i++) {
        end = stpcpy(end, i > 0 ? between : "");
        end = stpcpy(end, texts[i]);
    }
    return all;
}

void sheet_list(struct sheet *sheet, const char *const *texts, size_t count)
{
    const char *name = cell_begin(sheet);
    if (sheet->form->kind == SHEET_JSON) {
        json_open(&sheet->json, name, '[');
        for (size_t i = 0; i < count; i++)
            json_text(&sheet->json, NULL, texts[i]);
        json_close(&sheet->json, ']');
        cell_end(sheet);
        return;
    }
    char *all = joined(texts, count, sheet->form->kind == SHEET_CSV ? "|" : ", ");
    sheet_text(sheet, all);
    free(all);
}

void sheet_missing(struct sheet *sheet)
{
    sheet_text(sheet, NULL);
}
