// A library to preload: it makes the n-th allocation, or the n-th system call, of a program fail.
//
//   LOSSMILL_FAULT          what counts: memory that the program asks for, itself or through the C
//                           library; libraries, what others ask for; threads; or system calls:
//                           read, those that only look, or write, those that change something
//   LOSSMILL_FAULT_AT       which one fails, from 1; 0 counts only
//   LOSSMILL_FAULT_HOW      once: that one; on: it and all after it; short: a read or write does
//                           half of it; kill: SIGKILL in its place; torn: after half of a write
//   LOSSMILL_FAULT_ERROR    the errno of system calls (EIO)
//   LOSSMILL_FAULT_REPORT   a file that tells what failed: "NAME in OBJECT", or how many there were
//
// Allocations are caught as symbols, and so are those that libraries make; OBJECT is who asked.
// System calls are caught as such, with a filter of seccomp that turns them into SIGSYS: stdio of
// the C library makes its own without passing any symbol. The handler makes the call itself, from
// the one place that the filter lets through. Of a write to stderr nothing is known to fail:
// messages go there.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the registers of a system call are those of x86-64"
#endif

enum how { ONCE, ON, SHORT, KILL, TORN };

static enum how how;
static bool of_memory, of_libraries, of_threads;
static long fail_at;
static int fail_error;
static int report = -1;
static atomic_long counted;
static atomic_bool over;

// From here, and from here only, system calls pass the filter. -errno where they fail.
__asm__(".text\n"
        ".globl fault_call\n"
        ".type fault_call, @function\n"
        "fault_call:\n"
        "  mov %rdi, %rax\n"
        "  mov %rsi, %rdi\n"
        "  mov %rdx, %rsi\n"
        "  mov %rcx, %rdx\n"
        "  mov %r8, %r10\n"
        "  mov %r9, %r8\n"
        "  mov 8(%rsp), %r9\n"
        "  syscall\n"
        ".globl fault_call_after\n"
        "fault_call_after:\n"
        "  ret\n");
long fault_call(long number, long a, long b, long c, long d, long e, long f);
extern const char fault_call_after[];

static void tell(const char *text)
{
    if (report >= 0)
        fault_call(SYS_write, report, (long)text, (long)strlen(text), 0, 0, 0);
}

// Whether this one is to fail.
static bool due(void)
{
    if (atomic_load(&over))
        return false;
    const long n = atomic_fetch_add(&counted, 1) + 1;
    return fail_at > 0 && (n == fail_at || (how == ON && n > fail_at));
}

static void tell_first(const char *name, const char *object)
{
    static atomic_flag told = ATOMIC_FLAG_INIT;
    if (atomic_flag_test_and_set(&told))
        return;
    const char *slash = strrchr(object, '/');
    tell(name);
    tell(" in ");
    tell(slash != NULL ? slash + 1 : object);
    tell("\n");
}

// ------------------------------------------------------------------------------------- memory

// dlsym itself allocates: what it gets before the true functions are known is never given back.
static unsigned char early[1 << 16];
static size_t early_used;

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void (*free)(void *);
} true_;

// Where the code of the program and of the C library lies.
static struct {
    uintptr_t begin, end;
} own[2];

static int own_find(struct dl_phdr_info *object, size_t size, void *objects)
{
    const bool program = *(int *)objects == 0, c = strstr(object->dlpi_name, "/libc.so") != NULL;
    (void)size;
    ++*(int *)objects;
    for (int i = 0; (program || c) && i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_LOAD && (object->dlpi_phdr[i].p_flags & PF_X) != 0) {
            own[c].begin = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
            own[c].end = own[c].begin + object->dlpi_phdr[i].p_memsz;
        }
    return 0;
}

static bool is_own(const void *caller)
{
    const uintptr_t at = (uintptr_t)caller;
    return (at >= own[0].begin && at < own[0].end) || (at >= own[1].begin && at < own[1].end);
}

static void *early_take(size_t size)
{
    void *taken = early + early_used;
    early_used += (size + 15) / 16 * 16;
    return early_used <= sizeof early ? taken : NULL;
}

static bool is_early(const void *memory)
{
    return (uintptr_t)memory - (uintptr_t)early < sizeof early;
}

