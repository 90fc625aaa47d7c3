#include "cli/help_texts.h"

#include <stdio.h>

#include "control/command.h"
#include "control/reads.h"

const char help_about[] = "sluice sends a file of API requests as fast as the server allows, "
			    "shows the run live and lets you steer it from the keyboard.";

const struct help_pair help_inputs[] = {
	{"{\"custom_id\",\"method\",\"url\",\"body\"}",
		"OpenAI batch; url is relative to --url, or absolute."},
	{"{\"custom_id\",\"params\"}", "Anthropic batch."},
	{"{\"custom_id\",\"method\",\"url\",\"headers\",\"body\"}",
		"Any HTTP call; a body that is a string is sent unchanged."},
	{"an object with a model, messages, prompt or input",
		"The body itself; metadata and endpoint are not sent. With --provider raw any "
		"other "
		"object is a body too."},
	{"\"priority\" on any of them",
		"high, normal (the default), low, or a number from -100 to 100. The highest "
		"priority is sent first, equal ones in input order; every 16th request goes to a "
		"lower priority, so none starves."},
	{"\"metadata\" on any of them", "Copied to the result."},
	{"\"endpoint\" on any of them",
		"The name of an --endpoint: the item goes only there, and to its fallback."},
	{"other files",
		"The first bytes tell the form, not the name. gzip, zstd, UTF-16, JSON arrays, "
		"JSON "
		"values over several lines and CR line ends are read as lines, CSV with any of "
		"comma, semicolon, tab and bar as rows. Other files are refused with what to do."},
	{NULL, NULL}};

const struct help_pair help_files[] = {
	{"RESULTS", "One JSON line for each item that ended ok, in OpenAI's batch output format "
		    "(see --result-format), in order of completion. The member sluice has the "
		    "attempts, times and tokens; "
		    "tokens that the answer did not report are estimated, as estimated_in and "
		    "estimated_out."},
	{"RESULTS with the ending .errors.jsonl",
		"The same for items that have failed or were cancelled."},
	{"RESULTS with the ending .journal",
		"The records that a resume needs, and the secret under which ids and lines are "
		"hashed; also the lock against a second run."},
	{"RESULTS with the ending .void.jsonl",
		"Void result lines, whose items --on-doubt retry requested again."},
	{"~/.config/sluice/config", "Options, endpoints, theme and keys; see --config."},
	{"~/.config/sluice/themes/NAME.theme", "Themes of your own."},
	{NULL, NULL}};

/* Of the last member of a result line, "sluice"; the records of stages have the cost as well. */
const struct help_pair help_members[] = {
	{"line, line_hash",
		"The number of the input line, and a hash of it under the run's secret."},
	{"attempts, retries, resent",
		"Requests made for the item; of a pipeline those after the first of each stage; "
		"those that the connection sent again by itself."},
	{"outcome", "Of an item that is not ok: why."},
	{"latency_ms, first_byte_ms, first_token_ms, gap_ms, tokens_per_s",
		"Times of the answer; the last three of a stream."},
	{"ended_ms", "When the item ended, since the start of its session."},
	{"session", "The number of the session that made it, if settings or results changed before."},
	{"tokens_in, tokens_out",
		"All tokens as the provider bills them, with cached input and reasoning, where the "
		"answer reports them."},
	{"tokens_cached, tokens_cache_write",
		"The parts of tokens_in that the provider's cache had, and that were written to "
		"it."},
	{"estimated_in, estimated_out", "Tokens that were paid for and not reported."},
	{"cost_usd", "The cost in dollars, where the answer or a gateway states it."},
	{"model", "The model whose price applies: that of the request, or that of the answer where "
		  "only this has a price."},
	{"cached, same_as_line", "The answer is that of an earlier run, or of another item."},
	{"packed, endpoint", "How many items shared the request; which endpoint answered."},
	{"body_is_text", "True: the body is not JSON and stands in a string."},
	{"status, request_id", "With --result-format anthropic: those of the answer."},
	{NULL, NULL}};

const struct help_pair help_exits[] = {
	{"0", "every item ok"},
	{"1", "finished, some failed, cancelled or in doubt"},
	{"2", "usage, configuration, or an input that cannot be read or has no line that can be "
	      "sent; nothing was sent"},
	{"3", "stopped before the end; the same command resumes it"},
	{"4", "an I/O or internal error stopped it, or its files were changed under it; the same "
	      "command resumes it"},
	{NULL, NULL}};

