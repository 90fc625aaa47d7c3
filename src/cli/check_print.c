#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_writer.h"
#include "base/text.h"
#include "cli/check_impl.h"
#include "figures_text.h"
#include "ledger/part_record.h"

static const char *const format_names[FORMAT_HTTP + 1] = {
	[FORMAT_AUTO] = "auto",
	[FORMAT_OPENAI] = "openai",
	[FORMAT_ANTHROPIC] = "anthropic",
	[FORMAT_BODY] = "body",
	[FORMAT_HTTP] = "http",
};

/* Dollars as far as prices are known; negative: none is. */
static double known(const struct check *c, double usd)
{
	return usd > 0 || !c->unpriced ? usd : -1;
}

static void print_cost(const struct check *c)
{
	char in[16], most[16];

	printf("  cost           about %s for the input",
		text_usd(known(c, c->usd_in), in, sizeof(in)));
	if (c->unlimited)
		printf("; the output has no limit\n");
	else
		printf(", at most %s with the output\n",
			text_usd(known(c, c->usd_most), most, sizeof(most)));
	if (c->unpriced)
		printf("  without price  %" PRIu64 " requests, not included in the cost\n",
			c->unpriced);
}

static void print_tokens(const struct check *c, const struct run_settings *s)
{
	if (c->pipeline)
		printf("  tokens         of the first stages only: later requests depend on their "
		       "answers\n");
	printf("  input tokens   about %.0f\n", c->tokens_in);
	if (!c->unlimited || c->tokens_out > 0)
		printf("  output tokens  at most %.0f", c->tokens_out);
	else
		printf("  output tokens  without a limit");
	if (c->unlimited && c->tokens_out > 0)
		printf(", and %" PRIu64 " items without a limit", c->unlimited);
	putchar('\n');
	if (s->budget.prices.n)
		print_cost(c);
}

/* Line by line, for the lines are the user's own text. */
static void print_first(const char *text)
{
	char line[400];

	printf("\nThe first request:\n");
	while (*text) {
		size_t len = strcspn(text, "\n");

		text_sanitise(line, sizeof(line), text, len);
		printf("  %s\n", line);
		text += len + (text[len] == '\n');
	}
}

/* "answer after search, translate" */
static void print_stages(const struct pipeline *p)
{
	for (int i = 0; i < p->n; i++) {
		const char *between = " after ";

		printf("  stage          %s", p->stage[i].name);
		for (int k = 0; k < i; k++) {
			if (!(p->stage[i].after & UINT32_C(1) << k))
				continue;
			printf("%s%s", between, p->stage[k].name);
			between = ", ";
		}
		putchar('\n');
	}
}

static json_t *json_stages(const struct pipeline *p)
{
	json_t *stages = json_array();

	for (int i = 0; i < p->n; i++) {
		json_t *after = json_array();

		for (int k = 0; k < i; k++)
			if (p->stage[i].after & UINT32_C(1) << k)
				json_array_append_new(after, json_string(p->stage[k].name));
		json_array_append_new(
			stages, json_pack("{s:s, s:o}", "name", p->stage[i].name, "after", after));
	}
	return stages;
}

static void print_oddities(const struct check *c)
{
	if (c->n_oddities)
		printf("\nThese lines are valid, but probably have mistakes:\n");
	for (size_t i = 0; i < c->n_oddities; i++) {
		printf("  line %" PRIu64 ": %s", c->oddities[i].line, c->oddities[i].text);
		if (c->oddities[i].lines > 1)
			printf(" (%" PRIu64 " lines)", c->oddities[i].lines);
		putchar('\n');
	}
}

void check_print_text(const struct check *c, const struct run_settings *s)
{
	uint64_t problems = c->bad + c->duplicates;
	char name[256], size[32], target[400], part[FIGURES_TEXT_SIZE];

	text_sanitise(name, sizeof(name), s->input.path, strlen(s->input.path));
	printf("%s: %" PRIu64 " items, %s\n", name, c->items,
		text_bytes((double)c->bytes, size, sizeof(size)));
	printf("  read as        %s\n", c->form);
	if (input_part_is(&c->part))
		printf("  part           %s\n", figures_part(&c->part, part));
	printf("  good           %" PRIu64 "\n", c->good);
	printf("  bad lines      %" PRIu64 "\n", c->bad);
	printf("  duplicate ids  %" PRIu64 "\n", c->duplicates);
	if (c->empty_rows)
		printf("  empty rows     %" PRIu64 ", which are skipped\n", c->empty_rows);
	for (int f = 0; f <= FORMAT_HTTP; f++)
		if (c->formats[f])
			printf("  format         %s: %" PRIu64 "\n", format_names[f],
				c->formats[f]);
	for (size_t i = 0; i < c->n_models && i < CHECK_MODELS; i++)
		printf("  model          %s: %" PRIu64 "\n", c->models[i].name, c->models[i].items);
	if (c->n_models > CHECK_MODELS)
		printf("  model          and %zu more\n", c->n_models - CHECK_MODELS);
	if (c->pipeline)
		print_stages(c->pipeline);
	print_tokens(c, s);
	if (c->first_target) {
		text_sanitise(target, sizeof(target), c->first_target, strlen(c->first_target));
		printf("  goes to        %s\n", target);
		if (c->formats[FORMAT_OPENAI] && c->formats[FORMAT_ANTHROPIC] &&
			!s->endpoints.options && !s->endpoints.n_sections)
			printf("  warning        the lines of two APIs have one address: split the "
			       "file, or give each API an --endpoint\n");
	}
	if (c->first)
		print_first(c->first);
	print_oddities(c);
	if (!problems)
		return;
	printf("\nThese lines would fail (bad_input):\n");
	for (size_t i = 0; i < c->n_problems; i++)
		printf("  line %" PRIu64 ": %s\n", c->problems[i].line, c->problems[i].message);
	if (problems > c->n_problems)
		printf("  and %" PRIu64 " more\n", problems - c->n_problems);
}

