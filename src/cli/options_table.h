/* The table of options and the table of commands: name, arguments, meaning and target of each.
 * Parser, configuration file, --help and man page are made from them. */
#ifndef SLUICE_CLI_OPTIONS_TABLE_H
#define SLUICE_CLI_OPTIONS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/options.h"

enum option_type {
	TYPE_HELP,
	TYPE_VERSION,
	TYPE_FLAG,     /* bool */
	TYPE_TEXT,     /* char * */
	TYPE_WORD,     /* char *, one of the choices */
	TYPE_LIST,     /* char **, NULL-terminated; each use of the option adds one */
	TYPE_CHOICE,   /* int, the index of the choice: choices are in the order of the enum */
	TYPE_COUNT,    /* int64_t */
	TYPE_NUMBER,   /* double */
	TYPE_DURATION, /* int64_t, us */
	TYPE_BYTES,    /* int64_t */
};

/* In the order of the help. */
enum option_group {
	GROUP_FILES,
	GROUP_SERVE,
	GROUP_API,
	GROUP_PACE,
	GROUP_RETRY,
	GROUP_BUDGET,
	GROUP_SCREEN,
	GROUP_REACH,
	GROUP_MOCK,
	GROUP_OTHER,
	GROUP_COUNT
};

/* Which commands take an option. */
enum {
	FOR_RUN = 1 << COMMAND_RUN,
	FOR_DEMO = 1 << COMMAND_DEMO,
	FOR_MOCK = 1 << COMMAND_MOCK,
	FOR_CHECK = 1 << COMMAND_CHECK,
	FOR_REPORT = 1 << COMMAND_REPORT,
	FOR_VIEW = 1 << COMMAND_VIEW,
	FOR_REPLAY = 1 << COMMAND_REPLAY,
	FOR_ATTACH = 1 << COMMAND_ATTACH,
	FOR_PS = 1 << COMMAND_PS,
	FOR_CTL = 1 << COMMAND_CTL,
	FOR_EXPORT = 1 << COMMAND_EXPORT,
	FOR_SERVE = 1 << COMMAND_SERVE,
	FOR_ALL = (1 << COMMAND_COUNT) - 1
};

struct option_row {
	const char *name; /* without the dashes; another command may have another option of this
			     name, in a separate row */
	char letter;      /* of the short form; 0: none */
	enum option_type type;
	const char *arg;     /* the value's name in the help; of choices NULL */
	const char *choices; /* "auto|aimd|fixed" */
	size_t offset;       /* of the value in struct settings */
	const char *value;   /* the default, as it would be given; NULL: 0, false or NULL */
	const char *demo;    /* `sluice demo` has this default in place of it */
	const char *zero;    /* a word for 0: "off", "auto" */
	double min, max;     /* of numbers and of durations in us; max 0: no ceiling */
	/* Text of a certain shape: its check, and the accepted form for error messages. */
	bool (*shape)(const char *value);
	const char *takes;
	bool secret; /* a wrong value is not repeated in the message */
	bool common; /* in `sluice --help` */
	unsigned commands;
	enum option_group group;
	const char *note; /* the default in words, if `value` does not have it */
	const char *help;
};

/* All options, grouped as the help shows them. */
const struct option_row *option_table(size_t *n);

struct command_row {
	const char *name;
	const char *operand; /* "INPUT"; NULL: takes none */
	size_t offset;       /* of it in struct settings, a char *, or a char ** of many */
	const char *usage;
	const char *help;
	bool many;     /* it takes one or more operands, of which "-5%" may be one */
	bool optional; /* it goes without, too */
};

/* The command of that id, in COMMAND_ order. */
const struct command_row *command_row(enum command_id id);

/* The default of the option for a command, as text; NULL: none. */
const char *option_default(const struct option_row *o, enum command_id command);

#endif
