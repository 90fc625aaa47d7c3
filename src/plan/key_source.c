#include "plan/key_source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/lines.h"
#include "plan/key_command.h"

struct key_source *key_sources_add(struct key_sources *s, const struct target_settings *target)
{
	const char *text = target->key_file ? target->key_file : target->key_command;
	enum key_kind kind = target->key_file ? KEY_FILE : KEY_COMMAND;

	if (!text)
		return NULL;
	for (int i = 0; i < s->n; i++)
		if (s->at[i].kind == kind && !strcmp(s->at[i].text, text))
			return &s->at[i];
	s->at[s->n] = (struct key_source){.kind = kind, .text = xstrdup(text)};
	return &s->at[s->n++];
}

static void free_key(char *key)
{
	if (key)
		explicit_bzero(key, strlen(key));
	free(key);
}

void key_sources_free(struct key_sources *s)
{
	for (int i = 0; i < s->n; i++) {
		free(s->at[i].text);
		free_key(s->at[i].key);
	}
	s->n = 0;
}

/* ---- files ---- */

/* Up to the first line's end; a pipe gives it in any pieces. */
static bool read_line(int fd, char *text, size_t size, size_t *len)
{
	ssize_t n;

	for (*len = 0; *len < size && !memchr(text, '\n', *len); *len += (size_t)n) {
		do
			n = read(fd, text + *len, size - *len);
		while (n < 0 && errno == EINTR);
		if (n <= 0)
			return n == 0;
	}
	return true;
}

/* Opens the file. again: it was read before, and nothing may wait for it now. */
static int open_file(const char *path, bool again, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | (again ? O_NONBLOCK : 0));
	struct stat st;

	if (fd < 0) {
		error_set(err, "--key-file %s: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &st))
		return fd;
	if (again && !S_ISREG(st.st_mode)) {
		error_set(err, "--key-file %s: not a regular file, so sluice reads it only once",
			path);
		close(fd);
		return -1;
	}
	if (!again && st.st_mode & 077)
		say_warning_once("other users can read %s; run chmod 600 on it", path);
	return fd;
}

static char *read_file(const char *path, bool again, struct error *err)
{
	char text[KEY_OUTPUT_MAX], *key = NULL;
	int fd = open_file(path, again, err);
	struct error source;
	size_t len = 0;

	if (fd < 0)
		return NULL;
	error_set(&source, "--key-file %.200s", path);
	if (read_line(fd, text, sizeof(text), &len))
		key = key_of_text(source.text, text, len, err);
	else
		error_set(err, "%s: %s", source.text, strerror(errno));
	explicit_bzero(text, len);
	close(fd);
	return key;
}

/* ---- any source ---- */

const char *key_source_key(struct key_source *k, struct error *err)
{
	if (!k->key)
		k->key = k->kind == KEY_FILE ? read_file(k->text, false, err)
					     : key_command_run(k->text, err);
	return k->key;
}

char *key_source_read_again(const struct key_source *k, struct error *err)
{
	return read_file(k->text, true, err);
}

bool key_source_take(struct key_source *k, char *key_take)
{
	bool other = !k->key || strcmp(k->key, key_take) != 0;

	free_key(k->key);
	k->key = key_take;
	return other;
}
