/* The fields of a snapshot as others read them: one table for `--ui json`, the control socket,
 * hooks and the man page. Names are stable; new ones may join. A table is a list of rows in the
 * order in which they are written; a row says where in its record a value is and how it is written.
 */
#ifndef SLUICE_SNAPSHOT_FIELDS_H
#define SLUICE_SNAPSHOT_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port.h"

/* What is reported: a snapshot, and the errors that a port tells beside it. */
struct report {
	const struct snapshot *snapshot; /* borrowed, as are the errors */
	const struct error_group *errors;
	size_t n_errors;
};

enum field_kind {
	FIELD_TEXT,     /* an array of char */
	FIELD_BOOL,     /* bool */
	FIELD_INT,      /* int */
	FIELD_UINT32,   /* uint32_t */
	FIELD_UINT64,   /* uint64_t */
	FIELD_WHOLE,    /* double, its fraction cut off */
	FIELD_REAL,     /* double; negative: null */
	FIELD_DURATION, /* int64_t us, in the unit of the row; negative: null */
	FIELD_UNTIL, /* int64_t us of the snapshot's clock, as what is left, in the unit of the row;
			0 when it is over */
	FIELD_WALL,  /* int64_t us since 1970, as RFC 3339 in UTC */
	FIELD_WORD,  /* an enum, by its name */
	FIELD_BOUNDS,   /* double[BOUND_COUNT], an object by bound_name() */
	FIELD_OUTCOMES, /* uint64_t[OUTCOME_COUNT], an object by outcome_name() */
	FIELD_OBJECT,   /* a record in the record */
	FIELD_PART,     /* the same, its members among those of the record */
	FIELD_LIST      /* an array of records */
};

/* One field. `record` is what its table describes: struct snapshot at the top, below it the record
 * that the row leads to. */
struct field {
	const char *name; /* NULL ends a table; "" of a FIELD_PART */
	enum field_kind kind;
	size_t offset;      /* of the value, in the record */
	int64_t unit_us;    /* of a duration: US_PER_MS or US_PER_S */
	const char *about;  /* for the documentation; a clause, no full stop */
	const char *metric; /* the sample of /metrics that has it, as written there: its name and
			       labels; NULL: none. See control/metrics.c */
	bool absent_if_0;   /* of a FIELD_UINT64: left out then */
	/* false: the field is left out; NULL: never */
	bool (*present)(const struct report *r, const void *record);
	/* false: null, or "" of a text; NULL: always known */
	bool (*known)(const struct report *r, const void *record);
	/* the value of a FIELD_REAL that no member holds; NULL: at its offset */
	double (*figure)(const struct report *r, const void *record);
	const char *(*word)(const void *value); /* of a FIELD_WORD */
	const struct field *fields;             /* of an object, part or list */
	size_t row_size;                        /* of a list, and its rows: *n gets how many */
	const void *(*rows)(const struct report *r, const void *record, size_t *n);
};

/* The table whose record is struct snapshot. */
extern const struct field snapshot_fields[];

/* The value of a number as a double, durations in seconds; NAN: it is unknown, or no number. */
double field_number(const struct report *r, const struct field *f, const void *record);

#endif
