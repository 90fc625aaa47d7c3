/* Lines of the results that were taken back, moved into a file of their own: by writing the results
 * anew and renaming them into place. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "ledger/ledger_impl.h"

struct sweep {
	struct ledger *l;
	struct ledger_file *to; /* the new results */
	int void_fd;            /* the target of moved lines */
	struct buf kept, moved; /* to be written */
};

static bool any_there(const struct ledger *l)
{
	struct ledger_lines lines;
	struct ledger_line line;
	bool there = false;

	ledger_lines_init(&lines, l->results.fd);
	for (uint32_t i = 0; i < l->voids.n && !there; i++) {
		ledger_lines_seek(&lines, l->voids.line[i].offset);
		there = ledger_lines_next(&lines, &line) == LINES_LINE &&
			voids_has(&l->voids, &line);
	}
	ledger_lines_free(&lines);
	return there;
}

static bool write_out(struct sweep *s, size_t from)
{
	enum { KEEP = 1 << 20 };
	bool ok = s->kept.len < from ||
		  (io_write_all(s->to->fd, s->kept.data, s->kept.len) &&
			  io_write_all(s->void_fd, buf_str(&s->moved), s->moved.len));

	if (s->kept.len >= from) {
		s->to->end += s->kept.len;
		buf_trim(&s->kept, KEEP);
		buf_trim(&s->moved, KEEP);
	}
	return ok;
}

static bool fill(void *sweep, struct ledger_file *renewed)
{
	enum { BATCH = 256 << 10 };
	struct sweep *s = sweep;
	struct ledger_lines lines;
	struct ledger_line line;
	enum lines_status status;
	bool ok = true;

	s->to = renewed;
	ledger_lines_init(&lines, s->l->results.fd);
	while (ok && (status = ledger_lines_next(&lines, &line)) == LINES_LINE) {
		struct buf *to = voids_has(&s->l->voids, &line) ? &s->moved : &s->kept;

		/* one too long to be read cannot be copied, and none of ours is */
		ok = line.text && buf_add(to, line.text, line.len) && buf_addc(to, '\n') &&
		     write_out(s, BATCH);
		if (!line.text)
			errno = EFBIG;
	}
	ledger_lines_free(&lines);
	return ok && status == LINES_END && write_out(s, 0) && io_sync(s->void_fd);
}

bool ledger_sweep_voids(struct ledger *l, struct error *err)
{
	struct sweep s = {.l = l};
	const struct ledger_renewal how = {fill, &s, "cannot move its void lines"};
	const char *path = l->paths.voided;
	bool ok;

	if (!any_there(l))
		return true;
	buf_init(&s.kept, SIZE_MAX / 2);
	buf_init(&s.moved, SIZE_MAX / 2);
	s.void_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s.void_fd >= 0)
		ok = ledger_renew(l, &l->results, &how, err);
	else
		ok = error_set(err, "cannot write %s: %s", path, strerror(errno));
	if (s.void_fd >= 0)
		close(s.void_fd);
	buf_free(&s.kept);
	buf_free(&s.moved);
	return ok;
}
