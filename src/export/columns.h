/* The columns of a table, or the members of an object: a name each, and where the value is. Pure.
 */
#ifndef SLUICE_EXPORT_COLUMNS_H
#define SLUICE_EXPORT_COLUMNS_H

#include "base/error.h"
#include "export/facts.h"

/* Most columns of a table, the input's own included. */
enum { COLUMNS_MAX = 4096 };

struct column {
	char *name, *path; /* owned */
	struct fact_path at;
	bool asked;     /* the operator named it */
	uint64_t found; /* items that had a value */
};

struct columns {
	struct column *at;
	size_t n;
	size_t own;  /* how many come before those of the input */
	size_t next; /* of the input's, the one that is likely to be named next */
};

/* Is it a field, NAME=PATH? */
bool column_field_valid(const char *text);
/* The columns of --field, behind custom_id; without any the usual ones. False and err when two have
 * one name. columns_free() in any case. */
bool columns_init(struct columns *c, char *const *fields, struct error *err);
bool columns_have(const struct columns *c, const char *name);
/* Adds a column for this member of the input lines, behind the others; "input." stands before its
 * name when another column has that. Known members are not added again, nor is custom_id. False
 * when there are too many. */
bool columns_add_input(struct columns *c, const char *name);
/* The i-th of a table: custom_id, the input's columns, then the answer's. */
struct column *columns_of_table(const struct columns *c, size_t i);
void columns_free(struct columns *c);

#endif
