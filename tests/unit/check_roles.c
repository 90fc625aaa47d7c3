/* The roles of cells on all screens: what is in reverse or underlined is text alone, and what a
 * selected row keeps. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "fake_port.h"
#include "unit.h"
#include "view.h"

static const char *const scenes[] = {"running", "endpoints", "models", "pipeline", "streaming",
	"paused", "draining", "done", "past", "empty", "hostile", "large"};
enum { SCENES = sizeof(scenes) / sizeof(scenes[0]) };

static struct view *open_view(struct fake_port *f, const char *scene, int rows, int cols)
{
	struct port port = fake_port_port(f);
	struct view *v;

	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	ck_assert(fake_port_scene(f, scene));
	v = view_new(&port, glyphs_pick(UI_GLYPHS_BRAILLE, true), false, rows, cols);
	ck_assert(view_refresh(v));
	view_draw(v);
	return v;
}

static void press(struct view *v, const char *keys)
{
	for (; *keys; keys++) {
		view_key(v, *keys);
		view_refresh(v);
		view_draw(v);
	}
}

static bool is_loud(const struct cell *cell)
{
	return cell->role == ROLE_BAD || cell->role == ROLE_WARN;
}

static bool is_braille(wchar_t c)
{
	return c >= 0x2800 && c <= 0x28ff;
}

/* A run of loud cells begins and ends with text, and is no plot. */
static void check_row(const struct cell *cells, int cols, const char *name, int row)
{
	for (int i = 0; i < cols; i++) {
		bool first = is_loud(&cells[i]) && (i == 0 || cells[i - 1].role != cells[i].role);
		bool last =
			is_loud(&cells[i]) && (i + 1 == cols || cells[i + 1].role != cells[i].role);

		ck_assert_msg(!(first || last) || cells[i].ch[0] != L' ',
			"%s: a blank in role %d at row %d, column %d", name, cells[i].role, row, i);
		ck_assert_msg(!is_loud(&cells[i]) || !is_braille(cells[i].ch[0]),
			"%s: a plot in role %d at row %d", name, cells[i].role, row);
	}
}

START_TEST(loud_roles_cover_text_alone)
{
	static const struct {
		int rows, cols;
	} sizes[] = {{24, 80}, {40, 120}, {60, 200}, {10, 40}};

	for (int i = 0; i < SCENES; i++) {
		for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
			struct fake_port f;
			struct view *v = open_view(&f, scenes[i], sizes[k].rows, sizes[k].cols);

			for (const char *key = "12j34k1"; *key; key++) {
				char name[64];

				press(v, (char[]){*key, '\0'});
				snprintf(name, sizeof(name), "%s %dx%d, screen %c", scenes[i],
					sizes[k].cols, sizes[k].rows, *key);
				for (int row = 0; row < v->canvas.rows; row++)
					check_row(canvas_row(&v->canvas, row), v->canvas.cols, name,
						row);
			}
			view_free(v);
		}
	}
}
END_TEST

/* The column where the word begins in the row; -1: it is not there. */
static int find_word(const struct cell *cells, int cols, const wchar_t *word)
{
	int len = (int)wcslen(word);

	for (int i = 0; i + len <= cols; i++) {
		int n = 0;

		while (n < len && cells[i + n].ch[0] == word[n])
			n++;
		if (n == len)
			return i;
	}
	return -1;
}

START_TEST(good_rows_are_quiet_and_bad_ones_stand_out)
{
	struct fake_port f;
	struct view *v = open_view(&f, "running", 40, 120);
	int ok = 0, failed = 0;

	press(v, "2/!state:queued\r");
	for (int row = 4; row < 36; row++) {
		const struct cell *cells = canvas_row(&v->canvas, row);
		int at = find_word(cells, 120, L" ok "), bad = find_word(cells, 120, L"failed");

		for (int i = 0; i < 120; i++)
			ck_assert_int_ne(cells[i].role, ROLE_GOOD);
		ok += at >= 0 && cells[at + 1].role == ROLE_DIM;
		failed += bad >= 0 && cells[bad].role == ROLE_BAD;
	}
	ck_assert_int_gt(ok, 0);
	ck_assert_int_gt(failed, 0);
	view_free(v);
}
END_TEST

