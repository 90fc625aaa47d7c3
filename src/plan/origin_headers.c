#include "plan/origin_headers.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "plan/key_text.h"
#include "plan/redact.h"

/* The header line of "ORIGIN Name: value"; NULL: it is not of that form. *origin is owned. */
static const char *read(const char *text, char **origin)
{
	size_t len = strcspn(text, " \t");
	const char *line = text + len + strspn(text + len, " \t");
	char *url = xstrndup(text, len);
	const char *host = strstr(url, "://"), *path;
	bool valid;

	*origin = origin_of(url);
	path = host ? host + 3 + strcspn(host + 3, "/?#") : "?";
	valid = *origin && (!*path || !strcmp(path, "/")) && key_text_is_header(line);
	free(url);
	if (valid)
		return line;
	free(*origin);
	*origin = NULL;
	return NULL;
}

bool origin_header_valid(const char *text)
{
	char *origin;
	bool valid = read(text, &origin);

	free(origin);
	return valid;
}

bool origin_headers_add(
	struct origin_headers *h, const char *text, bool allow_http, struct error *err)
{
	struct origin_header *new;
	struct error why;
	char *origin;
	const char *line = read(text, &origin);

	if (!line)
		return error_set(err, "--header-for takes 'ORIGIN Name: value', such as "
				      "'https://files.example.com X-Api-Key: ...'");
	h->at = xrealloc(h->at, h->n + 1, sizeof(*h->at));
	new = &h->at[h->n++];
	*new = (struct origin_header){.origin = origin,
		.line = xstrdup(line),
		.secret = redact_is_secret_header(line, strcspn(line, ":"))};
	if (!new->secret)
		return true;
	if (!key_text_check_header(new->line, &why))
		return error_set(err, "--header-for %s: %s", origin, why.text);
	if (allow_http || !origin_is_exposed(origin))
		return true;
	return error_set(err,
		"--header-for %s: the secret would travel unencrypted: give an https:// origin, or "
		"--allow-http on a trusted network",
		origin);
}

/* Is there a header line of this one's name? */
static bool has_name(const char *lines, const char *line)
{
	size_t len = strcspn(line, ":");

	for (; *lines; lines += strcspn(lines, "\n"), lines += *lines == '\n')
		if (!strncasecmp(lines, line, len) && lines[len] == ':')
			return true;
	return false;
}

void origin_headers_for(
	const struct origin_headers *h, const char *url, const char *own, struct buf *out)
{
	char *origin = h->n ? origin_of(url) : NULL;

	for (size_t i = 0; origin && i < h->n; i++)
		if (!strcmp(h->at[i].origin, origin) && !has_name(own, h->at[i].line))
			buf_addf(out, "%s\n", h->at[i].line);
	free(origin);
}

void origin_headers_show(const struct origin_headers *h, const char *url, struct buf *out)
{
	char *origin = url ? origin_of(url) : NULL;

	for (size_t i = 0; i < h->n; i++) {
		const struct origin_header *one = &h->at[i];

		if (!url && !one->secret)
			buf_addf(out, "%s %s\n", one->origin, one->line);
		else if (origin && !strcmp(one->origin, origin))
			redact_headers(one->line, strlen(one->line), out);
	}
	free(origin);
}

void origin_headers_secrets(const struct origin_headers *h, struct secrets *out)
{
	for (size_t i = 0; i < h->n; i++)
		secrets_add_headers(out, h->at[i].line, strlen(h->at[i].line));
}

void origin_headers_free(struct origin_headers *h)
{
	for (size_t i = 0; i < h->n; i++) {
		explicit_bzero(h->at[i].line, strlen(h->at[i].line));
		free(h->at[i].line);
		free(h->at[i].origin);
	}
	free(h->at);
	origins_free(&h->home);
	*h = (struct origin_headers){.at = NULL};
}
