// Whatever becomes of the process that reads, this one learns how it ended and goes on.
#include "results/apart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

struct state {
    struct arena *arena;
    const char *text;
    bool answer;
};

static bool says(void *state)
{
    struct state *s = state;

    s->text = arena_text(s->arena, "read", 4);
    return s->answer;
}

static bool crashes(void *state)
{
    struct rlimit none = {0, 0};

    (void)state;
    setrlimit(RLIMIT_CORE, &none);
    abort();
}

static bool leaves(void *state)
{
    (void)state;
    _exit(0); // as good as not having read
}

static bool finds_no_end(void *state)
{
    volatile struct state *s = state;

    s->answer = true;
    while (s->answer)
        continue;
    return false;
}

static bool wants_too_much(void *state)
{
    struct state *s = state;
    void *volatile memory = malloc(2 * apart_limits(0).bytes);

    s->text = memory == NULL ? "refused" : "given";
    free(memory);
    return false;
}

static bool wants_too_much_room(void *state)
{
    struct state *s = state;

    s->text = arena_alloc(s->arena, (size_t)1 << 46, 1) == NULL ? "refused" : "given";
    return false;
}

static enum apart_end run(bool (*read)(void *), bool answer, const char *text)
{
    struct apart apart;
    struct arena arena;

    assert_true(apart_open(&apart, &arena));
    struct state *state = arena_alloc(&arena, 1, sizeof *state);
    *state = (struct state){&arena, "", answer};
    const enum apart_end end = apart_run(&apart, &arena, read, state, apart_limits(1000));
    assert_string_equal(state->text, text);
    assert_null(arena_alloc(&arena, 1, 1)); // what was not used is no longer there
    apart_close(&apart);
    return end;
}

static void what_was_read_is_there(void **state)
{
    (void)state;
    assert_int_equal(run(says, true, "read"), APART_TRUE);
    assert_int_equal(run(says, false, "read"), APART_FALSE);
}

static void a_crash_is_told(void **state)
{
    (void)state;
    assert_int_equal(run(crashes, true, ""), APART_CRASHED);
    assert_int_equal(run(leaves, true, ""), APART_CRASHED);
}

static void an_endless_loop_ends(void **state)
{
    struct rlimit before, second;
    struct rusage used;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_CPU, &before), 0);
    assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
    second = before;
    second.rlim_cur = (rlim_t)used.ru_utime.tv_sec + (rlim_t)used.ru_stime.tv_sec + 2;
    assert_int_equal(setrlimit(RLIMIT_CPU, &second), 0);
    assert_int_equal(run(finds_no_end, true, ""), APART_SLOW);
    assert_int_equal(setrlimit(RLIMIT_CPU, &before), 0);
}

static void memory_has_an_end(void **state)
{
    (void)state;
    assert_int_equal(run(wants_too_much, true, "refused"), APART_FALSE);
    assert_int_equal(run(wants_too_much_room, true, "refused"), APART_FALSE);
}

// A sanitizer is to return NULL too, and to leave signals alone.
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1:handle_abort=0";
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_read_is_there),
        cmocka_unit_test(a_crash_is_told),
        cmocka_unit_test(an_endless_loop_ends),
        cmocka_unit_test(memory_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
