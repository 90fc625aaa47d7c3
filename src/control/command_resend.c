/* `resend`: an item is asked again with a request that the operator edited. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "control/command_impl.h"

enum { BODY_MOST = 16 << 20 };

/* Reads a regular file: nothing else may keep the run waiting. */
static bool read_body(
	const struct control *c, const char *name, struct buf *out, struct command_reply *reply)
{
	struct buf path;
	struct stat st;
	bool ok;
	int fd;

	buf_init(&path, PATH_MAX);
	if (c->folder && *name != '/')
		buf_addf(&path, "%s/", c->folder);
	buf_adds(&path, name);
	fd = open(buf_str(&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ok = fd >= 0 && fstat(fd, &st) == 0;
	if (!ok)
		command_say(reply, false, "%.120s: %s", buf_str(&path), strerror(errno));
	else if (!S_ISREG(st.st_mode) || st.st_size > BODY_MOST)
		ok = command_say(reply, false, "%.120s: not a file, or larger than %d MB",
			buf_str(&path), BODY_MOST >> 20);
	else if (!io_read_all(fd, out))
		ok = command_say(reply, false, "%.120s: %s", buf_str(&path), strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_free(&path);
	return ok;
}

/* "ID with FILE"; the last " with " counts. */
bool command_resend(struct control *c, const char *args, struct command_reply *reply)
{
	static const char with[] = " with ";
	const char *at = NULL, *why;
	struct engine *e = c->engine;
	struct buf body;
	char name[512];
	uint32_t i;

	for (const char *next = strstr(args, with); next; next = strstr(next + 1, with))
		at = next;
	if (!at || !at[sizeof(with) - 1] || (size_t)(at - args) >= sizeof(name))
		return command_say(reply, false, "usage: resend ID|#LINE with FILE");
	snprintf(name, sizeof(name), "%.*s", (int)(at - args), args);
	i = command_item_named(e, name, reply);
	if (i == ITEM_NONE)
		return false;
	buf_init(&body, BODY_MOST + 1);
	if (!read_body(c, at + sizeof(with) - 1, &body, reply)) {
		buf_free(&body);
		return false;
	}
	why = c->dry_run ? NULL : engine_resend(e, i, buf_str(&body), body.len);
	buf_free(&body);
	reply->items = !why;
	return command_say(reply, !why, "item %.100s %s", name,
		why          ? why
		: c->dry_run ? "would be sent again with that body"
			     : "is sent again with that body");
}
