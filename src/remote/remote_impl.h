/* Inside of a remote port; for the files of src/remote only. */
#ifndef SLUICE_REMOTE_REMOTE_IMPL_H
#define SLUICE_REMOTE_REMOTE_IMPL_H

#include "api/sse.h"
#include "remote/chart.h"
#include "remote/fetches.h"
#include "remote/remote.h"

enum { REMOTE_EVENTS = 512 /* as many as a run keeps */ };

/* A command whose answer is not there yet. */
struct remote_order {
	struct remote *remote;
	struct link_call *call; /* NULL: none, or it is answered */
	uint64_t job;           /* its number */
	struct job_view view;
};

struct remote {
	struct remote_config config;
	struct ev_loop *loop;
	char *socket, *results;

	/* the connection */
	struct link *link; /* NULL: none now */
	struct link_call *stream;
	struct sse sse;
	ev_timer look; /* is the run silent? shall we try again? */
	ev_timer news; /* what has come is told in a turn of its own, never within a call */
	int64_t heard_us, tried_us;
	bool connected; /* the stream said hello on this connection */
	bool ready;     /* there was a snapshot on any */
	bool over;
	int exit_code;
	struct error why; /* why there is no connection */

	/* what the run said */
	uint32_t session;
	struct snapshot snap;         /* as it was sent */
	bool hurries;                 /* the next one shows what a command did */
	struct event *event;          /* a ring of REMOTE_EVENTS */
	uint64_t last_event;          /* of this session, 0: none */
	uint64_t earlier;             /* events of sessions before it: added to every number */
	struct command_info *command; /* owned, with their texts */
	size_t n_commands;

	/* what it was asked */
	struct fetches fetches;
	struct remote_chart chart[2]; /* of the whole run; of its last minutes */
	int64_t until_us;             /* a key is waited for until then */
	int64_t attended_us;
	bool late;
	size_t page_rows; /* of the page that was asked for last */
	struct remote_order order;
};

/* remote_port.c */
extern const struct port_ops remote_port_ops;
/* remote.c */
/* Tells of something new in a turn of the loop soon. */
void remote_news(void *remote);
/* Is the run heard? */
bool remote_is_live(const struct remote *r);

#endif
