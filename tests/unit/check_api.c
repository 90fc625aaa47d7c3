/* The control API: requests to routes, answers as JSON, cursors, streams. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "control/api.h"
#include "control/control.h"
#include "fake_port.h"
#include "rig.h"
#include "unit.h"

static struct fake_port fake;
static struct api api;
static struct api_request request;
static struct api_answer answer;

static void scene(const char *name)
{
	ck_assert(fake_port_scene(&fake, name));
	api = (struct api){.port = fake_port_port(&fake), .session = 0xabc};
}

static void set_up(void)
{
	scene("running");
	api_answer_init(&answer);
}

static void tear_down(void)
{
	api_answer_free(&answer);
}

/* Asks "GET /path?name=value&…", with the body of a POST. */
static int ask(const char *method, const char *target, const char *body)
{
	static char path[600];
	char *query;

	api_answer_free(&answer);
	api_answer_init(&answer);
	snprintf(path, sizeof(path), "%s", target);
	query = strchr(path, '?');
	if (query)
		*query++ = '\0';
	request = (struct api_request){.method = method,
		.path = path,
		.body = body,
		.body_len = strlen(body),
		.accept = request.accept,
		.by = "test[1]"};
	for (char *p = query ? strtok(query, "&") : NULL; p; p = strtok(NULL, "&")) {
		size_t len = strcspn(p, "=");

		api_add_parameter(&request, p, len, p + len + (p[len] == '='),
			strlen(p + len + (p[len] == '=')));
	}
	api_respond(&api, &request, &answer);
	return answer.status;
}

static int get(const char *target)
{
	return ask("GET", target, "");
}

static bool says(const char *text)
{
	return strstr(buf_str(&answer.body), text) != NULL;
}

static void is_json(void)
{
	ck_assert_msg(json_whole(buf_str(&answer.body), answer.body.len).at != NULL, "%s",
		buf_str(&answer.body));
}

START_TEST(every_read_is_json_in_every_scene)
{
	static const char *const scenes[] = {"running", "paused", "draining", "done", "empty",
		"hostile", "large", "endpoints", "pipeline", "models"};
	static const char *const targets[] = {"/v1/snapshot", "/v1/items", "/v1/items?active=1",
		"/v1/items?filter=state:failed&sort=attempts&descending=1&limit=3", "/v1/items/7",
		"/v1/items/7?content=1", "/v1/errors", "/v1/events", "/v1/commands", "/healthz"};

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		if (!fake_port_scene(&fake, scenes[i]))
			continue;
		for (size_t k = 0; k < sizeof(targets) / sizeof(targets[0]); k++) {
			int status = get(targets[k]);

			ck_assert_msg(status == 200 || (status == 404 && k > 3), "%s %s: %d %s",
				scenes[i], targets[k], status, buf_str(&answer.body));
			is_json();
			for (size_t n = 0; n < answer.body.len; n++)
				ck_assert_msg((unsigned char)answer.body.data[n] >= ' ', "%s %s",
					scenes[i], targets[k]);
		}
	}
}
END_TEST

