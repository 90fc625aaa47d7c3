/* `sluice export`: what is not in the output stands on stderr. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/lines.h"
#include "cli/commands.h"
#include "export/export.h"
#include "export/writer.h"

enum { EXIT_CODE_OK = 0, EXIT_CODE_USAGE = 2, EXIT_CODE_NO_RUN = 3, EXIT_CODE_IO = 4 };

static const int stops[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { STOPS = sizeof(stops) / sizeof(stops[0]) };

static const char *volatile temporary;

/* A file that is not whole must not stay. */
static void on_stop(int signal)
{
	if (temporary)
		unlink(temporary);
	raise(signal); /* the handler was taken away when it was called */
}

static void watch(const char *path)
{
	struct sigaction action = {.sa_flags = (int)SA_RESETHAND}, old;

	temporary = path;
	action.sa_handler = path ? on_stop : SIG_DFL;
	for (int i = 0; i < STOPS; i++)
		if (!sigaction(stops[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(stops[i], &action, NULL);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* What is in the output and what is not, when there is something to say. */
static void say_items(const struct export_settings *s, const struct export_summary *r)
{
	uint64_t left = r->failed + r->cancelled + r->ok;
	const char *where = s->split ? s->split : s->output ? s->output : "standard output";
	char text[400] = "";
	int n = 0;

	if (!s->output && !s->split && !left && r->unfinished <= 0 && !r->running)
		return;
	if (r->ok)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%" PRIu64 " ok", "; ", r->ok);
	if (r->failed)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%" PRIu64 " failed",
			n ? ", " : "; ", r->failed);
	if (r->cancelled)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s%" PRIu64 " cancelled",
			n ? ", " : "; ", r->cancelled);
	if (left)
		n += snprintf(text + n, sizeof(text) - (size_t)n, " left out (--state all)");
	if (r->unfinished > 0)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "; %" PRId64 " not finished",
			r->unfinished);
	if (r->running)
		snprintf(text + n, sizeof(text) - (size_t)n, "; the run is still live");
	say("%" PRIu64 " item%s exported to %s%s", r->items, plural(r->items), where, text);
}

static void warn_of_rows(const struct export_summary *r)
{
	if (r->changed)
		say_warning("%" PRIu64 " row%s of the input changed since %s asked (first: line "
			    "%" PRIu64 "); rows without their own custom_id are not joined",
			r->changed, plural(r->changed), r->changed == 1 ? "it was" : "they were",
			r->first_changed);
	if (r->lost)
		say_warning("%" PRIu64 " item%s: the input no longer has this line; they come last "
			    "in input order",
			r->lost, plural(r->lost));
	if (r->unfound)
		say_warning("--field %s: no item has this value", r->unfound);
}

static void warn(const struct export_summary *r)
{
	warn_of_rows(r);
	if (r->bad_lines)
		say_warning("%" PRIu64 " line%s of the run's files skipped: not records",
			r->bad_lines, plural(r->bad_lines));
	if (r->unreadable)
		say_warning("%" PRIu64 " item%s skipped: the run's files changed while sluice read "
			    "them",
			r->unreadable, plural(r->unreadable));
	if (r->long_cells)
		say_warning("%" PRIu64 " cell%s longer than %d characters: Excel cuts them",
			r->long_cells, plural(r->long_cells), SHEET_CELL_MAX);
	if (r->is_table && r->items >= SHEET_ROWS_MAX)
		say_warning(
			"the table has more than %d rows: Excel drops the rest", SHEET_ROWS_MAX);
}

int command_export(const struct export_settings *s)
{
	static const int codes[] = {[EXPORT_DONE] = EXIT_CODE_OK,
		[EXPORT_REFUSED] = EXIT_CODE_USAGE,
		[EXPORT_NO_RUN] = EXIT_CODE_NO_RUN,
		[EXPORT_NOT_WRITTEN] = EXIT_CODE_IO};
	struct export_summary summary;
	struct error err;
	enum export_end end = export_run(s, watch, &summary, &err);

	if (end == EXPORT_DONE) {
		say_items(s, &summary);
		warn(&summary);
	} else if (*err.text) {
		say("%s", err.text);
	}
	export_summary_free(&summary);
	return codes[end];
}
