#include "study/csv_cut.h"

#include <stdlib.h>

static const size_t block_size = 4 << 20;

// What lies between two multiples of the block's size.
struct block {
    uint64_t quotes, line_ends; // in it; then in all before it
    size_t cut;                 // where the piece begins: the size where nothing follows
    uint64_t ends_before_cut;   // from the text's beginning
};

size_t csv_piece_count(size_t size)
{
    return size / block_size + 1;
}

static void block_count(const unsigned char *bytes, size_t size, size_t from, size_t to,
                        struct block *block)
{
    uint64_t quotes = 0, line_ends = 0;
    const size_t last = to < size ? to : size > 0 ? size - 1 : 0; // has no byte behind it

    for (size_t i = from; i < last; i++) {
        quotes += bytes[i] == '"';
        line_ends += (bytes[i] == '\n') | ((bytes[i] == '\r') & (bytes[i + 1] != '\n'));
    }
    if (last < to) {
        quotes += bytes[last] == '"';
        line_ends += csv_line_ends(bytes, size, last);
    }
    block->quotes = quotes;
    block->line_ends = line_ends;
}

// The first line that begins outside quotes in the block, if there is one. A quote within quotes is
// doubled, so that their number tells which is which.
static bool block_cut(const unsigned char *bytes, size_t size, size_t from, size_t to,
                      struct block *block)
{
    bool quoted = block->quotes % 2 != 0;

    block->cut = from;
    block->ends_before_cut = block->line_ends;
    if (!quoted && (from == 0 || csv_line_ends(bytes, size, from - 1)))
        return true;
    for (size_t i = from; i < to; i++) {
        quoted = quoted != (bytes[i] == '"');
        if (!csv_line_ends(bytes, size, i))
            continue;
        block->ends_before_cut++;
        block->cut = i + 1;
        if (!quoted)
            return true;
    }
    return false;
}

bool csv_cut(const unsigned char *bytes, size_t size, uint64_t line, int threads,
             struct csv_piece *pieces, size_t count)
{
    struct block *blocks = calloc(count + 1, sizeof *blocks);
    uint64_t quotes = 0, line_ends = 0;

    if (!blocks)
        return false;
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t i = 0; i < count; i++) {
        const size_t from = i * block_size, to = i + 1 < count ? from + block_size : size;

        block_count(bytes, size, from, to, &blocks[i]);
    }
    for (size_t i = 0; i <= count; i++) {
        const struct block here = blocks[i];

        blocks[i] = (struct block){quotes, line_ends, size, 0};
        quotes += here.quotes;
        line_ends += here.line_ends;
    }
    blocks[count].ends_before_cut = line_ends;
    for (size_t i = count; i-- > 0;) {
        const size_t from = i * block_size, to = i + 1 < count ? from + block_size : size;

        if (!block_cut(bytes, size, from, to, &blocks[i])) {
            blocks[i].cut = blocks[i + 1].cut;
            blocks[i].ends_before_cut = blocks[i + 1].ends_before_cut;
        }
        pieces[i] = (struct csv_piece){
            .from = blocks[i].cut,
            .to = blocks[i + 1].cut,
            .line = line + blocks[i].ends_before_cut,
            .line_ends = blocks[i + 1].ends_before_cut - blocks[i].ends_before_cut,
        };
    }
    free(blocks);
    return true;
}
