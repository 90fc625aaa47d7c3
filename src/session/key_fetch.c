#include "session/key_fetch.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"

static void close_command(struct key_fetch *f)
{
	ev_io_stop(f->loop, &f->out);
	ev_child_stop(f->loop, &f->child);
	ev_timer_stop(f->loop, &f->limit);
	key_command_close(f->command);
	free(f->command);
	f->command = NULL;
}

/* Its process ends soon, and on_child() is called. */
static void kill_command(struct key_fetch *f)
{
	ev_io_stop(f->loop, &f->out);
	key_command_kill(f->command);
}

static void read_output(struct key_fetch *f)
{
	enum key_output output = key_command_read(f->command);

	if (output != KEY_OUTPUT_MORE)
		ev_io_stop(f->loop, &f->out);
	if (output != KEY_OUTPUT_LONG)
		return;
	key_command_too_long(&f->stopped);
	kill_command(f);
}

static void on_output(struct ev_loop *loop, ev_io *w, int events)
{
	(void)loop, (void)events;
	read_output(w->data);
}

static void on_limit(struct ev_loop *loop, ev_timer *w, int events)
{
	struct key_fetch *f = w->data;

	(void)loop, (void)events;
	key_command_too_slow(KEY_COMMAND_US, &f->stopped);
	kill_command(f);
}

static void on_child(struct ev_loop *loop, ev_child *w, int events)
{
	struct key_fetch *f = w->data;
	struct error why;
	char *key = NULL;

	(void)loop, (void)events;
	if (ev_is_active(&f->out))
		read_output(f);
	why = f->stopped; /* "" unless it was killed */
	if (!f->stopped.text[0])
		key = key_command_key(f->command, w->rstatus, &why);
	/* what it left behind in its group would go on unseen */
	key_command_kill(f->command);
	close_command(f);
	f->done(f, key, &why);
}

void key_fetch_init(struct key_fetch *f, struct ev_loop *loop, key_fetched *done, void *ctx)
{
	*f = (struct key_fetch){.loop = loop, .done = done, .ctx = ctx};
	ev_init(&f->out, on_output);
	ev_init(&f->child, on_child);
	ev_init(&f->limit, on_limit);
	f->out.data = f->child.data = f->limit.data = f;
}

bool key_fetch_start(struct key_fetch *f, const char *command, struct error *why)
{
	f->stopped.text[0] = '\0';
	f->command = xmalloc(sizeof(*f->command));
	if (!key_command_start(f->command, command, true, why)) {
		free(f->command);
		f->command = NULL;
		return false;
	}
	ev_io_set(&f->out, f->command->out, EV_READ);
	ev_child_set(&f->child, f->command->pid, 0);
	ev_timer_set(&f->limit, (double)KEY_COMMAND_US / US_PER_S, 0.);
	ev_io_start(f->loop, &f->out);
	ev_child_start(f->loop, &f->child);
	ev_timer_start(f->loop, &f->limit);
	return true;
}

void key_fetch_stop(struct key_fetch *f)
{
	if (!f->command)
		return;
	kill_command(f);
	close_command(f);
}
