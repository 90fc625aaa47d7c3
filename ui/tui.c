#include "tui.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "lines.h"
#include "terminal.h"
#include "theme.h"
#include "view.h"

#define LOOK_EVERY_S 0.25
#define FRAME_GAP_S  0.1 /* at most ten frames a second */

struct tui {
	struct ev_loop *loop;
	struct port port;
	bool drain_on_hangup;
	bool skipped; /* a frame was due while the terminal took none */
	struct terminal *terminal;
	struct view *view;
	int64_t last_frame_us;
	ev_timer look; /* is there something new? */
	ev_timer soon; /* a frame put off because the last one was just now */
};

/* Looks at the run and draws when that changed anything. A terminal that has not taken the last
 * frame gets no new one; what is dirty stays so. */
static void look(struct tui *t)
{
	int row = -1, col = 0;

	t->skipped = !terminal_can_draw(t->terminal);
	if (t->skipped)
		return;
	if (t->view->want_redraw)
		terminal_redraw(t->terminal);
	t->view->want_redraw = false;
	if (!view_refresh(t->view) && !terminal_wants_frame(t->terminal))
		return;
	view_draw(t->view);
	if (!view_cursor(t->view, &row, &col))
		row = -1;
	t->last_frame_us = clock_mono_us();
	terminal_draw(t->terminal, &t->view->canvas, row, col);
}

static void look_soon(struct tui *t)
{
	double since = (double)(clock_mono_us() - t->last_frame_us) / US_PER_S;

	if (since >= FRAME_GAP_S) {
		look(t);
	} else if (!ev_is_active(&t->soon)) {
		ev_timer_set(&t->soon, FRAME_GAP_S - since, 0.);
		ev_timer_start(t->loop, &t->soon);
	}
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	look(w->data);
}

static void on_key(void *ctx, int key)
{
	struct tui *t = ctx;

	view_key(t->view, key);
	if (t->view->want_suspend) {
		t->view->want_suspend = false;
		terminal_suspend(t->terminal);
	}
}

static void on_keys_done(void *ctx)
{
	look_soon(ctx);
}

static void on_resized(void *ctx, int rows, int cols)
{
	struct tui *t = ctx;

	if (!t->view) /* the terminal is just being opened */
		return;
	view_resize(t->view, rows, cols);
	look_soon(t);
}

static void on_ready(void *ctx)
{
	struct tui *t = ctx;

	if (t->view && (t->skipped || terminal_wants_frame(t->terminal)))
		look_soon(t);
}

static void on_hangup(void *ctx)
{
	struct tui *t = ctx;
	struct command_reply reply;

	if (!t->view)
		return;
	ev_timer_stop(t->loop, &t->look);
	ev_timer_stop(t->loop, &t->soon);
	if (t->drain_on_hangup)
		port_command(&t->port, "drain", &reply);
}

static const struct terminal_calls calls = {on_key, on_keys_done, on_resized, on_ready, on_hangup};

static void add_line(void *ctx, const char *text)
{
	lines_add(ctx, "%s", text);
}

/* The theme asked for, else the default one. What is wrong with it is said in lines above the
 * dashboard. */
static void first_theme(const char *name, struct theme *out)
{
	struct lines *lines = lines_new();
	struct error err;

	if (!theme_load(name ? name : theme_default()->name, out, add_line, lines, &err)) {
		lines_add(lines, "%s", err.text);
		*out = *theme_default();
	}
	lines_free(lines);
}

struct tui *tui_new(struct ev_loop *loop, const struct port *port, const struct ui_config *config,
	struct error *err)
{
	const char *no_color = getenv("NO_COLOR");
	bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	struct tui *t = xcalloc(1, sizeof(*t));
	struct theme theme;
	int rows, cols;

	first_theme(config->theme, &theme);
	t->loop = loop;
	t->port = *port;
	t->drain_on_hangup = config->drain_on_hangup;
	t->terminal = terminal_open(loop, !no_color || !*no_color, &calls, t, err);
	if (!t->terminal) {
		free(t);
		return NULL;
	}
	terminal_set_theme(t->terminal, &theme);
	terminal_size(t->terminal, &rows, &cols);
	t->view = view_new(port, glyphs_pick(config->glyphs, utf8), config->read_only, rows, cols);
	ev_timer_init(&t->soon, on_look, 0., 0.);
	ev_timer_init(&t->look, on_look, 0., LOOK_EVERY_S);
	t->soon.data = t->look.data = t;
	ev_timer_start(loop, &t->look);
	return t;
}

void tui_free(struct tui *t)
{
	ev_timer_stop(t->loop, &t->look);
	ev_timer_stop(t->loop, &t->soon);
	terminal_close(t->terminal);
	view_free(t->view);
	free(t);
}
