/* Pipelines: the first line is a condition, the rest a pipeline's file. One that is read stands in
 * order, what its stages send is whole, and each item comes to its end in it, whatever its row and
 * answers are. */
#include "base/json.h"
#include "flow/stage_request.h"
#include "fuzz.h"

enum { MAX = 1 << 20 };

static enum json_type anything(void *ctx, const char *path, struct buf *text)
{
	(void)ctx;
	must(expr_path_valid(path, strlen(path)));
	buf_adds(text, path);
	return JSON_VALUE_STRING;
}

static void try_condition(const char *text, size_t len)
{
	struct error err = {""};
	struct expr e;

	if (expr_parse(text, len, &e, &err))
		expr_holds(&e, anything, NULL);
	else
		must(err.text[0] && !e.node);
	must_be_harmless(err.text);
	expr_free(&e);
}

/* A line that can be parsed, or a word on whose fault it is. */
static void check_request(const struct stage_request *r, const struct flow *f)
{
	struct request_line line;
	struct stage_lack lack = {-1};
	struct error err = {""};
	struct buf text;

	buf_init(&text, MAX);
	if (stage_request_fill(r, f, &text, &line, &lack, &err)) {
		must(json_pick(text.data, text.len, NULL, 0, NULL) == JSON_VALUE_OBJECT);
	} else {
		must(err.text[0] && lack.stage >= -1 && lack.stage < f->p->n);
		must(lack.stage < 0 || f->stage[lack.stage] == FLOW_DONE);
		must_be_harmless(err.text);
	}
	buf_free(&text);
}

static void try_row(
	const struct pipeline *p, const struct stage_request *r, const char *row, size_t len)
{
	struct rows *rows = stage_rows(p, r);
	struct error err = {""};
	struct buf line;

	buf_init(&line, MAX);
	if (rows_line(rows, row, len, &line, &err))
		must(json_pick(line.data, line.len, NULL, 0, NULL) == JSON_VALUE_OBJECT);
	else
		must(err.text[0]);
	buf_free(&line);
	rows_free(rows);
}

/* The condition's text serves as row and answers as well. */
static void run_item(
	const struct pipeline *p, const struct stage_request *r, const char *text, size_t len)
{
	struct flow f;
	uint32_t ready;

	flow_begin(&f, p, text, len);
	for (int rounds = 0; (ready = flow_advance(&f)); rounds++) {
		must(rounds < PIPELINE_MAX_STAGES);
		for (int i = 0; i < p->n; i++)
			if (ready & UINT32_C(1) << i) {
				must(f.stage[i] == FLOW_READY);
				if (r)
					check_request(&r[i], &f);
				flow_sent(&f, i);
				flow_done(&f, i, 200, text, len, json_whole(text, len));
			}
	}
	must(flow_ended(&f) == FLOW_ENDED_OK);
	flow_free(&f);
}

static void try_pipeline(const struct pipeline *p, const char *row, size_t len)
{
	struct stage_request r[PIPELINE_MAX_STAGES];
	struct error err = {""};
	bool good = stage_requests_init(p, r, &err);

	must(good || err.text[0]);
	must_be_harmless(err.text);
	if (good)
		try_row(p, r, row, len);
	run_item(p, good ? r : NULL, row, len);
	stage_requests_free(r, p->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *at = (const char *)data, *end = at + size, *line;
	struct error err = {""};
	struct pipeline p;
	size_t len;
	char *text;

	if (!next_line(&at, end, &line, &len))
		return 0;
	try_condition(line, len);
	/* As a reader of files gives it: no NUL behind. */
	text = malloc((size_t)(end - at) + 1);
	must(text);
	memcpy(text, at, (size_t)(end - at));
	if (pipeline_parse(text, (size_t)(end - at), &p, &err)) {
		must(p.n > 0 && p.n <= PIPELINE_MAX_STAGES);
		for (int i = 0; i < p.n; i++)
			must(!(p.stage[i].ancestors >> i));
		try_pipeline(&p, line, len);
	} else {
		must(err.text[0]);
	}
	must_be_harmless(err.text);
	free(text);
	pipeline_free(&p);
	return 0;
}
