/* What a run has answered, by path: a dashboard reads the last answer at once, while the next one is
 * on its way. The oldest are forgotten. */
#ifndef SLUICE_REMOTE_ANSWERS_H
#define SLUICE_REMOTE_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/json.h"
#include "remote/link.h"

/* An answer that is older is asked for again when it is read. Less than the time between two
 * frames, so that each frame asks once. */
#define ANSWER_FRESH_US (200 * US_PER_MS)
/* An older one is not shown while the run can be asked. */
#define ANSWER_USABLE_US (2 * US_PER_S)

struct answers;

/* How a kind of answers is kept. */
struct answer_kind {
	/* Of the valid object that the run sent; NULL: it cannot be used. */
	void *(*read)(struct json_span v);
	void (*free)(void *value);
};

struct answer {
	TAILQ_ENTRY(answer) next;
	struct answers *answers;
	const struct answer_kind *kind;
	char *path;
	struct link_call *call; /* that asks for it; NULL: none */
	int64_t asked_us;       /* the last time, on the monotonic clock */
	int64_t got_us;         /* when the value came; 0: there is none yet */
	void *value;            /* NULL: there is none, or the run refused */
	char refused[200];      /* its words then; "" */
	bool busy;              /* it is to be asked later */
};

struct answers {
	struct link *link; /* NULL: nothing can be asked */
	TAILQ_HEAD(answer_list, answer) list; /* used last first */
	int n;
	void (*came)(void *ctx); /* an answer has come that was not there before */
	void *ctx;
};

void answers_init(struct answers *a, void (*came)(void *ctx), void *ctx);
/* Forgets all. */
void answers_clear(struct answers *a);
/* Asks through another link from now on, NULL: through none; what came before is kept. */
void answers_relink(struct answers *a, struct link *link);

/* The answer of a path, new and empty if it was never asked for. It moves to the front. Valid until
 * the next call. */
struct answer *answers_find(
	struct answers *a, const char *path, const struct answer_kind *kind);
/* The same, and asks for it unless it is fresh or on its way. */
struct answer *answers_ask(struct answers *a, const char *path, const struct answer_kind *kind);
/* Waits for an answer that is on its way, at most until then. */
void answers_wait(struct answers *a, struct answer *answer, int64_t until_us);

/* Can it be shown: is it there and not too old? Without a link, age does not count. */
bool answer_is_usable(const struct answer *a, int64_t now_us);

#endif
