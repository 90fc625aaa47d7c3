#include "api/grown.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
	FINDABLE_MAX = 4096, /* members, elements with an index: looked for one by one */
	DEPTH_MAX = 8,       /* of what is merged; deeper values are set as they come */
};

static void node_init(struct grown *g)
{
	*g = (struct grown){.index = -1};
	buf_init(&g->key, SIZE_MAX / 2);
	buf_init(&g->text, SIZE_MAX / 2);
}

static void drop_children(struct grown *g);

static void drop(struct grown *g)
{
	drop_children(g);
	buf_free(&g->key);
	buf_free(&g->text);
	free(g);
}

static void drop_children(struct grown *g)
{
	struct grown *child = g->first, *next;

	for (; child; child = next) {
		next = child->next;
		drop(child);
	}
	g->first = g->last = NULL;
	g->n = 0;
}

void grown_init(struct grown_tree *t, size_t max)
{
	*t = (struct grown_tree){.max = max};
	node_init(&t->root);
}

void grown_clear(struct grown_tree *t)
{
	drop_children(&t->root);
	buf_free(&t->root.text);
	t->root.kind = GROWN_NONE;
	t->used = 0;
	t->full = false;
}

/* Counts bytes against the bound. */
static bool spend(struct grown_tree *t, size_t bytes)
{
	if (bytes > t->max - t->used)
		t->full = true;
	if (t->full)
		return false;
	t->used += bytes;
	return true;
}

static void become(struct grown *g, enum grown_kind kind)
{
	if (g->kind == kind)
		return;
	drop_children(g);
	buf_clear(&g->text);
	g->kind = kind;
}

/* Behind one of its children; NULL: in front of them. */
static struct grown *add_child(
	struct grown_tree *t, struct grown *g, struct grown *after, size_t key_len)
{
	struct grown *child, **at = after ? &after->next : &g->first;

	if (!spend(t, sizeof(*child) + key_len))
		return NULL;
	child = xcalloc(1, sizeof(*child));
	node_init(child);
	child->next = *at;
	*at = child;
	if (g->last == after)
		g->last = child;
	g->n++;
	return child;
}

/* The same for a child that is looked for later on. */
static struct grown *add_findable(
	struct grown_tree *t, struct grown *g, struct grown *after, size_t key_len)
{
	if (g->n >= FINDABLE_MAX)
		t->full = true;
	return add_child(t, g, after, key_len);
}

static struct grown *find(const struct grown *g, const char *key, size_t len)
{
	struct grown *child = g->kind == GROWN_OBJECT ? g->first : NULL;

	while (child && (child->key.len != len || memcmp(child->key.data, key, len) != 0))
		child = child->next;
	return child;
}

struct grown *grown_find(const struct grown *g, const char *quoted)
{
	return find(g, quoted, strlen(quoted));
}

struct grown *grown_member(struct grown_tree *t, struct grown *g, struct json_span key)
{
	struct grown *child = find(g, key.at, key.len);

	if (child)
		return child;
	become(g, GROWN_OBJECT);
	child = add_findable(t, g, g->last, key.len);
	if (child)
		buf_add(&child->key, key.at, key.len);
	return child;
}

/* The last element with an index up to this one: itself, or what it comes behind. */
static struct grown *last_up_to(const struct grown *g, int64_t index)
{
	struct grown *found = NULL;

	for (struct grown *c = g->first; c && c->index <= index; c = c->next)
		if (c->index >= 0)
			found = c;
	return found;
}

static struct grown *add_element(
	struct grown_tree *t, struct grown *g, struct grown *after, int64_t index)
{
	struct grown *child = add_findable(t, g, after, 0);

	if (child)
		child->index = index;
	return child;
}

struct grown *grown_element(struct grown_tree *t, struct grown *g, int64_t index)
{
	struct grown *at;

	become(g, GROWN_ARRAY);
	if (index < 0)
		return add_child(t, g, g->last, 0);
	at = last_up_to(g, index);
	return at && at->index == index ? at : add_element(t, g, at, index);
}

void grown_remove(struct grown *g, struct grown *child)
{
	struct grown **at = &g->first, *before = NULL;

	for (; *at != child; at = &(*at)->next)
		before = *at;
	*at = child->next;
	if (g->last == child)
		g->last = before;
	g->n--;
	drop(child);
}

void grown_set(struct grown_tree *t, struct grown *g, struct json_span value)
{
	if (g->kind != GROWN_NONE && json_span_is(value, JSON_VALUE_NULL))
		return;
	if (g->kind == GROWN_RAW)
		t->used -= g->text.len;
	become(g, GROWN_RAW);
	buf_clear(&g->text);
	if (spend(t, value.len))
		buf_add(&g->text, value.at, value.len);
}

bool grown_append(struct grown_tree *t, struct grown *g, struct json_span string)
{
	if (!json_span_is(string, JSON_VALUE_STRING))
		return false;
	become(g, GROWN_TEXT);
	return string.len > 2 && spend(t, string.len - 2) &&
	       buf_add(&g->text, string.at + 1, string.len - 2);
}

