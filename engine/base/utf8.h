// UTF-8: untrusted bytes in, safe text of known width out.
#ifndef LOSSMILL_BASE_UTF8_H
#define LOSSMILL_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_MAX

// The character at `text`, of which `length` > 0 bytes may be read (4 will do before a NUL), or
// UTF8_INVALID; how many bytes to go on by. Overlong forms, surrogates and codes beyond U+10FFFF
// are invalid (RFC 3629).
size_t utf8_decode(const char *text, size_t length, uint32_t *code);

// Position of the first byte that is not UTF-8, else `length`.
size_t utf8_valid(const char *text, size_t length);

// Columns on a terminal: 0, 1 or 2.
size_t utf8_columns(uint32_t code);

// C0 and C1 controls, and the marks that reorder text: what could change more of a terminal or a
// page than its own place.
bool utf8_is_control(uint32_t code);

#endif
