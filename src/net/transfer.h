/* One request under way: a curl easy handle with its buffers and its clock readings, used again for
 * the next request. Private to src/net. */
#ifndef SLUICE_NET_TRANSFER_H
#define SLUICE_NET_TRANSFER_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/error.h"
#include "net/connection.h"
#include "net/transport.h"

struct shard;

/* What all transfers of a transport share. */
struct transfer_common {
	struct transport_config config; /* headers: NULL, they are in the list below */
	struct curl_slist *headers;
	CURLSH *share; /* DNS answers and TLS sessions */
	struct connections connections;
	unsigned repeats; /* ids that the server repeats; see same_id.h */
	struct run_clock *clock;
	int64_t now_us; /* read when curl was entered last; callbacks need no clock of their own */
	bool connected; /* since then a new connection became ready */
	bool mislabelled; /* an answer over HTTP/1 said that it was HTTP/2 */
	bool whole;       /* a sink had all that counts: look whether its transfer lingers */
};

/* How curl is told to send: with a body, without one, or without an answer body. */
enum transfer_shape { SHAPE_NONE, SHAPE_PLAIN, SHAPE_HEAD, SHAPE_BODY };

struct transfer {
	struct transfer_common *common;
	struct shard *shard;
	TAILQ_ENTRY(transfer) in_flight;
	struct transfer *next; /* ended and to be told, or in the pool */
	void *item;
	CURL *easy;
	bool running; /* in its shard's multi handle */

	/* Whether it waits for a connection it did not open itself; see shard.c. */
	LIST_ENTRY(transfer) waiting;
	bool is_waiting, released;
	bool shares; /* waits rather than opening a connection beside one that may be shared */
	bool opened; /* the connection is its own */
	bool fresh;  /* told to open one, since those kept had died or were not fit */

	/* Which connection it goes over; see transfer_connection.c. */
	int open_fd[4];                /* the latest sockets it opened, -1: none */
	struct connection *connection; /* NULL: none, or one that is shared */
	struct connection *lost;       /* the one that was closed under it; NULL */
	struct buf names;              /* struct answer_name each */
	bool unfit;                    /* the kept connection was: again over another one */
	bool spent;                    /* it may not leave once more */
	unsigned left, charged;        /* how often it left; of that, again at its own cost */
	unsigned resends_most;         /* how often at its own cost, at most */
	int64_t idle_us;               /* for how long the last connection had nothing to do */
	bool numbered;                 /* HTTP/1: answers are told apart by their order alone */
	bool chunked, bodiless;
	const char *raw; /* what curl read last, good until it reads again; NULL: not known */
	size_t raw_len;
	bool listening, forbids; /* curl's texts come to us; the connection is not kept */

	/* As it was set on the easy handle, to set only what changes. */
	enum transfer_shape shape;
	struct buf url, method;  /* method: "" when curl's own fits the shape */
	struct buf header_lines; /* the request's own, from which own_headers was made */
	bool carries_id;         /* they do, see same_id.h */
	struct buf body;
	struct curl_slist *own_headers; /* NULL: the common ones are in force */

	enum net_result result; /* NET_STATUS: nothing decided against it yet */
	CURLcode code;
	int open_errno;    /* why the last socket could not be opened; 0 */
	bool refused;      /* never given to curl; message says why */
	bool headers_full; /* of TOO_LARGE: the headers were */
	struct buf answer_headers, answer_body;
	const struct body_sink *sink;  /* NULL */
	bool body_began, sinks;        /* sinks: the sink takes the body */
	curl_off_t uploaded;           /* bytes of body gone when last looked */
	uint64_t bytes_in, headers_in; /* received: in all, and of all heads of the answer */
	/* By the run's clock; 0: has not happened. Sent: about to send on a connection that stands.
	 */
	int64_t start_us, sent_us, first_us, last_us, end_us;
	int64_t whole_us; /* when the sink had all that counts */
	char message[CURL_ERROR_SIZE];
};

struct transfer *transfer_new(struct transfer_common *common);
/* Must not be in a multi handle. */
void transfer_free(struct transfer *x);

/* Makes the easy handle ready for r at now; false with the reason in x->message. */
bool transfer_prepare(struct transfer *x, const struct transport_request *r, int64_t now_us);

/* transfer_connection.c: */
/* What curl calls to choose, open and close connections. */
void transfer_set_connection(struct transfer *x, CURL *easy);
/* Ready for the next request. */
void transfer_reset_connection(struct transfer *x, const struct transport_request *r);
/* A header line of the answer, the last one included, which is empty. */
void transfer_note_header(struct transfer *x, const char *line, size_t len);
/* Its body begins. */
void transfer_note_body(struct transfer *x);
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
/* Did its sink have all that counts, and the end of the body stays away? */
bool transfer_lingers(const struct transfer *x, int64_t now_us);

/* It waits no longer for somebody else's connection, for whatever reason. */
static inline void transfer_waits_no_more(struct transfer *x)
{
	if (x->is_waiting)
		LIST_REMOVE(x, waiting);
	x->is_waiting = false;
}

enum transfer_phase transfer_phase(const struct transfer *x);
/* The same in finer steps while there is no connection: what curl is at. */
enum transfer_phase transfer_step(const struct transfer *x);
/* Fills the answer of a concluded transfer; its pointers go into x and text. */
void transfer_answer(struct transfer *x, struct answer *out, struct error *text);
/* Gives back memory that is more than the next request will likely need. */
void transfer_rest(struct transfer *x);

/* Writes for people why a transfer ended without a whole answer (net_error.c). */
void transfer_explain(const struct transfer *x, struct error *text);

#endif
