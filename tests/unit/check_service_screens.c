/* The screens of a service: golden ones of a stand-in, its keys, and a batch opened as a run. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"
#include "fake_service.h"
#include "golden.h"
#include "unit.h"
#include "view.h"

static const struct {
	int rows, cols;
} sizes[] = {{10, 40}, {24, 80}, {40, 120}, {60, 200}, {3, 20}, {1, 1}};

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

static struct fake_service fake;

static void set_up(void)
{
	ck_assert_ptr_nonnull(setlocale(LC_CTYPE, "C.UTF-8"));
	setenv("TZ", "UTC", 1);
	tzset();
}

static struct view *open_view(bool empty, bool read_only, int rows, int cols)
{
	struct port port;
	struct view *v;

	set_up();
	fake_service_set(&fake, empty);
	port = fake_service_port(&fake);
	v = view_new(&port, glyphs_pick(UI_GLYPHS_BRAILLE, true), read_only, rows, cols);
	v->leaving = UI_LEAVING_ONLY;
	view_refresh(v);
	view_draw(v);
	return v;
}

static struct view *press(struct view *v, const char *keys)
{
	for (; *keys; keys++) {
		view_key(v, *keys);
		v = batches_view(v);
		view_refresh(v);
		view_draw(v);
	}
	return v;
}

static void check_screen(struct view *v, const char *name)
{
	char file[96];
	struct buf text;

	buf_init(&text, 1 << 20);
	canvas_text(&v->canvas, &text);
	snprintf(file, sizeof(file), "%s-%dx%d.txt", name, v->canvas.cols, v->canvas.rows);
	golden_check(file, &text);
	buf_free(&text);
}

static void see(struct view *v, const char *words)
{
	struct buf text;

	buf_init(&text, 1 << 20);
	canvas_text(&v->canvas, &text);
	ck_assert_msg(
		strstr(buf_str(&text), words) != NULL, "no \"%s\" in:\n%s", words, buf_str(&text));
	buf_free(&text);
}

START_TEST(screens_at_all_sizes)
{
	static const struct {
		const char *name, *keys;
		bool empty;
	} cases[] = {{"service", "", false}, {"service-empty", "", true},
		{"service-calls", "2", false}, {"service-held", "jja", false}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int k = 0; k < SIZES; k++) {
			struct view *v =
				open_view(cases[i].empty, false, sizes[k].rows, sizes[k].cols);

			v = press(v, cases[i].keys);
			v->message[0] = '\0';
			view_refresh(v);
			view_draw(v);
			check_screen(v, cases[i].name);
			view_free(v);
		}
	}
}
END_TEST

START_TEST(help_and_questions)
{
	struct view *v = open_view(false, false, 24, 80);

	check_screen(press(v, "x"), "service-cancel");
	view_free(v);
	v = open_view(false, false, 40, 120);
	check_screen(press(v, "?"), "service-help");
	view_free(v);
}
END_TEST

/* Every key and command of a service, and none of a run. */
START_TEST(help_has_the_keys_of_a_service)
{
	struct view *v = open_view(false, false, 120, 200);
	size_t n;
	const struct key_binding *k = binding_table(&n);
	char name[8];

	v = press(v, "?");
	for (size_t i = 0; i < n; i++) {
		if (!binding_is_here(v, &k[i]) || command_is_off(v, k[i].command))
			continue;
		see(v, binding_key_name(k[i].key, name));
		see(v, strlen(k[i].help) < 25 ? k[i].help : "");
	}
	see(v, "pause BATCH|all");
	ck_assert(command_is_off(v, "toggle pause"));
	ck_assert(command_is_off(v, "look back"));
	ck_assert(!command_is_off(v, "batch open"));
	view_free(v);
}
END_TEST

/* What a key sends, at once or after "y"; "" nothing. */
START_TEST(keys_steer_the_selected_batch)
{
	static const struct {
		const char *keys, *command;
	} cases[] = {{"p", "pause batch_H7imSpwPUFmTQTDOL41vzgr1"},
		{"jjjp", "resume msgbatch_01Lk2Vx9TgR4"},
		{"jb", "raise batch_Qz0aVb81LfTtmGx4PNw2Yc7e"},
		{"jB", "lower batch_Qz0aVb81LfTtmGx4PNw2Yc7e"},
		{"w2.5\r", "weigh batch_H7imSpwPUFmTQTDOL41vzgr1 2.5"}, {"jx", ""}, {"jxn", ""},
		{"jx\r", ""}, {"jxy", "cancel batch_Qz0aVb81LfTtmGx4PNw2Yc7e"}, {"P", ""},
		{"Py", "pause all"}, {"Ry", "resume all"}, {":cancel batch_8m\r", ""},
		{":cancel batch_8m\ry", "cancel batch_8mJr5KsWdE1uXoBq6yZ0iTLn"},
		{":pause all\r", ""}, {":raise batch_8m\r", "raise batch_8m"},
		{"/carol\rp", "resume msgbatch_01Lk2Vx9TgR4"},
		/* keys of a run, and of another screen */
		{"D", ""}, {"+", ""}, {"2p", ""}, {":toggle pause\r", ""}, {":set\r", "set"},
		/* one that has ended */
		{"aGp", ""}, {"aGx", ""}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view *v = open_view(false, false, 24, 80);

		v = press(v, cases[i].keys);
		ck_assert_msg(!strcmp(fake.own.last_command, cases[i].command), "%s sent \"%s\"",
			cases[i].keys, fake.own.last_command);
		view_free(v);
	}
}
END_TEST

