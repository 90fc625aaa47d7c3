/* Reads the command line and the configuration file by the one table of options. */
#ifndef SLUICE_CLI_OPTIONS_H
#define SLUICE_CLI_OPTIONS_H

#include "base/error.h"
#include "cli/settings.h"

enum command_id {
	COMMAND_RUN,
	COMMAND_DEMO,
	COMMAND_MOCK,
	COMMAND_CHECK,
	COMMAND_REPORT,
	COMMAND_VIEW,
	COMMAND_REPLAY,
	COMMAND_ATTACH,
	COMMAND_PS,
	COMMAND_CTL,
	COMMAND_EXPORT,
	COMMAND_SERVE,
	COMMAND_COUNT
};

enum options_result {
	OPTIONS_GO,      /* settings are complete: carry the command out */
	OPTIONS_PRINTED, /* --print-config was; settings name the file, for who reads the rest of it
			  */
	OPTIONS_SHOWN,   /* --help, --version or the man page was printed: exit 0 */
	OPTIONS_ERROR,   /* err has the reason in one line: exit 2 */
};

/* Parses argv into settings, defaults first: `sluice COMMAND [options and INPUT in any order]`.
 * Fills in settings that depend on other options (results named after the input, lane, prices).
 * Prints help on stdout. After OPTIONS_GO and _PRINTED the caller frees the settings; otherwise
 * they are empty. */
enum options_result options_parse(
	int argc, char **argv, enum command_id *command, struct settings *out, struct error *err);

#endif
