/* The signs of what happened to limits, on the axis of a plot over time. */
#include <math.h>
#include <stdio.h>

#include "plot_frame.h"

/* The signs of marks; of several in a column the first of these is shown. */
static const struct {
	enum mark mark;
	char sign;
	enum role role;
	const char *name, *word; /* the word where there is little room */
} signs[] = {
	{MARK_SESSION, '|', ROLE_STRONG, "session", "start"},
	{MARK_OPERATOR, '*', ROLE_KEY, "operator", "hand"},
	{MARK_HELD, '=', ROLE_BAD, "held", "held"},
	{MARK_SERVER, '#', ROLE_WARN, "server's limit", "limit"},
	{MARK_REFUSED, '!', ROLE_BAD, "429", "429"},
	{MARK_LATENCY, '~', ROLE_WARN, "latency", "slow"},
	{MARK_GREW, '+', ROLE_GOOD, "grew", "up"},
};

enum { SIGNS = sizeof(signs) / sizeof(signs[0]) };

/* How telling a moment's marks are; folding takes the largest. */
static double rank_of(const struct moment *m)
{
	for (int i = 0; i < SIGNS; i++)
		if (m->marks & 1u << signs[i].mark)
			return SIGNS - i;
	return NAN;
}

void plot_marks_put(
	const struct timeline *t, const struct plot *plot, struct plot *axis, struct plot_marks *m)
{
	double rank[PLOT_VALUES];
	int columns = plot_columns(plot);

	m->seen = 0;
	plot_frame_history(t, plot, rank_of, PLOT_MAX, rank);
	for (int sign = SIGNS - 1; sign >= 0; sign--) /* the more telling over the less */
		for (int column = 0; column < columns; column++) {
			if (rank[column] != SIGNS - sign)
				continue;
			plot_put(axis, 0, column * axis->cols / columns, signs[sign].sign,
				signs[sign].role);
			m->seen |= 1u << sign;
		}
}

const char *plot_marks_legend(const struct plot_marks *m, bool wide, char *out, size_t size)
{
	size_t at = 0;

	out[0] = '\0';
	for (int i = 0; i < SIGNS; i++)
		if ((m->seen & 1u << i) && at < size)
			at += (size_t)snprintf(out + at, size - at, "%s%c%s%s",
				!at    ? ""
				: wide ? "  "
				       : " ",
				signs[i].sign, wide ? " " : "",
				wide ? signs[i].name : signs[i].word);
	return out;
}
