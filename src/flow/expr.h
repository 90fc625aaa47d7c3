/* Conditions of a pipeline (`when`, `finish_when`): parsed once, evaluated for each item. Pure.
 *
 *	or    = and { "or" and }            == != < <= > >=  compare two values
 *	and   = not { "and" not }           a value alone    true unless absent, false, 0 or ""
 *	not   = { "not" } term              exists PATH      there, and not null
 *	term  = "(" or ")" | "exists" path | value [ op value ]
 *	value = path | number | "text" | 'text' | true | false | null
 *
 * A path is names and array indices separated by dots. Texts have no escapes. An absent value is
 *null: equal to null alone, neither less nor greater than anything. Two numbers compare as numbers,
 *two texts byte by byte; values of different kinds are unequal and in no order. */
#ifndef SLUICE_FLOW_EXPR_H
#define SLUICE_FLOW_EXPR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"

enum { EXPR_MAX_LEN = 4096, EXPR_MAX_PATH = 256 };

struct expr_node;

struct expr {
	struct expr_node *node; /* owned; NULL: no condition */
	size_t n;
	int root;
};

/* Finds the value of a path: returns its type, and writes to text (empty before) the content of a
 * string or the JSON text of any other value. JSON_NONE: absent. */
typedef enum json_type expr_lookup(void *ctx, const char *path, struct buf *text);

/* Is it a valid path: letters, digits, _ and - in parts separated by single dots, and not too long?
 */
bool expr_path_valid(const char *path, size_t len);

/* Reads a condition. False and err, with the position in the text, when it is invalid; out is then
 * empty. Free with expr_free() in either case. */
bool expr_parse(const char *text, size_t len, struct expr *out, struct error *err);
/* Releases it; it is empty again. */
void expr_free(struct expr *e);

/* Calls visit for each path in the condition until it returns false; then returns false. */
bool expr_each_path(const struct expr *e, bool (*visit)(void *ctx, const char *path), void *ctx);

/* Does the condition hold? An empty one (node NULL) does. */
bool expr_holds(const struct expr *e, expr_lookup *lookup, void *ctx);

#endif
