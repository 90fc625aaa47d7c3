/* Options of what is sent: the API, the pace, retries and the budget. */
#include "cli/option_rows.h"

#include "api/pack.h"
#include "api/provider.h"
#include "base/parse.h"
#include "cli/options_shape.h"
#include "plan/origin_headers.h"

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "url", .type = TYPE_TEXT, .arg = "URL", RUN(target.url), .shape = shape_url,
	  .takes = "an address that starts with http:// or https:// and holds no #", .secret = true,
	  .common = true, .commands = FOR_SENDER | FOR_CHECK, .group = GROUP_API,
	  .note = "OPENAI_BASE_URL, else the provider's",
	  .help = "Base URL, with or without a final /v1." },
	{ .name = "provider", .type = TYPE_WORD, .choices = "auto|openai|azure|anthropic|raw",
	  RUN(target.provider), .value = "auto", .common = true, .commands = FOR_SENDER | FOR_CHECK,
	  .group = GROUP_API,
	  .help = "Provider of the API; auto detects it from the URL, else from the input's first "
		  "line." },
	{ .name = "api-version", .type = TYPE_TEXT, .arg = "VERSION", RUN(target.api_version),
	  .shape = provider_version_valid, .takes = "a version such as 2024-10-21 or preview",
	  .commands = FOR_SENDER | FOR_CHECK, .group = GROUP_API,
	  .note = "OPENAI_API_VERSION, else 2024-10-21",
	  .help = "Version of Azure OpenAI's API: a date for deployments, preview for its v1 "
		  "API." },
	{ .name = "key-env", .type = TYPE_TEXT, .arg = "NAME", RUN(target.key_env),
	  .shape = parse_is_variable, .takes = "the name of a variable, never the key itself",
	  .secret = true, .common = true, .commands = FOR_SENDER, .group = GROUP_API,
	  .note = "the provider's usual variable",
	  .help = "Environment variable that holds the API key." },
	{ .name = "key-file", .type = TYPE_TEXT, .arg = "FILE", RUN(target.key_file),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_SENDER, .group = GROUP_API,
	  .help = "File whose first line is the API key. When the server rejects the key (401), "
		  "the run waits and rereads the file every second until it has a new key." },
	{ .name = "key-command", .type = TYPE_TEXT, .arg = "CMD", RUN(target.key_command),
	  .shape = shape_path, .takes = "a command for sh", .secret = true, .commands = FOR_RUN,
	  .group = GROUP_API,
	  .help = "Shell command that prints the API key. It runs once before the start. When the "
		  "server rejects the key (401), the run waits and repeats the command, at most "
		  "once a minute. During a run the command has no terminal and 30 seconds." },
	{ .name = "header", .letter = 'H', .type = TYPE_LIST, .arg = "'K: V'", RUN(request.headers),
	  .shape = shape_header, .takes = "one header line, 'Name: value'", .secret = true,
	  .commands = FOR_SENDER, .group = GROUP_API,
	  .help = "Extra header for every request; may be repeated. Give keys with --key-env or "
		  "--key-file: other users of this machine can see command lines. Secret headers "
		  "are sent only to the origins of the run's endpoints." },
	{ .name = "header-for", .type = TYPE_LIST, .arg = "'ORIGIN K: V'", RUN(request.headers_for),
	  .shape = origin_header_valid, .takes = "an origin and a header line, "
		  "'https://host Name: value'", .secret = true, .commands = FOR_SENDER,
	  .group = GROUP_API,
	  .help = "Extra header for requests to this origin only, for example the key of a service "
		  "that input lines address by a full URL; may be repeated." },
	{ .name = "endpoint", .type = TYPE_LIST, .arg = "NAME=URL,...", RUN(endpoints.options),
	  .shape = shape_endpoint, .takes = "NAME=URL and members such as key-env=VAR,weight=2, "
		  "separated by commas", .secret = true, .commands = FOR_SENDER | FOR_CHECK,
	  .group = GROUP_API,
	  .help = "One of several endpoints, instead of --url; repeat it for each. Members: "
		  "key-env, key-file, key-command, provider, api-version, weight (0: only as a "
		  "fallback), rpm, tpm, concurrency, max-concurrency, models=A,B (takes the items "
		  "of these models and no others), fallback=NAME (takes the items that this "
		  "endpoint refuses, and its work while it is held). Endpoints share the work by "
		  "weight and free capacity. A line with \"endpoint\":\"NAME\" goes to that "
		  "endpoint only." },
	{ .name = "stream", .type = TYPE_FLAG, RUN(request.stream), .demo = "true", .common = true,
	  .commands = FOR_SENDER, .group = GROUP_API,
	  .help = "Request streamed answers where the API supports them. The results are the same "
		  "as without --stream. A line with \"stream\":false is sent unchanged." },
	{ .name = "cache", .type = TYPE_TEXT, .arg = "DIR", RUN(cache.folder), .shape = shape_path,
	  .takes = "the name of a folder", .commands = FOR_SENDER, .group = GROUP_API,
	  .help = "Cache good answers in DIR and reuse them at no cost for later requests with the "
		  "same method, URL, headers and body. Several runs may share DIR. sluice neither "
		  "compares nor stores keys and tokens in headers." },
	{ .name = "dedupe", .type = TYPE_FLAG, RUN(cache.dedupe), .commands = FOR_SENDER,
	  .group = GROUP_API,
	  .help = "Send identical requests of this run only once." },
	{ .name = "allow-http", .type = TYPE_FLAG, RUN(request.allow_http), .commands = FOR_SENDER,
	  .group = GROUP_API,
	  .help = "Allow sending the key unencrypted to an http:// URL of another machine." },

	{ .name = "concurrency", .letter = 'c', .type = TYPE_COUNT, .arg = "N|auto",
	  RUN(limits.concurrency), .value = "auto", .zero = "auto", .min = 1, .max = MAX_IN_FLIGHT,
	  .common = true, .commands = FOR_BATCH | FOR_SERVE, .group = GROUP_PACE,
	  .help = "Requests in flight at once." },
	{ .name = "max-concurrency", .type = TYPE_COUNT, .arg = "N", RUN(limits.max_concurrency),
	  .value = "256", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_BATCH | FOR_SERVE,
	  .group = GROUP_PACE, .help = "Maximum that auto may reach." },
	{ .name = "rpm", .type = TYPE_NUMBER, .arg = "N", RUN(limits.rpm), .value = "off",
	  .zero = "off", .min = 0.001, .common = true, .commands = FOR_SENDER, .group = GROUP_PACE,
	  .help = "Maximum requests a minute. If the server refuses requests below this limit, "
		  "sluice spaces them evenly." },
	{ .name = "tpm", .type = TYPE_NUMBER, .arg = "N", RUN(limits.tpm), .value = "off",
	  .zero = "off", .min = 0.001, .common = true, .commands = FOR_SENDER, .group = GROUP_PACE,
	  .help = "Maximum tokens a minute, spaced in the same way." },
	{ .name = "window", .type = TYPE_TEXT, .arg = "N/SECONDS", RUN(limits.window),
	  .shape = shape_window, .takes = WINDOW_TAKES, .note = "off", .commands = FOR_SENDER,
	  .group = GROUP_PACE, .help = "At most N requests within any SECONDS, spaced in the same "
	  	"way." },
	{ .name = "pace", .type = TYPE_CHOICE, .choices = "auto|aimd|fixed", RUN(limits.pace),
	  .value = "auto", .commands = FOR_BATCH | FOR_SERVE, .group = GROUP_PACE,
	  .help = "Pace control. auto: find the server's limit on requests, tokens, a window or "
		  "concurrency, within the limits you set. aimd: additive increase, multiplicative "
		  "decrease (*1.1, *0.5). fixed: use only the limits you set, and 64 in flight "
		  "without -c." },
	{ .name = "explain-pace", .type = TYPE_FLAG, RUN(limits.explain),
	  .commands = FOR_BATCH | FOR_SERVE,
	  .group = GROUP_PACE,
	  .help = "Log each decision of the pace controller: the change, the observation and its "
		  "interpretation. The lines go to the log and the journal, and with --ui plain to "
		  "stderr." },
	{ .name = "pack", .type = TYPE_COUNT, .arg = "N", RUN(pack.items), .value = "off",
	  .zero = "off", .min = 1, .max = PACK_MAX, .commands = FOR_SENDER, .group = GROUP_PACE,
	  .help = "Send up to N embedding items (or rows at a stage of --pipeline) in one request, "
		  "if each has one text and their bodies are otherwise equal. Each item keeps its "
		  "own result line. If the server refuses the request, sluice splits it until the "
		  "bad item is alone." },
	{ .name = "pack-tokens", .type = TYPE_COUNT, .arg = "N", RUN(pack.tokens),
	  .value = "100000", .min = 1, .max = 1e9, .commands = FOR_SENDER, .group = GROUP_PACE,
	  .help = "Maximum tokens in a packed request, estimated; also at most a sixth of --tpm." },

	{ .name = "max-attempts", .type = TYPE_COUNT, .arg = "N", RUN(retry.max_attempts),
	  .value = "5", .min = 1, .max = 255, .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "An item fails after N failed attempts. Rate-limit refusals do not count: 429, "
		  "and with --pace auto also 503, 529 and reset connections while other requests "
		  "succeed." },
	{ .name = "stop-on-errors", .type = TYPE_TEXT, .arg = "N|N%", RUN(retry.stop_on_errors),
	  .shape = shape_stop_on_errors, .takes = "a number of items, or a share such as 10%",
	  .note = "off", .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "Drain the run after N items have failed in this session, or N % of the ended "
		  "items (once 50 have ended); exit code 3." },
	{ .name = "on-doubt", .type = TYPE_CHOICE, .choices = "keep|retry", RUN(retry.on_doubt),
	  .value = "keep", .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Answers in doubt came over a connection that carried more answers than "
		  "requests, so they may belong to other requests. keep: keep them and report "
		  "their items. retry: request them once more, also those of earlier sessions." },
	{ .name = "expect", .type = TYPE_LIST, .arg = "json|text|PATH=VALUE", RUN(retry.expects),
	  .shape = shape_expect,
	  .takes = "json, text, nonempty or PATH=VALUE such as finish_reason=stop",
	  .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Condition of a good answer; may be repeated. json: the text is JSON, or the "
		  "answer calls tools. text: the answer has text, even if it calls tools. "
		  "finish_reason=stop: the model finished (the same word for all APIs). "
		  "PATH=VALUE: a member of the body, such as choices.0.message.role=assistant. An "
		  "answer that fails a condition counts as bad_response." },
	{ .name = "expect-nonempty", .type = TYPE_FLAG, RUN(retry.expect_nonempty),
	  .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Count an answer with neither text nor tool calls as bad_response." },
	{ .name = "expect-attempts", .type = TYPE_COUNT, .arg = "N", RUN(retry.expect_attempts),
	  .value = "3", .min = 1, .max = 15, .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Give an item up after N answers that fail --expect; other failures do not "
		  "count. Only values below --max-attempts have an effect." },
	{ .name = "timeout", DURATION_TAKES, RUN(request.timeout_us), .value = "600s",
	  .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Maximum time of an attempt, such as 500ms, 30s or 2m." },
	{ .name = "connect-timeout", DURATION_TAKES, RUN(request.connect_timeout_us),
	  .value = "10s", .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Maximum time to connect, TLS included." },
	{ .name = "first-byte-timeout", DURATION_TAKES, RUN(request.first_byte_timeout_us),
	  .value = "off", .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Maximum time from sending the request to the first byte of the answer." },
	{ .name = "idle-timeout", DURATION_TAKES, RUN(request.idle_timeout_us), .value = "60s",
	  .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Maximum time between two bytes of the answer; keep-alive comments of a stream "
		  "count." },
	{ .name = "max-response", .type = TYPE_BYTES, .arg = "BYTES", RUN(request.max_response),
	  .value = "64M", .min = 1024, .max = 0x1p32, .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Maximum size of an answer; a larger one fails as too_large." },

	{ .name = "budget-tokens", .type = TYPE_COUNT, .arg = "N", RUN(budget.tokens),
	  .value = "off", .zero = "off", .min = 1, .commands = FOR_RUN, .group = GROUP_BUDGET,
	  .help = "Drain the run after it has used N tokens; the dashboard asks first." },
	{ .name = "budget-usd", .type = TYPE_NUMBER, .arg = "X", RUN(budget.usd), .value = "off",
	  .zero = "off", .min = 1e-6, .commands = FOR_RUN, .group = GROUP_BUDGET,
	  .help = "Drain the run after it has cost X dollars, by --price or by the costs that "
		  "answers state; the dashboard asks first." },
	{ .name = "price", .type = TYPE_LIST, .arg = "[MODEL=]IN,OUT[,CACHED[,CACHE_WRITE]]",
	  RUN(budget.price), .shape = shape_price,
	  .takes = "dollars per million tokens such as 0.15,0.60 or gpt-4o=2.5,10,1.25",
	  .commands = FOR_SENDER | FOR_CHECK, .group = GROUP_BUDGET,
	  .help = "Dollars per million tokens: input, output, input read from the provider's "
		  "cache, input written to it (the last two default to IN). May be repeated for "
		  "each model; without MODEL, or with *, the price of all other models. A price "
		  "also applies to versions of the model, such as gpt-4o-2024-08-06 for gpt-4o. A "
		  "cost that an answer or a gateway states overrides it." },
};
/* clang-format on */

const struct option_rows option_rows_sending = {rows, sizeof(rows) / sizeof(rows[0])};
