#include "cli/options_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/config_paths.h"
#include "base/inifile.h"
#include "base/lines.h"
#include "cli/options_shape.h"
#include "cli/options_value.h"

struct reading {
	struct settings *settings;
	enum command_id command;
	struct option_origins *origins;
	int line;
	bool bad_value; /* of the pair just read */
	bool failed;
	struct error *err; /* the first bad value */
};

static const char endpoint_section[] = "endpoint ", prices_section[] = "prices";

/* The file cannot name another file, nor ask for help. */
const struct option_row *options_file_row(enum command_id command, const char *name)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	if (!strcmp(name, "config") || !strcmp(name, "print-config"))
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const struct option_row *o = &rows[i];

		if (o->commands & 1U << command && o->type != TYPE_HELP &&
			o->type != TYPE_VERSION && !strcmp(o->name, name))
			return o;
	}
	return NULL;
}

static bool take_option(struct reading *r, const char *name, const char *value, struct error *err)
{
	const char *command = command_row(r->command)->name;
	const struct option_row *o = options_file_row(r->command, name);

	if (!o)
		return error_set(err, "sluice %s has no option \"%.40s\"; see sluice %s --help",
			command, name, command);
	if (option_origins_typed(r->origins, o))
		return true;
	r->bad_value = true;
	if (!option_set(r->settings, o, value, err))
		return false;
	option_origins_note(r->origins, o, r->line, option_note(r->settings, o, value));
	return true;
}

/* The endpoint of that name, begun when it is new; NULL and err: there cannot be one. */
static struct endpoint_spec *endpoint_named(struct reading *r, const char *name, struct error *err)
{
	struct endpoints_settings *e = &r->settings->run.endpoints;
	struct endpoint_spec *spec;
	struct error where;

	for (size_t i = 0; i < e->n_sections; i++)
		if (!strcmp(e->sections[i].name, name))
			return &e->sections[i];
	if (e->n_sections == ENDPOINTS_MAX) {
		error_set(err, "at most %d endpoints", ENDPOINTS_MAX);
		return NULL;
	}
	e->sections = xrealloc(e->sections, e->n_sections + 1, sizeof(*e->sections));
	spec = &e->sections[e->n_sections];
	if (!endpoint_spec_init(spec, name, strlen(name), err))
		return NULL;
	e->n_sections++;
	error_set(&where, "%.300s:%d", r->origins->path, r->line);
	spec->origin = xstrdup(where.text);
	return spec;
}

static bool is_endpoint(const char *section)
{
	return !strncmp(section, endpoint_section, strlen(endpoint_section));
}

/* A member of [endpoint NAME]. */
static bool take_member(struct reading *r, const char *section, const char *name, const char *value,
	struct error *err)
{
	struct endpoint_spec *spec;

	if (!options_file_row(r->command, "endpoint"))
		return true;
	r->bad_value = true;
	spec = endpoint_named(r, section + strlen(endpoint_section), err);
	if (!spec)
		return false;
	r->bad_value = endpoint_spec_knows(name);
	if (!endpoint_spec_set(spec, name, value, err))
		return false;
	option_origins_pair(r->origins, section, name, value, r->line);
	return true;
}

/* A price of [prices]: MODEL = IN,OUT… A name may have a colon, which ends it for the reader of the
 * file: the value then begins with the rest of the name. */
static bool take_price(struct reading *r, const char *name, const char *value, struct error *err)
{
	char text[400];

	if (!options_file_row(r->command, "price"))
		return true;
	r->bad_value = true;
	snprintf(text, sizeof(text), "%s%c%s", name, strchr(value, '=') ? ':' : '=', value);
	if (!shape_price(text))
		return error_set(err,
			"a price is MODEL = IN,OUT[,CACHED[,CACHE_WRITE]] in dollars per million "
			"tokens, not '%.60s = %.60s'",
			name, value);
	if (!option_list_add(&r->settings->run.budget.file_price, text))
		return error_set(err, "too many prices");
	option_origins_pair(r->origins, prices_section, name, value, r->line);
	return true;
}

static bool is_command(const char *section)
{
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (!strcmp(command_row((enum command_id)i)->name, section))
			return true;
	return false;
}

static bool is_dashboards(const char *section)
{
	return !strcmp(section, "ui") || !strcmp(section, "keys");
}

static bool take_pair(struct reading *r, const char *section, const char *name, const char *value,
	struct error *err)
{
	if (!strcmp(section, command_row(r->command)->name))
		return take_option(r, name, value, err);
	if (is_endpoint(section))
		return take_member(r, section, name, value, err);
	if (!strcmp(section, prices_section))
		return take_price(r, name, value, err);
	if (is_dashboards(section))
		option_origins_pair(r->origins, section, name, value, r->line);
	else if (!section[0])
		return error_set(err, "\"%.40s\" is before the first [section]", name);
	return true;
}

