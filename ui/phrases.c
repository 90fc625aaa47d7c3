#include "phrases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

uint64_t phrase_done(const struct item_counts *c)
{
	return c->ok + c->failed + c->cancelled;
}

uint64_t phrase_retryable(const struct snapshot *s)
{
	uint64_t bad = s->final_failures[OUTCOME_BAD_INPUT];

	return s->items.failed > bad ? s->items.failed - bad : 0;
}

const char phrase_late[] = "on its way from the run";

bool phrase_over(const struct snapshot *s)
{
	return s->state == RUN_DONE || s->state == RUN_STOPPED;
}

static uint64_t total_of(const struct snapshot *s)
{
	return s->total_known || s->total_estimate < s->items.total ? s->items.total
								    : s->total_estimate;
}

int phrase_percent(const struct snapshot *s)
{
	uint64_t done = phrase_done(&s->items), total = total_of(s);
	double share = total ? (double)done / (double)total : 0;

	if (!s->total_known)
		return (int)(share < 0.99 ? share * 100 : 99);
	return done >= total ? 100 : (int)(share * 100);
}

const char *phrase_total(const struct snapshot *s, char *out)
{
	uint64_t total = total_of(s);

	if (!s->total_known && !total)
		snprintf(out, PHRASE_SIZE, "?");
	else if (!s->total_known && !s->total_estimate)
		snprintf(out, PHRASE_SIZE, "%" PRIu64 "+", total);
	else
		snprintf(out, PHRASE_SIZE, "%s%" PRIu64, s->total_known ? "" : "~", total);
	return out;
}

const char *phrase_reused(const struct snapshot *s, char *out)
{
	char cached[32] = "", shared[32] = "";

	if (s->cached)
		snprintf(cached, sizeof(cached), "%" PRIu64 " cached", s->cached);
	if (s->shared)
		snprintf(shared, sizeof(shared), "%" PRIu64 " shared", s->shared);
	snprintf(out, PHRASE_SIZE, "%s%s%s", cached, s->cached && s->shared ? ", " : "", shared);
	return out;
}

const char *phrase_saved(const struct snapshot *s, char *out)
{
	size_t len = strlen(phrase_reused(s, out));

	if (s->packed_requests)
		snprintf(out + len, PHRASE_SIZE - len, "%s%.3g to a request", len ? ", " : "",
			(double)s->packed_items / (double)s->packed_requests);
	return out;
}

const char *phrase_chosen(const struct snapshot *s)
{
	for (int i = 0; i < s->n_endpoints && (s->n_endpoints > 1 || s->pipeline); i++)
		if (s->endpoints[i].chosen)
			return s->endpoints[i].name;
	return "";
}

/* "done" would read as if the run were. */
static const char *bound_word(enum bound b)
{
	return b == BOUND_DONE ? "last items" : bound_name(b);
}

const char *phrase_shares(const double share[BOUND_COUNT], int n, char *out)
{
	bool used[BOUND_COUNT] = {false};
	size_t at = 0;

	snprintf(out, PHRASE_SIZE, "-");
	for (int k = 0; k < n; k++) {
		int best = -1;

		for (int i = 0; i < BOUND_COUNT; i++)
			if (!used[i] && share[i] >= 0.01 && (best < 0 || share[i] > share[best]))
				best = i;
		if (best < 0)
			break;
		used[best] = true;
		at += (size_t)snprintf(out + at, PHRASE_SIZE - at, "%s%s %.0f%%", at ? " " : "",
			bound_word((enum bound)best), share[best] * 100);
	}
	return out;
}

/* What binds now: in the words of the pace where it speaks about this bound. */
static const char *bound_now(const struct snapshot *s)
{
	if (s->belief[0] && s->belief_of == s->bound_now)
		return s->belief;
	return bound_word(s->bound_now);
}

const char *phrase_bound(const struct snapshot *s, int cells, char *out)
{
	char shares[PHRASE_SIZE];

	for (int n = phrase_over(s) ? 0 : 3; n > 0; n--) {
		if (phrase_shares(s->bound_share, n, shares)[0] == '-')
			break;
		snprintf(out, PHRASE_SIZE, "%s, 1m: %.200s", bound_now(s), shares);
		if (text_cells(out) <= cells)
			return out;
	}
	if (phrase_over(s) || phrase_shares(s->bound_share, 1, shares)[0] == '-') {
		for (int n = 3; n > 0; n--)
			if (text_cells(phrase_shares(s->bound_share, n, out)) <= cells)
				break;
	} else {
		text_cut(out, PHRASE_SIZE, bound_now(s), cells);
	}
	return out;
}

