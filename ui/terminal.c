#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "guard.h"
#include "paint.h"
#include "screen.h"

/* A terminal may report any size; more than this is not a screen, and would cost memory and time.
 */
enum { MOST_ROWS = 300, MOST_COLS = 1000 };
enum { OUT_MAX = 16 << 20, KEEP_BYTES = 1 << 20, LEAVE_MS = 500, TITLE = 320 };

/* Terminals with a stack of titles bring back the old one; the others show none, rather than ours.
 */
static const char title_keep[] = "\033[22;2t", title_back[] = "\033]2;\033\\\033[23;2t";

struct terminal {
	struct ev_loop *loop;
	const struct terminal_calls *calls;
	void *ctx;
	int fd;
	struct screen *screen;
	struct termios saved;
	bool ours; /* raw mode and our screen are on */
	bool gone; /* hung up */
	bool repaint;
	int rows, cols;
	char title[TITLE];   /* "": as it was */
	struct canvas shown; /* the last frame */
	struct buf out;      /* bytes of the last frame, until the terminal has taken them */
	size_t written;      /* of them */
	ev_io readable, writable;
	ev_signal winch, tstp, cont, hup;
	ev_timer background; /* checks for the foreground once a second */
	ev_timer undecided;  /* a lone Esc is a key after a moment */
};

static bool in_foreground(const struct terminal *t)
{
	pid_t group = tcgetpgrp(t->fd);

	/* a terminal that is not the controlling one has no foreground group */
	return group < 0 || group == getpgrp();
}

static void watch_size(struct terminal *t)
{
	struct winsize w = {0};
	int rows = 24, cols = 80;

	if (!ioctl(t->fd, TIOCGWINSZ, &w) && w.ws_row && w.ws_col) {
		rows = w.ws_row < MOST_ROWS ? w.ws_row : MOST_ROWS;
		cols = w.ws_col < MOST_COLS ? w.ws_col : MOST_COLS;
	}
	if (rows == t->rows && cols == t->cols)
		return;
	t->rows = rows;
	t->cols = cols;
	screen_resize(t->screen, rows, cols);
	canvas_resize(&t->shown, rows, cols);
	t->repaint = true;
	t->calls->resized(t->ctx, rows, cols);
}

static void hang_up(struct terminal *t)
{
	if (t->gone)
		return;
	t->gone = true;
	t->ours = false;
	guard_disarm();
	ev_io_stop(t->loop, &t->readable);
	ev_io_stop(t->loop, &t->writable);
	ev_timer_stop(t->loop, &t->background);
	ev_timer_stop(t->loop, &t->undecided);
	buf_free(&t->out);
	t->written = 0;
	t->calls->hangup(t->ctx);
}

static void empty_out(struct terminal *t)
{
	buf_trim(&t->out, KEEP_BYTES);
	t->written = 0;
}

