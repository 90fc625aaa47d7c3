/* `sluice check`: reads the whole input as a run would, and sends nothing. */
#include "config.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/io.h"
#include "base/keyed_hash.h"
#include "base/lines.h"
#include "base/text.h"
#include "cli/check_impl.h"
#include "cli/check_read.h"
#include "cli/commands.h"
#include "input/source.h"
#include "core/binding.h"
#include "core/route.h"
#include "plan/endpoint_specs.h"
#include "plan/redact.h"
#include "plan/base_url.h"
#include "plan/input_form.h"
#include "plan/pipeline_load.h"
#include "plan/template_load.h"

enum {
	EXIT_GOOD,
	EXIT_SOME_BAD,
	EXIT_UNREADABLE,
};

/* The state of reading the input. */
struct reader {
	struct check *check;
	const struct run_settings *settings;
	struct endpoint endpoint;    /* without a provider until the first request */
	struct endpoint_specs specs; /* of --endpoint; none: the endpoint of --url */
	struct routes routes;        /* to these; no lanes */
	struct request request;
	struct source *source;
	enum input_format format;
	struct rows *rows;
	struct session_pipeline *pipeline; /* NULL: none */
	struct input_form form;
	uint64_t number; /* of the line that is looked at */
	struct error err;
	struct hash_key key;         /* of the hashes of ids */
	struct buf id, text, again;  /* again: an earlier line */
	struct buf made, made_again; /* by the template */
	struct buf stage;            /* the line of a pipeline's stage */
};

static void add_problem(struct check *c, uint64_t line, const char *message)
{
	struct check_problem *p;

	if (c->n_problems == CHECK_PROBLEMS)
		return;
	p = &c->problems[c->n_problems++];
	p->line = line;
	snprintf(p->message, sizeof(p->message), "%.*s", (int)sizeof(p->message) - 1, message);
}

static void count_model(struct reader *r, const struct request_line *line)
{
	struct check *c = r->check;
	uint64_t hash;
	uint32_t i;

	buf_clear(&r->text);
	if (!json_span_is(line->model, JSON_VALUE_STRING) ||
		!json_string_decode(line->model, &r->text))
		return;
	hash = hash_bytes(buf_str(&r->text), r->text.len);
	if (!idmap_get(&c->model_index, hash, &i)) {
		if (c->n_models == CHECK_MODELS_KNOWN)
			return;
		i = (uint32_t)c->n_models++;
		c->models = xrealloc(c->models, c->n_models, sizeof(*c->models));
		c->models[i].items = 0;
		text_sanitise(
			c->models[i].name, sizeof(c->models[i].name), r->text.data, r->text.len);
		idmap_put(&c->model_index, hash, i);
	}
	c->models[i].items++;
}

static void remember(struct check *c, uint64_t hash, const struct source_line *line)
{
	if (c->n_places == c->cap_places) {
		c->cap_places = c->cap_places ? c->cap_places + c->cap_places / 2 : 1024;
		c->places = xrealloc(c->places, c->cap_places, sizeof(*c->places));
	}
	c->places[c->n_places] = (struct check_place){.offset = line->offset,
		.len = (uint32_t)line->len,
		.number = (uint32_t)line->number};
	idmap_put(&c->ids, hash, (uint32_t)c->n_places++);
}

/* Whether the item at place really has the id in r->id: two ids may share a hash. True as well when
 * the line cannot be read again; better to warn than to miss one. */
static bool place_has_id(struct reader *r, const struct check_place *place)
{
	struct request_line earlier;

	if (!source_fetch(r->source, place->offset, place->len, &r->again, NULL) ||
		!rows_request(r->rows, r->format, buf_str(&r->again), r->again.len, &r->made_again,
			&earlier, NULL))
		return true;
	buf_clear(&r->text);
	return !request_id(&earlier, place->number, &r->text) ||
	       (r->text.len == r->id.len && !memcmp(r->text.data, r->id.data, r->id.len));
}

