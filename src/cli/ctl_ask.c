/* Asking a run for `sluice ctl`, and saying what went wrong. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/lines.h"
#include "base/text.h"
#include "cli/ctl_impl.h"

/* How long a run may take until it listens, or has time, and how often it is asked meanwhile. */
enum { LISTEN_WAIT_MS = 2000, BUSY_WAIT_MS = 10000, PAUSE_MS = 50 };

static bool is_busy(const struct control_request *r)
{
	return r->result == CONTROL_ANSWERED && (r->status == 429 || r->status == 503);
}

/* A run is listed a moment before it listens. */
static bool is_yet_to_listen(const struct ctl *c, const struct control_request *r)
{
	return r->result == CONTROL_ABSENT && c->run.pid && !c->reached;
}

int ctl_try(struct ctl *c, struct control_request *r)
{
	static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	int waited_ms = 0;

	r->socket = c->run.socket;
	for (;; waited_ms += PAUSE_MS) {
		control_client_ask(r, 1, c->s->timeout_us);
		c->reached |= r->status != 0;
		if (!(is_yet_to_listen(c, r) && waited_ms < LISTEN_WAIT_MS) &&
			!(is_busy(r) && waited_ms < BUSY_WAIT_MS))
			break;
		control_request_free(r);
		nanosleep(&pause, NULL);
	}
	if (r->result == CONTROL_ABSENT)
		return CTL_NO_RUN;
	if (r->result != CONTROL_ANSWERED || r->status != 200)
		return CTL_REFUSED;
	if (!r->on_data && !json_whole(buf_str(&r->answer), r->answer.len).at) {
		r->result = CONTROL_LOST;
		error_set(&r->err, "its answer is not JSON");
		return CTL_REFUSED;
	}
	return CTL_DONE;
}

/* The words of an answer that is an error, or of a command that was refused. */
static void words_of(const struct control_request *r, char out[CTL_TEXT_SIZE])
{
	struct json_span v = json_whole(r->answer.data ? r->answer.data : "", r->answer.len);

	if (v.at && (ctl_text(v, "error.message", out)[0] || ctl_text(v, "text", out)[0]))
		return;
	snprintf(out, CTL_TEXT_SIZE, "answers with status %ld, unlike a run of sluice", r->status);
}

void ctl_complain(const struct ctl *c, const struct control_request *r)
{
	char words[CTL_TEXT_SIZE], name[CTL_TEXT_SIZE];

	text_sanitise(name, sizeof(name), c->run.name, strlen(c->run.name));
	switch (r->result) {
	case CONTROL_ANSWERED:
		words_of(r, words);
		say("%s: %s", name, words);
		return;
	case CONTROL_ABSENT:
		say("%s: nothing answers at %s: %s", name, c->run.socket, r->err.text);
		return;
	case CONTROL_SILENT:
		if (c->run.pid)
			say("%s: %s: the process hangs or is stopped (kill -CONT %lld)%s", name,
				r->err.text, (long long)c->run.pid,
				r->body ? "; the command may still be carried out" : "");
		else
			say("%s: %s: the process hangs or is stopped", name, r->err.text);
		return;
	case CONTROL_LOST:
		say("%s: %s%s", name, r->err.text,
			r->body ? "; the command may have been carried out" : "");
		return;
	case CONTROL_LEFT:
		return;
	}
}

int ctl_get(struct ctl *c, const char *path, struct control_request *r)
{
	int code;

	*r = (struct control_request){.path = path};
	code = ctl_try(c, r);
	if (code != CTL_DONE)
		ctl_complain(c, r);
	return code;
}

bool ctl_print(struct ctl *c, int *code)
{
	bool ok = !c->out.len || io_write_all(STDOUT_FILENO, c->out.data, c->out.len);

	/* a reader that went away has what it wanted */
	if (!ok && errno != EPIPE) {
		say("cannot write the answer: %s", strerror(errno));
		*code = CTL_REFUSED;
	}
	buf_clear(&c->out);
	return ok;
}
