#include "cli/attach.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lines.h"
#include "cli/attach_list.h"
#include "cli/batch_choice.h"
#include "remote/lifetime.h"

/* How long a service may take to say where a batch is reached. */
#define ASK_US (5 * US_PER_S)

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void attach_target_free(struct attach_target *t)
{
	free(t->name);
	free(t->socket);
	free(t->results);
	*t = (struct attach_target){NULL};
}

static enum attach_found take(const struct registry_entry *e, struct attach_target *out)
{
	*out = (struct attach_target){.name = copy(e->name),
		.socket = e->state ? NULL : copy(e->socket),
		.results = e->results && strcmp(e->results, "-") != 0 ? copy(e->results) : NULL,
		.pid = e->pid,
		.is_service = e->kind != NULL};
	return e->state ? ATTACH_FOUND_ENDED : ATTACH_FOUND;
}

static enum attach_found choose(const struct registry_list *runs, struct attach_target *out)
{
	const struct registry_entry *entries[ATTACH_LISTED];
	size_t n = attach_list_pick(runs, entries);
	enum { TEXT_MAX = 16 << 10 };
	char line[256];
	struct buf text;
	int choice = -1;

	buf_init(&text, TEXT_MAX);
	attach_list_write(entries, n, clock_wall_us() / US_PER_S, &text);
	fputs(buf_str(&text), stderr);
	buf_free(&text);
	while (choice < 0) {
		fputs("Which run? Number or name, Enter: 1, ^D: none. ", stderr);
		if (!fgets(line, sizeof(line), stdin)) {
			fputc('\n', stderr);
			return ATTACH_CHOSEN_NONE;
		}
		choice = attach_list_choice(entries, n, line);
	}
	return take(entries[choice], out);
}

/* The entry of the run that a choice names; NULL: it is a bare socket. */
static const struct registry_entry *entry_of(
	const struct registry_list *runs, const struct run_choice *choice)
{
	for (size_t i = 0; i < runs->n; i++)
		if (!runs->entries[i].state && runs->entries[i].socket &&
			!strcmp(runs->entries[i].socket, choice->socket))
			return &runs->entries[i];
	return NULL;
}

/* The newest run of that name, pid or results that has ended. */
static const struct registry_entry *ended_of(const struct registry_list *runs, const char *what)
{
	for (size_t i = runs->n; what && i-- > 0;) {
		const struct registry_entry *e = &runs->entries[i];
		char pid[24];

		snprintf(pid, sizeof(pid), "%" PRId64, e->pid);
		if (e->state && !e->kind && e->results && strcmp(e->results, "-") != 0 &&
			(!strcmp(e->name, what) || !strcmp(pid, what)))
			return e;
	}
	return NULL;
}

static size_t live(const struct registry_list *runs)
{
	size_t n = 0;

	for (size_t i = 0; i < runs->n; i++)
		n += !runs->entries[i].state;
	return n;
}

static enum attach_found find(const struct registry_list *runs, const char *what,
	struct attach_target *out, struct error *err)
{
	const struct registry_entry *e;
	struct batch_choice batch;
	struct run_choice choice;

	if (!what && live(runs) > 1)
		return choose(runs, out);
	switch (run_or_batch_choose(runs, what, ASK_US, &choice, &batch, err)) {
	case RUN_FOUND:
		e = entry_of(runs, &choice);
		if (e)
			return take(e, out);
		*out = (struct attach_target){.name = copy(choice.name),
			.socket = copy(choice.socket),
			.pid = choice.pid,
			.is_batch = choice.socket == batch.socket};
		return ATTACH_FOUND;
	case RUN_AMBIGUOUS:
		return ATTACH_AMBIGUOUS;
	case RUN_MISSING:
		break;
	}
	e = ended_of(runs, what);
	return e ? take(e, out) : ATTACH_MISSING;
}

enum attach_found attach_find(const char *what, struct attach_target *out, struct error *err)
{
	enum attach_found found = ATTACH_AMBIGUOUS;
	struct registry_list runs;

	*out = (struct attach_target){NULL};
	if (registry_list_read(&runs, true, err))
		found = find(&runs, what, out, err);
	registry_list_free(&runs);
	return found;
}

void attach_say_left(const struct attach_target *t, enum attach_end end)
{
	struct buf note;

	if (end == ATTACH_ENDED) {
		if (t->is_service)
			say("%s has ended; its batches go on when it is started again", t->name);
		return;
	}
	if (end == ATTACH_LOST) {
		say("%s stopped answering; sluice ps shows whether it still runs", t->name);
		return;
	}
	say("%s continues; come back with sluice attach %s", t->name, t->name);
	buf_init(&note, 1 << 10);
	if (t->pid && lifetime_note(t->pid, &note))
		say("%s", buf_str(&note));
	buf_free(&note);
}