/* The line may be gone afterwards: to compare, an earlier one is read. */
static bool id_is_new(struct reader *r, const struct source_line *line)
{
	struct check *c = r->check;
	uint64_t hash = hash_keyed(&r->key, r->id.data, r->id.len);
	uint64_t number = line->number;
	char message[300], shown[120];
	uint32_t i;

	if (!idmap_get(&c->ids, hash, &i)) {
		remember(c, hash, line);
		return true;
	}
	if (!place_has_id(r, &c->places[i]))
		return true;
	text_sanitise(shown, sizeof(shown), r->id.data, r->id.len);
	snprintf(message, sizeof(message), "duplicate id '%s', first on line %u", shown,
		(unsigned)c->places[i].number);
	add_problem(c, number, message);
	c->duplicates++;
	return false;
}

/* Embeddings answer with numbers, which are not counted as tokens. */
static bool writes_tokens(const struct request_line *line)
{
	static const char path[] = "/embeddings";

	return !line->url.at || !memmem(line->url.at, line->url.len, path, strlen(path));
}

/* The request for people; of a template only the body. */
static char *indented(const struct buf *line, bool body_alone)
{
	json_t *body = json_loadb(line->data, line->len, 0, NULL);
	char *text;

	if (body_alone) {
		json_object_del(body, "custom_id");
		json_object_del(body, "priority");
		json_object_del(body, "metadata");
	}
	text = json_dumps(body, JSON_INDENT(2));
	json_decref(body);
	return text;
}

/* Of the first request, whose provider may be a stage's own. set: of the endpoints that it may go
 * to. */
static bool find_endpoint(
	struct reader *r, uint32_t set, char *provider, const struct source_line *first)
{
	struct target_settings target = r->settings->target;
	bool given;

	if (r->specs.n && !r->pipeline)
		target = endpoint_spec_target(&r->specs.at[__builtin_ctz(set)], &target);
	if (provider)
		target.provider = provider;
	return session_address_find(
		&target, first->text, first->len, &r->endpoint, &given, &r->err);
}

/* The address to which a run would send it, by the stage's provider unless NULL. False when there
 * is none, except for a missing base URL, which may be given to the run only. */
static bool has_target(struct reader *r, char *provider, const struct source_line *source,
	const struct request_line *line, struct error *err)
{
	struct error why = {""};
	uint32_t set = ROUTES_ALL;

	if (!r->pipeline && !routes_for(&r->routes, line, &set, &why))
		return error_set(err, "%s: the run is refused", why.text);
	if (!r->endpoint.provider && !find_endpoint(r, set, provider, source))
		return true;
	if (!request_target(&r->endpoint, line, &r->request, &why))
		return !r->endpoint.base_url || error_set(err, "%s", why.text);
	if (r->check->first_target)
		return true;
	buf_clear(&r->text);
	buf_addf(&r->text, "%s ", r->request.method);
	redact_url(buf_str(&r->request.url), &r->text);
	r->check->first_target = xstrdup(buf_str(&r->text));
	return true;
}

/* The price of a request by its model's name; NULL: none is known. */
static const struct price *price_of(const struct reader *r, const struct request_line *request)
{
	const struct prices *prices = &r->settings->budget.prices;
	const struct price *price = NULL;
	char model[200];

	request_model(request, model, sizeof(model));
	if (*model)
		price = prices_of(prices, model);
	return price ? price : prices_rest(prices);
}

static void count_tokens(struct reader *r, const struct request_line *request)
{
	struct priced_tokens t = {.in = request_estimate_tokens(request)};
	const struct price *price = price_of(r, request);
	struct check *c = r->check;

	c->tokens_in += t.in;
	if (price)
		c->usd_in += price_usd(price, &t);
	else
		c->unpriced++;
	if (request->max_tokens >= 0)
		t.out = (double)request->max_tokens;
	else if (writes_tokens(request))
		c->unlimited++;
	c->tokens_out += t.out;
	if (price)
		c->usd_most += price_usd(price, &t);
}

