#include "api/delta_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
	FINDABLE_MAX = 4096, /* members, elements with an index: looked for one by one */
	DEPTH_MAX = 8,       /* of what is merged; deeper values are set as they come */
};

static void node_init(struct delta_node *g)
{
	*g = (struct delta_node){.index = -1};
	buf_init(&g->key, SIZE_MAX / 2);
	buf_init(&g->text, SIZE_MAX / 2);
}

static void drop_children(struct delta_node *g);

static void drop(struct delta_node *g)
{
	drop_children(g);
	buf_free(&g->key);
	buf_free(&g->text);
	free(g);
}

static void drop_children(struct delta_node *g)
{
	struct delta_node *child = g->first, *next;

	for (; child; child = next) {
		next = child->next;
		drop(child);
	}
	g->first = g->last = NULL;
	g->n = 0;
}

void delta_tree_init(struct delta_tree *t, size_t max)
{
	*t = (struct delta_tree){.max = max};
	node_init(&t->root);
}

void delta_tree_clear(struct delta_tree *t)
{
	drop_children(&t->root);
	buf_free(&t->root.text);
	t->root.kind = DELTA_NONE;
	t->used = 0;
	t->full = false;
}

/* Counts bytes against the bound. */
static bool spend(struct delta_tree *t, size_t bytes)
{
	if (bytes > t->max - t->used)
		t->full = true;
	if (t->full)
		return false;
	t->used += bytes;
	return true;
}

static void become(struct delta_node *g, enum delta_kind kind)
{
	if (g->kind == kind)
		return;
	drop_children(g);
	buf_clear(&g->text);
	g->kind = kind;
}

/* Behind one of its children; NULL: in front of them. */
static struct delta_node *add_child(
	struct delta_tree *t, struct delta_node *g, struct delta_node *after, size_t key_len)
{
	struct delta_node *child, **at = after ? &after->next : &g->first;

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
static struct delta_node *add_findable(
	struct delta_tree *t, struct delta_node *g, struct delta_node *after, size_t key_len)
{
	if (g->n >= FINDABLE_MAX)
		t->full = true;
	return add_child(t, g, after, key_len);
}

static struct delta_node *find(const struct delta_node *g, const char *key, size_t len)
{
	struct delta_node *child = g->kind == DELTA_OBJECT ? g->first : NULL;

	while (child && (child->key.len != len || memcmp(child->key.data, key, len) != 0))
		child = child->next;
	return child;
}

struct delta_node *delta_find(const struct delta_node *g, const char *quoted)
{
	return find(g, quoted, strlen(quoted));
}

struct delta_node *delta_member(struct delta_tree *t, struct delta_node *g, struct json_span key)
{
	struct delta_node *child = find(g, key.at, key.len);

	if (child)
		return child;
	become(g, DELTA_OBJECT);
	child = add_findable(t, g, g->last, key.len);
	if (child)
		buf_add(&child->key, key.at, key.len);
	return child;
}

/* The last element with an index up to this one: itself, or what it comes behind. */
static struct delta_node *last_up_to(const struct delta_node *g, int64_t index)
{
	struct delta_node *found = NULL;

	for (struct delta_node *c = g->first; c && c->index <= index; c = c->next)
		if (c->index >= 0)
			found = c;
	return found;
}

static struct delta_node *add_element(
	struct delta_tree *t, struct delta_node *g, struct delta_node *after, int64_t index)
{
	struct delta_node *child = add_findable(t, g, after, 0);

	if (child)
		child->index = index;
	return child;
}

struct delta_node *delta_element(struct delta_tree *t, struct delta_node *g, int64_t index)
{
	struct delta_node *at;

