/* A tree that merges the deltas of a stream into one JSON value. Strings are appended to in their
 * escaped form (so two halves of a surrogate pair join), everything else is kept as it came.
 * Bounded in bytes and in children that can be found. */
#ifndef SLUICE_API_DELTA_TREE_H
#define SLUICE_API_DELTA_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

enum delta_kind {
	DELTA_NONE, /* empty: written as null */
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

/* max: ceiling of all values and nodes together in bytes. Free with delta_tree_clear(). */
void delta_tree_init(struct delta_tree *t, size_t max);
/* Releases all nodes; the tree is empty and usable again. */
void delta_tree_clear(struct delta_tree *t);

/* The member of this name (with its quotes), made when absent; makes node an object. NULL when it
 * does not fit. */
struct delta_node *delta_member(
	struct delta_tree *t, struct delta_node *node, struct json_span key);
/* The member of this name (a literal with quotes); NULL when there is none. */
struct delta_node *delta_find(const struct delta_node *node, const char *quoted);
/* The element of this index, made when absent; elements stand in the order of their indices. -1: a
 * new one at the end. Makes node an array. NULL when it does not fit. */
struct delta_node *delta_element(struct delta_tree *t, struct delta_node *node, int64_t index);

/* Removes and releases a member or element of node. */
void delta_remove(struct delta_node *node, struct delta_node *child);

/* Replaces the value of node; null replaces nothing. */
void delta_set(struct delta_tree *t, struct delta_node *node, struct json_span value);
/* Appends to the string of node; true when the piece was not empty and fit. */
bool delta_append(struct delta_tree *t, struct delta_node *node, struct json_span string);
/* Merges a delta: strings are appended, objects merged by member, arrays by the index of their
 * elements or at the end; numbers and names (role, type, id, name, format) are set. True when a
 * string grew. */
bool delta_merge(struct delta_tree *t, struct delta_node *node, struct json_span delta);

/* Appends the value as JSON; false when it does not fit. */
bool delta_write(const struct delta_node *node, struct buf *out);
/* Appends the strings that pieces built, decoded, each on its own lines. */
void delta_text(const struct delta_node *node, struct buf *out);

/* A quoted literal as a span: delta_member(t, node, DELTA_KEY("choices")). */
#define DELTA_KEY(name)                                                                            \
	(struct json_span)                                                                         \
	{                                                                                          \
		"\"" name "\"", sizeof("\"" name "\"") - 1                                         \
	}

#endif