/* Writes as much as the terminal takes now; false when it is gone. */
static bool write_some(struct terminal *t)
{
	while (t->out.len) {
		ssize_t n = write(t->fd, t->out.data + t->written, t->out.len - t->written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
		t->written += (size_t)n;
		if (t->written == t->out.len)
			empty_out(t);
	}
	return true;
}

static void flush_out(struct terminal *t)
{
	if (!write_some(t))
		hang_up(t);
	else if (t->out.len)
		ev_io_start(t->loop, &t->writable);
	else
		ev_io_stop(t->loop, &t->writable);
}

/* For the last bytes of a screen: waits a bounded moment. */
static void flush_patiently(struct terminal *t)
{
	int64_t until = clock_mono_us() + LEAVE_MS * US_PER_MS;
	struct pollfd p = {t->fd, POLLOUT, 0};

	while (write_some(t) && t->out.len && clock_mono_us() < until)
		if (poll(&p, 1, LEAVE_MS) <= 0 || (p.revents & (POLLHUP | POLLERR)))
			break;
	empty_out(t);
	ev_io_stop(t->loop, &t->writable);
}

/* As cfmakeraw, but the character size stays. ISIG is off: ^C and ^Z are keys. */
static void set_raw(struct terminal *t)
{
	struct termios raw = t->saved;

	raw.c_iflag &= ~(
		tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON | IXOFF);
	raw.c_oflag &= ~(tcflag_t)OPOST;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(t->fd, TCSANOW, &raw);
}

static void arm_guard(struct terminal *t)
{
	size_t len;
	const char *restore = screen_restore_bytes(t->screen, &len);
	struct buf all;

	buf_init(&all, OUT_MAX);
	buf_add(&all, restore, len);
	buf_adds(&all, t->title[0] ? title_back : "");
	guard_arm(t->fd, &t->saved, all.data, all.len);
	buf_free(&all);
}

static void add_title(struct terminal *t)
{
	buf_addf(&t->out, "\033]2;%s\033\\", t->title);
}

/* Takes the terminal over; false in the background. */
static bool enter(struct terminal *t)
{
	if (t->gone || t->ours || !in_foreground(t) || tcgetattr(t->fd, &t->saved) != 0)
		return t->ours;
	arm_guard(t);
	set_raw(t);
	t->ours = true;
	if (t->title[0]) {
		buf_adds(&t->out, title_keep);
		add_title(t);
	}
	screen_enter(t->screen);
	t->repaint = true;
	ev_io_start(t->loop, &t->readable);
	watch_size(t);
	return true;
}

static void leave(struct terminal *t)
{
	if (!t->ours)
		return;
	ev_io_stop(t->loop, &t->readable);
	ev_timer_stop(t->loop, &t->undecided);
	/* a frame cut in the middle would leave half a sequence: finish it first */
	screen_leave(t->screen);
	screen_take(t->screen, &t->out);
	buf_adds(&t->out, t->title[0] ? title_back : "");
	flush_patiently(t);
	tcsetattr(t->fd, TCSANOW, &t->saved);
	guard_disarm();
	t->ours = false;
}

static void come_back(struct terminal *t)
{
	if (enter(t)) {
		ev_timer_stop(t->loop, &t->background);
		flush_out(t); /* the title */
		t->calls->ready(t->ctx);
	} else if (!t->gone) {
		ev_timer_again(t->loop, &t->background);
	}
}

void terminal_step_aside(struct terminal *t)
{
	if (!t->gone)
		leave(t);
}

void terminal_give(struct terminal *t, pid_t group)
{
	if (!t->gone && !t->ours)
		tcsetpgrp(t->fd, group);
}

/* SIGTTOU is ignored, or this would stop us. */
void terminal_take_back(struct terminal *t)
{
	if (t->gone)
		return;
	tcsetpgrp(t->fd, getpgrp());
	come_back(t);
}

void terminal_suspend(struct terminal *t)
{
	if (t->gone)
		return;
	leave(t);
	/* without libev's handler, the signal has its default effect */
	ev_signal_stop(t->loop, &t->tstp);
	signal(SIGTSTP, SIG_DFL);
	kill(0, SIGTSTP);
	ev_signal_start(t->loop, &t->tstp);
	come_back(t);
}

/* Hands on the keys that are there, and comes back for one that is not decided yet. */
static void take_keys(struct terminal *t)
{
	int64_t now_us = clock_mono_us(), due_us;
	int key;

	while (t->ours && screen_key(t->screen, now_us, &key))
		t->calls->key(t->ctx, key);
	ev_timer_stop(t->loop, &t->undecided);
	if (!t->ours)
		return;
	due_us = screen_key_due_us(t->screen);
	if (due_us) {
		ev_timer_set(&t->undecided, (double)(due_us - now_us) / US_PER_S + 0.001, 0.);
		ev_timer_start(t->loop, &t->undecided);
	}
	t->calls->keys_done(t->ctx);
}

static void on_undecided(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	take_keys(w->data);
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct terminal *t = w->data;
	struct pollfd p = {t->fd, POLLIN, 0};

	(void)loop;
	(void)revents;
	if (poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL))) {
		hang_up(t);
		return;
	}
	take_keys(t);
}

static void on_writable(struct ev_loop *loop, ev_io *w, int revents)
{
	struct terminal *t = w->data;

	(void)loop;
	(void)revents;
	flush_out(t);
	if (!t->gone && !t->out.len)
		t->calls->ready(t->ctx);
}

static void on_winch(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct terminal *t = w->data;

	(void)loop;
	(void)revents;
	if (t->ours)
		watch_size(t);
}

static void on_tstp(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop;
	(void)revents;
	terminal_suspend(w->data);
}

static void on_cont(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct terminal *t = w->data;

	(void)loop;
	(void)revents;
	if (!t->ours)
		come_back(t);
}

static void on_hup(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop;
	(void)revents;
	leave(w->data); /* it may have been sent by hand, with the terminal still there */
	hang_up(w->data);
}

static void on_background(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	come_back(w->data);
}

static int open_tty(void)
{
	int flags = O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
	int fd = open("/dev/tty", flags);
	const char *name = ttyname(STDERR_FILENO);

	return fd < 0 && name ? open(name, flags) : fd;
}

static bool no_terminal(struct error *err)
{
	return error_set(err, "cannot open a terminal: %s", strerror(errno));
}

bool terminal_there(struct error *err)
{
	int fd = open_tty();

	if (fd < 0)
		return no_terminal(err);
	close(fd);
	return true;
}

