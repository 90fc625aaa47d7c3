/* Which endpoint the next request takes, and how endpoints are named. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "plan/endpoint_spec.h"
#include "core/binding.h"
#include "core/route.h"
#include "unit.h"

static struct routes routes;
static struct lanes *all_lanes[4];
static struct lane *lanes[4]; /* the first of each */
static struct traffic traffic[4];
static const struct destination anywhere = {.routes = ROUTES_ALL};
static const struct endpoint somewhere = {.base_url = (char *)"http://127.0.0.1:1"};
static int64_t now_us;

/* Routes "a", "b", … with these weights and so many attempts at once. */
static void set_up(int n, const double *weight, int concurrency)
{
	const struct lane_config config = {.mode = PACE_FIXED, .concurrency = concurrency};

	memset(&routes, 0, sizeof(routes));
	memset(traffic, 0, sizeof(traffic));
	now_us = 1000 * US_PER_S;
	for (int i = 0; i < n; i++) {
		const char name[2] = {(char)('a' + i), '\0'};

		all_lanes[i] = lanes_new(&config, NULL, 0, now_us);
		lanes[i] = lanes_at(all_lanes[i], 0);
		ck_assert(routes_add(&routes,
			&(struct route_config){
				.name = name, .lanes = all_lanes[i], .weight = weight[i]}));
		routes.at[i].endpoint = &somewhere;
	}
}

static void tear_down(void)
{
	routes_free(&routes);
	for (int i = 0; i < routes.n; i++)
		lanes_free(all_lanes[i]);
}

static struct lane_ticket send(int route)
{
	struct lane_ticket ticket;

	lane_sent(lanes[route], now_us, 10, &ticket);
	traffic_started(&traffic[route]);
	return ticket;
}

static void answer(int route, const struct lane_ticket *ticket, enum outcome outcome, int status)
{
	const struct lane_answer a = {.outcome = outcome,
		.status = status,
		.wait_us = -1,
		.tokens = -1,
		.latency_us = 1000};

	lane_answered(lanes[route], now_us, ticket, &a);
	traffic_answered(&traffic[route], now_us, outcome);
}

/* Rejected keys set the lane aside. */
static void park(int route)
{
	for (int i = 0; i < 3; i++) {
		struct lane_ticket ticket = send(route);

		answer(route, &ticket, OUTCOME_AUTH, 401);
	}
	ck_assert(lane_breaker_is_open(lanes[route]));
}

static int pick(int avoid)
{
	return routes_pick(&routes, &anywhere, now_us, 10, avoid).route;
}

START_TEST(work_is_shared_by_weight)
{
	const double weight[] = {3, 1, 0};
	int got[3] = {0};

	set_up(3, weight, 1000);
	for (int i = 0; i < 400; i++) {
		int route = pick(ROUTE_NONE);

		send(route);
		got[route]++;
	}
	ck_assert_int_eq(got[0], 300);
	ck_assert_int_eq(got[1], 100);
	ck_assert_int_eq(got[2], 0);
	tear_down();
}
END_TEST

START_TEST(work_goes_where_there_is_room)
{
	const double weight[] = {3, 1};
	struct lane_ticket first = {0};

	set_up(2, weight, 2);
	for (int i = 0; i < 4; i++) {
		int route = pick(ROUTE_NONE);

		ck_assert_int_ne(route, ROUTE_NONE);
		first = send(route);
	}
	ck_assert_int_eq(pick(ROUTE_NONE), ROUTE_NONE);
	ck_assert_int_eq(
		routes_pick(&routes, &anywhere, now_us, 10, ROUTE_NONE).bound, BOUND_CONCURRENCY);
	answer(1, &first, OUTCOME_OK, 200);
	ck_assert_int_eq(pick(ROUTE_NONE), 1);
	tear_down();
}
END_TEST

