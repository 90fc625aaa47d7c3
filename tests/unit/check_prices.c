/* Prices by model, and what a run spends by them. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "core/model_costs.h"
#include "plan/prices.h"
#include "unit.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct prices prices_made(const char *const *texts, size_t n)
{
	struct prices p = {NULL, 0};
	struct error err;

	for (size_t i = 0; i < n; i++)
		ck_assert_msg(prices_add(&p, texts[i], &err), "%s", err.text);
	return p;
}

START_TEST(prices_are_read)
{
	static const struct {
		const char *text;
		bool good;
		struct price price;
	} cases[] = {
		{"3,15", true, {3, 15, 3, 3}},
		{"gpt-4o=2.5,10,1.25", true, {2.5, 10, 1.25, 2.5}},
		{"claude = 3 , 15 , 0.3 , 3.75", true, {3, 15, .3, 3.75}},
		{"*=0,0", true, {0, 0, 0, 0}},
		{"a=b=1,2", true, {1, 2, 1, 1}},
		{"", false, {0, 0, 0, 0}},
		{"1", false, {0, 0, 0, 0}},
		{"1,", false, {0, 0, 0, 0}},
		{"1,2,", false, {0, 0, 0, 0}},
		{"1,2,3,4,5", false, {0, 0, 0, 0}},
		{"1,two", false, {0, 0, 0, 0}},
		{"1,-2", false, {0, 0, 0, 0}},
		{"1,nan", false, {0, 0, 0, 0}},
		{"1,inf", false, {0, 0, 0, 0}},
		{"1,1e99", false, {0, 0, 0, 0}},
		{"=1,2", false, {0, 0, 0, 0}},
		{"gpt*=1,2", false, {0, 0, 0, 0}},
		{"gpt=", false, {0, 0, 0, 0}},
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct prices p = {NULL, 0};
		struct error err;

		ck_assert_msg(
			prices_add(&p, cases[i].text, &err) == cases[i].good, "%s", cases[i].text);
		ck_assert(!cases[i].good ||
			  !memcmp(&p.at[0].price, &cases[i].price, sizeof(struct price)));
		prices_free(&p);
	}
}
END_TEST

START_TEST(models_find_their_prices)
{
	static const char *const texts[] = {"gpt-4o=1,1", "gpt-4o-mini=2,2",
		"gpt-4o-2024-05-13=3,3", "claude-sonnet-4=4,4", "anthropic.claude-3-5-sonnet=5,5",
		"openai/o3=6,6", "gemini-2.0-flash=7,7", "GPT-4=8,8", "gpt-4=9,9"};
	static const struct {
		const char *model;
		double in; /* 0: none */
	} cases[] = {
		{"gpt-4o", 1},
		{"gpt-4o-2024-08-06", 1},
		{"gpt-4o-2024-05-13", 3},
		{"gpt-4o-mini", 2},
		{"gpt-4o-mini-2024-07-18", 2},
		{"gpt-4o-audio-preview", 0},
		{"gpt-4o-latest", 1},
		{"gpt-4o:free", 0},
		{"gpt-4o1", 0},
		{"openai/gpt-4o", 1},
		{"azure/eu/gpt-4o-2024-08-06", 1},
		{"claude-sonnet-4", 4},
		{"claude-sonnet-4-20250514", 4},
		{"claude-sonnet-4@20250514", 4},
		{"claude-sonnet-4-5", 0},
		{"claude-sonnet-4-5-20250929", 0},
		{"anthropic.claude-3-5-sonnet-20241022-v2:0", 5},
		{"anthropic.claude-3-5-sonnet-v", 0},
		{"openai/o3", 6},
		{"o3", 0},
		{"models/gemini-2.0-flash-001", 7},
		{"gemini-2.0-flash-lite", 0},
		{"gpt-4-0613", 9},
		{"Gpt-4", 9},
		{"gpt-4-32k", 0},
		{"ft:gpt-4o-mini-2024-07-18:org::id", 0},
		{"", 0},
		{"/", 0},
		{"-", 0},
	};
	struct prices p = prices_made(texts, N_OF(texts));

	for (size_t i = 0; i < N_OF(cases); i++) {
		const struct price *found = prices_of(&p, cases[i].model);

		ck_assert_msg((found ? found->in : 0) == cases[i].in, "%s", cases[i].model);
	}
	ck_assert_ptr_null(prices_rest(&p));
	prices_free(&p);
}
END_TEST

START_TEST(parts_of_the_input_have_their_prices)
{
	const struct price price = {2, 10, .5, 4};

	ck_assert_double_eq_tol(
		price_usd(&price, &(struct priced_tokens){1e6, 1e5, 4e5, 1e5}), 2.6, 1e-9);
	ck_assert_double_eq_tol(
		price_usd(&price, &(struct priced_tokens){1e6, 0, 1e6, 1e6}), 4.5, 1e-9);
}
END_TEST

