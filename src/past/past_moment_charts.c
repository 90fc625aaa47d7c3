/* Charts of a run up to a moment: slots of the whole run as far as they lie before it, and its last
 * minutes by the figures of then. */
#include <string.h>

#include "past/past_replay.h"

/* The seconds that had passed, without the gaps between sessions. */
static uint64_t seconds_of(const struct replay *r)
{
	const struct axis *a = &r->axis;
	size_t session = axis_session_at(a, r->player.at_ms);
	int64_t since_ms = r->player.at_ms - a->session[session].from_ms, seconds = 0;

	for (size_t i = 0; i < session; i++)
		seconds += a->session[i].length_ms / 1000;
	if (since_ms > a->session[session].length_ms)
		since_ms = a->session[session].length_ms;
	return (uint64_t)(seconds + since_ms / 1000);
}

static struct chart_slot slot_of(const struct history_second *h)
{
	bool answered = h->latency_p50_ms >= 0;

	return (struct chart_slot){.seconds = 1,
		.answered = h->answered,
		.ok = h->ok,
		.rate_limited = h->rate_limited,
		.concurrency = h->concurrency,
		.medians = answered,
		.medians_ms = answered ? (float)h->latency_p50_ms : 0,
		.marks = h->mark ? 1U << h->mark : 0,
		.tokens = h->tokens,
		.in_flight = h->in_flight};
}

static size_t recent(const struct past *p, uint32_t from, struct chart_slot *out, size_t n,
	struct chart_info *info)
{
	struct history_second second[HISTORY_SECONDS];
	uint32_t seconds = (uint32_t)past_figures_history(&p->figures, second);
	size_t filled = 0;

	*info = (struct chart_info){
		.span_s = 1, .slots = seconds, .seconds = (uint64_t)p->figures.seconds};
	for (uint32_t i = from; i < seconds && filled < n; i++)
		out[filled++] = slot_of(&second[i]);
	return filled;
}

size_t past_moment_chart(struct past *p, const struct chart_query *q, struct chart_slot *out,
	size_t n, struct chart_info *info)
{
	uint64_t seconds = seconds_of(p->replay), slots;
	size_t filled;

	if (q->recent)
		return recent(p, q->from, out, n, info);
	filled = port_chart(&p->run, q, out, n, info);
	if (seconds > info->seconds)
		seconds = info->seconds;
	slots = info->span_s ? (seconds + info->span_s - 1) / info->span_s : 0;
	if (slots < info->slots)
		info->slots = (uint32_t)slots;
	info->seconds = seconds;
	if (q->from >= info->slots)
		return 0;
	return filled < info->slots - q->from ? filled : info->slots - q->from;
}
