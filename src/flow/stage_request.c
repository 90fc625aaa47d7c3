#include "config.h"

#include "flow/stage_request.h"

#include <string.h>

#include "api/rows_lack.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

enum { TEMPLATE_SIZE = 32 << 20, MESSAGE_PATH = 80 };

/* ---- making the templates ---- */

/* Placeholders in a URL percent-encode; one at its beginning may bring a whole URL. */
static bool add_url(struct buf *out, const char *url)
{
	struct buf marked;
	const char *at = url, *next;
	bool fits = true;

	buf_init(&marked, TEMPLATE_SIZE);
	while ((next = strstr(at, "{{"))) {
		const char *path = next + 2 + strspn(next + 2, " \t");

		fits = fits && buf_add(&marked, at, (size_t)(next + 2 - at));
		if (next != url && strncmp(path, "url ", 4) != 0 && strncmp(path, "}}", 2) != 0)
			fits = fits && buf_adds(&marked, "url ");
		at = path;
	}
	fits = fits && buf_adds(&marked, at) && json_add_string(out, buf_str(&marked), marked.len);
	buf_free(&marked);
	return fits;
}

/* The body with the stage's model as its first member. */
static bool add_body(struct buf *out, const struct stage *s, struct error *err)
{
	struct json_span body = {s->body, strlen(s->body)};
	struct json_want model = {.name = "model"};

	if (!s->model)
		return buf_add(out, body.at, body.len);
	if (!json_span_is(body, JSON_VALUE_OBJECT))
		return error_set(err, "it names a model, but its body is not an object");
	json_pick(body.at, body.len, &model, 1, NULL);
	if (model.value.at)
		return error_set(err, "it names a model twice: in the stage and in its body");
	buf_adds(out, "{\"model\":");
	json_add_string(out, s->model, strlen(s->model));
	body.at++;
	body.len--;
	if (body.at[strspn(body.at, " \t\r\n")] != '}')
		buf_addc(out, ',');
	return buf_add(out, body.at, body.len);
}

static bool is_bare(const struct stage *s)
{
	return !s->url && !s->method && !s->headers;
}

/* Writes the stage as an input line with placeholders. */
static bool add_line(struct buf *out, const struct stage *s, struct error *err)
{
	bool good;

	if (is_bare(s)) {
		if (!json_span_is((struct json_span){s->body, strlen(s->body)}, JSON_VALUE_OBJECT))
			return error_set(err, "a body that is not an object needs a url");
		return add_body(out, s, err);
	}
	if (!s->url)
		return error_set(err, "a method or headers need a url");
	good = buf_adds(out, "{\"url\":") && add_url(out, s->url);
	if (s->method)
		good = good && buf_adds(out, ",\"method\":") &&
		       json_add_string(out, s->method, strlen(s->method));
	if (s->headers)
		good = good && buf_addf(out, ",\"headers\":%s", s->headers);
	if (good && s->body)
		good = buf_adds(out, ",\"body\":") && add_body(out, s, err);
	return good && buf_addc(out, '}');
}

/* Checks with sample text that the filled line is a request. */
static bool check_sample(struct stage_request *r, struct error *err)
{
	struct request_line line;
	struct buf sample;
	bool good;

	buf_init(&sample, TEMPLATE_SIZE);
	stage_request_sample(r, &sample);
	good = request_parse(buf_str(&sample), sample.len, r->format, &line, err);
	buf_free(&sample);
	return good;
}

static void find_model(const struct stage *s, const struct buf *line, struct stage_request *out)
{
	struct json_want body = {.name = "body"}, model = {.name = "model"};
	struct json_span v = {line->data, line->len};

	if (!is_bare(s)) {
		json_pick(v.at, v.len, &body, 1, NULL);
		v = body.value;
	}
	if (!v.at || json_pick(v.at, v.len, &model, 1, NULL) != JSON_VALUE_OBJECT ||
		!json_span_is(model.value, JSON_VALUE_STRING))
		return;
	out->varies = memmem(model.value.at, model.value.len, "{{", 2);
	if (!out->varies)
		text_sanitise(
			out->model, sizeof(out->model), model.value.at + 1, model.value.len - 2);
}

struct path_check {
	const struct pipeline *p;
	int stage;
	struct error *err;
};

static bool check_path(void *ctx, const char *path)
{
	const struct path_check *c = ctx;

	return pipeline_path_valid(c->p, c->p->stage[c->stage].ancestors, path, c->err);
}