static struct paid paid(double in, double out)
{
	return (struct paid){.tokens = {.in = in, .out = out}};
}

START_TEST(models_are_counted_apart)
{
	static const char *const texts[] = {"a=1,2", "*=10,10"};
	struct prices p = prices_made(texts, 2);
	struct paid one = paid(1e6, 1e6), stated = {.stated = true, .usd = .5};
	struct model_costs m;

	model_costs_init(&m, &p);
	ck_assert_double_eq(model_costs_usd(&m), 0);
	ck_assert_double_eq(model_costs_add(&m, model_costs_row(&m, "a"), &one), 3);
	ck_assert_double_eq(model_costs_add(&m, model_costs_row(&m, "b"), &one), 20);
	ck_assert_double_eq(model_costs_add(&m, model_costs_row(&m, "b"), &stated), .5);
	ck_assert_double_eq(model_costs_usd(&m), 23.5);
	ck_assert_int_eq(m.n, 3);
	ck_assert_uint_eq(m.at[model_costs_row(&m, "b")].answers, 2);
	prices_free(&p);
}
END_TEST

/* The name in the answer counts where only that has a price, or the request has none. */
START_TEST(answers_name_models)
{
	static const char *const texts[] = {"a=1,2"};
	struct prices p = prices_made(texts, 1);
	struct model_costs m;
	int a, deployment;

	model_costs_init(&m, &p);
	a = model_costs_row(&m, "a");
	deployment = model_costs_row(&m, "deployment");
	ck_assert(!model_costs_asks_answer(&m, a));
	ck_assert(model_costs_asks_answer(&m, deployment));
	ck_assert_double_lt(model_costs_estimate(&m, deployment, 1e6, 0), 0);
	ck_assert_int_eq(model_costs_answered(&m, deployment, "a"), a);
	ck_assert_double_eq(model_costs_estimate(&m, deployment, 1e6, 0), 1);
	ck_assert_int_eq(model_costs_answered(&m, deployment, "x"), deployment);
	ck_assert_int_eq(model_costs_answered(&m, 0, "x"), model_costs_row(&m, "x"));
	ck_assert_int_eq(model_costs_answered(&m, 0, ""), 0);
	prices_free(&p);
}
END_TEST

START_TEST(what_is_not_known_is_told)
{
	struct paid one = paid(1000, 1000),
		    stated = {.tokens = {.in = 100, .out = 100}, .stated = true, .usd = .25};
	struct model_costs m;
	int row;

	model_costs_init(&m, NULL);
	ck_assert_double_lt(model_costs_usd(&m), 0);
	row = model_costs_row(&m, "a");
	ck_assert_double_lt(model_costs_estimate(&m, row, 1, 1), 0);
	ck_assert_double_lt(model_costs_add(&m, row, &one), 0);
	ck_assert_double_lt(model_costs_usd(&m), 0);
	ck_assert_uint_eq(m.at[row].unpriced, 1);
	ck_assert_double_eq(model_costs_add(&m, row, &stated), .25);
	ck_assert_double_eq(model_costs_usd(&m), .25);
	/* what is stated makes the estimates of what is to come */
	ck_assert_double_eq(model_costs_estimate(&m, row, 1, 1), .25);
	ck_assert_double_eq(model_costs_estimate(&m, row, 300, 100), .5);
}
END_TEST

START_TEST(many_models_share_a_row)
{
	struct paid one = paid(1, 1);
	struct model_costs m;
	char name[32];

	model_costs_init(&m, NULL);
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		model_costs_add(&m, model_costs_row(&m, name), &one);
	}
	ck_assert_int_eq(m.n, MODEL_COSTS);
	ck_assert_uint_eq(m.at[0].answers, 1000 - MODEL_COSTS + 1);
	ck_assert_int_eq(model_costs_row(&m, "m3"), 4);
	ck_assert_int_eq(model_costs_row(&m, "m999"), 0);
}
END_TEST

START_TEST(dollars_are_written)
{
	static const struct {
		double usd;
		const char *text;
	} cases[] = {{-1, "?"}, {0, "$0.00"}, {1e-9, "< $0.01"}, {.00999, "< $0.01"},
		{.01, "$0.01"}, {18.424, "$18.42"}, {1234.5, "$1234.50"}, {12345, "$12.3k"},
		{0.0 / 0.0, "?"}};
	char text[16];

	for (size_t i = 0; i < N_OF(cases); i++)
		ck_assert_str_eq(text_usd(cases[i].usd, text, sizeof(text)), cases[i].text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {prices_are_read, models_find_their_prices,
		parts_of_the_input_have_their_prices, models_are_counted_apart, answers_name_models,
		what_is_not_known_is_told, many_models_share_a_row, dollars_are_written, NULL};

	return unit_run("prices", tests);
}
