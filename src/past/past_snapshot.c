/* The snapshot of a run by its files: the counts of its items are the engine's, the rest is what
 * its journal told last. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "figures_text.h"
#include "past/past_impl.h"
#include "past/past_replay.h"

enum { CLOCK_SIZE = 24, PART_SIZE = 72 };

static bool is_over(const struct item_counts *c)
{
	return !c->queued && !c->waiting && !c->in_flight && !c->held;
}

static enum run_state state_of(const struct past *p, const struct snapshot *s)
{
	int64_t code = p->figures.stop.exit_code;

	if (p->holder)
		return RUN_RUNNING;
	if (p->figures.stopped)
		return code == 0 || code == 1 ? RUN_DONE : RUN_STOPPED;
	return p->complete && is_over(&s->items) ? RUN_DONE : RUN_STOPPED;
}

/* ---- the note ---- */

/* Local time, with the date unless it is today. */
static const char *clock_of(int64_t wall_us, char out[CLOCK_SIZE])
{
	time_t then = (time_t)clock_whole(wall_us, US_PER_S),
	       now = (time_t)clock_whole(clock_wall_us(), US_PER_S);
	struct tm tm, today;

	if (!localtime_r(&then, &tm) || !localtime_r(&now, &today) ||
		!strftime(out, CLOCK_SIZE,
			tm.tm_yday == today.tm_yday && tm.tm_year == today.tm_year
				? "%H:%M:%S"
				: "%Y-%m-%d %H:%M:%S",
			&tm))
		snprintf(out, CLOCK_SIZE, "?");
	return out;
}

/* What cannot be shown, the gravest first; "" when all is there. */
static void lacks(const struct past *p, char *out, size_t size)
{
	out[0] = '\0';
	if (!p->complete)
		snprintf(out, size, "still reading the input; ");
	else if (p->reads == PAST_INPUT_MISSING)
		snprintf(out, size, "input missing: no requests (--input FILE); ");
	else if (p->reads == PAST_INPUT_UNKNOWN)
		snprintf(out, size, "input unknown: no requests (--input FILE); ");
	else if (p->reads == PAST_INPUT_PIPE)
		snprintf(out, size, "the input was a pipe: no requests; ");
	else if (p->reads == PAST_INPUT_READ && p->lost.n)
		snprintf(out, size, "%zu item%s without an input line, listed last; ", p->lost.n,
			p->lost.n == 1 ? "" : "s");
	else if (p->reads == PAST_INPUT_READ && p->engine->changed.kept)
		snprintf(out, size, "%" PRIu64 " line%s of the input changed since; ",
			p->engine->changed.kept, p->engine->changed.kept == 1 ? "" : "s");
	else if (ledger_is_torn(p->ledger) && !p->holder)
		snprintf(out, size, "the last line is incomplete and skipped; ");
	else if (p->bad_lines)
		snprintf(out, size, "%" PRIu64 " line%s of the files skipped: not records; ",
			p->bad_lines, p->bad_lines == 1 ? "" : "s");
}

/* A session of a part leaves items of the input to the next one. */
static const char *part_of(const struct past_figures *f, char out[PART_SIZE])
{
	char part[FIGURES_TEXT_SIZE];

	out[0] = '\0';
	if (input_part_is(&f->part))
		snprintf(out, PART_SIZE, ", %s", figures_part(&f->part, part));
	return out;
}

static void add_note(const struct past *p, struct snapshot *s)
{
	const struct past_figures *f = &p->figures;
	/* a replay goes on with nothing */
	const char *again = p->replay         ? ""
			    : s->items.failed ? "; :retry failed requests them again, q leaves"
					      : "; q leaves";
	const char *resume = p->replay ? "" : "; :go on resumes it, q leaves";
	char *out = s->state_note, clock[CLOCK_SIZE], lack[72], part[PART_SIZE];
	size_t size = sizeof(s->state_note);

	lacks(p, lack, sizeof(lack));
	clock_of(f->last_wall_us, clock);
	if (p->holder)
		snprintf(out, size,
			"%slive, as pid %d: these are its files at %s; steer it with sluice ctl %d",
			lack, (int)p->holder, clock, (int)p->holder);
	else if (!ledger_has_journal(p->ledger))
		snprintf(out, size,
			"%sits journal is missing: no times, no log, no attempts; q leaves", lack);
	else if (!f->sessions)
		snprintf(out, size, "%sno session yet; q leaves", lack);
	else if (!f->stopped)
		snprintf(out, size, "%sno stop record, probably killed after %s%s", lack, clock,
			resume);
	else if (s->state == RUN_DONE)
		snprintf(out, size, "%sfinished %s%s%s", lack, clock, part_of(f, part), again);
	else
		snprintf(out, size, "%sstopped %s%s%.60s%s", lack, clock,
			f->stop.reason[0] ? ": " : "", f->stop.reason, resume);
}

