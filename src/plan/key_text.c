#include "plan/key_text.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char blanks[] = " \t\r\n\v\f";

void key_text_trim(char *key)
{
	size_t from = strspn(key, blanks), len = strlen(key + from);

	while (len && strchr(blanks, key[from + len - 1]))
		len--;
	memmove(key, key + from, len);
	explicit_bzero(key + len, strlen(key + len));
}

/* Errors of any secret. */
static const char *stray_fault(const char *text)
{
	static const char *const marks[] = {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (!strncmp(text, marks[i], strlen(marks[i])))
			return "it begins with a byte order mark; save the file as plain ASCII";
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return "it contains control characters; check for a stray line break";
		if ((unsigned char)*text >= 0x80)
			return "it contains a character that is not ASCII; check for typographic "
			       "quotes and invisible blanks";
	}
	return NULL;
}

/* "NAME=" as in a file of variables. A key's own '=' are at its end. */
static bool has_variable(const char *text)
{
	const char *at = text;

	if (!strncmp(at, "export ", 7))
		return true;
	if (isdigit((unsigned char)*at))
		return false;
	while (isupper((unsigned char)*at) || isdigit((unsigned char)*at) || *at == '_')
		at++;
	return at > text && *at == '=' && at[1] && at[1] != '=';
}

static bool is_scheme(const char *text, const char *scheme)
{
	size_t len = strlen(scheme);

	return !strncasecmp(text, scheme, len) && strchr(" \t:", text[len]);
}

const char *key_text_fault(const char *key)
{
	size_t len = strlen(key);
	const char *stray = stray_fault(key);

	if (stray)
		return stray;
	if (len && (strchr("\"'`", key[0]) || strchr("\"'`", key[len - 1])))
		return "it is in quotes; remove them";
	if (has_variable(key))
		return "it begins with a variable name; give only the text after the '='";
	if (is_scheme(key, "Bearer") || is_scheme(key, "Basic") || is_scheme(key, "Authorization"))
		return "it begins with \"Bearer\" or a header name, which sluice adds; give only "
		       "the key";
	if (strpbrk(key, blanks))
		return "it contains a blank; give only the key";
	return NULL;
}

bool key_text_is_header(const char *line)
{
	const char *at = line;

	while (isalnum((unsigned char)*at) || (*at && strchr("!#$%&'*+-.^_`|~", *at)))
		at++;
	if (at == line || *at != ':')
		return false;
	for (; *at; at++)
		if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
			return false;
	return true;
}

static bool ends(const char *name, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !strncasecmp(name + len - n, word, n);
}

/* The error of credentials: of a key in full; of others, whose form is unknown, only the errors of
 * any secret. */
static const char *value_fault(const char *name, const char *value)
{
	size_t len = strcspn(name, ":");
	bool authorization = ends(name, len, "authorization");

	if (authorization && is_scheme(value, "Bearer")) {
		value += 6;
		value += strspn(value, blanks);
		return *value ? key_text_fault(value)
			      : "no key after \"Bearer\"; is its variable empty?";
	}
	if (authorization ? !strpbrk(value, blanks)
			  : ends(name, len, "key") || ends(name, len, "token") ||
				    ends(name, len, "secret"))
		return key_text_fault(value);
	return stray_fault(value);
}

bool key_text_check_header(char *line, struct error *err)
{
	char *value = line + strcspn(line, ":") + 1;
	const char *fault;

	key_text_trim(value);
	fault = value_fault(line, value);
	return !fault || error_set(err, "%.*s: %s", (int)strcspn(line, ":"), line, fault);
}
