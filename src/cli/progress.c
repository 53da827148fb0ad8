/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"

/*
 * One bar for the process: a command does one long thing at a time. The first Ctrl-C raises the
 * flag that the library looks at; the handler then steps aside, so that a second one ends the
 * process the hard way (which the store survives).
 */
static volatile sig_atomic_t interrupted;

static struct {
    bool shown;
    struct timespec last;
} bar;

static void on_interrupt(int signal_number)
{
    /* The same signal again does it by itself; another one is as much of a second. */
    if (interrupted)
        _exit(128 + signal_number);
    interrupted = 1;
}

static bool long_enough_ago(const struct timespec *then)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    long ms = (long)(now.tv_sec - then->tv_sec) * 1000 + (now.tv_nsec - then->tv_nsec) / 1000000;
    return ms >= 100;
}

static void show(void *user, uint64_t done, uint64_t total, const char *what)
{
    (void)user;
    if (bar.shown && done != total && !long_enough_ago(&bar.last))
        return;
    clock_gettime(CLOCK_MONOTONIC, &bar.last);
    bar.shown = true;
    if (total)
        fprintf(stderr, "\r\033[K%3.0f%%  %.1f of %.1f MB  %.60s",
                100.0 * (double)done / (double)total, (double)done / 1e6, (double)total / 1e6,
                what);
    else
        fprintf(stderr, "\r\033[K%.1f MB  %.60s", (double)done / 1e6, what);
}

const struct baton_progress *progress_start(void)
{
    static struct baton_progress progress = {NULL, NULL, &interrupted};
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (isatty(STDERR_FILENO))
        progress.report = show;
    return &progress;
}

void progress_end(void)
{
    if (bar.shown)
        fputs("\r\033[K", stderr);
    bar.shown = false;
}
