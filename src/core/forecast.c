#include "core/forecast.h"

#include <math.h>

#include "base/clock.h"

enum { SPAN_S = 60, BLOCK_S = 5, BLOCKS = SPAN_S / BLOCK_S, FREE_LEAST_S = 2 };

/* How long a change keeps the range wide, besides two round trips. */
#define SETTLE_S 10.0
/* A limit that allows no more than this, over the pace so far, binds. */
#define BINDS   1.2
#define REACHES 0.7
/* A pace that differs by more, and by more than luck, is another pace. */
#define OTHER_PACE  0.2
#define LUCK_SIGMAS 3.0
/* The margin of a forecast by limits alone. */
#define MARGIN 0.08

/* Some seconds of the past, added up. Time in which the run was paused does not count. */
struct block {
	double free_s, held_s;
	double ended, sent, answered, started;
};

static void add_second(struct block *b, const struct stats_second *s)
{
	double free_s = 1 - (double)s->stopped_us / US_PER_S;

	b->free_s += free_s > 0 ? free_s : 0;
	b->held_s += (double)s->held_us / US_PER_S;
	b->ended += s->ended;
	b->sent += s->ended - s->reused;
	b->answered += s->shown.answered;
	b->started += s->started;
}

static void add_block(struct block *to, const struct block *b)
{
	to->free_s += b->free_s;
	to->held_s += b->held_s;
	to->ended += b->ended;
	to->sent += b->sent;
	to->answered += b->answered;
	to->started += b->started;
}

/* The second before which the server has held everything until now: its hold tells nothing about
 * the pace after it. */
static int first_told(const struct stats *s, int seconds)
{
	int i = 1;

	while (i < seconds && (double)stats_past(s, i)->held_us > 0.95 * US_PER_S)
		i++;
	return i;
}

/* The whole seconds of the past, newest first, as blocks; returns how many. most_s: no older. */
static int blocks_of(const struct stats *s, int most_s, struct block out[BLOCKS])
{
	int seconds = s->seconds - 1 < HISTORY_SECONDS - 1 ? s->seconds - 1 : HISTORY_SECONDS - 1;
	int n = 0;
	struct block b = {0};

	most_s += first_told(s, seconds) - 1;
	for (int i = first_told(s, seconds); i <= seconds && i <= most_s && n < BLOCKS; i++) {
		add_second(&b, stats_past(s, i));
		if (b.free_s < BLOCK_S - 1e-6)
			continue;
		out[n++] = b;
		b = (struct block){0};
	}
	if (!n && b.free_s > 0)
		out[n++] = b;
	return n;
}

static double rate_of(const struct block *b)
{
	return b->free_s > 0 ? b->ended / b->free_s : 0;
}

/* Is the pace of this block another than that of the newer ones, by more than luck? */
static int differs(const struct block *newer, const struct block *b)
{
	double a = rate_of(newer), c = rate_of(b), off = c - a;
	double luck = LUCK_SIGMAS * sqrt(fmax(newer->ended / newer->free_s, c) *
					    (1 / newer->free_s + 1 / b->free_s));

	if (fabs(off) <= fmax(OTHER_PACE * fmax(a, c), luck))
		return 0;
	return off > 0 ? 1 : -1;
}

/* How many of the newest blocks have one pace. Where a server holds now and then, the pace of a
 * block says nothing. */
static int alike(const struct block *b, int n)
{
	struct block sum = {0};
	double held_s = 0;

	for (int i = 0; i < n; i++)
		held_s += b[i].held_s;
	if (n <= 2 || held_s > 0)
		return n;
	add_block(&sum, &b[0]);
	add_block(&sum, &b[1]);
	for (int i = 2; i + 1 < n; i++) {
		int off = differs(&sum, &b[i]);

		if (off && off == differs(&sum, &b[i + 1]))
			return i;
		add_block(&sum, &b[i]);
	}
	return n;
}

