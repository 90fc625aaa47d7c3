#include "cli/options_table.h"

#include "api/pack.h"
#include "api/provider.h"
#include "base/clock.h"
#include "base/parse.h"
#include "cli/options_shape.h"
#include "plan/origin_headers.h"

#define AT(member)     .offset = offsetof(struct settings, member)
#define RUN(member)    AT(run.member)
#define FOR_BATCH      (FOR_RUN | FOR_DEMO)
#define FOR_SERVER     (FOR_MOCK | FOR_DEMO)
#define MAX_IN_FLIGHT  100000
#define WINDOW_TAKES   "requests and seconds as N/SECONDS, such as 100/10"
#define SHORTEST_US    ((double)US_PER_MS)
#define DURATION_TAKES .type = TYPE_DURATION, .arg = "TIME", .zero = "off", .min = SHORTEST_US

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "output", .letter = 'o', .type = TYPE_TEXT, .arg = "FILE", RUN(output.results),
	  .shape = shape_path, .takes = "a file name", .common = true,
	  .commands = FOR_RUN, .group = GROUP_FILES, .note = "INPUT with .results.jsonl",
	  .help = "Results, one line for each item that ended ok. Its neighbours .errors.jsonl and "
		  ".journal hold what failed and what a later run needs to resume." },
	{ .name = "format", .type = TYPE_CHOICE, .choices = "auto|openai|anthropic|body|http|csv",
	  RUN(input.format), .value = "auto", .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Form of the input lines; auto finds it line by line. csv, or a name "
		  "that ends in .csv, has rows for --template, named by its first line." },
	{ .name = "template", .type = TYPE_TEXT, .arg = "FILE", RUN(input.template),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_FILES,
	  .help = "The input's lines are rows: JSON objects that fill this JSON body. {{field}}, "
		  "{{user.name}} or {{tags.0}} within a string become text, outside of strings the "
		  "JSON value. custom_id, priority and metadata of a row are the item's." },
	{ .name = "pipeline", .type = TYPE_TEXT, .arg = "FILE", RUN(input.pipeline),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_FILES,
	  .help = "The input's lines are rows that go through the stages of this JSON file, each "
		  "with a request, limits and conditions of its own. What a stage answered is kept: "
		  "no resume pays for it again." },
	{ .name = "retry-failed", .type = TYPE_FLAG, RUN(output.retry_failed), .common = true,
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, queue the items that failed again." },
	{ .name = "accept-changed", .type = TYPE_FLAG, RUN(output.accept_changed),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, leave items that ended as they are although their lines in the "
		  "input changed; without it such a run is refused." },
	{ .name = "accept-lost", .type = TYPE_FLAG, RUN(output.accept_lost),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, go on although the results have fewer good lines than the last "
		  "session counted: their items are asked again. Without it a terminal is asked, "
		  "and a run without one is refused." },
	{ .name = "json", .type = TYPE_FLAG, AT(json),
	  .commands = FOR_CHECK | FOR_REPORT, .group = GROUP_FILES,
	  .help = "Print one JSON object in place of text." },
	{ .name = "items", .type = TYPE_COUNT, .arg = "N", AT(demo_items), .value = "1500",
	  .min = 1, .max = 10e6, .commands = FOR_DEMO, .group = GROUP_FILES,
	  .help = "Length of the sample batch." },

	{ .name = "url", .type = TYPE_TEXT, .arg = "URL", RUN(target.url), .shape = shape_url,
	  .takes = "an address that starts with http:// or https:// and holds no #", .secret = true,
	  .common = true, .commands = FOR_RUN | FOR_CHECK, .group = GROUP_API,
	  .note = "OPENAI_BASE_URL, else the provider's",
	  .help = "Base URL. A /v1 at its end is not doubled." },
	{ .name = "provider", .type = TYPE_WORD, .choices = "auto|openai|azure|anthropic|raw",
	  RUN(target.provider), .value = "auto", .common = true, .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_API,
	  .help = "Whose API it is; auto goes by the address, else by the input's first line." },
	{ .name = "api-version", .type = TYPE_TEXT, .arg = "VERSION", RUN(target.api_version),
	  .shape = provider_version_valid, .takes = "a version such as 2024-10-21 or preview",
	  .commands = FOR_RUN | FOR_CHECK, .group = GROUP_API,
	  .note = "OPENAI_API_VERSION, else 2024-10-21",
	  .help = "Of Azure OpenAI: a date for deployments, preview for its v1 API." },
	{ .name = "key-env", .type = TYPE_TEXT, .arg = "NAME", RUN(target.key_env),
	  .shape = parse_is_variable, .takes = "the name of a variable, never the key itself",
	  .secret = true, .common = true, .commands = FOR_RUN, .group = GROUP_API,
	  .note = "the provider's usual variable",
	  .help = "Environment variable that holds the API key." },
	{ .name = "key-file", .type = TYPE_TEXT, .arg = "FILE", RUN(target.key_file),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN, .group = GROUP_API,
	  .help = "File that holds the API key." },
	{ .name = "header", .letter = 'H', .type = TYPE_LIST, .arg = "'K: V'", RUN(request.headers),
	  .shape = shape_header, .takes = "one header line, 'Name: value'", .secret = true,
	  .commands = FOR_RUN, .group = GROUP_API,
	  .help = "Extra header for every request; may be repeated. Other users of the machine see "
		  "command lines: give keys with --key-env or --key-file. Secrets among them go to "
		  "the origins of the run's endpoints only." },
	{ .name = "header-for", .type = TYPE_LIST, .arg = "'ORIGIN K: V'", RUN(request.headers_for),
	  .shape = origin_header_valid, .takes = "an origin and a header line, "
		  "'https://host Name: value'", .secret = true, .commands = FOR_RUN,
	  .group = GROUP_API,
	  .help = "Extra header for requests to this origin alone, such as the key of another "
		  "service that lines name by a whole URL; may be repeated." },

	{ .name = "endpoint", .type = TYPE_LIST, .arg = "NAME=URL,...", RUN(endpoints.options),
	  .shape = shape_endpoint, .takes = "NAME=URL and members such as key-env=VAR,weight=2, "
		  "parted by commas", .secret = true, .commands = FOR_RUN, .group = GROUP_API,
	  .help = "One of several endpoints in place of --url; repeat it for each. Members: "
		  "key-env, key-file, provider, api-version, weight (0: only as a fallback), rpm, tpm, "
		  "concurrency, max-concurrency, fallback=NAME (takes what this one refuses, and its "
		  "work while it is held). Work goes where there is room, by weight." },
	{ .name = "stream", .type = TYPE_FLAG, RUN(request.stream), .common = true,
	  .commands = FOR_RUN, .group = GROUP_API,
	  .help = "Ask for streamed answers where the API has them; results are as without. A line "
		  "that says \"stream\":false is sent as it is." },
	{ .name = "cache", .type = TYPE_TEXT, .arg = "DIR", RUN(cache.folder), .shape = shape_path,
	  .takes = "the name of a folder", .commands = FOR_RUN, .group = GROUP_API,
	  .help = "Keep good answers in DIR, which runs may share, and give them to requests with "
		  "the same method, URL, headers and body in later runs: without a request, rate or "
		  "cost. Keys and tokens in headers do not count and are not stored." },
	{ .name = "dedupe", .type = TYPE_FLAG, RUN(cache.dedupe), .commands = FOR_RUN,
	  .group = GROUP_API,
	  .help = "Lines of the run that ask the same share one answer." },
	{ .name = "allow-http", .type = TYPE_FLAG, RUN(request.allow_http), .commands = FOR_RUN,
	  .group = GROUP_API,
	  .help = "Let the key go to an http:// URL of another machine, where the network can read "
		  "it." },

	{ .name = "concurrency", .letter = 'c', .type = TYPE_COUNT, .arg = "N|auto",
	  RUN(limits.concurrency), .value = "auto", .zero = "auto", .min = 1, .max = MAX_IN_FLIGHT,
	  .common = true, .commands = FOR_BATCH, .group = GROUP_PACE,
	  .help = "Attempts in flight at once." },
	{ .name = "max-concurrency", .type = TYPE_COUNT, .arg = "N", RUN(limits.max_concurrency),
	  .value = "256", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_BATCH,
	  .group = GROUP_PACE, .help = "Ceiling for auto." },
	{ .name = "rpm", .type = TYPE_NUMBER, .arg = "N", RUN(limits.rpm), .value = "off",
	  .zero = "off", .min = 0.001, .common = true, .commands = FOR_RUN, .group = GROUP_PACE,
	  .help = "At most this many requests a minute; evenly, without bursts, once the server "
		  "refuses them all the same." },
	{ .name = "tpm", .type = TYPE_NUMBER, .arg = "N", RUN(limits.tpm), .value = "off",
	  .zero = "off", .min = 0.001, .common = true, .commands = FOR_RUN, .group = GROUP_PACE,
	  .help = "At most this many tokens a minute; likewise." },
	{ .name = "window", .type = TYPE_TEXT, .arg = "N/SECONDS", RUN(limits.window),
	  .shape = shape_window, .takes = WINDOW_TAKES, .note = "off", .commands = FOR_RUN,
	  .group = GROUP_PACE, .help = "At most N requests within any SECONDS; likewise." },
	{ .name = "pace", .type = TYPE_CHOICE, .choices = "auto|aimd|fixed", RUN(limits.pace),
	  .value = "auto", .commands = FOR_BATCH, .group = GROUP_PACE,
	  .help = "auto finds the server's limit of requests, tokens, a window or requests at once "
		  "and stays below those given; aimd is the classic *1.1 and *0.5; fixed keeps to "
		  "those given, 64 in flight without -c." },
	{ .name = "explain-pace", .type = TYPE_FLAG, RUN(limits.explain), .commands = FOR_BATCH,
	  .group = GROUP_PACE,
	  .help = "Tell each decision of the pace as a line: what was changed, what was seen, what "
		  "it is taken for; in the log, the journal and with --ui plain on stderr." },

	{ .name = "pack", .type = TYPE_COUNT, .arg = "N", RUN(pack.items), .value = "off",
	  .zero = "off", .min = 1, .max = PACK_MAX, .commands = FOR_RUN, .group = GROUP_PACE,
	  .help = "Send up to N embeddings in one request: items, or rows at a stage of "
		  "--pipeline, with one text each whose bodies are alike but for it. Each keeps a "
		  "result of its own; what is refused is split until a bad item is alone." },
	{ .name = "pack-tokens", .type = TYPE_COUNT, .arg = "N", RUN(pack.tokens),
	  .value = "100000", .min = 1, .max = 1e9, .commands = FOR_RUN, .group = GROUP_PACE,
	  .help = "At most about this many tokens in such a request; with --tpm a sixth of that, "
		  "if it is less." },

	{ .name = "max-attempts", .type = TYPE_COUNT, .arg = "N", RUN(retry.max_attempts),
	  .value = "5", .min = 1, .max = 255, .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "Attempts that may fail until the item does. What a limit refuses does not count: "
		  "429, with --pace auto also 503, 529 and connections reset while others are "
		  "answered." },
	{ .name = "on-doubt", .type = TYPE_CHOICE, .choices = "keep|retry", RUN(retry.on_doubt),
	  .value = "keep", .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "What becomes of answers that may be those of other requests, since their "
		  "connection brought more than was asked for. keep: they stay, and are named. "
		  "retry: they are asked again once, also those of earlier sessions." },
	{ .name = "expect", .type = TYPE_LIST, .arg = "json|PATH=VALUE", RUN(retry.expects),
	  .shape = shape_expect, .takes = "json, nonempty or PATH=VALUE such as finish_reason=stop",
	  .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "What a good answer must be; repeat it for more. json: its text is JSON. "
		  "finish_reason=stop: the model came to its end, in these words for all APIs. "
		  "PATH=VALUE: a member of the body, as choices.0.message.role=assistant. "
		  "Others are bad_response." },
	{ .name = "expect-nonempty", .type = TYPE_FLAG, RUN(retry.expect_nonempty),
	  .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "An answer without text is bad_response." },
	{ .name = "expect-attempts", .type = TYPE_COUNT, .arg = "N", RUN(retry.expect_attempts),
	  .value = "3", .min = 1, .max = 15, .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "Answers to an item that may be other than expected until it fails, if fewer "
		  "than --max-attempts; other failures do not count." },
	{ .name = "timeout", DURATION_TAKES, RUN(request.timeout_us), .value = "600s",
	  .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "For a whole attempt. Times are written 500ms, 30s or 2m." },
	{ .name = "connect-timeout", DURATION_TAKES, RUN(request.connect_timeout_us),
	  .value = "10s", .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "Until connected, TLS included." },
	{ .name = "first-byte-timeout", DURATION_TAKES, RUN(request.first_byte_timeout_us),
	  .value = "off", .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "From sending to the answer's first byte." },
	{ .name = "idle-timeout", DURATION_TAKES, RUN(request.idle_timeout_us), .value = "60s",
	  .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "Between two pieces of an answer." },
	{ .name = "max-response", .type = TYPE_BYTES, .arg = "BYTES", RUN(request.max_response),
	  .value = "64M", .min = 1024, .max = 0x1p32, .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "Larger answers fail as too_large." },

	{ .name = "budget-tokens", .type = TYPE_COUNT, .arg = "N", RUN(budget.tokens),
	  .value = "off", .zero = "off", .min = 1, .commands = FOR_RUN, .group = GROUP_BUDGET,
	  .help = "Drain when this many tokens are spent." },
	{ .name = "budget-usd", .type = TYPE_NUMBER, .arg = "X", RUN(budget.usd), .value = "off",
	  .zero = "off", .min = 1e-6, .commands = FOR_RUN, .group = GROUP_BUDGET,
	  .help = "Drain when this many dollars are spent; needs --price." },
	{ .name = "price", .type = TYPE_TEXT, .arg = "IN,OUT", RUN(budget.price),
	  .shape = shape_price, .takes = "dollars per million tokens in and out, such as 0.15,0.60",
	  .commands = FOR_RUN | FOR_CHECK, .group = GROUP_BUDGET,
	  .help = "Dollars per million tokens in and out." },

	{ .name = "ui", .type = TYPE_CHOICE, .choices = "auto|tui|plain|json|none", AT(ui.mode),
	  .value = "auto", .common = true, .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "The dashboard (tui), a status line on stderr at least 5 s apart (plain), one "
		  "metrics object a second on stderr (json), or nothing. auto: the dashboard when "
		  "stdin and stderr are a terminal, else plain." },
	{ .name = "theme", .type = TYPE_TEXT, .arg = "NAME|FILE", AT(ui.theme), .shape = shape_path,
	  .takes = "the name of a theme or a theme file", .commands = FOR_BATCH,
	  .group = GROUP_SCREEN, .help = "Colours of the dashboard." },
	{ .name = "glyphs", .type = TYPE_CHOICE, .choices = "auto|braille|block|ascii",
	  AT(ui.glyphs), .value = "auto", .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "Characters of the plots; auto goes by the locale." },
	{ .name = "read-only", .type = TYPE_FLAG, RUN(read_only), .commands = FOR_BATCH,
	  .group = GROUP_SCREEN, .help = "Watch only: keys change nothing in the run." },
	{ .name = "on-hangup", .type = TYPE_CHOICE, .choices = "continue|drain", RUN(on_hangup),
	  .value = "continue", .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "What a run does when the terminal goes away; a paused one is drained." },

	/* The demo's server: 24 slots carry about 46 requests a second, and the window is used up a
	 * second before its end. A request bucket would show less: whoever holds the concurrency
	 * gets two refusals for each answer from it. */
	{ .name = "port", .type = TYPE_COUNT, .arg = "N", AT(mock.port), .value = "0",
	  .max = 65535, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Port on 127.0.0.1; 0 takes a free one." },
	{ .name = "require-key", .type = TYPE_TEXT, .arg = "TEXT", AT(mock.key), .commands = FOR_MOCK,
	  .group = GROUP_MOCK, .note = "any",
	  .help = "Answer 401 to requests without this key; not a place for a real one." },
	{ .name = "latency", .type = TYPE_DURATION, .arg = "TIME", AT(mock.latency_us),
	  .value = "200ms", .demo = "130ms", .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Median time to answer." },
	{ .name = "sigma", .type = TYPE_NUMBER, .arg = "X", AT(mock.sigma), .value = "0.3",
	  .demo = "0.5", .max = 5, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Spread of the lognormal latency; 0 is constant." },
	{ .name = "refusal-latency", .type = TYPE_DURATION, .arg = "TIME",
	  AT(mock.refusal_latency_us), .value = "5ms", .demo = "80ms", .commands = FOR_SERVER,
	  .group = GROUP_MOCK, .help = "Time to answer 429 or 500." },
	{ .name = "rpm", .type = TYPE_NUMBER, .arg = "N", AT(mock.rpm), .value = "off",
	  .zero = "off", .min = 0.001, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Requests a minute; more are answered 429." },
	{ .name = "tpm", .type = TYPE_NUMBER, .arg = "N", AT(mock.tpm), .value = "off",
	  .zero = "off", .min = 0.001, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Tokens a minute; more are answered 429." },
	{ .name = "burst", .type = TYPE_NUMBER, .arg = "N", AT(mock.burst), .value = "auto",
	  .zero = "auto", .min = 1, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Requests at once; auto is one second's worth." },
	{ .name = "token-burst", .type = TYPE_NUMBER, .arg = "N", AT(mock.token_burst),
	  .value = "auto", .zero = "auto", .min = 1, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Tokens at once; auto is one second's worth." },
	{ .name = "window", .type = TYPE_TEXT, .arg = "N/SECONDS", AT(mock.window),
	  .shape = shape_window, .takes = WINDOW_TAKES, .demo = "400/10", .note = "off",
	  .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Fixed window: N requests each SECONDS." },
	{ .name = "concurrency", .letter = 'c', .type = TYPE_COUNT, .arg = "N",
	  AT(mock.concurrency), .value = "off", .zero = "off", .min = 1, .max = MAX_IN_FLIGHT,
	  .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Requests at once before 429." },
	{ .name = "slots", .type = TYPE_COUNT, .arg = "N", AT(mock.slots), .value = "off",
	  .demo = "24", .zero = "off", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_SERVER,
	  .group = GROUP_MOCK, .help = "Requests served at once, the slower the more of them; others wait their turn." },
	{ .name = "errors", .type = TYPE_NUMBER, .arg = "SHARE", AT(mock.errors), .value = "0",
	  .demo = "0.02", .max = 1, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Share of requests answered 500, 0 to 1." },
	{ .name = "headers", .type = TYPE_CHOICE, .choices = "none|openai|anthropic|azure|draft6|draft7|draft8|x",
	  AT(mock.headers), .value = "openai", .demo = "none",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Whose rate limit headers to send; draft6 to draft8 are the IETF's RateLimit, x is X-RateLimit." },
	{ .name = "retry-after", .type = TYPE_CHOICE, .choices = "none|seconds|ms",
	  AT(mock.retry_after), .value = "seconds", .demo = "ms",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Form of Retry-After on 429." },
	{ .name = "schedule", .type = TYPE_TEXT, .arg = "S:X,...", AT(mock.schedule),
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "From second S on the limits are X times as high: 30:0.5,60:1." },
	{ .name = "outage", .type = TYPE_TEXT, .arg = "FROM:TO", AT(mock.outage),
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Answer everything 503 between these seconds." },
	{ .name = "tokens-out", .type = TYPE_NUMBER, .arg = "N", AT(mock.tokens_out),
	  .value = "60", .demo = "90", .max = 1e6, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Mean length of an answer in tokens." },
	{ .name = "stream-rate", .type = TYPE_NUMBER, .arg = "N", AT(mock.stream_rate),
	  .value = "off", .zero = "off", .min = 0.001, .commands = FOR_SERVER,
	  .group = GROUP_MOCK,
	  .help = "Tokens a second of a streamed answer, an event each; off sends six pieces." },
	{ .name = "stream-cut", .type = TYPE_NUMBER, .arg = "SHARE", AT(mock.stream_cut),
	  .value = "0", .max = 1, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Share of streams whose connection breaks half way, 0 to 1." },
	{ .name = "embed-max", .type = TYPE_COUNT, .arg = "N", AT(mock.embed_max),
	  .value = "off", .zero = "off", .min = 1, .max = 2047, .commands = FOR_MOCK,
	  .group = GROUP_MOCK,
	  .help = "Inputs of one embeddings request; more are answered 413." },
	{ .name = "embed-bad", .type = TYPE_TEXT, .arg = "TEXT", AT(mock.embed_bad),
	  .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Answer 400 to an embeddings request one of whose inputs holds this text." },
	{ .name = "answers", .type = TYPE_TEXT, .arg = "FILE", AT(mock.answers),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Answer what this file tells, one JSON object a line: {\"path\":\"/search\", "
		  "\"has\":\"text of the request\",\"body\":{...}}, or \"text\" for what the model "
		  "says. The first that fits counts." },
	{ .name = "seed", .type = TYPE_COUNT, .arg = "N", AT(mock.seed), .value = "1", .demo = "7",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "The same seed draws the same latencies and errors." },

	{ .name = "config", .type = TYPE_TEXT, .arg = "FILE", AT(config), .shape = shape_path,
	  .takes = "a file name", .note = "~/.config/sluice/config", .commands = FOR_ALL,
	  .group = GROUP_OTHER,
	  .help = "Configuration: [run], [demo] and so on hold options of that command as "
		  "NAME = VALUE, [endpoint NAME] what --endpoint takes, [ui] and [keys] theme, glyphs "
		  "and keys of the dashboard. The command line wins; --NAME=false takes back what the "
		  "file switches on." },
	{ .name = "print-config", .type = TYPE_FLAG, AT(print_config), .commands = FOR_ALL,
	  .group = GROUP_OTHER,
	  .help = "Print the options in the form of the configuration file, with the file and line "
		  "each is from, and do nothing. What can hold a secret is not shown." },
	{ .name = "help", .letter = 'h', .type = TYPE_HELP, .commands = FOR_ALL,
	  .group = GROUP_OTHER, .common = true,
	  .help = "This text; after a command, its options." },
	{ .name = "version", .type = TYPE_VERSION, .commands = FOR_ALL, .group = GROUP_OTHER,
	  .common = true, .help = "The version." },
};

static const struct command_row commands[COMMAND_COUNT] = {
	[COMMAND_RUN] = { "run", "INPUT", offsetof(struct settings, run.input.path),
		"sluice run INPUT [-o RESULTS] [options]",
		"Run or resume a batch. INPUT is a JSONL file or - for standard input. The same "
		"command again goes on where the last one stopped." },
	[COMMAND_DEMO] = { "demo", NULL, 0, "sluice demo [options]",
		"Run a sample batch against the built-in mock API: no key, no network." },
	[COMMAND_MOCK] = { "mock", NULL, 0, "sluice mock [options]",
		"Serve the mock API alone and print its URL." },
	[COMMAND_CHECK] = { "check", "INPUT", offsetof(struct settings, run.input.path),
		"sluice check INPUT [options]",
		"Check an input without sending anything: counts, duplicate ids, bad lines, "
		"estimated tokens and cost." },
	[COMMAND_REPORT] = { "report", "RESULTS", offsetof(struct settings, report_results),
		"sluice report RESULTS [options]",
		"Sum up a finished or interrupted run from its files." },
};
/* clang-format on */

const struct option_row *option_table(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

const struct command_row *command_row(enum command_id id)
{
	return &commands[id];
}

const char *option_default(const struct option_row *o, enum command_id command)
{
	return command == COMMAND_DEMO && o->demo ? o->demo : o->value;
}
