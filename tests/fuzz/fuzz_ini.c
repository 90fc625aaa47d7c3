/* The same bytes as a theme and as a configuration file: read to the end with complaints, or
 * refused when they are no text.
 * What is printed of its options means the same when it is read again. */
#include "cli/options_file.h"
#include "config_file.h"
#include "fuzz.h"
#include "keys.h"
#include "control/command.h"
#include "theme.h"

static const struct command_info *commands(void *ctx, size_t *n)
{
	(void)ctx;
	return command_table(n);
}

static void warn(void *ctx, const char *text)
{
	must_be_harmless(text);
	++*(int *)ctx;
}

static void check_color(const struct theme_color *c)
{
	unsigned attributes = 0;

	must(c->c16 >= -1 && c->c16 < 16 && c->c256 >= -1 && c->c256 < 256);
	must(c->rgb >= -1 && c->rgb <= 0xffffff);
	for (enum theme_depth d = DEPTH_8; d <= DEPTH_TRUE; d++)
		must(theme_color_at(c, d, &attributes) < 256);
}

static void check_bindings(void)
{
	size_t n;
	const struct key_binding *b = binding_table(&n);
	char name[8];

	for (size_t i = 0; i < n; i++)
		must(b[i].command && *binding_key_name(b[i].key, name));
	must(!strcmp(binding_command(KEY_CTRL_C, CONTEXT_MAIN), "interrupt"));
	binding_reset();
}

/* What --print-config says of a file; NULL: it is wrong. Complaints go to stderr, which is not
 * looked at. */
static char *print_of(const char *path)
{
	struct option_origins origins = {.path = NULL};
	struct settings settings = {.config = NULL};
	struct error err = {""};
	char *text = NULL;
	size_t len;
	FILE *out;

	if (options_file_read(&settings, COMMAND_RUN, path, &origins, &err)) {
		out = open_memstream(&text, &len);
		options_file_print(COMMAND_RUN, &origins, out);
		fclose(out);
	} else {
		must_be_harmless(err.text);
		must(err.text[0]);
	}
	option_origins_free(&origins);
	settings_free(&settings);
	return text;
}

/* Without the comments, which name files and lines. */
static void drop_comments(char *text)
{
	char *to = text;

	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");

		len += line[len] == '\n';
		if (*line != '#') {
			memmove(to, line, len);
			to += len;
		}
		line += len;
	}
	*to = '\0';
}

static void check_printed(const char *path)
{
	char *first = print_of(path), *again, name[64];
	int fd;

	if (!first)
		return;
	fd = file_of(first, strlen(first), name);
	again = print_of(name);
	must(again);
	if (!strstr(first, "not shown")) {
		drop_comments(first);
		drop_comments(again);
		must(!strcmp(first, again));
	}
	close(fd);
	free(first);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct port_ops ops = {.commands = commands};
	const struct port port = {&ops, NULL};
	struct error err = {""};
	struct config config;
	struct theme theme;
	int warnings = 0, fd;
	char path[64];

	fd = file_of(data, size, path);
	if (!theme_load(path, &theme, warn, &warnings, &err))
		must_be_harmless(err.text);
	for (int i = 0; i < ROLE_COUNT; i++) {
		check_color(&theme.style[i].ink);
		check_color(&theme.style[i].ground);
	}
	if (!config_read(path, &port, &config, warn, &warnings, &err))
		must_be_harmless(err.text);
	check_bindings();
	check_printed(path);
	close(fd);
	return 0;
}