/* Items a second: the mean, its standard error, and the mean without holds. */
struct pace {
	double mean, error, free_of_holds;
	double sent;     /* of the mean, items that took an attempt */
	double requests; /* attempts an item */
	double free_s;   /* over so long */
};

/* Of these blocks, the newest that have one pace. */
static struct pace pace_of(const struct block *b, int n)
{
	struct pace p = {.requests = 1};
	struct block sum = {0};
	double squares = 0;

	n = alike(b, n);
	for (int i = 0; i < n; i++) {
		add_block(&sum, &b[i]);
		squares += rate_of(&b[i]) * rate_of(&b[i]) / n;
	}
	p.mean = rate_of(&sum);
	p.free_s = sum.free_s;
	p.sent = sum.free_s > 0 ? sum.sent / sum.free_s : 0;
	p.free_of_holds = sum.ended / fmax(1, sum.free_s - sum.held_s);
	if (sum.ended > 0 && sum.answered > 0)
		p.requests = sum.answered / sum.ended;
	if (n > 1)
		p.error = sqrt(fmax(0, squares - p.mean * p.mean) / (n - 1));
	else
		p.error = p.mean / (sum.free_s >= BLOCK_S - 1e-6 ? 4 : 2);
	return p;
}

/* The pace over the session: a pause has outlasted what is remembered by the second. */
static struct pace session_pace(const struct stats *s, int64_t now_us)
{
	double free_s = (double)(stats_elapsed(s, now_us) - s->stopped_us) / US_PER_S;
	struct pace p = {.requests = 1};

	if (free_s < FREE_LEAST_S || !s->ended)
		return p;
	p.mean = p.free_of_holds = (double)s->ended / free_s;
	p.sent = (double)(s->ended - s->reused) / free_s;
	p.error = p.mean / 4;
	if (s->answered)
		p.requests = (double)s->answered / (double)s->ended;
	return p;
}

static struct pace recent_pace(const struct stats *s, int64_t now_us, int most_s)
{
	struct block b[BLOCKS];
	int n = blocks_of(s, most_s, b);

	if (!n || (n == 1 && b[0].free_s < FREE_LEAST_S && s->seconds > HISTORY_SECONDS))
		return session_pace(s, now_us);
	return pace_of(b, n);
}

double forecast_sent_share(const struct stats *s)
{
	struct pace p = recent_pace(s, s->second_us, HISTORY_SECONDS);

	if (p.mean > 0)
		return p.sent / p.mean;
	return s->ended ? (double)(s->ended - s->reused) / (double)s->ended : 1;
}

/* The pace to expect at least. Known answers come in bursts, after which there may be none, and the
 * other items take as long as those that were sent. If known answers come evenly, their pace
 * continues. */
static double least_pace(const struct stats *s, const struct pace *p)
{
	double least = p->mean / 4;
	bool bursts = p->sent > 0 && p->sent < p->mean;

	if (bursts && p->sent < least)
		least = p->sent;
	return bursts && s->seconds - 1 < 2 * BLOCK_S ? least : fmax(p->mean - p->error, least);
}

double forecast_latency_s(const struct stats *s)
{
	double us = 0, n = 0;

	for (int i = 0; i < STATS_SLOTS; i++) {
		us += (double)s->slot[i].latency.sum_us;
		n += (double)s->slot[i].latency.count;
	}
	if (n > 0)
		return us / n / US_PER_S;
	return s->all.count ? (double)s->all.sum_us / (double)s->all.count / US_PER_S : 0;
}

double forecast_tokens(const struct stats *s)
{
	double tokens = 0, answered = 0;

	for (int i = 0; i <= SPAN_S && i < s->seconds; i++) {
		tokens += (double)stats_past(s, i)->tokens;
		answered += stats_past(s, i)->shown.answered;
	}
	if (answered > 0)
		return tokens / answered;
	return s->answered ? (double)(s->tokens_in + s->tokens_out) / (double)s->answered : 0;
}

