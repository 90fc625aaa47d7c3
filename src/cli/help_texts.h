/* What help and man pages say besides the tables of options and commands. */
#ifndef SLUICE_CLI_HELP_TEXTS_H
#define SLUICE_CLI_HELP_TEXTS_H

#include "cli/options_table.h"

struct help_pair {
	const char *term, *text;
};

/* What sluice does, in a sentence. */
extern const char help_about[];
/* Each ends with a pair of NULLs. */
extern const struct help_pair help_inputs[], help_files[], help_members[], help_exits[],
	help_ctl_exits[], help_signals[], help_variables[], help_examples[];

/* The heading of a group of options. */
const char *help_group_title(enum option_group group);
/* "-o, --output FILE", indented as far when there is no letter. */
void help_option_term(const struct option_row *o, char *out, size_t size);
/* What the option does, with the default of the command. */
void help_option_text(const struct option_row *o, enum command_id command, char *out, size_t size);
/* Calls visit for what ctl reads of a run, and for each command that a run takes. */
void help_each_control(void (*visit)(void *ctx, const char *usage, const char *help), void *ctx);

#endif
