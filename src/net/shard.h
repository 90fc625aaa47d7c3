/* One of the small multi handles that share the transfers, with its sockets and its timer on the
 * loop. Private to src/net. */
#ifndef SLUICE_NET_SHARD_H
#define SLUICE_NET_SHARD_H

#include <curl/curl.h>
#include <ev.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "net/transfer.h"

/* Calls to the shard's owner. None of them may free the shard. */
struct shard_events {
	/* curl wants shard_kick() soon. May come from within shard_add(). */
	void (*wanted)(void *ctx, struct shard *s);
	/* A transfer ended and is out of the multi handle; curl is not on the stack. */
	void (*ended)(void *ctx, struct transfer *x, CURLcode code);
	/* The loop called the shard, and ended() was called for all that ended. */
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
	LIST_HEAD(, host) hosts;          /* whose connections may be shared */
	unsigned n_hosts;
	STAILQ_HEAD(, transfer) pool; /* idle transfers, the last used first */
	/* Members for the owner: */
	TAILQ_ENTRY(shard) next_wanted;
	bool wanted;
	unsigned index;
	unsigned used; /* transfers assigned to this shard */
};

/* events and common are borrowed. NULL when curl has no memory. Free with shard_free(). */
struct shard *shard_new(struct ev_loop *loop, struct transfer_common *common,
	const struct shard_events *events, void *ctx);
/* No transfer may be in it; frees its pool. */
void shard_free(struct shard *s);

/* Takes a transfer from the pool, or makes one; owned by the caller until shard_give_back(). */
struct transfer *shard_take(struct shard *s);
/* Puts a transfer that is not running back into the pool. */
void shard_give_back(struct shard *s, struct transfer *x);

/* Starts a prepared transfer, or holds it back for a while; false when curl refuses. */
bool shard_add(struct shard *s, struct transfer *x);
/* Aborts a running transfer; ended() is not called. Do not call it from within curl. */
void shard_remove(struct shard *s, struct transfer *x);
/* Lets curl do its due work, and calls ended() for the transfers that ended. */
void shard_kick(struct shard *s);

#endif
