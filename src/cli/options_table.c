#include "cli/options_table.h"

#include "api/pack.h"
#include "api/provider.h"
#include "base/clock.h"
#include "base/parse.h"
#include "export/columns.h"
#include "cli/options_shape.h"
#include "plan/origin_headers.h"

#define AT(member)     .offset = offsetof(struct settings, member)
#define RUN(member)    AT(run.member)
#define EXPORT(member) AT(export.member)
#define FOR_BATCH      (FOR_RUN | FOR_DEMO)
#define FOR_SENDER     (FOR_RUN | FOR_SERVE)
#define FOR_PAST       (FOR_VIEW | FOR_REPLAY)
#define FOR_SHOWN      (FOR_BATCH | FOR_PAST | FOR_ATTACH)
#define FOR_LIVE       (FOR_BATCH | FOR_ATTACH)
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
	  .help = "Results file: one line for each item that ended ok. Beside it, .errors.jsonl "
		  "holds the failed items and .journal the records that a resume needs." },
	{ .name = "format", .type = TYPE_CHOICE, .choices = "auto|openai|anthropic|body|http|csv",
	  RUN(input.format), .value = "auto", .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Format of the input lines; auto detects it for each line. csv, or a file name "
		  "that ends in .csv or .tsv, holds rows for --template or --pipeline; its first "
		  "line names the columns and shows their delimiter." },
	{ .name = "result-format", .type = TYPE_CHOICE, .choices = "openai|anthropic",
	  RUN(output.result_form), .value = "openai", .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "Form of the result lines: OpenAI's batch output, or Anthropic's batch results "
		  "(\"result\":{\"type\":\"succeeded\",\"message\":...}). A resumed run keeps its "
		  "form." },
	{ .name = "template", .type = TYPE_TEXT, .arg = "FILE", RUN(input.template),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_FILES,
	  .help = "The input's lines are rows: JSON objects that fill this JSON body. {{field}}, "
		  "{{user.name}} and {{tags.0}} become text within a string and the JSON value "
		  "outside of strings. {{line}} is the whole line if rows have no such field: of a "
		  "text file too. A row's custom_id, priority and metadata belong to its item." },
	{ .name = "pipeline", .type = TYPE_TEXT, .arg = "FILE", RUN(input.pipeline),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_RUN | FOR_CHECK,
	  .group = GROUP_FILES,
	  .help = "The input's lines are rows that go through the stages of this JSON file. Each "
		  "stage has its own request, limits and conditions. The answers of the stages are "
		  "kept: no resume pays for them again." },
	{ .name = "first", .type = TYPE_COUNT, .arg = "N", RUN(input.first), .value = "off",
	  .zero = "off", .min = 1, .max = 4e9, .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Trial: only the first N items of the input. The same run without it goes on "
		  "with the others later." },
	{ .name = "sample", .type = TYPE_TEXT, .arg = "N[,SEED]", RUN(input.sample),
	  .shape = shape_sample, .takes = "a number of items, and a seed behind a comma: 100 or "
		  "100,7", .note = "off", .commands = FOR_RUN | FOR_CHECK, .group = GROUP_FILES,
	  .help = "Trial: only N items, chosen at random from the whole input, which is read "
		  "first. One seed (1 unless given) always chooses the same; a larger N adds to "
		  "a smaller one. The same run without it goes on with the others later." },
	{ .name = "retry-failed", .type = TYPE_FLAG, RUN(output.retry_failed), .common = true,
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, queue the failed items again." },
	{ .name = "accept-changed", .type = TYPE_FLAG, RUN(output.accept_changed),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, keep the results of items whose input lines, or whose settings "
		  "that change what is sent, are others now: --template, --pipeline, --provider, "
		  "headers. Without it, and without --redo-changed, such a run is refused." },
	{ .name = "redo-changed", .type = TYPE_FLAG, RUN(output.redo_changed),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, request these items again, and pay for them again: their old "
		  "results become void. Stages of a pipeline that have not changed keep their "
		  "answers." },
	{ .name = "accept-lost", .type = TYPE_FLAG, RUN(output.accept_lost),
	  .commands = FOR_RUN, .group = GROUP_FILES,
	  .help = "When resuming, continue although the results have fewer good lines than the "
		  "last session counted, and request the missing items again. Without it sluice "
		  "asks on a terminal, and refuses the run where there is none." },
	{ .name = "json", .type = TYPE_FLAG, AT(json),
	  .commands = FOR_CHECK | FOR_REPORT, .group = GROUP_FILES,
	  .help = "Print one JSON object instead of text." },
	{ .name = "json", .type = TYPE_FLAG, AT(ctl.json), .commands = FOR_PS | FOR_CTL,
	  .group = GROUP_REACH, .help = "Print JSON instead of text, as the run gives it." },
	{ .name = "output", .letter = 'o', .type = TYPE_TEXT, .arg = "FILE", EXPORT(output),
	  .shape = shape_path, .takes = "a file name", .common = true, .commands = FOR_EXPORT,
	  .group = GROUP_FILES, .note = "standard output",
	  .help = "File to write, which appears when it is whole; only its owner can read it." },
	{ .name = "format", .type = TYPE_CHOICE, .choices = "auto|jsonl|csv|tsv|json|text",
	  EXPORT(format), .value = "auto", .common = true, .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Tables with commas or tabs for spreadsheets, an object a line, one JSON list, or "
		  "the model's texts alone. auto goes by the ending of -o, else jsonl; with --split "
		  "text." },
	{ .name = "order", .type = TYPE_CHOICE, .choices = "input|done", EXPORT(order),
	  .value = "input", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "In the order of the input lines, or in that in which the items ended." },
	{ .name = "field", .type = TYPE_LIST, .arg = "NAME=PATH", EXPORT(fields),
	  .shape = column_field_valid, .takes = "a column and where its value is, such as "
		  "role=choices.0.message.role or city=input.city", .common = true,
	  .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "A column, beside custom_id, in place of the usual ones; repeat it for more. PATH "
		  "is text, json.MEMBER of a text that is JSON, input.MEMBER of the row, state, "
		  "model, error, tokens_in, stages.NAME and so on, or a member of the answer's body "
		  "as in --expect." },
	{ .name = "with-input", .type = TYPE_FLAG, EXPORT(with_input), .common = true,
	  .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Join each answer to its input line: the members of the row become columns of a "
		  "table, the line the member input of an object." },
	{ .name = "state", .type = TYPE_CHOICE, .choices = "ok|failed|all", EXPORT(state),
	  .value = "ok", .common = true, .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Which items: those that are ok, those that failed or were cancelled, or both." },
	{ .name = "split", .type = TYPE_TEXT, .arg = "DIR", EXPORT(split), .shape = shape_path,
	  .takes = "the name of a folder", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .help = "Write a file for each item into DIR, named after its id: its text, or its object "
		  "with --format json." },
	{ .name = "input", .type = TYPE_TEXT, .arg = "FILE", EXPORT(input), .shape = shape_path,
	  .takes = "a file name", .commands = FOR_EXPORT, .group = GROUP_FILES,
	  .note = "the run's own",
	  .help = "The input, when it has moved, was a pipe, or another tool made the results." },
	{ .name = "input", .type = TYPE_TEXT, .arg = "FILE", AT(view_input), .shape = shape_path,
	  .takes = "a file name", .common = true, .commands = FOR_PAST, .group = GROUP_FILES,
	  .note = "the run's own",
	  .help = "The input, when it is neither where it was nor beside the results." },
	{ .name = "at", .type = TYPE_TEXT, .arg = "TIME", AT(replay_at), .common = true,
	  .takes = "a time such as 14:03, -10m or 50%", .commands = FOR_REPLAY,
	  .group = GROUP_FILES, .note = "the start",
	  .help = "The moment to begin with: 14:03 or 2026-01-31 14:03 (local time), -10m before the "
		  "end, 10m after the start, or 50%. It stands still there." },
	{ .name = "force", .type = TYPE_FLAG, EXPORT(force), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Replace files that exist. The files of the run and its input are never "
		  "replaced." },
	{ .name = "bom", .type = TYPE_FLAG, EXPORT(bom), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Begin a table with a byte order mark, which Excel needs when it opens a file "
		  "with letters that are not ASCII by a double click." },
	{ .name = "no-guard", .type = TYPE_FLAG, EXPORT(no_guard), .commands = FOR_EXPORT,
	  .group = GROUP_FILES,
	  .help = "Leave cells of a table that a spreadsheet would take for formulas as they are, "
		  "without an apostrophe before them." },
	{ .name = "items", .type = TYPE_COUNT, .arg = "N", AT(demo_items), .value = "5000",
	  .min = 1, .max = 10e6, .commands = FOR_DEMO, .group = GROUP_FILES,
	  .help = "Length of the sample batch." },

	{ .name = "data", .type = TYPE_TEXT, .arg = "DIR", AT(serve.data), .shape = shape_path,
	  .takes = "the name of a folder", .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Folder of the files and batches; it is made when it is missing. What is in it is "
		  "all that the service knows: after a stop or a crash the same command goes on." },
	{ .name = "listen", .type = TYPE_LIST, .arg = "ADDR|unix:PATH", AT(serve.listen),
	  .shape = shape_listen, .takes = "a port, an address and a port such as 127.0.0.1:8080, or "
		  "unix:PATH", .commands = FOR_SERVE, .group = GROUP_SERVE, .note = "127.0.0.1:8080",
	  .help = "Address to serve on; may be repeated. Port 0 takes a free one. Sockets that "
		  "systemd passes on are used in its place." },
	{ .name = "default-model", .type = TYPE_TEXT, .arg = "NAME", AT(serve.default_model),
	  .shape = shape_path, .takes = "the name of a model", .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .note = "none",
	  .help = "Model of the requests whose body names none." },
	{ .name = "ask-models", DURATION_TAKES, AT(serve.ask_models_us), .value = "5m",
	  .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "How often endpoints without models= are asked for their GET /v1/models, by "
		  "which lines go to them; off: never, and any model may go to any of them." },
	{ .name = "batch-window", DURATION_TAKES, AT(serve.window_us), .value = "off",
	  .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Time after which a batch expires; off: as its completion_window says." },
	{ .name = "batches-at-once", .type = TYPE_COUNT, .arg = "N", AT(serve.at_once),
	  .value = "16", .min = 1, .max = 256, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Batches that send at the same time, by fair turns; others wait in line. One in "
		  "four places is left to batches of at most 10,000 lines." },
	{ .name = "max-open-batches", .type = TYPE_COUNT, .arg = "N", AT(serve.open_max),
	  .value = "off", .zero = "off", .min = 1, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Batches that have not ended; more are answered 429." },
	{ .name = "max-lines", .type = TYPE_COUNT, .arg = "N", AT(serve.lines_max), .value = "off",
	  .zero = "off", .min = 1, .max = 4e9, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Requests of a batch; one with more fails with too_many_tasks." },
	{ .name = "max-upload", .type = TYPE_BYTES, .arg = "BYTES", AT(serve.upload_max),
	  .value = "512M", .min = 1024, .max = 0x1p40, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Bytes of a file; larger ones are answered 413." },
	{ .name = "max-request", .type = TYPE_BYTES, .arg = "BYTES", AT(serve.request_max),
	  .value = "64M", .min = 1024, .max = 0x1p28, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Bytes of one request, a line of a file or one of a list; larger ones are "
		  "answered 413." },
	{ .name = "max-disk", .type = TYPE_BYTES, .arg = "BYTES", AT(serve.disk_max),
	  .value = "0", .zero = "off", .max = 0x1p50, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Bytes of all files and batches, with their ledgers; uploads and creates "
		  "beyond are answered 413. A batch that runs is not stopped by it. 0: what the "
		  "disk has." },
	{ .name = "max-connections", .type = TYPE_COUNT, .arg = "N", AT(serve.connections),
	  .value = "1000", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .help = "Connections to each address at once; more wait." },
	{ .name = "max-live", .type = TYPE_COUNT, .arg = "N", AT(serve.live_max),
	  .value = "1000", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_SERVE,
	  .group = GROUP_SERVE,
	  .help = "Live calls that wait for their turn; more get 429 and a Retry-After." },
	{ .name = "live-wait", DURATION_TAKES, AT(serve.live_wait_us), .value = "60s",
	  .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "How long a live call waits for its turn or another attempt before it gets 429; "
		  "off: as long as its client does." },
	{ .name = "keep", DURATION_TAKES, AT(serve.keep_us), .value = "720h",
	  .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "How long files are kept after their making, unless they say otherwise, and "
		  "batches after their window." },
	{ .name = "tls-cert", .type = TYPE_TEXT, .arg = "FILE", AT(serve.tls_cert),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .note = "none",
	  .help = "Certificate (PEM, with those between it and its root): TCP addresses speak HTTPS." },
	{ .name = "tls-key", .type = TYPE_TEXT, .arg = "FILE", AT(serve.tls_key),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .note = "none", .help = "Its key (PEM, not encrypted)." },
	{ .name = "public-url", .type = TYPE_TEXT, .arg = "URL", AT(serve.public_url),
	  .shape = shape_url, .takes = "an address that starts with http:// or https://",
	  .commands = FOR_SERVE, .group = GROUP_SERVE, .note = "as clients address it",
	  .help = "Address of the service behind a reverse proxy, for the links that it gives." },
	{ .name = "cors-origin", .type = TYPE_LIST, .arg = "ORIGIN", AT(serve.cors),
	  .shape = shape_url, .takes = "an origin such as https://app.example.com",
	  .commands = FOR_SERVE, .group = GROUP_SERVE, .note = "none",
	  .help = "Web pages of this origin may use the service; may be repeated. Those of others are "
		  "answered 403." },
	{ .name = "token-file", .type = TYPE_TEXT, .arg = "FILE", AT(serve.token_file),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .note = "none",
	  .help = "Who may use the service: lines of NAME:HASH, each with weight=, rpm=, tpm= and "
		  "usd= (a day) of that client, if it has limits. Each token sees its own files "
		  "and batches only. Without it the service listens only where no other machine gets." },
	{ .name = "new-token", .type = TYPE_TEXT, .arg = "NAME", AT(serve.new_token),
	  .shape = shape_name, .takes = "a name of letters, digits, _, - and .",
	  .commands = FOR_SERVE, .group = GROUP_SERVE, .note = "none",
	  .help = "Make a token, add its hash to --token-file, print it and exit." },
	{ .name = "log-format", .type = TYPE_CHOICE, .choices = "text|json", AT(serve.log_format),
	  .value = "text", .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Form of the log on stderr: a line for each request and each change of a batch." },

	{ .name = "url", .type = TYPE_TEXT, .arg = "URL", RUN(target.url), .shape = shape_url,
	  .takes = "an address that starts with http:// or https:// and holds no #", .secret = true,
	  .common = true, .commands = FOR_SENDER | FOR_CHECK, .group = GROUP_API,
	  .note = "OPENAI_BASE_URL, else the provider's",
	  .help = "Base URL, with or without /v1 at its end." },
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
	  .help = "File that holds the API key in its first line. While the server refuses the key "
		  "(401), the run waits and reads the file every second for another one." },
	{ .name = "key-command", .type = TYPE_TEXT, .arg = "CMD", RUN(target.key_command),
	  .shape = shape_path, .takes = "a command for sh", .secret = true, .commands = FOR_RUN,
	  .group = GROUP_API,
	  .help = "Command that prints the API key. It runs once before the start, and again, at "
		  "most once a minute, when the server refuses the key (401); the run waits "
		  "meanwhile. In a run it has no terminal and 30 seconds." },
	{ .name = "header", .letter = 'H', .type = TYPE_LIST, .arg = "'K: V'", RUN(request.headers),
	  .shape = shape_header, .takes = "one header line, 'Name: value'", .secret = true,
	  .commands = FOR_SENDER, .group = GROUP_API,
	  .help = "Extra header for every request; may be repeated. Other users of the machine can "
		  "see command lines: give keys with --key-env or --key-file. Secret headers are "
		  "sent only to the origins of the run's endpoints." },
	{ .name = "header-for", .type = TYPE_LIST, .arg = "'ORIGIN K: V'", RUN(request.headers_for),
	  .shape = origin_header_valid, .takes = "an origin and a header line, "
		  "'https://host Name: value'", .secret = true, .commands = FOR_SENDER,
	  .group = GROUP_API,
	  .help = "Extra header for requests to this origin only, such as the key of another "
		  "service that input lines address by a full URL; may be repeated." },

	{ .name = "endpoint", .type = TYPE_LIST, .arg = "NAME=URL,...", RUN(endpoints.options),
	  .shape = shape_endpoint, .takes = "NAME=URL and members such as key-env=VAR,weight=2, "
		  "separated by commas", .secret = true, .commands = FOR_SENDER | FOR_CHECK,
	  .group = GROUP_API,
	  .help = "One of several endpoints instead of --url; repeat it for each. Members: "
		  "key-env, key-file, key-command, provider, api-version, weight (0: only as a fallback), rpm, "
		  "tpm, concurrency, max-concurrency, models=A,B (the endpoint gets the items of "
		  "these models, and no others), fallback=NAME (gets the items that this endpoint "
		  "refuses, and its work while it is held). Endpoints share the work by weight and "
		  "free capacity. A line with \"endpoint\":\"NAME\" goes to that endpoint only." },
	{ .name = "stream", .type = TYPE_FLAG, RUN(request.stream), .demo = "true", .common = true,
	  .commands = FOR_SENDER, .group = GROUP_API,
	  .help = "Request streamed answers where the API supports them; the results are the same "
		  "as without. A line with \"stream\":false is sent unchanged." },
	{ .name = "cache", .type = TYPE_TEXT, .arg = "DIR", RUN(cache.folder), .shape = shape_path,
	  .takes = "the name of a folder", .commands = FOR_SENDER, .group = GROUP_API,
	  .help = "Cache good answers in DIR, which runs may share, and reuse them in later runs "
		  "for requests with the same method, URL, headers and body, without a request or "
		  "cost. Keys and tokens in headers are neither compared nor stored." },
	{ .name = "dedupe", .type = TYPE_FLAG, RUN(cache.dedupe), .commands = FOR_SENDER,
	  .group = GROUP_API,
	  .help = "Send identical requests of this run only once." },
	{ .name = "allow-http", .type = TYPE_FLAG, RUN(request.allow_http), .commands = FOR_SENDER,
	  .group = GROUP_API,
	  .help = "Allow sending the key to an http:// URL of another machine, where the network "
		  "can read it." },

	{ .name = "concurrency", .letter = 'c', .type = TYPE_COUNT, .arg = "N|auto",
	  RUN(limits.concurrency), .value = "auto", .zero = "auto", .min = 1, .max = MAX_IN_FLIGHT,
	  .common = true, .commands = FOR_BATCH | FOR_SERVE, .group = GROUP_PACE,
	  .help = "Attempts in flight at once." },
	{ .name = "max-concurrency", .type = TYPE_COUNT, .arg = "N", RUN(limits.max_concurrency),
	  .value = "256", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_BATCH | FOR_SERVE,
	  .group = GROUP_PACE, .help = "Ceiling for auto." },
	{ .name = "rpm", .type = TYPE_NUMBER, .arg = "N", RUN(limits.rpm), .value = "off",
	  .zero = "off", .min = 0.001, .common = true, .commands = FOR_SENDER, .group = GROUP_PACE,
	  .help = "At most this many requests a minute; spaced evenly, without bursts, once the "
		  "server refuses some below the limit." },
	{ .name = "tpm", .type = TYPE_NUMBER, .arg = "N", RUN(limits.tpm), .value = "off",
	  .zero = "off", .min = 0.001, .common = true, .commands = FOR_SENDER, .group = GROUP_PACE,
	  .help = "At most this many tokens a minute; likewise." },
	{ .name = "window", .type = TYPE_TEXT, .arg = "N/SECONDS", RUN(limits.window),
	  .shape = shape_window, .takes = WINDOW_TAKES, .note = "off", .commands = FOR_SENDER,
	  .group = GROUP_PACE, .help = "At most N requests within any SECONDS; likewise." },
	{ .name = "pace", .type = TYPE_CHOICE, .choices = "auto|aimd|fixed", RUN(limits.pace),
	  .value = "auto", .commands = FOR_BATCH | FOR_SERVE, .group = GROUP_PACE,
	  .help = "auto finds the server's limit on requests, tokens, a window or concurrency, and "
		  "stays below the limits given; aimd is the classic *1.1 and *0.5; fixed uses "
		  "only the limits given, and 64 in flight without -c." },
	{ .name = "explain-pace", .type = TYPE_FLAG, RUN(limits.explain),
	  .commands = FOR_BATCH | FOR_SERVE,
	  .group = GROUP_PACE,
	  .help = "Log each decision of the controller as a line with the change, the observation "
		  "and its interpretation: in the log, the journal and with --ui plain on "
		  "stderr." },

	{ .name = "pack", .type = TYPE_COUNT, .arg = "N", RUN(pack.items), .value = "off",
	  .zero = "off", .min = 1, .max = PACK_MAX, .commands = FOR_SENDER, .group = GROUP_PACE,
	  .help = "Send up to N embeddings in one request: items, or rows at a stage of "
		  "--pipeline, with one text each whose bodies are otherwise equal. Each keeps its "
		  "own result line; a refused request is split until a bad item is alone." },
	{ .name = "pack-tokens", .type = TYPE_COUNT, .arg = "N", RUN(pack.tokens),
	  .value = "100000", .min = 1, .max = 1e9, .commands = FOR_SENDER, .group = GROUP_PACE,
	  .help = "At most about this many tokens in a packed request, and at most a sixth of "
		  "--tpm." },

	{ .name = "max-attempts", .type = TYPE_COUNT, .arg = "N", RUN(retry.max_attempts),
	  .value = "5", .min = 1, .max = 255, .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "An item fails after N failed attempts. Refusals for a rate limit do not count: "
		  "429, with --pace auto also 503, 529 and reset connections while other requests "
		  "are answered." },
	{ .name = "stop-on-errors", .type = TYPE_TEXT, .arg = "N|N%", RUN(retry.stop_on_errors),
	  .shape = shape_stop_on_errors, .takes = "a number of items, or a share such as 10%",
	  .note = "off", .commands = FOR_RUN, .group = GROUP_RETRY,
	  .help = "Drain the run once N items have failed in this session, or N % of the items "
		  "that ended, when 50 have; exit code 3." },
	{ .name = "on-doubt", .type = TYPE_CHOICE, .choices = "keep|retry", RUN(retry.on_doubt),
	  .value = "keep", .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Answers in doubt may belong to other requests, because their connection carried "
		  "more answers than requests. keep: keep them and name their items. retry: "
		  "request them again once, those of earlier sessions included." },
	{ .name = "expect", .type = TYPE_LIST, .arg = "json|text|PATH=VALUE", RUN(retry.expects),
	  .shape = shape_expect,
	  .takes = "json, text, nonempty or PATH=VALUE such as finish_reason=stop",
	  .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Condition of a good answer; repeat it for more. json: the text is JSON, "
		  "or the answer calls tools. text: it has text, whether it calls tools or not. "
		  "finish_reason=stop: the model finished; the same words serve all APIs. "
		  "PATH=VALUE: a member of the body, such as choices.0.message.role=assistant. Any "
		  "other answer is a bad_response." },
	{ .name = "expect-nonempty", .type = TYPE_FLAG, RUN(retry.expect_nonempty),
	  .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "An answer without text that calls no tools is a bad_response." },
	{ .name = "expect-attempts", .type = TYPE_COUNT, .arg = "N", RUN(retry.expect_attempts),
	  .value = "3", .min = 1, .max = 15, .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "An item fails after N answers that fail --expect, if N is below --max-attempts; "
		  "other failures do not count." },
	{ .name = "timeout", DURATION_TAKES, RUN(request.timeout_us), .value = "600s",
	  .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Time for a whole attempt, written as 500ms, 30s or 2m." },
	{ .name = "connect-timeout", DURATION_TAKES, RUN(request.connect_timeout_us),
	  .value = "10s", .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Time to connect, TLS included." },
	{ .name = "first-byte-timeout", DURATION_TAKES, RUN(request.first_byte_timeout_us),
	  .value = "off", .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Time from sending the request to the first byte of the answer." },
	{ .name = "idle-timeout", DURATION_TAKES, RUN(request.idle_timeout_us), .value = "60s",
	  .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Time without a byte of the answer." },
	{ .name = "max-response", .type = TYPE_BYTES, .arg = "BYTES", RUN(request.max_response),
	  .value = "64M", .min = 1024, .max = 0x1p32, .commands = FOR_SENDER, .group = GROUP_RETRY,
	  .help = "Larger answers fail as too_large." },

	{ .name = "budget-tokens", .type = TYPE_COUNT, .arg = "N", RUN(budget.tokens),
	  .value = "off", .zero = "off", .min = 1, .commands = FOR_RUN, .group = GROUP_BUDGET,
	  .help = "Drain after spending this many tokens; a dashboard asks first." },
	{ .name = "budget-usd", .type = TYPE_NUMBER, .arg = "X", RUN(budget.usd), .value = "off",
	  .zero = "off", .min = 1e-6, .commands = FOR_RUN, .group = GROUP_BUDGET,
	  .help = "The same for dollars, by --price or by costs that the answers "
		  "state." },
	{ .name = "price", .type = TYPE_LIST, .arg = "[MODEL=]IN,OUT[,CACHED[,CACHE_WRITE]]",
	  RUN(budget.price), .shape = shape_price,
	  .takes = "dollars per million tokens such as 0.15,0.60 or gpt-4o=2.5,10,1.25",
	  .commands = FOR_SENDER | FOR_CHECK, .group = GROUP_BUDGET,
	  .help = "Dollars per million tokens in and out, of input that the provider's cache had and "
		  "of input written to it (as IN unless given); repeat it for each model. Without "
		  "MODEL or with *: all other models. A price is also that of the model's "
		  "versions, such as gpt-4o-2024-08-06 for gpt-4o. A cost that an answer or a "
		  "gateway states wins." },

	{ .name = "ui", .type = TYPE_CHOICE, .choices = "auto|tui|plain|json|none", AT(ui.mode),
	  .value = "auto", .common = true, .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "The dashboard (tui), a status line on stderr at least 5 s apart (plain), one "
		  "metrics object a second on stderr (json), or nothing. auto: the dashboard when "
		  "stdin and stderr are a terminal, else plain." },
	{ .name = "ui", .type = TYPE_CHOICE, .choices = "auto|tui|plain|json|none", AT(ui.mode),
	  .value = "auto", .common = true, .commands = FOR_PAST, .group = GROUP_SCREEN,
	  .help = "The dashboard (tui), or once on stderr: log and summary (plain), a metrics object "
		  "(json), or nothing. auto: the dashboard when stdin and stderr are a terminal, else "
		  "plain." },
	{ .name = "theme", .type = TYPE_TEXT, .arg = "NAME|FILE", AT(ui.theme), .shape = shape_path,
	  .takes = "the name of a theme or a theme file", .commands = FOR_SHOWN,
	  .group = GROUP_SCREEN, .help = "Colours of the dashboard." },
	{ .name = "glyphs", .type = TYPE_CHOICE, .choices = "auto|braille|block|ascii",
	  AT(ui.glyphs), .value = "auto", .commands = FOR_SHOWN, .group = GROUP_SCREEN,
	  .help = "Characters of the plots; auto depends on the locale." },
	{ .name = "notify", .type = TYPE_CHOICE, .choices = "all|bell|title|off", AT(ui.notify),
	  .value = "all", .commands = FOR_LIVE, .group = GROUP_SCREEN,
	  .help = "How the dashboard tells that the run ended, is held for more than a minute or "
		  "waits for you: the window's title, a bell and a message of the terminal (all); "
		  "title and bell; the title, which always shows the progress; nothing." },
	{ .name = "quiet", .type = TYPE_FLAG, AT(ui.quiet), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN, .help = "No title, bell and message: --notify off." },
	{ .name = "exit", .type = TYPE_FLAG, AT(ui.exit), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN,
	  .help = "Leave the dashboard when all items have ended; without it, it stays for you to "
		  "look around and retry." },
	{ .name = "detach", .type = TYPE_FLAG, AT(ui.detach), .commands = FOR_RUN,
	  .group = GROUP_SCREEN,
	  .help = "Start the run as a process of its own, without terminal and dashboard, and print "
		  "its name, pid, socket and the command that shows it as a line of JSON once it has "
		  "begun. sluice exits then, or with 2 when it cannot begin." },
	{ .name = "read-only", .type = TYPE_FLAG, RUN(read_only), .commands = FOR_LIVE,
	  .group = GROUP_SCREEN, .help = "Only watch: no key changes the run." },
	{ .name = "on-hangup", .type = TYPE_CHOICE, .choices = "continue|drain", RUN(on_hangup),
	  .value = "continue", .commands = FOR_BATCH, .group = GROUP_SCREEN,
	  .help = "Reaction to a closed terminal: the run goes on without it, or drains. What the "
		  "run itself paused for is drained after a minute without anybody." },

	{ .name = "control", .type = TYPE_TEXT, .arg = "PATH|off", AT(reach.control),
	  .shape = shape_path, .takes = "the path of a socket, or off",
	  .commands = FOR_BATCH | FOR_SERVE,
	  .group = GROUP_REACH, .note = "a socket in the folder of runs",
	  .help = "Control socket, over which sluice ctl and other programs of this user read and "
		  "steer the run or service by HTTP. The folder of runs is $XDG_STATE_HOME/sluice/run, else "
		  "~/.local/state/sluice/run." },
	{ .name = "name", .type = TYPE_TEXT, .arg = "NAME", AT(reach.name), .shape = shape_run_name,
	  .takes = "letters, digits, '.', '_' and '-', at most 64 bytes; no number, which is a pid, "
		  "and no word of sluice ctl", .commands = FOR_BATCH | FOR_SERVE, .group = GROUP_REACH,
	  .note = "RESULTS without .results.jsonl or .jsonl; DIR of a service",
	  .help = "Name in sluice ps and ctl; with -2 and so on while another run has "
		  "it." },
	{ .name = "all", .letter = 'a', .type = TYPE_FLAG, AT(ctl.all), .commands = FOR_PS,
	  .group = GROUP_REACH,
	  .help = "List the runs that ended within the last 7 days, too, 50 at most." },
	{ .name = "dry-run", .type = TYPE_FLAG, AT(ctl.dry_run), .commands = FOR_CTL,
	  .group = GROUP_REACH,
	  .help = "Only say how many items a command on many items would change." },
	{ .name = "follow", .letter = 'f', .type = TYPE_FLAG, AT(ctl.follow), .commands = FOR_CTL,
	  .group = GROUP_REACH,
	  .help = "events: print those to come, too, until the run ends." },
	{ .name = "content", .type = TYPE_FLAG, AT(ctl.content), .commands = FOR_CTL,
	  .group = GROUP_REACH, .help = "item: with the request and the answer." },
	{ .name = "limit", .type = TYPE_COUNT, .arg = "N|all", AT(ctl.limit), .value = "100",
	  .zero = "all", .min = 1, .max = 1e12, .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "items: at most this many." },
	{ .name = "offset", .type = TYPE_COUNT, .arg = "N", AT(ctl.offset), .value = "0",
	  .max = 1e12, .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "items: without the first N." },
	{ .name = "sort", .type = TYPE_TEXT, .arg = "FIELD", AT(ctl.sort), .note = "line",
	  .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "items: their order, by a word of filters such as latency, or by ended." },
	{ .name = "descending", .type = TYPE_FLAG, AT(ctl.descending), .commands = FOR_CTL,
	  .group = GROUP_REACH, .help = "items: the last first." },
	{ .name = "facts", .type = TYPE_FLAG, AT(ctl.facts), .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "items: with latency, tokens, cost, finish reason and first words." },
	{ .name = "active", .type = TYPE_FLAG, AT(ctl.active), .commands = FOR_CTL,
	  .group = GROUP_REACH,
	  .help = "items: those in flight, the oldest first, then those that wait, by the time "
		  "of their next attempt." },
	{ .name = "timeout", .type = TYPE_DURATION, .arg = "TIME", AT(ctl.timeout_us),
	  .value = "5s", .min = SHORTEST_US, .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "Give the run up when it does not answer anything for so long." },
	{ .name = "timeout", .type = TYPE_DURATION, .arg = "TIME", AT(ctl.timeout_us),
	  .value = "2s", .min = SHORTEST_US, .commands = FOR_PS, .group = GROUP_REACH,
	  .help = "List a run as UNREACHABLE that does not answer for so long." },
	{ .name = "metrics-listen", .type = TYPE_TEXT, .arg = "[ADDRESS:]PORT", AT(reach.metrics),
	  .shape = shape_address, .takes = "a port, or an address and a port such as "
		  "127.0.0.1:9464 or [::1]:9464", .commands = FOR_BATCH | FOR_SERVE,
	  .group = GROUP_REACH,
	  .note = "off",
	  .help = "Serve /metrics for Prometheus and /healthz over TCP; on the loopback interface "
		  "unless an address is given. Whoever reaches the port can read them." },

	/* The demo's server: 24 slots carry 46 requests a second; the window ends a second later. */
	{ .name = "port", .type = TYPE_COUNT, .arg = "N", AT(mock.port), .value = "0",
	  .max = 65535, .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Port on 127.0.0.1; 0 takes a free one." },
	{ .name = "require-key", .type = TYPE_TEXT, .arg = "TEXT", AT(mock.key), .commands = FOR_MOCK,
	  .group = GROUP_MOCK, .note = "any",
	  .help = "Answer 401 to requests without this key; do not use a real one." },
	{ .name = "models", .type = TYPE_TEXT, .arg = "NAME,...", AT(mock.models),
	  .commands = FOR_MOCK, .group = GROUP_MOCK, .note = "any",
	  .help = "Models that GET /v1/models lists; others are answered 404." },
	{ .name = "latency", .type = TYPE_DURATION, .arg = "TIME", AT(mock.latency_us),
	  .value = "200ms", .demo = "130ms", .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Median time to answer." },
	{ .name = "sigma", .type = TYPE_NUMBER, .arg = "X", AT(mock.sigma), .value = "0.3",
	  .demo = "0.5", .max = 5, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Spread of the lognormal latency; 0 is constant." },
	{ .name = "refusal-latency", .type = TYPE_DURATION, .arg = "TIME",
	  AT(mock.refusal_latency_us), .value = "5ms", .demo = "80ms", .commands = FOR_SERVER,
	  .group = GROUP_MOCK, .help = "Time until an answer 429 or 500." },
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
	  .help = "Concurrent requests; more are answered 429." },
	{ .name = "slots", .type = TYPE_COUNT, .arg = "N", AT(mock.slots), .value = "off",
	  .demo = "24", .zero = "off", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_SERVER,
	  .group = GROUP_MOCK, .help = "Requests served at once, slower the more there are; others "
		  "wait in a queue." },
	{ .name = "errors", .type = TYPE_NUMBER, .arg = "SHARE", AT(mock.errors), .value = "0",
	  .demo = "0.02", .max = 1, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Share of requests answered 500, 0 to 1." },
	{ .name = "headers", .type = TYPE_CHOICE, .choices = "none|openai|anthropic|azure|draft6|draft7|draft8|x",
	  AT(mock.headers), .value = "openai", .demo = "none",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Family of rate limit headers to send; openai is each API's own, draft6 to draft8 are the IETF's "
		  "RateLimit, x is X-RateLimit." },
	{ .name = "retry-after", .type = TYPE_CHOICE, .choices = "none|seconds|ms",
	  AT(mock.retry_after), .value = "seconds", .demo = "ms",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Form of Retry-After on 429." },
	{ .name = "schedule", .type = TYPE_TEXT, .arg = "S:X,...", AT(mock.schedule),
	  .demo = "70:0.4,100:1",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "From second S on the limits are X times as high: 30:0.5,60:1." },
	{ .name = "outage", .type = TYPE_TEXT, .arg = "FROM:TO", AT(mock.outage), .demo = "130:142",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Answer everything 503 between these seconds." },
	{ .name = "tokens-out", .type = TYPE_NUMBER, .arg = "N", AT(mock.tokens_out),
	  .value = "60", .demo = "90", .max = 1e6, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Mean length of an answer in tokens." },
	{ .name = "stream-rate", .type = TYPE_NUMBER, .arg = "N", AT(mock.stream_rate),
	  .value = "off", .demo = "80", .zero = "off", .min = 0.001, .commands = FOR_SERVER,
	  .group = GROUP_MOCK,
	  .help = "Tokens a second of a streamed answer, one event each; off sends six events." },
	{ .name = "stream-cut", .type = TYPE_NUMBER, .arg = "SHARE", AT(mock.stream_cut),
	  .value = "0", .max = 1, .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "Share of streams that are cut off half way, 0 to 1." },
	{ .name = "embed-max", .type = TYPE_COUNT, .arg = "N", AT(mock.embed_max),
	  .value = "off", .zero = "off", .min = 1, .max = 2047, .commands = FOR_MOCK,
	  .group = GROUP_MOCK,
	  .help = "Inputs in one embeddings request; more are answered 413." },
	{ .name = "embed-bad", .type = TYPE_TEXT, .arg = "TEXT", AT(mock.embed_bad),
	  .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Answer 400 to embeddings requests with this text in an input." },
	{ .name = "answers", .type = TYPE_TEXT, .arg = "FILE", AT(mock.answers),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_MOCK, .group = GROUP_MOCK,
	  .help = "Answers from this file, one JSON object a line: {\"path\":\"/search\", "
		  "\"has\":\"text of the request\",\"body\":{...}}, or \"text\" for the text of a "
		  "model; also \"status\", \"headers\", \"latency\", \"times\", \"drop\", \"finish\". "
		  "The first match is used." },
	{ .name = "seed", .type = TYPE_COUNT, .arg = "N", AT(mock.seed), .value = "1", .demo = "7",
	  .commands = FOR_SERVER, .group = GROUP_MOCK,
	  .help = "The same seed draws the same latencies and errors." },

	{ .name = "on-end", .type = TYPE_TEXT, .arg = "COMMAND", RUN(hooks.on_end),
	  .shape = shape_command, .takes = "a shell command", .secret = true,
	  .commands = FOR_BATCH, .group = GROUP_OTHER,
	  .help = "Run this shell command when the run has ended, however it did, and its files are "
		  "complete. It reads the snapshot of --ui json on its standard input; SLUICE_HOOK is "
		  "end, SLUICE_RESULTS the results file, SLUICE_EXIT_CODE the exit code. It has no "
		  "terminal and no key, and is killed after 30 s." },
	{ .name = "on-hold", .type = TYPE_TEXT, .arg = "COMMAND", RUN(hooks.on_hold),
	  .shape = shape_command, .takes = "a shell command", .secret = true,
	  .commands = FOR_BATCH, .group = GROUP_OTHER,
	  .help = "The same when the run is held for 10 s or longer: the server holds all endpoints, "
		  "the disk is full, or the run paused itself. Once for each hold; SLUICE_HOOK is "
		  "hold. A call while the last one still runs is dropped." },
	{ .name = "config", .type = TYPE_TEXT, .arg = "FILE", AT(config), .shape = shape_path,
	  .takes = "a file name", .note = "~/.config/sluice/config", .commands = FOR_ALL,
	  .group = GROUP_OTHER,
	  .help = "Configuration file: [run], [demo] and so on hold options of that command as "
		  "NAME = VALUE, [endpoint NAME] the members of --endpoint, [ui] and [keys] theme, "
		  "glyphs and keys of the dashboard. The command line wins; --NAME=false turns an "
		  "option of the file off." },
	{ .name = "print-config", .type = TYPE_FLAG, AT(print_config), .commands = FOR_ALL,
	  .group = GROUP_OTHER,
	  .help = "Print the effective options as a configuration file, with the file and line of "
		  "each, and exit. Values that may be secret are masked." },
	{ .name = "help", .letter = 'h', .type = TYPE_HELP, .commands = FOR_ALL,
	  .group = GROUP_OTHER, .common = true,
	  .help = "This text; after a command, its options." },
	{ .name = "version", .type = TYPE_VERSION, .commands = FOR_ALL, .group = GROUP_OTHER,
	  .common = true, .help = "The version." },
};
/* clang-format on */

const struct option_row *option_table(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

const char *option_default(const struct option_row *o, enum command_id command)
{
	return command == COMMAND_DEMO && o->demo ? o->demo : o->value;
}
