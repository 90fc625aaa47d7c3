#include "cli/options_table.h"
#include "cli/settings.h"

/* clang-format off */
static const struct command_row commands[COMMAND_COUNT] = {
	[COMMAND_RUN] = { "run", "INPUT", offsetof(struct settings, run.input.path),
		"sluice run INPUT [-o RESULTS] [options]",
		"Run or resume a batch. INPUT is a file of JSON lines, CSV or JSON, plain or "
		"compressed (gzip, zstd), or - for standard input. The same command resumes a "
		"stopped run." },
	[COMMAND_DEMO] = { "demo", NULL, 0, "sluice demo [options]",
		"Run a sample batch against the built-in mock API: no key, no network." },
	[COMMAND_MOCK] = { "mock", NULL, 0, "sluice mock [options]",
		"Serve the mock API and print its URL." },
	[COMMAND_CHECK] = { "check", "INPUT", offsetof(struct settings, run.input.path),
		"sluice check INPUT [options]",
		"Check an input without sending anything: counts, duplicate ids, bad lines, "
		"estimated tokens and cost." },
	[COMMAND_REPORT] = { "report", "RESULTS", offsetof(struct settings, report_results),
		"sluice report RESULTS [options]",
		"Summarise a run, finished or not, from its files." },
	[COMMAND_VIEW] = { "view", "RESULTS", offsetof(struct settings, view_results),
		"sluice view RESULTS [options]",
		"Show a finished, interrupted or killed run on the dashboard, from its files. The "
		"view changes nothing. Its commands go on and retry failed run the run's command "
		"again, after a question. Exits with 3 if there are no such results." },
	[COMMAND_REPLAY] = { "replay", "RESULTS", offsetof(struct settings, view_results),
		"sluice replay RESULTS [--at TIME] [options]",
		"Replay a run on the dashboard, from its files: its screens at any moment. Keys of "
		"the time bar pause, seek and jump between marks. The replay changes nothing. "
		"Exits with 3 if there are no such results." },
	[COMMAND_ATTACH] = { "attach", "RUN", offsetof(struct settings, attach_run),
		"sluice attach [RUN] [options]",
		"Show the dashboard of a run in another process, with or without a terminal. RUN "
		"is as in ctl; without it, sluice shows the only run or a list to choose from. "
		"Leaving (q, ^C) never changes the run. A run that ended recently opens as in "
		"view. Exits with 3 if there is no such run.", .optional = true },
	[COMMAND_PS] = { "ps", NULL, 0, "sluice ps [--json] [--all]",
		"List this user's live runs: name, pid, state, progress, rate, ETA, uptime." },
	[COMMAND_CTL] = { "ctl", "COMMAND", offsetof(struct settings, ctl.words),
		"sluice ctl [RUN] COMMAND... [options]",
		"Read or steer a live run. RUN is a pid, a name from sluice ps, the run's input or "
		"results, or a control socket. Without RUN, commands that only read use the only "
		"live run.", .many = true },
	[COMMAND_EXPORT] = { "export", "RESULTS", offsetof(struct settings, export.results),
		"sluice export RESULTS [-o FILE] [options]",
		"Export the answers of a run, finished or not, as a spreadsheet table, JSON, texts "
		"or files; --with-input joins them to their input rows. Exits with 3 if there are "
		"no such results." },
	[COMMAND_SERVE] = { "serve", NULL, 0, "sluice serve --data DIR [--listen ADDR] [options]",
		"Serve the batch APIs of OpenAI and Anthropic in front of any endpoint, for "
		"unchanged SDKs. After a stop or a crash, the same command continues." },
};
/* clang-format on */

const struct command_row *command_row(enum command_id id)
{
	return &commands[id];
}
