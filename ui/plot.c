#include "plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { BRAILLE = 0x2800, BLOCK = 0x2580, BLOCK_FULL = 0x2588 };

#define FAR_APART 10 /* times the smallest value: on a linear scale it would be hardly seen */

/* Braille dots of the left and the right half of a cell, from the bottom up. */
static const uint8_t dots[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};

/* Fillings and lines of the sets whose cells hold one value. */
static const uint16_t ascii_fill[] = {'.', ':', '#'}, ascii_line[] = {'_', '-', '\''},
		      block_line[] = {0x2581, 0x2500, 0x2594};

static bool is_braille(const struct plot *p)
{
	return p->glyphs->plots == UI_GLYPHS_BRAILLE;
}

static bool is_ascii(const struct plot *p)
{
	return p->glyphs->plots == UI_GLYPHS_ASCII;
}

static int clamp(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

void plot_clear(struct plot *p, const struct glyph_set *glyphs, int rows, int cols)
{
	p->glyphs = glyphs;
	p->rows = clamp(rows, 1, PLOT_ROWS);
	p->cols = clamp(cols, 1, PLOT_COLS);
	for (int row = 0; row < p->rows; row++)
		memset(p->cell[row], 0, (size_t)p->cols * sizeof(p->cell[row][0]));
}

int plot_columns(const struct plot *p)
{
	return is_braille(p) ? 2 * p->cols : p->cols;
}

/* Steps of a row that is filled. */
static int fill_steps(const struct plot *p)
{
	return is_braille(p) ? 4 : is_ascii(p) ? 3 : 8;
}

/* How many of `steps` steps a value reaches; 0: none. */
static int level_of(double value, double top, int steps)
{
	if (!(value > 0) || !(top > 0))
		return 0;
	return value >= top ? steps : clamp((int)lround(value / top * steps), 1, steps);
}

static void add_dots(struct plot *p, int row, int column, uint8_t bits, enum role role)
{
	struct plot_cell *cell = &p->cell[row][column / 2];

	cell->ch = (uint16_t)(BRAILLE | (cell->ch & 0xff) | bits);
	cell->role = (uint8_t)role;
}

void plot_fill(struct plot *p, const double *value, double top, enum role role)
{
	int steps = fill_steps(p), columns = plot_columns(p);

	for (int i = 0; i < columns; i++) {
		int left = level_of(value[i], top, steps * p->rows);

		for (int row = p->rows - 1; left > 0; row--, left -= steps) {
			int n = left < steps ? left : steps;

			if (!is_braille(p)) {
				plot_put(p, row, i,
					is_ascii(p) ? ascii_fill[n - 1] : BLOCK + (wchar_t)n, role);
				continue;
			}
			for (int dot = 0; dot < n; dot++)
				add_dots(p, row, i, dots[i % 2][dot], role);
		}
	}
}

/* A line of the sets with one value to a cell: low, in the middle or high in it. */
static void put_line(struct plot *p, int column, int level, enum role role)
{
	int row = p->rows - 1 - level / 3;

	plot_put(p, row, column, (is_ascii(p) ? ascii_line : block_line)[level % 3], role);
}

void plot_line(struct plot *p, const double *value, double top, enum role role)
{
	int steps = (is_braille(p) ? 4 : 3) * p->rows, before = -1;

	for (int i = 0; i < plot_columns(p); i++) {
		int level = level_of(value[i], top, steps) - 1, low = level, high = level;

		if (isnan(value[i])) {
			before = -1;
			continue;
		}
		if (level < 0)
			level = low = high = 0;
		if (!is_braille(p)) {
			put_line(p, i, level, role);
			continue;
		}
		/* at a jump, the line is vertical */
		if (before >= 0 && before < level)
			low = before + 1;
		else if (before > level)
			high = before - 1;
		for (int y = low; y <= high; y++)
			add_dots(p, p->rows - 1 - y / 4, i, dots[i % 2][y % 4], role);
		before = level;
	}
}

void plot_put(struct plot *p, int row, int col, wchar_t ch, enum role role)
{
	if (row >= 0 && row < p->rows && col >= 0 && col < p->cols)
		p->cell[row][col] = (struct plot_cell){(uint16_t)ch, (uint8_t)role};
}

void plot_puts(struct plot *p, int row, int col, const char *text, enum role role)
{
	for (; *text; text++)
		plot_put(p, row, col++, *text, role);
}

void plot_axis(struct plot *p, const struct glyph_set *glyphs, int cols)
{
	plot_clear(p, glyphs, 1, cols);
	for (int col = 0; col < p->cols; col++)
		plot_put(p, 0, col, glyphs->utf8 ? L'─' : L'-', ROLE_RULE);
}

const char *plot_row(const struct plot *p, int row, char *out, size_t size)
{
	size_t at = 0;
	uint8_t role = 0;

	/* the longest: a role and three bytes */
	for (int col = 0; col < p->cols && at + 5 < size; col++) {
		struct plot_cell cell = p->cell[row][col];

		if (cell.ch && cell.role != role) {
			role = cell.role;
			out[at++] = (char)role;
		}
		if (!cell.ch) {
			out[at++] = ' ';
		} else if (cell.ch < 0x80) {
			out[at++] = (char)cell.ch;
		} else {
			out[at++] = (char)(0xe0 | cell.ch >> 12);
			out[at++] = (char)(0x80 | (cell.ch >> 6 & 0x3f));
			out[at++] = (char)(0x80 | (cell.ch & 0x3f));
		}
	}
	out[at] = '\0';
	return out;
}

double plot_nice(double max)
{
	static const double steps[] = {1, 2, 4, 6, 8, 10};
	double power;
	int i = 0;

	if (!(max > 0) || isinf(max))
		return 1;
	power = pow(10, floor(log10(max)));
	while (i < 5 && steps[i] * power < max * (1 - 1e-9))
		i++;
	return steps[i] * power;
}

double plot_nice_us(double max)
{
	static const double units[] = {3600.0 * US_PER_S, 60.0 * US_PER_S};
	static const double steps[] = {1, 2, 4, 6, 10, 20, 30, 40, 60};

	if (max > 10.0 * units[0])
		return plot_nice(max / units[0]) * units[0];
	for (int u = 0; u < 2; u++)
		for (size_t i = 0; max > units[u] && i < sizeof(steps) / sizeof(steps[0]); i++)
			if (steps[i] * units[u] >= max)
				return steps[i] * units[u];
	if (max > 40.0 * US_PER_S)
		return units[1];
	return plot_nice(max);
}

double plot_log_scale(double *value, int n, double top)
{
	static const double steps[] = {5, 2, 1};
	double least = HUGE_VAL, low;

	for (int i = 0; i < n; i++)
		if (value[i] > 0 && value[i] < least)
			least = value[i];
	if (!isfinite(least) || top < FAR_APART * least)
		return 0;
	low = pow(10, floor(log10(least / 2)));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i] * low <= least / 2) {
			low *= steps[i];
			break;
		}
	for (int i = 0; i < n; i++)
		if (value[i] > 0)
			value[i] = log(value[i] / low) / log(top / low);
	return low;
}

