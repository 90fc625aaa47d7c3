#include "cli/help.h"

#include <string.h>

#include "cli/examples.h"
#include "cli/options_table.h"
#include "config.h"
#include "control/command.h"
#include "control/reads.h"
#include "item_fields.h"
#include "ledger/journal_events.h"
#include "snapshot_fields.h"

enum { WIDTH = 80, TEXT_COLUMN = 28 };

struct pair {
	const char *term, *text;
};

static const char about[] = "sluice sends a file of API requests as fast as the server allows, "
			    "shows the run live and lets you steer it from the keyboard.";

static const char *const group_titles[GROUP_COUNT] = {
	[GROUP_FILES] = "Input and results",
	[GROUP_API] = "API",
	[GROUP_PACE] = "Pace",
	[GROUP_RETRY] = "Retries, times and sizes",
	[GROUP_BUDGET] = "Budget",
	[GROUP_SCREEN] = "Screen",
	[GROUP_REACH] = "Reaching the run",
	[GROUP_SERVE] = "Service",
	[GROUP_MOCK] = "Mock API",
	[GROUP_OTHER] = "Other",
};

static const struct pair formats[] = {
	{"{\"custom_id\",\"method\",\"url\",\"body\"}",
		"OpenAI batch; url is relative to --url, or absolute."},
	{"{\"custom_id\",\"params\"}", "Anthropic batch."},
	{"{\"custom_id\",\"method\",\"url\",\"headers\",\"body\"}",
		"Any HTTP call; a body that is a string is sent unchanged."},
	{"an object with a model, messages, prompt or input",
		"The body itself; metadata and endpoint are not sent. With --provider raw any "
		"other "
		"object is a body too."},
	{"\"priority\" on any of them",
		"high, normal (the default), low, or a number from -100 to 100. The highest "
		"priority is sent first, equal ones in input order; every 16th request goes to a "
		"lower priority, so none starves."},
	{"\"metadata\" on any of them", "Copied to the result."},
	{"\"endpoint\" on any of them",
		"The name of an --endpoint: the item goes only there, and to its fallback."},
	{"other files",
		"The first bytes tell the form, not the name. gzip, zstd, UTF-16, JSON arrays, "
		"JSON "
		"values over several lines and CR line ends are read as lines, CSV with any of "
		"comma, semicolon, tab and bar as rows. Other files are refused with what to do."},
};

static const struct pair files[] = {
	{"RESULTS", "One JSON line for each item that ended ok, in OpenAI's batch output format "
		    "(see --result-format), in order of completion. The member sluice has the "
		    "attempts, times and tokens; "
		    "tokens that the answer did not report are estimated, as estimated_in and "
		    "estimated_out."},
	{"RESULTS with the ending .errors.jsonl",
		"The same for items that have failed or were cancelled."},
	{"RESULTS with the ending .journal",
		"The records that a resume needs, and the secret under which ids and lines are "
		"hashed; also the lock against a second run."},
	{"RESULTS with the ending .void.jsonl",
		"Void result lines, whose items --on-doubt retry requested again."},
	{"~/.config/sluice/config", "Options, endpoints, theme and keys; see --config."},
	{"~/.config/sluice/themes/NAME.theme", "Themes of your own."},
};

/* Of the last member of a result line, "sluice"; the records of stages have the cost as well. */
static const struct pair members[] = {
	{"line, line_hash",
		"The number of the input line, and a hash of it under the run's secret."},
	{"attempts, retries, resent",
		"Requests made for the item; of a pipeline those after the first of each stage; "
		"those that the connection sent again by itself."},
	{"outcome", "Of an item that is not ok: why."},
	{"latency_ms, first_byte_ms, first_token_ms, gap_ms, tokens_per_s",
		"Times of the answer; the last three of a stream."},
	{"ended_ms", "When the item ended, since the start of its session."},
	{"session", "The number of the session that made it, if settings or results changed before."},
	{"tokens_in, tokens_out",
		"All tokens as the provider bills them, with cached input and reasoning, where the "
		"answer reports them."},
	{"tokens_cached, tokens_cache_write",
		"The parts of tokens_in that the provider's cache had, and that were written to "
		"it."},
	{"estimated_in, estimated_out", "Tokens that were paid for and not reported."},
	{"cost_usd", "The cost in dollars, where the answer or a gateway states it."},
	{"model", "The model whose price applies: that of the request, or that of the answer where "
		  "only this has a price."},
	{"cached, same_as_line", "The answer is that of an earlier run, or of another item."},
	{"packed, endpoint", "How many items shared the request; which endpoint answered."},
	{"body_is_text", "True: the body is not JSON and stands in a string."},
	{"status, request_id", "With --result-format anthropic: those of the answer."},
};

