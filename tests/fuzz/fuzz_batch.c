/* What a client gives a service: a list of requests in a JSON body, lines of a batch; the records
 * on its disk; and the lists of models of its endpoints. What passes is a line that a run takes. */
#include <jansson.h>

#include "api/request.h"
#include "fuzz.h"
#include "serve/catalog.h"
#include "serve/kind.h"
#include "serve/record.h"
#include "serve/request_list.h"

enum { MAX = 4 << 20 };

/* The lines of the list, read in pieces; its end, or its fault. */
static void read_list(const char *text, size_t size, size_t piece, struct buf *out)
{
	struct request_list l;
	bool ok = true;

	buf_clear(out);
	request_list_init(&l, "requests", out);
	for (size_t at = 0; ok && at < size; at += piece)
		ok = request_list_feed(&l, text + at, size - at < piece ? size - at : piece);
	if (request_list_end(&l))
		buf_addf(out, "%llu %s", (unsigned long long)l.n, l.model);
	else
		buf_adds(out, l.fault);
}

static void check_list(const char *text, size_t size)
{
	json_t *tree = json_loadb(text, size, JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(tree, "requests");
	struct buf whole, pieces;
	char n[24];

	buf_init(&whole, MAX);
	buf_init(&pieces, MAX);
	read_list(text, size, size + 1, &whole);
	for (size_t piece = 1; piece < 6; piece++) {
		read_list(text, size, piece, &pieces);
		must(whole.len == pieces.len && !memcmp(whole.data, pieces.data, whole.len));
	}
	if (json_array_size(list)) {
		snprintf(n, sizeof(n), "\n%zu ", json_array_size(list));
		must(memmem(whole.data, whole.len, n, strlen(n)));
	}
	json_decref(tree);
	buf_free(&whole);
	buf_free(&pieces);
}

static void check_line(const struct batch_kind *kind, const char *text, size_t size)
{
	struct catalog *models = catalog_new(1);
	const struct kind_rules rules[] = {
		{"/v1/chat/completions", NULL, NULL}, {"/v1/embeddings", "m", models}};
	struct line_fault fault = {.code = NULL};
	struct json_span id = {NULL, 0};
	struct request_line r;
	struct error err;
	struct buf out;

	model_list_add(&models->at[0].list, "m", 1);
	models->at[0].sure = true;
	catalog_make(models);
	buf_init(&out, MAX);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		buf_clear(&out);
		if (!kind->check(&rules[i], text, size, &out, &id, &fault)) {
			must(fault.code);
			must(fault.code != line_fault_no_model || strcmp(fault.model, "m") != 0);
			must_be_harmless(fault.message);
			continue;
		}
		must(out.len && memchr(out.data, '\n', out.len) == out.data + out.len - 1);
		must(request_parse(out.data, out.len - 1, kind->format, &r, &err));
		must(!r.headers.at && !r.endpoint.at && !r.metadata.at);
		must(!r.url.at || json_span_begins(r.url, "\"/v1/"));
	}
	catalog_release(models);
	buf_free(&out);
}

/* What an endpoint says it has: each name is found again. */
static void check_models(const char *text, size_t size)
{
	struct model_list l = {.n = 0};
	char next[MODEL_TEXT_MAX];

	if (!model_list_add_page(&l, text, size, next))
		must(!l.n);
	must(strlen(next) < sizeof(next));
	model_list_sort(&l);
	for (size_t i = 0; i < l.n; i++)
		must(model_list_find(&l, l.at[i].id, strlen(l.at[i].id)) == &l.at[i]);
	model_list_has(&l, text, size);
	model_list_free(&l);
}

/* A line of the ledger becomes one line of JSON, whatever is in it. */
static void check_answer(const struct batch_kind *kind, const char *text, size_t size)
{
	struct json_want want[] = {{.name = "custom_id"}, {.name = "response"}, {.name = "error"}};
	struct kind_answer a = {.batch = "b", .line = 7};
	struct buf out;

	if (json_pick(text, size, want, 3, NULL) != JSON_VALUE_OBJECT)
		return;
	a.custom_id = want[0].value;
	a.response = want[1].value;
	a.error = want[2].value;
	buf_init(&out, MAX);
	for (int i = 0; i < 3; i++) {
		buf_clear(&out);
		a.ok = i == 0;
		if (i < 2)
			kind->answered(&a, &out);
		else
			kind->unfinished(&a, true, &out);
		must(memchr(out.data, '\n', out.len) == out.data + out.len - 1);
		must(json_pick(out.data, out.len - 1, NULL, 0, NULL) == JSON_VALUE_OBJECT);
	}
	buf_free(&out);
}

static void check_records(const char *text, size_t size)
{
	struct batch_record *b = batch_record_read("b", text, size);
	struct file_record *f = file_record_read("f", text, size);
	struct buf out;

	buf_init(&out, MAX);
	if (b) {
		batch_record_write(b, &out);
		must(batch_record_state(b) < BATCH_STATES);
		batch_record_free(b);
		b = batch_record_read("b", buf_str(&out), out.len);
		must(b);
		batch_record_free(b);
	}
	buf_clear(&out);
	if (f) {
		file_record_write(f, &out);
		file_record_free(f);
		f = file_record_read("f", buf_str(&out), out.len);
		must(f);
		file_record_free(f);
	}
	buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const kinds[] = {"openai", "anthropic", "simple"};
	const char *text = (const char *)data;

	check_list(text, size);
	check_records(text, size);
	check_models(text, size);
	for (size_t i = 0; i < 3; i++) {
		check_line(batch_kind_named(kinds[i]), text, size);
		check_answer(batch_kind_named(kinds[i]), text, size);
	}
	return 0;
}