/* The role of a word in the first row from `row` on that has it. */
static enum role role_of(const struct view *v, int row, const wchar_t *word)
{
	for (; row < v->canvas.rows; row++) {
		const struct cell *cells = canvas_row(&v->canvas, row);
		int at = find_word(cells, v->canvas.cols, word);

		if (at >= 0)
			return cells[at].role;
	}
	ck_abort_msg("no \"%ls\" on the screen", word);
}

static void add_retry(struct fake_port *f, enum event_level level, enum outcome outcome)
{
	struct event *e = &f->event[f->snap.last_event % FAKE_EVENTS];

	*e = (struct event){.seq = ++f->snap.last_event,
		.wall_us = f->snap.wall_us,
		.level = level,
		.outcome = outcome};
	snprintf(e->text, sizeof(e->text), "timeout-1 will retry: %s, no whole answer",
		outcome_label(outcome));
}

/* Retries are news of their outcome, warnings as a whole. */
START_TEST(a_retry_has_the_colour_of_its_outcome)
{
	struct fake_port f;
	struct view *v = open_view(&f, "running", 40, 120);

	add_retry(&f, EVENT_INFO, OUTCOME_TIMEOUT);
	for (const char *screen = "14"; *screen; screen++) {
		press(v, (char[]){*screen, '\0'});
		ck_assert_int_eq(role_of(v, 4, L"timeout-1"), ROLE_TEXT);
		ck_assert_int_eq(role_of(v, 4, L"timeout, no"), ROLE_WARN);
		ck_assert_int_eq(role_of(v, 4, L", no whole"), ROLE_TEXT);
	}
	add_retry(&f, EVENT_WARNING, OUTCOME_TIMEOUT);
	press(v, "1");
	ck_assert_int_eq(role_of(v, 38, L"timeout-1"), ROLE_WARN);
	view_free(v);
}
END_TEST

START_TEST(an_attempt_has_the_colour_of_its_outcome)
{
	struct fake_port f;
	struct view *v = open_view(&f, "hostile", 24, 80);

	press(v, "2jjjjj\r\t\t\t");
	ck_assert_int_eq(role_of(v, 4, L"rate_limited"), ROLE_WARN);
	ck_assert_int_eq(role_of(v, 4, L"HTTP 429"), ROLE_TEXT);
	view_free(v);
}
END_TEST

static const struct cell *selected_row(const struct view *v)
{
	int row = 0;

	while (row < v->canvas.rows && canvas_at(&v->canvas, row, 0) != L'>')
		row++;
	ck_assert_int_lt(row, v->canvas.rows);
	return canvas_row(&v->canvas, row);
}

START_TEST(a_selected_row_keeps_the_role_of_its_state)
{
	struct fake_port f;
	struct view *v = open_view(&f, "running", 40, 120);
	const struct cell *cells;
	int at;

	press(v, "2/state:failed\rjk");
	cells = selected_row(v);
	for (int i = 0; i < 120; i++)
		ck_assert_int_eq(cells[i].selected, 1);
	at = find_word(cells, 120, L"failed");
	ck_assert_int_ge(at, 0);
	ck_assert_int_eq(cells[at].role, ROLE_BAD);
	ck_assert_int_eq(cells[-1].selected, 0);
	/* of a tagged row, all but its state has a colour; the tag moves on to the next row */
	press(v, " k");
	cells = selected_row(v);
	at = find_word(cells, 120, L"*");
	ck_assert_int_ge(at, 0);
	ck_assert_int_eq(cells[at].role, ROLE_KEY);
	ck_assert_int_eq(cells[find_word(cells, 120, L"failed")].role, ROLE_BAD);
	view_free(v);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {loud_roles_cover_text_alone,
		good_rows_are_quiet_and_bad_ones_stand_out, a_retry_has_the_colour_of_its_outcome,
		an_attempt_has_the_colour_of_its_outcome,
		a_selected_row_keeps_the_role_of_its_state, NULL};

	return unit_run("roles", tests);
}
