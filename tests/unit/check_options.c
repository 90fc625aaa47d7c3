/* The command line: what is taken, what is refused and how that is said. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/provider.h"
#include "base/clock.h"
#include "cli/options.h"
#include "cli/options_table.h"
#include "cli/options_value.h"
#include "capture.h"
#include "unit.h"

enum { MAX_WORDS = 24 };

static struct settings settings;
static struct error err;
static enum command_id command;

/* Parses words separated by single spaces; `_` stands for a space inside a word. */
static enum options_result parse(const char *line)
{
	static char copy[512];
	char *argv[MAX_WORDS + 1] = {(char *)"sluice"};
	int argc = 1;

	snprintf(copy, sizeof(copy), "%s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
		for (char *c = word; *c; c++)
			if (*c == '_')
				*c = ' ';
		ck_assert_int_lt(argc, MAX_WORDS);
		argv[argc++] = word;
	}
	err.text[0] = '\0';
	return options_parse(argc, argv, &command, &settings, &err);
}

static void go(const char *line)
{
	ck_assert_msg(parse(line) == OPTIONS_GO, "%s: %s", line, err.text);
}

START_TEST(defaults_are_the_documented_ones)
{
	go("run a.jsonl");
	ck_assert_int_eq(command, COMMAND_RUN);
	ck_assert_str_eq(settings.run.input.path, "a.jsonl");
	ck_assert_str_eq(settings.run.output.results, "a.results.jsonl");
	ck_assert_str_eq(settings.run.target.provider, "auto");
	ck_assert_ptr_null(settings.run.target.url);
	ck_assert_ptr_null(settings.run.request.headers);
	ck_assert_int_eq(settings.run.limits.concurrency, 0);
	ck_assert_int_eq(settings.run.limits.lane.max_concurrency, 256);
	ck_assert_int_eq(settings.run.limits.lane.mode, PACE_AUTO);
	ck_assert_int_eq(settings.run.retry.max_attempts, 5);
	ck_assert_int_eq(settings.run.request.timeout_us, 600 * US_PER_S);
	ck_assert_int_eq(settings.run.request.connect_timeout_us, 10 * US_PER_S);
	ck_assert_int_eq(settings.run.request.first_byte_timeout_us, 0);
	ck_assert_int_eq(settings.run.request.idle_timeout_us, 60 * US_PER_S);
	ck_assert_int_eq(settings.run.request.max_response, 64 << 20);
	ck_assert(settings.run.limits.rpm == 0 && settings.run.limits.tpm == 0 &&
		  settings.run.budget.usd == 0);
	ck_assert_int_eq(settings.ui.mode, UI_AUTO);
	ck_assert_int_eq(settings.run.on_hangup, HANGUP_CONTINUE);
	settings_free(&settings);
}
END_TEST

START_TEST(options_and_input_in_any_order_and_form)
{
	static const char *const lines[] = {
		"run in -o out -c 8 --rpm 90k --window 100/10 --timeout 2m --pace fixed",
		"run -c8 -oout --rpm=90k --window=100/10 --timeout=120s --pace=fixed in",
		"run --concurrency 8 in --output=out --rpm 90000 --window 100/10 --timeout "
		"120000ms "
		"--pace fixed",
		"run -c 3 -c=8 --output other -o out --rpm 90K --window 100/10.0 --timeout 120 "
		"--pace "
		"fixed -- in",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		go(lines[i]);
		ck_assert_str_eq(settings.run.input.path, "in");
		ck_assert_str_eq(settings.run.output.results, "out");
		ck_assert_int_eq(settings.run.limits.lane.concurrency, 8);
		ck_assert(settings.run.limits.lane.rpm == 90000);
		ck_assert_int_eq(settings.run.limits.lane.window_count, 100);
		ck_assert_int_eq(settings.run.limits.lane.window_us, 10 * US_PER_S);
		ck_assert_int_eq(settings.run.limits.lane.mode, PACE_FIXED);
		ck_assert_int_eq(settings.run.request.timeout_us, 120 * US_PER_S);
		settings_free(&settings);
	}
}
END_TEST

