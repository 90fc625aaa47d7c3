/* A list of items of a run, read page by page. */
#ifndef SLUICE_CLI_CTL_LISTING_H
#define SLUICE_CLI_CTL_LISTING_H

#include "cli/ctl_impl.h"

struct listing {
	struct ctl *c;
	struct buf query;            /* filter, sort and so on; encoded, each with its & */
	int64_t offset, left;        /* of the rows that are wanted */
	uint64_t n;                  /* rows so far */
	struct control_request last; /* the last page */
	struct json_span page;
	bool (*on_row)(void *ctx, struct json_span row); /* see listing_read() */
	void *ctx;
};

void listing_init(struct listing *l, struct ctl *c);
void listing_free(struct listing *l);
/* Adds a parameter of the query: filter, sort and so on. */
void listing_add(struct listing *l, const char *name, const char *value);
/* Waits until the run has scanned all items, and calls on_row() for those from `offset` on, `left`
 * at most. Then `offset` is behind the last, and `page` the last page. CTL_DONE, or the exit code
 * of what went wrong, which was said. */
int listing_read(struct listing *l, bool (*on_row)(void *ctx, struct json_span row), void *ctx);

#endif
