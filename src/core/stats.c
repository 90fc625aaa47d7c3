#include "core/stats.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "core/chart_records.h"
#include "core/latency_bins.h"

void stats_init(struct stats *s, int64_t now_us)
{
	memset(s, 0, sizeof(*s));
	s->start_us = s->second_us = s->stop_counted_us = now_us;
	s->seconds = 1;
}

static struct stats_second *current(struct stats *s)
{
	return &s->ring[(s->seconds - 1) % HISTORY_SECONDS];
}

const struct stats_second *stats_past(const struct stats *s, int back)
{
	return &s->ring[(s->seconds - 1 - back) % HISTORY_SECONDS];
}

static struct latency_slot *current_slot(struct stats *s)
{
	return &s->slot[(s->seconds - 1) / STATS_SLOT_S % STATS_SLOTS];
}

static void add_times(struct stream_times *to, const struct stream_times *from)
{
	histogram_merge(&to->first_token, &from->first_token);
	histogram_merge(&to->gap, &from->gap);
}

static void take_pending(struct stats *s)
{
	if (!s->pending.first_token.count && !s->pending.gap.count)
		return;
	add_times(&current_slot(s)->streams, &s->pending);
	add_times(&s->all_streams, &s->pending);
	histogram_clear(&s->pending.first_token);
	histogram_clear(&s->pending.gap);
}

/* Counts the time up to now in which nothing could start; it lies within the current second. */
static void count_stop(struct stats *s, int64_t now_us)
{
	int64_t us = now_us - s->stop_counted_us;

	if (us > 0 && s->stop == STATS_STOPPED) {
		current(s)->stopped_us += (uint32_t)us;
		s->stopped_us += us;
	} else if (us > 0 && s->stop == STATS_HELD) {
		current(s)->held_us += (uint32_t)us;
	}
	s->stop_counted_us = now_us;
}

void stats_stop(struct stats *s, int64_t now_us, enum stats_stop stop)
{
	count_stop(s, now_us);
	s->stop = stop;
}

/* The second that passes, for the chart: the time in which a finished run is looked at is no part
 * of it. */
static void chart_second(struct stats *s)
{
	const struct stats_second *second = current(s);
	const struct history_second *h = &second->shown;
	struct chart_slot slot = {.seconds = 1,
		.answered = h->answered,
		.ok = h->ok,
		.rate_limited = h->rate_limited,
		.concurrency = h->concurrency,
		.in_flight = h->in_flight,
		.tokens = second->tokens,
		.marks = s->second_marks};

	s->second_marks = 0;
	if (!s->chart || (s->idle_since_us && !h->answered))
		return;
	if (h->latency_p50_ms >= 0) {
		slot.medians = 1;
		slot.medians_ms = (float)h->latency_p50_ms;
	}
	if (s->second_latency.count)
		latency_bins_add(&s->second_latency, slot.latency);
	chart_add(s->chart, &slot);
}

void stats_advance(struct stats *s, int64_t now_us, int in_flight, int concurrency)
{
	while (now_us - s->second_us >= US_PER_S) {
		struct history_second *h = &current(s)->shown;
		int64_t p50 = histogram_quantile(&s->second_latency, 0.5);

		h->in_flight = (uint32_t)in_flight;
		h->concurrency = (uint32_t)concurrency;
		h->latency_p50_ms = p50 < 0 ? -1 : (int32_t)(p50 / US_PER_MS);
		chart_second(s);
		if (s->second_latency.count)
			histogram_clear(&s->second_latency);
		take_pending(s);
		count_stop(s, s->second_us + US_PER_S);
		s->seconds++;
		s->second_us += US_PER_S;
		memset(current(s), 0, sizeof(*current(s)));
		if ((s->seconds - 1) % STATS_SLOT_S == 0)
			memset(current_slot(s), 0, sizeof(*current_slot(s)));
	}
}

void stats_started(struct stats *s, bool is_retry)
{
	s->retries += is_retry;
	current(s)->started++;
}

void stats_resent(struct stats *s, unsigned n)
{
	s->resent += n;
	s->attempts += n;
	s->retries += n;
	s->outcomes[OUTCOME_NETWORK] += n;
}

static void count_stream(struct stats *s, const struct answer *a, const struct verdict *v)
{
	struct latency_slot *slot = current_slot(s);
	double per_s = response_tokens_per_s(a, v);

	if (per_s < 0)
		return;
	slot->stream_tokens += per_s * (double)a->stream->writing_us / US_PER_S;
	slot->stream_us += (double)a->stream->writing_us;
	s->all_stream_tokens += per_s * (double)a->stream->writing_us / US_PER_S;
	s->all_stream_us += (double)a->stream->writing_us;
}

