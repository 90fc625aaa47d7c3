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
	  .help = "Format of the input lines; auto detects it for each line. csv, or a file name "
		  "that ends in .csv or .tsv, holds rows for --template or --pipeline; its first "
		  "line names the columns and shows their delimiter." },
	{ .name = "result-format", .type = TYPE_CHOICE, .choices = "openai|anthropic",
	  RUN(output.result_form), .value = "openai", .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "Form of the result lines: OpenAI's batch output, or Anthropic's batch results "
		  "(\"result\":{\"type\":\"succeeded\",\"message\":...}). A resumed run keeps its "
		  "form." },
	{ .name = "template", .type = TYPE_TEXT, .arg = "FILE", RUN(input.template),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_FILES,
	  .help = "The input's lines are rows: JSON objects that fill this JSON body. {{field}}, "
		  "{{user.name}} and {{tags.0}} become text within a string and the JSON value "
		  "outside of strings. {{line}} is the whole line if rows have no such field: of a "
		  "text file too. A row's custom_id, priority and metadata belong to its item." },
	{ .name = "pipeline", .type = TYPE_TEXT, .arg = "FILE", RUN(input.pipeline),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_FILES,
	  .help = "The input's lines are rows that go through the stages of this JSON file. Each "
		  "stage has its own request, limits and conditions. The answers of the stages are "
		  "kept: no resume pays for them again." },
	{ .name = "first", .type = TYPE_COUNT, .arg = "N", RUN(input.first), .value = "off",
	  .zero = "off", .min = 1, .max = 4e9, .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Trial: only the first N items of the input. The same run without it goes on "
		  "with the others later." },
	{ .name = "sample", .type = TYPE_TEXT, .arg = "N[,SEED]", RUN(input.sample),
	  .shape = shape_sample, .takes = "a number of items, and a seed behind a comma: 100 or "
		  "100,7", .note = "off", .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Trial: only N items, chosen at random from the whole input, which is read "
		  "first. One seed (1 unless given) always chooses the same; a larger N adds to "
		  "a smaller one. The same run without it goes on with the others later." },
	{ .name = "retry-failed", .type = TYPE_FLAG, RUN(output.retry_failed), .common = true,
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, queue the failed items again." },
	{ .name = "accept-changed", .type = TYPE_FLAG, RUN(output.accept_changed),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, keep the results of items whose input lines, or whose settings "
		  "that change what is sent, are others now: --template, --pipeline, --provider, "
		  "headers. Without it, and without --redo-changed, such a run is refused." },
	{ .name = "redo-changed", .type = TYPE_FLAG, RUN(output.redo_changed),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, request these items again, and pay for them again: their old "
		  "results become void. Stages of a pipeline that have not changed keep their "
		  "answers." },
	{ .name = "accept-lost", .type = TYPE_FLAG, RUN(output.accept_lost),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, continue although the results have fewer good lines than the "
		  "last session counted, and request the missing items again. Without it sluice "
		  "asks on a terminal, and refuses the run where there is none." },
	{ .name = "json", .type = TYPE_FLAG, AT(json),
	  .commands = FOR_CHECK | FOR_REPORT, .group = GROUP_FILES,
	  .help = "Print one JSON object instead of text." },
	{ .name = "output", .letter = 'o', .type = TYPE_TEXT, .arg = "FILE", EXPORT(output),
	  .shape = shape_path, .takes = "a file name", .common = true, .commands = FOR_EXPORT,
	  .group = GROUP_FILES, .note = "standard output",
	  .help = "File to write, which appears when it is whole; only its owner can read it." },
	{ .name = "format", .type = TYPE_CHOICE, .choices = "auto|jsonl|csv|tsv|json|text",
	  EXPORT(format), .value = "auto", .common = true, .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Tables with commas or tabs for spreadsheets, an object a line, one JSON list, or "
		  "the model's texts alone. auto goes by the ending of -o, else jsonl; with --split "
		  "text." },
	{ .name = "order", .type = TYPE_CHOICE, .choices = "input|done", EXPORT(order),
	  .value = "input", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "In the order of the input lines, or in that in which the items ended." },
	{ .name = "field", .type = TYPE_LIST, .arg = "NAME=PATH", EXPORT(fields),
	  .shape = column_field_valid, .takes = "a column and where its value is, such as "
		  "role=choices.0.message.role or city=input.city", .common = true,
	  .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "A column, beside custom_id, in place of the usual ones; repeat it for more. PATH "
		  "is text, json.MEMBER of a text that is JSON, input.MEMBER of the row, state, "
		  "model, error, tokens_in, stages.NAME and so on, or a member of the answer's body "
		  "as in --expect." },
	{ .name = "with-input", .type = TYPE_FLAG, EXPORT(with_input), .common = true,
	  .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Join each answer to its input line: the members of the row become columns of a "
		  "table, the line the member input of an object." },
	{ .name = "state", .type = TYPE_CHOICE, .choices = "ok|failed|all", EXPORT(state),
	  .value = "ok", .common = true, .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Which items: those that are ok, those that failed or were cancelled, or both." },
	{ .name = "split", .type = TYPE_TEXT, .arg = "DIR", EXPORT(split), .shape = shape_path,
	  .takes = "the name of a folder", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Write a file for each item into DIR, named after its id: its text, or its object "
		  "with --format json." },
	{ .name = "input", .type = TYPE_TEXT, .arg = "FILE", EXPORT(input), .shape = shape_path,
	  .takes = "a file name", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .note = "the run's own",
	  .help = "The input, when it has moved, was a pipe, or another tool made the results." },
	{ .name = "input", .type = TYPE_TEXT, .arg = "FILE", AT(view_input), .shape = shape_path,
	  .takes = "a file name", .common = true, .commands = FOR_PAST, .group = GROUP_FILES,
	  .note = "the run's own",
	  .help = "The input, when it is neither where it was nor beside the results." },
	{ .name = "at", .type = TYPE_TEXT, .arg = "TIME", AT(replay_at), .common = true,
	  .takes = "a time such as 14:03, -10m or 50%", .commands = FOR_REPLAY,
	  .group = GROUP_FILES, .note = "the start",
	  .help = "The moment to begin with: 14:03 or 2026-01-31 14:03 (local time), -10m before the "
		  "end, 10m after the start, or 50%. It stands still there." },
	{ .name = "force", .type = TYPE_FLAG, EXPORT(force), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Replace files that exist. The files of the run and its input are never "
		  "replaced." },
	{ .name = "bom", .type = TYPE_FLAG, EXPORT(bom), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Begin a table with a byte order mark, which Excel needs when it opens a file "
		  "with letters that are not ASCII by a double click." },
	{ .name = "no-guard", .type = TYPE_FLAG, EXPORT(no_guard), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Leave cells of a table that a spreadsheet would take for formulas as they are, "
		  "without an apostrophe before them." },
	{ .name = "items", .type = TYPE_COUNT, .arg = "N", AT(demo_items), .value = "5000",
	  .min = 1, .max = 10e6, .commands = FOR_DEMO, .group = GROUP_FILES,
	  .help = "Length of the sample batch." },

	{ .name = "ui", .type = TYPE_CHOICE, .choices = "auto|tui|plain|json|none", AT(ui.mode),
	  .value = "auto", .common = true, .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "The dashboard (tui), a status line on stderr at least 5 s apart (plain), one "
		  "metrics object a second on stderr (json), or nothing. auto: the dashboard when "
		  "stdin and stderr are a terminal, else plain." },
	{ .name = "ui", .type = TYPE_CHOICE, .choices = "auto|tui|plain|json|none", AT(ui.mode),
	  .value = "auto", .common = true, .commands = FOR_PAST, .group = GROUP_SCREEN,
	  .help = "The dashboard (tui), or once on stderr: log and summary (plain), a metrics object "
		  "(json), or nothing. auto: the dashboard when stdin and stderr are a terminal, else "
		  "plain." },
	{ .name = "theme", .type = TYPE_TEXT, .arg = "NAME|FILE", AT(ui.theme), .shape = shape_path,
	  .takes = "the name of a theme or a theme file", .commands = FOR_SHOWN,
	  .group = GROUP_SCREEN, .help = "Colours of the dashboard." },
	{ .name = "glyphs", .type = TYPE_CHOICE, .choices = "auto|braille|block|ascii",
	  AT(ui.glyphs), .value = "auto", .commands = FOR_SHOWN, .group = GROUP_SCREEN,
	  .help = "Characters of the plots; auto depends on the locale." },
	{ .name = "notify", .type = TYPE_CHOICE, .choices = "all|bell|title|off", AT(ui.notify),
	  .value = "all", .commands = FOR_LIVE, .group = GROUP_SCREEN,
	  .help = "How the dashboard tells that the run ended, is held for more than a minute or "
		  "waits for you: the window's title, a bell and a message of the terminal (all); "
		  "title and bell; the title, which always shows the progress; nothing." },
	{ .name = "quiet", .type = TYPE_FLAG, AT(ui.quiet), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN, .help = "No title, bell and message: --notify off." },
	{ .name = "exit", .type = TYPE_FLAG, AT(ui.exit), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN,
	  .help = "Leave the dashboard when all items have ended; without it, it stays for you to "
		  "look around and retry." },
	{ .name = "detach", .type = TYPE_FLAG, AT(ui.detach), .commands = FOR_RUN,
	  .group = GROUP_SCREEN,
	  .help = "Start the run as a process of its own, without terminal and dashboard, and print "
		  "its name, pid, socket and the command that shows it as a line of JSON once it has "
		  "begun. sluice exits then, or with 2 when it cannot begin." },
	{ .name = "read-only", .type = TYPE_FLAG, RUN(read_only), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN, .help = "Only watch: no key changes the run." },
	{ .name = "on-hangup", .type = TYPE_CHOICE, .choices = "continue|drain", RUN(on_hangup),
	  .value = "continue", .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "Reaction to a closed terminal: the run goes on without it, or drains. What the "
		  "run itself paused for is drained after a minute without anybody." },

	{ .name = "on-end", .type = TYPE_TEXT, .arg = "COMMAND", RUN(hooks.on_end),
	  .shape = shape_command, .takes = "a shell command", .secret = true,
	  .commands = FOR_BATCH, .group = GROUP_OTHER,
	  .help = "Run this shell command when the run has ended, however it did, and its files are "
		  "complete. It reads the snapshot of --ui json on its standard input; SLUICE_HOOK is "
		  "end, SLUICE_RESULTS the results file, SLUICE_EXIT_CODE the exit code. It has no "
		  "terminal and no key, and is killed after 30 s." },
	{ .name = "on-hold", .type = TYPE_TEXT, .arg = "COMMAND", RUN(hooks.on_hold),
	  .shape = shape_command, .takes = "a shell command", .secret = true,
	  .commands = FOR_BATCH, .group = GROUP_OTHER,
	  .help = "The same when the run is held for 10 s or longer: the server holds all endpoints, "
		  "the disk is full, or the run paused itself. Once for each hold; SLUICE_HOOK is "
		  "hold. A call while the last one still runs is dropped." },
	{ .name = "config", .type = TYPE_TEXT, .arg = "FILE", AT(config), .shape = shape_path,
	  .takes = "a file name", .note = "~/.config/sluice/config", .commands = FOR_ALL,
	  .group = GROUP_OTHER,
	  .help = "Configuration file: [run], [demo] and so on hold options of that command as "
		  "NAME = VALUE, [endpoint NAME] the members of --endpoint, [ui] and [keys] theme, "
		  "glyphs and keys of the dashboard. The command line wins; --NAME=false turns an "
		  "option of the file off." },
	{ .name = "print-config", .type = TYPE_FLAG, AT(print_config), .commands = FOR_ALL,
	  .group = GROUP_OTHER,
	  .help = "Print the effective options as a configuration file, with the file and line of "
		  "each, and exit. Values that may be secret are masked." },
	{ .name = "help", .letter = 'h', .type = TYPE_HELP, .commands = FOR_ALL,
	  .group = GROUP_OTHER, .common = true,
	  .help = "This text; after a command, its options." },
	{ .name = "version", .type = TYPE_VERSION, .commands = FOR_ALL, .group = GROUP_OTHER,
	  .common = true, .help = "The version." },
};
/* clang-format on */

const struct option_rows option_rows_files = {rows, sizeof(rows) / sizeof(rows[0])};
