/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static int option_width(const struct option_spec *spec)
{
    return (int)(strlen(spec->name) + (spec->argument ? strlen(spec->argument) + 1 : 0) + 2);
}

static int widest(const struct option_spec *specs)
{
    int width = 0;
    for (; specs && specs->name; specs++)
        width = option_width(specs) > width ? option_width(specs) : width;
    return width;
}

static void print_options(const struct option_spec *specs, int width)
{
    for (; specs && specs->name; specs++)
        printf("  --%s%s%s%*s  %s%s\n", specs->name, specs->argument ? " " : "",
               specs->argument ? specs->argument : "", width - option_width(specs), "", specs->help,
               specs->repeats ? " (may be repeated)" : "");
}

void print_overview(void)
{
    fputs("baton hands a trained model over, and proves that nothing changed on the way.\n\n"
          "usage: baton VERB [OPTIONS] [ARGUMENTS]\n\n",
          stdout);
    for (const struct command *const *c = commands; *c; c++)
        printf("  %-11s %s\n", (*c)->name, (*c)->summary);
    fputs(
        "\n`baton VERB --help` says more. Exit codes: 0 yes, 1 no (differs), 2 usage, 3 cannot\n"
        "tell, 4 not found, 5 refused, 6 not known there, 7 conflict, 8 store or disk, 9 network,\n"
        "65 bad input, 70 a bug of ours, 130 interrupted.\n",
        stdout);
}

void print_help(const struct command *command)
{
    int width = widest(command->options);
    int common = widest(common_options);
    width = common > width ? common : width;
    printf("usage: baton %s [OPTIONS]%s%s\n\n%s.\n", command->name, *command->operands ? " " : "",
           command->operands, command->summary);
    if (command->details)
        printf("\n%s", command->details);
    puts("\nOptions:");
    print_options(command->options, width);
    print_options(common_options, width);
    if (command->examples)
        printf("\nExamples:\n%s", command->examples);
}

/* ---- man pages ---- */

/* In roff a backslash is an escape and a dot or quote at the start of a line a request. */
static void put_roff(const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            fputc(*text, stdout);
        line_start = *text == '\n';
    }
}

static void man_options(const struct option_spec *specs)
{
    for (; specs && specs->name; specs++) {
        printf(".TP\n\\fB\\-\\-");
        put_roff(specs->name);
        fputs("\\fR", stdout);
        if (specs->argument)
            printf(" \\fI%s\\fR", specs->argument);
        fputc('\n', stdout);
        put_roff(specs->help);
        fputs(specs->repeats ? " (may be repeated)\n" : "\n", stdout);
    }
}

static void man_exit_status(void)
{
    fputs(".SH EXIT STATUS\n0 yes; 1 no (differs); 2 usage; 3 cannot tell; 4 not found; 5 refused; "
          "7 conflict; 8 store or disk; 65 bad input; 70 a bug of ours; 130 interrupted.\n",
          stdout);
}

void print_man(const struct command *command)
{
    printf(".TH \"BATON\\-%s\" 1 \"\" \"baton %s\"\n.SH NAME\nbaton\\-%s \\- ", command->name,
           baton_version(), command->name);
    put_roff(command->summary);
    printf("\n.SH SYNOPSIS\n\\fBbaton %s\\fR [\\fIOPTIONS\\fR] ", command->name);
    put_roff(command->operands);
    if (command->details) {
        fputs("\n.SH DESCRIPTION\n", stdout);
        put_roff(command->details);
    }
    fputs("\n.SH OPTIONS\n", stdout);
    man_options(command->options);
    man_options(common_options);
    if (command->examples) {
        fputs(".SH EXAMPLES\n.nf\n", stdout);
        put_roff(command->examples);
        fputs(".fi\n", stdout);
    }
    man_exit_status();
}

void print_man_overview(void)
{
    printf(
        ".TH BATON 1 \"\" \"baton %s\"\n.SH NAME\nbaton \\- hand a trained model over, and prove "
        "that nothing changed on the way\n.SH SYNOPSIS\n\\fBbaton\\fR \\fIVERB\\fR "
        "[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]\n.SH VERBS\n",
        baton_version());
    for (const struct command *const *c = commands; *c; c++) {
        printf(".TP\n\\fBbaton\\-%s\\fR(1)\n", (*c)->name);
        put_roff((*c)->summary);
        fputc('\n', stdout);
    }
    man_exit_status();
}
