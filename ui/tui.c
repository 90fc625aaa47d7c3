#include "tui.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lines.h"
#include "actions.h"
#include "clip.h"
#include "config_file.h"
#include "inspector_text.h"
#include "look_back.h"
#include "notify.h"
#include "outside.h"
#include "terminal.h"
#include "theme.h"
#include "view.h"

#define POLL_EVERY_S 0.25
#define FRAME_GAP_S  0.1  /* at most ten frames a second */
#define NEWS_GAP_S   0.03 /* what a key waits for comes in parts */

struct tui {
	struct ev_loop *loop;
	struct port port;
	void (*hung_up)(void *ctx);
	void *ctx;
	bool mouse; /* the terminal reports it */
	enum ui_notify notify_how;
	struct notify notify;
	struct theme theme;
	bool skipped; /* a frame was due while the terminal took none */
	struct terminal *terminal;
	uint64_t edited_line; /* of the item whose request is in the editor; 0: none is */
	char edited_id[64];
	struct outside outside;
	char config[4096]; /* the configuration file; "": the user's own */
	struct view *view;
	int64_t last_frame_us;
	ev_timer poll; /* is there something new? */
	ev_timer soon; /* a frame put off because the last one was just now */
};

/* Tells an operator who looks elsewhere. */
static void tell(struct tui *t)
{
	char text[NOTIFY_TEXT];
	struct buf out;

	if (t->notify_how == UI_NOTIFY_OFF)
		return;
	terminal_set_title(t->terminal, notify_title(look_now(t->view), text));
	if (!notify_news(&t->notify, look_now(t->view), text))
		return;
	buf_init(&out, sizeof(text) * 2);
	notify_add(&out, t->notify_how, terminal_takes_text(t->terminal), text);
	terminal_send(t->terminal, &out);
	buf_free(&out);
}

/* The view of a batch that was opened, or the one below it again. */
static void check_view(struct tui *t)
{
	struct view *v = batches_view(t->view);

	if (v == t->view)
		return;
	t->view = v;
	t->notify = (struct notify){.told_end = false};
}

static void draw(struct tui *t)
{
	int row = -1, col = 0;

	view_draw(t->view);
	if (!view_cursor(t->view, &row, &col))
		row = -1;
	t->last_frame_us = clock_mono_us();
	terminal_draw(t->terminal, &t->view->canvas, row, col);
}

/* Reads the run and draws if anything changed. A terminal that has not taken the last frame gets no
 * new one; dirty panels stay dirty. */
static void refresh(struct tui *t)
{
	t->skipped = !terminal_can_draw(t->terminal);
	if (t->skipped)
		return;
	check_view(t);
	if (t->view->want_redraw)
		terminal_redraw(t->terminal);
	t->view->want_redraw = false;
	if (view_refresh(t->view) || terminal_wants_frame(t->terminal))
		draw(t);
	tell(t);
}

static void refresh_after(struct tui *t, double gap_s)
{
	double since = (double)(clock_mono_us() - t->last_frame_us) / US_PER_S;

	if (since >= gap_s) {
		refresh(t);
	} else if (!ev_is_active(&t->soon) || ev_timer_remaining(t->loop, &t->soon) > gap_s) {
		ev_timer_stop(t->loop, &t->soon);
		ev_timer_set(&t->soon, gap_s - since, 0.);
		ev_timer_start(t->loop, &t->soon);
	}
}

static void refresh_soon(struct tui *t)
{
	refresh_after(t, FRAME_GAP_S);
}

void tui_news(struct tui *t)
{
	refresh_after(t, NEWS_GAP_S);
}

static void on_refresh(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	refresh(w->data);
}

struct complaints {
	char first[200];
	int more;
};

static void complain(void *ctx, const char *text)
{
	struct complaints *c = ctx;

	if (c->first[0])
		c->more++;
	else
		snprintf(c->first, sizeof(c->first), "%.160s", text);
}

/* The theme after the current one. */
static void next_theme(const struct tui *t, char *name)
{
	char names[THEME_LIST][THEME_NAME];
	size_t n = theme_list(names), i = 0;

	while (i < n && strcmp(names[i], t->theme.name) <= 0)
		i++;
	memcpy(name, names[i % n], THEME_NAME);
}

/* Shows the first of them. */
static void show_complaints(struct tui *t, const struct complaints *c)
{
	if (c->more)
		view_message(t->view, true, "%.170s (and %d more)", c->first, c->more);
	else if (c->first[0])
		view_message(t->view, true, "%s", c->first);
}

