/* Command text, a line each, on an engine with a scripted server: "<STATUS" answers a request, "/"
 * begins a filter for the list of items, "+LINE" is a line of input, "." lets time pass. After each
 * line the ledger adds up. */
#include "base/clock.h"
#include "rig.h"
#include "fuzz.h"
#include "ledger/paths.h"

enum { MAX_LINE = 400, MAX_STEPS = 40 };

static void list(struct rig *r, const char *filter)
{
	struct item_query q = {
		.sort = (enum item_field)(strlen(filter) % FIELD_COUNT), .facts = true};
	struct item_row rows[8];
	struct rows_info info;

	snprintf(q.filter, sizeof(q.filter), "%s", filter);
	must(port_rows(&r->port, &q, 0, rows, 8, &info) <= 8);
	must_be_harmless(info.error);
}

static void step(struct rig *r, const char *line)
{
	static const char body[] = "{\"error\":{\"code\":\"c\",\"message\":\"m\"}}";
	struct command_reply reply;
	struct snapshot s;
	const struct item_counts *n = &s.items;

	switch (line[0]) {
	case '<':
		if (r->in_flight)
			rig_answer(r, atoi(line + 1) % 600, "Retry-After: 1\r\n", body);
		break;
	case '+':
		rig_feed(r, line + 1);
		break;
	case '/':
		list(r, line + 1);
		break;
	case '.':
		r->now_us += (int64_t)strlen(line) * US_PER_S;
		break;
	default:
		reply = rig_command(r, line);
		must(reply.text[0]);
		must_be_harmless(reply.text);
	}
	rig_turn(r);
	port_snapshot(&r->port, &s);
	must(n->queued + n->waiting + n->in_flight + n->held + n->ok + n->failed + n->cancelled ==
		n->total);
	must_be_harmless(s.state_note);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line;
	char text[MAX_LINE + 1];
	static struct rig r;
	size_t len;

	rig_open(&r, RIG(.concurrency = 3));
	rig_feed_many(&r, "item-", 6);
	rig_turn(&r);
	for (int i = 0; i < MAX_STEPS && next_line(&at, end, &line, &len); i++) {
		len = len < MAX_LINE ? len : MAX_LINE;
		memcpy(text, line, len);
		text[len] = '\0';
		step(&r, text);
	}
	while (r.in_flight)
		rig_answer_ok(&r);
	rig_turn(&r);
	rig_tear_down();
	return 0;
}
