#include "plan/key_variable.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "plan/key_text.h"

/* As long as the process: so is the environment. */
struct kept {
	SLIST_ENTRY(kept) next;
	char *name, *value;
};

static SLIST_HEAD(, kept) all = SLIST_HEAD_INITIALIZER(all);

static struct kept *find(const char *name)
{
	struct kept *k;

	SLIST_FOREACH(k, &all, next)
	if (!strcmp(k->name, name))
		return k;
	return NULL;
}

/* One that was set again since wins. */
static const char *value_of(const char *name)
{
	const char *value = getenv(name);
	const struct kept *k = find(name);

	return k && (!value || !*value) ? k->value : value;
}

char *key_variable_read(const char *name)
{
	const char *value = name ? value_of(name) : NULL;
	char *key = value ? xstrdup(value) : NULL;

	if (key)
		key_text_trim(key);
	if (key && key[0])
		return key;
	free(key);
	return NULL;
}

void key_variable_wipe(const char *name)
{
	char *value = getenv(name);
	struct kept *k;

	if (!value || !*value)
		return;
	k = find(name);
	if (!k) {
		k = xcalloc(1, sizeof(*k));
		k->name = xstrdup(name);
		SLIST_INSERT_HEAD(&all, k, next);
	} else {
		explicit_bzero(k->value, strlen(k->value));
		free(k->value);
	}
	k->value = xstrdup(value);
	explicit_bzero(value, strlen(value));
}
