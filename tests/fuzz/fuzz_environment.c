/* Settings from the environment: lines "NAME=value", and headers of the user's own ("-H Name:
 * value",
 * "--header-for ORIGIN Name: value"). Whatever they hold, no endpoint is opened with a key or a
 * header that could not be sent as it is, nothing of a key is in a message, and none goes to
 * another origin. */
#include "api/provider.h"
#include "fuzz.h"
#include "plan/key_command.h"
#include "plan/key_text.h"
#include "plan/credentials.h"

static const char *const variables[] = {"OPENAI_API_KEY", "ANTHROPIC_API_KEY",
	"AZURE_OPENAI_API_KEY", "SLUICE_API_KEY", "MY_KEY", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL",
	"AZURE_OPENAI_ENDPOINT", "OPENAI_API_VERSION", "http_proxy"};
enum { VARIABLES = sizeof(variables) / sizeof(variables[0]), LIST = 8 };

/* What the input asks for. */
struct run_input {
	struct target_settings target;
	char *headers[LIST + 1], *headers_for[LIST + 1];
};

static void add(char **list, const char *text, size_t len)
{
	size_t n = 0;

	while (n < LIST && list[n])
		n++;
	if (n < LIST)
		list[n] = strndup(text, len);
}

static bool starts(const char *line, size_t len, const char *with)
{
	return len >= strlen(with) && !memcmp(line, with, strlen(with));
}

static void set_variable(const char *line, size_t len)
{
	for (size_t i = 0; i < VARIABLES; i++) {
		size_t n = strlen(variables[i]);

		if (starts(line, len, variables[i]) && len > n && line[n] == '=') {
			char *value = strndup(line + n + 1, len - n - 1);

			setenv(variables[i], value, 1);
			free(value);
		}
	}
}

static void read_input(const char *at, const char *end, struct run_input *out)
{
	const char *line;
	size_t len;

	while (next_line(&at, end, &line, &len)) {
		if (starts(line, len, "-H "))
			add(out->headers, line + 3, len - 3);
		else if (starts(line, len, "--header-for "))
			add(out->headers_for, line + 13, len - 13);
		else if (starts(line, len, "--key-env"))
			out->target.key_env = (char *)"MY_KEY";
		else
			set_variable(line, len);
	}
}

/* Does the text hold it, long enough to be looked for? */
static bool shows(const char *text, const char *secret)
{
	return secret && strlen(secret) >= 12 && strstr(text, secret);
}

static void check_headers(const struct session_endpoint *e)
{
	struct buf out;

	for (size_t i = 0; i < e->n_headers; i++)
		must(key_text_is_header(e->headers[i]));
	if (!e->key)
		return;
	must(*e->key && !key_text_fault(e->key));
	buf_init(&out, 1 << 20);
	must(session_endpoint_adapt(e, "https://elsewhere.example/x", "", &out));
	must(!strncmp(buf_str(&out), e->key_name, strlen(e->key_name)));
	must(!shows(buf_str(&out), e->key));
	buf_free(&out);
}

/* What is shown of the headers, as the engine shows it. */
static void check_secrets(const struct session_endpoint *e)
{
	struct secrets all = {.text = NULL};
	struct buf shown, clean;

	session_endpoint_secrets(e, &all);
	if (getenv("http_proxy"))
		secrets_add_url(&all, getenv("http_proxy"));
	buf_init(&shown, 1 << 20);
	buf_init(&clean, 1 << 20);
	session_endpoint_show(e, "https://elsewhere.example/x", &shown);
	session_endpoint_show(e, e->endpoint.base_url ? e->endpoint.base_url : "", &shown);
	if (!secrets_scrub(&all, buf_str(&shown), shown.len, &clean))
		buf_add(&clean, shown.data, shown.len);
	must(!shows(buf_str(&clean), e->key));
	buf_free(&shown);
	buf_free(&clean);
	secrets_free(&all);
}

static void check_endpoint(const struct run_input *asked, const char *provider)
{
	struct target_settings target = asked->target;
	const struct request_settings request = {.headers = (char **)asked->headers};
	struct session_endpoint e = {.key = NULL};
	struct origin_headers common = {.at = NULL};
	struct error err = {""}, why = {""};

	target.provider = (char *)provider;
	for (size_t i = 0; asked->headers_for[i]; i++)
		if (origin_header_valid(asked->headers_for[i]))
			origin_headers_add(&common, asked->headers_for[i], false, &why);
	e.common = &common;
	if (session_endpoint_open(&e, &target, &request, false, "{}", 2, &err)) {
		check_headers(&e);
		check_secrets(&e);
		session_endpoint_wipe(&e);
		/* a key that an earlier input had in this variable is remembered */
		must(!e.variable || !getenv(e.variable) || !*getenv(e.variable));
	} else {
		must(err.text[0]);
		for (size_t i = 0; i < 5; i++)
			must(!shows(err.text, getenv(variables[i])));
	}
	session_endpoint_close(&e);
	origin_headers_free(&common);
}

/* What a key file or a key command gives. */
static void check_key_text(const char *text, size_t len)
{
	struct error err = {""};
	char *key = key_of_text("here", text, len, &err);

	must(key ? *key && !key_text_fault(key) : *err.text);
	free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct provider *const *p;
	size_t n;

	check_key_text((const char *)data, size);
	p = provider_table(&n);
	for (size_t i = 0; i < n; i++) {
		struct run_input asked = {.target = {.url = NULL}};

		for (size_t k = 0; k < VARIABLES; k++)
			unsetenv(variables[k]);
		read_input((const char *)data, (const char *)data + size, &asked);
		check_endpoint(&asked, p[i]->name);
		for (size_t k = 0; k < LIST; k++) {
			free(asked.headers[k]);
			free(asked.headers_for[k]);
		}
	}
	return 0;
}
