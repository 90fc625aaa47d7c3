#include "cli/options_table.h"
#include "cli/settings.h"

/* clang-format off */
static const struct command_row commands[COMMAND_COUNT] = {
	[COMMAND_RUN] = { "run", "INPUT", offsetof(struct settings, run.input.path),
		"sluice run INPUT [-o RESULTS] [options]",
		"Run or resume a batch. INPUT is a file of JSON lines, also packed (gzip, zstd) "
		"or in another form, or - for standard input. Run the same command again to "
		"resume a stopped run." },
	[COMMAND_DEMO] = { "demo", NULL, 0, "sluice demo [options]",
		"Run a sample batch against the built-in mock API: no key, no network." },
	[COMMAND_MOCK] = { "mock", NULL, 0, "sluice mock [options]",
		"Serve the mock API alone and print its URL." },
	[COMMAND_CHECK] = { "check", "INPUT", offsetof(struct settings, run.input.path),
		"sluice check INPUT [options]",
		"Check an input without sending anything: counts, duplicate ids, bad lines, "
		"estimated tokens and cost." },
	[COMMAND_REPORT] = { "report", "RESULTS", offsetof(struct settings, report_results),
		"sluice report RESULTS [options]",
		"Summarise a run, finished or not, from its files." },
	[COMMAND_VIEW] = { "view", "RESULTS", offsetof(struct settings, view_results),
		"sluice view RESULTS [options]",
		"Show a run that is finished, interrupted or killed on the dashboard, from its "
		"files. Nothing is changed; go on and retry failed run its command again, after a "
		"question. Exits with 3 when there are no such results." },
	[COMMAND_REPLAY] = { "replay", "RESULTS", offsetof(struct settings, view_results),
		"sluice replay RESULTS [--at TIME] [options]",
		"Play a run again on the dashboard, from its files: its screens at any moment. Keys "
		"of the time bar pause, seek and go from mark to mark. Nothing is changed. Exits "
		"with 3 when there are no such results." },
	[COMMAND_ATTACH] = { "attach", "RUN", offsetof(struct settings, attach_run),
		"sluice attach [RUN] [options]",
		"Show the dashboard of a run that goes on elsewhere: in another terminal, or without "
		"one. RUN is as in ctl; without it, the only run there is, or one of a list. Leaving "
		"(q, ^C) never touches the run. A run that ended lately opens as in view. Exits with 3 "
		"when there is no such run.", .optional = true },
	[COMMAND_PS] = { "ps", NULL, 0, "sluice ps [--json] [--all]",
		"List the runs of this user that go on: name, pid, state, progress, rate, ETA, "
		"uptime." },
	[COMMAND_CTL] = { "ctl", "COMMAND", offsetof(struct settings, ctl.words),
		"sluice ctl [RUN] COMMAND... [options]",
		"Read or steer a run that goes on elsewhere. RUN is a pid, a name of sluice ps, the "
		"run's input or results, or a control socket; without it, commands that only read "
		"take the only run there is.", .many = true },
	[COMMAND_EXPORT] = { "export", "RESULTS", offsetof(struct settings, export.results),
		"sluice export RESULTS [-o FILE] [options]",
		"Export the answers of a run, finished or not, joined to their rows: as a table for "
		"spreadsheets, JSON, texts or files. Exits with 3 when there are no such results." },
	[COMMAND_SERVE] = { "serve", NULL, 0, "sluice serve --data DIR [--listen ADDR] [options]",
		"Serve the batch APIs of OpenAI and Anthropic in front of any endpoint, for "
		"unchanged SDKs. The same command goes on after a stop or a crash." },
};
/* clang-format on */

const struct command_row *command_row(enum command_id id)
{
	return &commands[id];
}
