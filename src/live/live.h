/* Live calls: requests of clients who wait for the answer. They go before the work of batches, at
 * the same endpoints, by the same lanes: paced, retried and left to fallbacks as a batch's requests
 * are. Nothing of them is on the disk.
 *
 *    live_start() → waits for its turn → attempt → (waits → attempt …) → head → body … → end
 *
 * An answer that is one JSON text, and any refusal, is judged whole before the client has a byte of
 * it; one that is a stream once its first event is there. Until then a failure leads to another
 * attempt, as the table of outcomes says; after that the call can only be cut. */
#ifndef SLUICE_LIVE_LIVE_H
#define SLUICE_LIVE_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "words.h"

struct endpoint_spec;
struct process;
struct run_settings;
struct live;
struct live_call;

/* The APIs that endpoints speak; an endpoint may speak both. */
enum live_api { LIVE_OPENAI, LIVE_ANTHROPIC, LIVE_APIS };

struct live_config {
	struct process *process;
	/* The endpoints of each API, and how to ask them; NULL: none speaks it. Borrowed. */
	const struct run_settings *run[LIVE_APIS];
	const char *sample[LIVE_APIS]; /* a line of each API, which may tell the provider */
	void (*idle)(void *ctx);       /* after live_drain(): no call is left; from the loop */
	void *ctx;
	int most_waiting;     /* calls that wait for their turn; more are refused */
	int64_t most_wait_us; /* a call that would wait longer in all is refused; 0: as long as its
				 client does */
};

/* Why a call has no answer of an endpoint's own. */
struct live_problem {
	int status;        /* of HTTP, for the client */
	const char *code;  /* static: "rate_limit_exceeded", "upstream_error", … */
	int retry_after_s; /* 0: not known */
	char message[300]; /* for people; has no secret */
};

struct live_request {
	enum live_api api;
	const char *path;      /* "/v1/chat/completions"; copied */
	const char *headers;   /* "Name: value\n" lines that go along; copied; NULL: none */
	const char *owner;     /* the token's name, for figures; copied; NULL: none */
	struct buf *body_take; /* a JSON object; empty afterwards */
};

/* The beginning of an answer. Texts are borrowed for the call. */
struct live_head {
	int status;
	const char *headers; /* lines of the endpoint's answer; secrets are taken out */
	size_t headers_len;
	bool streams; /* pieces come as the endpoint sends them; else the body is here, whole */
};

struct live_end {
	bool whole;                        /* the answer is; else problem says why not */
	bool headed;                       /* it had begun for the client: head() was called */
	bool told;                         /* the endpoint's own error event was among the body */
	struct live_problem problem;       /* of one that is not whole */
	enum outcome outcome;              /* of the last attempt */
	int attempts;                      /* requests that were sent */
	const char *endpoint;              /* name of the last one; ""; borrowed */
	const char *model;                 /* as the request names it, sanitised; ""; borrowed */
	int64_t tokens_in, tokens_out;     /* usage that the answer reports; -1: not reported */
	int64_t pieces;                    /* as live_pieces() */
	int64_t first_byte_us, latency_us; /* since live_start(); first_byte_us -1: none came */
};

/* Called from the loop, never from within a call of this header. Any of them may call live_cancel()
 * and live_pause(), and live_start() for another call. */
struct live_handlers {
	/* The answer begins: once at most. */
	void (*head)(void *ctx, const struct live_head *head);
	/* The next bytes of the body; of a stream whole lines only. */
	void (*body)(void *ctx, const char *data, size_t len);
	/* The last: the call is gone when it returns. */
	void (*end)(void *ctx, const struct live_end *end);
};

/* What all calls together are doing. */
struct live_figures {
	int waiting, in_flight;
	uint64_t started, ended, refused; /* so far; refused: for lack of room */
};

/* Opens the endpoints. NULL and err. Free with live_free(). */
struct live *live_new(const struct live_config *config, struct error *err);
/* Cancels all calls, then frees. NULL is fine. */
void live_free(struct live *l);
/* Starts no more calls, and ends those that wait; those in flight go on until the second call. */
void live_drain(struct live *l);

/* The models that the endpoints of an API take are others now: those of n specs, in the order of
 * the settings. They are copied. */
void live_set_models(
	struct live *l, enum live_api api, const struct endpoint_spec *specs, size_t n);

/* Starts a call; handlers and ctx are borrowed until its end. NULL and problem: it is refused, and
 * no handler is called. */
struct live_call *live_start(struct live *l, const struct live_request *r,
	const struct live_handlers *handlers, void *ctx, struct live_problem *problem);
/* The client has left: no handler is called any more, and what is in flight ends. */
void live_cancel(struct live_call *c);
/* Pieces of text of its stream so far, about a token each; 0: none came, or it is no stream. */
int64_t live_pieces(const struct live_call *c);
/* The client takes no more for now (or again): the endpoint is not read meanwhile. Bytes that are
 * on the way may still come. Over HTTP/2 the others on the connection would wait with it: there it
 * has no effect, and the caller bounds what it keeps. */
void live_pause(struct live_call *c, bool paused);

void live_figures(const struct live *l, struct live_figures *out);

#endif
