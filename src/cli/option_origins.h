/* Where the values of options are from: the command line, or a line of the configuration file. */
#ifndef SLUICE_CLI_OPTION_ORIGINS_H
#define SLUICE_CLI_OPTION_ORIGINS_H

#include "cli/options_table.h"

enum { MAX_OPTIONS = 256 };

/* One use of an option. */
struct option_use {
	int line; /* of the configuration file; 0: on the command line */
	char *text;
};

/* `name = value` of a section that is no command's: [endpoint NAME], [ui], [keys]. */
struct config_pair {
	char *section, *name, *value;
	int line;
};

struct option_origins {
	char *path; /* of the configuration file; NULL: none was read */
	struct {
		struct option_use *uses; /* for a list all of its values, else the effective one */
		size_t n;                /* 0: the default holds */
	} at[MAX_OPTIONS];               /* by place in the table */
	struct config_pair *pairs;       /* in the order of the file */
	size_t n_pairs;
};

/* Notes that a row was given this value, of which a copy is kept. line 0: on the command line. */
void option_origins_note(
	struct option_origins *g, const struct option_row *o, int line, const char *text);
/* Forgets the noted origins of the option. */
void option_origins_forget(struct option_origins *g, const struct option_row *o);
/* Its uses; n 0: the default holds. */
const struct option_use *option_origins_of(
	const struct option_origins *g, const struct option_row *o, size_t *n);
/* Was it given on the command line, or else in the file? */
bool option_origins_typed(const struct option_origins *g, const struct option_row *o);

/* Notes a pair of the file. */
void option_origins_pair(struct option_origins *g, const char *section, const char *name,
	const char *value, int line);
/* Forgets all pairs of a section. */
void option_origins_drop(struct option_origins *g, const char *section);

void option_origins_free(struct option_origins *g);

#endif
