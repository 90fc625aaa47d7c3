/* The rate, its limits, and its bound. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view.h"
#include "phrases.h"

enum { ROOMY = 50 };

/* "limit 300/min", or MANUAL for one set by hand; where there is room, the server's number beside
 * it when that is another. */
static const char *limit_text(const struct limit_view *l, int cols, char *out)
{
	char used[16], server[16];
	const char *word = l->manual ? "MANUAL" : "limit";

	text_count(l->used, used, sizeof(used));
	if (l->used < 0)
		snprintf(out, PHRASE_SIZE, R_DIM "no limit");
	else if (cols >= ROOMY && l->server >= 0 && l->server != l->used)
		snprintf(out, PHRASE_SIZE, "%s %s/min (server %s)", word, used,
			text_count(l->server, server, sizeof(server)));
	else
		snprintf(out, PHRASE_SIZE, "%s %s/min", word, used);
	return out;
}

/* The limit of requests in force: a pace by hand takes precedence over a higher rpm, so that the
 * operator sees the last change. */
static const char *requests_text(const struct snapshot *s, int cols, char *out)
{
	char used[16];

	if (s->rate.used < 0 ||
		(s->rpm.used >= 0 && (!s->rate.manual || s->rate.used * 60 >= s->rpm.used)))
		return limit_text(&s->rpm, cols, out);
	snprintf(out, PHRASE_SIZE, "%s %s/s", s->rate.manual ? "MANUAL" : "pace",
		text_count(s->rate.used, used, sizeof(used)));
	return out;
}

static void rate_recalculate(struct panel *p, const struct view *v)
{
	const struct snapshot *s = &v->snap;
	char a[16], b[16], limit[PHRASE_SIZE], bound[PHRASE_SIZE], conc[64];
	const char *by = p->at.cols >= ROOMY ? " bound by " : " by ";

	panel_title(p, "rate", phrase_chosen(s));
	panel_line(p, 1, R_DIM " req/s " R_STRONG "%-6s" R_DIM "avg " R_TEXT "%-7s%s",
		text_count(s->answers_now, a, sizeof(a)), text_count(s->answers_avg, b, sizeof(b)),
		requests_text(s, p->at.cols, limit));
	panel_line(p, 2, R_DIM " tok/s " R_TEXT "%-17s%s", text_count(s->tokens_now, a, sizeof(a)),
		limit_text(&s->tpm, p->at.cols, limit));
	if (s->concurrency_auto)
		snprintf(conc, sizeof(conc), "%-5d AUTO cap %-5d", s->concurrency,
			s->concurrency_cap);
	else
		snprintf(conc, sizeof(conc), "%-17d", s->concurrency);
	panel_line(p, 3, R_DIM " conc  " R_TEXT "%s" R_DIM " 429s %s%s/min", conc,
		s->rate_limited_per_min >= 1 ? R_WARN : R_TEXT,
		text_count(s->rate_limited_per_min, a, sizeof(a)));
	panel_line(p, 4, R_DIM "%s" R_TEXT "%s", by,
		phrase_bound(s, p->at.cols - (int)strlen(by), bound));
}

const struct panel_ops rate_panel = {rate_recalculate, panel_draw_framed, NULL};