START_TEST(a_fallback_takes_what_one_set_aside_cannot)
{
	const double weight[] = {1, 0};

	set_up(2, weight, 100);
	routes_link(&routes, 0, "b");
	ck_assert_int_eq(pick(ROUTE_NONE), 0);
	park(0);
	ck_assert(!routes_breakers_open(&routes, &anywhere, now_us));
	ck_assert_int_eq(pick(ROUTE_NONE), 1);
	park(1);
	ck_assert(routes_breakers_open(&routes, &anywhere, now_us));
	tear_down();
}
END_TEST

START_TEST(fallbacks_make_a_chain)
{
	const double weight[] = {1, 0, 0};

	set_up(3, weight, 100);
	routes_link(&routes, 0, "b");
	routes_link(&routes, 1, "c");
	park(0);
	ck_assert_int_eq(pick(ROUTE_NONE), 1);
	park(1);
	ck_assert_int_eq(pick(ROUTE_NONE), 2);
	ck_assert_int_eq(pick(0), 2);
	ck_assert(!routes_breakers_open(&routes, &anywhere, now_us));
	park(2);
	ck_assert(routes_breakers_open(&routes, &anywhere, now_us));
	tear_down();
}
END_TEST

START_TEST(fallbacks_may_make_a_ring)
{
	const double weight[] = {1, 1};

	set_up(2, weight, 100);
	routes_link(&routes, 0, "b");
	routes_link(&routes, 1, "a");
	ck_assert_int_eq(pick(0), 1);
	ck_assert_int_eq(pick(1), 0);
	park(0);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pick(ROUTE_NONE), 1);
	ck_assert_int_eq(pick(1), 1);
	park(1);
	ck_assert_int_eq(pick(ROUTE_NONE), ROUTE_NONE);
	ck_assert(routes_breakers_open(&routes, &anywhere, now_us));
	tear_down();
}
END_TEST

START_TEST(a_hold_leaves_work_to_the_fallback)
{
	const double weight[] = {1, 0};
	const struct lane_answer wait = {.outcome = OUTCOME_RATE_LIMITED,
		.status = 429,
		.wait_us = 3 * US_PER_S,
		.wait_source = "Retry-After",
		.tokens = -1,
		.latency_us = 1000};
	struct lane_ticket ticket;
	struct route_choice wait_for;

	set_up(2, weight, 1);
	routes_link(&routes, 0, "b");
	ticket = send(0);
	lane_answered(lanes[0], now_us, &ticket, &wait);
	ck_assert_int_eq(pick(ROUTE_NONE), 1);
	send(1);
	wait_for = routes_pick(&routes, &anywhere, now_us, 10, ROUTE_NONE);
	ck_assert_int_eq(wait_for.route, ROUTE_NONE);
	ck_assert_int_eq(wait_for.at_us, now_us + 3 * US_PER_S);
	ck_assert_int_eq(wait_for.bound, BOUND_CONCURRENCY);
	now_us += 4 * US_PER_S;
	ck_assert_int_eq(pick(ROUTE_NONE), 0);
	tear_down();
}
END_TEST

START_TEST(who_is_due_nothing_is_no_way_out)
{
	const double weight[] = {1, 0};

	set_up(2, weight, 100);
	park(0);
	ck_assert(routes_breakers_open(&routes, &anywhere, now_us));
	tear_down();
}
END_TEST

START_TEST(what_failed_at_one_goes_to_its_fallback)
{
	const double weight[] = {5, 1, 1};

	set_up(3, weight, 1);
	routes_link(&routes, 0, "c");
	ck_assert_int_eq(pick(0), 2);
	send(2);
	/* No room there: another one, but not the one it failed at. */
	ck_assert_int_eq(pick(0), 1);
	send(1);
	ck_assert_int_eq(pick(0), ROUTE_NONE);
	/* The fallback refuses everything: then anyone will do. */
	routes.at[2].paused = true;
	ck_assert_int_eq(pick(0), 0);
	tear_down();
}
END_TEST

