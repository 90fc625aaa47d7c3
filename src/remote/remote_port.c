/* The port itself. Each call answers from what is here; while a key is handled it waits for what is
 * not, at most as long as a key may take. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "remote/remote_impl.h"

/* ---- the figures ---- */

/* Its batches go on with the next process. */
static void say_service_over(const struct remote *r, struct snapshot *s)
{
	char code[48] = "is gone: killed, or lost";

	if (r->exit_code >= 0)
		snprintf(code, sizeof(code), "has ended with exit code %d", r->exit_code);
	snprintf(s->state_note, sizeof(s->state_note),
		"the service %s; this screen goes on when it is started again", code);
}

/* The last figures are no news, and a question of the run is nobody's any more. */
static void say_over(const struct remote *r, struct snapshot *s)
{
	bool ended = s->state == RUN_DONE || s->state == RUN_STOPPED;

	s->question = QUESTION_NONE;
	if (!ended)
		s->state = RUN_STOPPED;
	if (r->is_service)
		say_service_over(r, s);
	else if (r->config.of_service)
		snprintf(s->state_note, sizeof(s->state_note),
			"the batch does not send any more: it has ended, or was paused; q goes "
			"back");
	else if (r->exit_code >= 0)
		snprintf(s->state_note, sizeof(s->state_note),
			"the run has ended with exit code %d; q leaves, sluice view has its items",
			r->exit_code);
	else
		snprintf(s->state_note, sizeof(s->state_note),
			"the run's process is gone%s; q leaves, sluice view has its items",
			ended ? "" : ": killed or crashed. The same command resumes it");
}

static void say_lost(const struct remote *r, struct snapshot *s)
{
	char age[16];

	text_age(s->unheard_us, age, sizeof(age));
	snprintf(s->state_note, sizeof(s->state_note),
		"the %s has not answered for %s, still trying: these figures are old",
		r->is_service ? "service" : "run", age);
}

static void set_link(const struct remote *r, struct snapshot *s)
{
	int64_t unheard_us = clock_mono_us() - r->heard_us;

	s->read_only = s->read_only || r->config.read_only;
	if (r->over) {
		s->link = RUN_LINK_OVER;
		s->unheard_us = unheard_us;
		say_over(r, s);
	} else if (!remote_is_live(r)) {
		s->link = RUN_LINK_LOST;
		s->unheard_us = unheard_us;
		say_lost(r, s);
	}
}

static void remote_snapshot(void *ctx, struct snapshot *out)
{
	struct remote *r = ctx;

	*out = r->snap;
	if (r->title)
		snprintf(out->run_name, sizeof(out->run_name), "%s", r->title);
	set_link(r, out);
	/* the log may still be on its way */
	out->last_event = r->log.earlier + r->log.last;
	r->late = false;
}

static size_t remote_events(void *ctx, uint64_t since, struct event *out, size_t n)
{
	const struct remote *r = ctx;
	uint64_t last = r->log.last, seq = since > r->log.earlier ? since - r->log.earlier : 0;
	size_t got = 0;

	if (seq + REMOTE_EVENTS < last)
		seq = last - REMOTE_EVENTS;
	for (seq++; seq <= last && got < n; seq++) {
		const struct event *e = &r->log.event[(seq - 1) % REMOTE_EVENTS];

		if (e->seq != seq) /* before the first one that the run kept */
			continue;
		out[got] = *e;
		out[got++].seq += r->log.earlier;
	}
	return got;
}

/* ---- the rest ---- */

/* For monitoring, which asks the run itself. */
static void remote_totals(void *ctx, struct totals *out)
{
	(void)ctx;
	memset(out, 0, sizeof(*out));
}

static void on_attended(void *ctx, int status, const char *body, size_t len)
{
	(void)ctx, (void)status, (void)body, (void)len;
}

static void remote_attended(void *ctx)
{
	struct remote *r = ctx;
	int64_t now_us = clock_mono_us();

	r->until_us = now_us + REMOTE_KEY_US;
	if (!remote_is_live(r) || r->config.read_only || now_us - r->attended_us < US_PER_S)
		return;
	r->attended_us = now_us;
	link_ask(r->link, "/v1/watch/attended", "{}", 10, on_attended, r);
}

static bool remote_late(void *ctx)
{
	const struct remote *r = ctx;

	return r->late && remote_is_live(r);
}

#define RUN_OPS                                                                                    \
	.snapshot = remote_snapshot, .rows = remote_rows, .locate = remote_locate,                 \
	.row = remote_row, .detail = remote_detail, .errors = remote_errors,                       \
	.events_since = remote_events, .command = remote_command, .job = remote_job,               \
	.commands = remote_commands, .totals = remote_totals, .attended = remote_attended,         \
	.chart = remote_slots, .usage = remote_usage, .error_hits = remote_error_hits,             \
	.late = remote_late

static const struct port_ops run_ops = {RUN_OPS};

/* Of a service, what its batches have is not asked for. */
static const struct port_ops service_ops = {RUN_OPS, .service = &remote_service_ops};

struct port remote_port(struct remote *r)
{
	return (struct port){r->is_service ? &service_ops : &run_ops, r};
}
