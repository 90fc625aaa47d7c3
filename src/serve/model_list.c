#include "serve/model_list.h"

#include <stdlib.h>
#include <string.h>

#include "api/model_name.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"

void model_list_free(struct model_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->at[i].id);
		free(l->at[i].owner);
		free(l->at[i].shown);
		free(l->at[i].since);
	}
	free(l->at);
	*l = (struct model_list){.n = 0};
}

static bool is_name(const char *id, size_t len)
{
	if (!len || len >= MODEL_TEXT_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)id[i] < ' ' || id[i] == ',' || id[i] == 127)
			return false;
	return true;
}

/* The new one; NULL when it is none, or there is no room. */
static struct model *add(struct model_list *l, const char *id, size_t len)
{
	if (!is_name(id, len) || l->n == MODEL_LIST_MAX)
		return NULL;
	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 16;
		l->at = xrealloc(l->at, l->cap, sizeof(*l->at));
	}
	l->at[l->n] = (struct model){.id = xstrndup(id, len)};
	return &l->at[l->n++];
}

void model_list_add(struct model_list *l, const char *id, size_t len)
{
	add(l, id, len);
}

static char *copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void model_list_add_all(struct model_list *l, const struct model_list *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct model *m = &from->at[i];
		struct model *made = add(l, m->id, strlen(m->id));

		if (!made)
			return;
		made->owner = copy(m->owner);
		made->shown = copy(m->shown);
		made->since = copy(m->since);
		made->created_s = m->created_s;
	}
}

/* ---- pages ---- */

/* The decoded text of a string; false when it is none, is too long or holds a NUL. */
static bool take_text(struct json_span v, struct buf *out)
{
	buf_clear(out);
	return json_span_is(v, JSON_VALUE_STRING) && json_string_decode(v, out) &&
	       strlen(buf_str(out)) == out->len;
}

static char *text_of(struct json_span v, struct buf *text)
{
	return take_text(v, text) && text->len ? xstrndup(buf_str(text), text->len) : NULL;
}

static bool add_model(void *ctx, struct json_span v)
{
	struct model_list *l = ctx;
	struct json_want want[] = {{.name = "id"}, {.name = "created"}, {.name = "owned_by"},
		{.name = "display_name"}, {.name = "created_at"}};
	struct model *m = NULL;
	struct buf text;

	if (!json_span_is(v, JSON_VALUE_OBJECT))
		return true;
	json_pick(v.at, v.len, want, sizeof(want) / sizeof(want[0]), NULL);
	buf_init(&text, MODEL_TEXT_MAX - 1);
	if (take_text(want[0].value, &text))
		m = add(l, buf_str(&text), text.len);
	if (m) {
		json_span_int(want[1].value, &m->created_s);
		m->owner = text_of(want[2].value, &text);
		m->shown = text_of(want[3].value, &text);
		m->since = text_of(want[4].value, &text);
	}
	buf_free(&text);
	return true;
}

bool model_list_add_page(
	struct model_list *l, const char *body, size_t len, char next[MODEL_TEXT_MAX])
{
	struct json_want want[] = {{.name = "data"}, {.name = "has_more"}, {.name = "last_id"}};
	enum json_type type = json_pick(body, len, want, 3, NULL);
	struct json_span all = type == JSON_VALUE_ARRAY ? json_trim(body, len) : want[0].value;
	struct buf text;

	next[0] = '\0';
	if (!json_span_is(all, JSON_VALUE_ARRAY) ||
		(type != JSON_VALUE_ARRAY && type != JSON_VALUE_OBJECT))
		return false;
	json_each_element(all, add_model, l);
	buf_init(&text, MODEL_TEXT_MAX - 1);
	if (type == JSON_VALUE_OBJECT && json_span_is(want[1].value, JSON_VALUE_TRUE) &&
		take_text(want[2].value, &text))
		memcpy(next, buf_str(&text), text.len + 1);
	buf_free(&text);
	return true;
}

/* ---- names ---- */

struct key {
	const char *id;
	size_t len;
};

static int compare_key(const void *a, const void *b)
{
	const struct key *key = a;
	const struct model *m = b;
	int order = strncmp(key->id, m->id, key->len);

	return order ? order : -(m->id[key->len] != '\0');
}

/* Of equal names, the first comes first. */
static int compare(const void *a, const void *b)
{
	const struct model *const *first = a, *const *second = b;
	int order = strcmp((*first)->id, (*second)->id);

	return order ? order : *first < *second ? -1 : 1;
}

void model_list_sort(struct model_list *l)
{
	struct model **order = xcalloc(l->n + 1, sizeof(*order));
	struct model_list sorted = {.at = xcalloc(l->n + 1, sizeof(*sorted.at)), .cap = l->n + 1};

	for (size_t i = 0; i < l->n; i++)
		order[i] = &l->at[i];
	qsort(order, l->n, sizeof(*order), compare);
	for (size_t i = 0; i < l->n; i++) {
		if (sorted.n && !strcmp(sorted.at[sorted.n - 1].id, order[i]->id))
			continue;
		sorted.at[sorted.n++] = *order[i];
		*order[i] = (struct model){.id = NULL};
	}
	model_list_free(l);
	free(order);
	*l = sorted;
}

const struct model *model_list_find(const struct model_list *l, const char *id, size_t len)
{
	const struct key key = {id, len};

	/* a text with a NUL is none that is listed */
	return len && !memchr(id, '\0', len) && l->n
		       ? bsearch(&key, l->at, l->n, sizeof(*l->at), compare_key)
		       : NULL;
}

bool model_list_has(const struct model_list *l, const char *id, size_t len)
{
	if (model_list_find(l, id, len))
		return true;
	for (size_t i = 0; i < l->n; i++)
		if (model_name_is_like(l->at[i].id, strlen(l->at[i].id), id, len))
			return true;
	return false;
}
