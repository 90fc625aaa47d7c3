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
#include "keys.h"
#include "paint.h"

enum { ESCAPE_MS = 25 };

struct screen {
	FILE *out, *in; /* memory, and the terminal */
	SCREEN *curses;
	WINDOW *input; /* a pad: reading from it draws nothing */
	bool cursor_shown, mouse, takes_text;
	int mouse_row, mouse_col;
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
			"TERM=%.60s is not known, nor is xterm: install ncurses-base, or set "
			"TERMINFO to a folder of terminal types",
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
	if (paint_changed_palette())
		add_restore(s, "oc");
	for (size_t i = 0; i < sizeof(restore) / sizeof(restore[0]); i++)
		add_restore(s, restore[i]);
}

static void set_up(struct screen *s, bool color)
{
	set_escdelay(ESCAPE_MS);
	typeahead(-1);
	nonl();
	noecho();
	raw();
	leaveok(stdscr, FALSE);
	scrollok(stdscr, FALSE);
	s->input = newpad(1, 1);
	nodelay(s->input, TRUE);
	keypad(s->input, TRUE);
	mouseinterval(0); /* a press is a press: nothing waits for a second one */
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
		error_set(err, "no memory for the screen: %s", strerror(errno));
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
	*row = s->mouse_row;
	*col = s->mouse_col;
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

void screen_enter(struct screen *s)
{
	s->cursor_shown = true;
	keypad(s->input, TRUE);
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

/* Keys of curses as keys.h numbers them; 0: one without a meaning here. */
static int map_key(wint_t code)
{
	static const struct {
		wint_t code;
		int key;
	} map[] = {
		{KEY_UP, KEY_ARROW_UP},
		{KEY_DOWN, KEY_ARROW_DOWN},
		{KEY_PPAGE, KEY_PAGE_UP},
		{KEY_NPAGE, KEY_PAGE_DOWN},
		{KEY_HOME, KEY_GO_HOME},
		{KEY_END, KEY_GO_END},
		{KEY_F(1), KEY_FUNCTION_1},
		{KEY_LEFT, KEY_ARROW_LEFT},
		{KEY_RIGHT, KEY_ARROW_RIGHT},
		{KEY_DC, KEY_REMOVE},
		{KEY_BACKSPACE, KEY_RUBOUT},
		{KEY_ENTER, KEY_RETURN},
	};

	if (code >= KEY_F(2) && code <= KEY_F(12))
		return KEY_FUNCTION_2 + (int)(code - KEY_F(2));
	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].code == code)
			return map[i].key;
	return 0;
}

/* A mouse event as a key; 0: without a meaning here. */
static int mouse_key(struct screen *s)
{
	MEVENT e;

	if (getmouse(&e) != OK)
		return 0;
	s->mouse_row = e.y;
	s->mouse_col = e.x;
	return e.bstate & BUTTON1_PRESSED   ? KEY_CLICK
	       : e.bstate & BUTTON4_PRESSED ? KEY_WHEEL_UP
	       : e.bstate & BUTTON5_PRESSED ? KEY_WHEEL_DOWN
					    : 0;
}

bool screen_key(struct screen *s, int *key)
{
	wint_t code;
	int kind;

	while ((kind = wget_wch(s->input, &code)) != ERR) {
		*key = kind != KEY_CODE_YES ? (int)code
		       : code == KEY_MOUSE  ? mouse_key(s)
					    : map_key(code);
		if (*key == '\n')
			*key = KEY_RETURN;
		else if (*key == '\b')
			*key = KEY_RUBOUT;
		if (*key)
			return true;
	}
	return false;
}
