/* Inside of the socket of prompts; for prompt_*.c only. */
#ifndef SLUICE_SERVE_PROMPT_IMPL_H
#define SLUICE_SERVE_PROMPT_IMPL_H

#include <sys/queue.h>

#include "api/sse.h"
#include "base/json.h"
#include "http/websocket.h"
#include "live/live.h"
#include "serve/call.h"
#include "serve/service.h"
#include "serve/token_call.h"

enum { PROMPT_ID_MAX = 128 }; /* bytes of an id, quotes included */

struct prompt {
	LIST_ENTRY(prompt) next;
	struct prompt_client
		*client;            /* NULL: it has left while endpoints were asked for the model */
	struct live_call *live;     /* NULL: it has not started */
	struct token_call place;    /* in its client's limits */
	char id[PROMPT_ID_MAX + 1]; /* as it was given, JSON; "": none */
	struct buf request;         /* its body, without the default model */
	struct sse events;
	struct buf body; /* of an answer that is no stream */
	bool asking;     /* endpoints are asked for its model */
	bool streams;
	int status;
};

struct prompt_client {
	LIST_ENTRY(prompt_client) next;
	struct call *call;
	struct websocket *socket;
	LIST_HEAD(, prompt) prompts;
	int n;
};

/* A prompt of the client; its request is still empty. */
struct prompt *prompt_new(struct prompt_client *client, const char *id);
/* It is one of its client's no more. */
void prompt_end(struct prompt *p);
/* What the answer of its live call does. */
extern const struct live_handlers prompt_handlers;
/* retry_after_s: 0: none. */
void prompt_send_error(struct prompt_client *client, const char *id, const char *code,
	const char *message, int retry_after_s);

#endif