/* Moments to a column, so that n of them fit. */
static int step_of(int n, int columns)
{
	/* the newest column is partly empty, so one more may be touched */
	return columns > 1 && n > columns ? (n + columns - 2) / (columns - 1) : 1;
}

struct plot_scale plot_scale_last(int columns, int n, int window, int64_t newest)
{
	struct plot_scale s = {.columns = columns, .n = n, .newest = newest};

	s.stretch = columns / window > 1 ? columns / window : 1;
	s.step = step_of(n, columns / s.stretch);
	return s;
}

struct plot_scale plot_scale_all(int columns, int n)
{
	return (struct plot_scale){
		.columns = columns, .n = n, .step = 1, .stretch = 1, .all = true};
}

void plot_scale_place(const struct plot_scale *s, int i, int *first, int *end)
{
	int back;

	if (s->all) {
		*first = (int)((int64_t)i * s->columns / s->n);
		*end = (int)((int64_t)(i + 1) * s->columns / s->n);
		*end += *end == *first;
		return;
	}
	back = (int)(s->newest / s->step - (s->newest - (s->n - 1 - i)) / s->step);
	*end = s->columns - back * s->stretch;
	*first = *end - s->stretch;
	if (*first < 0)
		*first = *end = 0;
}

double plot_scale_span(const struct plot_scale *s)
{
	return s->all ? (double)s->n / s->columns : (double)s->step / s->stretch;
}

/* count: values of the column so far. */
static void fold(double *column, double *count, double value, enum plot_fold how)
{
	if (isnan(*column) || how == PLOT_LAST)
		*column = value;
	else if (how == PLOT_MEAN)
		*column += (value - *column) / (*count + 1);
	else
		*column = fmax(*column, value);
	(*count)++;
}

void plot_fold(
	const double *in, const struct plot_scale *s, enum plot_fold how, double out[PLOT_VALUES])
{
	double count[PLOT_VALUES] = {0};
	int first, end;

	for (int i = 0; i < s->columns; i++)
		out[i] = NAN;
	for (int i = 0; i < s->n; i++) {
		if (isnan(in[i]))
			continue;
		plot_scale_place(s, i, &first, &end);
		for (int column = first; column < end; column++)
			fold(&out[column], &count[column], in[i], how);
	}
}
