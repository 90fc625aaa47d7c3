#include "serve/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/lines.h"
#include "base/parse.h"

enum { HASH_BYTES = 32, HASH_DIGITS = 2 * HASH_BYTES, LINE_SIZE = 256 };

struct token {
	char owner[OWNER_SIZE];
	char hash[HASH_DIGITS + 1];
};

struct tokens {
	char *path;
	struct token *at;
	size_t n;
	struct stat seen; /* the file as it was read */
};

/* Tokens are random and long: a fast hash hides them. */
static void hash_token(const char *token, char out[HASH_DIGITS + 1])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!EVP_Digest(token, strlen(token), hash, &len, EVP_sha256(), NULL) || len != HASH_BYTES)
		alloc_failed();
	for (unsigned i = 0; i < len; i++)
		snprintf(out + (size_t)2 * i, 3, "%02x", hash[i]);
}

/* ---- the file ---- */

static bool take_line(struct tokens *t, char *line)
{
	struct token *token;
	char *colon;

	line[strcspn(line, "#\r\n")] = '\0';
	line[strcspn(line, " \t")] = '\0';
	if (!*line)
		return true;
	colon = strchr(line, ':');
	if (!colon)
		return false;
	*colon = '\0';
	if (!parse_is_name(line, OWNER_SIZE - 1) || strlen(colon + 1) != HASH_DIGITS ||
		strspn(colon + 1, "0123456789abcdef") != HASH_DIGITS)
		return false;
	t->at = xrealloc(t->at, t->n + 1, sizeof(*t->at));
	token = &t->at[t->n++];
	memset(token, 0, sizeof(*token));
	memcpy(token->owner, line, strlen(line));
	memcpy(token->hash, colon + 1, HASH_DIGITS);
	return true;
}

static bool read_file(struct tokens *t, struct error *err)
{
	FILE *f = fopen(t->path, "re");
	char line[LINE_SIZE];
	bool ok = f != NULL;
	int number = 0;

	if (!f || fstat(fileno(f), &t->seen))
		error_set(err, "--token-file %s: %s", t->path, strerror(errno));
	while (ok && fgets(line, sizeof(line), f)) {
		number++;
		ok = take_line(t, line) ||
		     error_set(err,
			     "--token-file %s:%d: not NAME:HASH; make a token with sluice "
			     "serve --token-file %s --new-token NAME",
			     t->path, number, t->path);
	}
	if (f)
		fclose(f);
	return ok;
}

/* A file that cannot be read, or is half written, leaves everything as it was. */
static void refresh(struct tokens *t)
{
	struct tokens again = {.path = t->path};
	struct error err = {""};
	struct stat now;

	if (stat(t->path, &now) ||
		(now.st_mtim.tv_sec == t->seen.st_mtim.tv_sec &&
			now.st_mtim.tv_nsec == t->seen.st_mtim.tv_nsec &&
			now.st_size == t->seen.st_size && now.st_ino == t->seen.st_ino))
		return;
	t->seen = now;
	if (!read_file(&again, &err)) {
		say_warning("%s; the tokens stay as they were", err.text);
		free(again.at);
		return;
	}
	free(t->at);
	*t = again;
}

struct tokens *tokens_open(const char *path, struct error *err)
{
	struct tokens *t = xcalloc(1, sizeof(*t));

	t->path = xstrdup(path);
	if (read_file(t, err))
		return t;
	tokens_free(t);
	return NULL;
}

void tokens_free(struct tokens *t)
{
	if (!t)
		return;
	free(t->path);
	free(t->at);
	free(t);
}

bool tokens_owner(struct tokens *t, const char *token, char owner[OWNER_SIZE])
{
	char hash[HASH_DIGITS + 1];
	const struct token *found = NULL;

	refresh(t);
	hash_token(token, hash);
	for (size_t i = 0; i < t->n; i++)
		if (!CRYPTO_memcmp(hash, t->at[i].hash, HASH_DIGITS))
			found = &t->at[i];
	if (found)
		memcpy(owner, found->owner, OWNER_SIZE);
	return found != NULL;
}

/* ---- new ones ---- */

/* Editors may leave the last line without its end. */
static bool ends_line(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last = '\n';

	return end <= 0 || pread(fd, &last, 1, end - 1) != 1 || last == '\n';
}

bool tokens_make(const char *path, const char *name, struct error *err)
{
	char token[SERVE_ID_SIZE], hash[HASH_DIGITS + 1], line[OWNER_SIZE + HASH_DIGITS + 4];
	int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	bool ok;

	serve_id_make(token, "sk-sluice-");
	hash_token(token, hash);
	snprintf(line, sizeof(line), "%s%s:%s\n", fd < 0 || ends_line(fd) ? "" : "\n", name, hash);
	ok = fd >= 0 && io_write_all(fd, line, strlen(line)) && io_sync(fd);
	if (!ok)
		error_set(err, "--token-file %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	if (ok)
		puts(token);
	return ok;
}