static const struct pair exits[] = {
	{"0", "every item ok"},
	{"1", "finished, some failed, cancelled or in doubt"},
	{"2", "usage, configuration, or an input that cannot be read or has no line that can be "
	      "sent; nothing was sent"},
	{"3", "stopped before the end; the same command resumes it"},
	{"4", "an I/O or internal error stopped it, or its files were changed under it; the same "
	      "command resumes it"},
};

static const struct pair ctl_exits[] = {
	{"0", "done"},
	{"1", "the run refused it, or did not answer"},
	{"2", "usage, or several runs and none was named"},
	{"3", "no such run goes on"},
};

static const struct pair signals[] = {
	{"SIGINT (^C), SIGTERM", "First: drain (requests in flight finish) and exit 3. Second: "
				 "abort the requests in flight. Third: leave at once."},
	{"SIGUSR1, SIGUSR2, SIGXCPU",
		"Drain, however often they arrive: batch systems send them before a limit."},
	{"SIGHUP", "See --on-hangup."},
	{"SIGTSTP, SIGCONT", "Leave the terminal, and return to it."},
	{"all other signals that end a program",
		"End sluice with the terminal restored. The same command resumes the run."},
};

static const struct pair variables[] = {
	{"OPENAI_API_KEY, AZURE_OPENAI_API_KEY, ANTHROPIC_API_KEY, SLUICE_API_KEY",
		"The key for openai, azure, anthropic and raw, unless --key-env, --key-file or "
		"--key-command names another."},
	{"OPENAI_BASE_URL, AZURE_OPENAI_ENDPOINT, ANTHROPIC_BASE_URL",
		"Base URL when --url is not given."},
	{"OPENAI_API_VERSION", "The api-version for azure when --api-version is not given."},
	{"XDG_CONFIG_HOME", "The folder instead of ~/.config, if it begins with a /."},
	{"XDG_STATE_HOME", "The folder instead of ~/.local/state, if it begins with a /."},
	{"NO_COLOR", "If set, the dashboard uses no colour."},
	{"http_proxy, https_proxy, all_proxy, no_proxy", "Proxies, as in curl(1)."},
};

