/* Keys that change while a run goes on: when another one is fetched, from files and from commands.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "folder.h"
#include "plan/credentials.h"
#include "plan/key_command.h"
#include "plan/key_refresh.h"
#include "plan/key_source.h"
#include "unit.h"

static const int64_t s = US_PER_S;

START_TEST(a_refused_key_is_fetched_again_at_most_once_a_minute)
{
	struct key_refresh k = {.polls = false};

	ck_assert(!key_refresh_starts(&k, 0)); /* nothing was refused */
	ck_assert(key_refresh_refused(&k, 5 * s));
	ck_assert(!key_refresh_refused(&k, 5 * s)); /* told already */
	ck_assert(key_refresh_starts(&k, 6 * s));
	ck_assert(!key_refresh_starts(&k, 7 * s)); /* it runs */
	ck_assert(!key_refresh_ask(&k, 7 * s));
	key_refresh_ended(&k, 8 * s, false);         /* the same key */
	ck_assert(!key_refresh_starts(&k, 100 * s)); /* not before it is refused again */
	ck_assert(!key_refresh_refused(&k, 10 * s));
	ck_assert(!key_refresh_starts(&k, 65 * s));
	ck_assert(key_refresh_starts(&k, 66 * s));
	key_refresh_ended(&k, 67 * s, true);
	ck_assert(!k.refused);
	ck_assert(!key_refresh_refused(&k, 66 * s)); /* was sent with the old key */
	ck_assert(!key_refresh_starts(&k, 200 * s));
	ck_assert(key_refresh_refused(&k, 68 * s));
	ck_assert(key_refresh_ask(&k, 70 * s)); /* the operator does not wait */
	ck_assert(key_refresh_starts(&k, 70 * s));
}
END_TEST

START_TEST(a_file_is_looked_at_every_second_while_its_key_is_refused)
{
	struct key_refresh k = {.polls = true};

	key_refresh_refused(&k, 0);
	for (int64_t at = 0; at < 5; at++) {
		ck_assert(key_refresh_starts(&k, at * s));
		key_refresh_ended(&k, at * s, false);
		ck_assert(!key_refresh_starts(&k, at * s + s / 2));
	}
	ck_assert(key_refresh_starts(&k, 9 * s));
	key_refresh_ended(&k, 9 * s, true);
	ck_assert(!key_refresh_starts(&k, 20 * s));
}
END_TEST

START_TEST(a_command_gives_a_key_or_says_why_not)
{
	static const struct {
		const char *command, *key, *says;
	} cases[] = {
		{"printf ' sk-1 \\r\\nmore'", "sk-1", NULL},
		{"echo sk-1; exec 1>&-; sleep 0.05", "sk-1", NULL},
		{"sleep 100 & echo sk-1", "sk-1", NULL}, /* it leaves a process behind */
		{"echo sk-secret >&2; exit 3", NULL, "exit status 3"},
		{"kill -9 $$", NULL, "signal 9"},
		{"no-such-command-here 2>/dev/null", NULL, "command not found"},
		{"true", NULL, "first line is empty"},
		{"echo Bearer sk-secret", NULL, "a header name"},
		{"printf 'sk-secret\\0x'", NULL, "NUL"},
		{"head -c 200000 /dev/zero | tr '\\0' s", NULL, "more than 65536 bytes"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = {""};
		char *key = key_command_run(cases[i].command, &err);

		if (cases[i].key)
			ck_assert_msg(key && !strcmp(key, cases[i].key), "%s: %s", cases[i].command,
				err.text);
		else
			ck_assert_msg(!key && strstr(err.text, cases[i].says), "%s: %s",
				cases[i].command, err.text);
		ck_assert_ptr_null(strstr(err.text, "secret"));
		free(key);
	}
}
END_TEST

START_TEST(a_command_beside_the_loop_is_killed_with_all_it_started)
{
	static struct key_command c;
	struct error err = {""};
	int status = 0;
	pid_t group;

	ck_assert(key_command_start(&c, "sleep 100 & tty >&2; echo sk-1; sleep 100", true, &err));
	group = c.pid;
	while (c.len < 5)
		ck_assert_int_eq(key_command_read(&c), KEY_OUTPUT_MORE);
	ck_assert_int_eq(getpgid(c.pid), c.pid);
	key_command_kill(&c);
	ck_assert_int_eq(waitpid(group, &status, 0), group);
	ck_assert(WIFSIGNALED(status));
	/* its sleep holds the pipe until it is gone, too */
	while (key_command_read(&c) == KEY_OUTPUT_MORE)
		usleep(1000);
	key_command_close(&c);
	ck_assert_int_eq(c.len, 0);
}
END_TEST

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
	chmod(path, 0600);
}

