#include "config.h" /* first: it asks for memfd_create */

#include "screen.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#include <unistd.h>

#include "base/alloc.h"
#include "keyboard.h"
#include "keys.h"
#include "paint.h"

/* Pasted text comes between marks, so that it is never taken for keys. */
#define PASTES_ON  "\033[?2004h"
#define PASTES_OFF "\033[?2004l"

struct screen {
	FILE *out, *in; /* memory, and the terminal */
	SCREEN *curses;
	WINDOW *input; /* a pad: it has the modes of the keypad */
	bool cursor_shown, mouse, takes_text;
	bool marks_pastes; /* the terminal understands such a request */
	struct keyboard keyboard;
	unsigned char bytes[256]; /* read, not yet taken */
	size_t bytes_n, bytes_at;
	char restore[256];
	size_t restore_len;
};

enum type_kind { TYPE_UNKNOWN, TYPE_SIMPLE, TYPE_USABLE };

static enum type_kind type_kind(const char *name)
{
	const char *cup;
	enum type_kind kind;
	int fault;

	if (setupterm(name, STDERR_FILENO, &fault) != OK)
		return fault == 0 || fault == -1 ? TYPE_UNKNOWN : TYPE_SIMPLE;
	cup = tigetstr("cup");
	kind = cup && cup != (char *)-1 && *cup ? TYPE_USABLE : TYPE_SIMPLE;
	del_curterm(cur_term); /* cup belongs to it */
	return kind;
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The entry of a terminal that understands what this one does. Emulators younger than this
 * machine's terminfo follow xterm. */
static const char *stand_in(const char *term)
{
	static const struct {
		const char *begins, *entry[2];
	} families[] = {
		{"screen", {"screen-256color", "screen"}},
		{"tmux", {"screen-256color", "screen"}},
		{"rxvt", {"rxvt-unicode-256color", "rxvt"}},
		{"linux", {"linux", "vt220"}},
		{"vt", {"vt220", "vt100"}},
		{"", {"xterm-256color", "xterm"}},
	};
	size_t i = 0;

	while (!begins(term, families[i].begins))
		i++;
	for (int k = 0; k < 2; k++)
		if (type_kind(families[i].entry[k]) == TYPE_USABLE)
			return families[i].entry[k];
	return NULL;
}

/* Names that say nothing of a terminal. */
static bool is_no_type(const char *term)
{
	static const char *const names[] = {"dumb", "unknown", "network", "dialup", "emacs"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(term, names[i]))
			return true;
	return false;
}

const char *screen_type(struct error *err)
{
	static const char remedy[] = "if your terminal can, set TERM=xterm-256color";
	const char *term = getenv("TERM"), *type;

	if (!term || !*term) {
		error_set(err, "TERM is not set; %s", remedy);
		return NULL;
	}
	if (is_no_type(term) || type_kind(term) == TYPE_SIMPLE) {
		error_set(err, "TERM=%.60s cannot move the cursor; %s", term, remedy);
		return NULL;
	}
	type = type_kind(term) == TYPE_USABLE ? term : stand_in(term);
	if (!type)
		error_set(err,
			"TERM=%.60s and xterm are unknown: install ncurses-base, or set TERMINFO "
			"to a folder of terminal types",
			term);
	return type;
}

static int memory_file(void)
{
	FILE *f;
	int fd = -1;

#ifdef HAVE_MEMFD_CREATE
	fd = memfd_create("screen", MFD_CLOEXEC);
#endif
	if (fd >= 0)
		return fd;
	f = tmpfile();
	if (!f)
		return -1;
	fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 0);
	fclose(f);
	return fd;
}

/* Curses installs handlers where it finds none; the loop and the engine own these signals. */
static SCREEN *open_quietly(const char *type, FILE *out, FILE *in)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH};
	struct sigaction old[4];
	SCREEN *s;

	for (int i = 0; i < 4; i++)
		sigaction(signals[i], NULL, &old[i]);
	/* they are not about this terminal; use_env(FALSE) would ignore them too, but then refuses
	 * types without a size, such as linux */
	unsetenv("LINES");
	unsetenv("COLUMNS");
	s = newterm(type, out, in);
	for (int i = 0; i < 4; i++)
		sigaction(signals[i], &old[i], NULL);
	return s;
}