START_TEST(errors_name_the_kind_and_what_to_do)
{
	static const struct {
		const char *method, *target, *body;
		int status;
		const char *says[2];
	} cases[] = {
		{"GET", "/", "", 404, {"not_found", "/v1/snapshot"}},
		{"GET", "/v1/items/7/8", "", 404, {"not_found", "unknown path /v1/items/7/8"}},
		{"GET", "/v1/items/", "", 404, {"not_found", ""}},
		{"DELETE", "/v1/items", "", 405, {"method_not_allowed", "DELETE"}},
		{"PUT", "/v1/commands", "{}", 405, {"method_not_allowed", "GET, POST"}},
		{"GET", "/v1/snapshot?x=1", "", 400, {"bad_request", "no parameter \\\"x\\\""}},
		{"GET", "/v1/items?limit=1&limit=2", "", 400, {"bad_request", "twice"}},
		{"GET", "/v1/items?limit=201", "", 400, {"limit", "from 1 to 200"}},
		{"GET", "/v1/items?limit=-1", "", 400, {"limit", "from 1 to 200"}},
		{"GET", "/v1/items?offset=99999999999999999999", "", 400, {"offset", ""}},
		{"GET", "/v1/items?sort=size", "", 400, {"sort", "line, state, outcome"}},
		{"GET", "/v1/items?descending=yes", "", 400, {"must be 0 or 1", ""}},
		{"GET", "/v1/items?active=1&filter=ok", "", 400, {"no filter", ""}},
		{"GET", "/v1/items/item-7", "", 400, {"filter=id:item-7", ""}},
		{"GET", "/v1/items/99999999", "", 404, {"not_found", "line 99999999"}},
		{"GET", "/v1/events?since=zz", "", 400, {"not a cursor", "next"}},
		{"GET", "/v1/events?since=abc-", "", 400, {"not a cursor", ""}},
		{"GET", "/v1/events?wait=61", "", 400, {"from 0 to 60", ""}},
		{"POST", "/v1/commands", "", 400, {"not a JSON object", "set rpm 300"}},
		{"POST", "/v1/commands", "[]", 400, {"not a JSON object", ""}},
		{"POST", "/v1/commands", "{\"command\":7}", 400, {"not a string", ""}},
		{"POST", "/v1/commands", "{\"cmd\":\"pause\"}", 400,
			{"unknown member \\\"cmd\\\"", ""}},
		{"POST", "/v1/commands", "{\"command\":\"a\\u0000b\"}", 400, {"not text", ""}},
		{"POST", "/v1/commands", "{\"command\":\"pause\",\"dry_run\":1}", 400,
			{"dry_run", "must be true or false"}},
		{"POST", "/v1/commands?force=1", "{\"command\":\"pause\"}", 400, {"force", ""}},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int status = ask(cases[i].method, cases[i].target, cases[i].body);

		ck_assert_msg(status == cases[i].status && says(cases[i].says[0]) &&
				      says(cases[i].says[1]) && says("{\"error\":{\"kind\":"),
			"%s %s: %d %s", cases[i].method, cases[i].target, status,
			buf_str(&answer.body));
		is_json();
	}
	ck_assert_int_eq(fake.commands, 0);
}
END_TEST

START_TEST(a_command_is_answered_in_one_form)
{
	ck_assert_int_eq(ask("POST", "/v1/commands", "{\"command\":\"pause\"}"), 200);
	is_json();
	ck_assert_str_eq(fake.last_command, "pause");
	ck_assert(says(
		"{\"ok\":true,\"text\":\"pause: done\",\"command\":\"pause\",\"by\":\"test[1]\","
		"\"state\":\"PAUSED\""));
	ck_assert(says("\"in_force\":{\"concurrency\":"));
	ck_assert_int_eq(ask("POST", "/v1/commands", "{\"command\":\"bad \\u001b[2J\"}"), 409);
	is_json();
	ck_assert(says("{\"ok\":false"));
}
END_TEST

START_TEST(cursors_have_no_gaps)
{
	uint64_t last = fake.snap.last_event;
	char since[64], next[64];

	ck_assert_uint_gt(last, 3);
	get("/v1/events?since=abc-0&limit=2");
	ck_assert(says("\"seq\":1,") && says("\"seq\":2,") && !says("\"seq\":3,"));
	ck_assert(says("\"next\":\"abc-2\",\"missed\":0,\"reset\":false"));
	snprintf(since, sizeof(since), "/v1/events?since=abc-%" PRIx64, last - 1);
	snprintf(next, sizeof(next), "\"next\":\"abc-%" PRIx64 "\"", last);
	get(since);
	ck_assert(says(next));
	/* nothing new: the same cursor again */
	snprintf(since, sizeof(since), "/v1/events?since=abc-%" PRIx64, last);
	get(since);
	ck_assert(says("\"events\":[]") && says(next));
	/* an earlier session's, and one from the future */
	get("/v1/events?since=abd-5&limit=1");
	ck_assert(says("\"seq\":1,") && says("\"reset\":true"));
	get("/v1/events?since=abc-ffff&limit=1");
	ck_assert(says("\"seq\":1,") && says("\"reset\":true"));
}
END_TEST

