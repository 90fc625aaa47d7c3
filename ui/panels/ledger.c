/* The ledger line: every item is in exactly one of these numbers, so they add up to the total. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "view.h"
#include "phrases.h"

enum { FIELDS = 7 };

struct field {
	const char *word, *role;
	uint64_t n;
	bool may_hide; /* when it is 0 and room is short */
};

static void fields_of(const struct item_counts *c, struct field out[FIELDS])
{
	const struct field fields[FIELDS] = {{"queued", R_TEXT, c->queued, false},
		{"waiting", R_TEXT, c->waiting, true}, {"in flight", R_STRONG, c->in_flight, false},
		{"held", R_WARN, c->held, true}, {"ok", R_GOOD, c->ok, false},
		{"failed", R_BAD, c->failed, false}, {"cancelled", R_WARN, c->cancelled, true}};

	memcpy(out, fields, sizeof(fields));
	for (int i = 0; i < FIELDS; i++)
		if (!out[i].n)
			out[i].role = R_TEXT;
}

/* Formats the fields and returns the cells they take. Numbers get at least width[i] cells. */
static int join(const struct field f[FIELDS], const int *width, int gap, bool hide, char *out)
{
	size_t at = 0;
	int cells = 0;

	for (int i = 0; i < FIELDS; i++) {
		char number[32];
		int digits = snprintf(number, sizeof(number), "%" PRIu64, f[i].n);
		int pad = width && width[i] > digits ? width[i] - digits : 0;

		if (hide && f[i].may_hide && !f[i].n)
			continue;
		at += (size_t)snprintf(out + at, PANEL_LINE - at, "%*s" R_DIM "%s %s%s" R_DIM "%*s",
			at ? gap : 1, "", f[i].word, f[i].role, number, pad, "");
		cells += (cells ? gap : 1) + text_cells(f[i].word) + 1 + digits + pad;
	}
	return cells;
}

static const char *number_text(uint64_t n, bool brief, char out[24])
{
	if (brief)
		return text_count((double)n, out, 24);
	snprintf(out, 24, "%" PRIu64, n);
	return out;
}

/* Numbers that still add up, for narrow screens; failures are among what is done. Where these leave
 * no room, what is in flight is among what is left. brief: 4.2k for 4213. */
static void add_compact(
	const struct item_counts *c, bool brief, bool flight, char *out, size_t size)
{
	uint64_t left = c->queued + c->waiting + c->held + (flight ? 0 : c->in_flight);
	char a[24], b[24], d[24], e[24], failed[64] = "", flying[48] = "";

	if (c->failed)
		snprintf(failed, sizeof(failed), " (" R_BAD "%s failed" R_TEXT ")",
			number_text(c->failed, brief, b));
	if (flight)
		snprintf(flying, sizeof(flying), "  %s in flight",
			number_text(c->in_flight, brief, d));
	snprintf(out, size, " %s done%s%s  %s left", number_text(phrase_done(c), brief, a), failed,
		flying, number_text(left, brief, e));
}

static void compact(struct panel *p, const struct item_counts *c)
{
	char text[256];

	for (int i = 0; i < 4; i++) {
		/* a figure that is not exact is better than none */
		add_compact(c, i % 2, i < 2, text, sizeof(text));
		if (text_cells(text) <= p->at.cols)
			break;
	}
	panel_line(p, 0, "%s", text);
}

static void ledger_recalculate(struct panel *p, const struct view *v)
{
	struct field f[FIELDS];
	char text[PANEL_LINE], total[PHRASE_SIZE + 16];
	int cells;

	fields_of(&v->snap.items, f);
	for (int i = 0; i < FIELDS; i++) {
		int digits = snprintf(NULL, 0, "%" PRIu64, f[i].n);

		/* columns that only grow do not jitter */
		if (digits > p->keep[i])
			p->keep[i] = digits;
	}
	cells = join(f, p->keep, 2, false, text);
	if (cells > p->at.cols)
		cells = join(f, p->keep, 1, false, text);
	if (cells > p->at.cols)
		cells = join(f, NULL, 1, false, text);
	if (cells > p->at.cols)
		cells = join(f, NULL, 1, true, text);
	if (cells > p->at.cols) {
		compact(p, &v->snap.items);
		return;
	}
	snprintf(total, sizeof(total), "  = %" PRIu64, v->snap.items.total);
	panel_line(
		p, 0, "%s" R_DIM "%s", text, cells + text_cells(total) <= p->at.cols ? total : "");
}

const struct panel_ops ledger_panel = {ledger_recalculate, panel_draw_plain, NULL};
