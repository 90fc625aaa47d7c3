/* One of the small multi handles the transfers are spread over, with its sockets and its timer on
 * the loop. Private to src/net. */
#ifndef SLUICE_NET_SHARD_H
#define SLUICE_NET_SHARD_H

#include <curl/curl.h>
#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "net/transfer.h"

/* What a shard tells its owner. None of them may free the shard. */
struct shard_events {
	/* curl wants shard_kick() soon. May come from within shard_add(). */
	void (*wanted)(void *ctx, struct shard *s);
	/* A transfer ended and is out of the multi handle; curl is not on the stack. */
	void (*ended)(void *ctx, struct transfer *x, CURLcode code);
	/* The loop called the shard, and all that ended has been told. */
	void (*settled)(void *ctx);
};

struct shard_socket;

struct shard {
	const struct shard_events *events;
	void *ctx;
	struct transfer_common *common;
	struct ev_loop *loop;
	CURLM *multi;
	struct ev_timer timer;
	SLIST_HEAD(, shard_socket) spare; /* not in use */
	LIST_HEAD(, transfer) waiting;
	STAILQ_HEAD(, transfer) pool; /* transfers at rest, the warmest first */
	/* For the owner: */
	SLIST_ENTRY(shard) next_wanted;
	bool wanted;
	unsigned index;
	unsigned used; /* transfers that have a place here */
};

/* NULL when curl has no memory. */
struct shard *shard_new(struct ev_loop *loop, struct transfer_common *common,
	const struct shard_events *events, void *ctx);
/* No transfer may be in it; frees its pool. */
void shard_free(struct shard *s);

/* Takes a transfer from the pool, or a new one. */
struct transfer *shard_take(struct shard *s);
void shard_give_back(struct shard *s, struct transfer *x);

/* Starts a prepared transfer; false when curl refuses. */
bool shard_add(struct shard *s, struct transfer *x);
/* Aborts a running one; ended() is not called. Not from within curl. */
void shard_remove(struct shard *s, struct transfer *x);
/* Lets curl do what is due and tells what ended. */
void shard_kick(struct shard *s);

#endif
