/* A batch as it stands, for those who watch the service. */
#ifndef SLUICE_SERVE_RUNNER_VIEW_H
#define SLUICE_SERVE_RUNNER_VIEW_H

#include "base/error.h"
#include "port.h"
#include "serve/record.h"

enum batch_phase {
	BATCH_CHECKS,  /* its input is checked */
	BATCH_WAITS,   /* in line for a place to send */
	BATCH_SENDS,   /* its run goes on */
	BATCH_HELD,    /* its run does, and waits: for an upstream, its owner's budget, the disk */
	BATCH_STOPS,   /* what is in flight finishes */
	BATCH_PAUSED,  /* by the operator */
	BATCH_WRITTEN, /* its files are being made */
	BATCH_ENDED,
	BATCH_PHASES
};

struct batch_view {
	enum batch_phase phase;
	struct item_counts items;        /* of lines; while it is not checked all 0 */
	uint32_t requests;               /* in flight */
	double answers_now;              /* a second */
	int64_t eta_low_us, eta_high_us; /* -1: not known */
	double usd;                      /* known cost, of all sessions; negative: none is known */
	double usd_since;                /* of it, that of this session */
	double tokens_in, tokens_out;    /* of all sessions */
	enum bound bound;                /* of its sending; BOUND_DONE when it does not send */
	char note[200];                  /* on its phase; "" */
};

/* "waiting", "sending", … */
const char *batch_phase_name(enum batch_phase p);
/* What it is doing now. */
void runner_view(const struct batch_record *b, struct batch_view *out);
/* Makes the control socket of its run, if there is none yet. False and err: it has no run now, or
 * the path cannot be used. */
bool runner_open_socket(struct batch_record *b, const char *path, struct error *err);
/* The port of its run, valid in this turn of the loop; false: it has none now. */
bool runner_port(const struct batch_record *b, struct port *out);

#endif