static const struct pair examples[] = {
	{"sluice demo", "See sluice work, without a key or a network."},
	{"sluice run batch.jsonl", "Run or resume; the results are in batch.results.jsonl."},
	{"sluice run prompts.jsonl --url http://localhost:8000 -c 32",
		"A server of your own, 32 requests in flight."},
	{"generate | sluice run - -o out.jsonl --rpm 500 --ui plain",
		"From a pipe, at most 500 requests a minute, one status line."},
	{"sluice check batch.jsonl --price 0.15,0.60", "Estimate the cost."},
};

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Prints text word by word from column at on, wrapped before WIDTH, with further lines indented. */
static void print_wrapped(const char *text, int at, int indent)
{
	bool first = true;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (!first && at + 1 + len > WIDTH) {
			printf("\n%*s", indent, "");
			at = indent;
			first = true;
		}
		printf("%s%.*s", first ? "" : " ", len, text);
		at += len + !first;
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* A term in the left column and its text in the right one, below the term when that is long. */
static void print_pair(const char *term, const char *text)
{
	int len = printf("  %s", term);

	if (len > TEXT_COLUMN - 2) {
		putchar('\n');
		len = 0;
	}
	printf("%*s", TEXT_COLUMN - len, "");
	print_wrapped(text, TEXT_COLUMN, TEXT_COLUMN);
}

static void print_pairs(const char *title, const struct pair *pairs, size_t n)
{
	printf("\n%s:\n", title);
	for (size_t i = 0; i < n; i++)
		print_pair(pairs[i].term, pairs[i].text);
}

/* What ctl reads of a run, and the commands that it takes. */
static void each_control(void (*visit)(void *ctx, const char *usage, const char *help), void *ctx)
{
	size_t n;
	const struct command_info *table = command_table(&n);
	char usage[96];

	for (size_t i = 0; i < n + READ_COUNT; i++) {
		const struct command_info *info =
			i < READ_COUNT ? read_info((enum read_id)i) : &table[i - READ_COUNT];

		snprintf(usage, sizeof(usage), "%s%s%s", info->name, info->args[0] ? " " : "",
			info->args);
		visit(ctx, usage, info->help);
	}
}

static void print_control(void *ctx, const char *usage, const char *help)
{
	(void)ctx;
	print_pair(usage, help);
}

static void option_term(const struct option_row *o, char *out, size_t size)
{
	const char *arg = o->arg ? o->arg : o->choices;
	char letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(out, size, "%s--%s%s%s", letter, o->name, arg ? " " : "", arg ? arg : "");
}

/* The help, followed by the default. */
static void option_text(const struct option_row *o, enum command_id command, char *out, size_t size)
{
	const char *value = o->note ? o->note : option_default(o, command);

	if (value)
		snprintf(out, size, "%s [%s]", o->help, value);
	else
		snprintf(out, size, "%s", o->help);
}

static void print_option(const struct option_row *o, enum command_id command)
{
	char term[96], text[512];

	option_term(o, term, sizeof(term));
	option_text(o, command, text, sizeof(text));
	print_pair(term, text);
}

static void print_group(enum command_id command, enum option_group group)
{
	size_t n;
	const struct option_row *rows = option_table(&n);
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		if (rows[i].group != group || !(rows[i].commands & 1U << command))
			continue;
		if (!any)
			printf("\n%s:\n", group_titles[group]);
		any = true;
		print_option(&rows[i], command);
	}
}

void help_overview(void)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	puts("Usage: sluice COMMAND [options]\n");
	print_wrapped(about, 0, 0);
	puts("\nCommands:");
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command_row *c = command_row((enum command_id)i);
		char term[40];

		snprintf(term, sizeof(term), "%s %s", c->name, c->operand ? c->operand : "");
		print_pair(term, c->help);
	}
	puts("\nMost used options of run (sluice COMMAND --help lists all; [default]):");
	for (size_t i = 0; i < n; i++)
		if (rows[i].common && rows[i].commands & FOR_RUN)
			print_option(&rows[i], COMMAND_RUN);
	print_pairs("Exit status", exits, N_OF(exits));
	puts("\nExamples:");
	for (size_t i = 0; i < N_OF(examples); i++)
		printf("  %s\n      %s\n", examples[i].term, examples[i].text);
}

void help_command(enum command_id command)
{
	const struct command_row *c = command_row(command);

	printf("Usage: %s\n\n", c->usage);
	print_wrapped(c->help, 0, 0);
	for (int g = 0; g < GROUP_COUNT; g++)
		print_group(command, (enum option_group)g);
	if (command == COMMAND_RUN || command == COMMAND_CHECK)
		print_pairs("Input lines (detected line by line)", formats, N_OF(formats));
	if (command == COMMAND_CTL) {
		puts("\nCommands, the first ones only read:");
		each_control(print_control, NULL);
		print_pairs("Exit status", ctl_exits, N_OF(ctl_exits));
	}
	if (command == COMMAND_RUN) {
		print_pairs("Files", files, N_OF(files));
		print_pairs("Environment", variables, N_OF(variables));
		print_pairs("Exit status", exits, N_OF(exits));
	}
}

/* roff: a backslash is \e, a dash that is typed \-, and no line may start with a dot or quote. */
static void man_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			putc(*text, out);
	}
}