static void switch_theme(struct tui *t)
{
	struct complaints c = {"", 0};
	struct theme theme;
	struct error err;
	char name[sizeof(t->view->want_theme)];

	snprintf(name, sizeof(name), "%s", t->view->want_theme);
	t->view->want_theme[0] = '\0';
	if (!strcmp(name, "next"))
		next_theme(t, name);
	if (!theme_load(name, &theme, complain, &c, &err)) {
		view_message(t->view, true, "%.190s", err.text);
		return;
	}
	t->theme = theme;
	terminal_set_theme(t->terminal, &theme);
	if (!c.first[0])
		view_message(t->view, false, "theme %s", theme.name);
	show_complaints(t, &c);
}

/* Columns and order of the items for the next dashboards. */
static void save_wishes(struct tui *t)
{
	const struct item_query *q = &t->view->items.query;
	char columns[COLUMNS_TEXT], sort[40];
	struct error err;

	t->view->want_save = false;
	snprintf(sort, sizeof(sort), "%s%s", q->descending ? "-" : "", item_field(q->sort)->name);
	item_columns_text(&t->view->items.columns, columns);
	if (config_save(*t->config ? t->config : NULL,
		    t->view->items.columns.n ? columns : "default", sort, &err))
		view_message(t->view, false, "saved columns and order in %.150s",
			*t->config ? t->config : "~/.config/sluice/config");
	else
		view_message(t->view, true, "not kept: %.180s", err.text);
}

/* Into the clipboard of the operator's terminal, also through ssh. */
static void copy_text(struct tui *t)
{
	struct buf *text = &t->view->want_clip;
	struct buf out;

	if (terminal_takes_text(t->terminal)) {
		buf_init(&out, 2 * CLIP_MAX);
		clip_add(&out, text->data, text->len);
		terminal_send(t->terminal, &out);
		buf_free(&out);
	} else {
		view_message(
			t->view, true, "this terminal has no clipboard: save to a file with S");
	}
	buf_trim(text, 0);
	buf_clear(text);
}

static void on_outside_done(void *ctx, const char *kept, int status)
{
	struct tui *t = ctx;

	if (kept && t->edited_line)
		actions_ask_resend(t->view, t->edited_line, t->edited_id, kept);
	else if (kept)
		view_message(t->view, false, "your copy is %.170s", kept);
	else if (status)
		view_message(t->view, true, "it ended with an error: check PAGER and EDITOR");
	refresh_soon(t);
}

/* The first of the variables that says something. */
static const char *program_of(const char *first, const char *second, const char *usual)
{
	const char *a = getenv(first), *b = second ? getenv(second) : NULL;

	return a && *a ? a : b && *b ? b : usual;
}

/* The body of the item's request, as it is and without what the screen adds. False: there is none.
 */
static bool edit_request(struct tui *t, const char *name, struct error *err)
{
	const struct inspector *in = &t->view->inspector;
	struct item_detail d;
	struct buf text;
	bool ok;

	if (!port_detail(&t->view->port, in->line, &d))
		return error_set(err, "the item is gone");
	buf_init(&text, SIZE_MAX / 2);
	ok = inspector_request(&d, &text);
	if (ok) {
		t->edited_line = in->line;
		snprintf(t->edited_id, sizeof(t->edited_id), "%s", in->row.id);
		ok = outside_start(&t->outside, program_of("VISUAL", "EDITOR", "vi"), name,
			text.data, text.len, err);
	} else {
		error_set(err, "the request has no body to edit");
	}
	port_detail_free(&d);
	buf_free(&text);
	return ok;
}

static void open_outside(struct tui *t)
{
	const struct inspector *in = &t->view->inspector;
	bool pager = t->view->want_open == OPEN_PAGER, request = t->view->want_open == OPEN_REQUEST,
	     ok;
	char name[128];
	struct error err;

	t->view->want_open = OPEN_NOTHING;
	t->edited_line = 0;
	inspector_file_name(in, name, sizeof(name));
	if (request)
		ok = edit_request(t, name, &err);
	else
		ok = outside_start(&t->outside,
			pager ? program_of("PAGER", NULL, "less")
			      : program_of("VISUAL", "EDITOR", "vi"),
			name, in->doc.text, in->doc.len, &err);
	if (!ok)
		view_message(t->view, true, "%.190s", err.text);
}

static void on_key(void *ctx, int key)
{
	struct tui *t = ctx;
	int row, col;

	if (key == KEY_CLICK) {
		terminal_mouse_at(t->terminal, &row, &col);
		view_click(t->view, row, col);
	} else {
		view_key(t->view, key);
	}
	if (t->view->want_clip.len)
		copy_text(t);
	if (t->view->want_open)
		open_outside(t);
	if (t->view->want_save)
		save_wishes(t);
	if (t->view->want_theme[0])
		switch_theme(t);
	if (t->mouse != t->view->mouse) {
		t->mouse = t->view->mouse;
		terminal_set_mouse(t->terminal, t->mouse);
	}
	if (t->view->want_suspend) {
		t->view->want_suspend = false;
		terminal_suspend(t->terminal);
	}
}