static bool make(const struct pipeline *p, int stage, struct stage_request *out, struct error *err)
{
	const struct stage *s = &p->stage[stage];
	struct path_check check = {p, stage, err};
	struct buf line;
	bool good;

	buf_init(&line, TEMPLATE_SIZE);
	out->format = is_bare(s) ? FORMAT_WHOLE : FORMAT_AUTO;
	good = add_line(&line, s, err);
	if (good) {
		find_model(s, &line, out);
		out->hash = hash_bytes(line.data, line.len);
		out->template = template_new_stage(buf_str(&line), line.len, err);
		good = out->template && template_each_path(out->template, check_path, &check) &&
		       check_sample(out, err);
	}
	buf_free(&line);
	return good;
}

bool stage_requests_init(const struct pipeline *p, struct stage_request *out, struct error *err)
{
	memset(out, 0, (size_t)p->n * sizeof(*out));
	for (int i = 0; i < p->n; i++) {
		struct error why = {""};

		if (!make(p, i, &out[i], &why))
			return error_set(err, "stage %s: %s", p->stage[i].name, why.text);
		for (int k = 0; k < i; k++)
			if (p->stage[i].ancestors & UINT32_C(1) << k)
				out[i].hash = out[i].hash * 31 + out[k].hash;
	}
	return true;
}

void stage_requests_free(struct stage_request *r, int n)
{
	for (int i = 0; i < n; i++)
		template_free(r[i].template);
}

/* ---- rows ---- */

struct needs {
	const struct pipeline *p;
	struct rows *rows;
};

static bool need_of_row(void *ctx, const char *path)
{
	struct needs *n = ctx;
	struct place place;

	if (pipeline_place(n->p, path, &place, NULL) && place.stage < 0 && *place.path)
		rows_need(n->rows, place.path);
	return true;
}

struct rows *stage_rows(const struct pipeline *p, const struct stage_request *r)
{
	struct needs n = {p, rows_new(NULL)};

	for (int i = 0; i < p->n; i++)
		if (!p->stage[i].when.node)
			template_each_path(r[i].template, need_of_row, &n);
	return n.rows;
}

/* ---- filling ---- */

struct filling {
	const struct flow *flow;
	struct stage_lack *lack;
	bool of_row;  /* fills answers of stages with samples */
	int answered; /* the last stage whose answer was used; -1: none */
};

static bool lookup(void *ctx, const char *path, bool *is_text, struct buf *value, struct error *err)
{
	struct filling *f = ctx;
	struct place place;
	enum json_type type;

	if (!pipeline_place(f->flow->p, path, &place, err))
		return false;
	if (place.stage > f->answered && f->flow->stage[place.stage] == FLOW_DONE)
		f->answered = place.stage;
	if (f->of_row && place.stage >= 0) {
		*is_text = true;
		return buf_addc(value, 'x');
	}
	switch (flow_find(f->flow, path, &type, value)) {
	case FLOW_FOUND:
		*is_text = type == JSON_VALUE_STRING;
		return true;
	case FLOW_EMPTY:
		*is_text = true;
		return true;
	default:
		break;
	}
	f->lack->stage = place.stage;
	if (place.stage < 0)
		return row_lacks(f->flow->row_json, place.path, err);
	return error_set(err, "the answer of stage %s has no \"%.*s\"",
		f->flow->p->stage[place.stage].name, MESSAGE_PATH, path);
}

/* Would the line be a request with samples in place of the stages' answers? */
static bool row_is_good(const struct stage_request *r, const struct flow *f, struct buf *line)
{
	struct stage_lack lack = {-1};
	struct filling filling = {f, &lack, true, -1};
	struct request_line out;

	buf_clear(line);
	return template_fill(r->template, lookup, &filling, line, NULL) &&
	       request_parse(buf_str(line), line->len, r->format, &out, NULL);
}

bool stage_request_fill(const struct stage_request *r, const struct flow *f, struct buf *line,
	struct request_line *out, struct stage_lack *lack, struct error *err)
{
	struct filling filling = {f, lack, false, -1};

	lack->stage = -1;
	buf_clear(line);
	if (!template_fill(r->template, lookup, &filling, line, err))
		return false;
	if (request_parse(buf_str(line), line->len, r->format, out, err))
		return true;
	if (filling.answered >= 0 && row_is_good(r, f, line))
		lack->stage = filling.answered;
	return false;
}

void stage_request_sample(const struct stage_request *r, struct buf *line)
{
	buf_clear(line);
	template_fill(r->template, NULL, NULL, line, NULL);
}
