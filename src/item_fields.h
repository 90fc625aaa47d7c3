/* The one table of what is known of an item: the words of filters, the orders of lists, the columns
 * of tables. Parser, dashboard, help, man page and control API are made from it. Pure. */
#ifndef SLUICE_ITEM_FIELDS_H
#define SLUICE_ITEM_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

enum item_field {
	FIELD_LINE,
	FIELD_ID,
	FIELD_STATE,
	FIELD_OUTCOME,
	FIELD_CODE,
	FIELD_ATTEMPTS,
	FIELD_LATENCY,
	FIELD_FIRST,
	FIELD_TOKENS,
	FIELD_TOKENS_IN,
	FIELD_TOKENS_OUT,
	FIELD_COST,
	FIELD_FINISH,
	FIELD_MODEL,
	FIELD_ENDPOINT,
	FIELD_STAGE,
	FIELD_ENDED,
	FIELD_ANSWER,
	FIELD_REQUEST,
	FIELD_ERROR,
	FIELD_GROUP,
	FIELD_TAG,
	FIELD_COUNT
};

/* Where the value of a field is. */
enum field_place {
	PLACE_ITEM,    /* in the 40 bytes of the item, or at hand in memory */
	PLACE_LINE,    /* in the input line */
	PLACE_RECORD,  /* in the ends of its record in the results or the journal */
	PLACE_ANSWER,  /* in the answer of that record */
	PLACE_FAILURE, /* in the record of an item that failed or was cancelled */
};

/* What a filter may say of it. */
enum field_value {
	VALUE_NONE,
	VALUE_NAMES,    /* one of a set of names */
	VALUE_NUMBER,   /* a whole number */
	VALUE_DURATION, /* in us */
	VALUE_MONEY,    /* in nano dollars */
	VALUE_TEXT,     /* holds it, without case; no list: commas are text */
	VALUE_NAME,     /* the same, as a list */
};

struct item_field_info {
	const char *name;
	enum field_place place;
	enum field_value kind;
	const char *values; /* of a filter, for help: ">5s"; NULL: no filter has it */
	const char *help;   /* what it is, one line */
	bool sorts;         /* lists can be in its order */
};

/* How filters are written, for help: sentences. */
extern const char item_filter_grammar[];

/* The row of a field. */
const struct item_field_info *item_field(enum item_field f);
/* The field of a name of this length, in any case; FIELD_COUNT: there is none. */
enum item_field item_field_named(const char *name, size_t len);

#endif
