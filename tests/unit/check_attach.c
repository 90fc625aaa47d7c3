/* `sluice attach`: the list of runs, what ends a run on this system, and a chart of which only the
 * news come. */
#include <string.h>

#include "base/json.h"
#include "cli/attach_list.h"
#include "remote/chart.h"
#include "remote/lifetime.h"
#include "unit.h"

enum { TEXT_MAX = 64 << 10, NOW_S = 1000000 };

/* ---- the list ---- */

/* Entries own their texts. */
#define TEXT(text) ((char[]){text})

START_TEST(runs_that_go_on_stand_first)
{
	struct registry_entry entries[] = {
		{.name = TEXT("older"),
			.pid = 11,
			.socket = TEXT("/s/11"),
			.started = NOW_S - 7200},
		{.name = TEXT("gone"),
			.results = TEXT("/r/gone"),
			.state = TEXT("DONE"),
			.done = 60,
			.total = 60,
			.ended = NOW_S - 90},
		{.name = TEXT("piped"), .results = TEXT("-"), .state = TEXT("DONE")},
		{.name = TEXT("killed"),
			.results = TEXT("/r/k"),
			.state = TEXT("KILLED"),
			.done = -1,
			.total = -1,
			.ended = -1},
		{.name = TEXT("newer"), .pid = 15, .socket = TEXT("/s/15"), .started = NOW_S - 5},
		{.name = TEXT("mute"), .pid = 16, .started = NOW_S - 5},
	};
	const struct registry_list runs = {
		.entries = entries, .n = sizeof(entries) / sizeof(entries[0])};
	const struct registry_entry *picked[ATTACH_LISTED];
	size_t n = attach_list_pick(&runs, picked);
	struct buf text;

	ck_assert_uint_eq(n, 4);
	ck_assert_str_eq(picked[0]->name, "newer");
	ck_assert_str_eq(picked[1]->name, "older");
	ck_assert_str_eq(picked[2]->name, "killed");
	ck_assert_str_eq(picked[3]->name, "gone");
	buf_init(&text, TEXT_MAX);
	attach_list_write(picked, n, NOW_S, &text);
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "  1  newer"));
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "live, pid 15, for 0:05"));
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "KILLED\n"));
	ck_assert_ptr_nonnull(strstr(buf_str(&text), "DONE 1:30 ago, 60/60"));
	buf_free(&text);
	ck_assert_int_eq(attach_list_choice(picked, n, "\n"), 0);
	ck_assert_int_eq(attach_list_choice(picked, n, " 4 \r\n"), 3);
	ck_assert_int_eq(attach_list_choice(picked, n, "older\n"), 1);
	ck_assert_int_eq(attach_list_choice(picked, n, "5\n"), -1);
	ck_assert_int_eq(attach_list_choice(picked, n, "mute\n"), -1);
	ck_assert_int_eq(attach_list_choice(picked, 0, "\n"), -1);
}
END_TEST

/* ---- what ends a run ---- */

START_TEST(the_last_setting_of_logind_counts)
{
	ck_assert_int_eq(lifetime_setting(""), -1);
	ck_assert_int_eq(lifetime_setting("[Login]\n#KillUserProcesses=yes\n"), -1);
	ck_assert_int_eq(lifetime_setting("[Login]\nKillUserProcesses = Yes"), 1);
	ck_assert_int_eq(lifetime_setting("KillUserProcesses=on\nKillUserProcesses=off\n"), 0);
	ck_assert_int_eq(lifetime_setting("KillUserProcesses=1\nOther=no\n"), 1);
}
END_TEST

START_TEST(only_what_can_end_the_run_is_said)
{
	struct buf out;

	buf_init(&out, TEXT_MAX);
	ck_assert(lifetime_in_session("0::/user.slice/user-1000.slice/session-3.scope\n"));
	ck_assert(!lifetime_in_session("0::/user.slice/user@1000.service/app.slice/run-7.scope\n"));
	ck_assert(!lifetime_words(&(struct lifetime){.login_kills = true}, &out));
	ck_assert(!lifetime_words(&(struct lifetime){.in_session = true}, &out));
	ck_assert(
		lifetime_words(&(struct lifetime){.in_session = true, .login_kills = true}, &out));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "systemd-run --user --scope"));
	buf_clear(&out);
	ck_assert(lifetime_words(&(struct lifetime){.contained = true}, &out));
	ck_assert_ptr_nonnull(strstr(buf_str(&out), "container"));
	buf_free(&out);
}
END_TEST

