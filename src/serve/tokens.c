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
#include "serve/token_book.h"

enum { HASH_BYTES = 32, HASH_DIGITS = 2 * HASH_BYTES, LINE_SIZE = 512 };

struct token {
	char owner[OWNER_SIZE];
	char hash[HASH_DIGITS + 1];
	struct token_limits limits; /* with those of earlier tokens of the name */
};

struct tokens {
	char *path;
	struct token_book *book;
	struct token *at;
	size_t n;
	struct stat seen; /* the file as it was read */
	bool changed;     /* nobody was told yet */
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

static const char blanks[] = " \t";

static const struct token *find(const struct tokens *t, const char *owner)
{
	for (size_t i = t->n; i--;)
		if (!strcmp(t->at[i].owner, owner))
			return &t->at[i];
	return NULL;
}

/* NAME:HASH */
static bool take_token(struct tokens *t, char *word)
{
	char *colon = strchr(word, ':');
	const struct token *before;
	struct token token = {.limits = token_unlimited};

	if (!colon)
		return false;
	*colon = '\0';
	if (!parse_is_name(word, OWNER_SIZE - 1) || strlen(colon + 1) != HASH_DIGITS ||
		strspn(colon + 1, "0123456789abcdef") != HASH_DIGITS)
		return false;
	memcpy(token.owner, word, strlen(word));
	memcpy(token.hash, colon + 1, HASH_DIGITS);
	before = find(t, token.owner);
	if (before)
		token.limits = before->limits;
	t->at = xrealloc(t->at, t->n + 1, sizeof(*t->at));
	t->at[t->n++] = token;
	return true;
}

static bool take_line(struct tokens *t, char *line, int number, struct error *err)
{
	char *rest, *word;
	struct error why = {""};

	line[strcspn(line, "#\r\n")] = '\0';
	word = strtok_r(line, blanks, &rest);
	if (!word)
		return true;
	if (!take_token(t, word))
		return error_set(err,
			"--token-file %s:%d: expected NAME:HASH; create a token with sluice serve "
			"--token-file %s --new-token NAME",
			t->path, number, t->path);
	while ((word = strtok_r(NULL, blanks, &rest)))
		if (!token_limits_read(&t->at[t->n - 1].limits, word, &why))
			return error_set(err, "--token-file %s:%d: \"%.40s\": %s", t->path, number,
				word, why.text);
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
		ok = take_line(t, line, number, err);
	}
	if (f)
		fclose(f);
	return ok;
}

/* A client whose tokens are all gone keeps its limits, for its batches go on. */
static void set_limits(const struct tokens *t)
{
	for (size_t i = 0; i < t->n; i++)
		token_book_limit(t->book, t->at[i].owner, &t->at[i].limits);
}

bool tokens_any_budget(const struct tokens *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->at[i].limits.usd > 0)
			return true;
	return false;
}

/* A file that cannot be read, or is half written, leaves everything as it was. */
static void look(struct tokens *t)
{
	struct tokens again = {.path = t->path, .book = t->book, .changed = true};
	struct error err = {""};
	struct stat now;

	if (stat(t->path, &now) ||
		(now.st_mtim.tv_sec == t->seen.st_mtim.tv_sec &&
			now.st_mtim.tv_nsec == t->seen.st_mtim.tv_nsec &&
			now.st_size == t->seen.st_size && now.st_ino == t->seen.st_ino))
		return;
	t->seen = now;
	if (!read_file(&again, &err)) {
		say_warning("%s; the old tokens stay in force", err.text);
		free(again.at);
		return;
	}
	free(t->at);
	*t = again;
	set_limits(t);
}

bool tokens_look(struct tokens *t)
{
	bool changed;

	look(t);
	changed = t->changed;
	t->changed = false;
	return changed;
}

struct tokens *tokens_open(const char *path, struct token_book *book, struct error *err)
{
	struct tokens *t = xcalloc(1, sizeof(*t));

	t->path = xstrdup(path);
	t->book = book;
	if (read_file(t, err)) {
		set_limits(t);
		return t;
	}
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

static const struct token *find_mark(const struct tokens *t, const struct token_mark *mark)
{
	const struct token *found = NULL;

	for (size_t i = 0; i < t->n; i++)
		if (!CRYPTO_memcmp(mark->hash, t->at[i].hash, HASH_DIGITS))
			found = &t->at[i];
	return found;
}

bool tokens_owner(
	struct tokens *t, const char *token, char owner[OWNER_SIZE], struct token_mark *mark)
{
	const struct token *found;

	look(t);
	hash_token(token, mark->hash);
	found = find_mark(t, mark);
	if (found)
		memcpy(owner, found->owner, OWNER_SIZE);
	return found != NULL;
}

bool tokens_hold(struct tokens *t, const char *owner, const struct token_mark *mark)
{
	const struct token *found;

	look(t);
	found = find_mark(t, mark);
	return found && !strcmp(found->owner, owner);
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
