/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

const struct command *command_find(const char *name)
{
    for (const struct command *const *c = commands; *c; c++)
        if (strcmp((*c)->name, name) == 0)
            return *c;
    return NULL;
}

/* A result that could not be written is not a result: a full disk behind `> file` must show. */
static int finish(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fputs("baton: cannot write the result: standard output does not take it\n", stderr);
    return EXIT_DISK;
}

static int run(const struct command *command, int argc, char **argv)
{
    static struct args args;
    int code = args_parse(command, argc - 2, argv + 2, &args);
    args.argv = argv;
    if (code)
        return code;
    if (args_flag(&args, "help")) {
        print_help(command);
        return 0;
    }
    code = command->run(&args);
    progress_end();
    return code;
}

int main(int argc, char **argv)
{
    /* A file over the size limit is an error to report, not a reason to die. */
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    (void)sigaction(SIGXFSZ, &ignore, NULL);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_overview();
        return finish(argc < 2 ? EXIT_USAGE : 0);
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("baton %s (numerics %s)\n", baton_version(), baton_numerics_version());
        return finish(0);
    }
    const struct command *command = command_find(argv[1]);
    if (!command) {
        fprintf(stderr, "baton: there is no verb \"%s\"\nTry: baton --help\n", argv[1]);
        return EXIT_USAGE;
    }
    return finish(run(command, argc, argv));
}
