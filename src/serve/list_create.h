/* Batches whose requests come in one JSON body of any size, {"requests":[…]}. They go to the disk
 * as lines as they come, and are checked before the answer. */
#ifndef SLUICE_SERVE_LIST_CREATE_H
#define SLUICE_SERVE_LIST_CREATE_H

#include <stdbool.h>

#include "serve/call.h"
#include "serve/kind.h"
#include "serve/record.h"

/* What an API calls them. */
struct list_api {
	const char *prefix; /* of the ids of its batches */
	const char *list;   /* the member that has the requests */
	const struct batch_kind *kind;
	bool takes_model; /* of all requests, beside the list */
	/* The batch is there, and runs: answers the call. */
	void (*made)(struct call *c, const struct batch_record *b);
};

/* The headers are there. */
void list_create_begin(struct call *c, const struct list_api *api);
/* The body is there. */
void list_create(struct call *c);
/* Both, of a body that the caller has. */
void list_create_of(struct call *c, const struct list_api *api, const char *body, size_t len);

#endif
