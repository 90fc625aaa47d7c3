/* Plots: glyphs, scales and how seconds become columns. */
#include <locale.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "plot.h"
#include "unit.h"

#define ROW_TEXT 256

/* The row without its role bytes. */
static const char *shown(const struct plot *p, int row, char *out)
{
	char marked[ROW_TEXT];
	char *to = out;

	for (const char *c = plot_row(p, row, marked, sizeof(marked)); *c; c++)
		if (!(*c > 0 && *c < ROLE_COUNT))
			*to++ = *c;
	*to = '\0';
	return out;
}

START_TEST(fills_and_lines_in_each_set_of_glyphs)
{
	static const double rising[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, NAN, 0.01, 9};
	static const struct {
		enum ui_glyphs glyphs;
		bool line;
		int cols;
		const char *row[2];
	} cases[] = {
		{UI_GLYPHS_BRAILLE, false, 6, {"  ⢀⣴⡇⢸", "⢀⣴⣿⣿⡇⣸"}},
		{UI_GLYPHS_BRAILLE, true, 6, {"  ⢀⠔⠁⢸", "⣀⠔⠁  ⡸"}},
		{UI_GLYPHS_BLOCK, false, 12, {"     ▂▄▆█  █", " ▂▄▆█████ ▁█"}},
		{UI_GLYPHS_ASCII, false, 12, {"     .::#  #", " .::##### .#"}},
		{UI_GLYPHS_ASCII, true, 12, {"     _--'  '", "__--'     _ "}},
	};
	char out[ROW_TEXT];
	static struct plot p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		plot_clear(&p, glyphs_pick(cases[i].glyphs, true), 2, cases[i].cols);
		ck_assert_int_eq(plot_columns(&p), 12);
		(cases[i].line ? plot_line : plot_fill)(&p, rising, 8, ROLE_PLOT);
		for (int row = 0; row < 2; row++)
			ck_assert_msg(!strcmp(shown(&p, row, out), cases[i].row[row]),
				"case %zu row %d is [%s]", i, row, out);
	}
}
END_TEST

/* One answer of 84 s makes the others flat only on a linear scale. */
START_TEST(values_far_apart_have_a_logarithmic_scale)
{
	double near[] = {0.8, NAN, 1.2, 0}, far[] = {0.8e6, NAN, 84e6, 0.8e6, 0};
	static struct plot p;
	char out[ROW_TEXT];

	ck_assert_double_eq(plot_log_scale(near, 4, 2), 0);
	ck_assert_double_eq(near[2], 1.2);
	ck_assert_double_eq_tol(plot_log_scale(far, 5, 120e6), 200e3, 1e-3);
	ck_assert_double_eq_tol(far[0], log(4) / log(600), 1e-9);
	ck_assert(isnan(far[1]) && far[2] > 0.9 && far[2] < 1 && far[4] == 0);
	plot_clear(&p, glyphs_pick(UI_GLYPHS_BLOCK, true), 1, 5);
	plot_fill(&p, far, 1, ROLE_PLOT);
	ck_assert_str_eq(shown(&p, 0, out), "▂ █▂ ");
}
END_TEST

START_TEST(roles_switch_where_they_change)
{
	static const double full[] = {1, 1, 1, 1};
	char out[ROW_TEXT];
	static struct plot p;

	plot_clear(&p, glyphs_pick(UI_GLYPHS_ASCII, false), 1, 4);
	plot_fill(&p, full, 1, ROLE_PLOT);
	plot_put(&p, 0, 2, '!', ROLE_BAD);
	plot_put(&p, 0, 4, '!', ROLE_BAD);
	plot_put(&p, -1, 0, '!', ROLE_BAD);
	ck_assert_str_eq(plot_row(&p, 0, out, sizeof(out)), R_PLOT "##" R_BAD "!" R_PLOT "#");
	ck_assert_str_eq(plot_row(&p, 0, out, 7), R_PLOT "#"); /* cut between characters */
}
END_TEST

START_TEST(odd_values_and_sizes_are_harmless)
{
	static double odd[PLOT_VALUES];
	static const double some[] = {NAN, INFINITY, -INFINITY, -1, 0, 1e300, 1e-300};
	static const double tops[] = {1, 0, NAN, INFINITY, 1e-300};
	char out[ROW_TEXT];
	static struct plot p;

	for (int i = 0; i < PLOT_VALUES; i++)
		odd[i] = some[i % 7];
	for (int g = UI_GLYPHS_BRAILLE; g <= UI_GLYPHS_ASCII; g++) {
		for (int size = -1; size < 1000; size += 111) {
			for (size_t t = 0; t < sizeof(tops) / sizeof(tops[0]); t++) {
				plot_clear(&p, glyphs_pick((enum ui_glyphs)g, true), size, size);
				plot_fill(&p, odd, tops[t], ROLE_PLOT);
				plot_line(&p, odd, tops[t], ROLE_LIMIT);
				ck_assert(strlen(plot_row(&p, 0, out, sizeof(out))) < ROW_TEXT);
			}
		}
	}
}
END_TEST

