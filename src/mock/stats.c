#include "mock/stats.h"

#include <inttypes.h>

#include "base/clock.h"

void stats_reset(struct stats *s, int64_t now_us)
{
	*s = (struct stats){.start_us = now_us,
		.requests = s->in_flight,
		.in_flight = s->in_flight,
		.peak_in_flight = s->in_flight,
		.connections = s->open_connections,
		.open_connections = s->open_connections};
}

void stats_request(struct stats *s, int64_t now_us, uint64_t bytes)
{
	s->requests++;
	s->bytes_in += bytes;
	if (++s->in_flight > s->peak_in_flight)
		s->peak_in_flight = s->in_flight;
	if (!s->first_us)
		s->first_us = now_us;
	s->last_us = now_us;
}

void stats_answer(struct stats *s, int status)
{
	s->in_flight--;
	s->answered++;
	if (status >= 0 && status < STATS_STATUSES)
		s->by_status[status]++;
}

void stats_drop(struct stats *s)
{
	s->in_flight--;
	s->dropped++;
}

static void add_seconds(struct buf *out, const char *name, int64_t us)
{
	buf_addf(out, "\"%s\":%.3f,", name, (double)us / (double)US_PER_S);
}

static void add_by_status(const struct stats *s, struct buf *out)
{
	const char *comma = "";

	buf_adds(out, "\"by_status\":{");
	for (int i = 0; i < STATS_STATUSES; i++) {
		if (!s->by_status[i])
			continue;
		buf_addf(out, "%s\"%d\":%" PRIu64, comma, i, s->by_status[i]);
		comma = ",";
	}
	buf_adds(out, "},");
}

static void add_refused_by(const struct stats *s, struct buf *out)
{
	static const char *const names[MODEL_LIMIT_COUNT] = {
		[MODEL_LIMIT_REQUESTS] = "requests",
		[MODEL_LIMIT_TOKENS] = "tokens",
		[MODEL_LIMIT_WINDOW] = "window",
		[MODEL_LIMIT_CONCURRENCY] = "concurrency",
		[MODEL_LIMIT_OUTAGE] = "outage",
	};

	buf_adds(out, "\"refused_by\":{");
	for (int i = MODEL_LIMIT_NONE + 1; i < MODEL_LIMIT_COUNT; i++)
		buf_addf(out, "%s\"%s\":%" PRIu64, i == MODEL_LIMIT_NONE + 1 ? "" : ",", names[i],
			s->refused_by[i]);
	buf_adds(out, "},");
}

void stats_write(const struct stats *s, int64_t now_us, struct buf *out)
{
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {
		{"requests", s->requests},
		{"answered", s->answered},
		{"dropped", s->dropped},
		{"in_flight", s->in_flight},
		{"peak_in_flight", s->peak_in_flight},
		{"connections", s->connections},
		{"open_connections", s->open_connections},
		{"tokens_in", s->tokens_in},
		{"tokens_out", s->tokens_out},
		{"bytes_in", s->bytes_in},
	};

	buf_addc(out, '{');
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		buf_addf(out, "\"%s\":%" PRIu64 ",", counts[i].name, counts[i].n);
	add_by_status(s, out);
	add_refused_by(s, out);
	add_seconds(out, "first_s", s->first_us ? s->first_us - s->start_us : 0);
	add_seconds(out, "last_s", s->last_us ? s->last_us - s->start_us : 0);
	buf_addf(out, "\"seconds\":%.3f}", (double)(now_us - s->start_us) / (double)US_PER_S);
}
