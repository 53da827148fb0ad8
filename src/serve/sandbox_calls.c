/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of system calls as a program for the kernel (classic BPF): one comparison for each, and
 * for a few a look at an argument. Nothing here makes a socket, starts a program, maps memory that
 * can run, or sees another process. A thread is let through, a process is not; clone3() hides its
 * flags in memory, where a filter cannot look, so there is none, and libc falls back on clone().
 */
#include "serve/sandbox.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "serve/sandbox_int.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#define ARCH 0 /* no list */
#endif

/* The busiest first. */
static const int allowed[] = {
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_futex,
    SYS_pwrite64,
    SYS_fdatasync,
    SYS_pread64,
    SYS_write,
    SYS_read,
    SYS_close,
    SYS_epoll_pwait,
    SYS_epoll_ctl,
    SYS_accept4,
    SYS_openat2,
    SYS_openat,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
    SYS_open,
    SYS_stat,
    SYS_lstat,
    SYS_access,
    SYS_readlink,
    SYS_unlink,
    SYS_rename,
    SYS_mkdir,
    SYS_rmdir,
    SYS_poll,
#endif
    /* clients */
    SYS_recvmsg,
    SYS_sendto,
    SYS_shutdown,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_getsockname,
    SYS_getpeername,
    SYS_epoll_create1,
    SYS_ppoll,
    SYS_readv,
    SYS_writev,
    /* files */
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_readlinkat,
    SYS_lseek,
    SYS_getdents64,
    SYS_fcntl,
    SYS_flock,
    SYS_fsync,
    SYS_syncfs,
    SYS_ftruncate,
    SYS_fallocate,
    SYS_fadvise64,
    SYS_preadv,
    SYS_pwritev,
    SYS_unlinkat,
    SYS_renameat,
    SYS_renameat2,
    SYS_mkdirat,
    SYS_linkat,
    SYS_fchmod,
    SYS_fchown,
    SYS_utimensat,
    SYS_getcwd,
    SYS_fstatfs,
    /* memory */
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_brk,
    SYS_msync,
    /* threads and signals */
    SYS_exit,
    SYS_exit_group,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_set_tid_address,
    SYS_tgkill,
    SYS_gettid,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_sigaltstack,
    SYS_restart_syscall,
    SYS_membarrier,
    /* time and the rest */
    SYS_clock_gettime,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_getrandom,
    SYS_getpid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getrusage,
    SYS_sysinfo,
    SYS_uname,
};

#define PROGRAM_MAX 256

struct program {
    struct sock_filter steps[PROGRAM_MAX];
    unsigned short count;
};

static void put(struct program *p, uint16_t code, uint32_t value, uint8_t skip_if_so,
                uint8_t skip_if_not)
{
    BT_BUG_ON(p->count == PROGRAM_MAX);
    p->steps[p->count++] = (struct sock_filter){code, skip_if_so, skip_if_not, value};
}

static void load(struct program *p, size_t offset)
{
    put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* What is compared with is loaded. */
static void on_equal(struct program *p, uint32_t value, uint32_t verdict)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    put(p, BPF_RET | BPF_K, verdict, 0, 0);
}

/* The low half of an argument: both architectures have it first. Then the number again. */
static void allow_by_bits(struct program *p, int number, unsigned argument, uint32_t bits,
                          bool are_set)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 4);
    load(p, offsetof(struct seccomp_data, args) + 8 * (size_t)argument);
    put(p, BPF_JMP | BPF_JSET | BPF_K, bits, are_set ? 0 : 1, are_set ? 1 : 0);
    put(p, BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    put(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

static void write_program(struct program *p)
{
    load(p, offsetof(struct seccomp_data, arch));
    put(p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
    put(p, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    load(p, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        on_equal(p, (uint32_t)allowed[i], SECCOMP_RET_ALLOW);
    allow_by_bits(p, SYS_mmap, 2, PROT_EXEC, false);
    allow_by_bits(p, SYS_mprotect, 2, PROT_EXEC, false);
    allow_by_bits(p, SYS_clone, 0, CLONE_THREAD, true);
    on_equal(p, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
    put(p, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM, 0, 0);
}

baton_status bt_sandbox_calls(bool *ret, struct baton_error *err)
{
    struct program p = {.count = 0};
    *ret = false;
    if (BT_SANDBOX_IS_OFF || ARCH == 0)
        return BATON_OK;
    write_program(&p);
    const struct sock_fprog program = {.len = p.count, .filter = p.steps};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return bt_fail_os(err, errno, "cannot do without new privileges");
    long code = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (code == 0) {
        *ret = true;
        return BATON_OK;
    }
    if (code < 0 && (errno == ENOSYS || errno == EINVAL))
        return BATON_OK;
    return bt_fail_os(err, code > 0 ? EAGAIN : errno, "cannot take system calls away");
}
