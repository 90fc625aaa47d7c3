#include "ui.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/lines.h"
#include "config_file.h"
#include "snapshot_json.h"
#include "theme.h"
#include "plain.h"
#include "screen.h"
#include "summary.h"
#include "terminal.h"
#include "tui.h"

struct ui {
	struct ev_loop *loop;
	struct port port;
	enum ui_kind kind;
	bool no_summary;
	bool leaves; /* the run goes on when it is left */
	struct tui *tui;
	struct lines *lines; /* the program's, of the plain and JSON kinds */
	struct plain plain;
	ev_timer every_second;
};

bool ui_terminal_usable(bool input_is_stdin, struct error *err)
{
	bool in = isatty(STDIN_FILENO), out = isatty(STDERR_FILENO);

	err->text[0] = '\0';
	if (!out)
		return in && isatty(STDOUT_FILENO) &&
		       error_set(err, "stderr is not the terminal; --ui tui shows it anyway");
	if (!in && !input_is_stdin)
		return error_set(err, "stdin is not the terminal; --ui tui shows it anyway");
	return screen_type(err) != NULL;
}

bool ui_terminal_there(struct error *err)
{
	return screen_type(err) && terminal_there(err);
}

static void print_json(struct ui *ui)
{
	enum { TEXT_MAX = 1 << 20 };
	struct buf text;
	struct json_writer w;

	/* a slow reader gets fresh numbers later rather than old ones now */
	if (lines_behind(ui->lines))
		return;
	buf_init(&text, TEXT_MAX);
	w = json_writer_to(&text);
	snapshot_json_of(&w, &ui->port);
	lines_add(ui->lines, "%s", buf_str(&text));
	buf_free(&text);
}

static void on_second(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct ui *ui = w->data;

	(void)loop;
	(void)revents;
	if (ui->kind == UI_KIND_PLAIN)
		plain_refresh(&ui->plain);
	else
		print_json(ui);
}

static void start_lines(struct ui *ui)
{
	ui->lines = lines_shared();
	ui->plain = (struct plain){.port = &ui->port, .lines = ui->lines};
	ev_timer_init(&ui->every_second, on_second, 0., 1.);
	ui->every_second.data = ui;
	ev_timer_start(ui->loop, &ui->every_second);
}

static void ignore(void *ctx, const char *text)
{
	(void)ctx;
	(void)text;
}

bool ui_theme_known(const char *name, struct error *err)
{
	struct theme theme;

	return theme_load(name, &theme, ignore, NULL, err);
}

static void warn_of(void *ctx, const char *text)
{
	(void)ctx;
	say_warning("%s", text);
}

void ui_check_config(const struct port *port, const char *path)
{
	struct config file;
	struct error err;

	if (!config_read(path, port, &file, warn_of, NULL, &err))
		warn_of(NULL, err.text);
}

struct ui *ui_new(struct ev_loop *loop, const struct port *port, const struct ui_config *config)
{
	struct ui *ui = xcalloc(1, sizeof(*ui));
	struct error err;

	/* of the locale only the characters: numbers keep their point in every file we write */
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_IGN);
	ui->loop = loop;
	ui->port = *port;
	ui->kind = config->kind;
	ui->no_summary = config->no_summary;
	ui->leaves = config->leaving != UI_LEAVING_ENDS;
	if (ui->kind != UI_KIND_TUI && ui->kind != UI_KIND_SUMMARY)
		ui_check_config(port, config->config);
	if (ui->kind == UI_KIND_TUI) {
		ui->tui = tui_new(loop, port, config, &err);
		if (ui->tui)
			return ui;
		ui->kind = UI_KIND_PLAIN;
		start_lines(ui);
		lines_add(ui->lines, "no dashboard: %s", err.text);
	} else if (ui->kind == UI_KIND_PLAIN || ui->kind == UI_KIND_JSON) {
		start_lines(ui);
		if (config->why_plain && config->why_plain[0])
			lines_add(ui->lines, "no dashboard: %s", config->why_plain);
	}
	return ui;
}

bool ui_is_interactive(const struct ui *ui)
{
	return ui->kind == UI_KIND_TUI;
}

void ui_news(struct ui *ui)
{
	if (ui->tui)
		tui_news(ui->tui);
}

/* A run that goes on elsewhere has no last figures. */
static bool wants_summary(const struct ui *ui)
{
	struct snapshot s;

	if (ui->no_summary || ui->port.ops->service || ui->kind == UI_KIND_NONE ||
		ui->kind == UI_KIND_JSON)
		return false;
	port_snapshot(&ui->port, &s);
	return !ui->leaves || s.state == RUN_DONE || s.state == RUN_STOPPED;
}

void ui_free(struct ui *ui)
{
	if (ui->tui)
		tui_free(ui->tui);
	if (ui->lines)
		ev_timer_stop(ui->loop, &ui->every_second);
	if (ui->kind == UI_KIND_PLAIN)
		plain_finish(&ui->plain);
	if (ui->kind == UI_KIND_JSON)
		print_json(ui);
	if (wants_summary(ui))
		summary_print(&ui->port, lines_shared());
	free(ui);
}
