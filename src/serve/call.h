/* One request of a client, from its headers to its end, and the answers that it may get. */
#ifndef SLUICE_SERVE_CALL_H
#define SLUICE_SERVE_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json_writer.h"
#include "http/server.h"
#include "serve/error_form.h"
#include "serve/record.h"
#include "serve/tokens.h"

struct service;
struct route;

enum { CALL_PARAMETERS = 8, CALL_NAME_SIZE = 24, CALL_VALUE_SIZE = 128, CALL_HEADER_SIZE = 24 };

struct call_parameter {
	char name[CALL_NAME_SIZE], value[CALL_VALUE_SIZE];
};

struct call {
	struct service *service;
	struct http_exchange *x;   /* NULL: the client has left */
	const struct route *route; /* NULL: none has the path */
	const struct error_form *form;
	char request_id[SERVE_ID_SIZE];
	char id[SERVE_ID_SIZE]; /* of the path; "" */
	char owner[OWNER_SIZE]; /* the token's name; "": there are no tokens */
	struct token_mark token;
	struct call_parameter parameter[CALL_PARAMETERS];
	int n_parameters;
	const char *origin; /* of the web page that may have the answer; borrowed; NULL */
	int64_t start_us;   /* monotonic */
	int status;         /* of the answer; 0: none yet */
	uint64_t bytes;     /* of the answer */
	char retry_after[CALL_HEADER_SIZE];
	int holds;  /* who still needs the call */
	void *data; /* the route's, which its end() frees */
	void (*end)(struct call *c);
	void (*left)(struct call *c); /* its exchange is over; NULL */
	void (*room)(struct call *c); /* the client has taken of its stream; NULL */
};

/* The call is freed when its exchange is over and nobody holds it. */
void call_hold(struct call *c);
void call_release(struct call *c);

/* A parameter of the query; NULL: it is not there. */
const char *call_parameter(const struct call *c, const char *name);
/* A number of the query; false: it was refused. */
bool call_number(struct call *c, const char *name, int64_t min, int64_t max, int64_t *out);

/* Answers with a JSON text; takes what body holds. Nothing when the client has left. */
void call_answer(struct call *c, int status, struct buf *body);
/* The same with a body of another type. */
void call_answer_as(struct call *c, int status, const char *type, struct buf *body);
/* Begins an answer that comes piece by piece, by http_stream_write(). */
void call_begin_stream(struct call *c, const char *type);
/* Answers with the content of a file. */
void call_answer_file(struct call *c, const char *type, const char *path);
/* Answers with an error. code and param may be NULL. */
void call_refuse(struct call *c, int status, const char *code, const char *param,
	const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same with a Retry-After of so many seconds. */
void call_refuse_for(struct call *c, int status, const char *code, int seconds, const char *format,
	...) __attribute__((format(printf, 5, 6)));
/* The same with a problem as it is. */
void call_refuse_with(struct call *c, const struct problem *p, int seconds);
/* Something of ours failed: the words go into the log, the client gets no path. */
void call_fail(struct call *c, const struct error *err);

#endif
