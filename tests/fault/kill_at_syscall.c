/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kill a command at every system call it makes, and look at what is left each time.
 *
 *     kill_at_syscall --setup 'rm -rf w; cp -a clean w' --check './look w' -- ./program w
 *
 * Round i runs the setup, then the command under ptrace, and sends SIGKILL when the command (any of
 * its threads and children, counted together) enters its i-th system call: that call is not made
 * any more, the one before it was. Then the check runs; it must succeed, whatever i was. The rounds
 * end with the first in which the command gets to its own end; it must succeed too.
 *
 * `--every N` takes a sample: only the system calls that can change a file are counted, for between
 * two of them nothing changes on the disk, and of those every N-th.
 *
 * Setup and check are shell commands; the check finds the number in KILLED_AT ("" in the last
 * round, when nothing was killed). Prints one line; exit 0 only if every round was good.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_MAX 1000000L
#define SYSCALL_STOP (SIGTRAP | 0x80)

static _Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static _Noreturn void die(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)fputs("kill_at_syscall: ", stderr);
    (void)vfprintf(stderr, fmt, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}

static long trace(long request, pid_t pid, unsigned long addr, void *data)
{
    /* glibc and the kernel disagree about the type of the first parameter. */
    return ptrace((enum __ptrace_request)request, pid, (void *)addr, data);
}

/*
 * LeakSanitizer stops the process's threads by ptrace itself; where a tracer is already there, it
 * ends the process with an error. Whatever else the caller asked of the sanitizer stays.
 */
static void leave_leaks_out(void)
{
    char options[1024];
    const char *given = getenv("ASAN_OPTIONS");
    (void)snprintf(options, sizeof options, "%s:detect_leaks=0", given ? given : "");
    (void)setenv("ASAN_OPTIONS", options, 1);
}

static _Noreturn void run_child(char **command)
{
    leave_leaks_out();
    (void)trace(PTRACE_TRACEME, 0, 0, NULL);
    (void)raise(SIGSTOP);
    (void)execvp(command[0], command);
    _exit(127);
}

static pid_t start(char **command)
{
    pid_t child = fork();
    int status = 0;
    if (child < 0)
        die("cannot fork: errno %d", errno);
    if (child == 0)
        run_child(command);
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        die("the child did not stop");
    unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
                            PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    if (trace(PTRACE_SETOPTIONS, child, 0, (void *)options) != 0)
        die("cannot set ptrace options: errno %d", errno);
    (void)trace(PTRACE_SYSCALL, child, 0, NULL);
    return child;
}

struct sample {
    long every;
    bool changes_only;
};

/* `how` of openat2 begins with the flags, 64 bits. */
static unsigned long flags_of_openat2(pid_t pid, unsigned long how)
{
    errno = 0;
    long flags = trace(PTRACE_PEEKDATA, pid, how, NULL);
    return errno ? O_CREAT : (unsigned long)flags;
}

/* Calls that leave every file as it is. What is not here counts as a change. */
static bool is_harmless(unsigned long call)
{
    static const unsigned long harmless[] = {
#ifdef SYS_access
        SYS_access,
#endif
        SYS_brk,
        SYS_clock_gettime,
        SYS_close,
        SYS_execve,
        SYS_faccessat,
        SYS_fcntl,
        SYS_fdatasync,
        SYS_fstat,
        SYS_fsync,
        SYS_futex,
        SYS_getcwd,
        SYS_getdents64,
        SYS_geteuid,
        SYS_getpid,
        SYS_getrandom,
        SYS_ioctl,
        SYS_lseek,
        SYS_madvise,
        SYS_mmap,
        SYS_mprotect,
        SYS_munmap,
        SYS_newfstatat,
        SYS_pread64,
        SYS_prlimit64,
        SYS_read,
        SYS_readlinkat,
        SYS_rt_sigaction,
        SYS_rt_sigprocmask,
        SYS_rseq,
        SYS_sched_yield,
        SYS_set_robust_list,
        SYS_set_tid_address,
        SYS_sysinfo,
        SYS_sched_getaffinity,
    };
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (call == harmless[i])
            return true;
    return false;
}

