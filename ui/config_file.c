#include "config_file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/inifile.h"
#include "base/config_paths.h"
#include "item_columns.h"
#include "items_view.h"
#include "keys.h"

struct reading {
	const struct port *port;
	struct config *config;
	void (*warn)(void *ctx, const char *text);
	void *ctx;
	bool of_ours; /* the warning to come is about a pair of [ui] or [keys] */
};

static bool engine_knows(const struct port *port, const char *command)
{
	size_t n;
	const struct command_info *c = port_commands(port, &n);

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(c[i].name);

		if (!strncmp(command, c[i].name, len) && (!command[len] || command[len] == ' '))
			return true;
	}
	return false;
}

static bool bind(const struct reading *r, const char *name, const char *command, struct error *err)
{
	int key = binding_key_of(name);
	const char *args;

	if (key < 0)
		return error_set(err,
			"unknown key \"%.40s\"; keys are characters, ^X, Space, Enter, Tab, Esc, "
			"Up, PgUp, F1, Colon and the like",
			name);
	/* a service has other commands than the runs of its batches */
	if (strcmp(command, "nothing") != 0 && !ui_command_find(command, &args) &&
		!r->port->ops->service && !engine_knows(r->port, command))
		return error_set(err,
			"unknown command \"%.60s\"; the help (?) lists all; \"nothing\" unbinds a "
			"key",
			command);
	return binding_set(key, command, err);
}

static bool set_ui(struct config *c, const char *name, const char *value, struct error *err)
{
	struct item_columns columns = {.n = 0};
	struct items_view items = {.follow = false};
	char why[240];
	static const char *const glyphs[] = {"auto", "braille", "block", "ascii"};

	if (!strcmp(name, "theme")) {
		snprintf(c->theme, sizeof(c->theme), "%s", value);
		return true;
	}
	if (!strcmp(name, "columns")) {
		if (!item_columns_choose(&columns, value, why, sizeof(why)))
			return error_set(err, "%s", why);
		snprintf(c->columns, sizeof(c->columns), "%s", value);
		return true;
	}
	if (!strcmp(name, "sort")) {
		if (!items_view_sort(&items, value))
			return error_set(err,
				"sort: unknown field \"%.40s\"; give a field of the items, with - "
				"before it to sort descending",
				value);
		snprintf(c->sort, sizeof(c->sort), "%s", value);
		return true;
	}
	if (strcmp(name, "glyphs") != 0)
		return error_set(
			err, "[ui] has theme, glyphs, columns and sort, not \"%.40s\"", name);
	for (int i = 0; i < 4; i++) {
		if (!strcmp(value, glyphs[i])) {
			c->glyphs = (enum ui_glyphs)i;
			return true;
		}
	}
	return error_set(err, "glyphs are auto, braille, block or ascii, not \"%.40s\"", value);
}

/* Other sections are read with the command line, which complains about them. */
static bool on_pair(
	void *ctx, const char *section, const char *name, const char *value, struct error *err)
{
	struct reading *r = ctx;
	bool good = true;

	if (!strcmp(section, "keys"))
		good = bind(r, name, value, err);
	else if (!strcmp(section, "ui"))
		good = set_ui(r->config, name, value, err);
	r->of_ours = !good;
	return good;
}

/* Lines that are not pairs were reported as well. */
static void on_warning(void *ctx, const char *text)
{
	struct reading *r = ctx;

	if (r->of_ours)
		r->warn(r->ctx, text);
	r->of_ours = false;
}

bool config_read(const char *path, const struct port *port, struct config *out,
	void (*warn)(void *ctx, const char *text), void *ctx, struct error *err)
{
	static const struct inifile_calls calls = {on_pair, on_warning, NULL};
	struct reading r = {port, out, warn, ctx, false};
	char own[512];

	*out = (struct config){.glyphs = UI_GLYPHS_AUTO};
	if (!path && (!config_path("config", own, sizeof(own)) || access(own, F_OK) != 0))
		return true;
	if (path && inifile_is_pipe(path)) /* it was read for the options */
		return true;
	return inifile_read(path ? path : own, &calls, &r, err);
}