static void start_watchers(struct terminal *t)
{
	ev_io_init(&t->readable, on_readable, t->fd, EV_READ);
	ev_io_init(&t->writable, on_writable, t->fd, EV_WRITE);
	ev_signal_init(&t->winch, on_winch, SIGWINCH);
	ev_signal_init(&t->tstp, on_tstp, SIGTSTP);
	ev_signal_init(&t->cont, on_cont, SIGCONT);
	ev_signal_init(&t->hup, on_hup, SIGHUP);
	ev_init(&t->background, on_background);
	ev_init(&t->undecided, on_undecided);
	t->background.repeat = 1;
	t->readable.data = t->writable.data = t->winch.data = t->tstp.data = t->cont.data =
		t->hup.data = t->background.data = t->undecided.data = t;
	ev_signal_start(t->loop, &t->winch);
	ev_signal_start(t->loop, &t->tstp);
	ev_signal_start(t->loop, &t->cont);
	ev_signal_start(t->loop, &t->hup);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
}

struct terminal *terminal_open(struct ev_loop *loop, bool color, const struct terminal_calls *calls,
	void *ctx, struct error *err)
{
	int fd = open_tty();
	struct terminal *t;
	struct screen *screen;

	if (fd < 0) {
		no_terminal(err);
		return NULL;
	}
	screen = screen_new(fd, color, err);
	if (!screen) {
		close(fd);
		return NULL;
	}
	t = xcalloc(1, sizeof(*t));
	*t = (struct terminal){
		.loop = loop, .calls = calls, .ctx = ctx, .fd = fd, .screen = screen};
	buf_init(&t->out, OUT_MAX);
	canvas_init(&t->shown, glyphs_pick(UI_GLYPHS_ASCII, false), 1, 1);
	start_watchers(t);
	watch_size(t);
	come_back(t);
	return t;
}

void terminal_close(struct terminal *t)
{
	leave(t);
	ev_io_stop(t->loop, &t->readable);
	ev_io_stop(t->loop, &t->writable);
	ev_timer_stop(t->loop, &t->background);
	ev_timer_stop(t->loop, &t->undecided);
	ev_signal_stop(t->loop, &t->winch);
	ev_signal_stop(t->loop, &t->tstp);
	ev_signal_stop(t->loop, &t->cont);
	ev_signal_stop(t->loop, &t->hup);
	if (t->gone)
		signal(SIGHUP, SIG_IGN); /* everything else works without a terminal */
	screen_free(t->screen);
	buf_free(&t->out);
	canvas_free(&t->shown);
	close(t->fd);
	free(t);
}

void terminal_size(const struct terminal *t, int *rows, int *cols)
{
	*rows = t->rows;
	*cols = t->cols;
}

bool terminal_wants_frame(const struct terminal *t)
{
	return t->repaint;
}

bool terminal_can_draw(const struct terminal *t)
{
	return t->ours && !t->out.len;
}

void terminal_draw(struct terminal *t, const struct canvas *c, int row, int col)
{
	if (c->rows != t->rows || c->cols != t->cols)
		return;
	paint_canvas(c, &t->shown, t->repaint);
	screen_update(t->screen, t->repaint, row, col);
	t->repaint = false;
	screen_take(t->screen, &t->out);
	flush_out(t);
}

void terminal_redraw(struct terminal *t)
{
	t->repaint = true;
}

void terminal_set_theme(struct terminal *t, const struct theme *theme)
{
	screen_set_theme(t->screen, theme);
	t->repaint = true;
	if (t->ours)
		arm_guard(t);
}

void terminal_set_mouse(struct terminal *t, bool on)
{
	screen_set_mouse(t->screen, on);
	t->repaint = true; /* so that the terminal gets it again */
	if (t->ours)
		arm_guard(t);
}

bool terminal_takes_text(const struct terminal *t)
{
	return screen_takes_text(t->screen);
}

void terminal_set_title(struct terminal *t, const char *text)
{
	bool first = !t->title[0];

	if (!terminal_takes_text(t) || !strcmp(t->title, text))
		return;
	snprintf(t->title, sizeof(t->title), "%s", text);
	if (!t->ours)
		return;
	if (first) {
		buf_adds(&t->out, title_keep);
		arm_guard(t);
	}
	add_title(t);
	flush_out(t);
}

void terminal_send(struct terminal *t, const struct buf *bytes)
{
	if (!t->ours)
		return;
	buf_add(&t->out, bytes->data, bytes->len);
	flush_out(t);
}

void terminal_mouse_at(const struct terminal *t, int *row, int *col)
{
	screen_mouse_at(t->screen, row, col);
}
