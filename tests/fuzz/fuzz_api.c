/* Requests to the control API, a line each: "METHOD /path?name=value&…", and after a blank the
 * body. Whatever is asked, the answer is one line of JSON (or metrics, or events), the ledger adds
 * up, and the run goes on. */
#include "base/clock.h"
#include "base/json.h"
#include "control/api.h"
#include "fuzz.h"
#include "rig.h"

enum { MAX_LINE = 600, MAX_STEPS = 40 };

static void add_parameters(struct api_request *r, char *query)
{
	char *rest = query;

	for (char *p; (p = strsep(&rest, "&"));) {
		char *value = strchr(p, '=');
		size_t len = value ? (size_t)(value - p) : strlen(p);

		value = value ? value + 1 : p + len;
		api_add_parameter(r, p, len, value, strlen(value));
	}
}

/* Control bytes end a line or steer a terminal. */
static void must_be_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		must((unsigned char)text[i] >= ' ' || text[i] == '\n');
}

static void must_be_good(const struct api *api, struct api_answer *a)
{
	struct buf out;

	must(a->status >= 200 && a->status < 600);
	if (a->wait == API_STREAM || a->wait == API_WATCH) {
		buf_init(&out, 1 << 20);
		if (a->wait == API_STREAM) {
			api_stream(api, a, &out);
			api_stream_end(api, &out);
		} else {
			api_watch(api, a, 1, 0, &out);
			api_watch_end(api, a, 3, &out);
		}
		must_be_plain(buf_str(&out), out.len);
		buf_free(&out);
		return;
	}
	if (a->wait == API_EVENTS)
		api_events(api, a);
	if (a->wait == API_JOB && !api_job(api, a))
		return;
	must_be_plain(buf_str(&a->body), a->body.len);
	must(a->type != api_type_json || json_whole(buf_str(&a->body), a->body.len).at);
}

static void ask(const struct api *api, char *line)
{
	struct api_request r = {
		.by = "fuzz[1]", .accept = strchr(line, '~') ? api_type_events : NULL};
	struct api_answer a;
	char *rest = line, *query;

	r.method = strsep(&rest, " ");
	r.path = rest ? strsep(&rest, " ") : "";
	r.body = rest ? rest : "";
	r.body_len = strlen(r.body);
	query = strchr(r.path, '?');
	if (query) {
		*query = '\0';
		add_parameters(&r, query + 1);
	}
	api_answer_init(&a);
	api_respond(api, &r, &a);
	must_be_good(api, &a);
	api_answer_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line;
	char text[MAX_LINE + 1];
	static struct rig rig;
	struct snapshot s;
	struct api api;
	size_t len;

	rig_open(&rig, RIG(.concurrency = 3));
	rig_feed_many(&rig, "item-", 6);
	rig_turn(&rig);
	api = (struct api){control_far_port(rig.control), 0xf};
	for (int i = 0; i < MAX_STEPS && next_line(&at, end, &line, &len); i++) {
		len = len < MAX_LINE ? len : MAX_LINE;
		memcpy(text, line, len);
		text[len] = '\0';
		ask(&api, text);
		rig.now_us += US_PER_S;
		rig_turn(&rig);
		port_snapshot(&rig.port, &s);
		must(s.items.queued + s.items.waiting + s.items.in_flight + s.items.held +
				s.items.ok + s.items.failed + s.items.cancelled ==
			s.items.total);
	}
	rig_close(&rig);
	return 0;
}