START_TEST(headers_add_up)
{
	go("run in -H A:_1 --header B:_2 --header=C:=3");
	ck_assert_str_eq(settings.run.request.headers[0], "A: 1");
	ck_assert_str_eq(settings.run.request.headers[1], "B: 2");
	ck_assert_str_eq(settings.run.request.headers[2], "C:=3");
	ck_assert_ptr_null(settings.run.request.headers[3]);
	settings_free(&settings);
}
END_TEST

START_TEST(results_are_named_after_the_input)
{
	static const struct {
		const char *line, *output;
	} cases[] = {
		{"run dir/a.jsonl", "dir/a.results.jsonl"},
		{"run a.json", "a.json.results.jsonl"},
		{"run .jsonl", ".jsonl.results.jsonl"},
		{"run -- -a.jsonl", "-a.results.jsonl"},
		{"run - -o x", "x"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		go(cases[i].line);
		ck_assert_str_eq(settings.run.output.results, cases[i].output);
		settings_free(&settings);
	}
}
END_TEST

START_TEST(each_command_has_its_own_options)
{
	go("mock --port 8080 --rpm 60 -c 4 --latency 20ms --errors 0.1 --headers anthropic "
	   "--retry-after ms");
	ck_assert_int_eq(settings.mock.port, 8080);
	ck_assert(settings.mock.rpm == 60 && settings.run.limits.rpm == 0);
	ck_assert_int_eq(settings.mock.concurrency, 4);
	ck_assert_int_eq(settings.run.limits.concurrency, 0);
	ck_assert_int_eq(settings.mock.latency_us, 20 * US_PER_MS);
	ck_assert_int_eq(settings.mock.headers, MOCK_HEADERS_ANTHROPIC);
	ck_assert_int_eq(settings.mock.retry_after, MOCK_RETRY_AFTER_MS);
	settings_free(&settings);
	go("demo --items 50 -c 4 --ui none");
	ck_assert_int_eq(settings.demo_items, 50);
	ck_assert_int_eq(settings.run.limits.lane.concurrency, 4);
	ck_assert(settings.mock.slots > 0 && settings.mock.errors > 0);
	ck_assert_ptr_null(settings.run.output.results);
	settings_free(&settings);
	go("check - --json --price 0.15,0.60 --format http");
	ck_assert(settings.json && settings.run.budget.prices.n == 1 &&
		  settings.run.budget.prices.at[0].price.out == 0.60);
	ck_assert_int_eq(settings.run.input.format, FORMAT_HTTP);
	settings_free(&settings);
	go("report a.results.jsonl");
	ck_assert_str_eq(settings.report_results, "a.results.jsonl");
	settings_free(&settings);
	/* one setting with two defaults */
	go("ctl in pause");
	ck_assert_int_eq(settings.ctl.timeout_us, 5 * US_PER_S);
	settings_free(&settings);
	go("ps");
	ck_assert_int_eq(settings.ctl.timeout_us, 2 * US_PER_S);
	settings_free(&settings);
}
END_TEST

START_TEST(a_fixed_concurrency_lifts_the_ceiling)
{
	go("run in -c 400");
	ck_assert_int_eq(settings.run.limits.lane.max_concurrency, 400);
	settings_free(&settings);
}
END_TEST

START_TEST(wrong_lines_are_refused_with_what_is_accepted)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"", "command is missing"},
		{"runn in", "did you mean 'sluice run'"},
		{"in.jsonl", "sluice run FILE"},
		{"--ui none run in", "command comes first"},
		{"run", "INPUT is missing"},
		{"report", "RESULTS is missing"},
		{"run a b", "'a' and 'b'"},
		{"mock a", "takes no file"},
		{"run -", "-o FILE"},
		{"run in -o -", "must be a file"},
		{"run in --concurency 3", "did you mean --concurrency?"},
		{"run in --max-conc 3", "did you mean --max-concurrency?"},
		{"run in --port 3", "not an option of sluice run"},
		{"run in --nonsense", "unknown option --nonsense"},
		{"run in -x", "unknown option -x"},
		{"run in --rpm", "--rpm needs a value: --rpm N"},
		{"run in -o --retry-failed", "--output needs a value"},
		{"run in --retry-failed=maybe", "takes true or false, not 'maybe'"},
		{"run in -c 0", "from 1 to 100000, or auto, not '0'"},
		{"run in -c 1.5", "whole number"},
		{"run in --rpm -5", "not '-5'"},
		{"run in --timeout 5y", "such as 500ms"},
		{"run in --timeout 1us", "such as 500ms"},
		{"run in --pace slow", "auto|aimd|fixed"},
		{"run in --pace aim", "auto|aimd|fixed"},
		{"run in --provider other", "auto|openai|azure|anthropic|raw"},
		{"run in --window 5", "N/SECONDS"},
		{"run in --window 5/0", "N/SECONDS"},
		{"run in --price 1", "such as 0.15,0.60"},
		{"run in --max-response 10", "size from 1K to 4G"},
		{"run in --url ftp://x", "http://"},
		{"run in --url http:///v1", "http://"},
		{"run in --url http://[::1/v1", "http://"},
		{"run in --url http://h:99999", "http://"},
		{"run in --key-env A --key-file b", "one of --key-env"},
		{"run in --key-file A --key-command b", "one of --key-env"},
		{"run in --price a*=1,2", "such as 0.15,0.60"},
		{"run in --price a=1,2,3,4,5", "such as 0.15,0.60"},
		{"run in --price a=1,-2", "such as 0.15,0.60"},
		{"run in --price =1,2", "such as 0.15,0.60"},
		{"run in --rpm a\x1b[2J", "not 'a\\x1b[2J'"},
		{"mock --errors 2", "from 0 to 1"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(parse(cases[i].line), OPTIONS_ERROR);
		ck_assert_msg(
			strstr(err.text, cases[i].says) != NULL, "%s: %s", cases[i].line, err.text);
		ck_assert_ptr_null(settings.run.input.path);
	}
}
END_TEST

