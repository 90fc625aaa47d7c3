/* Azure OpenAI: OpenAI's dialect behind addresses of its own, with a key header, content filters
 * and errors of Azure's.
 *
 * A model is reached by its deployment's name, BASE/openai/deployments/NAME/chat/completions, and a
 * dated api-version; 2024-10-21 is the generally available one:
 * https://learn.microsoft.com/azure/ai-services/openai/reference, as a schema
 * https://github.com/Azure/azure-rest-api-specs, …/AzureOpenAI/inference/stable. The v1 API is at
 * BASE/openai/v1 instead, knows the deployment by the body's model, and takes "preview" for a
 * version or none: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle.
 * Responses are there: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/responses. Batch
 * files have the urls /chat/completions and /v1/chat/completions alike:
 * https://learn.microsoft.com/azure/ai-services/openai/how-to/batch. */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "api/provider_parts.h"
#include "api/request_parts.h"
#include "base/text.h"
#include "base/url.h"

/* The parts of a base URL. */
struct place {
	size_t root;            /* bytes of it in front of "/openai" */
	const char *deployment; /* the deployment in the URL; NULL: the body's model names it */
	size_t deployment_len;
	bool v1;
};

/* The rest of the text behind this front; NULL when it does not begin with it. */
static const char *behind(const char *text, const char *end, const char *front)
{
	size_t len = strlen(front);

	return (size_t)(end - text) >= len && !memcmp(text, front, len) ? text + len : NULL;
}

/* The rest of a path behind a front of whole segments; NULL as above. */
static const char *behind_segments(const char *text, const char *end, const char *front)
{
	const char *rest = behind(text, end, front);

	return rest && (rest == end || strchr("/?", *rest)) ? rest : NULL;
}

static struct place place_of(const char *base)
{
	const char *end = base + strcspn(base, "?#");
	const char *host = strstr(base, "://"), *openai = NULL, *name;
	struct place p = {0};

	while (end > base && end[-1] == '/')
		end--;
	p.root = (size_t)(end - base);
	for (const char *at = host && host < end ? host + 3 : base; at < end && !openai; at++) {
		openai = behind_segments(at, end, "/openai");
		if (openai)
			p.root = (size_t)(at - base);
	}
	if (!openai)
		return p;
	p.v1 = behind_segments(openai, end, "/v1");
	name = behind(openai, end, "/deployments/");
	if (name && name < end) {
		p.deployment = name;
		p.deployment_len = strcspn(name, "/?#");
	}
	return p;
}

bool azure_is_address(const char *url)
{
	static const char domain[] = ".openai.azure.com";
	const char *host = strstr(url, "://");
	size_t len = host ? strcspn(host + 3, ":/?#") : 0;
	struct place p = place_of(url);

	return p.deployment || (!p.v1 && len > sizeof(domain) - 1 &&
				       !strncasecmp(host + 3 + len - (sizeof(domain) - 1), domain,
					       sizeof(domain) - 1));
}

static bool is_dated(const char *version)
{
	return *version >= '0' && *version <= '9';
}

/* Appends the api-version unless the query has one. */
static bool add_version(const char *version, const char *path, size_t len, struct buf *out)
{
	static const char name[] = "api-version=";
	const char *query = memchr(path, '?', len);

	if (query && memmem(query, (size_t)(path + len - query), name, sizeof(name) - 1))
		return true;
	return buf_addc(out, query ? '&' : '?') && buf_adds(out, name) && buf_adds(out, version);
}

/* Appends the deployment that the line's model names. */
static bool add_model(struct json_span model, struct buf *out, struct error *err)
{
	struct buf scratch;
	const char *name = "";
	size_t len = 0;
	bool ok = true;

	buf_init(&scratch, REQUEST_MAX_URL);
	if (model.at)
		ok = request_text(model, &scratch, &name, &len);
	if (!ok)
		error_set(err, "url is too long");
	else if (!len)
		ok = error_set(err, "the body has no model: Azure needs the name of the deployment "
				    "there");
	else if (len <= 2 && !memcmp(name, "..", len))
		ok = error_set(err, "the model is not a valid deployment name");
	else
		ok = url_escape(out, name, len) || error_set(err, "url is too long");
	buf_free(&scratch);
	return ok;
}

/* The API call of a path, without slash and version; NULL when it is not one of the API's. */
static const char *call_of(const char *path, const char *end)
{
	static const char *const calls[] = {
		"chat/completions", "completions", "embeddings", "responses"};
	const char *call;

	while (path < end && *path == '/')
		path++;
	call = behind(path, end, "v1/");
	if (call)
		return call;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (behind_segments(path, end, calls[i]))
			return path;
	return NULL;
}

/* A full path of Azure's goes behind the part of the base URL before "/openai". */
static bool own_url(const struct endpoint *e, const struct place *at, const char *version,
	const char *path, const char *end, struct buf *out)
{
	const char *rest = path + (*path == '/');
	size_t len = (size_t)(end - rest);
	bool v1 = behind_segments(rest, end, "openai/v1");

	return buf_add(out, e->base_url, at->root) && buf_addc(out, '/') &&
	       buf_add(out, rest, len) &&
	       ((v1 && is_dated(version)) || add_version(version, rest, len, out));
}

static bool deployment_url(const struct endpoint *e, const struct request_line *line,
	const struct place *at, const char *version, const char *call, const char *end,
	struct buf *out, struct error *err)
{
	size_t len = (size_t)(end - call);