START_TEST(a_file_is_read_again)
{
	char folder[200], path[220];
	struct target_settings target = {.key_file = path};
	struct key_sources sources = {.n = 0};
	struct error err = {""};
	struct key_source *k;

	ck_assert(folder_make(folder, sizeof(folder)));
	snprintf(path, sizeof(path), "%s/key", folder);
	write_file(path, "sk-first\n");
	k = key_sources_add(&sources, &target);
	ck_assert_ptr_eq(key_sources_add(&sources, &target), k);
	ck_assert_str_eq(key_source_key(k, &err), "sk-first");
	write_file(path, ""); /* being written */
	ck_assert_ptr_null(key_source_read_again(k, &err));
	ck_assert_str_eq(key_source_key(k, &err), "sk-first");
	ck_assert(!key_source_take(k, strdup("sk-first")));
	write_file(path, "sk-second");
	ck_assert(key_source_take(k, key_source_read_again(k, &err)));
	ck_assert_str_eq(key_source_key(k, &err), "sk-second");
	remove(path);
	ck_assert_ptr_null(key_source_read_again(k, &err));
	mkfifo(path, 0600); /* nobody waits for a writer */
	ck_assert_ptr_null(key_source_read_again(k, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "reads it only once"));
	key_sources_free(&sources);
	ck_assert(folder_remove(folder));
}
END_TEST

static const char *adapted(const struct session_endpoint *e, const char *url, const char *own)
{
	static char text[300];
	struct buf b;

	buf_init(&b, 1 << 16);
	session_endpoint_adapt(e, url, own, &b);
	snprintf(text, sizeof(text), "%s", buf_str(&b));
	buf_free(&b);
	return text;
}

START_TEST(requests_have_the_new_key_where_they_had_the_old_one)
{
	struct target_settings target = {.url = (char *)"https://api.example",
		.provider = (char *)"openai",
		.key_command = (char *)"echo sk-old-key"};
	const struct request_settings request = {.stream = false};
	struct key_sources sources = {.n = 0};
	struct session_endpoint e = {.source = key_sources_add(&sources, &target)};
	struct error err = {""};
	struct buf shown;

	ck_assert_msg(
		session_endpoint_open(&e, &target, &request, false, "{}", 2, &err), "%s", err.text);
	ck_assert(e.endpoint.key_changes);
	ck_assert_str_eq(adapted(&e, "https://api.example/v1/x", ""), "");
	session_endpoint_renew(&e, "sk-new-key");
	ck_assert_str_eq(
		adapted(&e, "https://api.example/v1/x", ""), "Authorization: Bearer sk-new-key\n");
	ck_assert_str_eq(
		adapted(&e, "https://api.example/v1/x", "X: y\nauthorization: mine\n"), "");
	ck_assert_str_eq(
		adapted(&e, "https://other.example/x", ""), "Authorization:\nAuthorization:\n");
	buf_init(&shown, 1 << 16);
	session_endpoint_show(&e, "https://api.example/x", &shown);
	ck_assert_ptr_null(strstr(buf_str(&shown), "sk-"));
	buf_free(&shown);
	session_endpoint_close(&e);
	key_sources_free(&sources);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {a_refused_key_is_fetched_again_at_most_once_a_minute,
		a_file_is_looked_at_every_second_while_its_key_is_refused,
		a_command_gives_a_key_or_says_why_not,
		a_command_beside_the_loop_is_killed_with_all_it_started, a_file_is_read_again,
		requests_have_the_new_key_where_they_had_the_old_one, NULL};

	return unit_run("key_refresh", tests);
}