	become(g, DELTA_ARRAY);
	if (index < 0)
		return add_child(t, g, g->last, 0);
	at = last_up_to(g, index);
	return at && at->index == index ? at : add_element(t, g, at, index);
}

void delta_remove(struct delta_node *g, struct delta_node *child)
{
	struct delta_node **at = &g->first, *before = NULL;

	for (; *at != child; at = &(*at)->next)
		before = *at;
	*at = child->next;
	if (g->last == child)
		g->last = before;
	g->n--;
	drop(child);
}

void delta_set(struct delta_tree *t, struct delta_node *g, struct json_span value)
{
	if (g->kind != DELTA_NONE && json_span_is(value, JSON_VALUE_NULL))
		return;
	if (g->kind == DELTA_RAW)
		t->used -= g->text.len;
	become(g, DELTA_RAW);
	buf_clear(&g->text);
	if (spend(t, value.len))
		buf_add(&g->text, value.at, value.len);
}

bool delta_append(struct delta_tree *t, struct delta_node *g, struct json_span string)
{
	if (!json_span_is(string, JSON_VALUE_STRING))
		return false;
	become(g, DELTA_TEXT);
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
	struct delta_tree *tree;
	struct delta_node *node;
	int depth;
	bool grew;
};

static void merge(struct merging *m, struct delta_node *node, struct json_span delta);

static bool merge_member(void *ctx, struct json_span key, struct json_span value)
{
	struct merging *m = ctx;
	struct delta_node *child;

	/* An element's place in its array; the whole answer has none. */
	if (m->node->index >= 0 && key.len == 7 && !memcmp(key.at, "\"index\"", 7))
		return true;
	child = delta_member(m->tree, m->node, key);
	if (!child)
		return false;
	if (!is_name(key))
		merge(m, child, value);
	else if (child->kind == DELTA_NONE || value.len > 2)
		delta_set(m->tree, child, value);
	return true;
}

/* OpenRouter counts the details of its reasoning by type: each has index 0. */
static bool is_of_another_type(const struct delta_node *g, struct json_span type)
{
	const struct delta_node *own = type.at ? delta_find(g, "\"type\"") : NULL;

	return own && own->kind == DELTA_RAW &&
	       (own->text.len != type.len || memcmp(own->text.data, type.at, type.len) != 0);
}

static bool merge_element(void *ctx, struct json_span value)
{
	enum { INDEX, TYPE };
	struct json_want want[] = {[INDEX] = {.name = "index"}, [TYPE] = {.name = "type"}};
	struct merging *m = ctx;
	struct delta_node *child;
	int64_t at;

	if (!json_span_is(value, JSON_VALUE_OBJECT) ||
		json_pick(value.at, value.len, want, 2, NULL) == JSON_NONE ||
		!json_span_int(want[INDEX].value, &at) || at < 0)
		at = -1;
	child = delta_element(m->tree, m->node, at);
	if (child && at >= 0 && is_of_another_type(child, want[TYPE].value))
		child = add_element(m->tree, m->node, child, at);
	if (!child)
		return false;
	if (at < 0)
		delta_set(m->tree, child, value);
	else
		merge(m, child, value);
	return true;
}

static void merge(struct merging *m, struct delta_node *node, struct json_span delta)
{
	struct merging inner = {m->tree, node, m->depth + 1, false};

	switch (m->depth < DEPTH_MAX ? json_span_type(delta) : JSON_NONE) {
	case JSON_VALUE_STRING:
		inner.grew = delta_append(m->tree, node, delta);
		break;
	case JSON_VALUE_OBJECT:
		become(node, DELTA_OBJECT);
		json_each(delta, merge_member, &inner);
		break;
	case JSON_VALUE_ARRAY:
		become(node, DELTA_ARRAY);
		json_each_element(delta, merge_element, &inner);
		break;
	default:
		delta_set(m->tree, node, delta);
	}
	m->grew = m->grew || inner.grew;
}

bool delta_merge(struct delta_tree *t, struct delta_node *node, struct json_span delta)
{
	struct merging m = {.tree = t};

	merge(&m, node, delta);
	return m.grew;
}

static bool write_children(const struct delta_node *g, struct buf *out)
{
	bool object = g->kind == DELTA_OBJECT;
	bool fits = buf_addc(out, object ? '{' : '[');

	for (const struct delta_node *c = g->first; c && fits; c = c->next)
		fits = (c == g->first || buf_addc(out, ',')) &&
		       (!object || (buf_add(out, c->key.data, c->key.len) && buf_addc(out, ':'))) &&
		       delta_write(c, out);
	return fits && buf_addc(out, object ? '}' : ']');
}

bool delta_write(const struct delta_node *g, struct buf *out)
{
	switch (g->kind) {
	case DELTA_RAW:
		return buf_add(out, g->text.data, g->text.len);
	case DELTA_TEXT:
		return buf_addc(out, '"') &&
		       (!g->text.len || buf_add(out, g->text.data, g->text.len)) &&
		       buf_addc(out, '"');
	case DELTA_OBJECT:
	case DELTA_ARRAY:
		return write_children(g, out);
	case DELTA_NONE:
		break;
	}
	return buf_adds(out, "null");
}

void delta_text(const struct delta_node *g, struct buf *out)
{
	struct buf quoted;

	if (g->kind == DELTA_TEXT && g->text.len) {
		if (out->len && out->data[out->len - 1] != '\n')
			buf_adds(out, "\n\n");
		buf_init(&quoted, SIZE_MAX / 2);
		delta_write(g, &quoted);
		json_string_decode((struct json_span){quoted.data, quoted.len}, out);
		buf_free(&quoted);
	}
	for (const struct delta_node *c = g->first; c; c = c->next)
		delta_text(c, out);
}
