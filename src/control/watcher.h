/* One side that watches a run through a port: the dashboard, or all clients of the control socket
 * together. Each has queries of its own, so that no client takes the list away from the operator.
 */
#ifndef SLUICE_CONTROL_WATCHER_H
#define SLUICE_CONTROL_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "control/query.h"

enum { WATCHER_QUERIES = 4 };

struct control;

struct watcher {
	struct control *control; /* borrowed */
	struct query query[WATCHER_QUERIES];
	int n;             /* of them in use, at most */
	bool shared;       /* by several clients: none takes another's query away */
	int64_t open_cost; /* of the first step of a query */
	int64_t read_cost; /* of a further step, when the query is read again */
	int64_t act_cost;  /* of the first step of a command on many items */
	int64_t row_cost;  /* of the rows that are read at once */
	int64_t fact_cost; /* of their facts: those of further rows follow */
};

/* At the run's own screen: its list, and another query beside it, which may take 20 ms to open,
 * since a key waits for it. */
void watcher_init_near(struct watcher *w, struct control *c);
/* Elsewhere: several queries, and no call takes longer than 3 ms. */
void watcher_init_far(struct watcher *w, struct control *c);
/* Closes its queries; the next rows open them again. */
void watcher_free(struct watcher *w);

/* The query, opened if it was not, with some more items scanned. NULL: as many others are in use.
 */
struct query *watcher_query(struct watcher *w, const struct item_query *q);

/* Are there items to scan? */
bool watcher_has_background(const struct watcher *w);
/* Scans for some 3 ms. */
void watcher_step(struct watcher *w);
/* About ten times a second: keeps the queries up to date, and forgets those that nobody reads. */
void watcher_tick(struct watcher *w, int64_t now_us);

/* rows.c: as the functions of the port */
size_t watcher_rows(struct watcher *w, const struct item_query *q, uint64_t offset,
	struct item_row *out, size_t n, struct rows_info *info);
bool watcher_locate(struct watcher *w, const struct item_query *q, uint32_t item, uint64_t *offset);

#endif
