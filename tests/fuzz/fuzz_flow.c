/* Pipelines: the first line is a condition, the rest a pipeline's file. One that is read stands in
 * order, and each item comes to its end in it, whatever its row and answers are. */
#include "flow/flow.h"
#include "fuzz.h"

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

/* The condition's text serves as row and answers as well. */
static void run_item(const struct pipeline *p, const char *text, size_t len)
{
	struct flow f;
	uint32_t ready;

	flow_begin(&f, p, text, len);
	for (int rounds = 0; (ready = flow_advance(&f)); rounds++) {
		must(rounds < PIPELINE_MAX_STAGES);
		for (int i = 0; i < p->n; i++)
			if (ready & UINT32_C(1) << i) {
				must(f.stage[i] == FLOW_READY);
				flow_sent(&f, i);
				flow_done(&f, i, 200, text, len);
			}
	}
	must(flow_ended(&f) == FLOW_ENDED_OK);
	flow_free(&f);
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
		run_item(&p, line, len);
	} else {
		must(err.text[0]);
	}
	must_be_harmless(err.text);
	free(text);
	pipeline_free(&p);
	return 0;
}
