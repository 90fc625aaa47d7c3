/* A request in flight: a curl easy handle and its parts, reused for the next request. The members
 * of a part belong to the file of that part; transport and shard own the lists and use the
 * functions below. Private to src/net. */
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
#include "net/host.h"
#include "net/received.h"
#include "net/times.h"
#include "net/transport.h"

struct shard;

/* Shared by all transfers of a transport. */
struct transfer_common {
	struct transport_config config; /* headers: NULL, they are in the list below */
	struct easy_common request;
	CURLSH *share; /* DNS answers and TLS sessions */
	struct connections *connections;
	struct received_spare spare;
	unsigned repeats; /* correlation ids that the server repeats */
	struct run_clock *clock;
	int64_t now_us; /* the time when curl was entered last, for its callbacks */
	bool whole;     /* all that counts of an answer came: check whether its transfer lingers */
};

/* The connection of a transfer. Owned by transfer_connection.c. */
struct transfer_path {
	int open_fd[4];         /* the latest sockets it opened, -1: none */
	int open_errno;         /* why the last socket could not be opened; 0: it was */
	bool opened;            /* it opened the connection itself */
	bool fresh;             /* must open a connection: the kept ones had died or did not fit */
	bool forbids;           /* the connection must not be kept */
	bool unfit;             /* the kept connection did not fit: goes over another one */
	bool spent;             /* it may not be sent again */
	unsigned left, charged; /* times it was sent; repeats that cost attempts */
	unsigned resends_most;  /* most repeats that cost attempts */
	int64_t idle_us;        /* how long the last connection had been idle */
	struct connection *connection; /* NULL: none, or a shared one */
	struct connection *lost;       /* the connection that closed under it; NULL: none */
	struct buf names;              /* struct answer_name each */
};

/* The end of a transfer. */
struct transfer_end {
	enum net_result result; /* NET_STATUS: no failure so far */
	CURLcode code;
	bool refused; /* curl never got it; message says why */
	char message[CURL_ERROR_SIZE];
};

struct transfer {
	struct transfer_common *common;
	struct shard *shard;
	void *run, *item; /* the caller's, for the done callback */
	CURL *easy;       /* NULL: none yet, or curl has no memory */
	bool running;     /* in its shard's multi handle, or held back from it */
	bool paused;      /* its answer is not read */
	TAILQ_ENTRY(transfer) in_flight;
	STAILQ_ENTRY(transfer) next; /* among the ended ones to report, or in the pool */

	struct transfer_gate gate;
	struct easy_request request;
	struct transfer_path path;
	struct excess excess;
	struct received received;
	struct times times;
	struct transfer_end end;
};

/* An idle transfer; common is borrowed. Never NULL. */
struct transfer *transfer_new(struct transfer_common *common);
/* Frees a transfer that is in no multi handle. */
void transfer_free(struct transfer *x);

/* Sets the easy handle up for r at now_us; false, with the reason in x->end. */
bool transfer_prepare(struct transfer *x, const struct transport_request *r, int64_t now_us);

/* transfer_connection.c: */
/* Sets curl's callbacks that choose, open and close connections. */
void transfer_set_connection(struct transfer *x, CURL *easy);
/* Resets the path for the next request. */
void transfer_reset_connection(struct transfer *x, const struct transport_request *r);
/* A response begins with this status line. */
void transfer_note_status(struct transfer *x, const char *line, size_t len);
/* Did it end because kept connections had died before an answer began (curl itself tries only
 * five), or because its connection did not fit? Then sets the transfer up to go again, over its own
 * connection. */
bool transfer_again(struct transfer *x, CURLcode code);
/* The transfer has ended: detaches it from its connection. */
void transfer_leave_connection(struct transfer *x, CURLcode code, int64_t now_us);

/* Takes curl's result unless another end was decided before (timeout, too large, cancelled). */
void transfer_conclude(struct transfer *x, CURLcode code, int64_t now_us);
/* The timeout that has run out; NET_STATUS: none. */
enum net_result transfer_overdue(struct transfer *x, int64_t now_us);

/* Its phase, with curl's own steps while there is no connection. */
enum transfer_phase transfer_step(const struct transfer *x);
/* The status of its answer; 0: none has begun. */
int transfer_status(const struct transfer *x);
/* Fills the answer of a concluded transfer; its pointers borrow from x and text. */
void transfer_answer(struct transfer *x, struct answer *out, struct error *text);
/* Releases memory beyond what the next request will probably need. */
void transfer_trim(struct transfer *x);

/* Writes for people why a transfer ended without a whole answer. In net_error.c. */
void transfer_explain(const struct transfer *x, struct error *text);

#endif
