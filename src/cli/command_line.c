#include "cli/command_line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/options_value.h"
#include "plan/endpoint_spec.h"
#include "plan/redact.h"

static bool header_may_show(const char *value)
{
	return !redact_is_secret_header(value, strcspn(value, ":"));
}

static bool origin_header_may_show(const char *value)
{
	value += strcspn(value, " \t");
	return header_may_show(value + strspn(value, " \t"));
}

static bool url_may_show(const char *value)
{
	struct buf shown;
	bool same;

	buf_init(&shown, strlen(value) * 16 + 64);
	redact_url(value, &shown);
	same = !strcmp(buf_str(&shown), value);
	buf_free(&shown);
	return same;
}

/* Some keys look like names of variables; those that exist, and names in capitals, are names. */
static bool variable_may_show(const char *value)
{
	if (getenv(value))
		return true;
	while (isupper((unsigned char)*value) || isdigit((unsigned char)*value) || *value == '_')
		value++;
	return !*value;
}

static bool endpoint_may_show(const char *value)
{
	struct endpoint_spec spec;
	struct error err;
	bool good = endpoint_spec_parse(value, &spec, &err) && url_may_show(spec.url) &&
		    (!spec.key_env || variable_may_show(spec.key_env)) && !spec.key_command;

	endpoint_spec_free(&spec);
	return good;
}

/* Options and members of endpoints whose values are checked before they are shown. */
static const struct guarded {
	const char *name;
	bool (*may_show)(const char *value);
} guarded[] = {
	{"header", header_may_show},
	{"header-for", origin_header_may_show},
	{"url", url_may_show},
	{"key-env", variable_may_show},
	{"endpoint", endpoint_may_show},
};

bool option_may_show(const char *name, const char *value, bool secret)
{
	for (size_t i = 0; i < sizeof(guarded) / sizeof(guarded[0]); i++)
		if (!strcmp(guarded[i].name, name))
			return guarded[i].may_show(value);
	return !secret;
}

void command_line_add(char ***line, const char *word, const struct option_row *o, const char *value)
{
	struct buf shown;

	if (!value || option_may_show(o->name, value, o->secret)) {
		option_list_add(line, word);
		return;
	}
	buf_init(&shown, strlen(word) * 16 + 64);
	buf_add(&shown, word, (size_t)(value - word));
	if (!strcmp(o->name, "url"))
		redact_url(value, &shown);
	else
		buf_adds(&shown, REDACTED);
	option_list_add(line, buf_str(&shown));
	buf_free(&shown);
}