/* Members of a delta that are names, not pieces of a text; some servers repeat them. */
static bool is_name(struct json_span key)
{
	static const char *const names[] = {
		"\"role\"", "\"type\"", "\"id\"", "\"name\"", "\"format\""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (key.len == strlen(names[i]) && !memcmp(key.at, names[i], key.len))
			return true;
	return false;
}

struct merging {
	struct grown_tree *tree;
	struct grown *node;
	int depth;
	bool grew;
};

static void merge(struct merging *m, struct grown *node, struct json_span delta);

static bool merge_member(void *ctx, struct json_span key, struct json_span value)
{
	struct merging *m = ctx;
	struct grown *child;

	/* An element's place in its array; the whole answer has none. */
	if (m->node->index >= 0 && key.len == 7 && !memcmp(key.at, "\"index\"", 7))
		return true;
	child = grown_member(m->tree, m->node, key);
	if (!child)
		return false;
	if (!is_name(key))
		merge(m, child, value);
	else if (child->kind == GROWN_NONE || value.len > 2)
		grown_set(m->tree, child, value);
	return true;
}

/* OpenRouter counts the details of its reasoning by type: each has index 0. */
static bool is_of_another_type(const struct grown *g, struct json_span type)
{
	const struct grown *own = type.at ? grown_find(g, "\"type\"") : NULL;

	return own && own->kind == GROWN_RAW &&
	       (own->text.len != type.len || memcmp(own->text.data, type.at, type.len) != 0);
}

static bool merge_element(void *ctx, struct json_span value)
{
	enum { INDEX, TYPE };
	struct json_want want[] = {[INDEX] = {.name = "index"}, [TYPE] = {.name = "type"}};
	struct merging *m = ctx;
	struct grown *child;
	int64_t at;

	if (!json_span_is(value, JSON_VALUE_OBJECT) ||
		json_pick(value.at, value.len, want, 2, NULL) == JSON_NONE ||
		!json_span_int(want[INDEX].value, &at) || at < 0)
		at = -1;
	child = grown_element(m->tree, m->node, at);
	if (child && at >= 0 && is_of_another_type(child, want[TYPE].value))
		child = add_element(m->tree, m->node, child, at);
	if (!child)
		return false;
	if (at < 0)
		grown_set(m->tree, child, value);
	else
		merge(m, child, value);
	return true;
}

static void merge(struct merging *m, struct grown *node, struct json_span delta)
{
	struct merging inner = {m->tree, node, m->depth + 1, false};

	switch (m->depth < DEPTH_MAX ? json_span_type(delta) : JSON_NONE) {
	case JSON_VALUE_STRING:
		inner.grew = grown_append(m->tree, node, delta);
		break;
	case JSON_VALUE_OBJECT:
		become(node, GROWN_OBJECT);
		json_each(delta, merge_member, &inner);
		break;
	case JSON_VALUE_ARRAY:
		become(node, GROWN_ARRAY);
		json_each_element(delta, merge_element, &inner);
		break;
	default:
		grown_set(m->tree, node, delta);
	}
	m->grew = m->grew || inner.grew;
}

bool grown_merge(struct grown_tree *t, struct grown *node, struct json_span delta)
{
	struct merging m = {.tree = t};

	merge(&m, node, delta);
	return m.grew;
}

static bool write_children(const struct grown *g, struct buf *out)
{
	bool object = g->kind == GROWN_OBJECT;
	bool fits = buf_addc(out, object ? '{' : '[');

	for (const struct grown *c = g->first; c && fits; c = c->next)
		fits = (c == g->first || buf_addc(out, ',')) &&
		       (!object || (buf_add(out, c->key.data, c->key.len) && buf_addc(out, ':'))) &&
		       grown_write(c, out);
	return fits && buf_addc(out, object ? '}' : ']');
}

bool grown_write(const struct grown *g, struct buf *out)
{
	switch (g->kind) {
	case GROWN_RAW:
		return buf_add(out, g->text.data, g->text.len);
	case GROWN_TEXT:
		return buf_addc(out, '"') &&
		       (!g->text.len || buf_add(out, g->text.data, g->text.len)) &&
		       buf_addc(out, '"');
	case GROWN_OBJECT:
	case GROWN_ARRAY:
		return write_children(g, out);
	case GROWN_NONE:
		break;
	}
	return buf_adds(out, "null");
}

void grown_text(const struct grown *g, struct buf *out)
{
	struct buf quoted;

	if (g->kind == GROWN_TEXT && g->text.len) {
		if (out->len && out->data[out->len - 1] != '\n')
			buf_adds(out, "\n\n");
		buf_init(&quoted, SIZE_MAX / 2);
		grown_write(g, &quoted);
		json_string_decode((struct json_span){quoted.data, quoted.len}, out);
		buf_free(&quoted);
	}
	for (const struct grown *c = g->first; c; c = c->next)
		grown_text(c, out);
}