/* Items a second that were started since the change, over the last few seconds. */
static double starts_since(const struct stats *s, double change_s, const struct pace *p)
{
	double back_s = fmax(2, 2 * forecast_latency_s(s));
	struct block b = {0};

	for (int i = 1; i < s->seconds && i < HISTORY_SECONDS && i <= change_s && i <= back_s; i++)
		add_second(&b, stats_past(s, i));
	return b.free_s > 0 ? b.started / b.free_s / fmax(p->requests, 1e-6) : 0;
}

static struct forecast_pace within(double pace, double margin)
{
	return (struct forecast_pace){pace * (1 - margin), pace * (1 + margin)};
}

/* Just after a change, when the last minute tells about other limits. change_s: 0 where what was
 * started since says nothing, since its stages are not as fast as others. */
static struct forecast_pace after_change(
	const struct stats *s, double change_s, const struct pace *before, double limit)
{
	double started = starts_since(s, change_s, before);
	double seen = fmax(before->mean, started);

	if (limit <= before->mean * BINDS || started >= limit * REACHES)
		return within(limit, MARGIN);
	return (struct forecast_pace){seen * 0.7, change_s > 0 ? fmin(limit, 2 * seen) : limit};
}

static struct forecast_pace settled(const struct stats *s, const struct pace *p, double limit)
{
	struct forecast_pace e = {least_pace(s, p), fmax(p->mean + p->error, p->free_of_holds)};

	if (p->mean > limit)
		return within(limit, MARGIN);
	return (struct forecast_pace){e.slow, fmin(e.fast, fmax(limit, p->mean))};
}

static int whole_after(double s)
{
	return s < 1 ? 1 : s < HISTORY_SECONDS ? (int)(s + 0.5) : HISTORY_SECONDS;
}

struct forecast_pace forecast_pace(const struct stats *s, int64_t now_us, const struct prospect *p)
{
	double latency_s = forecast_latency_s(s), change_s = HUGE_VAL, limit;
	bool settles;
	struct pace pace;

	if (p->changed_us)
		change_s = (double)(now_us - p->changed_us) / US_PER_S;
	settles = change_s < SETTLE_S + 2 * latency_s;
	/* what ends in the first round trip was not begun yet, or under other limits */
	pace = recent_pace(s, now_us,
		whole_after(
			(settles ? s->seconds - 1 : fmin(change_s, s->seconds - 1)) - latency_s));
	/* a burst alone says nothing about the rest */
	if (pace.mean <= 0 ||
		(pace.sent <= 0 && !stats_past(s, 0)->reused && !stats_past(s, 1)->reused))
		return (struct forecast_pace){0, 0};
	/* answers may come in waves, and the time may end before or behind one */
	if (pace.free_s > 0)
		pace.error = fmax(pace.error, pace.mean * latency_s / (2 * pace.free_s));
	if (settles) {
		pace.mean *= p->share;
		pace.error *= p->share;
		pace.free_of_holds *= p->share;
	}
	limit = settles ? p->with_flight : p->requests;
	if (!p->rows)
		limit /= fmax(pace.requests, 1e-6);
	if (settles && isfinite(limit))
		return after_change(s, p->rows ? 0 : change_s, &pace, limit);
	return settled(s, &pace, limit);
}

void forecast_times(const struct forecast_pace *pace, const struct prospect *p, int64_t *low_us,
	int64_t *high_us)
{
	*low_us = *high_us = -1;
	if (!(pace->slow > 0))
		return;
	*low_us = p->wait_us + (int64_t)fmin(p->remaining / pace->fast * US_PER_S, 1e17);
	*high_us = p->wait_us + (int64_t)fmin(p->remaining / pace->slow * US_PER_S, 1e17);
}

void forecast(const struct stats *s, int64_t now_us, const struct prospect *p, int64_t *low_us,
	int64_t *high_us)
{
	struct forecast_pace pace = forecast_pace(s, now_us, p);

	forecast_times(&pace, p, low_us, high_us);
}