START_TEST(secrets_are_never_repeated)
{
	static const char *const lines[] = {
		"run in --api-key=SECRET",
		"run in --api-key SECRET",
		"run in --key SECRET",
		"run in --key-env sk-SECRET",
		"run in -H SECRET",
		"run in -H A:_1\nSECRET",
		"run in --url user:SECRET@host",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		ck_assert_int_eq(parse(lines[i]), OPTIONS_ERROR);
		ck_assert_msg(!strstr(err.text, "SECRET"), "%s: %s", lines[i], err.text);
	}
}
END_TEST

/* The words that the journal keeps, with spaces between. */
static void check_command(const char *line, const char *kept)
{
	char words[600] = "";

	go(line);
	for (char **word = settings.run.command; *word; word++) {
		strcat(words, word == settings.run.command ? "" : " ");
		strcat(words, *word);
	}
	ck_assert_str_eq(words, kept);
	settings_free(&settings);
}

START_TEST(the_command_is_kept_without_secrets)
{
	static const char *const harmless[] = {"run a.jsonl", "run -c8 a.jsonl -oout --rpm=90k",
		"run --dedupe --stream=false -- -a", "run a -H X-Team:blue -HX-Team:red",
		"run a --endpoint east=https://a/v1,key-env=EAST --key-file k", "demo --items 7"};
	static const char *const secret[][2] = {
		{"run a -H Authorization:Bearer_hunter2", "run a -H [redacted]"},
		{"run a -HX-Api-Key:hunter2", "run a -H[redacted]"},
		{"run a --header=Cookie:a=hunter2 -c 8", "run a --header=[redacted] -c 8"},
		{"run a --header-for https://h_X-Api-Key:hunter2", "run a --header-for [redacted]"},
		{"run a --url https://me:hunter2@h/v1", "run a --url https://h/v1"},
		{"run a --url=https://h/v1?key=hunter2&v=2",
			"run a --url=https://h/v1?key=[redacted]&v=2"},
		{"run a --key-env hunter2hunter2", "run a --key-env [redacted]"},
		{"run a --endpoint a=https://me:hunter2@h/v1", "run a --endpoint [redacted]"}};
	char kept[600];

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
		snprintf(kept, sizeof(kept), "sluice %s", harmless[i]);
		check_command(harmless[i], kept);
	}
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
		snprintf(kept, sizeof(kept), "sluice %s", secret[i][1]);
		check_command(secret[i][0], kept);
	}
}
END_TEST

