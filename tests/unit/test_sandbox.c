/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process cannot do, tried by children that are confined. */
#include "unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serve/sandbox.h"

static int store = -1;

#define SKIPPED 77

/* The errno of what was tried, 0 when it went well. */
typedef int attempt_function(void);

static bool confine_files(void)
{
    const struct bt_sandbox_path paths[] = {
        {store, ".", false}, {store, "decisions", true}, {store, "absent", true}};
    bool is_confined = false;
    if (bt_sandbox_files(paths, 3, &is_confined, NULL) != BATON_OK)
        _exit(1);
    return is_confined;
}

static bool confine_calls(void)
{
    bool is_confined = false;
    if (bt_sandbox_calls(&is_confined, NULL) != BATON_OK)
        _exit(1);
    return is_confined;
}

/* In a child of its own, for there is no way back. */
static int attempt_confined(bool (*confine)(void), attempt_function *attempt)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(confine() ? attempt() : SKIPPED);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("the child ended by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

static int outcome(int result)
{
    return result < 0 ? errno : 0;
}

/* ---- files ---- */

static int read_the_store(void)
{
    char byte;
    int fd = openat(store, "blobs/one", O_RDONLY | O_CLOEXEC);
    return fd < 0 ? errno : outcome((int)read(fd, &byte, 1));
}

static int write_a_decision(void)
{
    int fd = openat(store, "decisions/new", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "x", 1) != 1 || ftruncate(fd, 0) != 0 || fdatasync(fd) != 0 ||
        syncfs(fd) != 0 || mkdirat(store, "decisions/more", 0700) != 0 ||
        renameat(store, "decisions/new", store, "decisions/more/old") != 0 ||
        unlinkat(store, "decisions/more/old", 0) != 0 ||
        unlinkat(store, "decisions/more", AT_REMOVEDIR) != 0)
        return errno;
    return 0;
}

