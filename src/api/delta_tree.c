#include "api/delta_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum {
	FINDABLE_MAX = 4096, /* members or indexed elements of a node, searched one by one */
	DEPTH_MAX = 8,       /* deeper values are set, not merged */
};

static void node_init(struct delta_node *node)
{
	*node = (struct delta_node){.index = -1};
	buf_init(&node->key, SIZE_MAX / 2);
	buf_init(&node->text, SIZE_MAX / 2);
}

static void drop_children(struct delta_node *node);

static void drop(struct delta_node *node)
{
	drop_children(node);
	buf_free(&node->key);
	buf_free(&node->text);
	free(node);
}

static void drop_children(struct delta_node *node)
{
	struct delta_node *child = node->first, *next;

	for (; child; child = next) {
		next = child->next;
		drop(child);
	}
	node->first = node->last = NULL;
	node->n = 0;
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

/* Counts bytes against the ceiling; false when they do not fit. */
static bool spend(struct delta_tree *t, size_t bytes)
{
	if (bytes > t->max - t->used)
		t->full = true;
	if (t->full)
		return false;
	t->used += bytes;
	return true;
}

static void become(struct delta_node *node, enum delta_kind kind)
{
	if (node->kind == kind)
		return;
	drop_children(node);
	buf_clear(&node->text);
	node->kind = kind;
}

/* Inserts behind this child; NULL: in front of all. */
static struct delta_node *add_child(
	struct delta_tree *t, struct delta_node *node, struct delta_node *after, size_t key_len)
{
	struct delta_node *child, **at = after ? &after->next : &node->first;

	if (!spend(t, sizeof(*child) + key_len))
		return NULL;
	child = xcalloc(1, sizeof(*child));
	node_init(child);
	child->next = *at;
	*at = child;
	if (node->last == after)
		node->last = child;
	node->n++;
	return child;
}

/* As add_child(), for a child that will be searched for. */
static struct delta_node *add_findable(
	struct delta_tree *t, struct delta_node *node, struct delta_node *after, size_t key_len)
{
	if (node->n >= FINDABLE_MAX)
		t->full = true;
	return add_child(t, node, after, key_len);
}

static struct delta_node *find(const struct delta_node *node, const char *key, size_t len)
{
	struct delta_node *child = node->kind == DELTA_OBJECT ? node->first : NULL;

	while (child && (child->key.len != len || memcmp(child->key.data, key, len) != 0))
		child = child->next;
	return child;
}

struct delta_node *delta_find(const struct delta_node *node, const char *quoted)
{
	return find(node, quoted, strlen(quoted));
}

struct delta_node *delta_member(struct delta_tree *t, struct delta_node *node, struct json_span key)
{
	struct delta_node *child = find(node, key.at, key.len);

	if (child)
		return child;
	become(node, DELTA_OBJECT);
	child = add_findable(t, node, node->last, key.len);
	if (child)
		buf_add(&child->key, key.at, key.len);
	return child;
}

/* The last element with an index up to this one: the element itself, or the one before it. */
static struct delta_node *last_up_to(const struct delta_node *node, int64_t index)
{
	struct delta_node *found = NULL;

	for (struct delta_node *c = node->first; c && c->index <= index; c = c->next)
		if (c->index >= 0)
			found = c;
	return found;
}

static struct delta_node *add_element(
	struct delta_tree *t, struct delta_node *node, struct delta_node *after, int64_t index)
{
	struct delta_node *child = add_findable(t, node, after, 0);

	if (child)
		child->index = index;
	return child;
}

struct delta_node *delta_element(struct delta_tree *t, struct delta_node *node, int64_t index)
{
	struct delta_node *at;

	become(node, DELTA_ARRAY);
	if (index < 0)
		return add_child(t, node, node->last, 0);
	at = last_up_to(node, index);
	return at && at->index == index ? at : add_element(t, node, at, index);
}

void delta_remove(struct delta_node *node, struct delta_node *child)
{
	struct delta_node **at = &node->first, *before = NULL;

	for (; *at != child; at = &(*at)->next)
		before = *at;
	*at = child->next;
	if (node->last == child)
		node->last = before;
	node->n--;
	drop(child);
}

void delta_set(struct delta_tree *t, struct delta_node *node, struct json_span value)
{
	if (node->kind != DELTA_NONE && json_span_is(value, JSON_VALUE_NULL))
		return;
	if (node->kind == DELTA_RAW)
		t->used -= node->text.len;
	become(node, DELTA_RAW);
	buf_clear(&node->text);
	if (spend(t, value.len))
		buf_add(&node->text, value.at, value.len);
}

bool delta_append(struct delta_tree *t, struct delta_node *node, struct json_span string)
{
	if (!json_span_is(string, JSON_VALUE_STRING))
		return false;
	become(node, DELTA_TEXT);
	return string.len > 2 && spend(t, string.len - 2) &&
	       buf_add(&node->text, string.at + 1, string.len - 2);
}

/* Members of a delta that are names, not pieces of a text; some servers repeat them in each delta.
 */
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

	/* The member with an element's index in its array; whole answers do not have it. */
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

/* OpenRouter numbers reasoning details by type, so each has index 0. */
static bool is_of_another_type(const struct delta_node *node, struct json_span type)
{
	const struct delta_node *own = type.at ? delta_find(node, "\"type\"") : NULL;

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

static bool write_children(const struct delta_node *node, struct buf *out)
{
	bool object = node->kind == DELTA_OBJECT;
	bool fits = buf_addc(out, object ? '{' : '[');

	for (const struct delta_node *c = node->first; c && fits; c = c->next)
		fits = (c == node->first || buf_addc(out, ',')) &&
		       (!object || (buf_add(out, c->key.data, c->key.len) && buf_addc(out, ':'))) &&
		       delta_write(c, out);
	return fits && buf_addc(out, object ? '}' : ']');
}

bool delta_write(const struct delta_node *node, struct buf *out)
{
	switch (node->kind) {
	case DELTA_RAW:
		return buf_add(out, node->text.data, node->text.len);
	case DELTA_TEXT:
		return buf_addc(out, '"') &&
		       (!node->text.len || buf_add(out, node->text.data, node->text.len)) &&
		       buf_addc(out, '"');
	case DELTA_OBJECT:
	case DELTA_ARRAY:
		return write_children(node, out);
	case DELTA_NONE:
		break;
	}
	return buf_adds(out, "null");
}

void delta_text(const struct delta_node *node, struct buf *out)
{
	struct buf quoted;

	if (node->kind == DELTA_TEXT && node->text.len) {
		if (out->len && out->data[out->len - 1] != '\n')
			buf_adds(out, "\n\n");
		buf_init(&quoted, SIZE_MAX / 2);
		delta_write(node, &quoted);
		json_string_decode((struct json_span){quoted.data, quoted.len}, out);
		buf_free(&quoted);
	}
	for (const struct delta_node *c = node->first; c; c = c->next)
		delta_text(c, out);
}