/* ---- the chart ---- */

static void add(struct remote_chart *c, bool recent, const char *text)
{
	void *answer = remote_chart_kind.read(json_whole(text, strlen(text)));

	if (!answer)
		return;
	remote_chart_add(c, recent, answer);
	remote_chart_add(c, recent, answer); /* as each frame does */
	remote_chart_kind.free(answer);
}

static void must_be(const struct remote_chart *c, const uint32_t *ok, size_t n)
{
	struct chart_slot slot[CHART_SLOTS];
	struct chart_info info = {0};

	ck_assert_uint_eq(remote_chart_slots(c, 0, slot, CHART_SLOTS, &info), n);
	for (size_t i = 0; i < n; i++)
		ck_assert_uint_eq(slot[i].ok, ok[i]);
}

START_TEST(news_of_the_whole_run_replace_its_last_slot)
{
	struct remote_chart c = {NULL};
	char path[120];

	add(&c, false,
		"{\"span\":2,\"slots\":2,\"seconds\":3,\"from\":0,\"chart\":[{\"ok\":5},{\"ok\":1}]"
		"}");
	must_be(&c, (uint32_t[]){5, 1}, 2);
	remote_chart_path(&c, false, path, sizeof(path));
	ck_assert_str_eq(path, "/v1/watch/chart?recent=0&span=2&since=3");
	add(&c, false,
		"{\"span\":2,\"slots\":3,\"seconds\":5,\"from\":1,\"chart\":[{\"ok\":6},{\"ok\":2}]"
		"}");
	must_be(&c, (uint32_t[]){5, 6, 2}, 3);
	/* what does not follow changes nothing: slots between, another span, the past, nonsense */
	add(&c, false, "{\"span\":2,\"slots\":9,\"seconds\":18,\"from\":8,\"chart\":[{\"ok\":7}]}");
	add(&c, false, "{\"span\":4,\"slots\":2,\"seconds\":7,\"from\":1,\"chart\":[{\"ok\":7}]}");
	add(&c, false, "{\"span\":2,\"slots\":1,\"seconds\":2,\"from\":0,\"chart\":[{\"ok\":7}]}");
	add(&c, false, "{\"span\":2,\"slots\":600,\"seconds\":900,\"from\":0,\"chart\":[]}");
	add(&c, false, "{\"span\":2,\"slots\":3,\"seconds\":6,\"from\":0,\"chart\":[{\"ok\":7}]}");
	must_be(&c, (uint32_t[]){5, 6, 2}, 3);
	add(&c, false,
		"{\"span\":4,\"slots\":2,\"seconds\":8,\"from\":0,\"chart\":[{\"ok\":11},{\"ok\":3}"
		"]}");
	must_be(&c, (uint32_t[]){11, 3}, 2);
	remote_chart_clear(&c);
}
END_TEST

START_TEST(the_last_minutes_lose_their_oldest_second)
{
	struct remote_chart c = {NULL};

	add(&c, true,
		"{\"span\":1,\"slots\":3,\"seconds\":10,\"from\":0,\"chart\":[{\"ok\":1},{\"ok\":2}"
		","
		"{\"ok\":3}]}");
	add(&c, true,
		"{\"span\":1,\"slots\":3,\"seconds\":11,\"from\":1,\"chart\":[{\"ok\":4},{\"ok\":5}"
		"]}");
	must_be(&c, (uint32_t[]){2, 4, 5}, 3);
	remote_chart_clear(&c);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {runs_that_go_on_stand_first,
		the_last_setting_of_logind_counts, only_what_can_end_the_run_is_said,
		news_of_the_whole_run_replace_its_last_slot,
		the_last_minutes_lose_their_oldest_second, NULL};

	return unit_run("attach", tests);
}
