#include "cli/demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/io.h"
#include "mock/demo_input.h"
#include "ledger/paths.h"

enum { DEMO_SEED = 7 };

static const char input_name[] = "demo.jsonl", answers_name[] = "answers.jsonl";

static char *path_in(const char *folder, const char *name)
{
	size_t size = strlen(folder) + strlen(name) + 2;
	char *path = xmalloc(size);

	snprintf(path, size, "%s/%s", folder, name);
	return path;
}

/* What the server says to requests that are too long. */
static bool write_answers(const char *path, struct error *err)
{
	static const char answer[] =
		"{\"has\":\"" DEMO_TOO_LONG
		"\",\"status\":400,\"body\":{\"error\":{\"message\":\"This model's maximum "
		"context length is 128000 tokens. However, your messages resulted in 1934522 "
		"tokens. "
		"Please reduce the length of the messages.\",\"type\":\"invalid_request_error\","
		"\"param\":\"messages\",\"code\":\"context_length_exceeded\"}}}\n";
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(answer, f) != EOF;

	if (f)
		ok = fclose(f) == 0 && ok;
	return ok || error_set(err, "cannot write %s: %s", path, strerror(errno));
}

/* The models have prices unless the operator gave some. */
static bool set_prices(struct prices *p, struct error *err)
{
	static const char *const prices[] = {"m-large=2,8", "m-small=0.15,0.60", "m-embed=0.02,0"};
	bool ok = true, given = p->n > 0;

	for (size_t i = 0; ok && !given && i < sizeof(prices) / sizeof(prices[0]); i++)
		ok = prices_add(p, prices[i], err);
	return ok;
}

static bool fill(struct settings *s, const char *folder, struct error *err)
{
	struct run_settings *run = &s->run;

	free(run->input.path);
	run->input.path = path_in(folder, input_name);
	if (!run->output.results)
		run->output.results = path_in(folder, "demo.results.jsonl");
	if (!s->mock.answers) {
		s->mock.answers = path_in(folder, answers_name);
		if (!write_answers(s->mock.answers, err))
			return false;
	}
	return set_prices(&run->budget.prices, err) &&
	       demo_input_write(run->input.path, s->demo_items, DEMO_SEED, err);
}

bool demo_prepare(struct settings *s, struct error *err)
{
	char *folder = path_in(io_temp_folder(), "sluice-demo-XXXXXX");
	bool ok = mkdtemp(folder) != NULL;

	if (!ok)
		error_set(err, "cannot create the demo folder %s: %s; set TMPDIR", folder,
			strerror(errno));
	else
		ok = fill(s, folder, err);
	free(folder);
	return ok;
}

void demo_clean(const struct settings *settings)
{
	const struct run_settings *s = &settings->run;
	char *folder =
		xstrndup(s->input.path, (size_t)(strrchr(s->input.path, '/') - s->input.path));
	char *answers = path_in(folder, answers_name);
	struct ledger_paths paths;

	unlink(s->input.path);
	unlink(answers);
	free(answers);
	if (!strncmp(s->output.results, folder, strlen(folder))) {
		ledger_paths_init(&paths, s->output.results);
		unlink(paths.results);
		unlink(paths.errors);
		unlink(paths.journal);
		ledger_paths_free(&paths);
	}
	rmdir(folder);
	free(folder);
}
