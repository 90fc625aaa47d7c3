/* Which run is meant: by pid, name, the path of its input or results, or of a socket. */
#ifndef SLUICE_CLI_RUN_CHOICE_H
#define SLUICE_CLI_RUN_CHOICE_H

#include <stdbool.h>

#include "base/error.h"
#include "control/registry_list.h"

enum run_found {
	RUN_FOUND,
	RUN_MISSING,   /* no such run goes on */
	RUN_AMBIGUOUS, /* several are meant, or may be */
};

/* Texts are borrowed from the list, or from the caller for a bare socket. */
struct run_choice {
	const char *name;   /* of the run; of a bare socket its path */
	const char *socket; /* to connect to */
	int64_t pid;        /* 0: not known, a bare socket */
};

/* Looks for the run among those that go on. what: pid, name or path; NULL: the only run there is.
 * Text that fits several is ambiguous, never a guess. Otherwise than RUN_FOUND err says why, with
 * the runs to choose from, or how the run ended if the list has those. */
enum run_found run_choose(const struct registry_list *runs, const char *what,
	struct run_choice *out, struct error *err);
/* "prompts (4711), evals (4712)", cut where out ends; "none" when no run goes on. */
void run_choice_names(const struct registry_list *runs, char *out, size_t size);

#endif