/* Would the stage send this? */
static bool take_stage(struct reader *r, int stage, const struct flow *f, struct error *err)
{
	struct check *c = r->check;
	struct request_line request;
	struct source_line source;
	struct stage_lack lack;
	struct error why = {""};

	if (!stage_request_fill(&r->pipeline->request[stage], f, &r->stage, &request, &lack, &why))
		return error_set(err, "stage %s: %s", f->p->stage[stage].name, why.text);
	source = (struct source_line){.text = buf_str(&r->stage), .len = r->stage.len};
	if (!c->first_target && !has_target(r, f->p->stage[stage].provider, &source, &request, err))
		return false;
	if (!c->first)
		c->first = indented(&r->stage, false);
	count_tokens(r, &request);
	count_model(r, &request);
	return true;
}

/* The first stages of a row: later requests depend on their answers. */
static bool take_row(struct reader *r, struct error *err)
{
	struct flow flow;
	uint32_t ready;
	bool good = true;

	flow_begin(&flow, &r->pipeline->stages, buf_str(&r->made), r->made.len);
	ready = flow_advance(&flow);
	for (int i = 0; good && i < r->pipeline->stages.n; i++)
		if (ready & UINT32_C(1) << i)
			good = take_stage(r, i, &flow, err);
	flow_free(&flow);
	return good;
}

static void on_oddity(void *ctx, const char *text)
{
	struct reader *r = ctx;
	struct check *c = r->check;
	struct check_oddity *odd;

	for (size_t i = 0; i < c->n_oddities; i++)
		if (!strcmp(c->oddities[i].text, text)) {
			c->oddities[i].lines++;
			return;
		}
	if (c->n_oddities == CHECK_ODDITIES)
		return;
	odd = &c->oddities[c->n_oddities++];
	*odd = (struct check_oddity){.line = r->number, .lines = 1};
	snprintf(odd->text, sizeof(odd->text), "%s", text);
}

static void take_line(struct reader *r, const struct source_line *line)
{
	struct check *c = r->check;
	struct request_line request;
	struct error err = {""};

	c->items++;
	buf_clear(&r->id);
	if (!rows_request(r->rows, r->format, line->text, line->len, &r->made, &request, &err) ||
		!(r->pipeline ? take_row(r, &err) : has_target(r, NULL, line, &request, &err))) {
		c->bad++;
		add_problem(c, line->number, err.text);
		return;
	}
	request_id(&request, line->number, &r->id);
	if (!id_is_new(r, line))
		return;
	c->good++;
	r->number = line->number;
	input_form_oddities(&r->form, r->format, line->text, line->len, on_oddity, r);
	if (r->pipeline)
		return;
	if (r->rows && !c->first)
		c->first = indented(&r->made, true);
	c->formats[request.format]++;
	count_tokens(r, &request);
	count_model(r, &request);
}

static void take_too_long(struct reader *r, const struct source_line *line)
{
	char message[120];

	snprintf(message, sizeof(message), "longer than %zu MB: %.0f MB", SOURCE_MAX_LINE >> 20,
		(double)line->len / 0x1p20);
	r->check->items++;
	r->check->bad++;
	add_problem(r->check, line->number, message);
}

/* Lines that are wrong are counted; an address that is wrong ends the reading. */
static bool take_any(void *reader, const struct source_line *line, struct error *err)
{
	if (line->text)
		take_line(reader, line);
	else
		take_too_long(reader, line);
	return !err->text[0];
}

/* False when the input cannot be read. */
static bool read_all(struct reader *r)
{
	struct check *c = r->check;

	c->part = r->settings->input.part;
	if (!check_read(r->source, &r->form, &c->part, take_any, r, &r->err))
		return false;
	c->bytes = source_bytes_read(r->source);
	c->empty_rows = r->form.empty;
	snprintf(c->form, sizeof(c->form), "%s", r->form.text);
	return true;
}

static int by_use(const void *a, const void *b)
{
	const struct check_model *x = a, *y = b;

	if (x->items != y->items)
		return x->items < y->items ? 1 : -1;
	return strcmp(x->name, y->name);
}