START_TEST(a_paused_route_gets_nothing)
{
	const double weight[] = {1, 1};

	set_up(2, weight, 100);
	routes.at[0].paused = true;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pick(ROUTE_NONE), 1);
	routes.at[1].paused = true;
	ck_assert_int_eq(pick(ROUTE_NONE), ROUTE_NONE);
	ck_assert_int_eq(
		routes_pick(&routes, &anywhere, now_us, 10, ROUTE_NONE).bound, BOUND_PAUSE);
	tear_down();
}
END_TEST

/* The set that a line of this endpoint or model is bound to; 0: none, err says why. */
static uint32_t set_of(const char *members, struct error *err)
{
	char text[300];
	struct request_line line;
	uint32_t set;

	snprintf(text, sizeof(text), "{\"url\":\"/v1/embeddings\",%s}", members);
	ck_assert_msg(request_parse(text, strlen(text), FORMAT_AUTO, &line, err), "%s", err->text);
	return routes_for(&routes, &line, &set, err) ? set : 0;
}

#define MODEL(name) "\"body\":{\"model\":\"" name "\"}"

START_TEST(a_line_is_bound_by_its_endpoint_or_model)
{
	static const struct {
		const char *members;
		uint32_t set;
		const char *says;
	} cases[] = {{"\"endpoint\":\"b\"," MODEL("m"), 2, NULL},
		{"\"endpoint\":\"d\"," MODEL("m"), 8, NULL},
		{"\"endpoint\":\"\\u0062\"," MODEL("m"), 2, NULL},
		{"\"endpoint\":null," MODEL("m"), 3, NULL},
		{"\"endpoint\":\"e\"," MODEL("m"), 0,
			"unknown endpoint \"e\"; the endpoints are a, b, c, d"},
		{"\"endpoint\":\"b\\u0000\"," MODEL("m"), 0, "unknown endpoint"},
		{"\"endpoint\":\"\"," MODEL("m"), 0, "unknown endpoint \"\""},
		{"\"endpoint\":5," MODEL("m"), 0, "must be a string"}, {MODEL("m"), 3, NULL},
		{MODEL("x/y"), 2, NULL}, {MODEL("x\\/y"), 2, NULL}, {MODEL("m,x/y"), 12, NULL},
		{MODEL(""), 12, NULL}, {MODEL("other"), 12, NULL}, {"\"body\":{}", 12, NULL}};
	const double weight[] = {1, 1, 1, 0};
	struct error err = {""};

	set_up(4, weight, 10);
	ck_assert_uint_eq(set_of(MODEL("m"), &err), ROUTES_ALL);
	routes.by_model = true;
	routes.at[0].models = "m";
	routes.at[1].models = "x/y,m";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_msg(set_of(cases[i].members, &err) == cases[i].set, "case %zu: %s", i,
			err.text);
		ck_assert_msg(!cases[i].says || strstr(err.text, cases[i].says), "case %zu: %s", i,
			err.text);
	}
	/* a spare one is there for what others refuse */
	routes.at[2].models = "n";
	ck_assert_uint_eq(set_of(MODEL("other"), &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "no endpoint serves the model \"other\""));
	ck_assert_uint_eq(set_of("\"body\":{}", &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "without a model"));
	tear_down();
}
END_TEST

/* What a server lists may be old, or not whole: a line is never refused because of it. */
START_TEST(a_list_that_was_told_only_prefers)
{
	static const struct {
		const char *model;
		uint32_t set;
	} cases[] = {{MODEL("m"), 1}, {MODEL("n"), 2}, {MODEL("n:free"), 2}, {MODEL("other"), 12},
		{"\"body\":{}", 12}};
	const double weight[] = {1, 1, 1, 0};
	struct error err = {""};

	set_up(4, weight, 10);
	routes.by_model = true;
	routes.at[0].models = "m";
	routes.at[1].models = "n,o";
	routes.at[1].told = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(set_of(cases[i].model, &err) == cases[i].set, "case %zu", i);
	/* nobody is without a list */
	routes.at[2].models = routes.at[3].models = "p";
	routes.at[2].told = routes.at[3].told = true;
	ck_assert_uint_eq(set_of(MODEL("other"), &err), 14);
	/* what was asked lately is known, until others were */
	routes.bound = calloc(1, sizeof(*routes.bound));
	for (int i = 0; i < 30; i++) {
		char model[40];

		snprintf(model, sizeof(model), "\"body\":{\"model\":\"x%d\"}", i % 12);
		ck_assert_uint_eq(set_of(model, &err), 14);
		ck_assert_uint_eq(set_of(MODEL("n"), &err), 2);
		ck_assert_uint_eq(set_of(MODEL("m"), &err), 1);
		ck_assert_uint_eq(set_of(MODEL("n\\u0000"), &err), 14);
		ck_assert_uint_eq(set_of("\"body\":{}", &err), 14);
	}
	tear_down();
}
END_TEST