static bool can_change(pid_t pid, const struct __ptrace_syscall_info *info)
{
    const unsigned long creating = O_CREAT | O_TRUNC;
    if (info->entry.nr == SYS_openat)
        return info->entry.args[2] & creating;
    if (info->entry.nr == SYS_openat2)
        return flags_of_openat2(pid, info->entry.args[2]) & creating;
    return !is_harmless(info->entry.nr);
}

static bool is_counted(pid_t pid, const struct sample *sample)
{
    struct __ptrace_syscall_info info;
    return trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0 &&
           info.op == PTRACE_SYSCALL_INFO_ENTRY &&
           (!sample->changes_only || can_change(pid, &info));
}

/* The signal to deliver when the stopped thread goes on: stops that ptrace made deliver none. */
static unsigned long signal_for(int status)
{
    int number = WSTOPSIG(status);
    bool made_by_ptrace = number == SYSCALL_STOP || number == SIGTRAP || number == SIGSTOP;
    return made_by_ptrace ? 0 : (unsigned long)number;
}

/* The thread that is stopped at its entry has not made the call: it and all others end here. */
static void kill_all(pid_t child)
{
    (void)kill(child, SIGKILL);
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0)
            return;
        if (WIFSTOPPED(status))
            (void)kill(pid, SIGKILL);
    }
}

/* True when the command was killed; false when it ended by itself, with `*ret_status`. */
static bool run_until(char **command, const struct sample *sample, long kill_at, int *ret_status)
{
    pid_t child = start(command);
    long entries = 0;
    for (;;) {
        int status = 0;
        pid_t pid = waitpid(-1, &status, __WALL);
        if (pid < 0)
            return false;
        if (!WIFSTOPPED(status)) {
            if (pid == child)
                *ret_status = status;
            continue;
        }
        if (WSTOPSIG(status) == SYSCALL_STOP && is_counted(pid, sample) && ++entries == kill_at) {
            kill_all(child);
            return true;
        }
        (void)trace(PTRACE_SYSCALL, pid, 0, (void *)signal_for(status));
    }
}

static void shell(const char *what, const char *command, long killed_at)
{
    char number[32] = "";
    if (killed_at)
        (void)snprintf(number, sizeof number, "%ld", killed_at);
    (void)setenv("KILLED_AT", number, 1);
    int status = command ? system(command) : 0;
    if (status != 0)
        die("killed at system call %s: the %s says no (status %d): %s", killed_at ? number : "none",
            what, status, command);
}

struct options {
    struct sample sample;
    const char *setup;
    const char *check;
    char **command;
};

static struct options parse(int argc, char **argv)
{
    struct options options = {.sample = {.every = 1}};
    int i = 1;
    for (; i + 1 < argc && strcmp(argv[i], "--") != 0; i += 2) {
        if (strcmp(argv[i], "--setup") == 0)
            options.setup = argv[i + 1];
        else if (strcmp(argv[i], "--check") == 0)
            options.check = argv[i + 1];
        else if (strcmp(argv[i], "--every") == 0)
            options.sample = (struct sample){strtol(argv[i + 1], NULL, 10), true};
        else
            die("unknown option %s", argv[i]);
    }
    if (i + 1 >= argc || !options.check || options.sample.every < 1)
        die("usage: kill_at_syscall [--setup SHELL] [--every N] --check SHELL -- COMMAND...");
    options.command = argv + i + 1;
    return options;
}

int main(int argc, char **argv)
{
    struct options options = parse(argc, argv);
    for (long round = 1; round <= ROUNDS_MAX; round++) {
        long i = round * options.sample.every;
        int status = 0;
        shell("setup", options.setup, i);
        bool killed = run_until(options.command, &options.sample, i, &status);
        if (!killed && status != 0)
            die("the command itself ends with status %d", status);
        shell("check", options.check, killed ? i : 0);
        if (killed)
            continue;
        (void)fprintf(stderr, "killed at each of %ld system calls: every state was good\n",
                      round - 1);
        return 0;
    }
    die("more than %ld rounds", ROUNDS_MAX);
}
