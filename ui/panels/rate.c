/* The rate, its limits, and its bound. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view.h"
#include "phrases.h"

/* Cells of the figures before the limits, and of the average among them. */
enum { ROOMY = 50, FIGURES = 13, AVERAGE = 11 };

/* Cells of the number in flight and its origin, and of the labels on their line. */
enum { CONC = 17, CONC_AUTO = 20, CONC_LABELS = 13 };

/* A limit by one authority. */
struct shown {
	double per_min; /* negative: there is none */
	const char *word, *unit;
	double value; /* in the unit */
	bool always;  /* else only where there is room, unless it is the lowest */
};

enum { SHOWN = 3 };

static int lowest(const struct shown s[SHOWN])
{
	int best = -1;

	for (int i = 0; i < SHOWN; i++)
		if (s[i].per_min >= 0 && (best < 0 || s[i].per_min < s[best].per_min))
			best = i;
	return best;
}

/* The lowest limit first, since it binds, then one set by hand or named by the server, then, where
 * there is room, the others. brief: as short as may be. */
static void join_limits(const struct shown in[SHOWN], bool roomy, bool brief, char *out)
{
	struct shown s[SHOWN];
	size_t at = 0;
	char n[16];
	int best, next;

	memcpy(s, in, sizeof(s));
	out[0] = '\0';
	while ((best = lowest(s)) >= 0) {
		bool shows = !at || s[best].always || roomy;

		s[best].per_min = -1;
		next = lowest(s);
		if (!shows)
			continue;
		at += (size_t)snprintf(out + at, PHRASE_SIZE - at, "%s%s %s%s", at ? " " : "",
			brief && s[best].word[0] == 's' ? "srv" : s[best].word,
			text_count(s[best].value, n, sizeof(n)),
			brief && next >= 0 && !strcmp(s[next].unit, s[best].unit) ? ""
										  : s[best].unit);
	}
}

static const char *limits_text(
	const struct shown s[SHOWN], bool past, int cells, bool roomy, char *out)
{
	join_limits(s, roomy, false, out);
	if (text_cells(out) > cells)
		join_limits(s, false, true, out);
	/* the files tell limits of one lane alone */
	if (!out[0] && !past)
		snprintf(out, PHRASE_SIZE, "no limit");
	return out;
}

static struct shown in_force(const struct limit_view *l)
{
	return (struct shown){l->used, l->manual ? "MANUAL" : "limit", "/min", l->used, l->manual};
}

/* The server's word, unless it is the limit in force. */
static struct shown by_server(const struct limit_view *l)
{
	bool other = l->server >= 0 && l->server != l->used;

	return (struct shown){other ? l->server : -1, "server", "/min", l->server, true};
}

static const char *requests_text(const struct snapshot *s, int cells, bool roomy, char *out)
{
	struct shown shown[SHOWN] = {
		{s->rate.used >= 0 ? s->rate.used * 60 : -1, s->rate.manual ? "MANUAL" : "pace",
			"/s", s->rate.used, s->rate.manual},
		in_force(&s->rpm), by_server(&s->rpm)};

	return limits_text(shown, s->past, cells, roomy, out);
}

static const char *tokens_text(const struct snapshot *s, int cells, bool roomy, char *out)
{
	struct shown shown[SHOWN] = {in_force(&s->tpm), by_server(&s->tpm), {.per_min = -1}};

	return limits_text(shown, s->past, cells, roomy, out);
}

/* How many are allowed in flight, by whom, and where there is room the cap of auto. */
static void concurrency_text(const struct snapshot *s, int cells, char *out, size_t size)
{
	char conc[32], cap[16] = "";

	if (s->packed_requests) /* items in flight are more */
		snprintf(conc, sizeof(conc), "%" PRIu32 "/%d", s->requests, s->concurrency);
	else
		snprintf(conc, sizeof(conc), "%d", s->concurrency);
	if (s->concurrency_auto)
		snprintf(cap, sizeof(cap), " cap %d", s->concurrency_cap);
	snprintf(out, size, "%-5s %s%s", conc,
		s->concurrency_auto     ? "AUTO"
		: s->concurrency_manual ? "MANUAL"
					: "",
		cap);
	if (text_cells(out) > cells)
		out[strlen(out) - strlen(cap)] = '\0';
}

/* The line of what is in flight and what was refused. */
static void concurrency_line(struct panel *p, int row, const struct snapshot *s)
{
	int wide = s->concurrency_auto ? CONC_AUTO : CONC;
	char conc[64], refused[32], n[16];
	int room;

	if (s->past)
		text_count((double)s->outcomes[OUTCOME_RATE_LIMITED], refused, sizeof(refused));
	else
		snprintf(refused, sizeof(refused), "%s/min",
			text_count(s->rate_limited_per_min, n, sizeof(n)));
	room = p->at.cols - CONC_LABELS - (p->at.col > 0) - text_cells(refused);
	concurrency_text(s, room, conc, sizeof(conc));
	panel_line(p, row, R_DIM " conc  " R_TEXT "%-*s" R_DIM " 429s %s%s",
		room < wide ? room : wide, conc,
		!s->past && s->rate_limited_per_min >= 1 ? R_WARN : R_TEXT, refused);
}

/* Whose figures these are, where there are several endpoints or stages. */
static void add_title(struct panel *p, const struct snapshot *s)
{
	const char *chosen = phrase_chosen(s);
	char note[PHRASE_SIZE] = "";

	if (chosen[0] && s->n_endpoints > 1)
		snprintf(note, sizeof(note), "limits: %s", chosen);
	else
		snprintf(note, sizeof(note), "%s", chosen);
	panel_title(p, s->n_endpoints > 1 ? "rate of all" : "rate", note);
}

static void rate_recalculate(struct panel *p, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	char a[16], b[16], limit[PHRASE_SIZE], bound[PHRASE_SIZE], avg[32];
	bool roomy = p->at.cols >= ROOMY;
	const char *by = roomy ? " bound by " : " by ";
	int cells = p->at.cols - FIGURES - (p->at.col > 0);

	add_title(p, s);
	snprintf(avg, sizeof(avg), R_DIM "avg " R_TEXT "%-7s",
		text_count(s->answers_avg, b, sizeof(b)));
	/* what binds is worth more than the average */
	if (text_cells(requests_text(s, cells, roomy, limit)) > cells - AVERAGE && !roomy)
		avg[0] = '\0';
	requests_text(s, avg[0] ? cells - AVERAGE : cells, roomy, limit);
	panel_line(p, 1, R_DIM " req/s " R_STRONG "%-6s%s" R_TEXT "%s",
		text_count(s->answers_now, a, sizeof(a)), avg, limit);
	tokens_text(s, cells, roomy, limit);
	panel_line(p, 2, R_DIM " tok/s " R_TEXT "%-*s%s",
		text_cells(limit) > cells - AVERAGE ? 6 : 6 + AVERAGE,
		text_count(s->tokens_now, a, sizeof(a)), limit);
	concurrency_line(p, 3, s);
	panel_line(p, 4, R_DIM "%s" R_TEXT "%s", by,
		phrase_bound(s, p->at.cols - (int)strlen(by), bound));
}

const struct panel_ops rate_panel = {rate_recalculate, panel_draw_framed, NULL};
