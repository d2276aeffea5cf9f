// Where a CSV text can be cut into pieces that are read apart: where a line begins outside quotes.
#ifndef LOSSMILL_STUDY_CSV_CUT_H
#define LOSSMILL_STUDY_CSV_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct csv_piece {
    size_t from, to;    // bytes; may be none
    uint64_t line;      // physical line, counted from 1, on which it begins
    uint64_t line_ends; // in it
};

// Whether a physical line ends with the byte: LF, CRLF or CR.
static inline bool csv_line_ends(const unsigned char *bytes, size_t size, size_t at)
{
    return bytes[at] == '\n' || (bytes[at] == '\r' && !(at + 1 < size && bytes[at + 1] == '\n'));
}

// How many pieces a text of that size is cut into. It depends on nothing else.
size_t csv_piece_count(size_t size);

// Cuts the text, which begins on `line` outside quotes. In what precedes a stray quote, which is an
// error, the cuts are right; what follows is never used. False if memory is exhausted.
bool csv_cut(const unsigned char *bytes, size_t size, uint64_t line, int threads,
             struct csv_piece *pieces, size_t count);

#endif
