/* The file of --template. */
#include "plan/template_load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

enum { FILE_MAX = 17 << 20 };

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
	if (io_read_all(fd, &text))
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