static const struct destination *to(uint32_t set)
{
	static struct destination to;

	to = (struct destination){.routes = set};
	return &to;
}

/* Where a request of the set may go now, so many times. */
static void count_picks(uint32_t set, int n, int got[4])
{
	memset(got, 0, 4 * sizeof(*got));
	for (int i = 0; i < n; i++) {
		int route = routes_pick(&routes, to(set), now_us, 10, ROUTE_NONE).route;

		ck_assert_int_ne(route, ROUTE_NONE);
		send(route);
		got[route]++;
	}
}

START_TEST(what_is_bound_goes_nowhere_else)
{
	const double weight[] = {3, 1, 2, 0};
	int got[4];

	set_up(4, weight, 1000);
	routes_link(&routes, 1, "d");
	ck_assert_uint_eq(routes_reach(&routes, 1), 1);
	ck_assert_uint_eq(routes_reach(&routes, 2), 10);
	count_picks(3, 40, got);
	ck_assert(got[0] == 30 && got[1] == 10 && !got[2] && !got[3]);
	count_picks(2, 40, got);
	ck_assert_int_eq(got[1], 40);
	/* a name is enough for one without a weight */
	count_picks(8, 10, got);
	ck_assert_int_eq(got[3], 10);
	park(1);
	count_picks(2, 10, got);
	ck_assert_int_eq(got[3], 10);
	ck_assert(!routes_breakers_open(&routes, to(2), now_us));
	park(0);
	ck_assert(routes_breakers_open(&routes, to(1), now_us));
	ck_assert(!routes_any_free(&routes, to(1), now_us));
	ck_assert(!routes_breakers_open(&routes, &anywhere, now_us));
	ck_assert_int_eq(routes_pick(&routes, to(1), now_us, 10, ROUTE_NONE).route, ROUTE_NONE);
	tear_down();
}
END_TEST

START_TEST(rates_are_of_the_last_seconds)
{
	const double weight[] = {1};
	double answers, refused;

	set_up(1, weight, 100);
	for (int i = 0; i < 600; i++) {
		struct lane_ticket ticket = send(0);

		now_us += US_PER_S / 20;
		answer(0, &ticket, i % 4 ? OUTCOME_OK : OUTCOME_RATE_LIMITED, 200);
	}
	traffic_rates(&traffic[0], now_us, 30 * US_PER_S, &answers, &refused);
	ck_assert_double_eq_tol(answers, 20, 0.5);
	ck_assert_double_eq_tol(refused, 150, 0.5);
	traffic_rates(&traffic[0], now_us + 40 * US_PER_S, 70 * US_PER_S, &answers, &refused);
	ck_assert_double_lt(answers, 0.01);
	ck_assert_double_eq_tol(refused, 100, 6);
	traffic_rates(&traffic[0], now_us + 100 * US_PER_S, 130 * US_PER_S, &answers, &refused);
	ck_assert_double_lt(refused, 0.01);
	tear_down();
}
END_TEST

