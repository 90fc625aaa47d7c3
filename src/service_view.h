/* What the dashboard of a service shows beside the figures, events and commands of its port: its
 * batches and its live calls, and each batch as a run. */
#ifndef SLUICE_SERVICE_VIEW_H
#define SLUICE_SERVICE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BATCHES_SHOWN = 1000, CALLS_SHOWN = 100, BATCH_ID_SIZE = 64 };

/* A batch. Texts are sanitised; numbers that are not known are negative. */
struct batch_row {
	char id[BATCH_ID_SIZE], api[16], owner[48], endpoint[64];
	char status[24]; /* in the words of its API */
	char phase[16];  /* what the service does with it: "sending", "paused", "ended" */
	char note[200];  /* why, where there is a reason; "" */
	char results[256];
	char bound[16];       /* what bounds its sending; "done" when it does not send */
	uint64_t done, total; /* lines; total 0: not counted yet */
	uint64_t ok, failed, held, in_flight;
	double answers_now; /* a second */
	double eta_low_s, eta_high_s, usd;
	double tokens_in, tokens_out, weight;
	bool paused, raised;
	int64_t created_s, expires_s; /* of the wall clock */
};

struct batches_info {
	size_t n;      /* rows that are here */
	uint64_t more; /* that are left out, older ones */
};

/* A live call: a client waits for its answer. */
struct call_row {
	char owner[48], path[64], model[48], endpoint[48];
	char state[16]; /* "waiting", "backing off", "in flight", "answering" */
	int attempts;
	double age_s, tokens_out; /* tokens: negative, not known */
};

struct calls_info {
	size_t n; /* rows that are here, the newest first */
	uint64_t waiting, in_flight, started, ended, refused;
};

struct port;
struct error;

/* What came of a batch that was to be opened as a run. */
enum batch_open { BATCH_OPEN_LATER, BATCH_OPEN_READY, BATCH_OPEN_FAILED };

/* Of a port that is a service's; the ctx is the port's. A read may be late, see port_late(). */
struct service_ops {
	/* Up to n batches, `all` with those that ended. */
	void (*batches)(
		void *ctx, bool all, struct batch_row *out, size_t n, struct batches_info *info);
	/* Up to n live calls. */
	void (*calls)(void *ctx, struct call_row *out, size_t n, struct calls_info *info);
	/* Begins to open the run of a batch; one that was open is closed. */
	void (*open)(void *ctx, const char *id);
	/* After open(): is it there? The port is valid until close(). BATCH_OPEN_FAILED: err says
	 * why. */
	enum batch_open (*opened)(void *ctx, struct port *out, struct error *err);
	/* It is not looked at any more, or not wanted any more. */
	void (*close)(void *ctx);
};

#endif
