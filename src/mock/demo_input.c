#include "mock/demo_input.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "mock/phrases.h"

enum { MAX_LINE = 1 << 16, MIN_TICKET = 200, TICKET_SPREAD = 1400, TOO_LONG_EVERY = 400 };

/* The question about a ticket. */
struct task {
	const char *id, *model, *system, *question;
	int max_tokens;
	double share;
};

static const struct task tasks[] = {
	{"summary", "m-large", "You summarise support tickets for busy managers.",
		"Summarise this ticket in two sentences: ", 120, 0.35},
	{"label", "m-small", "You label support tickets. Answer with one word.",
		"Is this ticket about billing, delivery, warranty or something else? ", 8, 0.25},
	{"extract", "m-small", "You extract facts and answer in plain text.",
		"List every date, amount and product named here: ", 80, 0.15},
	{"reply", "m-large", "You draft polite replies in the customer's language.",
		"Draft a short reply to this ticket: ", 220, 0.15},
	{"embed", "m-embed", NULL, NULL, 0, 0.10},
};

static const struct task *pick_task(struct rng *r)
{
	double u = rng_uniform(r);
	const struct task *t = tasks;

	for (; u >= t->share && t < tasks + sizeof(tasks) / sizeof(tasks[0]) - 1; t++)
		u -= t->share;
	return t;
}

static void add_priority(struct rng *r, struct buf *out)
{
	double u = rng_uniform(r);

	if (u < 0.05)
		buf_adds(out, ",\"priority\":\"high\"");
	else if (u < 0.15)
		buf_adds(out, ",\"priority\":\"low\"");
}

static void add_chat(struct rng *r, const struct task *t, bool too_long, struct buf *out)
{
	size_t length = MIN_TICKET + (size_t)(rng_uniform(r) * TICKET_SPREAD);

	buf_addf(out,
		"\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"%s\",\"max_tokens\":%d,"
		"\"messages\":[{\"role\":\"system\",\"content\":\"%s\"},{\"role\":\"user\","
		"\"content\":\"%s",
		t->model, t->max_tokens, t->system, t->question);
	phrase_text(r, length, out);
	if (too_long)
		buf_adds(out, " " DEMO_TOO_LONG);
	buf_adds(out, "\"}]}");
}

static void add_embedding(struct rng *r, const struct task *t, struct buf *out)
{
	buf_addf(out, "\"url\":\"/v1/embeddings\",\"body\":{\"model\":\"%s\",\"input\":\"",
		t->model);
	phrase_text(r, MIN_TICKET, out);
	buf_adds(out, "\"}");
}

void demo_input_line(uint64_t seed, int64_t line, struct buf *out)
{
	const struct task *t;
	struct rng r;

	rng_seed(&r, seed + (uint64_t)line);
	t = pick_task(&r);
	buf_addf(out, "{\"custom_id\":\"%s-%05" PRId64 "\",\"method\":\"POST\",", t->id, line);
	if (t->system)
		add_chat(&r, t, line % TOO_LONG_EVERY == TOO_LONG_EVERY / 4, out);
	else
		add_embedding(&r, t, out);
	add_priority(&r, out);
	buf_addc(out, '}');
}

bool demo_input_write(const char *path, int64_t items, uint64_t seed, struct error *err)
{
	FILE *f = fopen(path, "we");
	struct buf line;
	bool ok;

	if (!f)
		return error_set(
			err, "cannot write the demo's input %s: %s", path, strerror(errno));
	buf_init(&line, MAX_LINE);
	for (int64_t i = 1; i <= items; i++) {
		buf_clear(&line);
		demo_input_line(seed, i, &line);
		buf_addc(&line, '\n');
		fwrite(line.data, 1, line.len, f);
	}
	buf_free(&line);
	ok = !ferror(f);
	ok = fclose(f) == 0 && ok;
	if (!ok)
		error_set(err, "cannot write the demo's input %s: %s", path, strerror(errno));
	return ok;
}
