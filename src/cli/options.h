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
	COMMAND_COUNT
};

enum options_result {
	OPTIONS_GO,      /* settings are complete: carry the command out */
	OPTIONS_PRINTED, /* --print-config was; settings name the file, for who reads the rest of it
			  */
	OPTIONS_SHOWN,   /* --help, --version or the man page was printed: exit 0 */
	OPTIONS_ERROR,   /* err says what is wrong in one line: exit 2 */
};

/* Parses argv into settings, defaults first: `sluice COMMAND [options and INPUT in any order]`. All
 * that one option says of another (results named after the input, lane, prices) is filled in. Help
 * goes to stdout. After OPTIONS_GO and _PRINTED the settings are the caller's to free; otherwise
 * they are empty.
 */
enum options_result options_parse(
	int argc, char **argv, enum command_id *command, struct settings *out, struct error *err);

#endif
