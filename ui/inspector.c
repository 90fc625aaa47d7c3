#include "base/io.h"
#include "inspector.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "inspector_text.h"

static const char *const tab_names[TAB_COUNT] = {[TAB_TEXT] = "text",
	[TAB_REQUEST] = "request",
	[TAB_RESPONSE] = "response",
	[TAB_ATTEMPTS] = "attempts"};

void inspector_free(struct inspector *in)
{
	doc_free(&in->doc);
	*in = (struct inspector){0};
}

void inspector_open(struct inspector *in, uint64_t line, enum inspector_tab tab)
{
	in->line = line;
	in->tab = tab;
	in->read.line = 0;
	in->list = (struct list){.rows = in->list.rows};
	in->shift = 0;
	in->hit = 0;
}

static bool is_current(const struct inspector *in)
{
	return in->read.line == in->line && in->read_tab == in->tab &&
	       in->read.state == in->row.state && in->read.attempt == in->row.attempt &&
	       in->read.bytes_in == in->row.bytes_in;
}

static void read_item(struct inspector *in, const struct port *port)
{
	struct item_detail detail;
	struct tinted out;

	if (!port_detail(port, in->line, &detail)) {
		/* what is shown is another item's */
		if (in->read.line != in->line)
			doc_set(&in->doc, "", NULL, 0);
		in->cells = -1;
		return;
	}
	tinted_init(&out, INSPECTOR_TEXT_MAX);
	inspector_text(&out, &detail, in->tab);
	doc_set(&in->doc, out.text.data, out.roles.data, out.text.len);
	tinted_free(&out);
	port_detail_free(&detail);
	in->read = in->row;
	in->read_tab = in->tab;
	in->cells = -1;
}

void inspector_refresh(struct inspector *in, const struct port *port, int rows, int cells)
{
	if (!in->line || !port_row(port, in->line, &in->row)) {
		in->doc.lines = 0;
		return;
	}
	if (!is_current(in))
		read_item(in, port);
	cells = in->unwrapped ? 0 : cells;
	if (in->cells != cells) {
		doc_wrap(&in->doc, cells);
		in->hit = 0;
	}
	in->cells = cells;
	list_fit_text(&in->list, in->doc.lines, rows);
}

static bool set_tab(struct inspector *in, const char *name)
{
	int tab = 0;

	if (!strcmp(name, "next"))
		tab = (in->tab + 1) % TAB_COUNT;
	else
		while (tab < TAB_COUNT && strcmp(name, tab_names[tab]) != 0)
			tab++;
	if (tab == TAB_COUNT)
		return false;
	inspector_open(in, in->line, (enum inspector_tab)tab);
	return true;
}

bool inspector_command(struct inspector *in, const char *name, const char *args)
{
	enum { SHIFT = 20 };

	if (!strcmp(name, "scroll"))
		return list_scroll(&in->list, args);
	if (!strcmp(name, "tab"))
		return set_tab(in, args);
	if (!strcmp(name, "wrap")) {
		in->unwrapped = !in->unwrapped;
		in->shift = 0;
	} else if (!strcmp(name, "shift") && !strcmp(args, "right")) {
		in->shift += in->unwrapped ? SHIFT : 0;
	} else if (!strcmp(name, "shift") && !strcmp(args, "left")) {
		in->shift -= in->shift >= SHIFT ? SHIFT : in->shift;
	} else {
		return false;
	}
	return true;
}

bool inspector_find(struct inspector *in, bool next, bool backward)
{
	size_t lines = in->doc.lines, first = in->list.first, from = first;
	size_t rows = in->list.rows > 0 ? (size_t)in->list.rows : 1;

	/* on from the last hit, as long as it is seen */
	if (next && in->hit > first && in->hit <= first + rows)
		from = backward ? in->hit + lines - 2 : in->hit;
	in->hit = 0;
	if (!lines || !doc_find(&in->doc, in->find, from % lines, backward, &from))
		return false;
	in->hit = from + 1;
	if (from < first || from >= first + rows)
		in->list.first = from;
	return true;
}

const char *inspector_tab_name(enum inspector_tab tab)
{
	return tab_names[tab];
}

/* An id may hold anything; a number alone is the line's. */
static void put_name(const char *id, char *out, size_t size)
{
	bool number = !id[strspn(id, "0123456789")];
	size_t at = (size_t)snprintf(out, size, "%s", number ? "item-" : "");

	for (; *id && at + 1 < size; id++) {
		unsigned char c = (unsigned char)*id;
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || c == '_' || (at && (c == '-' || c == '.'));

		out[at++] = plain ? *id : '_';
	}
	out[at] = '\0';
}

const char *inspector_file_name(const struct inspector *in, char *out, size_t size)
{
	char name[sizeof(in->row.id) + 8];

	put_name(in->row.id, name, sizeof(name));
	if (in->tab == TAB_TEXT)
		snprintf(out, size, "%s.txt", name);
	else
		snprintf(out, size, "%s-%s.%s", name, inspector_tab_name(in->tab),
			in->tab == TAB_ATTEMPTS ? "txt" : "json");
	return out;
}

static bool save_bytes(const char *path, const char *data, size_t len, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return error_set(err, "%s: %s", path, strerror(errno));
	ok = io_write_all(fd, data, len);
	if (!ok)
		error_set(err, "%s: %s", path, strerror(errno));
	if (close(fd) != 0 && ok)
		ok = error_set(err, "%s: %s", path, strerror(errno));
	if (!ok)
		unlink(path);
	return ok;
}

bool inspector_save(const struct inspector *in, const struct port *port, const char *path,
	uint64_t *bytes, struct error *err)
{
	struct item_detail d;
	struct buf answer;
	const char *body;
	size_t len;
	bool ok;

	if (!port_detail(port, in->line, &d))
		return port_late(port) ? error_set(err, "the item is not here yet: try again")
				       : error_set(err, "no item on line %" PRIu64, in->line);
	buf_init(&answer, SIZE_MAX / 2);
	body = d.request_body;
	len = d.request_body_len;
	if (in->tab == TAB_TEXT) {
		inspector_answer(&d, &answer);
		body = answer.len ? buf_str(&answer) : NULL;
		len = answer.len;
	} else if (in->tab == TAB_RESPONSE) {
		body = d.response_body;
		len = d.response_body_len;
	} else if (in->tab == TAB_ATTEMPTS) {
		body = in->doc.text;
		len = in->doc.len;
	}
	ok = body ? save_bytes(path, body, len, err)
		  : error_set(err, "there is no %s to save", inspector_tab_name(in->tab));
	*bytes = len;
	buf_free(&answer);
	port_detail_free(&d);
	return ok;
}