static bool found(void)
{
    static bool seeking;
    if (true_.free != NULL)
        return true;
    if (seeking)
        return false;
    seeking = true;
    true_.malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    true_.calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    true_.realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
    true_.aligned_alloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "aligned_alloc");
    true_.free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    seeking = false;
    return true;
}

static bool refused(const char *name, void *caller)
{
    Dl_info object = {0};
    if (!(is_own(caller) ? of_memory : of_libraries) || !due())
        return false;
    dladdr(caller, &object);
    tell_first(name, object.dli_fname != NULL ? object.dli_fname : "?");
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    if (!found())
        return early_take(size);
    return refused("malloc", __builtin_return_address(0)) ? NULL : true_.malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (!found())
        return early_take(count * size);
    return refused("calloc", __builtin_return_address(0)) ? NULL : true_.calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    if (!found() || is_early(memory))
        abort();
    return refused("realloc", __builtin_return_address(0)) ? NULL : true_.realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    if (refused("reallocarray", __builtin_return_address(0)))
        return NULL;
    return true_.realloc(memory, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    if (!found() || refused("aligned_alloc", __builtin_return_address(0)))
        return NULL;
    return true_.aligned_alloc(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (!found() || refused("posix_memalign", __builtin_return_address(0)))
        return ENOMEM;
    void *taken = true_.aligned_alloc(alignment, size);
    if (taken != NULL)
        *memory = taken;
    return taken != NULL ? 0 : ENOMEM;
}

// Who copies a text asks for the memory, not the C library.
char *strndup(const char *text, size_t size)
{
    const size_t length = strnlen(text, size);
    if (!found() || refused("strndup", __builtin_return_address(0)))
        return NULL;
    char *copy = true_.malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    if (!found() || refused("strdup", __builtin_return_address(0)))
        return NULL;
    char *copy = true_.malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void free(void *memory)
{
    if (!is_early(memory) && found())
        true_.free(memory);
}

// ------------------------------------------------------------------------------------- threads

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument)
{
    static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    Dl_info object = {0};
    if (create == NULL)
        create = (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(
            RTLD_NEXT, "pthread_create");
    if (of_threads && due()) {
        dladdr(__builtin_return_address(0), &object);
        tell_first("pthread_create", object.dli_fname != NULL ? object.dli_fname : "?");
        return EAGAIN;
    }
    return create(thread, attributes, start, argument);
}

// ------------------------------------------------------------------------------------- calls

struct call {
    int number;
    const char *name;
    bool changes; // something on disk
    bool halves;  // its third argument is a number of bytes, of which it may do fewer
    bool fills;   // may need space on disk
};

static const struct call calls[] = {
    {SYS_read, "read", false, true, false},
    {SYS_pread64, "pread", false, true, false},
    {SYS_readv, "readv", false, false, false},
    {SYS_lseek, "lseek", false, false, false},
    {SYS_fstat, "fstat", false, false, false},
    {SYS_stat, "stat", false, false, false},
    {SYS_newfstatat, "fstatat", false, false, false},
    {SYS_getdents64, "getdents", false, false, false},
    {SYS_fcntl, "fcntl", false, false, false},
    {SYS_flock, "flock", false, false, false},
    {SYS_mmap, "mmap", false, false, false},
    {SYS_open, "open", true, false, true},
    {SYS_openat, "openat", true, false, true},
    {SYS_creat, "creat", true, false, true},
    {SYS_close, "close", true, false, false},
    {SYS_write, "write", true, true, true},
    {SYS_pwrite64, "pwrite", true, true, true},
    {SYS_writev, "writev", true, false, true},
    {SYS_fsync, "fsync", true, false, true},
    {SYS_fdatasync, "fdatasync", true, false, true},
    {SYS_ftruncate, "ftruncate", true, false, true},
    {SYS_rename, "rename", true, false, true},
    {SYS_renameat, "renameat", true, false, true},
    {SYS_renameat2, "renameat2", true, false, true},
    {SYS_link, "link", true, false, true},
    {SYS_unlink, "unlink", true, false, false},
    {SYS_unlinkat, "unlinkat", true, false, false},
    {SYS_mkdir, "mkdir", true, false, true},
    {SYS_mkdirat, "mkdirat", true, false, true},
};
enum { CALLS = sizeof calls / sizeof *calls };

static long call_half(long number, long *a)
{
    if (a[2] > 1)
        a[2] /= 2;
    return fault_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// A full disk refuses only what needs more of it.
static bool spared(const struct call *call, const long *a)
{
    const long flags = call->number == SYS_open     ? a[1]
                       : call->number == SYS_openat ? a[2]
                                                    : O_CREAT;
    return fail_error == ENOSPC && !(call->fills && (flags & O_CREAT) != 0);
}

static long call_make(const struct call *call, long *a)
{
    const bool told = (call->number == SYS_write || call->number == SYS_writev) && a[0] == 2;
    if (told || spared(call, a) || (how == SHORT && !(call->halves && a[2] > 1)) || !due())
        return fault_call(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    tell_first(call->name, "the system");
    if (how == SHORT)
        return call_half(call->number, a);
    if (how == TORN && call->halves)
        call_half(call->number, a);
    if (how == TORN || how == KILL)
        fault_call(SYS_kill, getpid(), SIGKILL, 0, 0, 0, 0);
    // whether it fails or not, the descriptor is gone
    if (call->number == SYS_close)
        fault_call(SYS_close, a[0], 0, 0, 0, 0, 0);
    return -fail_error;
}

static void on_call(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    long a[6] = {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                 registers[REG_R10], registers[REG_R8],  registers[REG_R9]};
    const int before = errno;
    (void)signal;
    for (size_t i = 0; i < CALLS; i++)
        if (calls[i].number == info->si_syscall)
            registers[REG_RAX] = call_make(&calls[i], a);
    errno = before;
}

static void calls_catch(bool changing)
{
    struct sock_filter program[8 + CALLS];
    unsigned short size = 0, caught = 0;
    const uint64_t after = (uint64_t)(uintptr_t)fault_call_after;
    const uint32_t address = offsetof(struct seccomp_data, instruction_pointer);
    struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER};

    for (size_t i = 0; i < CALLS; i++)
        caught += calls[i].changes == changing;
    program[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, address);
    program[size++] =
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)after, 0, 2);
    program[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, address + 4);
    program[size++] = (struct sock_filter)BPF_JUMP(
        BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(after >> 32), (uint8_t)(caught + 1), 0);
    program[size++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0, left = caught; i < CALLS; i++)
        if (calls[i].changes == changing)
            program[size++] = (struct sock_filter)BPF_JUMP(
                BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].number, (uint8_t)left--, 0);
    program[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    const struct sock_fprog filter = {size, program};
    if (sigaction(SIGSYS, &action, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) != 0)
        _exit(77);
}

// ------------------------------------------------------------------------------------- start, end

static int error_named(const char *name, int otherwise)
{
    static const struct {
        const char *name;
        int error;
    } errors[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EINTR", EINTR}, {"EMFILE", EMFILE}};
    for (size_t i = 0; name != NULL && i < sizeof errors / sizeof *errors; i++)
        if (strcmp(errors[i].name, name) == 0)
            return errors[i].error;
    return otherwise;
}

__attribute__((constructor)) static void start(void)
{
    static const char *const hows[] = {"once", "on", "short", "kill", "torn"};
    const char *what = getenv("LOSSMILL_FAULT"), *at = getenv("LOSSMILL_FAULT_AT"),
               *in = getenv("LOSSMILL_FAULT_HOW"), *file = getenv("LOSSMILL_FAULT_REPORT"),
               *error = getenv("LOSSMILL_FAULT_ERROR");
    if (what == NULL)
        return;
    for (size_t i = 0; in != NULL && i < sizeof hows / sizeof *hows; i++)
        if (strcmp(in, hows[i]) == 0)
            how = (enum how)i;
    fail_at = at != NULL ? atol(at) : 0;
    if (file != NULL)
        report = open(file, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    fail_error = error_named(error, EIO);
    int objects = 0;
    dl_iterate_phdr(own_find, &objects);
    found();
    of_memory = strcmp(what, "memory") == 0;
    of_libraries = strcmp(what, "libraries") == 0;
    of_threads = strcmp(what, "threads") == 0;
    if (!of_memory && !of_libraries && !of_threads)
        calls_catch(strcmp(what, "write") == 0);
}

// What is called from now on is not the program's own: tests/counted_exit.c.
void faults_over(void);
void faults_over(void)
{
    atomic_store(&over, true);
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    faults_over();
    if (fail_at > 0 && atomic_load(&counted) >= fail_at)
        return;
    snprintf(text, sizeof text, "%ld\n", atomic_load(&counted));
    tell(text);
}