static bool on_pair(
	void *ctx, const char *section, const char *name, const char *value, struct error *err)
{
	struct reading *r = ctx;
	bool good;

	r->bad_value = false;
	good = take_pair(r, section, name, value, err);
	r->bad_value = r->bad_value && !good;
	return good;
}

/* An endpoint without members still counts: the run reports missing ones when it opens. */
static bool on_section(void *ctx, const char *section, struct error *err)
{
	struct reading *r = ctx;

	r->bad_value = false;
	if (is_endpoint(section)) {
		r->bad_value = options_file_row(r->command, "endpoint") &&
			       !endpoint_named(r, section + strlen(endpoint_section), err);
		return !r->bad_value;
	}
	/* the dashboard reads the file for itself */
	if (is_dashboards(section) && inifile_is_pipe(r->origins->path))
		return error_set(err, "[%s] cannot be read from a pipe: give a file", section);
	return is_command(section) || is_dashboards(section) || !strcmp(section, prices_section) ||
	       error_set(err,
		       "no section [%.40s]; the sections are [run] and other commands, "
		       "[endpoint NAME], [prices], [ui] and [keys]",
		       section);
}

static void on_warning(void *ctx, const char *text)
{
	struct reading *r = ctx;

	if (!r->bad_value)
		say_warning("%s", text);
	else if (!r->failed)
		r->failed = !error_set(r->err, "%s", text);
	r->bad_value = false;
}

/* Removes an endpoint of the file, by the name of its section, or all of them. */
static void drop_sections(struct reading *r, const char *name, size_t len)
{
	struct endpoints_settings *e = &r->settings->run.endpoints;
	size_t kept = 0;

	for (size_t i = 0; i < e->n_sections; i++) {
		struct endpoint_spec *spec = &e->sections[i];
		char section[sizeof(endpoint_section) + ENDPOINT_NAME_SIZE];

		if (name && (strncmp(spec->name, name, len) != 0 || spec->name[len])) {
			e->sections[kept++] = *spec;
			continue;
		}
		snprintf(section, sizeof(section), "%s%s", endpoint_section, spec->name);
		option_origins_drop(r->origins, section);
		endpoint_spec_free(spec);
	}
	e->n_sections = kept;
}

static void drop_option(struct reading *r, const struct option_row *o)
{
	option_clear(r->settings, o);
	option_origins_forget(r->origins, o);
}

static void drop_unless_typed(struct reading *r, const char *name)
{
	const struct option_row *o = options_file_row(r->command, name);

	if (o && !option_origins_typed(r->origins, o))
		drop_option(r, o);
}

/* One of these on the command line excludes the other in the file. */
static void prefer_typed_rivals(struct reading *r)
{
	static const char *const rivals[][2] = {{"key-env", "key-file"}, {"key-env", "key-command"},
		{"key-file", "key-env"}, {"key-file", "key-command"}, {"key-command", "key-env"},
		{"key-command", "key-file"}, {"template", "pipeline"}, {"pipeline", "template"}};

	for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++) {
		const struct option_row *o = options_file_row(r->command, rivals[i][0]);

		if (o && option_origins_typed(r->origins, o))
			drop_unless_typed(r, rivals[i][1]);
	}
}

/* The command line determines the target: the file's other settings of the target do not apply.
 * Neither does the file's key for its url if there are endpoints. */
static void prefer_typed_endpoints(struct reading *r)
{
	const struct option_row *url = options_file_row(r->command, "url");
	const struct option_row *endpoint = options_file_row(r->command, "endpoint");
	const struct endpoints_settings *e = &r->settings->run.endpoints;

	if (!url || !endpoint)
		return;
	if (option_origins_typed(r->origins, endpoint)) {
		for (char *const *typed = e->options; *typed; typed++)
			drop_sections(r, *typed, strcspn(*typed, "="));
		drop_unless_typed(r, "url");
	} else if (option_origins_typed(r->origins, url)) {
		drop_sections(r, NULL, 0);
		drop_option(r, endpoint);
	}
	if (!e->options && !e->n_sections)
		return;
	drop_unless_typed(r, "key-env");
	drop_unless_typed(r, "key-file");
	drop_unless_typed(r, "key-command");
}

bool options_file_read(struct settings *s, enum command_id command, const char *path,
	struct option_origins *g, struct error *err)
{
	static const struct inifile_calls calls = {on_pair, on_warning, on_section};
	struct reading r = {s, command, g, 0, false, false, err};
	char own[512];

	if (!path && (!config_path("config", own, sizeof(own)) || access(own, F_OK) != 0))
		return true;
	g->path = xstrdup(path ? path : own);
	if (!inifile_read_lines(g->path, &calls, &r, &r.line, err) || r.failed)
		return false;
	prefer_typed_rivals(&r);
	prefer_typed_endpoints(&r);
	return true;
}
