#include "results/apart.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Exit statuses that neither the library nor a sanitizer has.
enum { READ_TRUE = 101, READ_FALSE = 102 };

static const size_t least_room = 1 << 20;

bool apart_open(struct apart *apart, struct arena *arena)
{
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    size_t size = pages > 0 && page > 0 ? (size_t)pages * (size_t)page : 0;

    // where the process may not have so many addresses, what is left is halved
    for (; size >= least_room; size /= 2) {
        size = size / least_room * least_room;
        apart->memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (apart->memory != MAP_FAILED) {
            apart->size = size;
            arena_lend(arena, apart->memory, size);
            return true;
        }
    }
    apart->memory = NULL;
    return false;
}

// Bytes of addresses that this process has.
static uint64_t addresses_now(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file) {
        if (fscanf(file, "%llu", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

// Lowers a limit; where that fails the one that there is stays.
static void limit(int what, rlim_t most)
{
    struct rlimit now;

    if (getrlimit(what, &now) != 0)
        return;
    now.rlim_cur = now.rlim_cur < most ? now.rlim_cur : most;
    setrlimit(what, &now);
}

struct apart_limits apart_limits(uint64_t file_size)
{
    return (struct apart_limits){10 + file_size / 1000000, UINT64_C(2) << 30};
}

static void limits_set(struct apart_limits limits)
{
    const uint64_t addresses = addresses_now();

    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, limits.seconds);
    if (addresses > 0)
        limit(RLIMIT_AS, addresses + limits.bytes);
}

// What asks the program to stop is answered by the parent, with which this process ends. Other
// signals say how it ended: the program's own handlers would do what is the parent's to do.
static void signals_leave(void)
{
    static const int asking[] = {SIGINT, SIGTERM, SIGHUP, SIGALRM}, telling[] = {SIGXCPU, SIGABRT};

    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++)
        signal(asking[i], SIG_IGN);
    for (size_t i = 0; i < sizeof telling / sizeof *telling; i++)
        signal(telling[i], SIG_DFL);
}

static enum apart_end end_of(int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == READ_TRUE)
        return APART_TRUE;
    if (WIFEXITED(status) && WEXITSTATUS(status) == READ_FALSE)
        return APART_FALSE;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        return APART_SLOW;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? APART_KILLED : APART_CRASHED;
}

enum apart_end apart_run(struct apart *apart, struct arena *arena, bool (*read)(void *state),
                         void *state, struct apart_limits limits)
{
    const pid_t parent = getpid(), child = fork();
    int status;

    if (child < 0)
        return APART_FAILED;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) // which had ended before
            _exit(READ_FALSE);
        signals_leave();
        limits_set(limits);
        _exit(read(state) ? READ_TRUE : READ_FALSE); // not what the parent would do at its end
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return APART_FAILED;

    // addresses that were not needed go back
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t used = (arena_settle(arena) + page - 1) / page * page;
    if (used < apart->size && munmap((char *)apart->memory + used, apart->size - used) == 0)
        apart->size = used;
    return end_of(status);
}

const char *apart_reason(enum apart_end end)
{
    switch (end) {
    case APART_CRASHED:
        return "it is damaged: the HDF5 library crashes on it";
    case APART_SLOW:
        return "it is damaged: the HDF5 library finds no end in it";
    case APART_KILLED:
        return "the process that read it was killed, as happens where memory is short";
    case APART_FAILED:
        return strerror(errno);
    default:
        return "";
    }
}

void apart_close(struct apart *apart)
{
    if (apart->memory)
        munmap(apart->memory, apart->size);
    apart->memory = NULL;
}