START_TEST(who_waits_is_answered_with_the_next_event)
{
	char since[64];

	snprintf(since, sizeof(since), "/v1/events?since=abc-%" PRIx64 "&wait=30",
		fake.snap.last_event);
	get(since);
	ck_assert_int_eq(answer.wait, API_EVENTS);
	ck_assert_int_eq(answer.wait_us, 30 * US_PER_S);
	ck_assert(!api_has_events(&api, &answer));
	fake.event[fake.snap.last_event] = (struct event){.seq = fake.snap.last_event + 1};
	fake.snap.last_event++;
	ck_assert(api_has_events(&api, &answer));
	api_events(&api, &answer);
	is_json();
	get("/v1/events?since=abc-0&wait=30");
	ck_assert_int_eq(answer.wait, API_DONE);
}
END_TEST

START_TEST(a_stream_has_one_line_a_field)
{
	struct buf out;

	scene("hostile");
	for (int level = EVENT_INFO; level <= EVENT_NOTE; level++)
		fake.event[level].level = (enum event_level)level;
	request.accept = "text/event-stream";
	get("/v1/events?since=abc-0");
	ck_assert_int_eq(answer.wait, API_STREAM);
	ck_assert_str_eq(answer.type, api_type_events);
	buf_init(&out, 1 << 20);
	api_stream(&api, &answer, &out);
	ck_assert_uint_eq(answer.cursor, fake.snap.last_event);
	api_stream_end(&api, &out);
	ck_assert(strstr(buf_str(&out), "id: abc-1\nevent: log\ndata: {\"seq\":1,"));
	ck_assert(strstr(buf_str(&out), "event: end\ndata: {\"state\":"));
	ck_assert(strstr(buf_str(&out), "\"level\":\"debug\""));
	for (char *line = strtok(out.data, "\n"); line; line = strtok(NULL, "\n"))
		ck_assert_msg(!strncmp(line, "id: ", 4) || !strncmp(line, "event: ", 7) ||
				      !strncmp(line, "data: {", 7),
			"%s", line);
	buf_free(&out);
	request.accept = NULL;
}
END_TEST

/* ---- on an engine ---- */

static struct rig rig;

/* The number behind "name": in the answer; -1: none. */
static long long number_of(const char *name)
{
	const char *at = strstr(buf_str(&answer.body), name);

	return at ? atoll(at + strlen(name)) : -1;
}

static void post(const char *command, bool dry_run)
{
	char body[400];

	snprintf(body, sizeof(body), "{\"command\":\"%s\",\"dry_run\":%s}", command,
		dry_run ? "true" : "false");
	ask("POST", "/v1/commands", body);
}

START_TEST(a_dry_run_counts_and_changes_nothing)
{
	rig_open(&rig, RIG(.concurrency = 2));
	rig_feed_many(&rig, "item-", 40);
	rig_feed_end(&rig);
	rig_turn(&rig);
	api.port = control_far_port(rig.control);
	post("hold where state:queued", true);
	ck_assert_int_eq(answer.status, 200);
	ck_assert_int_eq(number_of("\"items\":"), 38);
	ck_assert(says("38 items would be held"));
	post("cancel #3", true);
	ck_assert_int_eq(number_of("\"items\":"), 1);
	post("pause", true);
	ck_assert_int_eq(answer.status, 409);
	get("/v1/items?filter=state:held");
	ck_assert_int_eq(number_of("\"total\":"), 0);
	post("hold where state:queued", false);
	ck_assert_int_eq(number_of("\"items\":"), 38);
	get("/v1/items?filter=state:held&limit=1");
	ck_assert_int_eq(number_of("\"total\":"), 38);
	/* the log says who it was */
	get("/v1/events");
	ck_assert(says("test[1]: 38 items held"));
	rig_close(&rig);
}
END_TEST