static void check_free(struct check *c)
{
	idmap_free(&c->ids);
	idmap_free(&c->model_index);
	free(c->models);
	free(c->places);
	free(c->first);
	free(c->first_target);
	free(c);
}

static int print(const struct check *c, const struct run_settings *s, bool json)
{
	if (json)
		check_print_json(c, s);
	else
		check_print_text(c, s);
	if (fflush(stdout) || ferror(stdout)) {
		perror("sluice: cannot write to standard output");
		return EXIT_UNREADABLE;
	}
	if (!c->good) {
		say("%s%s has no valid line; line %" PRIu64 ": %s",
			input_part_is(&c->part) ? "the part of " : "", s->input.path,
			c->problems[0].line, c->problems[0].message);
		return EXIT_UNREADABLE;
	}
	return c->good == c->items ? EXIT_GOOD : EXIT_SOME_BAD;
}

static void reader_init(struct reader *r, const struct run_settings *s)
{
	*r = (struct reader){.settings = s,
		.format = input_form_format(s),
		.check = xcalloc(1, sizeof(*r->check))};
	buf_init(&r->stage, SOURCE_MAX_LINE);
	buf_init(&r->id, REQUEST_MAX_ID);
	buf_init(&r->text, REQUEST_MAX_ID);
	buf_init(&r->again, SOURCE_MAX_LINE + 1);
	buf_init(&r->made, SOURCE_MAX_LINE);
	buf_init(&r->made_again, SOURCE_MAX_LINE);
	request_init(&r->request, SOURCE_MAX_LINE);
}

static void reader_free(struct reader *r)
{
	buf_free(&r->id);
	buf_free(&r->text);
	buf_free(&r->again);
	buf_free(&r->made);
	buf_free(&r->made_again);
	buf_free(&r->stage);
	request_free(&r->request);
	session_address_free(&r->endpoint);
	rows_free(r->rows);
	session_pipeline_free(r->pipeline);
	endpoint_specs_free(&r->specs);
	source_close(r->source);
	check_free(r->check);
}

/* The endpoints as a run would have them. */
static bool read_endpoints(struct reader *r)
{
	if (!endpoint_specs_read(&r->settings->endpoints, &r->specs, &r->err))
		return false;
	for (size_t i = 0; i < r->specs.n; i++)
		routes_add(&r->routes, &(struct route_config){.name = r->specs.at[i].name,
					       .weight = r->specs.at[i].weight,
					       .models = r->specs.at[i].models});
	return r->specs.n ||
	       routes_add(&r->routes, &(struct route_config){.name = "default", .weight = 1});
}

/* Opens the files of the settings; false and r->err when one is unusable. */
static bool reader_open(struct reader *r)
{
	const struct run_settings *s = r->settings;

	if (!read_endpoints(r) || !session_read_template(s->input.template, &r->rows, &r->err) ||
		!session_read_pipeline(s, &r->pipeline, &r->rows, &r->err))
		return false;
	if (r->pipeline)
		r->check->pipeline = &r->pipeline->stages;
	r->source = source_open(s->input.path, io_temp_folder(), &r->err);
	return r->source && input_form_init(&r->form, &s->input, r->rows, r->source, &r->err);
}

int command_check(const struct run_settings *s, bool json)
{
	struct reader r;
	int code = EXIT_UNREADABLE;
	bool good;

	reader_init(&r, s);
	good = hash_key_make(&r.key, &r.err) && reader_open(&r) && read_all(&r);
	if (good && !r.check->items)
		good = error_set(&r.err,
			"%s has no items: give a file with one JSON request a line", s->input.path);
	if (good) {
		if (r.check->models)
			qsort(r.check->models, r.check->n_models, sizeof(*r.check->models), by_use);
		code = print(r.check, s, json);
	} else {
		fprintf(stderr, "sluice: %s\n", r.err.text);
	}
	reader_free(&r);
	return code;
}
