#include "commands/json.h"

#include <math.h>
#include <stdlib.h>

#include "base/utf8.h"

void number_shortest(char text[32], double number)
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            return;
    }
}

static void write_string(const struct json *json, const char *text)
{
    FILE *out = json->out;
    putc('"', out);
    while (*text != '\0') {
        uint32_t code;
        size_t length = utf8_decode(text, 4, &code);
        if (code == UTF8_INVALID)
            fputs("\\ufffd", out);
        else if (code == '"' || code == '\\')
            fprintf(out, "\\%c", (char)code);
        else if (code < 0x20 || code == 0x7f || code == 0x2028 || code == 0x2029 ||
                 (json->in_html && (code == '<' || code == '>' || code == '&')))
            fprintf(out, "\\u%04x", code);
        else
            fwrite(text, 1, length, out);
        text += length;
    }
    putc('"', out);
}

static void new_line(struct json *json)
{
    if (!json->dense)
        fprintf(json->out, "\n%*s", 2 * json->depth, "");
}

static void begin(struct json *json, const char *key)
{
    if (json->behind_value)
        putc(',', json->out);
    if (json->depth > 0)
        new_line(json);
    if (key != NULL) {
        write_string(json, key);
        fputs(": ", json->out);
    }
    json->behind_value = true;
}

void json_open(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    putc(bracket, json->out);
    json->depth++;
    json->behind_value = false;
}

void json_close(struct json *json, char bracket)
{
    json->depth--;
    if (json->behind_value)
        new_line(json);
    putc(bracket, json->out);
    if (json->depth == 0)
        putc('\n', json->out);
    json->behind_value = true;
}

static void write_number(FILE *out, double number)
{
    char text[32] = "null";
    if (isfinite(number))
        number_shortest(text, number);
    fputs(text, out);
}

void json_text(struct json *json, const char *key, const char *text)
{
    begin(json, key);
    if (text == NULL)
        fputs("null", json->out);
    else
        write_string(json, text);
}

void json_number(struct json *json, const char *key, double number)
{
    begin(json, key);
    write_number(json->out, number);
}

void json_whole(struct json *json, const char *key, uint64_t number)
{
    begin(json, key);
    fprintf(json->out, "%llu", (unsigned long long)number);
}

void json_bool(struct json *json, const char *key, bool value)
{
    begin(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_numbers(struct json *json, const char *key, const double *numbers, size_t count)
{
    begin(json, key);
    putc('[', json->out);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", " : "", json->out);
        write_number(json->out, numbers[i]);
    }
    putc(']', json->out);
}