static json_t *json_counts(const struct check *c)
{
	json_t *formats = json_object();

	for (int f = 0; f <= FORMAT_HTTP; f++)
		if (c->formats[f])
			json_object_set_new(
				formats, format_names[f], json_integer((json_int_t)c->formats[f]));
	return formats;
}

static json_t *json_models(const struct check *c)
{
	json_t *models = json_array();

	for (size_t i = 0; i < c->n_models && i < CHECK_MODELS; i++)
		json_array_append_new(models, json_pack("{s:s, s:I}", "model", c->models[i].name,
						      "items", (json_int_t)c->models[i].items));
	return models;
}

static json_t *json_problems(const struct check *c)
{
	json_t *problems = json_array();

	for (size_t i = 0; i < c->n_problems; i++)
		json_array_append_new(
			problems, json_pack("{s:I, s:s}", "line", (json_int_t)c->problems[i].line,
					  "message", c->problems[i].message));
	return problems;
}

static json_t *json_oddities(const struct check *c)
{
	json_t *oddities = json_array();

	for (size_t i = 0; i < c->n_oddities; i++)
		json_array_append_new(oddities,
			json_pack("{s:I, s:I, s:s}", "line", (json_int_t)c->oddities[i].line,
				"lines", (json_int_t)c->oddities[i].lines, "message",
				c->oddities[i].text));
	return oddities;
}

static json_t *json_usd(double usd)
{
	return usd < 0 ? json_null() : json_real(usd);
}

static void add_part(json_t *all, const struct input_part *part)
{
	struct buf text;
	struct json_writer w = json_writer_to(&text);
	json_t *members;

	buf_init(&text, 256);
	json_open_object(&w);
	part_record_add(&w, part);
	json_close_object(&w);
	members = json_loadb(buf_str(&text), text.len, 0, NULL);
	json_object_update(all, members);
	json_decref(members);
	buf_free(&text);
}

void check_print_json(const struct check *c, const struct run_settings *s)
{
	char name[1024];
	json_t *all;

	text_sanitise(name, sizeof(name), s->input.path, strlen(s->input.path));
	all = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o}",
		"input", name, "bytes", (json_int_t)c->bytes, "items", (json_int_t)c->items, "good",
		(json_int_t)c->good, "bad", (json_int_t)c->bad, "duplicates",
		(json_int_t)c->duplicates, "formats", json_counts(c), "models", json_models(c),
		"models_total", (json_int_t)c->n_models, "tokens_in", (json_int_t)c->tokens_in,
		"tokens_out_max", (json_int_t)c->tokens_out, "items_without_max_tokens",
		(json_int_t)c->unlimited, "problems", json_problems(c));
	json_object_set_new(all, "form", json_string(c->form));
	add_part(all, &c->part);
	json_object_set_new(all, "empty_rows", json_integer((json_int_t)c->empty_rows));
	json_object_set_new(all, "likely_mistakes", json_oddities(c));
	if (c->pipeline)
		json_object_set_new(all, "stages", json_stages(c->pipeline));
	if (c->first)
		json_object_set_new(all, "first_request", json_loads(c->first, 0, NULL));
	if (c->first_target)
		json_object_set_new(all, "first_target", json_string(c->first_target));
	if (s->budget.prices.n) {
		json_object_set_new(all, "cost_in_usd", json_usd(known(c, c->usd_in)));
		json_object_set_new(all, "cost_max_usd",
			c->unlimited ? json_null() : json_usd(known(c, c->usd_most)));
		if (c->unpriced)
			json_object_set_new(all, "unpriced", json_integer((json_int_t)c->unpriced));
	}
	json_dumpf(all, stdout, JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(all);
}