	if (!buf_add(out, e->base_url, at->root) || !buf_adds(out, "/openai/deployments/"))
		return error_set(err, "url is too long");
	if (!at->deployment && !add_model(line->model, out, err))
		return false;
	return (buf_add(out, at->deployment, at->deployment_len) && buf_addc(out, '/') &&
		       buf_add(out, call, len) && add_version(version, call, len, out)) ||
	       error_set(err, "url is too long");
}

static bool v1_url(const struct endpoint *e, const struct place *at, const char *version,
	const char *call, const char *end, struct buf *out)
{
	size_t len = (size_t)(end - call);

	return buf_add(out, e->base_url, at->root) && buf_adds(out, "/openai/v1/") &&
	       buf_add(out, call, len) &&
	       (is_dated(version) || add_version(version, call, len, out));
}

static bool azure_url(const struct endpoint *e, const struct request_line *line, const char *path,
	size_t len, struct buf *out, struct error *err)
{
	const char *version = e->api_version ? e->api_version : provider_azure.api_version;
	const char *end = path + len, *call = call_of(path, end);
	struct place at = place_of(e->base_url);
	bool fits;

	if (line->format == FORMAT_ANTHROPIC)
		return error_set(err, "Azure OpenAI does not accept Anthropic messages: give "
				      "another --provider and --url");
	if (behind_segments(path + (len && *path == '/'), end, "openai"))
		fits = own_url(e, &at, version, path, end, out);
	else if (!call)
		return provider_join(e, line, path, len, out, err);
	else if (at.v1 || !is_dated(version) || behind_segments(call, end, "responses"))
		fits = v1_url(e, &at, version, call, end, out);
	else
		return deployment_url(e, line, &at, version, call, end, out, err);
	return fits || error_set(err, "url is too long");
}

/* Streams can report their usage since 2024-09-01-preview, but not for answers from data sources:
 * https://learn.microsoft.com/azure/ai-services/openai/api-version-deprecation. */
static bool can_report_usage(struct request *r)
{
	static const char sources[] = "\"data_sources\"", name[] = "api-version=";
	const char *version = strstr(buf_str(&r->url), name);

	if (version && is_dated(version + sizeof(name) - 1) &&
		strncmp(version + sizeof(name) - 1, "2024-09-01", 10) < 0)
		return false;
	return !memmem(buf_str(&r->body), r->body.len, sources, sizeof(sources) - 1);
}

static bool azure_shape(struct request *r, bool ask)
{
	if (!request_goes_to(r, "/completions") || can_report_usage(r))
		return openai_shape(r, ask);
	return request_stream(r, ask, false);
}

/* ---- errors ---- */

/* One category of a filter's verdict: {"filtered":true,"severity":"high"}. */
static bool take_category(void *ctx, struct json_span key, struct json_span value)
{
	struct json_want want[] = {{.name = "filtered"}, {.name = "severity"}};
	struct buf *out = ctx;

	if (json_pick(value.at, value.len, want, 2, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(want[0].value, JSON_VALUE_TRUE))
		return true;
	buf_adds(out, out->len ? ", " : "");
	buf_add(out, key.at + 1, key.len - 2);
	if (json_span_is(want[1].value, JSON_VALUE_STRING))
		buf_addf(out, " (%.*s)", (int)want[1].value.len - 2, want[1].value.at + 1);
	return true;
}

/* The first of two members that is an object. */
static bool find_object(
	struct json_span in, const char *name, const char *other, struct json_span *out)
{
	struct json_want want[] = {{.name = name}, {.name = other}};

	json_pick(in.at, in.len, want, 2, NULL);
	*out = want[0].value.at ? want[0].value : want[1].value;
	return json_span_is(*out, JSON_VALUE_OBJECT);
}

/* The reason a prompt was refused: error.innererror.content_filter_result as servers send it; the
 * specification has slightly different names.
 * https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter */
static void add_categories(struct json_span error, struct verdict *out)
{
	struct json_span inner, result;
	struct buf text;
	size_t named;

	if (!find_object(error, "innererror", "inner_error", &inner) ||
		!find_object(inner, "content_filter_result", "content_filter_results", &result))
		return;
	buf_init(&text, result.len + sizeof(out->message));
	json_each(result, take_category, &text);
	named = text.len;
	buf_addf(&text, " filtered: %s", out->message);
	if (named)
		text_one_line(out->message, sizeof(out->message), buf_str(&text), text.len);
	buf_free(&text);
}

static void azure_error(const struct answer_members *m, struct verdict *out)
{
	char status[16];

	answer_error(m, out);
	/* Many errors repeat the status as their code. */
	snprintf(status, sizeof(status), "%d", out->status);
	if (!strcmp(out->code, status))
		out->code[0] = '\0';
	if (!strcmp(out->code, "content_filter") && json_span_is(m->error, JSON_VALUE_OBJECT))
		add_categories(m->error, out);
	/* A used-up quota is a 403:
	 * https://learn.microsoft.com/azure/api-management/azure-openai-token-limit-policy */
	if (out->status == 403 && strcasestr(out->message, "quota"))
		out->outcome = OUTCOME_QUOTA;
}

const struct provider provider_azure = {
	.name = "azure",
	.url_env = "AZURE_OPENAI_ENDPOINT",
	.key_env = "AZURE_OPENAI_API_KEY",
	.key_header = "api-key: ",
	.api_version = "2024-10-21",
	.version_env = "OPENAI_API_VERSION",
	.answers_json = true,
	.path = openai_path,
	.url = azure_url,
	.shape = azure_shape,
	.error = azure_error,
	.text = openai_text,
};
