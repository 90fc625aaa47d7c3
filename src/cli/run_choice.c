#include "cli/run_choice.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/parse.h"
#include "base/text.h"

/* What is known of the text that names a run. */
struct wanted {
	const char *text;
	int64_t pid; /* 0: it is no number */
	bool exists; /* a file of this name */
	struct stat file;
};

static bool goes_on(const struct registry_entry *e)
{
	return !e->state;
}

void run_choice_names(const struct registry_list *runs, char *out, size_t size)
{
	size_t len = 0, shown = 0, live = 0;
	char more[40];

	out[0] = '\0';
	for (size_t i = 0; i < runs->n; i++)
		live += goes_on(&runs->entries[i]);
	for (size_t i = 0; i < runs->n; i++) {
		const struct registry_entry *e = &runs->entries[i];

		if (!goes_on(e))
			continue;
		if (len + strlen(e->name) + sizeof(more) + 20 > size) {
			snprintf(more, sizeof(more), " and %zu more", live - shown);
			snprintf(out + len, size - len, "%s", more);
			return;
		}
		len += (size_t)snprintf(out + len, size - len, "%s%s (%" PRId64 ")",
			shown ? ", " : "", e->name, e->pid);
		shown++;
	}
	if (!live)
		snprintf(out, size, "none");
}

static bool is_file(const struct wanted *w, const char *path)
{
	struct stat st;

	return path && w->exists && !stat(path, &st) && st.st_dev == w->file.st_dev &&
	       st.st_ino == w->file.st_ino;
}

static bool is_meant(const struct wanted *w, const struct registry_entry *e)
{
	return (w->pid && w->pid == e->pid) || !strcmp(w->text, e->name) ||
	       is_file(w, e->results) || is_file(w, e->input) || is_file(w, e->socket);
}

/* Says what was found instead of a run that goes on. */
static void say_missing(const struct registry_list *runs, const struct wanted *w, struct error *err)
{
	const struct registry_entry *last = NULL;
	char names[300], ended[40] = "killed";

	for (size_t i = 0; i < runs->n; i++)
		if (!goes_on(&runs->entries[i]) && is_meant(w, &runs->entries[i]))
			last = &runs->entries[i];
	if (last) {
		if (last->ended >= 0)
			clock_rfc3339(last->ended * US_PER_S, ended, sizeof(ended));
		error_set(err, "the run %s (pid %" PRId64 ") is over: %s%s%s", last->name,
			last->pid, last->state, last->ended >= 0 ? " at " : "",
			last->ended >= 0 ? ended : "");
		return;
	}
	run_choice_names(runs, names, sizeof(names));
	error_set(err, "no live run \"%.120s\"; live runs: %s", w->text, names);
}

static enum run_found one_of(const struct registry_list *runs, const struct wanted *w,
	struct run_choice *out, struct error *err)
{
	const struct registry_entry *first = NULL;
	char names[340] = "";
	size_t len = 0, n = 0;

	for (size_t i = 0; i < runs->n; i++) {
		const struct registry_entry *e = &runs->entries[i];

		if (!goes_on(e) || (w && !is_meant(w, e)))
			continue;
		first = first ? first : e;
		if (len < sizeof(names))
			len += (size_t)snprintf(names + len, sizeof(names) - len,
				"%s%s (pid %" PRId64 ")", n ? ", " : "", e->name, e->pid);
		n++;
	}
	if (n == 1) {
		*out = (struct run_choice){first->name, first->socket, first->pid};
		return RUN_FOUND;
	}
	if (n > 1 && w)
		error_set(err, "\"%.100s\" matches %zu runs: %s; give the pid", w->text, n, names);
	else if (n > 1)
		error_set(err, "several live runs: name one of %s", names);
	return n ? RUN_AMBIGUOUS : RUN_MISSING;
}

enum run_found run_choose(const struct registry_list *runs, const char *what,
	struct run_choice *out, struct error *err)
{
	struct wanted w = {.text = what};
	enum run_found found;

	if (!what) {
		found = one_of(runs, NULL, out, err);
		if (found == RUN_MISSING)
			error_set(err, "no live runs");
		return found;
	}
	if (!parse_count(what, 1, INT_MAX, &w.pid) || strspn(what, "0123456789") != strlen(what))
		w.pid = 0;
	w.exists = !stat(what, &w.file);
	found = one_of(runs, &w, out, err);
	if (found != RUN_MISSING)
		return found;
	if (w.exists && S_ISSOCK(w.file.st_mode)) {
		*out = (struct run_choice){.name = what, .socket = what};
		return RUN_FOUND;
	}
	say_missing(runs, &w, err);
	return RUN_MISSING;
}