/* XT: titles as in xterm; tsl: the status line, which is the title where it begins an OSC. */
static bool takes_text(const char *type)
{
	const char *tsl = tigetstr("tsl");

	return tigetflag("XT") > 0 || (tsl && tsl != (char *)-1 && begins(tsl, "\033]")) ||
	       begins(type, "screen") || begins(type, "tmux");
}

/* Appends a capability without its padding ($<5>). */
static void add_restore(struct screen *s, const char *capability)
{
	const char *text = tigetstr(capability);

	if (!text || text == (char *)-1)
		return;
	while (*text && s->restore_len < sizeof(s->restore)) {
		const char *end = !strncmp(text, "$<", 2) ? strchr(text, '>') : NULL;

		if (end)
			text = end + 1;
		else
			s->restore[s->restore_len++] = *text++;
	}
}

static void set_restore(struct screen *s)
{
	static const char *const restore[] = {"sgr0", "rmkx", "rmcup", "cnorm"};
	static const char no_mouse[] = "\033[?1000;1006l";

	s->restore_len = 0;
	if (s->mouse) {
		memcpy(s->restore, no_mouse, strlen(no_mouse));
		s->restore_len = strlen(no_mouse);
	}
	if (s->marks_pastes) {
		memcpy(s->restore + s->restore_len, PASTES_OFF, strlen(PASTES_OFF));
		s->restore_len += strlen(PASTES_OFF);
	}
	if (paint_changed_palette())
		add_restore(s, "oc");
	for (size_t i = 0; i < sizeof(restore) / sizeof(restore[0]); i++)
		add_restore(s, restore[i]);
}

/* Sequences of keys as the terminal's description has them; keyboard.c knows the usual ones. */
static void learn_keys(struct keyboard *k)
{
	static const struct {
		const char *capability;
		int key;
	} keys[] = {{"kcuu1", KEY_ARROW_UP}, {"kcud1", KEY_ARROW_DOWN}, {"kcub1", KEY_ARROW_LEFT},
		{"kcuf1", KEY_ARROW_RIGHT}, {"khome", KEY_GO_HOME}, {"kend", KEY_GO_END},
		{"kpp", KEY_PAGE_UP}, {"knp", KEY_PAGE_DOWN}, {"kdch1", KEY_REMOVE},
		{"kent", KEY_RETURN}, {"kcbt", KEY_BACK_TAB}, {"kf1", KEY_FUNCTION_1}};
	const char *text;
	char name[8];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if ((text = tigetstr(keys[i].capability)) && text != (char *)-1)
			keyboard_learn(k, text, keys[i].key);
	for (int f = 2; f <= 12; f++) {
		snprintf(name, sizeof(name), "kf%d", f);
		if ((text = tigetstr(name)) && text != (char *)-1)
			keyboard_learn(k, text, KEY_FUNCTION_2 + f - 2);
	}
}

static bool is_ansi(void)
{
	const char *cup = tigetstr("cup");

	return cup && cup != (char *)-1 && !strncmp(cup, "\033[", 2);
}

static void set_up(struct screen *s, bool color)
{
	typeahead(-1);
	nonl();
	noecho();
	raw();
	leaveok(stdscr, FALSE);
	scrollok(stdscr, FALSE);
	s->input = newpad(1, 1);
	keypad(s->input, TRUE);
	s->marks_pastes = is_ansi();
	learn_keys(&s->keyboard);
	paint_init(color);
	set_restore(s);
}

struct screen *screen_new(int tty, bool color, struct error *err)
{
	struct screen *s = xcalloc(1, sizeof(*s));
	const char *type = screen_type(err);
	int out = memory_file(), in = fcntl(tty, F_DUPFD_CLOEXEC, 0);

	s->out = out >= 0 ? fdopen(out, "w") : NULL;
	s->in = in >= 0 ? fdopen(in, "r") : NULL;
	if (!s->out || !s->in)
		error_set(err, "out of memory for the screen: %s", strerror(errno));
	else if (type)
		s->curses = open_quietly(type, s->out, s->in);
	if (!s->curses) {
		if (type && s->out && s->in)
			error_set(err, "curses cannot use the terminal type %.60s", type);
		screen_free(s);
		return NULL;
	}
	s->takes_text = takes_text(type);
	set_up(s, color);
	return s;
}

