#include "commands/csv.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "commands/json.h"

static void separate(struct csv *csv)
{
    if (csv->behind_cell)
        putc(',', csv->out);
    csv->behind_cell = true;
}

static void write_cell(struct csv *csv, const char *text, bool formula)
{
    bool quoted = strpbrk(text, ",;\"\r\n\t") != NULL || *text == ' ';
    if (quoted)
        putc('"', csv->out);
    if (formula)
        putc('\'', csv->out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"')
            putc('"', csv->out);
        putc(*c, csv->out);
    }
    if (quoted)
        putc('"', csv->out);
}

void csv_plain(struct csv *csv, const char *text)
{
    separate(csv);
    write_cell(csv, text, false);
}

void csv_text(struct csv *csv, const char *text)
{
    double number;
    separate(csv);
    if (text == NULL)
        return;
    write_cell(csv, text,
               *text != '\0' && strchr("=+-@\t\r", *text) != NULL &&
                   !text_number(text, strlen(text), false, &number));
}

void csv_number(struct csv *csv, double number)
{
    char text[32] = "";
    if (isfinite(number))
        number_shortest(text, number);
    else if (isinf(number))
        strcpy(text, number > 0 ? "inf" : "-inf");
    separate(csv);
    fputs(text, csv->out);
}

void csv_whole(struct csv *csv, uint64_t number)
{
    separate(csv);
    fprintf(csv->out, "%llu", (unsigned long long)number);
}

void csv_end(struct csv *csv)
{
    putc('\n', csv->out);
    csv->behind_cell = false;
}
