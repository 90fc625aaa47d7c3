/* One request under way: a curl easy handle with the parts that each see to one side of it, used
 * again for the next request. A part's members are its own file's; transport and shard see to the
 * lists and go by the functions below. Private to src/net. */
#ifndef SLUICE_NET_TRANSFER_H
#define SLUICE_NET_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/error.h"
#include "net/connection.h"
#include "net/easy_request.h"
#include "net/excess.h"
#include "net/received.h"
#include "net/times.h"
#include "net/transport.h"

struct shard;

/* What all transfers of a transport share. */
struct transfer_common {
	struct transport_config config; /* headers: NULL, they are in the list below */
	struct easy_common request;
	CURLSH *share; /* DNS answers and TLS sessions */
	struct connections *connections;
	unsigned repeats; /* ids that the server repeats; see correlation_id.h */
	struct run_clock *clock;
	int64_t now_us; /* read when curl was entered last; callbacks need no clock of their own */
	bool connected; /* since then a new connection became ready */
	bool whole;     /* a sink had all that counts: look whether its transfer lingers */
};

/* Which connection a transfer goes over. transfer_connection.c's. */
struct transfer_path {
	int open_fd[4];         /* the latest sockets it opened, -1: none */
	int open_errno;         /* why the last one could not be opened; 0 */
	bool opened;            /* the connection is its own */
	bool fresh;             /* told to open one, since those kept had died or were not fit */
	bool forbids;           /* the connection is not kept */
	bool unfit;             /* the kept connection was: again over another one */
	bool spent;             /* it may not leave once more */
	unsigned left, charged; /* how often it left; of that, again at its own cost */
	unsigned resends_most;  /* how often at its own cost, at most */
	int64_t idle_us;        /* for how long the last connection had nothing to do */
	struct connection *connection; /* NULL: none, or one that is shared */
	struct connection *lost;       /* the one that was closed under it; NULL */
	struct buf names;              /* struct answer_name each */
};

/* Whether it waits for a connection it did not open itself. shard.c's. */
struct transfer_wait {
	LIST_ENTRY(transfer) entry;
	bool waits, released;
};

/* How it ended. */
struct transfer_end {
	enum net_result result; /* NET_STATUS: nothing decided against it yet */
	CURLcode code;
	bool refused; /* never given to curl; message says why */
	char message[CURL_ERROR_SIZE];
};

struct transfer {
	struct transfer_common *common;
	struct shard *shard;
	void *item;   /* the caller's */
	CURL *easy;   /* NULL: none yet, or curl has no memory */
	bool running; /* in its shard's multi handle */
	TAILQ_ENTRY(transfer) in_flight;
	STAILQ_ENTRY(transfer) next; /* ended and to be told, or in the pool */

	struct transfer_wait wait;
	struct easy_request request;
	struct transfer_path path;
	struct excess excess;
	struct received received;
	struct times times;
	struct transfer_end end;
};

struct transfer *transfer_new(struct transfer_common *common);
/* Must not be in a multi handle. */
void transfer_free(struct transfer *x);

/* Makes the easy handle ready for r at now; false with the reason in its end. */
bool transfer_prepare(struct transfer *x, const struct transport_request *r, int64_t now_us);

/* transfer_connection.c: */
/* What curl calls to choose, open and close connections. */
void transfer_set_connection(struct transfer *x, CURL *easy);
/* Ready for the next request. */
void transfer_reset_connection(struct transfer *x, const struct transport_request *r);
/* A response begins with this status line. */
void transfer_note_status(struct transfer *x, const char *line, size_t len);
/* Did it end because kept connections had died before anything came back, or was the one it should
 * go over not fit? curl itself tries five dead ones, no more. Then the transfer is set up to go
 * once more, on a connection of its own. */
bool transfer_again(struct transfer *x, CURLcode code);
/* It has ended: so has its business with the connection. */
void transfer_leave_connection(struct transfer *x, CURLcode code, int64_t now_us);

/* Takes curl's verdict, unless something else was decided before (timeout, too large, cancelled).
 */
void transfer_conclude(struct transfer *x, CURLcode code, int64_t now_us);
/* The timeout that has run out, NET_STATUS when none has. */
enum net_result transfer_overdue(struct transfer *x, int64_t now_us);

/* It waits no longer for somebody else's connection, for whatever reason. */
static inline void transfer_waits_no_more(struct transfer *x)
{
	if (x->wait.waits)
		LIST_REMOVE(x, wait.entry);
	x->wait.waits = false;
}

/* Its phase, in finer steps while there is no connection: what curl is at. */
enum transfer_phase transfer_step(const struct transfer *x);
/* 0: no answer has begun. */
int transfer_status(const struct transfer *x);
/* Fills the answer of a concluded transfer; its pointers go into x and text. */
void transfer_answer(struct transfer *x, struct answer *out, struct error *text);
/* Gives back memory that is more than the next request will likely need. */
void transfer_trim(struct transfer *x);

/* Writes for people why a transfer ended without a whole answer (net_error.c). */
void transfer_explain(const struct transfer *x, struct error *text);

#endif
