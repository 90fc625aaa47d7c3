/* What a run has answered, by path: a dashboard reads the last answer at once, while the next one
 * is on its way. The oldest are forgotten. */
#ifndef SLUICE_REMOTE_FETCHES_H
#define SLUICE_REMOTE_FETCHES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/json.h"
#include "remote/link.h"

/* An answer that is older is asked for again when it is read. Less than the time between two
 * frames, so that each frame asks once; over a slow line twice the time that it took comes to it,
 * so that the line is free for what a key asks. */
#define FETCH_FRESH_US (200 * US_PER_MS)
/* An older one is not shown while the run can be asked; over a slow line four times the time that
 * it took comes to it. */
#define FETCH_USABLE_US (2 * US_PER_S)

struct fetches;

/* How a kind of answers is kept. */
struct fetch_kind {
	/* Of the valid object that the run sent; NULL: it cannot be used. */
	void *(*read)(struct json_span v);
	void (*free)(void *value);
};

struct fetch {
	TAILQ_ENTRY(fetch) next;
	struct fetches *fetches;
	const struct fetch_kind *kind;
	char *path;
	struct link_call *call; /* that asks for it; NULL: none */
	int64_t asked_us;       /* the last time, on the monotonic clock */
	int64_t took_us;        /* the last time */
	int64_t got_us;         /* when the value came; 0: there is none yet */
	void *value;            /* NULL: there is none, or the run refused */
	char refused[200];      /* its words then; "" */
	bool busy;              /* it is to be asked later */
};

struct fetches {
	struct link *link;                  /* NULL: nothing can be asked */
	TAILQ_HEAD(fetch_list, fetch) list; /* used last first */
	int n;
	void (*came)(void *ctx); /* an answer has come that was not there before */
	void *ctx;
};

void fetches_init(struct fetches *a, void (*came)(void *ctx), void *ctx);
/* Forgets all. */
void fetches_clear(struct fetches *a);
/* Asks through another link from now on, NULL: through none; what came before is kept. */
void fetches_relink(struct fetches *a, struct link *link);

/* The answer of a path, new and empty if it was never asked for. It moves to the front. Valid until
 * the next call. */
struct fetch *fetches_find(struct fetches *a, const char *path, const struct fetch_kind *kind);
/* The same, and asks for it unless it is fresh or on its way. */
struct fetch *fetches_ask(struct fetches *a, const char *path, const struct fetch_kind *kind);
/* The same of what need not be as fresh: an answer that is so old is asked for again. */
struct fetch *fetches_ask_every(
	struct fetches *a, const char *path, const struct fetch_kind *kind, int64_t fresh_us);
/* Waits for an answer that is on its way, at most until then. */
void fetches_wait(struct fetches *a, struct fetch *answer, int64_t until_us);

/* Can it be shown: is it there and not too old? Without a link, age does not count. */
bool fetch_is_usable(const struct fetch *a, int64_t now_us);

#endif
