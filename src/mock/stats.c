#include "mock/stats.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/json_writer.h"

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

static void add_seconds(struct json_writer *w, const char *name, int64_t us)
{
	json_member_double(w, name, (double)us / (double)US_PER_S, 3);
}

static void add_by_status(struct json_writer *w, const struct stats *s)
{
	json_member_object(w, "by_status");
	for (int i = 0; i < STATS_STATUSES; i++) {
		char status[12];

		if (!s->by_status[i])
			continue;
		snprintf(status, sizeof(status), "%d", i);
		json_member_uint(w, status, s->by_status[i]);
	}
	json_close_object(w);
}

static void add_refused_by(struct json_writer *w, const struct stats *s)
{
	static const char *const names[MODEL_LIMIT_COUNT] = {
		[MODEL_LIMIT_REQUESTS] = "requests",
		[MODEL_LIMIT_TOKENS] = "tokens",
		[MODEL_LIMIT_WINDOW] = "window",
		[MODEL_LIMIT_CONCURRENCY] = "concurrency",
		[MODEL_LIMIT_OUTAGE] = "outage",
	};

	json_member_object(w, "refused_by");
	for (int i = MODEL_LIMIT_NONE + 1; i < MODEL_LIMIT_COUNT; i++)
		json_member_uint(w, names[i], s->refused_by[i]);
	json_close_object(w);
}

void stats_write(const struct stats *s, int64_t now_us, struct buf *out)
{
	struct json_writer w = json_writer_to(out);

	json_open_object(&w);
	json_member_uint(&w, "requests", s->requests);
	json_member_uint(&w, "answered", s->answered);
	json_member_uint(&w, "dropped", s->dropped);
	json_member_uint(&w, "models_asked", s->models_asked);
	json_member_uint(&w, "in_flight", s->in_flight);
	json_member_uint(&w, "peak_in_flight", s->peak_in_flight);
	json_member_uint(&w, "connections", s->connections);
	json_member_uint(&w, "open_connections", s->open_connections);
	json_member_uint(&w, "tokens_in", s->tokens_in);
	json_member_uint(&w, "tokens_out", s->tokens_out);
	json_member_uint(&w, "bytes_in", s->bytes_in);
	add_by_status(&w, s);
	add_refused_by(&w, s);
	add_seconds(&w, "first_s", s->first_us ? s->first_us - s->start_us : 0);
	add_seconds(&w, "last_s", s->last_us ? s->last_us - s->start_us : 0);
	add_seconds(&w, "seconds", now_us - s->start_us);
	json_close_object(&w);
}
