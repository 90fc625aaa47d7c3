/* HTTP to the control socket of a run, by libcurl on the event loop: requests that are answered in
 * the background, streams, and the wait for an answer that a key needs. */
#ifndef SLUICE_REMOTE_LINK_H
#define SLUICE_REMOTE_LINK_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct link;
struct link_call;

/* Called once, from the loop or link_wait(). status: of HTTP; 0: there was no answer, and body says
 * why. The body is borrowed. It may start calls, but not end the link. */
typedef void link_done(void *ctx, int status, const char *body, size_t len);
/* Bytes of a stream as they come. False: the stream is of no use; it ends. It may cancel calls, but
 * start none. */
typedef bool link_data(void *ctx, const char *bytes, size_t len);

/* fd: of a nameless socket that the run serves, borrowed; -1: socket is the path of a control
 * socket. Nothing is connected yet. */
struct link *link_open(struct ev_loop *loop, int fd, const char *socket);
/* Ends all calls without a word. NULL is fine. */
void link_close(struct link *l);

/* Asks for a path. post: the body of a POST; NULL: GET. patience_s: without a byte for so long, it
 * ends without an answer; 0: never. */
struct link_call *link_ask(struct link *l, const char *path, const char *post, int patience_s,
	link_done *done, void *ctx);
/* The same of a stream of events: data() gets its bytes once its status is 200. */
struct link_call *link_stream(
	struct link *l, const char *path, link_data *data, link_done *done, void *ctx);
/* Ends a call; done() is not called. */
void link_cancel(struct link *l, struct link_call *call);
/* Works on all calls, and on nothing else of the loop, until is_there(ctx) or, on the monotonic
 * clock, until_us. */
void link_wait(struct link *l, int64_t until_us, bool (*is_there)(void *ctx), void *ctx);

/* Appends text to a path as the value of a parameter. */
void link_add_text(struct buf *path, const char *text);

#endif
