/* The selected kind of error in full: the message, what becomes of it, whom it hit, what to do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "advice.h"
#include "base/text.h"
#include "view.h"

enum { LABEL = 10, TEXT_SIZE = 1024 };

/* Text in as many lines as it needs, behind its label; returns the next line. */
static int add(struct panel *p, int line, const char *label, const char *role, const char *text)
{
	char lead[32];

	snprintf(lead, sizeof(lead), " " R_DIM "%-*s", LABEL, label);
	return panel_wrap(p, line, lead, 1 + LABEL, role, text);
}

/* "m-small 40, m-large 16" */
static const char *hits_text(const struct error_hit hit[ERROR_HITS], char *out, size_t size)
{
	char count[16];
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; i < ERROR_HITS && hit[i].attempts && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s %s", i ? ", " : "", hit[i].name,
			text_count((double)hit[i].attempts, count, sizeof(count)));
	return out;
}

static const char *samples_text(const struct error_hits *h, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; i < ERROR_SAMPLES && h->sample[i][0] && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", h->sample[i]);
	return out;
}

static void add_counts(const struct error_group *g, char *out, size_t size)
{
	char attempts[16], items[16], final[16];

	snprintf(out, size, "%s attempt%s; %s item%s now, %s failed for good",
		text_count((double)g->attempts, attempts, sizeof(attempts)),
		g->attempts == 1 ? "" : "s", text_count((double)g->items, items, sizeof(items)),
		g->items == 1 ? "" : "s", text_count((double)g->final, final, sizeof(final)));
}

static void error_detail_recalculate(struct panel *p, const struct view *v)
{
	const struct error_group *g = groups_selected(&v->groups);
	const struct error_hits *h = &v->groups.hits;
	char title[160], text[TEXT_SIZE];
	struct advice advice;
	int line = 1;

	if (!g) {
		panel_title(p, "selected", "");
		return;
	}
	advice = advice_of(g);
	snprintf(title, sizeof(title), "%s%s%s", outcome_label(g->outcome), g->code[0] ? ": " : "",
		g->code);
	panel_title(p, title, "Enter lists its items");
	line = add(p, line, "message", R_STRONG, g->message[0] ? g->message : "(none)");
	add_counts(g, text, sizeof(text));
	line = add(p, line, "count", R_TEXT, text);
	line = add(p, line, "then", R_TEXT, advice.next);
	line = add(p, line, "to do", R_KEY, advice.todo);
	if (samples_text(h, text, sizeof(text))[0])
		line = add(p, line, "last", R_TEXT, text);
	if (hits_text(h->model, text, sizeof(text))[0])
		line = add(p, line, "models", R_TEXT, text);
	if (hits_text(h->place, text, sizeof(text))[0])
		add(p, line, v->snap.pipeline ? "stages" : "endpoints", R_TEXT, text);
}

const struct panel_ops error_detail_panel = {error_detail_recalculate, panel_draw_framed, NULL};