void stats_written(struct stats *s, uint64_t tokens)
{
	current(s)->tokens += tokens;
}

void stats_answered(
	struct stats *s, const struct answer *a, const struct verdict *v, uint64_t written)
{
	struct stats_second *second = current(s);
	struct latency_slot *slot = current_slot(s);
	uint64_t tokens = (uint64_t)((v->tokens_in > 0 ? v->tokens_in : 0) +
				     (v->tokens_out > 0 ? v->tokens_out : 0));

	s->attempts++;
	s->outcomes[v->outcome]++;
	s->bytes_in += a->bytes_in;
	s->bytes_out += a->bytes_out;
	if (v->tokens_in > 0)
		s->tokens_in += (uint64_t)v->tokens_in;
	if (v->tokens_out > 0)
		s->tokens_out += (uint64_t)v->tokens_out;
	s->tokens_cached += (uint64_t)v->tokens_cached;
	s->tokens_cache_write += (uint64_t)v->tokens_cache_write;
	s->estimated_in += (uint64_t)v->estimated_in;
	s->estimated_out += (uint64_t)v->estimated_out;
	if (v->outcome == OUTCOME_CANCELLED)
		return;
	s->answered++;
	second->tokens += tokens > written ? tokens - written : 0;
	second->shown.answered++;
	if (v->outcome == OUTCOME_OK)
		second->shown.ok++;
	else if (v->outcome == OUTCOME_RATE_LIMITED)
		second->shown.rate_limited++;
	/* A refusal is quick and says nothing about how long answers take. */
	if (v->outcome == OUTCOME_RATE_LIMITED || a->result != NET_STATUS || a->status >= 400)
		return;
	histogram_add(&slot->latency, a->latency_us);
	histogram_add(&s->second_latency, a->latency_us);
	if (v->outcome == OUTCOME_OK)
		histogram_add(&s->all, a->latency_us);
	if (a->first_byte_us >= 0)
		histogram_add(&slot->first_byte, a->first_byte_us);
	if (a->stream)
		count_stream(s, a, v);
}

void stats_mark(struct stats *s, enum mark mark)
{
	struct history_second *h = &current(s)->shown;

	s->second_marks |= 1u << mark;
	h->mark = (uint8_t)mark_shown((enum mark)h->mark, mark);
}

void stats_ended(
	struct stats *s, enum item_state state, enum outcome outcome, bool reused, bool asked)
{
	s->ended++;
	s->reused += reused;
	s->asked += asked && !reused && state != ITEM_CANCELLED;
	current(s)->ended++;
	current(s)->reused += reused;
	if (state == ITEM_FAILED)
		s->final_failures[outcome]++;
}

void stats_requeued(struct stats *s, enum outcome outcome, uint64_t failed)
{
	uint64_t finals = 0;

	for (int i = 0; i < OUTCOME_COUNT; i++)
		finals += s->final_failures[i];
	if (finals <= failed || !s->final_failures[outcome])
		return;
	s->final_failures[outcome]--;
	s->asked -= s->asked > 0;
}

void stats_idle(struct stats *s, int64_t now_us, bool idle)
{
	if (idle == (s->idle_since_us != 0))
		return;
	if (!idle)
		s->start_us += now_us - s->idle_since_us;
	s->idle_since_us = idle ? now_us : 0;
}

int64_t stats_elapsed(const struct stats *s, int64_t now_us)
{
	return (s->idle_since_us ? s->idle_since_us : now_us) - s->start_us;
}

static int whole_seconds(const struct stats *s, int at_most)
{
	int n = s->seconds - 1 < HISTORY_SECONDS - 1 ? s->seconds - 1 : HISTORY_SECONDS - 1;

	return n < at_most ? n : at_most;
}

static void view_latency(const struct stats *s, struct stats_view *view)
{
	struct latency_summary *out = &view->latency;
	struct histogram latency, first_byte;

	histogram_clear(&latency);
	histogram_clear(&first_byte);
	for (int i = 0; i < STATS_SLOTS; i++) {
		histogram_merge(&latency, &s->slot[i].latency);
		histogram_merge(&first_byte, &s->slot[i].first_byte);
	}
	latency_bins_add(&latency, view->latency_bins);
	out->p50_us = histogram_quantile(&latency, 0.5);
	out->p90_us = histogram_quantile(&latency, 0.9);
	out->p99_us = histogram_quantile(&latency, 0.99);
	out->max_us = latency.count ? latency.max_us : -1;
	out->first_byte_p50_us = histogram_quantile(&first_byte, 0.5);
	out->first_byte_p99_us = histogram_quantile(&first_byte, 0.99);
}

