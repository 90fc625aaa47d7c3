/* The parts of the option table, one file for some groups of the help each, and the words that
 * their rows share. Only options_table.c puts them together. */
#ifndef SLUICE_CLI_OPTION_ROWS_H
#define SLUICE_CLI_OPTION_ROWS_H

#include "base/clock.h"
#include "cli/options_table.h"

#define AT(member)     .offset = offsetof(struct settings, member)
#define RUN(member)    AT(run.member)
#define FOR_BATCH      (FOR_RUN | FOR_DEMO)
#define FOR_SENDER     (FOR_RUN | FOR_SERVE)
#define MAX_IN_FLIGHT  100000
#define WINDOW_TAKES   "requests and seconds as N/SECONDS, such as 100/10"
#define SHORTEST_US    ((double)US_PER_MS)
#define DURATION_TAKES .type = TYPE_DURATION, .arg = "TIME", .zero = "off", .min = SHORTEST_US

struct option_rows {
	const struct option_row *rows;
	size_t n;
};

extern const struct option_rows option_rows_files;
extern const struct option_rows option_rows_sending;
extern const struct option_rows option_rows_service;
extern const struct option_rows option_rows_mock;

#endif
