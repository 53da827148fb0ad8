/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static void put_options(const struct option_spec *specs)
{
    for (; specs && specs->name; specs++)
        printf(" --%s", specs->name);
}

static void put_verbs(void)
{
    for (const struct command *const *c = commands; *c; c++)
        printf(" %s", (*c)->name);
}

static void bash(void)
{
    fputs("_baton() {\n"
          "  local cur=${COMP_WORDS[COMP_CWORD]} words=\n"
          "  if [ \"$COMP_CWORD\" -eq 1 ]; then words=\"",
          stdout);
    put_verbs();
    fputs("\"; fi\n  case ${COMP_WORDS[1]} in\n", stdout);
    for (const struct command *const *c = commands; *c; c++) {
        printf("    %s) [[ $cur == -* ]] && words=\"", (*c)->name);
        put_options((*c)->options);
        put_options(common_options);
        fputs("\" ;;\n", stdout);
    }
    fputs("  esac\n"
          "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
          "}\n"
          "complete -o default -F _baton baton\n",
          stdout);
}

static void zsh(void)
{
    fputs("#compdef baton\nautoload -U +X bashcompinit && bashcompinit\n", stdout);
    bash();
}

/* Between single quotes of fish. */
static void put_quoted(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('\'');
}

static void fish_options(const struct command *command, const struct option_spec *specs)
{
    for (; specs && specs->name; specs++) {
        printf("complete -c baton -n '__fish_seen_subcommand_from %s' -l %s %s-d ", command->name,
               specs->name, specs->argument ? "-r " : "");
        put_quoted(specs->help);
        putchar('\n');
    }
}

static void fish(void)
{
    for (const struct command *const *c = commands; *c; c++) {
        printf("complete -c baton -n __fish_use_subcommand -a %s -d ", (*c)->name);
        put_quoted((*c)->summary);
        putchar('\n');
        fish_options(*c, (*c)->options);
        fish_options(*c, common_options);
    }
}

int print_completion(const char *shell)
{
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return EXIT_USAGE;
    return 0;
}