static struct stream_summary sum_streams(const struct stream_times *t, double tokens, double us)
{
	if (!t->first_token.count)
		return (struct stream_summary){.any = false};
	return (struct stream_summary){
		.any = true,
		.first_token_p50_us = histogram_quantile(&t->first_token, 0.5),
		.first_token_p99_us = histogram_quantile(&t->first_token, 0.99),
		.gap_p50_us = histogram_quantile(&t->gap, 0.5),
		.gap_p99_us = histogram_quantile(&t->gap, 0.99),
		.tokens_per_s = us > 0 ? tokens * US_PER_S / us : -1,
	};
}

static void view_session(const struct stats *s, int64_t elapsed_us, struct session_times *out)
{
	const struct histogram *h = &s->all;
	struct stream_times streams = s->pending;

	out->avg_us = h->count ? h->sum_us / (int64_t)h->count : -1;
	out->p50_us = histogram_quantile(h, 0.5);
	out->p90_us = histogram_quantile(h, 0.9);
	out->p99_us = histogram_quantile(h, 0.99);
	out->max_us = h->count ? h->max_us : -1;
	out->speed_up = h->count && elapsed_us > 0 ? (double)h->sum_us / (double)elapsed_us : -1;
	add_times(&streams, &s->all_streams);
	out->streams = sum_streams(&streams, s->all_stream_tokens, s->all_stream_us);
}

/* Those of the last minute. */
static void view_streams(const struct stats *s, struct stats_view *view)
{
	struct stream_times streams = s->pending;
	double tokens = 0, us = 0;

	if (!view->session.streams.any)
		return;
	for (int i = 0; i < STATS_SLOTS; i++) {
		add_times(&streams, &s->slot[i].streams);
		tokens += s->slot[i].stream_tokens;
		us += s->slot[i].stream_us;
	}
	view->streams = sum_streams(&streams, tokens, us);
}

static void view_rates(const struct stats *s, int64_t now_us, struct stats_view *out)
{
	int n = whole_seconds(s, STATS_RATE_S), minute = whole_seconds(s, 60);
	double part = (double)(now_us - s->second_us) / US_PER_S;
	double session = (double)stats_elapsed(s, now_us) / US_PER_S;
	double answers = stats_past(s, 0)->shown.answered,
	       tokens = (double)stats_past(s, 0)->tokens;
	double refused = stats_past(s, 0)->shown.rate_limited;

	for (int i = 1; i <= n; i++) {
		answers += stats_past(s, i)->shown.answered;
		tokens += (double)stats_past(s, i)->tokens;
	}
	for (int i = 1; i <= minute; i++)
		refused += stats_past(s, i)->shown.rate_limited;
	out->answers_now = answers / fmax(n + part, 0.2);
	out->tokens_now = tokens / fmax(n + part, 0.2);
	out->rate_limited_per_min = refused;
	out->answers_avg = (double)s->answered / fmax(session, 0.2);
}

void stats_view(const struct stats *s, int64_t now_us, struct stats_view *out)
{
	*out = (struct stats_view){0};
	out->elapsed_us = stats_elapsed(s, now_us);
	view_rates(s, now_us, out);
	view_latency(s, out);
	view_session(s, out->elapsed_us, &out->session);
	view_streams(s, out);
	out->attempts = s->attempts;
	out->retries = s->retries;
	out->resent = s->resent;
	memcpy(out->outcomes, s->outcomes, sizeof(out->outcomes));
	memcpy(out->final_failures, s->final_failures, sizeof(out->final_failures));
	out->tokens_in = s->tokens_in;
	out->estimated_in = s->estimated_in;
	out->estimated_out = s->estimated_out;
	out->tokens_out = s->tokens_out;
	out->tokens_cached = s->tokens_cached;
	out->tokens_cache_write = s->tokens_cache_write;
	out->asked = s->asked;
	out->bytes_in = s->bytes_in;
	out->bytes_out = s->bytes_out;
}

int stats_history(const struct stats *s, struct history_second out[HISTORY_SECONDS])
{
	int n = whole_seconds(s, HISTORY_SECONDS);

	for (int i = 0; i < n; i++) {
		const struct stats_second *second = stats_past(s, n - i);

		out[i] = second->shown;
		out[i].tokens = (uint32_t)second->tokens;
	}
	return n;
}
