/* The control API: what a request over HTTP asks of a run, as calls of its port. Pure but for the
 * port: it knows neither sockets nor clocks. A request is answered at once, or the answer says what
 * it waits for, and api_events(), api_stream() or api_job() give it later. docs/control.md
 * documents it. */
#ifndef SLUICE_CONTROL_API_H
#define SLUICE_CONTROL_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "port.h"

enum { API_PARAMETERS = 8, API_VALUE_SIZE = 256, API_WAIT_MAX_S = 60 };

/* The body of a request: a command line fits many times. */
enum { API_BODY_MAX = 64 << 10 };

struct api_parameter {
	char name[32], value[API_VALUE_SIZE];
};

struct api_request {
	const char *method, *path;
	const char *body;
	size_t body_len;
	const char *accept, *last_event_id; /* header lines; NULL: none */
	const char *by;                     /* who asks, for the log; NULL: not known */
	struct api_parameter parameter[API_PARAMETERS];
	int n_parameters;
	const char *bad; /* why the query cannot be used; NULL: it can */
};

/* Adds a parameter of the query; what does not fit makes the request bad. */
void api_add_parameter(
	struct api_request *r, const char *name, size_t name_len, const char *value, size_t len);

enum api_wait {
	API_DONE,   /* the answer is there */
	API_EVENTS, /* it comes with the next event, or when the time is over */
	API_STREAM, /* it is a stream of events */
	API_WATCH,  /* it is the stream of a dashboard, see api_watch() */
	API_JOB     /* it comes when the command on many items is done */
};

struct api_watch;

struct api_answer {
	int status;
	const char *type;
	const char *allow; /* the value of the header Allow; NULL: none */
	struct buf body;
	enum api_wait wait;
	uint64_t cursor;              /* events: the last one that the client has */
	bool reset;                   /* events: its cursor was another session's */
	size_t limit;                 /* of events at once */
	int64_t wait_us;              /* API_EVENTS: how long at most */
	uint64_t job;                 /* API_JOB: its number */
	bool dry_run;                 /* of a command: whether it only counts, */
	char command[API_VALUE_SIZE]; /* its line, */
	char by[64];                  /* and who gave it */
	struct api_watch *watch;      /* API_WATCH: what its client has; owned; NULL */
};

/* What a service answers in place of a run, whose other requests go to its port. */
struct api_service {
	/* Answers at once; false: the request is none of its own. */
	bool (*respond)(void *ctx, const struct api_request *r, struct api_answer *a);
	void *ctx;
};

struct api {
	struct port port;                  /* a far one, see control.h */
	uint32_t session;                  /* names the session in cursors; never 0 */
	const struct api_service *service; /* borrowed; NULL: a run */
};

void api_answer_init(struct api_answer *a);
void api_answer_free(struct api_answer *a);

/* Answers, or says what the answer waits for. */
void api_respond(const struct api *api, const struct api_request *r, struct api_answer *a);
/* Is there an event that the client does not have? */
bool api_has_events(const struct api *api, const struct api_answer *a);
/* Writes the answer of an API_EVENTS. */
void api_events(const struct api *api, struct api_answer *a);
/* Appends the next events of an API_STREAM to out. */
void api_stream(const struct api *api, struct api_answer *a, struct buf *out);
/* Appends the last event of a stream: the run has ended. */
void api_stream_end(const struct api *api, struct buf *out);
/* Appends to out what the dashboard of an API_WATCH is to have next: four snapshots a second, and
 * the events; nothing while it has more than a little unread (unsent bytes). */
void api_watch(const struct api *api, struct api_answer *a, int64_t now_us, size_t unsent,
	struct buf *out);
/* A command has changed the run: the next call of api_watch() sends a snapshot. */
void api_watch_hurry(struct api_answer *a);
/* Appends the last of it: the run has ended with this exit code. */
void api_watch_end(const struct api *api, struct api_answer *a, int exit_code, struct buf *out);
/* The job of an API_JOB is done: writes its answer. False: it is still in work. */
bool api_job(const struct api *api, struct api_answer *a);
/* The value of a parameter; NULL: it was not given. */
const char *api_value(const struct api_request *r, const char *name);
/* Reads a whole number or a 0 or 1, which stay as they are when not given. False, with the answer
 * made, when the value is none. */
bool api_number(const struct api_request *r, const char *name, int64_t min, int64_t max,
	int64_t *out, struct api_answer *a);
bool api_flag(const struct api_request *r, const char *name, bool *out, struct api_answer *a);
/* Answers with an error. Returns false. */
bool api_refuse(struct api_answer *a, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Writes an error of this status; for the server's own answers, too. */
void api_error(int status, const char *message, struct buf *out);

extern const char api_type_json[], api_type_events[];

#endif
