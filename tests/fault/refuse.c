/* SPDX-License-Identifier: Apache-2.0 */
#include "fault/refuse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/types.h>

/* Shared among threads. */
static _Atomic int armed;
static _Atomic long calls_left;

static bool is_hit(enum refuse_kind kind)
{
    int now = atomic_load(&armed);
    if (kind == REFUSE_DISK && now == REFUSE_DISK_ON)
        return atomic_fetch_sub(&calls_left, 1) <= 1;
    return now == (int)kind && atomic_fetch_sub(&calls_left, 1) == 1;
}

void refuse_arm(enum refuse_kind kind, long n)
{
    atomic_store(&calls_left, n);
    atomic_store(&armed, (int)kind);
}

bool refuse_disarm(void)
{
    atomic_store(&armed, REFUSE_NONE);
    return atomic_load(&calls_left) <= 0;
}

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
ssize_t __real_write(int fd, const void *bytes, size_t len);
int __real_fsync(int fd);
int __real_fallocate64(int fd, int mode, off_t offset, off_t len);
int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __real_openat64(int dir_fd, const char *path, int flags, mode_t mode);
int __real_mkdirat(int dir_fd, const char *path, mode_t mode);
ssize_t __real_pwrite64(int fd, const void *bytes, size_t len, off_t at);
int __real_fdatasync(int fd);
int __real_syncfs(int fd);
int __real_ftruncate64(int fd, off_t len);

void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t len);
int __wrap_fsync(int fd);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t len);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_openat64(int dir_fd, const char *path, int flags, mode_t mode);
int __wrap_mkdirat(int dir_fd, const char *path, mode_t mode);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t at);
int __wrap_fdatasync(int fd);
int __wrap_syncfs(int fd);
int __wrap_ftruncate64(int fd, off_t len);

void *__wrap_calloc(size_t count, size_t size)
{
    return is_hit(REFUSE_MEMORY) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *ptr, size_t size)
{
    return is_hit(REFUSE_MEMORY) ? NULL : __real_realloc(ptr, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return is_hit(REFUSE_MEMORY) ? NULL : __real_aligned_alloc(align, size);
}

static bool disk_is_full(void)
{
    if (!is_hit(REFUSE_DISK))
        return false;
    errno = ENOSPC;
    return true;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t len)
{
    return disk_is_full() ? -1 : __real_write(fd, bytes, len);
}

int __wrap_fsync(int fd)
{
    return disk_is_full() ? -1 : __real_fsync(fd);
}

int __wrap_fallocate64(int fd, int mode, off_t offset, off_t len)
{
    return disk_is_full() ? -1 : __real_fallocate64(fd, mode, offset, len);
}

int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return disk_is_full() ? -1 : __real_renameat(from_fd, from, to_fd, to);
}

int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return disk_is_full() ? -1 : __real_renameat2(from_fd, from, to_fd, to, flags);
}

int __wrap_openat64(int dir_fd, const char *path, int flags, mode_t mode)
{
    return (flags & O_CREAT) && disk_is_full() ? -1 : __real_openat64(dir_fd, path, flags, mode);
}

int __wrap_mkdirat(int dir_fd, const char *path, mode_t mode)
{
    return disk_is_full() ? -1 : __real_mkdirat(dir_fd, path, mode);
}

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t len, off_t at)
{
    return disk_is_full() ? -1 : __real_pwrite64(fd, bytes, len, at);
}

int __wrap_fdatasync(int fd)
{
    return disk_is_full() ? -1 : __real_fdatasync(fd);
}

int __wrap_syncfs(int fd)
{
    return disk_is_full() ? -1 : __real_syncfs(fd);
}

int __wrap_ftruncate64(int fd, off_t len)
{
    return disk_is_full() ? -1 : __real_ftruncate64(fd, len);
}
