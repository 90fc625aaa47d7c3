/* How many requests a shard gives to libcurl at once for a server whose connections may be shared
 * (HTTP/2). libcurl 7.88 opens a connection for each request that fits on no established one: it
 * does not wait for one that is being opened. And before the server's settings have come, it
 * believes that a hundred requests fit; the server refuses what is too much. So the others are held
 * back until it shows whether a connection may be shared, and how many requests fit. Pure. Private
 * to src/net. */
#ifndef SLUICE_NET_HOST_H
#define SLUICE_NET_HOST_H

#include <stdbool.h>
#include <sys/queue.h>

struct transfer;

enum host_kind {
	HOST_UNKNOWN,
	HOST_ALONE, /* a connection takes one request at a time: nothing is held back */
	HOST_SHARED,
};

struct host {
	LIST_ENTRY(host) entry;
	char *origin; /* scheme, name and port as in its URLs */
	enum host_kind kind;
	TAILQ_HEAD(, transfer) held; /* for its shard, in order */
	unsigned n_held;
	unsigned busy;        /* requests that were given to libcurl and are still there */
	unsigned opening;     /* of these, without a connection */
	unsigned given, look; /* of these, since the last host_learn(); how many there were */
	unsigned connections; /* shared ones that are open */
	unsigned unproven;    /* of these, whose server's settings have not come */
	unsigned users;       /* requests on shared connections */
	unsigned fit;         /* so many are known to fit on one connection */
	bool full;            /* and no more */
	bool closing;         /* one takes no more at all, so another is being opened */
};

/* A transfer's part in its host's figures. */
struct transfer_gate {
	struct host *host; /* NULL: it is out, or its request never shares a connection */
	TAILQ_ENTRY(transfer) entry;
	enum { GATE_OUT, GATE_HELD, GATE_OPENING, GATE_ALONE, GATE_SHARES } at;
	bool seeks;    /* takes any connection on which it fits */
	unsigned look; /* the host's, when it was given to libcurl */
};

/* For the server of this URL, of which nothing is known. Free with host_free(). */
struct host *host_new(const char *url);
void host_free(struct host *h);
/* Is the URL one of this server? */
bool host_is_of(const struct host *h, const char *url);
/* Has it no transfers and no connections? */
bool host_is_idle(const struct host *h);

/* How many of the held requests may be given to libcurl now, at most n_held. */
unsigned host_admits(const struct host *h);
/* Call it when libcurl has done what it can with all requests that were given, and those that ended
 * are out: any of them without a connection have found all connections full. */
void host_learn(struct host *h);

/* Holds a request back; ends that. */
void host_holds(struct host *h, struct transfer *x);
void host_releases(struct transfer *x);
/* One more request is given to libcurl; seeks: it takes any connection on which it fits. */
void host_gives(struct host *h, struct transfer_gate *g, bool seeks);
/* The request goes over a connection, which is shared or not. */
void host_serves(struct transfer_gate *g, bool shared);
/* The request is out of libcurl. */
void host_leaves(struct transfer_gate *g);
/* A shared connection was opened; its server's settings came; it was closed. */
void host_connected(struct host *h);
void host_proven(struct host *h);
void host_closed(struct host *h, bool proven);

#endif
