/* A JSON value that grows by pieces, as the deltas of a stream bring them: strings are appended to
 * in their escaped form (two halves of a surrogate pair join by themselves), everything else is
 * kept as it came. Bounded in bytes and in children that can be looked for. */
#ifndef SLUICE_API_GROWN_H
#define SLUICE_API_GROWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"

enum grown_kind {
	GROWN_NONE, /* nothing yet: written as null */
	GROWN_RAW,  /* a value as it came */
	GROWN_TEXT, /* a string made of pieces */
	GROWN_OBJECT,
	GROWN_ARRAY,
};

struct grown {
	struct grown *next, *first, *last; /* siblings; members or elements */
	unsigned n;                        /* members or elements */
	enum grown_kind kind;
	int64_t index;  /* of an element; -1: appended without one */
	struct buf key; /* of a member, with its quotes */
	struct buf text;
};

struct grown_tree {
	struct grown root;
	size_t used, max; /* bytes, nodes included */
	bool full;        /* something did not fit: the value is not whole */
};

/* max: bytes of all values and nodes together. Free with grown_clear(). */
void grown_init(struct grown_tree *t, size_t max);
/* Empty again. */
void grown_clear(struct grown_tree *t);

/* The member of a name that has its quotes; makes node an object. NULL when it does not fit. */
struct grown *grown_member(struct grown_tree *t, struct grown *node, struct json_span key);
/* The same by a literal; NULL when there is none. */
struct grown *grown_find(const struct grown *node, const char *quoted);
/* The element of an index: they are in the order of their indices, whichever came first. -1: a new
 * one behind all others. Makes node an array. */
struct grown *grown_element(struct grown_tree *t, struct grown *node, int64_t index);

/* Takes a member or element away. */
void grown_remove(struct grown *node, struct grown *child);

/* Sets a value in place of the old one; a null does not take the place of anything. */
void grown_set(struct grown_tree *t, struct grown *node, struct json_span value);
/* Appends to a string; true when there was something to append. */
bool grown_append(struct grown_tree *t, struct grown *node, struct json_span string);
/* Takes a delta in: strings are appended, objects member by member, arrays by their elements' index
 * or at the end; numbers and names (role, type, id, name, format) are set. True when a string grew.
 */
bool grown_merge(struct grown_tree *t, struct grown *node, struct json_span delta);

/* Appends the value as JSON. */
bool grown_write(const struct grown *node, struct buf *out);
/* Appends the strings that were made of pieces, decoded, each on lines of its own. */
void grown_text(const struct grown *node, struct buf *out);

/* A quoted literal as a span: grown_member(t, node, GROWN_KEY("choices")). */
#define GROWN_KEY(name)                                                                            \
	(struct json_span)                                                                         \
	{                                                                                          \
		"\"" name "\"", sizeof("\"" name "\"") - 1                                         \
	}

#endif
