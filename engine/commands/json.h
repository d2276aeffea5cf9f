// Writing JSON (RFC 8259) to a stream, indented by two blanks.
//
// Numbers are the shortest text that reads back as the same double; NaN and infinities are null.
// Bytes that are not UTF-8 become U+FFFD.
#ifndef LOSSMILL_COMMANDS_JSON_H
#define LOSSMILL_COMMANDS_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    int depth;
    bool behind_value; // the next member needs a comma
    bool in_html;      // inside <script>: <, > and & are escaped, so that no text can end it
    bool dense;        // one line
};

// `key` is NULL for the elements of an array and for the outermost value.
void json_open(struct json *json, const char *key, char bracket);     // '{' or '['
void json_close(struct json *json, char bracket);                     // '}' or ']'
void json_text(struct json *json, const char *key, const char *text); // NULL: null
void json_number(struct json *json, const char *key, double number);
void json_whole(struct json *json, const char *key, uint64_t number);
void json_bool(struct json *json, const char *key, bool value);
void json_numbers(struct json *json, const char *key, const double *numbers, size_t count);

// The shortest of %.15g, %.16g and %.17g that reads back as `number`, which is finite.
void number_shortest(char text[32], double number);

#endif
