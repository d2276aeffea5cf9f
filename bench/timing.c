#include "timing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds_on(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double seconds_now(void)
{
    return seconds_on(CLOCK_MONOTONIC);
}

double seconds_of(int threads)
{
    return seconds_on(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC);
}

void times_add(struct times *times, double seconds)
{
    need(times->count < REPETITIONS_MAX, "too many repetitions");
    times->seconds[times->count++] = seconds;
}

static int compare_seconds(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static struct times in_order(const struct times *times)
{
    struct times sorted = *times;

    qsort(sorted.seconds, sorted.count, sizeof *sorted.seconds, compare_seconds);
    return sorted;
}

double times_median(const struct times *times)
{
    const struct times sorted = in_order(times);
    const size_t n = sorted.count;

    return n == 0 ? NAN : (sorted.seconds[(n - 1) / 2] + sorted.seconds[n / 2]) / 2;
}

double times_spread(const struct times *times)
{
    const struct times sorted = in_order(times);
    const size_t n = sorted.count;

    return n == 0 ? NAN : (sorted.seconds[n - 1] - sorted.seconds[0]) / times_median(times);
}

size_t repetitions(int argc, char **argv, size_t usual)
{
    const long n = argc > 1 ? strtol(argv[1], NULL, 10) : (long)usual;

    need(n >= 1 && n <= REPETITIONS_MAX, "how often? A number from 1 to 99");
    return (size_t)n;
}

void target_print(const char *what, double found, enum target_kind kind, double target,
                  const char *unit)
{
    const int met = kind == AT_LEAST ? found >= target : found <= target;
    char value[32] = "", aim[32];

    if (!isnan(found))
        snprintf(value, sizeof value, "%.3g%s%s", found, *unit ? " " : "", unit);
    snprintf(aim, sizeof aim, "%s %g%s%s", kind == AT_LEAST ? ">=" : "<=", target, *unit ? " " : "",
             unit);
    printf("target: %-64s %12s %14s  %s\n", what, value, aim,
           isnan(found) ? "not measured"
           : met        ? "met"
                        : "NOT MET");
    fflush(stdout);
}

void need(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "bench: %s\n", what);
    exit(4);
}
