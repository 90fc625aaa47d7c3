/* The elements of a list in {"requests":[…]}, read piece by piece: each becomes a line. Only what
 * is around them is checked here: the check of a line finds what is wrong in it. Pure. */
#ifndef SLUICE_SERVE_REQUEST_LIST_H
#define SLUICE_SERVE_REQUEST_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Longer names of models are no names. */
enum { REQUEST_LIST_MODEL = 200 };

struct request_list {
	const char *name; /* of the list; borrowed */
	struct buf *out;  /* gets the lines; borrowed, and may be emptied between pieces */
	int state;
	char key[16]; /* of the member */
	size_t key_len;
	uint64_t depth; /* within a value */
	bool in_string, escaped;
	bool due;  /* a comma was there: an element must follow */
	bool seen; /* the list was */
	uint64_t n;
	uint64_t element, element_max; /* bytes of the element, and its limit; 0: none */
	bool large;                    /* the fault is an element over the limit */
	/* The value of the member "model" as it came. */
	char model[REQUEST_LIST_MODEL * 6 + 2]; /* a character has six bytes at most */
	size_t model_len;
	bool in_model, long_model;
	const char *fault; /* NULL: none so far */
	bool in_list;      /* the fault is one of the list */
};

void request_list_init(struct request_list *l, const char *name, struct buf *out);
/* The next piece. False, now and from then on, when the text is not of that form. */
bool request_list_feed(struct request_list *l, const char *data, size_t len);
/* The text of the member "model", "" when there is none or null. False: it is no name. */
bool request_list_model(const struct request_list *l, char out[REQUEST_LIST_MODEL]);
/* Is it whole? Otherwise fault says why not. */
bool request_list_end(struct request_list *l);

#endif
