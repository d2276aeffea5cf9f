// The program itself, from the command line to the file: time and memory of `lossmill check` and
// `lossmill run` on studies that this writes, and the memory that `check` announces.
//
//     bench_whole [ROUNDS [full [FOLDER]]]
//
// Without `full` the studies have a tenth of the assets. Each needs up to 300 MB
// in FOLDER (/tmp) while it is there.
#include <math.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"

extern char **environ;

enum { YEARS = 100000 };

static char folder[200]; // of the studies

// ---- Studies

static FILE *table(const char *study, const char *name)
{
    char path[300];
    FILE *out;

    snprintf(path, sizeof path, "%s/%s/%s", folder, study, name);
    out = fopen(path, "w");
    need(out != NULL, path);
    return out;
}

static void study_begin(const char *study)
{
    char command[300];
    FILE *out;

    snprintf(command, sizeof command, "mkdir -p %s/%s", folder, study);
    need(system(command) == 0, "no folder for the studies");
    out = table(study, "study.ini");
    fprintf(out,
            "[study]\ntitle = %s\ncurrency = EUR\nas_of = 2026-10-01\nyears = %d\nseed = 1\n"
            "[groups]\nby = class\n",
            study, YEARS);
    fclose(out);
}

static void assets_write(const char *study, size_t count)
{
    FILE *out = table(study, "assets.csv");

    fprintf(out, "asset_id,class,business_unit,value\n");
    for (size_t a = 1; a <= count; a++)
        fprintf(out, "A%07zu,class-%zu,unit-%zu,%zu\n", a, a % 10, a / 10 % 8,
                1000 + a * 7919 % 100000);
    need(fclose(out) == 0, "the disk is full");
}

// 1,000 scenarios that select a tenth, an eighth or a fifth of the assets; about 20 events a year
// each (of a million assets), of a rate that is constant, PERT or lognormal.
static void many_exposures(const char *study, size_t size)
{
    const size_t scenarios = 1000;
    const double share = (double)size / 1e6;
    FILE *out;

    study_begin(study);
    assets_write(study, size);
    out = table(study, "scenarios.csv");
    fprintf(out, "scenario_id,assets,frequency,primary_total\n");
    for (size_t s = 0; s < scenarios; s++) {
        fprintf(out, "S%04zu,", s);
        if (s % 3 == 0)
            fprintf(out, "class=class-%zu", s / 3 % 10);
        else if (s % 3 == 1)
            fprintf(out, "business_unit=unit-%zu", s / 3 % 8);
        else
            fprintf(out, "class in class-%zu class-%zu", s / 3 % 10, (s / 3 + 1) % 10);
        if (s / 7 % 3 == 0)
            fprintf(out, ",%g", 20 * share);
        else if (s / 7 % 3 == 1)
            fprintf(out, ",pert %g %g %g", 5 * share, 18 * share, 43 * share);
        else
            fprintf(out, ",lognormal90 %g %g", 8 * share, 40 * share);
        fprintf(out, ",lognormal90 %zu %zu\n", 1000 + s % 50 * 100, 50000 + s % 20 * 10000);
    }
    need(fclose(out) == 0, "the disk is full");
}

// As many scenarios as assets, one on each; mean rate 0.02.
static void single_assets(const char *study, size_t size)
{
    FILE *out;

    study_begin(study);
    assets_write(study, size);
    out = table(study, "scenarios.csv");
    fprintf(out, "scenario_id,assets,frequency,primary_total\n");
    for (size_t s = 1; s <= size; s++)
        fprintf(out, "S%07zu,asset_id=A%07zu,%.3g,lognormal90 %zu %zu\n", s, s,
                0.002 * pow(0.0715 / 0.002, (double)(s * 7919 % 10007) / 10007),
                1000 + s % 50 * 100, 50000 + s % 20 * 10000);
    need(fclose(out) == 0, "the disk is full");
}

// One occurrence a year that hits each asset with probability 10^-4 (in a smaller study 10^-3).
static void one_shared_event(const char *study, size_t size)
{
    FILE *out;

    study_begin(study);
    assets_write(study, size);
    out = table(study, "events.csv");
    fprintf(out, "event_id,frequency\nworm,1\n");
    need(fclose(out) == 0, "the disk is full");
    out = table(study, "scenarios.csv");
    fprintf(out,
            "scenario_id,assets,event,hit_probability,primary_total\n"
            "hit,*,worm,%g,lognormal90 1000 50000\n",
            100.0 / (double)size);
    need(fclose(out) == 0, "the disk is full");
}

// ---- The program

struct used {
    double seconds, cpu, bytes; // by the clock on the wall; of all processors; at the peak
};

static struct used run(const char *program, char *const *argv)
{
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    const double start = seconds_now();
    struct used used;
    int status;
    pid_t child;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", 1, 0);
    need(posix_spawn(&child, program, &actions, NULL, argv, environ) == 0, "cannot start lossmill");
    need(wait4(child, &status, 0, &usage) == child, "lost lossmill");
    used = (struct used){seconds_now() - start,
                         (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                             1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec),
                         1024.0 * (double)usage.ru_maxrss};
    need(WIFEXITED(status) && WEXITSTATUS(status) == 0, "lossmill failed");
    posix_spawn_file_actions_destroy(&actions);
    return used;
}

