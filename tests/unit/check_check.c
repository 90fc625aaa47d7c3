/* `sluice check`: what it counts, and what it says of bad input. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "cli/commands.h"
#include "unit.h"

#define CHAT(id, model, rest)                                                                      \
	"{\"custom_id\":\"" id                                                                     \
	"\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"" model     \
	"\",\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]" rest "}}\n"

#define EMBEDDING(id, model)                                                                       \
	"{\"custom_id\":\"" id                                                                     \
	"\",\"method\":\"POST\",\"url\":\"/v1/embeddings\",\"body\":{\"model\":\"" model           \
	"\",\"input\":\"x\"}}\n"

static char path[] = "/tmp/sluice-check-XXXXXX";
static struct run_settings settings;

/* Runs the command on this input; what it printed is the caller's to free. */
static char *check_as(const char *input, bool json, int expected)
{
	FILE *f = fopen(path, "w");
	struct capture c;
	char *text;
	int code;

	ck_assert_ptr_nonnull(f);
	fputs(input, f);
	fclose(f);
	settings.input.path = path;
	c = capture_begin();
	code = command_check(&settings, json);
	text = capture_end(&c);
	ck_assert_msg(code == expected, "exit %d, not %d: %s", code, expected, text);
	return text;
}

static char *check(const char *input, int expected)
{
	return check_as(input, false, expected);
}

static json_t *check_json(const char *input, int expected)
{
	char *text;
	json_t *all;

	settings = (struct run_settings){0};
	text = check_as(input, true, expected);
	all = json_loads(text, 0, NULL);
	ck_assert_msg(all != NULL, "no JSON: %s", text);
	free(text);
	return all;
}

static json_int_t number(json_t *all, const char *key)
{
	json_t *v = json_object_get(all, key);

	ck_assert_msg(json_is_integer(v), "no number %s", key);
	return json_integer_value(v);
}

static const char *problem(json_t *all, size_t i, json_int_t line)
{
	json_t *p = json_array_get(json_object_get(all, "problems"), i);

	ck_assert_int_eq(json_integer_value(json_object_get(p, "line")), line);
	return json_string_value(json_object_get(p, "message"));
}

START_TEST(good_input_is_counted)
{
	json_t *all = check_json(CHAT("a", "m1", ",\"max_tokens\":100") "\n" CHAT("b", "m2", "")
					 CHAT("c", "m2", ",\"max_tokens\":50") EMBEDDING("d", "m3"),
		0);
	json_t *model = json_array_get(json_object_get(all, "models"), 0);

	ck_assert_int_eq(number(all, "items"), 4);
	ck_assert_int_eq(number(all, "good"), 4);
	ck_assert_int_eq(number(all, "bad"), 0);
	ck_assert_int_eq(number(all, "tokens_out_max"), 150);
	ck_assert_int_eq(number(all, "items_without_max_tokens"), 1);
	ck_assert_int_ge(number(all, "tokens_in"), 6);
	ck_assert_int_eq(number(json_object_get(all, "formats"), "openai"), 4);
	ck_assert_str_eq(json_string_value(json_object_get(model, "model")), "m2");
	ck_assert_int_eq(number(model, "items"), 2);
	json_decref(all);
}
END_TEST

START_TEST(bad_lines_are_named_with_their_numbers)
{
	json_t *all = check_json(CHAT("a", "m", "") "not json\n\n[1]\n" CHAT("b", "m", ""), 1);

	ck_assert_int_eq(number(all, "items"), 4);
	ck_assert_int_eq(number(all, "good"), 2);
	ck_assert_int_eq(number(all, "bad"), 2);
	ck_assert_ptr_nonnull(problem(all, 0, 2));
	ck_assert_ptr_nonnull(problem(all, 1, 4));
	json_decref(all);
}
END_TEST

START_TEST(duplicate_ids_name_the_first_line)
{
	/* The same id in other words, and a number that is another line's. */
	json_t *all =
		check_json(CHAT("x", "m", "") CHAT("y", "m", "") "\n" CHAT("\\u0078", "m",
				   "") "{\"model\":\"m\",\"prompt\":\"p\"}\n" CHAT("5", "m", ""),
			1);

	ck_assert_int_eq(number(all, "duplicates"), 2);
	ck_assert_int_eq(number(all, "good"), 3);
	ck_assert_str_eq(problem(all, 0, 4), "duplicate id 'x', first on line 1");
	ck_assert_str_eq(problem(all, 1, 6), "duplicate id '5', first on line 5");
	json_decref(all);
}
END_TEST

START_TEST(only_the_first_problems_are_listed)
{
	json_t *all;
	char input[1024] = CHAT("a", "m", "");

	for (int i = 0; i < 25; i++)
		strcat(input, "bad\x1b[2J\n");
	all = check_json(input, 1);
	ck_assert_int_eq(number(all, "bad"), 25);
	ck_assert_uint_eq(json_array_size(json_object_get(all, "problems")), 20);
	json_decref(all);
	settings = (struct run_settings){0};
	free(check(input, 1));
}
END_TEST

START_TEST(text_tells_the_cost_and_shows_nothing_harmful)
{
	struct error err;
	char *text;

	settings = (struct run_settings){0};
	prices_add(&settings.budget.prices, "1,2", &err);
	text = check(CHAT("a", "m", ",\"max_tokens\":1000000"), 0);
	ck_assert_ptr_nonnull(strstr(text, "at most $2.00 with the output"));
	ck_assert_ptr_nonnull(strstr(text, "at most 1000000"));
	free(text);
	text = check(CHAT("a", "m\\u001b[2J", "") CHAT("a", "m", "") "\x1b[2J\n", 1);
	ck_assert_ptr_null(strchr(text, '\x1b'));
	ck_assert_ptr_null(strstr(text, "two APIs"));
	ck_assert_ptr_nonnull(strstr(text, "the output has no limit"));
	ck_assert_ptr_nonnull(strstr(text, "line 2: duplicate id 'a'"));
	free(text);
	prices_free(&settings.budget.prices);
}
END_TEST

START_TEST(lines_of_two_apis_for_one_address_are_told)
{
	char *text;

	settings = (struct run_settings){0};
	text = check(CHAT("a", "m", "") "{\"custom_id\":\"b\",\"params\":{\"model\":\"c\","
					"\"max_tokens\":5,\"messages\":[]}}\n",
		0);
	ck_assert_ptr_nonnull(strstr(text, "the lines of two APIs have one address"));
	free(text);
}
END_TEST

START_TEST(unreadable_or_empty_input_is_exit_2)
{
	static char directory[] = "/tmp", missing[] = "/nonexistent/x.jsonl";

	fclose(stderr); /* the messages are not looked at here */
	settings = (struct run_settings){0};
	free(check("", 2));
	free(check("\n\n", 2));
	settings.input.path = directory;
	ck_assert_int_eq(command_check(&settings, false), 2);
	settings.input.path = missing;
	ck_assert_int_eq(command_check(&settings, false), 2);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {good_input_is_counted, bad_lines_are_named_with_their_numbers,
		duplicate_ids_name_the_first_line, only_the_first_problems_are_listed,
		text_tells_the_cost_and_shows_nothing_harmful,
		lines_of_two_apis_for_one_address_are_told, unreadable_or_empty_input_is_exit_2,
		NULL};
	int fd = mkstemp(path);
	int code;

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	code = unit_run("check", tests);
	unlink(path);
	return code;
}
