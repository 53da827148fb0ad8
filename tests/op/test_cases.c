/* SPDX-License-Identifier: Apache-2.0 */
/* Runs every line of the files given (tests/op/cases.h has the form) and prints TAP, one point per
 * file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "op/cases.h"

static bool run_line(const char *path, size_t number, char *line, size_t *runs)
{
    struct baton_error err = BATON_ERROR_INIT;
    if (line[strspn(line, " \n")] == '\0' || *line == '#')
        return true;
    char *shown = strdup(line);
    bool good = bt_case_run(line, runs, &err) == BATON_OK;
    if (!good)
        (void)printf("# %s:%zu: %s# %s\n", strrchr(path, '/') + 1, number, shown, err.text);
    free(shown);
    return good;
}

static bool run_file(const char *path, size_t *runs)
{
    char line[4096];
    bool good = true;
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    for (size_t number = 1; fgets(line, sizeof line, file); number++)
        good = run_line(path, number, line, runs) && good;
    (void)fclose(file);
    return good;
}

int main(int argc, char **argv)
{
    (void)printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++) {
        size_t runs = 0;
        bool good = run_file(argv[i], &runs) && runs > 0;
        (void)printf("%s %d - %s: %zu runs\n", good ? "ok" : "not ok", i, strrchr(argv[i], '/') + 1,
                     runs);
    }
    return 0;
}