void screen_free(struct screen *s)
{
	if (s->input)
		delwin(s->input);
	if (s->curses) {
		set_term(s->curses);
		delscreen(s->curses);
	}
	if (s->out)
		fclose(s->out);
	if (s->in)
		fclose(s->in);
	free(s);
}

bool screen_takes_text(const struct screen *s)
{
	return s->takes_text;
}

void screen_set_theme(struct screen *s, const struct theme *theme)
{
	paint_theme(theme);
	set_restore(s);
}

void screen_set_mouse(struct screen *s, bool on)
{
	mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	s->mouse = on;
	set_restore(s);
}

void screen_mouse_at(const struct screen *s, int *row, int *col)
{
	*row = s->keyboard.mouse_row;
	*col = s->keyboard.mouse_col;
}

const char *screen_restore_bytes(const struct screen *s, size_t *len)
{
	*len = s->restore_len;
	return s->restore;
}

void screen_resize(struct screen *s, int rows, int cols)
{
	(void)s;
	resizeterm(rows, cols);
}

/* Bytes that curses knows nothing of, in order with its own. putp() writes to stdout, which holds
 * them back. */
static void add_bytes(struct screen *s, const char *bytes)
{
	fputs(bytes, s->out);
	fflush(s->out);
}

void screen_enter(struct screen *s)
{
	s->cursor_shown = true;
	keypad(s->input, TRUE);
	if (s->marks_pastes)
		add_bytes(s, PASTES_ON);
	/* keys that were typed for the shell are none of ours */
	s->bytes_n = s->bytes_at = 0;
	keyboard_reset(&s->keyboard);
}

void screen_leave(struct screen *s)
{
	curs_set(1);
	s->cursor_shown = true;
	/* tmux would put lines of this screen on top of the one it brings back when the window has
	 * grown meanwhile: leave nothing on it. */
	erase();
	clearok(curscr, TRUE);
	refresh();
	if (s->marks_pastes)
		add_bytes(s, PASTES_OFF);
	endwin();
}

void screen_update(struct screen *s, bool from_scratch, int cursor_row, int cursor_col)
{
	bool show = cursor_row >= 0;

	if (from_scratch)
		clearok(curscr, TRUE);
	if (show)
		move(cursor_row, cursor_col);
	wnoutrefresh(stdscr);
	doupdate();
	if (show != s->cursor_shown) {
		curs_set(show ? 1 : 0);
		s->cursor_shown = show;
	}
}

void screen_take(struct screen *s, struct buf *out)
{
	int fd = fileno(s->out);
	off_t size;

	fflush(s->out);
	size = lseek(fd, 0, SEEK_END);
	if (size > 0 && buf_reserve(out, (size_t)size)) {
		ssize_t n = pread(fd, out->data + out->len, (size_t)size, 0);

		if (n > 0)
			out->len += (size_t)n;
	}
	if (ftruncate(fd, 0) == 0)
		lseek(fd, 0, SEEK_SET);
}

/* Bytes that are there already; false: there are none. */
static bool read_bytes(struct screen *s)
{
	ssize_t n;

	do
		n = read(fileno(s->in), s->bytes, sizeof(s->bytes));
	while (n < 0 && errno == EINTR);
	s->bytes_at = 0;
	s->bytes_n = n > 0 ? (size_t)n : 0;
	return s->bytes_n;
}

bool screen_key(struct screen *s, int64_t now_us, int *key)
{
	struct keyboard *k = &s->keyboard;

	for (;;) {
		if (keyboard_key(k, key))
			return true;
		if (s->bytes_at == s->bytes_n && !read_bytes(s))
			break;
		keyboard_take(k, s->bytes[s->bytes_at++], now_us);
	}
	keyboard_expire(k, now_us);
	return keyboard_key(k, key);
}

int64_t screen_key_due_us(const struct screen *s)
{
	return keyboard_due_us(&s->keyboard);
}
