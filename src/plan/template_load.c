/* The file of --template. */
#include "plan/template_load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

enum { FILE_MAX = 17 << 20, PIECE = 64 << 10 };

static bool read_all(int fd, struct buf *out)
{
	char piece[PIECE];
	ssize_t n;

	for (;;) {
		n = read(fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return !n;
		if (!buf_add(out, piece, (size_t)n)) {
			errno = EFBIG;
			return false;
		}
	}
}

bool session_read_template(const char *path, struct rows **out, struct error *err)
{
	struct template *template = NULL;
	struct error why = {""};
	struct buf text;
	int fd;

	if (!path)
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, "--template %s: %s", path, strerror(errno));
	buf_init(&text, FILE_MAX);
	if (read_all(fd, &text))
		template = template_new(buf_str(&text), text.len, &why);
	else
		error_set(&why, "%s", strerror(errno));
	close(fd);
	buf_free(&text);
	if (!template)
		return error_set(err, "--template %s: %s", path, why.text);
	*out = rows_new(template);
	return true;
}
