#include "mock/forms.h"

struct json_writer event_begin(const char *name, struct events *e)
{
	struct json_writer w;

	if (name) {
		buf_adds(e->out, "event: ");
		buf_adds(e->out, name);
		buf_addc(e->out, '\n');
	}
	buf_adds(e->out, "data: ");
	e->n++;
	w = json_writer_to(e->out);
	json_open_object(&w);
	return w;
}

struct json_writer event_begin_typed(const char *name, struct events *e)
{
	struct json_writer w = event_begin(name, e);

	json_member_text(&w, "type", name);
	return w;
}

void event_end(struct json_writer *w)
{
	json_close_object(w);
	buf_adds(w->out, "\n\n");
}

void event_put_piece(struct json_writer *w, const char *name, const char *text, size_t len)
{
	json_key(w, name);
	json_open_string(w);
	json_part(w, text, len);
	json_close_string(w);
}