const struct help_pair help_ctl_exits[] = {
	{"0", "done"},
	{"1", "the run refused it, or did not answer"},
	{"2", "usage, or several runs and none was named"},
	{"3", "no such run goes on"},
	{NULL, NULL}};

const struct help_pair help_signals[] = {
	{"SIGINT (^C), SIGTERM", "First: drain (requests in flight finish) and exit 3. Second: "
				 "abort the requests in flight. Third: leave at once."},
	{"SIGUSR1, SIGUSR2, SIGXCPU",
		"Drain, however often they arrive: batch systems send them before a limit."},
	{"SIGHUP", "See --on-hangup."},
	{"SIGTSTP, SIGCONT", "Leave the terminal, and return to it."},
	{"all other signals that end a program",
		"End sluice with the terminal restored. The same command resumes the run."},
	{NULL, NULL}};

const struct help_pair help_variables[] = {
	{"OPENAI_API_KEY, AZURE_OPENAI_API_KEY, ANTHROPIC_API_KEY, SLUICE_API_KEY",
		"The key for openai, azure, anthropic and raw, unless --key-env, --key-file or "
		"--key-command names another."},
	{"OPENAI_BASE_URL, AZURE_OPENAI_ENDPOINT, ANTHROPIC_BASE_URL",
		"Base URL when --url is not given."},
	{"OPENAI_API_VERSION", "The api-version for azure when --api-version is not given."},
	{"XDG_CONFIG_HOME", "The folder instead of ~/.config, if it begins with a /."},
	{"XDG_STATE_HOME", "The folder instead of ~/.local/state, if it begins with a /."},
	{"NO_COLOR", "If set, the dashboard uses no colour."},
	{"http_proxy, https_proxy, all_proxy, no_proxy", "Proxies, as in curl(1)."},
	{NULL, NULL}};

const struct help_pair help_examples[] = {
	{"sluice demo", "See sluice work, without a key or a network."},
	{"sluice run batch.jsonl", "Run or resume; the results are in batch.results.jsonl."},
	{"sluice run prompts.jsonl --url http://localhost:8000 -c 32",
		"A server of your own, 32 requests in flight."},
	{"generate | sluice run - -o out.jsonl --rpm 500 --ui plain",
		"From a pipe, at most 500 requests a minute, one status line."},
	{"sluice check batch.jsonl --price 0.15,0.60", "Estimate the cost."},
	{NULL, NULL}};

static const char *const titles[GROUP_COUNT] = {
	[GROUP_FILES] = "Input and results",
	[GROUP_API] = "API",
	[GROUP_PACE] = "Pace",
	[GROUP_RETRY] = "Retries, times and sizes",
	[GROUP_BUDGET] = "Budget",
	[GROUP_SCREEN] = "Screen",
	[GROUP_REACH] = "Reaching the run",
	[GROUP_SERVE] = "Service",
	[GROUP_MOCK] = "Mock API",
	[GROUP_OTHER] = "Other",
};

const char *help_group_title(enum option_group group)
{
	return titles[group];
}

void help_option_term(const struct option_row *o, char *out, size_t size)
{
	const char *arg = o->arg ? o->arg : o->choices;
	char letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(out, size, "%s--%s%s%s", letter, o->name, arg ? " " : "", arg ? arg : "");
}

void help_option_text(
	const struct option_row *o, enum command_id command, char *out, size_t size)
{
	const char *value = o->note ? o->note : option_default(o, command);

	if (value)
		snprintf(out, size, "%s [%s]", o->help, value);
	else
		snprintf(out, size, "%s", o->help);
}

void help_each_control(void (*visit)(void *ctx, const char *usage, const char *help), void *ctx)
{
	size_t n;
	const struct command_info *table = command_table(&n);
	char usage[96];

	for (size_t i = 0; i < n + READ_COUNT; i++) {
		const struct command_info *info =
			i < READ_COUNT ? read_info((enum read_id)i) : &table[i - READ_COUNT];

		snprintf(usage, sizeof(usage), "%s%s%s", info->name, info->args[0] ? " " : "",
			info->args);
		visit(ctx, usage, info->help);
	}
}

