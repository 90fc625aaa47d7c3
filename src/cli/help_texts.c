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
		"The body itself; sluice does not send its metadata and endpoint. With --provider "
		"raw, any other object is a body too."},
	{"\"priority\" in any line",
		"high, normal (the default), low, or a number from -100 to 100. The highest "
		"priority is sent first, equal ones in input order; every 16th request goes to a "
		"lower priority, so none starves."},
	{"\"metadata\" in any line", "Copied to the result."},
	{"\"endpoint\" in any line",
		"Name of an --endpoint: the item goes only to it and its fallback."},
	{"other files",
		"sluice detects the format from the first bytes, not from the name. It reads gzip, "
		"zstd, UTF-16, JSON arrays, JSON values over several lines and CR line ends as "
		"lines, and CSV (comma, semicolon, tab or bar) as rows. For any other file the "
		"error message says how to convert it."},
	{NULL, NULL}};

const struct help_pair help_files[] = {
	{"RESULTS", "One JSON line for each item that ended ok, in OpenAI's batch output format "
		    "(see --result-format), in order of completion. The member sluice holds "
		    "attempts, times and tokens. estimated_in and estimated_out are estimates for "
		    "answers that report no tokens."},
	{"RESULTS with the ending .errors.jsonl", "The same for failed and cancelled items."},
	{"RESULTS with the ending .journal",
		"Records for the resume, and the secret key of the hashes of ids and lines. It is "
		"also the lock file against a second run."},
	{"RESULTS with the ending .void.jsonl", "Void result lines: sluice requested their items "
						"again because of --on-doubt retry."},
	{"~/.config/sluice/config", "Options, endpoints, theme and keys; see --config."},
	{"~/.config/sluice/themes/NAME.theme", "Your own themes."}, {NULL, NULL}};

/* Of the last member of a result line, "sluice"; the records of stages have the cost as well. */
const struct help_pair help_members[] = {
	{"line, line_hash", "Number of the input line, and its hash under the run's secret."},
	{"attempts, retries, resent",
		"Requests for the item; in a pipeline, those after the first of each stage; "
		"requests that libcurl repeated on a new connection."},
	{"outcome", "Reason why the item is not ok."},
	{"latency_ms, first_byte_ms, first_token_ms, gap_ms, tokens_per_s",
		"Times of the answer; the last three only for streams."},
	{"ended_ms", "Time from the start of the session to the end of the item."},
	{"session", "Number of the session that wrote the line, if settings or results changed "
		    "before it."},
	{"tokens_in, tokens_out",
		"Tokens as the answer reports them, including cached input and reasoning."},
	{"tokens_cached, tokens_cache_write",
		"Parts of tokens_in: read from the provider's cache, and written to it."},
	{"estimated_in, estimated_out", "Estimated tokens of answers that report none."},
	{"cost_usd", "Cost in dollars, if the answer or a gateway states it."},
	{"model", "Model whose price applies: the model of the request, or of the answer if only "
		  "that has a price."},
	{"cached, same_as_line", "The answer comes from an earlier run, or from another item."},
	{"packed, endpoint", "Number of items in the request; name of the endpoint that answered."},
	{"body_is_text", "true: the body is not JSON, so it is a string here."},
	{"status, request_id", "With --result-format anthropic: HTTP status and request id of the "
			       "answer."},
	{NULL, NULL}};

const struct help_pair help_exits[] = {{"0", "every item ok"},
	{"1", "finished, but some items failed, were cancelled or are in doubt"},
	{"2", "usage or configuration error, or unusable input; nothing was sent"},
	{"3", "stopped before the end; the same command resumes it"},
	{"4", "stopped by an I/O or internal error, or because another program changed its files; "
	      "the same command resumes it"},
	{NULL, NULL}};

const struct help_pair help_ctl_exits[] = {{"0", "done"},
	{"1", "the run refused the command, or did not answer"},
	{"2", "usage error, or several live runs and no RUN given"}, {"3", "no such live run"},
	{NULL, NULL}};

const struct help_pair help_signals[] = {
	{"SIGINT (^C), SIGTERM", "First: drain (requests in flight finish) and exit 3. Second: "
				 "abort the requests in flight. Third: leave at once."},
	{"SIGUSR1, SIGUSR2, SIGXCPU",
		"Drain, even if repeated: batch systems send them before a limit."},
	{"SIGHUP", "See --on-hangup."},
	{"SIGTSTP, SIGCONT", "Suspend the dashboard, and resume it."},
	{"other signals that end a program",
		"Restore the terminal and end sluice. The same command resumes the run."},
	{NULL, NULL}};

const struct help_pair help_variables[] = {
	{"OPENAI_API_KEY, AZURE_OPENAI_API_KEY, ANTHROPIC_API_KEY, SLUICE_API_KEY",
		"API key for openai, azure, anthropic and raw, unless --key-env, --key-file or "
		"--key-command is given."},
	{"OPENAI_BASE_URL, AZURE_OPENAI_ENDPOINT, ANTHROPIC_BASE_URL",
		"Base URL, unless --url is given."},
	{"OPENAI_API_VERSION", "API version for azure, unless --api-version is given."},
	{"XDG_CONFIG_HOME", "Absolute path of the folder to use instead of ~/.config."},
	{"XDG_STATE_HOME", "Absolute path of the folder to use instead of ~/.local/state."},
	{"NO_COLOR", "If set, the dashboard uses no colour."},
	{"http_proxy, https_proxy, all_proxy, no_proxy", "Proxies, as in curl(1)."}, {NULL, NULL}};

const struct help_pair help_examples[] = {{"sluice demo", "Try sluice without a key or a network."},
	{"sluice run batch.jsonl", "Run or resume; the results are in batch.results.jsonl."},
	{"sluice run prompts.jsonl --url http://localhost:8000 -c 32",
		"Use your own server, with 32 requests in flight."},
	{"generate | sluice run - -o out.jsonl --rpm 500 --ui plain",
		"Read a pipe, send at most 500 requests a minute, show a status line."},
	{"sluice check batch.jsonl --price 0.15,0.60", "Estimate the cost."}, {NULL, NULL}};

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

void help_option_text(const struct option_row *o, enum command_id command, char *out, size_t size)
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