START_TEST(a_job_is_answered_when_it_is_done)
{
	enum { ITEMS = 120000 };
	struct snapshot snap;
	int turns = 0;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "item-", ITEMS);
	rig_feed_end(&rig);
	api.port = control_far_port(rig.control);
	post("raise where state:queued", false);
	ck_assert_int_eq(answer.wait, API_JOB);
	while (!api_job(&api, &answer) && turns++ < ITEMS)
		rig_turn(&rig);
	ck_assert_int_gt(turns, 0);
	is_json();
	port_snapshot(&rig.port, &snap);
	ck_assert_int_ge(number_of("\"items\":"), snap.items.queued);
	ck_assert_uint_ge(snap.items.queued, ITEMS - 2);
	rig_close(&rig);
}
END_TEST

/* A file of many items is written in steps of a few milliseconds, for a client in another folder.
 */
START_TEST(a_long_write_is_answered_when_the_file_is_there)
{
	enum { ITEMS = 3000 };
	char body[RIG_FOLDER + 80], path[RIG_FOLDER + 32];
	int turns = 0;

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "item-", ITEMS);
	rig_feed_end(&rig);
	api.port = control_far_port(rig.control);
	snprintf(body, sizeof(body), "{\"command\":\"write all.csv\",\"folder\":\"%s\"}",
		rig.folder);
	snprintf(path, sizeof(path), "%s/all.csv", rig.folder);
	ask("POST", "/v1/commands", body);
	ck_assert_int_eq(answer.wait, API_JOB);
	while (!api_job(&api, &answer) && turns++ < ITEMS)
		rig_turn(&rig);
	ck_assert_int_gt(turns, 0);
	is_json();
	ck_assert_int_eq(number_of("\"items\":"), ITEMS);
	ck_assert(says("3000 items written to "));
	ck_assert_int_eq(access(path, F_OK), 0);
	/* it is not written over */
	ask("POST", "/v1/commands", body);
	ck_assert_int_eq(answer.status, 409);
	ask("POST", "/v1/commands", "{\"command\":\"write a.csv\",\"folder\":\"here\"}");
	ck_assert_int_eq(answer.status, 400);
	rig_close(&rig);
}
END_TEST

START_TEST(clients_take_no_list_away)
{
	struct item_query mine = {.filter = "id:item-1"};
	struct rows_info info;
	struct item_row row[4];

	rig_open(&rig, RIG(.concurrency = 1));
	rig_feed_many(&rig, "item-", 40);
	rig_feed_end(&rig);
	api.port = control_far_port(rig.control);
	ck_assert_uint_eq(port_rows(&rig.port, &mine, 0, row, 4, &info), 4);
	for (int i = 0; i < 4; i++) {
		char target[80];

		snprintf(target, sizeof(target), "/v1/items?filter=id:item-%d", i + 2);
		ck_assert_int_eq(get(target), 200);
	}
	/* a fifth list has to wait until one is left alone */
	ck_assert_int_eq(get("/v1/items?filter=id:item-9"), 429);
	ck_assert(says("\"busy\""));
	ck_assert_int_eq(get("/v1/items?filter=id:item-2"), 200);
	rig.now_us += 3 * US_PER_S;
	ck_assert_int_eq(get("/v1/items?filter=id:item-9"), 200);
	ck_assert_uint_eq(port_rows(&rig.port, &mine, 0, row, 4, &info), 4);
	ck_assert(info.complete);
	rig_close(&rig);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {every_read_is_json_in_every_scene,
		errors_name_the_kind_and_what_to_do, a_command_is_answered_in_one_form,
		cursors_have_no_gaps, who_waits_is_answered_with_the_next_event,
		a_stream_has_one_line_a_field, a_dry_run_counts_and_changes_nothing,
		a_job_is_answered_when_it_is_done, a_long_write_is_answered_when_the_file_is_there,
		clients_take_no_list_away, NULL};
	const struct unit_suite suite = {
		.name = "api", .tests = tests, .set_up = set_up, .tear_down = tear_down};

	return unit_run_suite(&suite);
}