/* ---- figures ---- */

static void add_attempts(const struct past_figures *f, struct snapshot *s)
{
	const struct tick_figures *now = &f->now;

	s->outcomes[OUTCOME_OK] = (uint64_t)now->ok;
	for (int i = 1; i < OUTCOME_COUNT; i++)
		s->outcomes[i] = (uint64_t)now->not_ok[i - 1];
	for (int i = 0; i < OUTCOME_COUNT; i++)
		s->attempts += s->outcomes[i];
	if (f->stopped && f->stop.requests >= 0)
		s->attempts = (uint64_t)f->stop.requests;
	if (f->stopped && f->stop.retries > 0)
		s->retries = (uint64_t)f->stop.retries;
	if (f->stopped && f->stop.cached > 0)
		s->cached = (uint64_t)f->stop.cached;
	if (f->stopped && f->stop.shared > 0)
		s->shared = (uint64_t)f->stop.shared;
	s->tokens_in = (uint64_t)now->tokens[0];
	s->tokens_out = (uint64_t)now->tokens[1];
	if (f->elapsed_us > 0)
		s->answers_avg = (double)s->attempts / s_from_us(f->elapsed_us);
}

/* Of the whole run, as far as its results tell. */
static void add_latency(const struct past *p, struct snapshot *s)
{
	static const struct histogram none;
	bool end = !p->replay || p->replay->player.at_ms >= p->replay->player.length_ms;
	const struct histogram *h =
		p->replay && p->replay->settled ? &p->replay->spans.latency : &p->latency;
	const struct histogram *first = end ? &p->first_byte : &none;

	if (!h->count)
		return;
	s->session.avg_us = h->sum_us / (int64_t)h->count;
	s->session.p50_us = histogram_quantile(h, 0.5);
	s->session.p90_us = histogram_quantile(h, 0.9);
	s->session.p99_us = histogram_quantile(h, 0.99);
	s->session.max_us = h->max_us;
	s->latency = (struct latency_summary){s->session.p50_us, s->session.p90_us,
		s->session.p99_us, s->session.max_us, histogram_quantile(first, 0.5),
		histogram_quantile(first, 0.99)};
	for (int i = 0; i < HISTOGRAM_BUCKETS; i++) {
		int bin = 0;

		while (bin + 1 < LATENCY_BINS && latency_bin_us(bin + 1) <= histogram_floor_us(i))
			bin++;
		s->latency_bins[bin] += h->bucket[i];
	}
}

/* The limits that the chosen screens show are those of the only lane, or the sum. */
static void add_limits(const struct past_figures *f, struct snapshot *s)
{
	s->concurrency = (int)tick_concurrency(&f->lanes);
	s->concurrency_auto = false;
	if (f->lanes.n != 1)
		return;
	s->rpm.used = f->lanes.at[0].rpm > 0 ? f->lanes.at[0].rpm : -1;
	s->tpm.used = f->lanes.at[0].tpm > 0 ? f->lanes.at[0].tpm : -1;
	s->rate.used = f->lanes.at[0].rate > 0 ? f->lanes.at[0].rate : -1;
}

void past_snapshot(struct past *p, struct snapshot *out)
{
	const struct past_figures *f = &p->figures;

	port_snapshot(&p->run, out);
	out->past = true;
	if (!ledger_has_journal(p->ledger))
		out->journal[0] = '\0';
	if (!p->complete) { /* the lists still grow */
		out->items = p->known;
		out->total_known = true;
		out->total_estimate = p->known.total;
	}
	out->state = state_of(p, out);
	out->eta_low_us = out->eta_high_us = -1;
	out->elapsed_us = f->elapsed_us;
	out->resumed = 0;
	if (p->start.origin)
		text_sanitise(out->endpoint, sizeof(out->endpoint), p->start.origin,
			strlen(p->start.origin));
	if (f->sessions == 1) /* these are of the whole run, tokens of its last session */
		out->cost.asked = p->engine->intake.resumed_asked;
	past_cost_show(&f->cost, &out->cost);
	out->cost.earlier = f->sessions > 1;
	memcpy(out->final_failures, p->failures, sizeof(out->final_failures));
	add_attempts(f, out);
	add_latency(p, out);
	add_limits(f, out);
	out->bound_now = f->now.bound;
	past_figures_bounds(f, out->bound_share);
	memcpy(out->session.bound_share, f->stopped ? f->stop.why : out->bound_share,
		sizeof(out->session.bound_share));
	out->history_len = past_figures_history(f, out->history);
	add_note(p, out);
	if (p->replay)
		past_moment_snapshot(p, out);
}
