#include "verify/findings.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *text_keep(struct findings *f, const char *format, va_list list)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, list);
    const char *kept = arena_text(&f->arena, text, strlen(text));
    if (kept == NULL)
        f->out_of_memory = true;
    return kept != NULL ? kept : "";
}

const char *findings_text(struct findings *f, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const char *text = text_keep(f, format, list);
    va_end(list);
    return text;
}

const char *findings_real(struct findings *f, double number)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (strtod(text, NULL) == number)
            break;
    }
    return findings_text(f, "%s", number != number ? "missing" : text);
}

const char *findings_whole(struct findings *f, uint64_t number)
{
    char digits[24], text[32];
    const size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, number);
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return findings_text(f, "%s", text);
}

struct check *check_start(struct findings *f, const char *section, const char *what)
{
    // the checks are written down in this floor's sources: there is room for all of them
    struct check *check = &f->checks[f->count < CHECKS_MAX ? f->count++ : CHECKS_MAX - 1];
    *check = (struct check){.section = section, .what = what, .detail = ""};
    return check;
}

void check_tell(struct findings *f, struct check *check, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    check->detail = text_keep(f, format, list);
    va_end(list);
}

void check_skip(struct findings *f, struct check *check, enum check_state state, const char *format,
                ...)
{
    va_list list;
    va_start(list, format);
    check->detail = text_keep(f, format, list);
    va_end(list);
    check->state = state;
}

static struct finding *finding_new(struct findings *f, struct check *check, const char *object)
{
    struct finding *finding = NULL;
    check->state = CHECK_FAILED;
    if (check->finding_count++ >= FINDINGS_KEPT)
        return NULL;
    finding = arena_alloc(&f->arena, 1, sizeof *finding);
    if (finding == NULL) {
        f->out_of_memory = true;
        return NULL;
    }
    finding->object = findings_text(f, "%s", object);
    if (check->last != NULL)
        check->last->next = finding;
    else
        check->findings = finding;
    check->last = finding;
    return finding;
}

void finding_add(struct findings *f, struct check *check, const char *object, const char *format,
                 ...)
{
    struct finding *finding = finding_new(f, check, object);
    va_list list;
    if (finding == NULL)
        return;
    va_start(list, format);
    finding->text = text_keep(f, format, list);
    va_end(list);
}

bool cells_differ(struct cells_finding *c)
{
    if (!c->begun) {
        c->begun = true;
        c->finding = finding_new(c->f, c->check, c->object);
        if (c->finding != NULL)
            c->finding->cells = c->cells;
    }
    return c->finding != NULL && c->finding->differing++ < CELLS_SHOWN;
}

void cells_show(struct cells_finding *c, const char *where, const char *found, const char *expected)
{
    c->finding->first[c->finding->shown++] = (struct difference){where, found, expected};
}

bool findings_good(const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->checks[i].state == CHECK_FAILED || f->checks[i].state == CHECK_IMPOSSIBLE)
            return false;
    return !f->out_of_memory;
}

void findings_free(struct findings *f)
{
    arena_free(&f->arena);
    *f = (struct findings){0};
}