const char *phrase_state(const struct snapshot *s, char *out)
{
	const char *word = run_state_name(s->state);
	char time[PHRASE_SIZE];

	if (s->replay.on) {
		bool runs = s->state == RUN_RUNNING;

		snprintf(out, PHRASE_SIZE, "REPLAY %.8s%s%s", phrase_time(s->wall_us, time),
			runs ? "" : " ", runs ? "" : word);
		return out;
	}
	if (s->link == RUN_LINK_LOST)
		snprintf(out, PHRASE_SIZE, "NO ANSWER");
	else if (s->standstill == STANDSTILL_BY_HAND)
		snprintf(out, PHRASE_SIZE, "%s by you", word);
	else if (s->standstill == STANDSTILL_PAUSED)
		snprintf(out, PHRASE_SIZE, "%s (all %s)", word,
			s->pipeline ? "stages" : "endpoints");
	else
		snprintf(out, PHRASE_SIZE, "%s", word);
	return out;
}

const char *phrase_time(int64_t wall_us, char *out)
{
	time_t t = (time_t)clock_whole(wall_us, US_PER_S);
	struct tm tm;

	if (!localtime_r(&t, &tm) || !strftime(out, PHRASE_SIZE, "%H:%M:%S", &tm))
		snprintf(out, PHRASE_SIZE, "--:--:--");
	return out;
}

const char *phrase_until(const struct snapshot *s, char *out)
{
	char time[PHRASE_SIZE];

	out[0] = '\0';
	if (s->state == RUN_HELD && !s->standstill && s->held_until_us > s->now_us)
		snprintf(out, PHRASE_SIZE, "until %.20s",
			phrase_time(s->wall_us + s->held_until_us - s->now_us, time));
	return out;
}

const char *phrase_event(const struct event *e, char *out)
{
	static const char *const levels[] = {[EVENT_INFO] = "",
		[EVENT_WARNING] = "warning: ",
		[EVENT_ERROR] = "error: ",
		[EVENT_DEBUG] = "",
		[EVENT_NOTE] = ""};
	char time[PHRASE_SIZE];

	snprintf(out, PHRASE_SIZE, "%.8s %s%s", phrase_time(e->wall_us, time), levels[e->level],
		e->text);
	return out;
}

const char *phrase_error(const struct error_group *g, char *out)
{
	const char *label = outcome_label(g->outcome);
	char text[PHRASE_SIZE], status[16] = "", said[16];

	/* "429 rate limit" has it, and so has "HTTP 502: Bad Gateway" */
	snprintf(said, sizeof(said), "HTTP %d", g->status);
	if (g->status && atoi(label) != g->status && !strstr(g->message, said))
		snprintf(status, sizeof(status), " (%d)", g->status);
	snprintf(text, sizeof(text), "%" PRIu64 " %s %s%s%s%s%s%s", g->attempts,
		g->attempts == 1 ? "time" : "times", label, status,
		g->sample_id[0] ? ", last item " : "", g->sample_id, g->message[0] ? ": " : "",
		g->message);
	text_cut(out, PHRASE_SIZE, text, PHRASE_ERROR_CELLS);
	return out;
}

int64_t phrase_left(int64_t us)
{
	return us > 0 ? (us + US_PER_S - 1) / US_PER_S * US_PER_S : 0;
}

bool phrase_probes(int64_t now_us, int64_t hold_until_us)
{
	return hold_until_us > now_us && hold_until_us - now_us < US_PER_MS;
}

/* "held until 14:03:07, 0:05 left" */
static void put_hold(const struct snapshot *s, char *out, size_t size)
{
	char until[PHRASE_SIZE], left[16];

	if (phrase_probes(s->now_us, s->hold_until_us)) {
		snprintf(out, size, "held until a probe is answered");
		return;
	}
	phrase_time(s->wall_us + s->hold_until_us - s->now_us, until);
	text_age(phrase_left(s->hold_until_us - s->now_us), left, sizeof(left));
	snprintf(out, size, "held until %.8s, %s left", until, left);
}

const char *phrase_note(const struct snapshot *s, char *out)
{
	const char *whose = phrase_chosen(s);
	char hold[64], left[16];

	out[0] = '\0';
	if (s->question) {
		text_age(phrase_left(s->answer_by_us - s->now_us), left, sizeof(left));
		snprintf(out, PHRASE_SIZE, "drains in %s: %s", left, s->state_note);
	} else if (s->state_note[0]) {
		snprintf(out, PHRASE_SIZE, "%s", s->state_note);
	} else if (s->hold_until_us > s->now_us && !phrase_over(s)) {
		put_hold(s, hold, sizeof(hold));
		snprintf(out, PHRASE_SIZE, "%s%s%s%s%s%s%s", whose, whose[0] ? " " : "", hold,
			s->hold_source[0] ? ": " : "", s->hold_source,
			s->hold_words[0] ? ", server: " : "", s->hold_words);
	} else if (s->state == RUN_DONE) {
		snprintf(out, PHRASE_SIZE, "the run is done: q exits and prints the summary");
	} else if (s->state == RUN_STOPPED) {
		snprintf(out, PHRASE_SIZE, "stopped: run the same command to resume; q exits");
	}
	return out;
}

const char *phrase_endpoint(const struct snapshot *s)
{
	const char *p = strstr(s->endpoint, "://");

	return p ? p + 3 : s->endpoint;
}
