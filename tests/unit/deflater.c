// Whatever goes in, zlib gets back, in no more bytes than announced and no byte beyond.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "results/deflater.h"

enum { SIZE = 300000, GUARD = 0xA5 };

static unsigned char data[SIZE];
static uint32_t state;

static uint32_t random_word(void)
{
    state = state * 1664525 + 1013904223;
    return state >> 8;
}

static size_t round_trip(struct deflater *deflater, const unsigned char *in, size_t size)
{
    size_t bound = deflater_bound(size);
    unsigned char *packed = malloc(bound + 1), *back = malloc(size + 1);
    uLongf length = size;
    assert_true(packed != NULL && back != NULL);
    packed[bound] = GUARD;
    size_t packed_size = deflater_run(deflater, in, size, packed);
    assert_true(packed_size <= bound);
    assert_int_equal(packed[bound], GUARD);
    assert_int_equal(uncompress(back, &length, packed, packed_size), Z_OK);
    assert_int_equal(length, size);
    assert_memory_equal(back, in, size);
    free(packed);
    free(back);
    return packed_size;
}

static void zeros_fill(void)
{
    memset(data, 0, SIZE);
}

static void noise_fill(void)
{
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (unsigned char)random_word();
}

static void losses_fill(void)
{
    for (size_t i = 0; i + 8 <= SIZE; i += 8) {
        double loss = random_word() % 4 == 0 ? (double)(random_word() % 100000000) / 100 : 0;
        memcpy(data + i, &loss, 8);
    }
}

static void words_fill(void)
{
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (unsigned char)(random_word() % 9 < 7 ? 'a' + random_word() % 3 : i / 700);
}

// Runs and gaps of all lengths, so that every length of a copy occurs, and its rest.
static void runs_fill(void)
{
    for (size_t i = 0, run = 1; i < SIZE; run = run % 800 + 1)
        for (size_t k = 0; k < run && i < SIZE; k++, i++)
            data[i] = k + 1 == run ? (unsigned char)random_word() : (unsigned char)run;
}

// Counts like Fibonacci's numbers make the deepest codes: 24 symbols would take 23 bits.
static void deep_fill(void)
{
    size_t i = 0;
    uint32_t a = 1, b = 1;
    memset(data, 255, SIZE);
    for (unsigned symbol = 0; symbol < 22; symbol++, b += a, a = b - a)
        for (uint32_t k = 0; k < a && i < SIZE; k++)
            data[i++] = (unsigned char)symbol;
    for (size_t k = i; k > 1; k--) { // mixed, so that there is nothing to copy
        size_t other = random_word() % k;
        unsigned char byte = data[k - 1];
        data[k - 1] = data[other];
        data[other] = byte;
    }
}

static void zlib_reads_what_was_compressed(void **unused)
{
    static void (*const fills[])(void) = {zeros_fill, noise_fill, losses_fill,
                                          words_fill, runs_fill,  deep_fill};
    struct deflater *deflater = deflater_new();
    (void)unused;
    assert_non_null(deflater);
    for (size_t f = 0; f < sizeof fills / sizeof *fills; f++) {
        fills[f]();
        for (size_t size = 0; size < 700; size++)
            round_trip(deflater, data + size, size);
        for (size_t size = 32760; size < 32780; size++)
            round_trip(deflater, data, size);
        round_trip(deflater, data, SIZE);
    }
    deflater_free(deflater);
}

static void losses_shrink_and_noise_hardly_grows(void **unused)
{
    struct deflater *deflater = deflater_new();
    (void)unused;
    assert_non_null(deflater);
    zeros_fill();
    assert_true(round_trip(deflater, data, SIZE) < SIZE / 400);
    losses_fill();
    assert_true(round_trip(deflater, data, SIZE) < SIZE / 4);
    noise_fill();
    assert_true(round_trip(deflater, data, SIZE) < SIZE + SIZE / 1000);
    deflater_free(deflater);
}

// The memory that is used again remembers nothing.
static void bytes_depend_on_the_input_alone(void **unused)
{
    struct deflater *used = deflater_new(), *fresh = deflater_new();
    unsigned char *a = malloc(deflater_bound(SIZE)), *b = malloc(deflater_bound(SIZE));
    (void)unused;
    assert_true(used != NULL && fresh != NULL && a != NULL && b != NULL);
    words_fill();
    round_trip(used, data, SIZE);
    losses_fill();
    size_t size = deflater_run(used, data, SIZE, a);
    assert_int_equal(deflater_run(fresh, data, SIZE, b), size);
    assert_memory_equal(a, b, size);
    free(a);
    free(b);
    deflater_free(used);
    deflater_free(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zlib_reads_what_was_compressed),
        cmocka_unit_test(losses_shrink_and_noise_hardly_grows),
        cmocka_unit_test(bytes_depend_on_the_input_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
