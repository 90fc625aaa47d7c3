/* The layout: a pure function of the size. */
#include <string.h>

#include "layout.h"
#include "unit.h"

enum { ROWS_MAX = 70, COLS_MAX = 220 };

/* What the runs of a loop test want to show: nothing special, some endpoints, more than fit. */
static const struct layout_wants some_wants[] = {{.endpoints = 0}, {.endpoints = 3},
	{.endpoints = 16}, {.end = true}, {.bar = 2}, {.endpoints = 3, .bar = 1}};

/* Marks a rectangle's cells; fails where one lies outside or is taken. */
static void occupy(char taken[ROWS_MAX][COLS_MAX], struct rect r, int rows, int cols, int panel)
{
	ck_assert_msg(r.row >= 0 && r.col >= 0 && r.rows >= 0 && r.cols >= 0 &&
			      r.row + r.rows <= rows && r.col + r.cols <= cols,
		"%dx%d: panel %d lies outside", cols, rows, panel);
	for (int row = r.row; row < r.row + r.rows; row++) {
		for (int col = r.col; col < r.col + r.cols; col++) {
			/* an assertion for each of 12 million cells would take a minute */
			if (taken[row][col])
				ck_abort_msg("%dx%d: panel %d overlaps", cols, rows, panel);
			taken[row][col] = 1;
		}
	}
}

static void check_rectangles(const struct layout_wants *wants)
{
	static char taken[ROWS_MAX][COLS_MAX];
	struct layout l;

	for (int rows = 1; rows <= ROWS_MAX; rows++) {
		for (int cols = 1; cols <= COLS_MAX; cols++) {
			memset(taken, 0, sizeof(taken));
			layout_compute(SCREEN_MAIN, rows, cols, wants, &l);
			for (int p = 0; p < PANEL_COUNT; p++)
				occupy(taken, l.at[p], rows, cols, p);
			ck_assert_msg(l.at[PANEL_TINY].rows || (l.at[PANEL_KEYS].row == rows - 1 &&
								       l.at[PANEL_KEYS].rows == 1),
				"%dx%d: the keys are not last", cols, rows);
		}
	}
}

START_TEST(rectangles_lie_inside_and_do_not_overlap)
{
	for (size_t i = 0; i < sizeof(some_wants) / sizeof(some_wants[0]); i++)
		check_rectangles(&some_wants[i]);
}
END_TEST

static void check_rows(const struct layout_wants *wants)
{
	struct layout l;

	for (int rows = 3; rows <= ROWS_MAX; rows++) {
		for (int cols = 30; cols <= COLS_MAX; cols++) {
			int cells = 0;

			layout_compute(SCREEN_MAIN, rows, cols, wants, &l);
			for (int p = 0; p < PANEL_COUNT; p++)
				cells += l.at[p].rows * l.at[p].cols;
			ck_assert_msg(cells == rows * cols, "%dx%d: %d cells unused", cols, rows,
				rows * cols - cells);
		}
	}
}

START_TEST(every_row_is_used)
{
	for (size_t i = 0; i < sizeof(some_wants) / sizeof(some_wants[0]); i++)
		check_rows(&some_wants[i]);
}
END_TEST

START_TEST(panels_drop_in_a_fixed_order)
{
	const struct layout_wants wants = {0};
	/* with fewer rows the one behind goes before the one in front of it */
	static const enum panel_id order[] = {
		PANEL_PROGRESS, PANEL_EVENTS, PANEL_ACTIVE, PANEL_RATE, PANEL_ERRORS};
	struct layout l;

	for (int rows = 3; rows <= ROWS_MAX; rows++) {
		bool gone = false;

		layout_compute(SCREEN_MAIN, rows, 80, &wants, &l);
		for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
			bool shown = l.at[order[i]].rows > 0;

			ck_assert_msg(!(gone && shown), "%d rows: panel %d out of order", rows,
				(int)order[i]);
			gone = gone || !shown;
		}
	}
	layout_compute(SCREEN_MAIN, 24, 80, &wants, &l);
	for (int p = 0; p < PANEL_TINY; p++)
		ck_assert_msg(l.at[p].rows > 0, "80x24 lacks panel %d", p);
}
END_TEST

START_TEST(a_centred_box_stays_inside)
{
	for (int rows = 1; rows < 40; rows++) {
		for (int cols = 1; cols < 90; cols++) {
			struct rect r = layout_centre(rows, cols, 9, 58);

			ck_assert(r.row >= 0 && r.col >= 0 && r.row + r.rows <= rows &&
				  r.col + r.cols <= cols && r.rows > 0 && r.cols > 0);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {rectangles_lie_inside_and_do_not_overlap, every_row_is_used,
		panels_drop_in_a_fixed_order, a_centred_box_stays_inside, NULL};

	return unit_run("layout", tests);
}