// Bytes that `check` announces for the run.
static double announced(const char *study)
{
    char command[1000], text[4096 + 1];
    double bytes = NAN;
    size_t n, kept = 0;
    FILE *out;

    snprintf(command, sizeof command, "%s check %s/%s --json 2>/dev/null", LOSSMILL, folder, study);
    out = popen(command, "r");
    need(out != NULL, "no shell");
    // The figure stands near the end: keep the last of it.
    while ((n = fread(text + kept, 1, sizeof text - 1 - kept, out)) > 0) {
        kept += n;
        if (kept == sizeof text - 1) {
            memmove(text, text + kept / 2, kept - kept / 2);
            kept -= kept / 2;
        }
    }
    text[kept] = '\0';
    pclose(out);
    const char *figure = strstr(text, "\"memory_bytes\":");

    if (figure)
        bytes = strtod(figure + strlen("\"memory_bytes\":"), NULL);
    return bytes;
}

// ---- What is measured

static struct whole {
    const char *study, *what;
    void (*write)(const char *study, size_t size);
    const char *run_target, *memory_target, *check_target;
    double run_seconds, gigabytes, check_seconds; // aimed at, for the full size; 0: none
    struct times check, check_cpu, run, run_cpu;
    double check_bytes, run_bytes, announced;
} wholes[] = {
    {.study = "many-exposures",
     .what = "1,000 scenarios that share the assets",
     .write = many_exposures,
     .run_target = "10^6 assets x 1,000 scenarios, 20,000 events a year: run",
     .memory_target = "10^6 assets x 1,000 scenarios: memory",
     .run_seconds = 90,
     .gigabytes = 2},
    {.study = "single-assets",
     .what = "a scenario for each asset, mean rate 0.02",
     .write = single_assets,
     .run_target = "10^6 single-asset scenarios, mean rate 0.02: run",
     .memory_target = "10^6 single-asset scenarios: memory",
     .check_target = "reading and checking 10^6 assets, 10^6 scenarios",
     .run_seconds = 60,
     .gigabytes = 4,
     .check_seconds = 5},
    {.study = "one-shared-event",
     .what = "one shared event a year, 100 hits",
     .write = one_shared_event,
     .run_target = "one shared event over 10^6 assets, hit 10^-4: run",
     .run_seconds = 10},
};

enum { WHOLES = sizeof wholes / sizeof *wholes };

static void whole_measure(struct whole *w, bool first)
{
    char study[300], result[300];
    struct used check, all;

    snprintf(study, sizeof study, "%s/%s", folder, w->study);
    snprintf(result, sizeof result, "%s/run.h5", folder);
    if (first)
        w->announced = announced(w->study);
    check = run(LOSSMILL, (char *[]){"lossmill", "check", study, NULL});
    all = run(LOSSMILL, (char *[]){"lossmill", "run", study, "-o", result, "--quiet", NULL});
    unlink(result);
    times_add(&w->check, check.seconds);
    times_add(&w->run, all.seconds);
    times_add(&w->check_cpu, check.cpu);
    times_add(&w->run_cpu, all.cpu);
    w->check_bytes = fmax(w->check_bytes, check.bytes);
    w->run_bytes = fmax(w->run_bytes, all.bytes);
}

static void table_print(size_t size)
{
    printf("\n  %zu assets, %d years, all processors. CPU: of all together. GB: 10^9 bytes at the "
           "peak\n",
           size, YEARS);
    printf("  %-46s %15s %23s %21s %9s\n", "", "check", "run", "", "check");
    printf("  %-46s %7s %7s %7s %7s %7s %6s %6s %7s %9s\n", "", "seconds", "CPU", "seconds", "CPU",
           "spread", "check", "run", "run /", "announces");
    printf("  %-46s %39s %6s %6s %7s %9s\n", "", "", "GB", "GB", "annou.", "GB");
    for (size_t i = 0; i < WHOLES; i++) {
        const struct whole *w = &wholes[i];

        printf("  %-46s %7.2f %7.2f %7.2f %7.2f %6.0f%% %6.3f %6.3f %7.2f %9.3f\n", w->what,
               times_median(&w->check), times_median(&w->check_cpu), times_median(&w->run),
               times_median(&w->run_cpu), 100 * times_spread(&w->run), w->check_bytes / 1e9,
               w->run_bytes / 1e9, w->run_bytes / w->announced, w->announced / 1e9);
    }
}

static void targets_print(void)
{
    for (size_t i = 0; i < WHOLES; i++) {
        const struct whole *w = &wholes[i];

        target_print(w->run_target, times_median(&w->run), AT_MOST, w->run_seconds, "s");
        if (w->gigabytes > 0)
            target_print(w->memory_target, w->run_bytes / 0x1p30, AT_MOST, w->gigabytes, "GiB");
        if (w->check_seconds > 0)
            target_print(w->check_target, times_median(&w->check), AT_MOST, w->check_seconds, "s");
    }
}

int main(int argc, char **argv)
{
    const size_t rounds = repetitions(argc, argv, 3);
    const bool full = argc > 2 && strcmp(argv[2], "full") == 0;
    const size_t size = full ? 1000000 : 100000;

    snprintf(folder, sizeof folder, "%s/lossmill-bench-XXXXXX", argc > 3 ? argv[3] : "/tmp");
    need(mkdtemp(folder) != NULL, "no folder for the studies");
    for (size_t i = 0; i < WHOLES; i++)
        wholes[i].write(wholes[i].study, size);
    for (size_t r = 0; r < rounds; r++)
        for (size_t i = 0; i < WHOLES; i++)
            whole_measure(&wholes[i], r == 0);
    printf("The whole program, from its start to the file, %zu rounds\n", rounds);
    table_print(size);
    if (full)
        targets_print();
    else
        printf("  A tenth of the size that the targets speak of: --full measures those.\n");

    char command[300];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? 0 : 4;
}