START_TEST(read_only_sends_nothing)
{
	struct view *v = open_view(false, true, 24, 80);

	v = press(v, "pxybBPRy:cancel batch_H7\ry");
	ck_assert_int_eq(fake.own.commands, 0);
	v = press(v, "q\r");
	ck_assert_str_eq(fake.opened, "batch_H7imSpwPUFmTQTDOL41vzgr1");
	view_free(v);
}
END_TEST

START_TEST(enter_opens_a_batch_as_a_run_and_q_comes_back)
{
	struct view *v = open_view(false, false, 24, 80), *run;

	v = press(v, "j");
	fake.answer = BATCH_OPEN_LATER;
	ck_assert_ptr_eq(press(v, "\r"), v);
	see(v, "opening batch_Qz0a");
	fake.answer = BATCH_OPEN_READY;
	run = batches_view(v);
	ck_assert_ptr_ne(run, v);
	ck_assert_ptr_eq(run->below, v);
	ck_assert(run->want_redraw);
	view_refresh(run);
	view_draw(run);
	see(run, "q back");
	/* its own screens; q goes back to the main one first */
	run = press(run, "2");
	see(run, "items");
	run = press(run, "q");
	ck_assert_ptr_eq(run->below, v);
	view_resize(run, 40, 120);
	run = press(run, "q");
	ck_assert_ptr_eq(run, v);
	ck_assert_int_eq(fake.closed, 1);
	ck_assert_int_eq(v->canvas.cols, 120);
	see(v, "> sending    batch_Qz0aVb81LfTtmGx4PNw2Yc7e");
	view_free(v);
	/* the loss of the terminal while it is open */
	v = press(open_view(false, false, 24, 80), "\r");
	ck_assert_ptr_nonnull(v->below);
	view_free(v);
}
END_TEST

START_TEST(a_batch_that_cannot_be_opened_says_why)
{
	struct view *v = open_view(false, false, 24, 80);

	fake.answer = BATCH_OPEN_FAILED;
	v = press(v, "\r");
	ck_assert_ptr_null(v->below);
	see(v, "has no run now: it is paused");
	v = press(v, "aG\r");
	see(v, "it has ended: sluice view /var/lib/");
	view_free(v);
}
END_TEST

/* The selection stays with its batch when others come and go. */
START_TEST(the_selected_batch_stays_selected)
{
	struct view *v = open_view(false, false, 24, 80);

	v = press(v, "jj");
	memmove(&fake.batch[1], &fake.batch[0], fake.batches++ * sizeof(fake.batch[0]));
	snprintf(fake.batch[0].id, sizeof(fake.batch[0].id), "batch_newest");
	view_refresh(v);
	ck_assert_str_eq(service_view_selected(&v->service)->id, "batch_8mJr5KsWdE1uXoBq6yZ0iTLn");
	ck_assert_uint_eq(v->service.list.cursor, 3);
	v = press(v, "/nothing\r");
	see(v, "no batch has \"nothing\"");
	ck_assert_ptr_null(service_view_selected(&v->service));
	v = press(v, "pxb");
	ck_assert_int_eq(fake.own.commands, 0);
	view_free(v);
}
END_TEST

START_TEST(a_batch_that_expires_first_is_late)
{
	struct batch_row b = {.phase = "sending", .eta_high_s = 100, .expires_s = 1000};

	ck_assert(!batch_is_late(&b, 899 * US_PER_S));
	ck_assert(batch_is_late(&b, 901 * US_PER_S));
	b.eta_high_s = -1;
	ck_assert(!batch_is_late(&b, 999 * US_PER_S));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {screens_at_all_sizes, help_and_questions,
		help_has_the_keys_of_a_service, keys_steer_the_selected_batch,
		read_only_sends_nothing, enter_opens_a_batch_as_a_run_and_q_comes_back,
		a_batch_that_cannot_be_opened_says_why, the_selected_batch_stays_selected,
		a_batch_that_expires_first_is_late, NULL};

	return unit_run("service screens", tests);
}