static int read_passwords(void)
{
    return outcome(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int look_around(void)
{
    return outcome(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static int climb_out_of_the_store(void)
{
    return outcome(openat(store, "../../etc/passwd", O_RDONLY | O_CLOEXEC));
}

static int change_a_blob(void)
{
    return outcome(openat(store, "blobs/one", O_WRONLY | O_CLOEXEC));
}

static int cut_a_blob(void)
{
    return outcome(openat(store, "blobs/one", O_RDONLY | O_TRUNC | O_CLOEXEC));
}

static int add_a_blob(void)
{
    return outcome(openat(store, "blobs/two", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int remove_a_blob(void)
{
    return outcome(unlinkat(store, "blobs/one", 0));
}

static int move_a_blob(void)
{
    return outcome(renameat(store, "blobs/one", store, "decisions/one"));
}

static int write_elsewhere(void)
{
    return outcome(open("/tmp/baton-sandbox", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

/* ---- calls ---- */

static int run_a_program(void)
{
    char *const arguments[] = {(char *)(uintptr_t) "true", NULL};
    return outcome(execv("/bin/true", arguments));
}

static int start_a_process(void)
{
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    return outcome(child);
}

static int make_a_socket(void)
{
    return outcome(socket(AF_INET, SOCK_STREAM, 0));
}

static int make_a_local_socket(void)
{
    return outcome(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static int connect_a_socket(void)
{
    const struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/run/x"};
    return outcome(connect(0, (const struct sockaddr *)&at, sizeof at));
}

static int bind_a_socket(void)
{
    const struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/tmp/x"};
    return outcome(bind(0, (const struct sockaddr *)&at, sizeof at));
}

static int trace_a_process(void)
{
    return outcome((int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int end_a_process(void)
{
    return outcome(kill(getppid(), 0));
}

static int map_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? errno : 0;
}

static int make_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? 255 : outcome(mprotect(at, 4096, PROT_READ | PROT_EXEC));
}

static int change_the_root(void)
{
    return outcome(chroot("/tmp"));
}

static void *nothing(void *user)
{
    return user;
}

static int start_a_thread(void)
{
    pthread_t thread;
    int code = pthread_create(&thread, NULL, nothing, NULL);
    return code ? code : pthread_join(thread, NULL);
}

struct row {
    const char *what;
    attempt_function *attempt;
    int expected;
};

static void expect_rows(bool (*confine)(void), const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int code = attempt_confined(confine, rows[i].attempt);
        if (code == SKIPPED) {
            print_message("# skipped: this kernel or this build cannot confine\n");
            return;
        }
        if (code != rows[i].expected)
            fail_msg("%s: %s, expected %s", rows[i].what, strerror(code),
                     strerror(rows[i].expected));
    }
}
#define ROW(attempt, expected)                                                                     \
    {                                                                                              \
#attempt, attempt, expected                                                                \
    }

static void files_but_the_stores_are_gone(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(read_the_store, 0),
        ROW(write_a_decision, 0),
        ROW(read_passwords, EACCES),
        ROW(look_around, EACCES),
        ROW(climb_out_of_the_store, EACCES),
        ROW(change_a_blob, EACCES),
        ROW(cut_a_blob, EACCES),
        ROW(add_a_blob, EACCES),
        ROW(remove_a_blob, EACCES),
        ROW(move_a_blob, EACCES),
        ROW(write_elsewhere, EACCES),
    };
    expect_rows(confine_files, rows, sizeof rows / sizeof *rows);
}

static void calls_that_serving_does_not_need_are_gone(void **state)
{
    (void)state;
    static const struct row rows[] = {
        ROW(read_the_store, 0),          ROW(write_a_decision, 0),     ROW(start_a_thread, 0),
        ROW(run_a_program, EPERM),       ROW(start_a_process, EPERM),  ROW(make_a_socket, EPERM),
        ROW(make_a_local_socket, EPERM), ROW(connect_a_socket, EPERM), ROW(bind_a_socket, EPERM),
        ROW(trace_a_process, EPERM),     ROW(end_a_process, EPERM),    ROW(map_code, EPERM),
        ROW(make_code, EPERM),           ROW(change_the_root, EPERM),
    };
    expect_rows(confine_calls, rows, sizeof rows / sizeof *rows);
}

/* Threads that are there already as well: one waits while the other confines all. */
static pthread_barrier_t both;

static void *try_late(void *user)
{
    int *ret = user;
    (void)pthread_barrier_wait(&both);
    (void)pthread_barrier_wait(&both);
    *ret = make_a_socket();
    return NULL;
}

static bool confine_beside_a_thread(void)
{
    pthread_t thread;
    int code = 0;
    if (pthread_barrier_init(&both, NULL, 2) || pthread_create(&thread, NULL, try_late, &code))
        _exit(1);
    (void)pthread_barrier_wait(&both);
    bool is_confined = confine_calls();
    (void)pthread_barrier_wait(&both);
    (void)pthread_join(thread, NULL);
    return is_confined && code == EPERM;
}

static int nothing_more(void)
{
    return 0;
}

static void threads_that_are_there_are_confined_too(void **state)
{
    (void)state;
    static const struct row rows[] = {ROW(nothing_more, 0)};
    expect_rows(confine_beside_a_thread, rows, 1);
}

static int make_store(void **state)
{
    static char folder[] = "/tmp/baton-sandbox-XXXXXX";
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    store = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = -1;
    if (store < 0 || mkdirat(store, "blobs", 0700) != 0 || mkdirat(store, "decisions", 0700) != 0)
        return -1;
    fd = openat(store, "blobs/one", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 || write(fd, "1", 1) != 1 ? -1 : close(fd);
}

static int remove_store(void **state)
{
    char name[64];
    char where[256] = {0};
    (void)state;
    (void)unlinkat(store, "blobs/one", 0);
    (void)unlinkat(store, "blobs", AT_REMOVEDIR);
    (void)unlinkat(store, "decisions", AT_REMOVEDIR);
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", store);
    if (readlink(name, where, sizeof where - 1) > 0)
        (void)rmdir(where);
    return close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_but_the_stores_are_gone),
        cmocka_unit_test(calls_that_serving_does_not_need_are_gone),
        cmocka_unit_test(threads_that_are_there_are_confined_too),
    };
    return cmocka_run_group_tests(tests, make_store, remove_store);
}
