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

/* The events that the run sent. */
struct remote_log {
	struct event *event; /* a ring of REMOTE_EVENTS */
	uint64_t last;       /* of this session, 0: none */
	uint64_t earlier;    /* events of sessions before it: added to every number */
};

/* The batch of a service that is open as a run. */
/* What remote.c calls for a batch that is open. */
struct remote_batch_calls {
	void (*look)(struct remote *r); /* sees to it that it finds its way back */
	void (*close)(void *remote);
};

struct remote_batch {
	const struct remote_batch_calls *calls; /* NULL: none is open */
	char id[BATCH_ID_SIZE];
	struct link_call *call; /* that asks where it is reached; NULL: none */
	struct remote *run;     /* owned; NULL: none yet */
	struct error why;       /* it cannot be opened; "" */
	int64_t begun_us, asked_us;
};

struct remote {
	struct remote_config config;
	struct ev_loop *loop;
	char *socket, *results, *title;

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
	bool is_service;
	uint32_t session;
	struct snapshot snap; /* as it was sent */
	int64_t hurry_us; /* until then each one may show what a command did, and is drawn at once
			   */
	struct remote_log log;
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
	struct remote_batch batch; /* of a service */
};

/* A key is answered within 400 ms, also over 100 ms to the run and as long back. */
#define REMOTE_KEY_US (330 * US_PER_MS)

/* The port's functions of these names. remote_lists.c */
size_t remote_rows(void *ctx, const struct item_query *q, uint64_t offset, struct item_row *out,
	size_t n, struct rows_info *info);
bool remote_locate(void *ctx, const struct item_query *q, uint64_t line, uint64_t *offset);
/* remote_item.c */
bool remote_row(void *ctx, uint64_t line, struct item_row *out);
bool remote_detail(void *ctx, uint64_t line, bool content, struct item_detail *out);
/* remote_reads.c */
size_t remote_errors(void *ctx, struct error_group *out, size_t n, size_t *total);
bool remote_error_hits(void *ctx, uint32_t id, struct error_hits *out);
size_t remote_usage(void *ctx, struct usage_row *out, size_t n);
size_t remote_slots(void *ctx, const struct chart_query *q, struct chart_slot *out, size_t n,
	struct chart_info *info);
/* remote_commands.c */
void remote_command(void *ctx, const struct command_request *request, struct command_reply *out);
bool remote_job(void *ctx, uint64_t number, struct job_view *out);
const struct command_info *remote_commands(void *ctx, size_t *n);

/* remote_service.c */
extern const struct service_ops remote_service_ops;

/* remote.c */
/* Tells of something new in a turn of the loop soon. */
void remote_news(void *remote);
/* Is the run heard? */
bool remote_is_live(const struct remote *r);
/* Is a key being handled, and may it wait longer? */
bool remote_has_time(const struct remote *r);
/* Waits for an answer that is not usable, unless there is no time; it is late then. */
void remote_wait_for(struct remote *r, struct fetch *x);

#endif
