#include "serve/runner_view.h"

#include <stdio.h>

#include "base/clock.h"
#include "ledger/cost_record.h"
#include "serve/runner_impl.h"
#include "session/session.h"

const char *batch_phase_name(enum batch_phase p)
{
	static const char *const names[BATCH_PHASES] = {
		[BATCH_CHECKS] = "checking",
		[BATCH_WAITS] = "waiting",
		[BATCH_SENDS] = "sending",
		[BATCH_HELD] = "held",
		[BATCH_STOPS] = "stopping",
		[BATCH_PAUSED] = "paused",
		[BATCH_WRITTEN] = "finalizing",
		[BATCH_ENDED] = "ended",
	};

	return names[p];
}

bool runner_port(const struct batch_record *b, struct port *out)
{
	const struct batch_run *run = b->run;

	if (!run || !run->session || run->ended)
		return false;
	*out = session_far_port(run->session);
	return true;
}

static enum batch_phase phase_of(const struct batch_record *b)
{
	const struct batch_run *run = b->run;

	if (!run || batch_record_ended(b))
		return BATCH_ENDED;
	if (!b->at_us[FACT_IN_PROGRESS])
		return BATCH_CHECKS;
	if (b->at_us[FACT_FINALIZING])
		return BATCH_WRITTEN;
	if (run->session && (run->draining || run->ended))
		return BATCH_STOPS;
	if (run->session)
		return run->held ? BATCH_HELD : BATCH_SENDS;
	return b->paused ? BATCH_PAUSED : BATCH_WAITS;
}

/* Without a session: by its record. */
static void count_record(
	const struct batch_record *b, enum batch_phase phase, struct item_counts *n)
{
	uint64_t left = b->counts.total - b->counts.ok - b->counts.failed;

	*n = (struct item_counts){
		.ok = b->counts.ok, .failed = b->counts.failed, .total = b->counts.total};
	if (phase == BATCH_ENDED)
		n->cancelled = left;
	else if (phase == BATCH_PAUSED)
		n->held = left;
	else
		n->queued = left;
}

static void look_at_session(const struct batch_run *run, struct batch_view *out)
{
	struct port port = session_port(run->session);
	struct snapshot s;

	port_snapshot(&port, &s);
	out->items = s.items;
	if (s.items.total < run->batch->counts.total) {
		/* its input is not read to its end */
		out->items.queued += run->batch->counts.total - s.items.total;
		out->items.total = run->batch->counts.total;
	}
	out->requests = s.requests;
	out->answers_now = s.answers_now;
	out->eta_low_us = s.eta_low_us;
	out->eta_high_us = s.eta_high_us;
	out->usd = s.cost.usd;
	out->usd_since = s.cost.usd > run->usd_before ? s.cost.usd - run->usd_before : 0;
	out->tokens_in = (double)run->batch->usage.in + (double)s.tokens_in;
	out->tokens_out = (double)run->batch->usage.out + (double)s.tokens_out;
	out->bound = s.bound_now;
	if (out->phase == BATCH_SENDS && s.state != RUN_RUNNING && s.state != RUN_DONE)
		out->phase = BATCH_HELD;
	snprintf(out->note, sizeof(out->note), "%s",
		s.state_note[0]            ? s.state_note
		: out->phase == BATCH_HELD ? s.hold_words
					   : "");
}

void runner_view(const struct batch_record *b, struct batch_view *out)
{
	const struct batch_run *run = b->run;
	char why[sizeof(out->note)];

	*out = (struct batch_view){.phase = phase_of(b),
		.eta_low_us = -1,
		.eta_high_us = -1,
		.usd = b->nano_usd ? (double)b->nano_usd / NANO_PER_USD : -1,
		.tokens_in = (double)b->usage.in,
		.tokens_out = (double)b->usage.out,
		.bound = BOUND_DONE};
	if (!run || !run->session) {
		count_record(b, out->phase, &out->items);
		return;
	}
	look_at_session(run, out);
	if (token_turn_says(&run->turn, clock_wall_us(), why, sizeof(why)))
		snprintf(out->note, sizeof(out->note), "%s", why);
}
