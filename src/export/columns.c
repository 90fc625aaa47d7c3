#include "export/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char custom_id[] = "custom_id";

static const char *const usual[] = {
	custom_id, "state", "text", "finish_reason", "model", "tokens_in", "tokens_out", "error"};

bool column_field_valid(const char *text)
{
	const char *equals = strchr(text, '=');

	return equals && equals > text && equals[1];
}

static struct column *column_named(const struct columns *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->n; i++)
		if (strlen(c->at[i].name) == len && !memcmp(c->at[i].name, name, len))
			return &c->at[i];
	return NULL;
}

static struct column *add(struct columns *c, const char *name, size_t len, const char *path)
{
	struct column *column;

	c->at = xrealloc(c->at, c->n + 1, sizeof(*c->at));
	column = &c->at[c->n++];
	*column = (struct column){.name = xstrndup(name, len), .path = xstrdup(path)};
	column->at = fact_path_of(column->path);
	return column;
}

static bool add_field(struct columns *c, const char *field, struct error *err)
{
	size_t len = strcspn(field, "=");
	struct column *same = column_named(c, field, len);

	if (same && same->asked)
		return error_set(err, "--field %.80s: this field is already given", field);
	if (same) { /* custom_id, by another path */
		free(same->path);
		same->path = xstrdup(field + len + 1);
		same->at = fact_path_of(same->path);
	} else {
		same = add(c, field, len, field + len + 1);
	}
	same->asked = true;
	return c->n < COLUMNS_MAX || error_set(err, "at most %d fields", COLUMNS_MAX - 1);
}

bool columns_init(struct columns *c, char *const *fields, struct error *err)
{
	bool good = true;

	*c = (struct columns){.n = 0};
	if (fields && *fields) {
		add(c, custom_id, strlen(custom_id), custom_id);
		for (; good && *fields; fields++)
			good = add_field(c, *fields, err);
	} else {
		for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
			add(c, usual[i], strlen(usual[i]), usual[i]);
	}
	c->own = c->n;
	return good;
}

bool columns_have(const struct columns *c, const char *name)
{
	return column_named(c, name, strlen(name));
}

bool columns_add_input(struct columns *c, const char *name)
{
	static const char prefix[] = "input.";
	size_t len = strlen(name);
	struct column *column;
	char *prefixed;

	if (!strcmp(name, custom_id))
		return true;
	/* rows mostly have the same members in the same order */
	for (size_t i = c->own; i < c->n; i++) {
		size_t at = c->own + (c->next + i - c->own) % (c->n - c->own);

		if (strcmp(c->at[at].path, name) != 0)
			continue;
		c->next = at - c->own + 1;
		return true;
	}
	if (c->n == COLUMNS_MAX)
		return false;
	column = add(c, name, len, name);
	column->at = (struct fact_path){FACT_INPUT_MEMBER, column->path};
	for (size_t i = 0; i < c->n - 1; i++) {
		if (strcmp(c->at[i].name, name) != 0)
			continue;
		prefixed = xmalloc(sizeof(prefix) + len);
		memcpy(prefixed, prefix, sizeof(prefix) - 1);
		memcpy(prefixed + sizeof(prefix) - 1, name, len + 1);
		free(column->name);
		column->name = prefixed;
		break;
	}
	return true;
}

struct column *columns_of_table(const struct columns *c, size_t i)
{
	size_t of_input = c->n - c->own;

	if (!i)
		return &c->at[0];
	return i <= of_input ? &c->at[c->own + i - 1] : &c->at[i - of_input];
}

void columns_free(struct columns *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->at[i].name);
		free(c->at[i].path);
	}
	free(c->at);
	*c = (struct columns){.n = 0};
}
