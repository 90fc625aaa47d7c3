#include "batches.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "actions.h"
#include "view.h"

static void open_batch(struct view *v, const struct batch_row *b)
{
	if (batch_has_ended(b)) {
		view_message(v, true, "it has ended: sluice view %.150s", b->results);
		return;
	}
	snprintf(v->service.opening, sizeof(v->service.opening), "%s", b->id);
	v->port.ops->service->open(v->port.ctx, b->id);
	view_message(v, false, "opening %s", b->id);
}

static void ask_to_cancel(struct view *v, const struct batch_row *b)
{
	uint64_t left = b->total > b->done ? b->total - b->done : 0;
	char note[200];

	snprintf(v->question.command, sizeof(v->question.command), "cancel %s", b->id);
	snprintf(note, sizeof(note),
		"%" PRIu64 " in flight finish, what was answered is kept; it cannot be resumed",
		b->in_flight);
	actions_ask(v, note, "Cancel %s%s%.30s with %" PRIu64 " lines left?", b->id,
		b->owner[0] ? " of " : "", b->owner, left);
}

/* Open ones only: the list may show others, too. */
static uint64_t count_open(const struct view *v, bool paused)
{
	uint64_t n = 0;

	for (size_t i = 0; i < v->service.batches.n; i++)
		n += !batch_has_ended(&v->service.batch[i]) && v->service.batch[i].paused == paused;
	return n;
}

static void ask_for_all(struct view *v, const char *command)
{
	bool pauses = !strncmp(command, "pause", 5), filtered = v->service.filter[0];
	uint64_t n = count_open(v, !pauses);

	snprintf(v->question.command, sizeof(v->question.command), "%s", command);
	actions_ask(v,
		pauses ? "Of all clients. What is in flight finishes; new ones are not paused."
		       : "Of all clients, also those that were paused one by one.",
		filtered ? "%s all batches, also those that the filter hides?"
			 : "%s all %" PRIu64 " batches?",
		pauses ? "Pause" : "Resume", n);
}

static void weigh(struct view *v, const struct batch_row *b, const char *args)
{
	char text[BATCH_ID_SIZE + 40];

	snprintf(text, sizeof(text), *args ? "weigh %s %.20s" : "prompt weigh %s ", b->id, args);
	view_command(v, text);
}

/* The key that raises a raised batch, too, is told by the service. */
static void send(struct view *v, const char *verb, const struct batch_row *b)
{
	char text[BATCH_ID_SIZE + 16];

	snprintf(text, sizeof(text), "%s %s", verb, b->id);
	view_engine(v, text);
}

static void show_all(struct view *v)
{
	v->service.all = !v->service.all;
	v->unread = true;
	view_message(v, false, "%s",
		v->service.all ? "with the batches that ended" : "open batches only");
}

static void act_on(struct view *v, const char *args, const struct batch_row *b)
{
	if (!strcmp(args, "open"))
		open_batch(v, b);
	else if (batch_has_ended(b))
		view_message(v, true, "%s has ended: %s", b->id, b->status);
	else if (!strcmp(args, "toggle"))
		send(v, b->paused ? "resume" : "pause", b);
	else if (!strcmp(args, "cancel"))
		ask_to_cancel(v, b);
	else if (!strcmp(args, "raise") || !strcmp(args, "lower"))
		send(v, args, b);
	else if (!strncmp(args, "weigh", 5) && (!args[5] || args[5] == ' '))
		weigh(v, b, args + 5 + (args[5] == ' '));
	else
		view_message(v, true,
			"batch open, toggle, cancel, raise, lower, weigh, pause all, resume all "
			"or all");
}

void batches_run(struct view *v, const char *args)
{
	const struct batch_row *b;

	if (!port_is_service(&v->port)) {
		view_message(v, true, "this is a run, not a service: it has no batches");
		return;
	}
	if (!strcmp(args, "all")) {
		show_all(v);
		return;
	}
	if (!strcmp(args, "pause all") || !strcmp(args, "resume all")) {
		ask_for_all(v, args);
		return;
	}
	b = service_view_selected(&v->service);
	if (v->screen != SCREEN_BATCHES)
		view_message(v, true, "not here: 1 shows the batches");
	else if (!b)
		view_message(v, true, "no batch is selected: j and k select one");
	else
		act_on(v, args, b);
}

bool batches_only_look(const char *args)
{
	return !strcmp(args, "open") || !strcmp(args, "all");
}

/* The one batch here that begins so; NULL: none, or several. The service says so then. */
static const struct batch_row *batch_of(const struct view *v, const char *begin)
{
	const struct batch_row *found = NULL;

	for (size_t i = 0; i < v->service.batches.n; i++) {
		const struct batch_row *b = &v->service.batch[i];

		if (batch_has_ended(b) || strncmp(b->id, begin, strlen(begin)) != 0)
			continue;
		if (found)
			return NULL;
		found = b;
	}
	return *begin ? found : NULL;
}

bool batches_ask_first(struct view *v, const char *text)
{
	static const char cancel[] = "cancel ";
	const struct batch_row *b;

	if (v->read_only)
		return false;
	if (!strcmp(text, "pause all") || !strcmp(text, "resume all")) {
		ask_for_all(v, text);
		return true;
	}
	if (strncmp(text, cancel, sizeof(cancel) - 1) != 0)
		return false;
	b = batch_of(v, text + sizeof(cancel) - 1);
	if (b) {
		ask_to_cancel(v, b);
		return true;
	}
	snprintf(v->question.command, sizeof(v->question.command), "%.250s", text);
	actions_ask(v, "What was answered is kept; it cannot be resumed.", "%.100s?", text);
	return true;
}

/* ---- a batch's run above the service ---- */

static struct view *show_run(struct view *below, const struct port *port)
{
	struct view *v = view_new(port, below->canvas.glyphs, below->only_looks, below->canvas.rows,
		below->canvas.cols);

	v->below = below;
	v->leaving = below->leaving;
	v->past = below->past;
	v->items.columns = below->items.columns;
	v->items.query.sort = below->items.query.sort;
	v->items.query.descending = below->items.query.descending;
	v->mouse = below->mouse;
	v->want_redraw = true;
	return v;
}

static struct view *show_below(struct view *v)
{
	struct view *below = v->below;

	below->mouse = v->mouse;
	below->unread = below->want_redraw = true;
	below->message[0] = '\0';
	v->below = NULL;
	view_resize(below, v->canvas.rows, v->canvas.cols);
	view_free(v);
	below->port.ops->service->close(below->port.ctx);
	return below;
}

struct view *batches_view(struct view *v)
{
	struct port port;
	struct error err;

	if (v->below)
		return v->want_below ? show_below(v) : v;
	if (!v->service.opening[0])
		return v;
	switch (v->port.ops->service->opened(v->port.ctx, &port, &err)) {
	case BATCH_OPEN_LATER:
		return v;
	case BATCH_OPEN_FAILED:
		v->service.opening[0] = '\0';
		view_message(v, true, "%.190s", err.text);
		return v;
	case BATCH_OPEN_READY:
		break;
	}
	v->service.opening[0] = '\0';
	return show_run(v, &port);
}