START_TEST(scales_are_nice)
{
	static const struct {
		double max, count, latency_s;
	} cases[] = {
		{0, 1, -1},
		{NAN, 1, -1},
		{-3, 1, -1},
		{0.003, 0.004, 0.004},
		{1, 1, 1},
		{1.1, 2, 2},
		{3, 4, 4},
		{9, 10, 10},
		{33, 40, 40},
		{41, 60, 60},
		{61, 80, 120},
		{400, 400, 600},
		{1000, 1000, 1200},
		{3500, 4000, 3600},
		{3601, 4000, 7200},
		{36001, 40000, 72000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		double us = plot_nice_us(cases[i].max * US_PER_S);

		ck_assert_double_eq_tol(
			plot_nice(cases[i].max), cases[i].count, 1e-9 * cases[i].count);
		if (cases[i].latency_s > 0)
			ck_assert_msg(fabs(us - cases[i].latency_s * US_PER_S) < 1,
				"%g s: top %g us", cases[i].max, us);
	}
}
END_TEST

START_TEST(seconds_fold_into_columns)
{
	static const double in[] = {1, NAN, 3, 4, NAN, NAN, 7};
	static const struct {
		enum plot_fold how;
		double out[5]; /* seconds 13, 14-15, 16-17, 18-19 of step 2, and a blank before */
	} cases[] = {
		{PLOT_MEAN, {NAN, 1, 3.5, NAN, 7}},
		{PLOT_MAX, {NAN, 1, 4, NAN, 7}},
		{PLOT_LAST, {NAN, 1, 4, NAN, 7}},
	};
	double out[PLOT_VALUES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct plot_scale scale = {
			.columns = 5, .n = 7, .newest = 18, .step = 2, .stretch = 1};

		plot_fold(in, &scale, cases[i].how, out);
		for (int c = 0; c < 5; c++)
			ck_assert_msg(
				isnan(out[c]) ? isnan(cases[i].out[c]) : out[c] == cases[i].out[c],
				"case %zu column %d is %g", i, c, out[c]);
	}
}
END_TEST

/* A minute is as wide as the plot; a whole run reaches from edge to edge, however many moments it
 * has. */
START_TEST(few_moments_are_stretched_and_a_run_fills_the_plot)
{
	static const int runs[] = {1, 3, 19, 20, 21, 300, 511};
	struct plot_scale s = plot_scale_last(130, 60, 60, 999);
	int first, end, last;

	ck_assert_int_eq(s.stretch, 2);
	plot_scale_place(&s, 59, &first, &end);
	ck_assert_int_eq(first, 128);
	ck_assert_int_eq(end, 130);
	plot_scale_place(&s, 0, &first, &end);
	ck_assert_int_eq(first, 10);
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		s = plot_scale_all(20, runs[i]);
		last = 0;
		for (int k = 0; k < runs[i]; k++) {
			plot_scale_place(&s, k, &first, &end);
			ck_assert(first < end && first <= last && end >= last);
			last = end;
		}
		ck_assert_int_eq(last, 20);
		ck_assert_double_eq_tol(plot_scale_span(&s), runs[i] / 20., 1e-9);
	}
}
END_TEST

START_TEST(columns_move_but_do_not_change)
{
	enum { COLUMNS = 20, SECONDS = 90 };
	double in[SECONDS], before[COLUMNS], out[PLOT_VALUES];
	int step = plot_scale_last(COLUMNS, SECONDS, 300, 0).step;

	ck_assert_int_eq(plot_scale_last(COLUMNS, COLUMNS, 300, 0).step, 1);
	ck_assert_int_eq(plot_scale_last(62, 300, 300, 0).step, 5);
	ck_assert_int_eq(plot_scale_last(1, 300, 300, 0).step, 1);
	ck_assert_int_ge(step * (COLUMNS - 1), SECONDS);
	for (int64_t newest = 100; newest < 130; newest++) {
		int shift;

		for (int i = 0; i < SECONDS; i++)
			in[i] = (double)((newest - SECONDS + 1 + i) * 7919 % 101);
		const struct plot_scale scale =
			plot_scale_last(COLUMNS, SECONDS, 300, (int64_t)newest);

		plot_fold(in, &scale, PLOT_MEAN, out);
		shift = (int)(newest / step - (newest - 1) / step);
		for (int c = 2; newest > 100 && c + 1 < COLUMNS - shift; c++)
			ck_assert_msg(out[c] == before[c + shift], "second %d column %d changed",
				(int)newest, c);
		memcpy(before, out, sizeof(before));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {values_far_apart_have_a_logarithmic_scale,
		fills_and_lines_in_each_set_of_glyphs, roles_switch_where_they_change,
		odd_values_and_sizes_are_harmless, scales_are_nice, seconds_fold_into_columns,
		columns_move_but_do_not_change, few_moments_are_stretched_and_a_run_fills_the_plot,
		NULL};

	setlocale(LC_CTYPE, "C.UTF-8");
	return unit_run("plot", tests);
}
