#include "cli/batch_choice.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/control_client.h"
#include "cli/ctl_text.h"

/* Asks the service where the batch's run is reached. */
static enum run_found ask(const struct run_choice *service, const char *batch, int64_t timeout_us,
	struct batch_choice *room, struct error *err)
{
	struct control_request r = {.socket = service->socket};
	char text[CTL_TEXT_SIZE];
	struct json_span answer;
	struct buf path;
	enum run_found found = RUN_MISSING;

	buf_init(&path, sizeof(room->socket));
	buf_adds(&path, "/v1/batches/");
	control_client_encode(&path, batch);
	buf_adds(&path, "/socket");
	r.path = buf_str(&path);
	control_client_ask(&r, 1, timeout_us);
	answer = json_whole(buf_str(&r.answer), r.answer.len);
	if (r.result != CONTROL_ANSWERED || !answer.at) {
		error_set(err, "%s: %s", service->name, r.err.text[0] ? r.err.text : "no answer");
	} else if (r.status != 200) {
		error_set(err, "%s: %s", service->name, ctl_text(answer, "error.message", text));
	} else {
		json_string_text(json_find(answer, "socket"), room->socket, sizeof(room->socket));
		snprintf(room->name, sizeof(room->name), "%.80s/%.100s", service->name,
			ctl_text(answer, "id", text));
		found = RUN_FOUND;
	}
	control_request_free(&r);
	buf_free(&path);
	return found;
}

enum run_found run_or_batch_choose(const struct registry_list *runs, const char *what,
	int64_t timeout_us, struct run_choice *out, struct batch_choice *room, struct error *err)
{
	enum run_found found = run_choose(runs, what, out, err);
	const char *slash = what ? strrchr(what, '/') : NULL;
	struct run_choice service;
	char name[BATCH_CHOICE_NAME];
	struct error ignored;

	if (found != RUN_MISSING || !slash || !slash[1] || (size_t)(slash - what) >= sizeof(name))
		return found;
	snprintf(name, sizeof(name), "%.*s", (int)(slash - what), what);
	if (run_choose(runs, name, &service, &ignored) != RUN_FOUND)
		return found;
	found = ask(&service, slash + 1, timeout_us, room, err);
	if (found == RUN_FOUND)
		*out = (struct run_choice){.name = room->name, .socket = room->socket};
	return found;
}