START_TEST(a_young_run_is_not_measured_by_seconds_it_did_not_have)
{
	const double weight[] = {1};
	double answers, refused;

	set_up(1, weight, 100);
	for (int i = 0; i < 3; i++) {
		struct lane_ticket ticket = send(0);

		now_us += US_PER_S;
		answer(0, &ticket, OUTCOME_RATE_LIMITED, 200);
	}
	traffic_rates(&traffic[0], now_us, 3 * US_PER_S, &answers, &refused);
	ck_assert_double_eq_tol(answers, 1, 1e-9);
	ck_assert_double_eq_tol(refused, 3, 1e-9);
	tear_down();
}
END_TEST

START_TEST(an_endpoint_is_read_from_its_option)
{
	struct endpoint_spec spec;
	struct error err = {""};

	ck_assert_msg(
		endpoint_spec_parse("east=https://e.example.com/v1,key-env=EAST_KEY,weight=2.5,"
				    "models=a,b/"
				    "c:1,rpm=90k,concurrency=12,fallback=west,provider=azure,api-"
				    "version=preview",
			&spec, &err),
		"%s", err.text);
	ck_assert_str_eq(spec.name, "east");
	ck_assert_str_eq(spec.url, "https://e.example.com/v1");
	ck_assert_str_eq(spec.key_env, "EAST_KEY");
	ck_assert_str_eq(spec.fallback, "west");
	ck_assert_str_eq(spec.models, "a,b/c:1");
	ck_assert_str_eq(spec.provider, "azure");
	ck_assert_str_eq(spec.api_version, "preview");
	ck_assert_double_eq(spec.weight, 2.5);
	ck_assert_double_eq(spec.rpm, 90000);
	ck_assert_int_eq(spec.concurrency, 12);
	ck_assert(endpoint_spec_set(&spec, "rpm.gpt-4.1", "60", &err));
	/* a file's line is cut at its colon */
	ck_assert(endpoint_spec_set(&spec, "rpm.llama3", "8b = 1.5k", &err));
	ck_assert(endpoint_spec_set(&spec, "rpm.gpt-4.1", "90", &err));
	ck_assert(!endpoint_spec_set(&spec, "rpm.", "90", &err));
	ck_assert(!endpoint_spec_set(&spec, "rpm.m", "0", &err));
	ck_assert_uint_eq(spec.n_model_rpm, 2);
	ck_assert_str_eq(spec.model_rpm[0].model, "gpt-4.1");
	ck_assert(spec.model_rpm[0].rpm == 90);
	ck_assert_str_eq(spec.model_rpm[1].model, "llama3:8b");
	ck_assert(spec.model_rpm[1].rpm == 1500);
	ck_assert(endpoint_spec_set(&spec, "models", " x , y z", &err));
	ck_assert_str_eq(spec.models, "x,y z");
	endpoint_spec_free(&spec);
}
END_TEST

START_TEST(a_key_command_may_have_commas)
{
	struct endpoint_spec spec;
	struct error err = {""};

	ck_assert_msg(endpoint_spec_parse(
			      "a=https://e,key-command=cut -d, -f2 k,A=1 sh,weight=3", &spec, &err),
		"%s", err.text);
	ck_assert_str_eq(spec.key_command, "cut -d, -f2 k,A=1 sh");
	ck_assert_double_eq(spec.weight, 3);
	endpoint_spec_free(&spec);
}
END_TEST

START_TEST(a_copy_owns_all_of_its_texts)
{
	struct endpoint_spec spec, copy;
	struct error err = {""};

	ck_assert_msg(endpoint_spec_parse("a=https://e,key-env=K,key-file=f,fallback=b,"
					  "provider=azure,api-version=2024-10-21,models=m,n,rpm=5",
			      &spec, &err),
		"%s", err.text);
	endpoint_spec_copy(&spec, &copy);
	endpoint_spec_free(&spec);
	ck_assert_str_eq(copy.url, "https://e");
	ck_assert_str_eq(copy.key_env, "K");
	ck_assert_str_eq(copy.key_file, "f");
	ck_assert_str_eq(copy.fallback, "b");
	ck_assert_str_eq(copy.provider, "azure");
	ck_assert_str_eq(copy.api_version, "2024-10-21");
	ck_assert_str_eq(copy.models, "m,n");
	ck_assert_double_eq(copy.rpm, 5);
	ck_assert_ptr_null(copy.origin);
	endpoint_spec_free(&copy);
}
END_TEST

