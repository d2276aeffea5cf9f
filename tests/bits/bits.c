#include "bits.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/isa.h"
#include "random/elementary.h"

static const char *shown = ""; // items to show number by number; "": none

void bits_need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bits: %s\n", what);
    exit(4);
}

void item_start(struct item *item, const char *format, ...)
{
    va_list arguments;

    *item = (struct item){.digest = UINT64_C(0xcbf29ce484222325)};
    va_start(arguments, format);
    vsnprintf(item->name, sizeof item->name, format, arguments);
    va_end(arguments);
    item->shown = *shown && strncmp(item->name, shown, strlen(shown)) == 0;
}

// FNV-1a by words, with a shift that brings the high bits down again.
void item_word(struct item *item, uint64_t bits)
{
    item->digest = (item->digest ^ bits) * UINT64_C(0x100000001b3);
    item->digest ^= item->digest >> 32;
    if (item->shown)
        printf("%s[%" PRIu64 "] %016" PRIx64 " %.17g\n", item->name, item->count, bits,
               elementary_of_bits(bits));
    item->count++;
}

void item_double(struct item *item, double x)
{
    item_word(item, elementary_bits(x));
}

void item_doubles(struct item *item, size_t n, const double *x)
{
    for (size_t i = 0; i < n; i++)
        item_double(item, x[i]);
}

void item_amounts(struct item *item, size_t n, const int64_t *x)
{
    for (size_t i = 0; i < n; i++)
        item_word(item, (uint64_t)x[i]);
}

void item_end(const struct item *item)
{
    if (!*shown)
        printf("%016" PRIx64 " %8" PRIu64 "  %s\n", item->digest, item->count, item->name);
}

struct arena bits_arena;

static const double *five_numbers(void *context, const char *file, const char *column,
                                  const struct place *at, struct arena *arena, size_t *count,
                                  struct diagnostics *d)
{
    static const double numbers[] = {1200, 3400, 3400, 56000, 789000};

    (void)context, (void)file, (void)column, (void)at, (void)arena, (void)d;
    *count = sizeof numbers / sizeof *numbers;
    return numbers;
}

const struct distribution *bits_parse(const char *cell)
{
    const struct distribution_reader reader = {.arena = &bits_arena, .empirical = five_numbers};
    struct diagnostics *d = diagnostics_new();
    const struct distribution *x = NULL;

    bits_need(d != NULL, "memory is exhausted");
    x = distribution_parse(cell, &(struct place){.value = cell}, &reader, d);
    diagnostics_print(d, stderr);
    diagnostics_free(d);
    bits_need(x != NULL, cell);
    return x;
}

int main(int argc, char **argv)
{
    int operand = 1;

    if (argc > 2 && strcmp(argv[1], "--isa") == 0) {
        if (!isa_choose(argv[2])) {
            fprintf(stderr, "bits: this machine has no %s\n", argv[2]);
            return 2;
        }
        operand = 3;
    }
    if (operand < argc)
        shown = argv[operand];
    bits_functions();
    bits_laws();
    bits_nights();
    arena_free(&bits_arena);
    return 0;
}
