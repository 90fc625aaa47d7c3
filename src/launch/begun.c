#include "launch/begun.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/json_writer.h"
#include "base/shell.h"

void begun_attach(const struct begun *b, struct buf *out)
{
	if (!b->socket)
		return;
	buf_adds(out, "sluice attach ");
	shell_add_word(out, b->name ? b->name : b->socket);
}

static void add(struct json_writer *w, const char *name, const char *text)
{
	if (text && *text)
		json_member_text(w, name, text);
	else
		json_member_null(w, name);
}

void begun_write(const struct begun *b, struct buf *out)
{
	struct json_writer w = json_writer_to(out);
	struct buf attach;

	buf_init(&attach, BEGUN_MAX);
	begun_attach(b, &attach);
	json_open_object(&w);
	add(&w, "name", b->name);
	json_member_int(&w, "pid", b->pid);
	add(&w, "socket", b->socket);
	add(&w, "attach", buf_str(&attach));
	json_close_object(&w);
	buf_adds(out, "\n");
	buf_free(&attach);
}

bool begun_read(const char *line, size_t len, struct begun *out)
{
	enum { NAME, PID, SOCKET, WANTED };
	struct json_want want[WANTED] = {{.name = "name"}, {.name = "pid"}, {.name = "socket"}};

	*out = (struct begun){0};
	if (json_pick(line, len, want, WANTED, NULL) != JSON_VALUE_OBJECT ||
		!json_span_int(want[PID].value, &out->pid))
		return false;
	out->name = json_string_copy(want[NAME].value);
	out->socket = json_string_copy(want[SOCKET].value);
	return true;
}

void begun_free(struct begun *b)
{
	free(b->name);
	free(b->socket);
	*b = (struct begun){0};
}
