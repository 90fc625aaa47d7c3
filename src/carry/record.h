/* Records of C as compact JSON, by tables of their members: how a run's figures and rows travel to
 * a dashboard in another process. What is written are the differences to a record that the reader
 * has (a new one is all zeros), so a record that changes little costs little. Unlike the snapshot
 * of snapshot_json.h, which is for people and scripts, a read record is the written one: nothing is
 * rounded for display or left out. Pure. */
#ifndef SLUICE_CARRY_RECORD_H
#define SLUICE_CARRY_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_writer.h"

enum carry_kind {
	CARRY_BOOL,   /* bool */
	CARRY_INT,    /* int or int32_t, 0 to `most` if that is set, else any */
	CARRY_ENUM,   /* an enum, below `most`; else it is read as 0 */
	CARRY_BYTE,   /* uint8_t, below `most` as an enum */
	CARRY_UINT32, /* uint32_t */
	CARRY_UINT64, /* uint64_t */
	CARRY_INT64,  /* int64_t */
	CARRY_FLOAT,  /* float, six digits */
	CARRY_REAL,   /* double, twelve digits; what is not finite is read as -1: unknown */
	CARRY_TEXT,   /* an array of char; read sanitised and cut */
	CARRY_RECORD, /* a record in the record */
	CARRY_ROW     /* the same, written as the array of its members, which are numbers */
};

/* One member. Of an array of numbers, or of records, n is how many. */
struct carry_field {
	const char *name; /* NULL ends a table */
	enum carry_kind kind;
	size_t offset, size; /* in the record; of one element of an array */
	size_t n;            /* 0: it is no array */
	int64_t most;
	const struct carry_field *fields; /* of a record */
};

/* Writes the members of a record that differ from those of base (NULL: from zeros) as an object.
 * Returns how many there were. */
size_t carry_write(struct json_writer *w, const struct carry_field *fields, const void *record,
	const void *base, size_t size);
/* Changes the members of a record that a valid object names. What is of another kind, too large or
 * not known is passed over: the other side may be of another release, or lie. */
void carry_read(struct json_span object, const struct carry_field *fields, void *record);

#endif
