/* The inspector's first side: what the model was asked and what it said, to be read. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "inspector_text.h"
#include "phrases.h"

enum { PART_MAX = 1 << 20 };

static void add_prose(struct buf *out, const char *text, size_t len)
{
	char all[16];

	buf_add(out, text, len < PART_MAX ? len : PART_MAX);
	if (len > PART_MAX)
		buf_addf(out, "\n(the beginning of %s; S saves all of it)",
			text_bytes((double)len, all, sizeof(all)));
	if (!out->len || out->data[out->len - 1] != '\n')
		buf_addc(out, '\n');
}

static void add_part(struct tinted *out, const struct said *s)
{
	tinted_as(out, ROLE_TEXT);
	if (s->stage[0])
		buf_addf(&out->text, "%s: ", s->stage);
	buf_addf(&out->text, "%s\n", s->role);
	tinted_as(out, s->answer ? ROLE_TITLE : ROLE_KEY);
	add_prose(&out->text, s->text, s->len);
	tinted_as(out, s->answer ? ROLE_TEXT : ROLE_DIM);
	buf_addc(&out->text, '\n');
}

static bool add_parts(struct tinted *out, const struct item_detail *d, bool answer)
{
	bool any = false;

	for (size_t i = 0; i < d->n_said; i++) {
		if (d->said[i].answer != answer || (d->error && strstr(d->error, d->said[i].text)))
			continue; /* the error stands above */
		add_part(out, &d->said[i]);
		any = true;
	}
	return any;
}

static void add_time(struct buf *out, const char *name, int64_t us)
{
	char text[16];

	if (us >= 0)
		buf_addf(out, "%s%s %s", out->len ? "  " : "", name,
			text_latency(us, text, sizeof(text)));
}

/* "finish stop  tokens in 420  out 57  $0.000097  took 812ms" */
static void add_facts(struct tinted *out, const struct item_detail *d)
{
	const struct attempt_view *a = d->attempts ? &d->attempt[d->attempts - 1] : NULL;
	struct buf line;

	buf_init(&line, 1 << 10);
	if (d->finish[0])
		buf_addf(&line, "finish %s", d->finish);
	if (a && a->tokens_in >= 0)
		buf_addf(&line, "%stokens in %" PRId64, line.len ? "  " : "", a->tokens_in);
	if (a && a->tokens_out >= 0)
		buf_addf(&line, "%sout %" PRId64, line.len ? "  " : "", a->tokens_out);
	if (a && a->usd >= 0)
		buf_addf(&line, "%s$%.6f", line.len ? "  " : "", a->usd);
	if (a)
		add_time(&line, "took", a->latency_us);
	if (a)
		add_time(&line, "first token", a->first_token_us);
	if (line.len) {
		tinted_as(out, ROLE_TEXT);
		buf_addf(&out->text, "%s\n\n", buf_str(&line));
		tinted_as(out, ROLE_STRONG);
	}
	buf_free(&line);
}

void inspector_said(struct tinted *out, const struct item_detail *d)
{
	add_facts(out, d);
	inspector_error(out, d);
	if (!add_parts(out, d, true))
		inspector_body(out, d->response_body, d->response_body_len, inspector_lack(d));
	buf_addc(&out->text, '\n');
	if (!add_parts(out, d, false))
		inspector_body(out, d->request_body, d->request_body_len, "no body");
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

/* Is it the model's, and not its thoughts or the state of a stage? */
static bool is_of_answer(const struct said *s)
{
	return s->answer && !ends_with(s->role, " thinks") && strcmp(s->role, "state") != 0;
}

void inspector_answer(const struct item_detail *d, struct buf *out)
{
	const char *stage = "";

	for (size_t i = 0; i < d->n_said; i++)
		if (is_of_answer(&d->said[i]))
			stage = d->said[i].stage;
	for (size_t i = 0; i < d->n_said; i++) {
		const struct said *s = &d->said[i];

		if (!is_of_answer(s) || strcmp(s->stage, stage) != 0)
			continue;
		if (out->len)
			buf_addc(out, '\n');
		buf_add(out, s->text, s->len);
	}
	if (!out->len && d->response_body)
		buf_add(out, d->response_body, d->response_body_len);
}
