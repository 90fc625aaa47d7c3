/* A JSON value that grows by pieces, as the deltas of a stream bring them: strings are appended to
 * in their escaped form (two halves of a surrogate pair join by themselves), everything else is
 * kept as it came. Bounded in bytes and in children that can be looked for. */
#ifndef SLUICE_API_DELTA_TREE_H
#define SLUICE_API_DELTA_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

enum delta_kind {
	DELTA_NONE, /* nothing yet: written as null */
	DELTA_RAW,  /* a value as it came */
	DELTA_TEXT, /* a string made of pieces */
	DELTA_OBJECT,
	DELTA_ARRAY,
};

struct delta_node {
	struct delta_node *next, *first, *last; /* siblings; members or elements */
	unsigned n;                             /* members or elements */
	enum delta_kind kind;
	int64_t index;  /* of an element; -1: appended without one */
	struct buf key; /* of a member, with its quotes */
	struct buf text;
};

struct delta_tree {
	struct delta_node root;
	size_t used, max; /* bytes, nodes included */
	bool full;        /* something did not fit: the value is not whole */
};

/* max: bytes of all values and nodes together. Free with delta_tree_clear(). */
void delta_tree_init(struct delta_tree *t, size_t max);
/* Empty again. */
void delta_tree_clear(struct delta_tree *t);

/* The member of a name that has its quotes; makes node an object. NULL when it does not fit. */
struct delta_node *delta_member(
	struct delta_tree *t, struct delta_node *node, struct json_span key);
/* The same by a literal; NULL when there is none. */
struct delta_node *delta_find(const struct delta_node *node, const char *quoted);
/* The element of an index: they are in the order of their indices, whichever came first. -1: a new
 * one behind all others. Makes node an array. */
struct delta_node *delta_element(struct delta_tree *t, struct delta_node *node, int64_t index);

/* Takes a member or element away. */
void delta_remove(struct delta_node *node, struct delta_node *child);

/* Sets a value in place of the old one; a null does not take the place of anything. */
void delta_set(struct delta_tree *t, struct delta_node *node, struct json_span value);
/* Appends to a string; true when there was something to append. */
bool delta_append(struct delta_tree *t, struct delta_node *node, struct json_span string);
/* Takes a delta in: strings are appended, objects member by member, arrays by their elements' index
 * or at the end; numbers and names (role, type, id, name, format) are set. True when a string grew.
 */
bool delta_merge(struct delta_tree *t, struct delta_node *node, struct json_span delta);

/* Appends the value as JSON. */
bool delta_write(const struct delta_node *node, struct buf *out);
/* Appends the strings that were made of pieces, decoded, each on lines of its own. */
void delta_text(const struct delta_node *node, struct buf *out);

/* A quoted literal as a span: delta_member(t, node, DELTA_KEY("choices")). */
#define DELTA_KEY(name)                                                                            \
	(struct json_span)                                                                         \
	{                                                                                          \
		"\"" name "\"", sizeof("\"" name "\"") - 1                                         \
	}

#endif
