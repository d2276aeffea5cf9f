#include "study/ini.h"

#include <ini.h>
#include <string.h>

#include "base/utf8.h"

// inih reads lines into a buffer of 200 bytes that hold a line, its end and a NUL.
enum { LINE_MAX_BYTES = 198 };

struct ini_reading {
    struct ini *ini;
    const char *file;
    const unsigned char *bytes;
    size_t size, from;
    uint64_t line; // the one that inih has at hand
    bool indented, failed;
    struct diagnostics *d;
};

// fgets over the bytes in memory. What inih could not take whole is reported, and it gets an empty
// line instead.
static char *next_line(char *buffer, int room, void *stream)
{
    struct ini_reading *reading = stream;
    const unsigned char *line = reading->bytes + reading->from;
    const size_t left = reading->size - reading->from;
    const unsigned char *end = memchr(line, '\n', left);
    const size_t length = end ? (size_t)(end - line) + 1 : left;
    const struct place at = {.file = reading->file, .line = reading->line + 1};
    const size_t wrong = utf8_valid((const char *)line, length);

    if (left == 0 || room < 2)
        return NULL;
    reading->from += length;
    reading->line++;
    reading->indented = *line == ' ' || *line == '\t';
    strcpy(buffer, "\n");
    if (wrong < length) {
        diagnostics_add(reading->d, &at,
                        "not UTF-8: byte 0x%02X at position %zu; study.ini is "
                        "always UTF-8",
                        line[wrong], wrong + 1);
    } else if (memchr(line, 0, length)) {
        diagnostics_add(reading->d, &at, "a NUL byte: is the file UTF-16 or binary?");
    } else if (length > LINE_MAX_BYTES || length >= (size_t)room) {
        diagnostics_add(reading->d, &at,
                        "a line of %zu bytes, but at most %d are read: go on in "
                        "the next line, indented",
                        length, LINE_MAX_BYTES);
    } else {
        memcpy(buffer, line, length);
        buffer[length] = '\0';
    }
    return buffer;
}

static const char *joined(struct arena *arena, const char *a, const char *b)
{
    const size_t a_length = strlen(a), b_length = strlen(b);
    char *text = arena_alloc(arena, a_length + b_length + 2, 1);

    if (text) {
        memcpy(text, a, a_length);
        text[a_length] = ' ';
        memcpy(text + a_length + 1, b, b_length);
    }
    return text;
}

static struct ini_entry *entry_add(struct ini *ini)
{
    if (ini->count == ini->capacity) {
        const size_t capacity = ini->capacity ? 2 * ini->capacity : 32;
        struct ini_entry *moved = arena_alloc(ini->arena, capacity, sizeof *moved);

        if (!moved)
            return NULL;
        if (ini->count > 0)
            memcpy(moved, ini->entries, ini->count * sizeof *moved);
        ini->entries = moved;
        ini->capacity = capacity;
    }
    return &ini->entries[ini->count];
}

static int on_entry(void *context, const char *section, const char *key, const char *value)
{
    struct ini_reading *reading = context;
    struct ini *ini = reading->ini;
    struct ini_entry *entry;

    if (reading->indented && ini->count > 0 && strcmp(ini->entries[ini->count - 1].key, key) == 0) {
        entry = &ini->entries[ini->count - 1];
        entry->value = joined(ini->arena, entry->value, value);
        reading->failed = reading->failed || !entry->value;
        return !reading->failed;
    }
    entry = entry_add(ini);
    if (!entry)
        return reading->failed = true, 0;
    *entry = (struct ini_entry){arena_text(ini->arena, section, strlen(section)),
                                arena_text(ini->arena, key, strlen(key)),
                                arena_text(ini->arena, value, strlen(value)), reading->line};
    reading->failed = !entry->section || !entry->key || !entry->value;
    ini->count += !reading->failed;
    return !reading->failed;
}

bool ini_read(struct ini *ini, const char *file, const unsigned char *bytes, size_t size,
              struct diagnostics *d)
{
    struct ini_reading reading = {.ini = ini, .file = file, .bytes = bytes, .size = size, .d = d};
    const uint64_t errors = diagnostics_errors(d);
    struct place at = {.file = file};
    int status;

    status = ini_parse_stream(next_line, &reading, on_entry, &reading);
    if (reading.failed) {
        diagnostics_fail(d, &at, "memory is exhausted");
    } else if (status > 0) {
        at.line = (uint64_t)status;
        diagnostics_add(d, &at,
                        "neither [section], key = value, nor a comment that starts with # "
                        "or ;");
    } else if (status < 0) {
        diagnostics_add(d, &at, "the INI reader failed");
    }
    return diagnostics_errors(d) == errors;
}
