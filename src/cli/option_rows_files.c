/* Options of files, of the screen and of every command. */
#include "cli/option_rows.h"

#include "cli/options_shape.h"
#include "export/columns.h"

#define EXPORT(member) AT(export.member)
#define FOR_PAST       (FOR_VIEW | FOR_REPLAY)
#define FOR_SHOWN      (FOR_BATCH | FOR_PAST | FOR_ATTACH)
#define FOR_LIVE       (FOR_BATCH | FOR_ATTACH)

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "output", .letter = 'o', .type = TYPE_TEXT, .arg = "FILE", RUN(output.results),
	  .shape = shape_path, .takes = "a file name", .common = true,
	  .commands = FOR_RUN, .group = GROUP_FILES, .note = "INPUT with .results.jsonl",
	  .help = "Results file: one line for each item that ended ok. Beside it, .errors.jsonl "
		  "holds the failed items and .journal the records that a resume needs." },
	{ .name = "format", .type = TYPE_CHOICE, .choices = "auto|openai|anthropic|body|http|csv",
	  RUN(input.format), .value = "auto", .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Format of the input lines; auto detects it for each line. csv (the default of "
		  ".csv and .tsv files) reads rows for --template or --pipeline; the first line "
		  "names the columns and shows their delimiter." },
	{ .name = "result-format", .type = TYPE_CHOICE, .choices = "openai|anthropic",
	  RUN(output.result_form), .value = "openai", .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "Format of the result lines: OpenAI's batch output, or Anthropic's batch results "
		  "(\"result\":{\"type\":\"succeeded\",\"message\":...}). A resumed run keeps its "
		  "format." },
	{ .name = "template", .type = TYPE_TEXT, .arg = "FILE", RUN(input.template),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_FILES,
	  .help = "JSON body that each input row (a JSON object) fills. {{field}}, {{user.name}} "
		  "and {{tags.0}} become text within a string and the JSON value outside of "
		  "strings. {{line}} is the whole input line, also of a plain text file, unless "
		  "rows have a field of that name. A row's custom_id, priority and metadata belong "
		  "to its item." },
	{ .name = "pipeline", .type = TYPE_TEXT, .arg = "FILE", RUN(input.pipeline),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_FILES,
	  .help = "JSON file of stages; each input row passes through the stages. Each stage has "
		  "its own request, limits and conditions. sluice keeps the answers of the stages, "
		  "so a resume does not pay for them again." },
	{ .name = "first", .type = TYPE_COUNT, .arg = "N", RUN(input.first), .value = "off",
	  .zero = "off", .min = 1, .max = 4e9, .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Trial run: send only the first N items. The same command without this option "
		  "continues with the rest." },
	{ .name = "sample", .type = TYPE_TEXT, .arg = "N[,SEED]", RUN(input.sample),
	  .shape = shape_sample, .takes = "a number of items, or a number and a seed such as 100,7",
	  .note = "off", .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Trial run: send only N items, chosen at random after reading the whole input. "
		  "The same seed (default 1) always chooses the same items; a larger N adds to "
		  "them. The same command without this option continues with the rest." },
	{ .name = "retry-failed", .type = TYPE_FLAG, RUN(output.retry_failed), .common = true,
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, queue the failed items again." },
	{ .name = "accept-changed", .type = TYPE_FLAG, RUN(output.accept_changed),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, keep the results of items whose requests have changed: other "
		  "input lines, --template, --pipeline, --provider or headers. Without this option "
		  "or --redo-changed, sluice refuses to resume such a run." },
	{ .name = "redo-changed", .type = TYPE_FLAG, RUN(output.redo_changed),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, request the changed items again and pay for them again; their "
		  "old results become void. Unchanged stages of a pipeline keep their answers." },
	{ .name = "accept-lost", .type = TYPE_FLAG, RUN(output.accept_lost),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, request items again whose result lines are missing since the "
		  "last session. Without this option sluice asks on a terminal, and refuses the "
		  "run elsewhere." },
	{ .name = "json", .type = TYPE_FLAG, AT(json),
	  .commands = FOR_CHECK | FOR_REPORT, .group = GROUP_FILES,
	  .help = "Print one JSON object instead of text." },
	{ .name = "output", .letter = 'o', .type = TYPE_TEXT, .arg = "FILE", EXPORT(output),
	  .shape = shape_path, .takes = "a file name", .common = true, .commands = FOR_EXPORT,
	  .group = GROUP_FILES, .note = "standard output",
	  .help = "File to write. It appears when it is complete; only its owner can read it." },
	{ .name = "format", .type = TYPE_CHOICE, .choices = "auto|jsonl|csv|tsv|json|text",
	  EXPORT(format), .value = "auto", .common = true, .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Output format. csv and tsv: a table for spreadsheets; jsonl: one object per "
		  "line; json: one list; text: only the texts of the model. auto: the ending of -o "
		  "decides, else jsonl, or text with --split." },
	{ .name = "order", .type = TYPE_CHOICE, .choices = "input|done", EXPORT(order),
	  .value = "input", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Order of the items: by input line, or by the time they ended." },
	{ .name = "field", .type = TYPE_LIST, .arg = "NAME=PATH", EXPORT(fields),
	  .shape = column_field_valid, .takes = "NAME=PATH, such as role=choices.0.message.role or "
		  "city=input.city", .common = true,
	  .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Column that replaces the usual ones beside custom_id; may be repeated. PATH is "
		  "text, json.MEMBER (of a JSON text), input.MEMBER (of the row), state, model, "
		  "error, tokens_in, stages.NAME and so on, or a member of the answer's body as in "
		  "--expect." },
	{ .name = "with-input", .type = TYPE_FLAG, EXPORT(with_input), .common = true,
	  .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Join each answer to its input line. A table gets a column for each member of "
		  "the row; an object gets the line as its member input." },
	{ .name = "state", .type = TYPE_CHOICE, .choices = "ok|failed|all", EXPORT(state),
	  .value = "ok", .common = true, .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Items to export: ok, failed (includes cancelled items), or all." },
	{ .name = "split", .type = TYPE_TEXT, .arg = "DIR", EXPORT(split), .shape = shape_path,
	  .takes = "the name of a folder", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Write one file per item into DIR, named after its id. It holds the text, or "
		  "with --format json the object." },
	{ .name = "input", .type = TYPE_TEXT, .arg = "FILE", EXPORT(input), .shape = shape_path,
	  .takes = "a file name", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .note = "the run's own",
	  .help = "Input file, if it has moved, came through a pipe, or belongs to results of "
		  "another tool." },
	{ .name = "input", .type = TYPE_TEXT, .arg = "FILE", AT(view_input), .shape = shape_path,
	  .takes = "a file name", .common = true, .commands = FOR_PAST, .group = GROUP_FILES,
	  .note = "the run's own",
	  .help = "Input file, if it is neither at its old path nor beside the results." },
	{ .name = "at", .type = TYPE_TEXT, .arg = "TIME", AT(replay_at), .common = true,
	  .takes = "a time such as 14:03, -10m or 50%", .commands = FOR_REPLAY,
	  .group = GROUP_FILES, .note = "the start",
	  .help = "Moment to show first, paused: 14:03 or 2026-01-31 14:03 (local time), -10m "
		  "(before the end), 10m (after the start), or 50%." },
	{ .name = "force", .type = TYPE_FLAG, EXPORT(force), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Replace existing files, but never the input or the files of the run." },
	{ .name = "bom", .type = TYPE_FLAG, EXPORT(bom), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Begin the table with a byte order mark. Excel needs it to detect UTF-8 when a "
		  "double click opens the file." },
	{ .name = "no-guard", .type = TYPE_FLAG, EXPORT(no_guard), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Do not put an apostrophe before cells that a spreadsheet would run as formulas." },
	{ .name = "items", .type = TYPE_COUNT, .arg = "N", AT(demo_items), .value = "5000",
	  .min = 1, .max = 10e6, .commands = FOR_DEMO, .group = GROUP_FILES,
	  .help = "Number of items in the sample batch." },

	{ .name = "ui", .type = TYPE_CHOICE, .choices = "auto|tui|plain|json|none", AT(ui.mode),
	  .value = "auto", .common = true, .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "Display of the run. tui: the dashboard; plain: a status line on stderr, at most "
		  "every 5 s; json: a metrics object on stderr every second; none: no output. "
		  "auto: the dashboard when stdin and stderr are a terminal, else plain." },
	{ .name = "ui", .type = TYPE_CHOICE, .choices = "auto|tui|plain|json|none", AT(ui.mode),
	  .value = "auto", .common = true, .commands = FOR_PAST, .group = GROUP_SCREEN,
	  .help = "Display of the run. tui: the dashboard; plain: log and summary on stderr; json: "
		  "a metrics object on stderr; none: no output. auto: the dashboard when stdin and "
		  "stderr are a terminal, else plain." },
	{ .name = "theme", .type = TYPE_TEXT, .arg = "NAME|FILE", AT(ui.theme), .shape = shape_path,
	  .takes = "the name of a theme or a theme file", .commands = FOR_SHOWN,
	  .group = GROUP_SCREEN, .help = "Theme of the dashboard, by name or file." },
	{ .name = "glyphs", .type = TYPE_CHOICE, .choices = "auto|braille|block|ascii",
	  AT(ui.glyphs), .value = "auto", .commands = FOR_SHOWN, .group = GROUP_SCREEN,
	  .help = "Characters of the plots; auto depends on the locale." },
	{ .name = "notify", .type = TYPE_CHOICE, .choices = "all|bell|title|off", AT(ui.notify),
	  .value = "all", .commands = FOR_LIVE, .group = GROUP_SCREEN,
	  .help = "Signals when the run ends, is held for more than a minute, or waits for you. "
		  "all: window title, bell and terminal notification; bell: title and bell; title: "
		  "only the title, which always shows the progress; off: none." },
	{ .name = "quiet", .type = TYPE_FLAG, AT(ui.quiet), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN, .help = "No title, bell or notification; the same as --notify off." },
	{ .name = "exit", .type = TYPE_FLAG, AT(ui.exit), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN,
	  .help = "Leave the dashboard when all items have ended. Without this option it stays "
		  "open, so you can inspect and retry." },
	{ .name = "detach", .type = TYPE_FLAG, AT(ui.detach), .commands = FOR_RUN,
	  .group = GROUP_SCREEN,
	  .help = "Start the run in the background, without terminal and dashboard. Once it has "
		  "begun, sluice prints one JSON line (name, pid, socket, and the command that "
		  "shows the run) and exits; if it cannot begin, the exit code is 2." },
	{ .name = "read-only", .type = TYPE_FLAG, RUN(read_only), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN, .help = "Watch only: keys and commands do not change the run." },
	{ .name = "on-hangup", .type = TYPE_CHOICE, .choices = "continue|drain", RUN(on_hangup),
	  .value = "continue", .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "When the terminal closes: continue without it, or drain. A run that paused "
		  "itself drains after a minute without an operator." },

	{ .name = "on-end", .type = TYPE_TEXT, .arg = "COMMAND", RUN(hooks.on_end),
	  .shape = shape_command, .takes = "a shell command", .secret = true,
	  .commands = FOR_BATCH, .group = GROUP_OTHER,
	  .help = "Shell command to run after the run has ended, with any exit code, and its files "
		  "are complete. It reads the snapshot of --ui json on standard input; SLUICE_HOOK "
		  "is end, SLUICE_RESULTS the results file, SLUICE_EXIT_CODE the exit code. It has "
		  "no terminal and no API key, and is killed after 30 s." },
	{ .name = "on-hold", .type = TYPE_TEXT, .arg = "COMMAND", RUN(hooks.on_hold),
	  .shape = shape_command, .takes = "a shell command", .secret = true,
	  .commands = FOR_BATCH, .group = GROUP_OTHER,
	  .help = "Shell command to run once per hold that lasts 10 s: the server holds all "
		  "endpoints, the disk is full, or the run paused itself. It works like --on-end; "
		  "SLUICE_HOOK is hold. If the previous command still runs, sluice skips the call." },
	{ .name = "config", .type = TYPE_TEXT, .arg = "FILE", AT(config), .shape = shape_path,
	  .takes = "a file name", .note = "~/.config/sluice/config", .commands = FOR_ALL,
	  .group = GROUP_OTHER,
	  .help = "Configuration file. [run], [demo] and so on set options of that command as NAME "
		  "= VALUE, [endpoint NAME] the members of --endpoint, [ui] and [keys] the theme, "
		  "glyphs and keys of the dashboard. The command line overrides the file; "
		  "--NAME=false turns an option off." },
	{ .name = "print-config", .type = TYPE_FLAG, AT(print_config), .commands = FOR_ALL,
	  .group = GROUP_OTHER,
	  .help = "Print the effective options as a configuration file, with the file and line of "
		  "each, and exit. Values that may be secret are masked." },
	{ .name = "help", .letter = 'h', .type = TYPE_HELP, .commands = FOR_ALL,
	  .group = GROUP_OTHER, .common = true,
	  .help = "Show this help; after a command, show its options." },
	{ .name = "version", .type = TYPE_VERSION, .commands = FOR_ALL, .group = GROUP_OTHER,
	  .common = true, .help = "Show the version." },
};
/* clang-format on */

const struct option_rows option_rows_files = {rows, sizeof(rows) / sizeof(rows[0])};
