/* The items in flight, oldest first, then those that wait. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "view.h"

struct columns {
	int item, line, state, model; /* widths; 0: not shown */
	bool bytes;
};

/* What is shown at which width; the item's id takes what is left. */
static struct columns columns_for(int cols)
{
	struct columns c = {.state = cols >= 100  ? 25
				     : cols >= 60 ? 21
						  : 13,
		.bytes = cols >= 60,
		.model = cols >= 120  ? 25
			 : cols >= 76 ? 14
				      : 0,
		.line = cols >= 100 ? 10 : 0};

	c.item = cols - 1 - 6 - 8 - c.state - c.model - (c.bytes ? 9 : 0) - c.line;
	if (c.item > 48)
		c.item = 48;
	return c;
}

static const char *state_text(const struct item_row *r, int64_t now_us, char *out, size_t size)
{
	char left[16], why[24];

	switch (r->state) {
	case ITEM_IN_FLIGHT:
		snprintf(out, size, "%s", r->phase[0] ? r->phase : item_state_name(r->state));
		break;
	case ITEM_WAITING:
		if (r->status)
			snprintf(why, sizeof(why), "%d", r->status);
		else
			snprintf(why, sizeof(why), "%s", outcome_name(r->outcome));
		snprintf(out, size, "%s %s %s", item_state_name(r->state),
			text_age(r->due_us - now_us, left, sizeof(left)), why);
		break;
	default:
		snprintf(out, size, "%s", item_state_name(r->state));
	}
	return out;
}

/* Appends text cut to its column and filled up with blanks; columns keep one blank between. */
static size_t column(char *out, size_t at, const char *text, int width)
{
	char cut[PANEL_LINE];
	int used;

	if (width < 2)
		return at;
	used = text_cut(cut, sizeof(cut), text, width - 1);
	return at + (size_t)snprintf(out + at, PANEL_LINE - at, "%s%*s", cut, width - used, "");
}

static void row_line(struct panel *p, int i, const struct item_row *r, int64_t now_us)
{
	struct columns c = columns_for(p->at.cols);
	char out[PANEL_LINE], text[64], age[16];
	size_t at = column(out, 0, r->id, c.item);

	snprintf(text, sizeof(text), "%" PRIu64, r->line);
	at = column(out, at, text, c.line);
	snprintf(text, sizeof(text), "%d/%d", r->attempt, r->max_attempts);
	at = column(out, at, text, 6);
	at += (size_t)snprintf(out + at, sizeof(out) - at, "%6s  ",
		r->age_us < 0 ? "-" : text_age(r->age_us, age, sizeof(age)));
	at = column(out, at, state_text(r, now_us, text, sizeof(text)), c.state);
	at = column(out, at, r->model[0] ? r->model : "-", c.model);
	if (c.bytes)
		snprintf(out + at, sizeof(out) - at, "%8s",
			text_bytes((double)r->bytes_in, text, sizeof(text)));
	panel_line(p, i, "%s %s", r->state == ITEM_WAITING ? R_DIM : R_TEXT, out);
}

static void heading(struct panel *p)
{
	struct columns c = columns_for(p->at.cols);
	char out[PANEL_LINE];
	size_t at = column(out, 0, "item", c.item);

	at = column(out, at, "line", c.line);
	at = column(out, at, "try", 6);
	at = column(out, at, "   age", 8);
	at = column(out, at, "state", c.state);
	at = column(out, at, "model", c.model);
	if (c.bytes)
		column(out, at, "   bytes", 9);
	panel_line(p, 1, R_DIM " %s", out);
}

static void active_recalculate(struct panel *p, const struct view *v)
{
	char note[96] = "";

	if (v->active_total > v->active_n)
		snprintf(note, sizeof(note), "%" PRIu64 "-%" PRIu64 " of %" PRIu64, v->scroll + 1,
			v->scroll + v->active_n, v->active_total);
	panel_title(p, "in flight, oldest first", note);
	heading(p);
	for (size_t i = 0; i < v->active_n; i++)
		row_line(p, (int)i + 2, &v->active[i], v->snap.now_us);
	if (!v->active_n)
		panel_line(p, 2, R_DIM " none");
}

static bool active_key(struct panel *p, struct view *v, const char *args)
{
	int page = p->at.rows - 2 > 1 ? p->at.rows - 2 : 1;
	long by;

	if (!strcmp(args, "home")) {
		v->scroll = 0;
		return true;
	}
	if (!strcmp(args, "end")) {
		v->scroll = v->active_total; /* the next refresh takes it back to the last page */
		return true;
	}
	by = !strcmp(args + (*args != '\0'), "page") ? page : labs(strtol(args, NULL, 10));
	if ((*args != '+' && *args != '-') || !by)
		return false;
	if (*args == '+')
		v->scroll += (uint64_t)by;
	else
		v->scroll = v->scroll > (uint64_t)by ? v->scroll - (uint64_t)by : 0;
	return true;
}

const struct panel_ops active_panel = {active_recalculate, panel_draw_framed, active_key};
