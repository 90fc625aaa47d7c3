/* sluice-formats(5): the files that sluice reads and writes. */
#include "cli/man.h"
#include "cli/roff.h"
#include "ledger/journal_events.h"
#include "snapshot_fields.h"

static const struct help_pair mock_members[] = {
	{"path", "Full path of the request; absent: any path."},
	{"has", "Text that the request body must contain; absent: any body."},
	{"status", "HTTP status; absent: 200. An error status without a body gets the error body "
		   "of its API."},
	{"body", "Body of the answer: a string is sent unchanged, any other value as JSON."},
	{"text", "Text of the model, also in a stream; null: no text."},
	{"finish", "Finish reason, instead of the usual one."},
	{"headers", "Headers to add to the answer."},
	{"latency", "Time until the answer, such as \"3s\"."},
	{"times", "How often sluice uses the line before the next match."},
	{"drop", "true: close the connection without an answer."}, {NULL, NULL}};

/* "An attempt failed. Members: id (of the item), line (of the input)." */
static void print_event(FILE *out, const struct journal_row *event)
{
	const struct journal_member *m = event->members;

	fputs(".TP\n", out);
	roff_line(out, "\\fB", event->name);
	fputs("\\fR", out);
	roff_text(out, event->about);
	fputs(" Members: ", out);
	for (; m->name; m++) {
		roff_name(out, m->name);
		fputs(" (", out);
		roff_text(out, m->about);
		fputs(m[1].name ? "), " : ").\n", out);
	}
}

static void print_journal(FILE *out)
{
	fputs(".SH JOURNAL\n", out);
	roff_text(out, "Each line is a JSON object with the time (RFC 3339, UTC), the event, and "
		       "the members of the event. Empty members are omitted. Later versions may "
		       "add events and members; sluice skips lines with unknown events.\n");
	for (int k = JOURNAL_OTHER + 1; k < JOURNAL_KINDS; k++)
		print_event(out, journal_row_of((enum journal_kind)k));
}

/* "name (about), name (about: name (about))" */
static void print_fields(FILE *out, const struct field *fields)
{
	for (const struct field *f = fields; f->name; f++) {
		if (f->kind == FIELD_PART) {
			print_fields(out, f->fields);
		} else {
			roff_name(out, f->name);
			fputs(" (", out);
			roff_text(out, f->about);
			if (f->fields) {
				fputs(": ", out);
				print_fields(out, f->fields);
			}
			putc(')', out);
		}
		fputs(f[1].name ? ", " : "", out);
	}
}

static void print_snapshot(FILE *out)
{
	fputs(".SH SNAPSHOT\n", out);
	roff_text(out, "--ui json writes this object, one per line; --on-end and --on-hold get it "
		       "on standard input. Members that do not apply are omitted; an unknown "
		       "number is null. Later versions may add members.\n");
	for (const struct field *f = snapshot_fields; f->name; f++) {
		fputs(".TP\n", out);
		roff_line(out, "\\fB", f->name);
		fputs("\\fR", out);
		roff_text(out, f->about);
		if (f->fields) {
			fputs(": ", out);
			print_fields(out, f->fields);
		}
		putc('\n', out);
	}
}

static void print_configuration(FILE *out)
{
	static const char *const lines[] = {"[run]", "max-attempts = 8", "header = X-Team: reviews",
		"[endpoint west]", "url = https://west.example.com/v1", "key-env = WEST_KEY",
		"[prices]", "gpt-4o = 2.5,10,1.25", "* = 1,4", "[ui]", "theme = nord", "[keys]",
		"F5 = toggle pause", NULL};

	fputs(".SH CONFIGURATION\n", out);
	roff_text(out, "sluice first reads the file of --config, else ~/.config/sluice/config; "
		       "options on the command line override it. The section of a command sets its "
		       "long options: true or false for an option without a value, one line for "
		       "each use of a repeatable option. A line that begins with # or ; is a "
		       "comment; a space and a ; begin a comment at the end of a line.\n");
	roff_lines(out, lines);
	roff_text(out, "Unknown sections and names give a warning with file and line; an invalid "
		       "value ends the program before anything is sent. sluice run --print-config "
		       "prints the effective settings and their origin.\n");
	roff_heading(out, "SS", "Prices");
	roff_text(out, "[prices] sets MODEL = IN,OUT[,CACHED[,CACHE_WRITE]] in dollars per million "
		       "tokens; * is the price of all other models. The price of gpt-4o also "
		       "applies to gpt-4o-2024-08-06. --price overrides it for its model.\n");
}

struct role_list {
	FILE *out;
	bool any;
};

static void print_role(void *ctx, const char *name)
{
	struct role_list *l = ctx;

	fputs(l->any ? ", " : "The roles are ", l->out);
	roff_name(l->out, name);
	l->any = true;
}

static void print_theme(const struct dashboard_lists *lists, FILE *out)
{
	static const char *const lines[] = {"[roles]", "text = default", "good = green",
		"bad = bright-red bold", "selected = white on blue 24 #1f4f7f", NULL};
	struct role_list roles = {.out = out};

	fputs(".SH THEME\n", out);
	roff_text(out, "A theme is a file NAME.theme in ~/.config/sluice/themes, or any file that "
		       "--theme names. It sets the look of each role: a colour, \"on\" and a "
		       "background colour, and attributes (bold, dim, reverse, underline). A "
		       "colour is up to three words: a name (red, bright-red, default), a number "
		       "of the 256 colours, and #rrggbb; sluice uses the best one that the "
		       "terminal supports. Missing roles look as in the default theme.\n");
	roff_lines(out, lines);
	if (lists->roles)
		lists->roles(print_role, &roles);
	fputs(roles.any ? ".\n" : "", out);
}

static void print_mock_answers(FILE *out)
{
	static const char *const lines[] = {
		"{\"path\":\"/search\",\"has\":\"q-3\",\"body\":{\"hits\":[]}}",
		"{\"has\":\"q-4\",\"status\":429,\"times\":2,\"headers\":{\"Retry-After\":\"1\"}}",
		NULL};

	fputs(".SH MOCK ANSWERS\n", out);
	roff_text(out, "The file of sluice mock --answers has one answer per line. The mock API "
		       "uses the first line that matches the request and is not used up.\n");
	roff_lines(out, lines);
	for (const struct help_pair *m = mock_members; m->term; m++)
		roff_item(out, m->term, m->text);
}

void man_print_formats(const struct dashboard_lists *lists, FILE *out)
{
	roff_page(out, "sluice-formats", 5, "files that sluice reads and writes");
	roff_line(out, ".SH DESCRIPTION\n",
		"This page describes the input of a run, the files that it writes, the "
		"configuration file, themes and the answers of the mock API.");
	roff_pairs(out, "INPUT", help_inputs);
	roff_pairs(out, "FILES OF A RUN", help_files);
	roff_heading(out, "SH", "RESULTS AND ERRORS");
	roff_text(out, "Each line is an object of OpenAI's batch output: custom_id, response "
		       "(status_code, request_id, body), error (code, message), and the metadata "
		       "of the input line. --result-format anthropic writes custom_id and result "
		       "as in Anthropic's batch results. Both have a member sluice with:\n");
	for (const struct help_pair *m = help_members; m->term; m++)
		roff_item(out, m->term, m->text);
	print_journal(out);
	print_snapshot(out);
	print_configuration(out);
	print_theme(lists, out);
	print_mock_answers(out);
	fputs(".SH SEE ALSO\n.BR sluice (1),\n.BR sluice\\-run (1),\n.BR sluice\\-pipeline (5)\n",
		out);
}