static void man_line(FILE *out, const char *macro, const char *text)
{
	fputs(macro, out);
	man_text(out, text);
	putc('\n', out);
}

static void man_item(FILE *out, const char *term, const char *text)
{
	fputs(".TP\n", out);
	man_line(out, "\\fB", term);
	man_line(out, "\\fR", text);
}

static void man_pairs(FILE *out, const char *title, const struct pair *pairs, size_t n)
{
	fprintf(out, ".SH %s\n", title);
	for (size_t i = 0; i < n; i++)
		man_item(out, pairs[i].term, pairs[i].text);
}

/* Which commands take the option, where that is not run alone: "Of run and check." */
static void option_commands(const struct option_row *o, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	if (o->commands == FOR_RUN || o->commands == FOR_ALL)
		return;
	for (int i = 0; i < COMMAND_COUNT; i++) {
		if (!(o->commands & 1U << i) || len >= size)
			continue;
		len += (size_t)snprintf(out + len, size - len, "%s%s", len ? ", " : " (",
			command_row((enum command_id)i)->name);
	}
	if (len && len < size)
		snprintf(out + len, size - len, ")");
}

static void man_options(FILE *out)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	fputs(".SH OPTIONS\nDefaults are in brackets. An option without a list of commands belongs "
	      "to\n.BR run .\n",
		out);
	for (int g = 0; g < GROUP_COUNT; g++) {
		fprintf(out, ".SS %s\n", group_titles[g]);
		for (size_t i = 0; i < n; i++) {
			char term[96], text[512], who[64];

			if ((int)rows[i].group != g)
				continue;
			option_term(&rows[i], term, sizeof(term));
			option_text(&rows[i], COMMAND_RUN, text, sizeof(text));
			option_commands(&rows[i], who, sizeof(who));
			strncat(text, who, sizeof(text) - strlen(text) - 1);
			man_item(out, term + strspn(term, " "), text);
		}
	}
}

/* "An attempt failed. Members: id (of the item), line (of the input)." */
static void man_event(FILE *out, const struct journal_row *event)
{
	const struct journal_member *m = event->members;

	fputs(".TP\n", out);
	man_line(out, "\\fB", event->name);
	fputs("\\fR", out);
	man_text(out, event->about);
	fputs(" Members: ", out);
	for (; m->name; m++) {
		fputs("\\fI", out);
		man_text(out, m->name);
		fputs("\\fR (", out);
		man_text(out, m->about);
		fputs(m[1].name ? "), " : ").\n", out);
	}
}

static void man_journal(FILE *out)
{
	fputs(".SH JOURNAL\n", out);
	man_text(out, "Each line is a JSON object with the time (RFC 3339, UTC), the event, and "
		      "the members of the event; empty members are left out. Later versions may "
		      "add events and members; sluice skips lines with unknown events.\n");
	for (int k = JOURNAL_OTHER + 1; k < JOURNAL_KINDS; k++)
		man_event(out, journal_row_of((enum journal_kind)k));
}

/* "name (about), name (about: name (about))" */
static void man_members(FILE *out, const struct field *fields)
{
	for (const struct field *f = fields; f->name; f++) {
		if (f->kind == FIELD_PART) {
			man_members(out, f->fields);
		} else {
			fputs("\\fI", out);
			man_text(out, f->name);
			fputs("\\fR (", out);
			man_text(out, f->about);
			if (f->fields) {
				fputs(": ", out);
				man_members(out, f->fields);
			}
			putc(')', out);
		}
		fputs(f[1].name ? ", " : "", out);
	}
}

static void man_snapshot(FILE *out)
{
	fputs(".SH SNAPSHOT\n", out);
	man_text(out, "The object of --ui json, one a line, which --on-end and --on-hold read, "
		      "too. Members that do not apply are left out; a number that is unknown is "
		      "null. Later versions may add members.\n");
	for (const struct field *f = snapshot_fields; f->name; f++) {
		fputs(".TP\n", out);
		man_line(out, "\\fB", f->name);
		fputs("\\fR", out);
		man_text(out, f->about);
		if (f->fields) {
			fputs(": ", out);
			man_members(out, f->fields);
		}
		putc('\n', out);
	}
}

