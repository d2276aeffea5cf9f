// UTF-8 as far as printing needs it: untrusted bytes in, safe text of known width out.
#ifndef LOSSMILL_COMMANDS_UTF8_H
#define LOSSMILL_COMMANDS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_MAX

// The character at `text`, which is not at its end, or UTF8_INVALID; how many bytes to go on by.
// Overlong forms, surrogates and codes beyond U+10FFFF are invalid.
size_t utf8_decode(const char *text, uint32_t *code);

// Columns on a terminal: 0, 1 or 2.
size_t utf8_columns(uint32_t code);

// C0 and C1 controls, and the marks that reorder text: what could change more of a terminal or a
// page than its own place.
bool utf8_is_control(uint32_t code);

#endif
