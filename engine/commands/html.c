#include "commands/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "commands/print.h"

static const char *escape_of(uint32_t code)
{
    switch (code) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\n':
    case '\t':
        return " ";
    default:
        return code == UTF8_INVALID || utf8_is_control(code) ? "\xef\xbf\xbd" : NULL;
    }
}

const char *html(const char *text)
{
    enum { LONGEST = 6 }; // "&quot;" of one byte
    if (text == NULL || *text == '\0')
        return "";
    char *escaped = must_alloc(strlen(text) + 1, LONGEST), *end = escaped;
    while (*text != '\0') {
        uint32_t code;
        size_t length = utf8_decode(text, 4, &code);
        const char *escape = escape_of(code);
        if (escape != NULL)
            end = stpcpy(end, escape);
        else
            end = mempcpy(end, text, length);
        text += length;
    }
    const char *kept = text_format("%s", escaped);
    free(escaped);
    return kept;
}

const char *html_name(const char *name, const char *id)
{
    if (name == NULL || *name == '\0' || (id != NULL && strcmp(name, id) == 0))
        return text_format("<bdi>%s</bdi>", html(id));
    if (id == NULL)
        return text_format("<bdi>%s</bdi>", html(name));
    return text_format("<bdi>%s</bdi> <bdi class=\"id\">%s</bdi>", html(name), html(id));
}