START_TEST(input_and_results_must_differ)
{
	char path[] = "/tmp/sluice-options-XXXXXX", line[128];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(line, sizeof(line), "run %s -o %s", path, path);
	ck_assert_int_eq(parse(line), OPTIONS_ERROR);
	ck_assert_ptr_nonnull(strstr(err.text, "the same file"));
	unlink(path);
}
END_TEST

/* A default that the table itself would refuse would silently be 0. */
START_TEST(every_default_is_a_value_the_option_takes)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (size_t i = 0; i < n; i++) {
		for (int c = 0; c < COMMAND_COUNT; c++) {
			const char *value = option_default(&rows[i], (enum command_id)c);
			struct settings s = {0};

			if (value)
				ck_assert_msg(
					option_set(&s, &rows[i], value, &err), "%s", err.text);
			option_clear(&s, &rows[i]);
		}
	}
}
END_TEST

/* What the line prints, as text the caller frees. */
static char *printed_by(const char *line)
{
	struct capture c = capture_begin();
	enum options_result result = parse(line);
	char *text = capture_end(&c);

	ck_assert_int_eq(result, OPTIONS_SHOWN);
	return text;
}

START_TEST(help_names_every_option_within_80_columns)
{
	size_t n;
	const struct option_row *rows = option_table(&n);

	for (int c = 0; c < COMMAND_COUNT; c++) {
		char line[64];
		char *text;

		snprintf(line, sizeof(line), "%s --help", command_row((enum command_id)c)->name);
		text = printed_by(line);
		for (size_t i = 0; i < n; i++) {
			char name[64];

			snprintf(name, sizeof(name), "--%s", rows[i].name);
			if (rows[i].commands & 1U << c)
				ck_assert_msg(strstr(text, name) != NULL, "%s: %s", line, name);
		}
		for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
			ck_assert_msg(strlen(at) <= 80, "%s", at);
		free(text);
	}
}
END_TEST

/* The help names providers and their variables in words of its own. */
START_TEST(every_provider_can_be_chosen)
{
	size_t n;
	const struct provider *const *providers = provider_table(&n);
	char *text = printed_by("run --help");

	for (size_t i = 0; i < n; i++) {
		const char *variables[] = {providers[i]->key_env, providers[i]->url_env};
		char line[64];

		snprintf(line, sizeof(line), "run in --provider %s", providers[i]->name);
		go(line);
		settings_free(&settings);
		for (size_t j = 0; j < 2; j++)
			ck_assert_msg(!variables[j] || strstr(text, variables[j]),
				"no %s in the help", variables[j]);
	}
	free(text);
}
END_TEST

START_TEST(help_has_two_forms)
{
	char *text = printed_by("check --help"), *help = printed_by("help check");

	ck_assert_str_eq(text, help);
	free(text);
	free(help);
	free(printed_by("--help"));
	free(printed_by("--version"));
	free(printed_by("run in --version"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {defaults_are_the_documented_ones,
		options_and_input_in_any_order_and_form, headers_add_up,
		results_are_named_after_the_input, each_command_has_its_own_options,
		a_fixed_concurrency_lifts_the_ceiling,
		wrong_lines_are_refused_with_what_is_accepted, secrets_are_never_repeated,
		the_command_is_kept_without_secrets, input_and_results_must_differ,
		every_default_is_a_value_the_option_takes,
		help_names_every_option_within_80_columns, every_provider_can_be_chosen,
		help_has_two_forms, NULL};

	return unit_run("options", tests);
}
