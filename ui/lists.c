#include "lists.h"

#include <stdio.h>

#include "keys.h"
#include "theme.h"

enum { KEYS_TEXT = 64, USAGE_TEXT = 96 };

void ui_each_theme(void (*visit)(void *ctx, const char *name), void *ctx)
{
	char names[THEME_LIST][THEME_NAME];
	size_t n = theme_list(names);

	for (size_t i = 0; i < n; i++)
		visit(ctx, names[i]);
}

void ui_each_role(void (*visit)(void *ctx, const char *name), void *ctx)
{
	for (enum role role = ROLE_TEXT; role < ROLE_COUNT; role++)
		visit(ctx, theme_role_name(role));
}

/* The keys of a binding, and of those behind it without a text of their own. */
static void name_keys(const struct key_binding *k, size_t n, char out[KEYS_TEXT])
{
	char name[8];
	size_t len = 0;

	for (size_t i = 0; i < n && (!i || !k[i].help[0]) && len < KEYS_TEXT; i++)
		len += (size_t)snprintf(out + len, KEYS_TEXT - len, "%s%s", i ? " " : "",
			binding_key_name(k[i].key, name));
}

/* Is it the first binding of its group? */
static bool begins_group(const struct key_binding *k, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(k[i].group, k[at].group))
			return false;
	return true;
}

void ui_each_key(
	void (*visit)(void *ctx, const char *group, const char *keys, const char *help), void *ctx)
{
	size_t n;
	const struct key_binding *k = binding_standard(&n);
	char keys[KEYS_TEXT];

	for (size_t g = 0; g < n; g++) {
		if (!begins_group(k, g))
			continue;
		for (size_t i = g; i < n; i++) {
			if (!k[i].help[0] || strcmp(k[i].group, k[g].group) != 0)
				continue;
			name_keys(k + i, n - i, keys);
			visit(ctx, k[g].group, keys, k[i].help);
		}
	}
}

void ui_each_command(void (*visit)(void *ctx, const char *usage, const char *help), void *ctx)
{
	size_t n;
	const struct ui_command *c = ui_commands(&n);
	char usage[USAGE_TEXT];

	for (size_t i = 0; i < n; i++) {
		if (!c[i].help[0])
			continue;
		snprintf(usage, sizeof(usage), "%s%s%s", c[i].name, c[i].args[0] ? " " : "",
			c[i].args);
		visit(ctx, usage, c[i].help);
	}
}
