/* Options of the mock API, which sluice demo has, too. */
#include "cli/option_rows.h"

#include "cli/options_shape.h"

#define FOR_SERVER (FOR_MOCK | FOR_DEMO)

/* clang-format off */
static const struct option_row rows[] = {
	/* The demo's server: 24 slots carry 46 requests a second; the window ends a second later. */
	{ .name = "port", .type = TYPE_COUNT, .arg = "N", AT(mock.port), .value = "0",
	  .max = 65535, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Port on 127.0.0.1; 0 chooses a free port." },
	{ .name = "require-key", .type = TYPE_TEXT, .arg = "TEXT", AT(mock.key), .commands = FOR_MOCK,
	  .group = GROUP_MOCK, .note = "any",
	  .help = "Answer 401 to requests without this key; do not give a real key." },
	{ .name = "models", .type = TYPE_TEXT, .arg = "NAME,...", AT(mock.models),
	  .commands = FOR_MOCK, .group = GROUP_MOCK, .note = "any",
	  .help = "Models that GET /v1/models lists; other models get 404." },
	{ .name = "latency", .type = TYPE_DURATION, .arg = "TIME", AT(mock.latency_us),
	  .value = "200ms", .demo = "130ms", .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Median time to answer." },
	{ .name = "sigma", .type = TYPE_NUMBER, .arg = "X", AT(mock.sigma), .value = "0.3",
	  .demo = "0.5", .max = 5, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Spread of the lognormal latency; 0: constant latency." },
	{ .name = "refusal-latency", .type = TYPE_DURATION, .arg = "TIME",
	  AT(mock.refusal_latency_us), .value = "5ms", .demo = "80ms", .commands = FOR_SERVER,
	  .group = GROUP_MOCK, .help = "Time until a 429 or 500 answer." },
	{ .name = "rpm", .type = TYPE_NUMBER, .arg = "N", AT(mock.rpm), .value = "off",
	  .zero = "off", .min = 0.001, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Maximum requests a minute; further ones get 429." },
	{ .name = "tpm", .type = TYPE_NUMBER, .arg = "N", AT(mock.tpm), .value = "off",
	  .zero = "off", .min = 0.001, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Maximum tokens a minute; further requests get 429." },
	{ .name = "burst", .type = TYPE_NUMBER, .arg = "N", AT(mock.burst), .value = "auto",
	  .zero = "auto", .min = 1, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Size of the request burst; auto: the requests of one second." },
	{ .name = "token-burst", .type = TYPE_NUMBER, .arg = "N", AT(mock.token_burst),
	  .value = "auto", .zero = "auto", .min = 1, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Size of the token burst; auto: the tokens of one second." },
	{ .name = "window", .type = TYPE_TEXT, .arg = "N/SECONDS", AT(mock.window),
	  .shape = shape_window, .takes = WINDOW_TAKES, .demo = "400/10", .note = "off",
	  .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Fixed window: N requests each SECONDS." },
	{ .name = "concurrency", .letter = 'c', .type = TYPE_COUNT, .arg = "N",
	  AT(mock.concurrency), .value = "off", .zero = "off", .min = 1, .max = MAX_IN_FLIGHT,
	  .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Maximum concurrent requests; further ones get 429." },
	{ .name = "slots", .type = TYPE_COUNT, .arg = "N", AT(mock.slots), .value = "off",
	  .demo = "24", .zero = "off", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_SERVER,
	  .group = GROUP_MOCK, .help = "Requests served at once, each slower the more there are; "
		  "others wait in a queue." },
	{ .name = "errors", .type = TYPE_NUMBER, .arg = "SHARE", AT(mock.errors), .value = "0",
	  .demo = "0.02", .max = 1, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Share of requests that get 500, from 0 to 1." },
	{ .name = "headers", .type = TYPE_CHOICE, .choices = "none|openai|anthropic|azure|draft6|draft7|draft8|x",
	  AT(mock.headers), .value = "openai", .demo = "none",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Rate-limit headers to send. openai: those of each API; draft6 to draft8: the "
		  "IETF's RateLimit; x: X-RateLimit." },
	{ .name = "retry-after", .type = TYPE_CHOICE, .choices = "none|seconds|ms",
	  AT(mock.retry_after), .value = "seconds", .demo = "ms",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Format of Retry-After on 429." },
	{ .name = "schedule", .type = TYPE_TEXT, .arg = "S:X,...", AT(mock.schedule),
	  .demo = "70:0.4,100:1",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Multiply the limits by X from second S on, such as 30:0.5,60:1." },
	{ .name = "outage", .type = TYPE_TEXT, .arg = "FROM:TO", AT(mock.outage), .demo = "130:142",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Answer every request with 503 between these seconds." },
	{ .name = "tokens-out", .type = TYPE_NUMBER, .arg = "N", AT(mock.tokens_out),
	  .value = "60", .demo = "90", .max = 1e6, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Mean length of an answer in tokens." },
	{ .name = "stream-rate", .type = TYPE_NUMBER, .arg = "N", AT(mock.stream_rate),
	  .value = "off", .demo = "80", .zero = "off", .min = 0.001, .commands = FOR_SERVER,
	  .group = GROUP_MOCK,
	  .help = "Tokens a second of a streamed answer, one event per token; off: six events per "
		  "answer." },
	{ .name = "stream-cut", .type = TYPE_NUMBER, .arg = "SHARE", AT(mock.stream_cut),
	  .value = "0", .max = 1, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Share of streams that end half way, from 0 to 1." },
	{ .name = "embed-max", .type = TYPE_COUNT, .arg = "N", AT(mock.embed_max),
	  .value = "off", .zero = "off", .min = 1, .max = 2047, .commands = FOR_MOCK,
	  .group = GROUP_MOCK,
	  .help = "Maximum inputs in one embeddings request; a larger request gets 413." },
	{ .name = "embed-bad", .type = TYPE_TEXT, .arg = "TEXT", AT(mock.embed_bad),
	  .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Answer 400 to embeddings requests that have this text in an input." },
	{ .name = "answers", .type = TYPE_TEXT, .arg = "FILE", AT(mock.answers),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "File of answers, one JSON object a line: {\"path\":\"/search\", \"has\":\"text "
		  "of the request\",\"body\":{...}}, or \"text\" for the model's text; also "
		  "\"status\", \"headers\", \"latency\", \"times\", \"drop\", \"finish\". sluice "
		  "uses the first match." },
	{ .name = "seed", .type = TYPE_COUNT, .arg = "N", AT(mock.seed), .value = "1", .demo = "7",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Seed of the random latencies and errors." },
};
/* clang-format on */

const struct option_rows option_rows_mock = {rows, sizeof(rows) / sizeof(rows[0])};
