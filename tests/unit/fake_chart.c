/* The whole past of a scene: the story of fake_history.c from its first second on. */
#include <math.h>

#include "base/clock.h"
#include "core/chart.h"
#include "fake_history.h"
#include "fake_port.h"

static double scale_of(const struct snapshot *s)
{
	return s->elapsed_us > 100000 * US_PER_S ? 6000 : 1;
}

/* Two kinds of answers, the slow ones while the limit is high. */
static void add_latencies(struct chart_slot *slot, int t)
{
	int fast = 21 + (int)(2.5 * sin(t / 40.0)), slow = fast + (slot->concurrency > 8 ? 7 : 5);

	for (uint32_t i = 0; i < slot->ok; i++)
		slot->latency[i % 3 ? fast + (int)(i + (uint32_t)t) % 3 : slow]++;
}

static struct chart_slot slot_at(int t, double scale)
{
	struct history_second h = fake_history_second(t, scale);
	struct chart_slot slot = {.seconds = 1,
		.answered = h.answered,
		.ok = h.ok,
		.rate_limited = h.rate_limited,
		.concurrency = h.concurrency,
		.in_flight = h.in_flight,
		.tokens = h.tokens,
		.medians = h.latency_p50_ms >= 0,
		.medians_ms = (float)h.latency_p50_ms,
		.marks = h.mark ? 1u << h.mark : 0};

	if (t == 200)
		slot.marks |= 1u << MARK_SESSION;
	if (t % 400 == 300)
		slot.marks |= 1u << MARK_HELD;
	add_latencies(&slot, t);
	return slot;
}

size_t fake_chart(void *ctx, const struct chart_query *q, struct chart_slot *out, size_t n,
	struct chart_info *info)
{
	const struct snapshot *s = &((struct fake_port *)ctx)->snap;
	int seconds = s->history_len ? (int)(s->elapsed_us / US_PER_S) : 0;
	int first = q->recent && seconds > HISTORY_SECONDS ? seconds - HISTORY_SECONDS : 0;
	struct chart c;

	chart_init(&c);
	for (int t = first; t < seconds; t++) {
		const struct chart_slot slot = slot_at(t, scale_of(s));

		chart_add(&c, &slot);
	}
	n = chart_slots(&c, q->recent, q->from, out, n, info);
	info->seconds = (uint64_t)seconds;
	chart_free(&c);
	return n;
}