/* The syntax of the file. */
static void man_configuration(FILE *out)
{
	static const char *const lines[] = {"[run]", "max-attempts = 8", "header = X-Team: reviews",
		"[endpoint west]", "url = https://west.example.com/v1", "key-env = WEST_KEY",
		"[prices]", "gpt-4o = 2.5,10,1.25", "* = 1,4", "[ui]", "theme = nord", "[keys]",
		"F5 = toggle pause"};

	fputs(".SH CONFIGURATION\n", out);
	man_text(out, "sluice first reads the file of --config, else ~/.config/sluice/config; "
		      "options on the command line override it. The section of a command holds its "
		      "long options: true or false for an option without a value, one line for "
		      "each use of a repeatable option. [prices] holds MODEL = IN,OUT[,CACHED"
		      "[,CACHE_WRITE]]; --price wins for its model. A # or ; begins a comment "
		      "line; a space "
		      "and a ; begin a comment at the end of a line.\n");
	fputs(".PP\n.nf\n", out);
	for (size_t i = 0; i < N_OF(lines); i++)
		man_line(out, "", lines[i]);
	fputs(".fi\n.PP\n", out);
	man_text(out, "Unknown sections and names give a warning with file and line; an invalid "
		      "value ends the program before anything is sent. sluice run --print-config "
		      "prints the effective settings and their origin.\n");
}

/* Commands are to be copied: no word is cut, no space is stretched. */
static void man_patterns(FILE *out)
{
	size_t n;
	const struct example *e = example_table(&n);

	fputs(".SS Patterns\nOne command for each, with files of the examples folder.\n.nh\n.ad "
	      "l\n",
		out);
	for (size_t i = 0; i < n; i++)
		man_item(out, e[i].pattern, e[i].command);
}

static void man_control(void *out, const char *usage, const char *help)
{
	man_item(out, usage, help);
}

/* The words of filters, for the dashboard's / and for --filter. */
static void man_filters(FILE *out)
{
	man_line(out, ".SH FILTERS\n", item_filter_grammar);
	for (int f = 0; f < FIELD_COUNT; f++) {
		const struct item_field_info *info = item_field((enum item_field)f);
		char term[80];

		if (!info->values)
			continue;
		snprintf(term, sizeof(term), "%s: %s", info->name, info->values);
		man_item(out, term, info->help);
	}
}

void help_man_page(FILE *out)
{
	fprintf(out, ".TH SLUICE 1 \"\" \"%s\" \"User Commands\"\n", PACKAGE_STRING);
	fputs(".SH NAME\nsluice \\- terminal dashboard for interactive batch runs of API calls\n"
	      ".SH SYNOPSIS\n",
		out);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		man_line(out, i ? ".br\n" : "", command_row((enum command_id)i)->usage);
	}
	man_line(out, ".SH DESCRIPTION\n", about);
	fputs("The dashboard shows its keys with\n.BR ? .\n.SH COMMANDS\n", out);
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command_row *c = command_row((enum command_id)i);

		man_item(out, c->name, c->help);
	}
	man_options(out);
	fputs(".SH COMMANDS OF A RUN\nFor\n.BR ctl ,\nthe first ones only read; the others also "
	      "work "
	      "at the prompt of the dashboard.\n",
		out);
	each_control(man_control, out);
	man_filters(out);
	man_pairs(out, "EXIT STATUS OF CTL", ctl_exits, N_OF(ctl_exits));
	man_pairs(out, "INPUT", formats, N_OF(formats));
	man_configuration(out);
	man_pairs(out, "FILES", files, N_OF(files));
	man_pairs(out, "RESULT MEMBERS", members, N_OF(members));
	man_journal(out);
	man_snapshot(out);
	man_pairs(out, "ENVIRONMENT", variables, N_OF(variables));
	man_pairs(out, "EXIT STATUS", exits, N_OF(exits));
	man_pairs(out, "SIGNALS", signals, N_OF(signals));
	man_pairs(out, "EXAMPLES", examples, N_OF(examples));
	man_patterns(out);
}