static void on_keys_done(void *ctx)
{
	refresh_soon(ctx);
}

static void on_resized(void *ctx, int rows, int cols)
{
	struct tui *t = ctx;

	if (!t->view) /* the terminal is just being opened */
		return;
	view_resize(t->view, rows, cols);
	refresh_soon(t);
}

static void on_ready(void *ctx)
{
	struct tui *t = ctx;

	if (t->view && (t->skipped || terminal_wants_frame(t->terminal)))
		refresh_soon(t);
}

static void on_hangup(void *ctx)
{
	struct tui *t = ctx;

	if (!t->view)
		return;
	ev_timer_stop(t->loop, &t->poll);
	ev_timer_stop(t->loop, &t->soon);
	t->hung_up(t->ctx);
}

static const struct terminal_calls calls = {on_key, on_keys_done, on_resized, on_ready, on_hangup};

/* Errors stay on the terminal above the dashboard, too. */
static void add_line(void *ctx, const char *text)
{
	lines_add(lines_shared(), "%s", text);
	complain(ctx, text);
}

/* Applies the configuration file where the command line is silent, and the theme. */
static void read_wishes(struct tui *t, const struct ui_config *config, enum ui_glyphs *glyphs,
	struct config *file, struct complaints *c)
{
	struct error err;
	const char *name;

	if (!config_read(config->config, &t->port, file, add_line, c, &err))
		add_line(c, err.text);
	*glyphs = config->glyphs != UI_GLYPHS_AUTO ? config->glyphs : file->glyphs;
	name = config->theme ? config->theme : file->theme[0] ? file->theme : theme_default()->name;
	if (!theme_load(name, &t->theme, add_line, c, &err)) {
		add_line(c, err.text);
		t->theme = *theme_default();
	}
}

/* Braille and blocks where the terminal can be trusted to have them: the console's font has not. */
static const struct glyph_set *pick_glyphs(enum ui_glyphs wish)
{
	bool utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	const char *term = getenv("TERM");

	if (wish == UI_GLYPHS_AUTO && term && !strcmp(term, "linux"))
		wish = UI_GLYPHS_ASCII;
	return glyphs_pick(wish, utf8);
}

/* The columns and the order that the file was found to have. */
static void apply_lists(struct view *v, const struct config *file)
{
	char why[8];

	if (file->columns[0])
		item_columns_choose(&v->items.columns, file->columns, why, sizeof(why));
	if (file->sort[0])
		items_view_sort(&v->items, file->sort);
}

struct tui *tui_new(struct ev_loop *loop, const struct port *port, const struct ui_config *config,
	struct error *err)
{
	const char *no_color = getenv("NO_COLOR");
	struct tui *t = xcalloc(1, sizeof(*t));
	struct complaints c = {"", 0};
	enum ui_glyphs glyphs;
	struct config file;
	int rows, cols;

	t->loop = loop;
	t->port = *port;
	read_wishes(t, config, &glyphs, &file, &c);
	snprintf(t->config, sizeof(t->config), "%s", config->config ? config->config : "");
	t->hung_up = config->hung_up;
	t->notify_how = config->notify;
	t->ctx = config->ctx;
	t->terminal = terminal_open(loop, !no_color || !*no_color, &calls, t, err);
	if (!t->terminal) {
		free(t);
		return NULL;
	}
	outside_init(&t->outside, loop, t->terminal, on_outside_done, t);
	terminal_set_theme(t->terminal, &t->theme);
	terminal_size(t->terminal, &rows, &cols);
	t->view = view_new(port, pick_glyphs(glyphs), config->read_only, rows, cols);
	t->view->past = config->past;
	apply_lists(t->view, &file);
	t->view->coach.on = config->coach;
	t->view->leaving = config->leaving;
	if (config->notice)
		view_message(t->view, false, "%s", config->notice);
	show_complaints(t, &c);
	ev_timer_init(&t->soon, on_refresh, 0., 0.);
	ev_timer_init(&t->poll, on_refresh, 0., POLL_EVERY_S);
	t->soon.data = t->poll.data = t;
	ev_timer_start(loop, &t->poll);
	return t;
}

void tui_free(struct tui *t)
{
	ev_timer_stop(t->loop, &t->poll);
	ev_timer_stop(t->loop, &t->soon);
	if (t->view->below)
		t->view->want_below = true;
	check_view(t);
	look_live(t->view);
	port_snapshot(&t->port, &t->view->snap); /* the end may be news */
	tell(t);
	outside_free(&t->outside);
	terminal_close(t->terminal);
	view_free(t->view);
	free(t);
}
