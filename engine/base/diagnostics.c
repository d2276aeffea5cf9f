#include "base/diagnostics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

enum { MESSAGE_MAX = 2048, VALUE_SHOWN_MAX = 80 };

struct diagnostics {
    struct arena texts;
    uint64_t errors, warnings; // all that were added
    uint64_t kept_errors;
    size_t kept;
    bool failed; // by the system
    struct diagnostic list[DIAGNOSTICS_SHOWN_MAX];
};

struct diagnostics *diagnostics_new(void)
{
    return calloc(1, sizeof(struct diagnostics));
}

void diagnostics_free(struct diagnostics *d)
{
    if (d)
        arena_free(&d->texts);
    free(d);
}

// True if memory was not exhausted; a NULL stays NULL.
static bool copy_text(struct diagnostics *d, const char **copy, const char *text)
{
    *copy = text ? arena_text(&d->texts, text, strlen(text)) : NULL;
    return !text || *copy;
}

// The slot for one more, NULL if there is none. An error takes the place of the last warning: what
// stops the run must not be hidden by what does not. This happens at most DIAGNOSTICS_SHOWN_MAX
// times, so that the texts given up are few.
static struct diagnostic *slot_for(struct diagnostics *d, enum diagnostic_level level)
{
    if (d->kept < DIAGNOSTICS_SHOWN_MAX)
        return &d->list[d->kept];
    if (level == DIAGNOSTIC_WARNING || d->kept_errors == DIAGNOSTICS_SHOWN_MAX)
        return NULL;
    for (size_t i = d->kept; i-- > 0;) {
        if (d->list[i].level == DIAGNOSTIC_WARNING) {
            memmove(&d->list[i], &d->list[i + 1], (d->kept - i - 1) * sizeof d->list[0]);
            d->kept--;
            return &d->list[d->kept];
        }
    }
    return NULL;
}

static void keep(struct diagnostics *d, enum diagnostic_level level, const struct place *at,
                 const char *message)
{
    static const struct place nowhere;
    struct diagnostic *slot = slot_for(d, level);
    struct diagnostic new = {.level = level};

    if (!slot)
        return;
    at = at ? at : &nowhere;
    new.place.line = at->line;
    if (!copy_text(d, &new.place.file, at->file) || !copy_text(d, &new.place.column, at->column) ||
        !copy_text(d, &new.place.value, at->value) || !copy_text(d, &new.message, message)) {
        new = (struct diagnostic){.level = level, .message = "out of memory"};
        d->failed = true;
    }
    *slot = new;
    d->kept++;
    d->kept_errors += level == DIAGNOSTIC_ERROR;
}

void diagnostics_add(struct diagnostics *d, const struct place *at, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    d->errors++;
    keep(d, DIAGNOSTIC_ERROR, at, message);
}

void diagnostics_warn(struct diagnostics *d, const struct place *at, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    d->warnings++;
    keep(d, DIAGNOSTIC_WARNING, at, message);
}

void diagnostics_fail(struct diagnostics *d, const struct place *at, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    diagnostics_add(d, at, "%s", message);
    d->failed = true;
}

bool diagnostics_blames_system(int error)
{
    static const int of_names[] = {ENOENT, ENOTDIR,      EISDIR, EACCES, EPERM,
                                   ELOOP,  ENAMETOOLONG, ENXIO,  EINVAL};

    for (size_t i = 0; i < sizeof of_names / sizeof *of_names; i++) {
        if (error == of_names[i])
            return false;
    }
    return error != 0;
}

void diagnostics_blame(struct diagnostics *d, int error)
{
    d->failed = d->failed || diagnostics_blames_system(error);
}

bool diagnostics_failed(const struct diagnostics *d)
{
    return d->failed;
}

void diagnostics_append(struct diagnostics *d, const struct diagnostics *from)
{
    for (size_t i = 0; i < from->kept; i++)
        keep(d, from->list[i].level, &from->list[i].place, from->list[i].message);
    d->errors += from->errors;
    d->warnings += from->warnings;
    d->failed = d->failed || from->failed;
}

bool diagnostics_keeps(const struct diagnostics *d, enum diagnostic_level level)
{
    return level == DIAGNOSTIC_ERROR ? d->kept_errors < DIAGNOSTICS_SHOWN_MAX
                                     : d->kept < DIAGNOSTICS_SHOWN_MAX;
}

uint64_t diagnostics_errors(const struct diagnostics *d)
{
    return d->errors;
}

uint64_t diagnostics_warnings(const struct diagnostics *d)
{
    return d->warnings;
}

uint64_t diagnostics_kept(const struct diagnostics *d)
{
    return d->kept;
}

const struct diagnostic *diagnostics_get(const struct diagnostics *d, uint64_t index)
{
    return index < d->kept ? &d->list[index] : NULL;
}

// (file, line), and as added where these are equal: `a` and `b` point into one list.
static int compare_places(const void *a, const void *b)
{
    const struct diagnostic *x = *(const struct diagnostic *const *)a;
    const struct diagnostic *y = *(const struct diagnostic *const *)b;
    const int files =
        strcmp(x->place.file ? x->place.file : "", y->place.file ? y->place.file : "");

    if (files != 0)
        return files;
    if (x->place.line != y->place.line)
        return x->place.line < y->place.line ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void print_one(const struct diagnostic *x, FILE *stream)
{
    if (x->place.file) {
        text_print_safely(stream, x->place.file, SIZE_MAX);
        if (x->place.line > 0)
            fprintf(stream, ":%" PRIu64, x->place.line);
        fputs(": ", stream);
    }
    if (x->place.column) {
        text_print_safely(stream, x->place.column, VALUE_SHOWN_MAX);
        fputs(": ", stream);
    }
    fputs(x->level == DIAGNOSTIC_ERROR ? "error: " : "warning: ", stream);
    text_print_safely(stream, x->message, SIZE_MAX);
    if (x->place.value) {
        fputs(" (found '", stream);
        text_print_safely(stream, x->place.value, VALUE_SHOWN_MAX);
        fputs("')", stream);
    }
    putc('\n', stream);
}

void diagnostics_print(const struct diagnostics *d, FILE *stream)
{
    const struct diagnostic *order[DIAGNOSTICS_SHOWN_MAX];
    const uint64_t missing = d->errors + d->warnings - d->kept;

    for (size_t i = 0; i < d->kept; i++)
        order[i] = &d->list[i];
    qsort(order, d->kept, sizeof order[0], compare_places);
    for (size_t i = 0; i < d->kept; i++)
        print_one(order[i], stream);
    if (missing > 0)
        fprintf(stream,
                "%" PRIu64 " errors and %" PRIu64 " warnings in all, %" PRIu64 " not shown\n",
                d->errors, d->warnings, missing);
}
