#include "base/machine.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Processors that the cpu.max in `folder` allows ("QUOTA PERIOD" or "max PERIOD"); infinity if
// none.
static double quota_of(const char *folder)
{
    char path[4200];
    double quota, period, allowed = INFINITY;
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", folder);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return INFINITY;
    if (fscanf(file, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0)
        allowed = quota / period;
    fclose(file);
    return allowed;
}

// The least of our control group and those above it (version 2 of cgroups).
static double quota_least(void)
{
    char line[4100], folder[4100] = "";
    FILE *file = fopen("/proc/self/cgroup", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "0::%4099[^\n]", folder) == 1)
            break;
    if (file != NULL)
        fclose(file);
    double least = INFINITY;
    for (;;) {
        least = fmin(least, quota_of(folder));
        char *slash = strrchr(folder, '/');
        if (slash == NULL)
            return least;
        *slash = '\0';
    }
}

int machine_threads(void)
{
    cpu_set_t mask;
    int processors = 1;
    if (sched_getaffinity(0, sizeof mask, &mask) == 0)
        processors = CPU_COUNT(&mask);
    double allowed = ceil(quota_least());
    if (allowed < processors)
        processors = (int)allowed;
    return processors > 0 ? processors : 1;
}

static void *wait_for(void *lock)
{
    pthread_mutex_lock(lock);
    pthread_mutex_unlock(lock);
    return NULL;
}

int machine_threads_possible(int count)
{
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_t *threads = count > 1 ? calloc((size_t)count, sizeof *threads) : NULL;
    int started = 1;
    if (threads == NULL)
        return 1;
    pthread_mutex_lock(&lock); // until all are there at once
    while (started < count && pthread_create(&threads[started], NULL, wait_for, &lock) == 0)
        started++;
    pthread_mutex_unlock(&lock);
    for (int i = 1; i < started; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return started;
}

// Bytes that the system calls NAME in this process's status: "NAME:  N kB".
static double memory_of(const char *name)
{
    char line[256];
    double bytes = 0;
    FILE *file = fopen("/proc/self/status", "re");
    const size_t length = strlen(name);
    while (file != NULL && bytes == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            bytes = 1024 * strtod(line + length + 1, NULL);
    if (file != NULL)
        fclose(file);
    return bytes;
}

double machine_memory_now(void)
{
    return memory_of("VmRSS");
}

// Not getrusage's, which counts what the parent held before it started this process.
double machine_memory_peak(void)
{
    return memory_of("VmHWM");
}
