/* Options of sluice serve, and of the ways to reach a run or a service. */
#include "cli/option_rows.h"

#include "cli/options_shape.h"

/* clang-format off */
static const struct option_row rows[] = {
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

	{ .name = "json", .type = TYPE_FLAG, AT(ctl.json), .commands = FOR_PS | FOR_CTL,
	  .group = GROUP_REACH, .help = "Print JSON instead of text, as the run gives it." },
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
};
/* clang-format on */

const struct option_rows option_rows_service = {rows, sizeof(rows) / sizeof(rows[0])};