START_TEST(a_wrong_endpoint_says_what_is_wrong)
{
	static const struct {
		const char *text, *says;
	} cases[] = {{"https://e.example.com", "NAME=URL"}, {"=https://e", "NAME=URL"},
		{"a b=https://e", "NAME=URL"}, {"a=ftp://e", "endpoint a:"},
		{"a=https://e,weight=-1", "weight"}, {"a=https://e,weight=x", "weight"},
		{"a=https://e,key=sk-1", "unknown member \"key\""},
		{"a=https://e,key-env=sk-1", "never the key itself"},
		{"a=https://e,rpm", "NAME=VALUE"}, {"a=https://e,concurrency=0", "concurrency"},
		{"a=https://e,provider=nobody", "provider"},
		{"a=https://e,api-version=x y", "api-version"}, {"a=https://e,fallback=", "empty"},
		{"a=https://e,models=", "models takes model names"},
		{"a=https://e,models=a,,b", "models takes model names"},
		{"a=https://e,models=a,rpm=5,b", "NAME=VALUE"},
		{"a=https://e,models=a,b=c", "unknown member \"b\""}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint_spec spec;
		struct error err = {""};

		ck_assert_msg(
			!endpoint_spec_parse(cases[i].text, &spec, &err), "%s", cases[i].text);
		ck_assert_msg(
			strstr(err.text, cases[i].says) != NULL, "%s: %s", cases[i].text, err.text);
		endpoint_spec_free(&spec);
	}
}
END_TEST

START_TEST(endpoints_must_fit_together)
{
	static const struct {
		const char *text[2], *says;
	} cases[] = {{{"a=https://e", "a=https://f"}, "twice"},
		{{"a=https://e,fallback=c", "b=https://f"}, "\"c\""},
		{{"a=https://e,fallback=a", "b=https://f"}, "own fallback"},
		{{"a=https://e,weight=0", "b=https://f,weight=0"}, "weight"},
		{{"a=https://e,key-env=K,key-file=f", "b=https://f"}, "one of key-env"},
		{{"a=https://e,fallback=b", "b=https://f,weight=0,fallback=a"}, NULL},
		{{"a=https://e,provider=auto", "b=https://f"}, NULL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct endpoint_spec spec[2];
		struct error err = {""};
		bool good;

		for (int k = 0; k < 2; k++)
			ck_assert(endpoint_spec_parse(cases[i].text[k], &spec[k], &err));
		good = endpoint_specs_check(spec, 2, &err);
		ck_assert_msg(good == !cases[i].says, "case %zu: %s", i, err.text);
		ck_assert_msg(good || strstr(err.text, cases[i].says), "case %zu: %s", i, err.text);
		for (int k = 0; k < 2; k++)
			endpoint_spec_free(&spec[k]);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {work_is_shared_by_weight, work_goes_where_there_is_room,
		a_fallback_takes_what_one_set_aside_cannot, fallbacks_make_a_chain,
		fallbacks_may_make_a_ring, a_hold_leaves_work_to_the_fallback,
		who_is_due_nothing_is_no_way_out, what_failed_at_one_goes_to_its_fallback,
		a_paused_route_gets_nothing, a_line_is_bound_by_its_endpoint_or_model,
		a_list_that_was_told_only_prefers, what_is_bound_goes_nowhere_else,
		rates_are_of_the_last_seconds,
		a_young_run_is_not_measured_by_seconds_it_did_not_have,
		an_endpoint_is_read_from_its_option, a_key_command_may_have_commas,
		a_copy_owns_all_of_its_texts, a_wrong_endpoint_says_what_is_wrong,
		endpoints_must_fit_together, NULL};

	return unit_run("route", tests);
}
