/* Options of sluice serve, and of the ways to reach a run or a service. */
#include "cli/option_rows.h"

#include "cli/options_shape.h"

/* clang-format off */
static const struct option_row rows[] = {
	{ .name = "data", .type = TYPE_TEXT, .arg = "DIR", AT(serve.data), .shape = shape_path,
	  .takes = "the name of a folder", .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Folder of the files and batches; sluice creates it if it is missing. It holds "
		  "the whole state of the service: after a stop or a crash, the same command "
		  "continues." },
	{ .name = "listen", .type = TYPE_LIST, .arg = "ADDR|unix:PATH", AT(serve.listen),
	  .shape = shape_listen, .takes = "a port, an address and a port such as 127.0.0.1:8080, or "
		  "unix:PATH", .commands = FOR_SERVE, .group = GROUP_SERVE, .note = "127.0.0.1:8080",
	  .help = "Address to listen on; may be repeated. Port 0 chooses a free port. Sockets from "
		  "systemd override it." },
	{ .name = "default-model", .type = TYPE_TEXT, .arg = "NAME", AT(serve.default_model),
	  .shape = shape_path, .takes = "the name of a model", .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .note = "none",
	  .help = "Model for requests that name none." },
	{ .name = "ask-models", DURATION_TAKES, AT(serve.ask_models_us), .value = "5m",
	  .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "How often sluice asks endpoints without models= for their list (GET "
		  "/v1/models), which decides the lines they get. off: never ask; any model may go "
		  "to any of them." },
	{ .name = "batch-window", DURATION_TAKES, AT(serve.window_us), .value = "off",
	  .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Time after which a batch expires; off: its completion_window decides." },
	{ .name = "batches-at-once", .type = TYPE_COUNT, .arg = "N", AT(serve.at_once),
	  .value = "16", .min = 1, .max = 256, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Batches that send at the same time, in fair turns; others wait in a queue. A "
		  "quarter of the places is reserved for batches of at most 10,000 lines." },
	{ .name = "max-open-batches", .type = TYPE_COUNT, .arg = "N", AT(serve.open_max),
	  .value = "off", .zero = "off", .min = 1, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Maximum batches that have not ended; a further one gets 429." },
	{ .name = "max-lines", .type = TYPE_COUNT, .arg = "N", AT(serve.lines_max), .value = "off",
	  .zero = "off", .min = 1, .max = 4e9, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Maximum requests of a batch; a larger batch fails with too_many_tasks." },
	{ .name = "max-upload", .type = TYPE_BYTES, .arg = "BYTES", AT(serve.upload_max),
	  .value = "512M", .min = 1024, .max = 0x1p40, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Maximum size of a file; a larger one gets 413." },
	{ .name = "max-request", .type = TYPE_BYTES, .arg = "BYTES", AT(serve.request_max),
	  .value = "64M", .min = 1024, .max = 0x1p28, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Maximum size of one request: a line of a file, or an element of a list; a "
		  "larger one gets 413." },
	{ .name = "max-disk", .type = TYPE_BYTES, .arg = "BYTES", AT(serve.disk_max),
	  .value = "0", .zero = "off", .max = 0x1p50, .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Maximum size of all files and batches with their ledgers; uploads and new "
		  "batches beyond it get 413. Running batches continue. 0: no limit but the disk." },
	{ .name = "max-connections", .type = TYPE_COUNT, .arg = "N", AT(serve.connections),
	  .value = "1000", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .help = "Maximum connections to each address at once; further ones "
	  	"wait." },
	{ .name = "max-live", .type = TYPE_COUNT, .arg = "N", AT(serve.live_max),
	  .value = "1000", .min = 1, .max = MAX_IN_FLIGHT, .commands = FOR_SERVE,
	  .group = GROUP_SERVE,
	  .help = "Maximum live calls that wait for their turn; further ones get 429 with "
		  "Retry-After." },
	{ .name = "live-wait", DURATION_TAKES, AT(serve.live_wait_us), .value = "60s",
	  .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "How long a live call waits for its turn or for another attempt before it gets "
		  "429; off: as long as its client waits." },
	{ .name = "keep", DURATION_TAKES, AT(serve.keep_us), .value = "720h",
	  .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "How long to keep files after their creation (unless a file sets its own time) "
		  "and batches after their window." },
	{ .name = "tls-cert", .type = TYPE_TEXT, .arg = "FILE", AT(serve.tls_cert),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .note = "none",
	  .help = "Certificate chain (PEM, with intermediate certificates); TCP addresses then use "
		  "HTTPS." },
	{ .name = "tls-key", .type = TYPE_TEXT, .arg = "FILE", AT(serve.tls_key),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .note = "none", .help = "Private key of --tls-cert (PEM, not "
	  	"encrypted)." },
	{ .name = "public-url", .type = TYPE_TEXT, .arg = "URL", AT(serve.public_url),
	  .shape = shape_url, .takes = "an address that starts with http:// or https://",
	  .commands = FOR_SERVE, .group = GROUP_SERVE, .note = "as clients address it",
	  .help = "Public address of the service behind a reverse proxy, used in links of its "
		  "answers." },
	{ .name = "cors-origin", .type = TYPE_LIST, .arg = "ORIGIN", AT(serve.cors),
	  .shape = shape_url, .takes = "an origin such as https://app.example.com",
	  .commands = FOR_SERVE, .group = GROUP_SERVE, .note = "none",
	  .help = "Allow web pages of this origin to use the service; may be repeated. Pages of "
		  "other origins get 403." },
	{ .name = "token-file", .type = TYPE_TEXT, .arg = "FILE", AT(serve.token_file),
	  .shape = shape_path, .takes = "a file name", .commands = FOR_SERVE,
	  .group = GROUP_SERVE, .note = "none",
	  .help = "File of the clients: lines of NAME:HASH, optionally with weight=, rpm=, tpm= "
		  "and usd= (a day) of that client. Each token sees only its own files and "
		  "batches. Without this option the service listens only on addresses of this "
		  "machine." },
	{ .name = "new-token", .type = TYPE_TEXT, .arg = "NAME", AT(serve.new_token),
	  .shape = shape_name, .takes = "a name of letters, digits, _, - and .",
	  .commands = FOR_SERVE, .group = GROUP_SERVE, .note = "none",
	  .help = "Create a token, add its hash to --token-file, print the token and exit." },
	{ .name = "log-format", .type = TYPE_CHOICE, .choices = "text|json", AT(serve.log_format),
	  .value = "text", .commands = FOR_SERVE, .group = GROUP_SERVE,
	  .help = "Format of the log on stderr, which has a line for each request and each change "
		  "of a batch." },

	{ .name = "json", .type = TYPE_FLAG, AT(ctl.json), .commands = FOR_PS | FOR_CTL,
	  .group = GROUP_REACH, .help = "Print the run's JSON instead of text." },
	{ .name = "control", .type = TYPE_TEXT, .arg = "PATH|off", AT(reach.control),
	  .shape = shape_path, .takes = "the path of a socket, or off",
	  .commands = FOR_BATCH | FOR_SERVE,
	  .group = GROUP_REACH, .note = "a socket in the folder of runs",
	  .help = "Control socket. sluice ctl and other programs of this user read and steer the "
		  "run or service over it by HTTP. The folder of runs is "
		  "$XDG_STATE_HOME/sluice/run, else ~/.local/state/sluice/run." },
	{ .name = "name", .type = TYPE_TEXT, .arg = "NAME", AT(reach.name), .shape = shape_run_name,
	  .takes = "at most 64 letters, digits, '.', '_' and '-', but neither a number (a pid) nor "
		  "a command of sluice ctl", .commands = FOR_BATCH | FOR_SERVE, .group = GROUP_REACH,
	  .note = "RESULTS without .results.jsonl or .jsonl; DIR of a service",
	  .help = "Name in sluice ps and ctl. If another run has the name, sluice appends -2 and "
		  "so on." },
	{ .name = "all", .letter = 'a', .type = TYPE_FLAG, AT(ctl.all), .commands = FOR_PS,
	  .group = GROUP_REACH,
	  .help = "Also list runs that ended within the last 7 days, at most 50." },
	{ .name = "dry-run", .type = TYPE_FLAG, AT(ctl.dry_run), .commands = FOR_CTL,
	  .group = GROUP_REACH,
	  .help = "Only print how many items a command would change." },
	{ .name = "follow", .letter = 'f', .type = TYPE_FLAG, AT(ctl.follow), .commands = FOR_CTL,
	  .group = GROUP_REACH,
	  .help = "events: also print new events, until the run ends." },
	{ .name = "content", .type = TYPE_FLAG, AT(ctl.content), .commands = FOR_CTL,
	  .group = GROUP_REACH, .help = "item: also print the request and the answer." },
	{ .name = "limit", .type = TYPE_COUNT, .arg = "N|all", AT(ctl.limit), .value = "100",
	  .zero = "all", .min = 1, .max = 1e12, .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "items: print at most N." },
	{ .name = "offset", .type = TYPE_COUNT, .arg = "N", AT(ctl.offset), .value = "0",
	  .max = 1e12, .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "items: skip the first N." },
	{ .name = "sort", .type = TYPE_TEXT, .arg = "FIELD", AT(ctl.sort), .note = "line",
	  .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "items: sort by a field of filters such as latency, or by ended." },
	{ .name = "descending", .type = TYPE_FLAG, AT(ctl.descending), .commands = FOR_CTL,
	  .group = GROUP_REACH, .help = "items: reverse the order." },
	{ .name = "facts", .type = TYPE_FLAG, AT(ctl.facts), .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "items: also print latency, tokens, cost, finish reason and the first words." },
	{ .name = "active", .type = TYPE_FLAG, AT(ctl.active), .commands = FOR_CTL,
	  .group = GROUP_REACH,
	  .help = "items: print the items in flight, oldest first, then the waiting ones by the "
		  "time of their next attempt." },
	{ .name = "timeout", .type = TYPE_DURATION, .arg = "TIME", AT(ctl.timeout_us),
	  .value = "5s", .min = SHORTEST_US, .commands = FOR_CTL, .group = GROUP_REACH,
	  .help = "Give up if the run does not answer within TIME." },
	{ .name = "timeout", .type = TYPE_DURATION, .arg = "TIME", AT(ctl.timeout_us),
	  .value = "2s", .min = SHORTEST_US, .commands = FOR_PS, .group = GROUP_REACH,
	  .help = "List a run as UNREACHABLE if it does not answer within TIME." },
	{ .name = "metrics-listen", .type = TYPE_TEXT, .arg = "[ADDRESS:]PORT", AT(reach.metrics),
	  .shape = shape_address, .takes = "a port, or an address and a port such as "
		  "127.0.0.1:9464 or [::1]:9464", .commands = FOR_BATCH | FOR_SERVE,
	  .group = GROUP_REACH,
	  .note = "off",
	  .help = "Serve /metrics for Prometheus and /healthz over TCP, on the loopback interface "
		  "unless you give an address. Everybody who reaches the port can read them." },
};
/* clang-format on */

const struct option_rows option_rows_service = {rows, sizeof(rows) / sizeof(rows[0])};
